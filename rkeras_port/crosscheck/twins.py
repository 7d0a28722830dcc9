"""A piece of R and its Python twin run for their values, and what differs in words."""

from __future__ import annotations

import pickle
import runpy
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from itertools import islice
from pathlib import Path
from types import FunctionType, ModuleType
from typing import Any

from rkeras_port.errors import ArgumentError

from . import wording
from .comparison import Check
from .observations import Observation
from .values import differences, is_plain

#: How many differences are told.
_TOLD = 5

_NEW_PROCESS = """
import pickle, sys
from pathlib import Path
from rkeras_port.crosscheck import twins
with open(sys.argv[1], "rb") as file:
    code = pickle.load(file)
try:
    answer = ("value", twins.run_r(code))
except Exception as error:
    answer = ("error", str(error))
with open(sys.argv[1], "wb") as file:
    pickle.dump(answer, file)
"""


def run_r(code: str | Path) -> Any:
    """Return the value of R code, or the variables of an R file by name.

    Examples
    --------
    >>> run_r("x <- c(1, 2); x * 2")
    [2.0, 4.0]
    """
    from rkeras_port.r import session

    if isinstance(code, Path):
        return session()._call(".run_apart", _text(code, "r"), str(code)) or {}
    return session()._call(".run_apart", code, "")


def in_new_process(code: str | Path) -> Any:
    """Do `run_r` in a process of its own.

    Raises
    ------
    RError
        With R's message, if the code fails, or its value is no plain data.
    """
    from rkeras_port.r import RError

    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder, "answer")
        answer.write_bytes(pickle.dumps(code))
        done = subprocess.run(
            [sys.executable, "-c", _NEW_PROCESS, str(answer)],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RError(f"the R process ended early:\n{done.stdout.strip()[-2000:]}")
        kind, value = pickle.loads(answer.read_bytes())
    if kind == "error":
        raise RError(value)
    return value


def run_python(code: Callable[[], Any] | Path) -> Any:
    """Return what a function returns, or the variables of a Python file by name.

    Examples
    --------
    >>> run_python(lambda: 6 * 7)
    42
    """
    if not isinstance(code, Path):
        return code()
    _text(code, "python")
    left_behind = runpy.run_path(str(code))
    return {
        name: value
        for name, value in left_behind.items()
        if not name.startswith("_")
        and not isinstance(value, ModuleType | FunctionType | type)
    }


def chosen(
    values: tuple[Any, Any],
    names: Sequence[str] | None,
    files: tuple[Any, Any],
) -> tuple[Any, Any]:
    """Return of the values of R and of Python what is to be compared.

    Raises
    ------
    ArgumentError
        If that is nothing.
    """
    left, right = values
    if names is not None:
        sides = [side if isinstance(side, Mapping) else {} for side in values]
        known = sorted({*sides[0], *sides[1]})
        if not names or not set(names) <= set(known):
            raise ArgumentError(
                "assert_same",
                "names",
                "must name what R or Python has",
                received=", ".join(names) or "no name",
                remedy=f"There are: {', '.join(known) or 'none'}.",
            )
        left, right = ({n: one[n] for n in names if n in one} for one in sides)
    elif all(isinstance(file, Path) for file in files):
        plain = [[n for n in side if is_plain(side[n])] for side in values]
        # In the order of the Python file; R's variables come sorted.
        common = [name for name in plain[1] if name in plain[0]]
        if not common:
            raise ArgumentError(
                "assert_same",
                "python",
                "must leave a variable with the name of one that the R file leaves",
                received=f"{', '.join(right) or 'none'}, and in R "
                f"{', '.join(left) or 'none'}",
            )
        left, right = ({n: side[n] for n in common} for side in values)
    return left, right


def first_difference(
    left: Any, right: Any, *, rtol: float = 0.0, atol: float = 0.0
) -> str:
    """Say where R's value differs from Python's first; "" if nowhere.

    Examples
    --------
    >>> print(first_difference([1.0, 2.0], [1.0, 2.5]))
    R and Python differ in 1 place.
    First difference: [1]
      R         2.0
      Python    2.5
      apart by  0.5 (relative: 0.2)
    """
    places = differences(left, right, rtol=rtol, atol=atol)
    told = tuple(islice(places, _TOLD))
    if not told:
        return ""
    count = len(told) + sum(1 for _ in places)
    exact = not (rtol or atol)
    one, other = (
        Observation("value", "value", {"value": side}) for side in (left, right)
    )
    rule = "exact" if exact else f"rtol={rtol:g}, atol={atol:g}"
    check = Check("value", "value", rule, one, other, told, count)
    in_places = f"{count:,} place{'s' * (count != 1)}"
    within = "" if exact else f" beyond {rule}"
    lines = wording.lines(check, ("R", "Python"))
    return "\n".join([f"R and Python differ in {in_places}{within}.", *lines])


def _text(file: Path, argument: str) -> str:
    try:
        return file.read_text("utf-8-sig")
    except FileNotFoundError:
        raise ArgumentError(
            "assert_same",
            argument,
            "is a file that does not exist",
            received=str(file),
            remedy=f"The working directory is {Path.cwd()}.",
        ) from None
