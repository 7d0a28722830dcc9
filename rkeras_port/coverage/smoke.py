"""Call every function of keras3 in both doors and compare with what is known.

The cases are in ``cases/<family>.tsv``, a line each:

``name``
    The function.
``python``
    A Python expression that calls it, with what is in `inputs` by name; empty for what
    is R's own.
``r``
    The same in R; empty where R spells it as Python does, but for ``=``, ``TRUE`` and
    the like (see `spelling`). Numbers are R's doubles then.
``expected``
    A Python expression, computed without Keras: numbers, or a check of `expectations`.
``r_expected``
    Where R's answer is another one, such as positions from 1; ``python`` where it is,
    besides, the one that the Python door gives: random numbers from the same seed.
``needs``
    A backend of Keras that it needs, and why, as ``tensorflow: reason``.
"""

from __future__ import annotations

import builtins
import contextlib
import csv
import re
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from typing import Any
from unittest import mock

import numpy as np

import rkeras_port
from rkeras_port._keras import keras

from .expectations import NAMES, Failure, compare, outcome, plain
from .inputs import ARRAYS, CLASSES, MADE, files
from .spelling import in_r


@dataclass(frozen=True, slots=True)
class Case:
    """One line of a table."""

    family: str
    name: str
    python: str
    r: str
    expected: str
    r_expected: str
    needs: str

    @property
    def backend(self) -> str:
        """The backend that the case needs, "" for any."""
        return self.needs.partition(":")[0]


def cases() -> list[Case]:
    """Return the cases of all families."""
    found = []
    for table in sorted(
        file.name
        for file in resources.files(__package__).joinpath("cases").iterdir()
        if file.name.endswith(".tsv")
    ):
        text = resources.files(__package__).joinpath("cases", table).read_text("utf-8")
        lines = csv.DictReader(
            text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE, restval=""
        )
        found += [Case(family=table.removesuffix(".tsv"), **line) for line in lines]
    return found


def run_python(case: Case) -> None:
    """Run a case in the Python door.

    Raises
    ------
    AssertionError
        If the result is not what is expected.
    """
    names = _Names(files())
    with _scope(case):
        result = outcome(lambda: eval(case.python, names))
        compare(result, eval(case.expected, names))


def run_r(case: Case, session: Any) -> None:
    """Run a case in the R door; `session` has been prepared by `prepare_r`.

    Raises
    ------
    AssertionError
        If the result is not what is expected.
    """
    names = _Names(files())
    code = case.r or in_r(case.python)
    for name, make in MADE.items():
        if re.search(rf"\b{name}\b", code):
            session[name] = make()
    with _scope(case):
        session.run(
            "failed <- FALSE\nresult <- tryCatch({\n" + code + "\n}, error = "
            "function(e) { failed <<- TRUE; conditionMessage(e) })"
        )
        value = session["result"]
        result = Failure(str(value)) if session["failed"] else value
        if case.r_expected == "python":
            compare(result, eval(case.expected, names))
            compare(result, plain(eval(case.python, names)))
        else:
            compare(result, eval(case.r_expected or case.expected, names))


def prepare_r(session: Any) -> None:
    """Attach keras3 in R and give it the inputs."""
    session.run("suppressPackageStartupMessages(library(keras3))")
    for name, value in (ARRAYS | files()).items():
        session[name] = value


@contextlib.contextmanager
def _scope(case: Case) -> Iterator[None]:
    """Set no weights in models that are only looked at, and give classes names."""
    with warnings.catch_warnings(), contextlib.ExitStack() as stack:
        warnings.simplefilter("ignore")
        if case.family == "applications":
            stack.enter_context(keras.StatelessScope(initialize_variables=False))
            tools = keras.src.applications.imagenet_utils
            stack.enter_context(mock.patch.object(tools, "CLASS_INDEX", CLASSES))
        yield
    if case.family == "applications":
        keras.utils.clear_session(free_memory=False)


class _Names(dict[str, Any]):
    """What the expressions of one case can use; found when it is first used."""

    def __missing__(self, name: str) -> Any:
        self[name] = value = self._find(name)
        return value

    def _find(self, name: str) -> Any:
        if name in NAMES:
            return NAMES[name]
        if name in ARRAYS:
            return _single(ARRAYS[name])
        if name in MADE:
            return MADE[name]()
        return getattr(rkeras_port if name in dir(rkeras_port) else builtins, name)


def _single(array: Any) -> Any:
    return array.astype("float32") if array.dtype == np.float64 else array
