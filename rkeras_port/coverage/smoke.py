"""Call every function of keras3 in both doors and compare with what is known.

The cases are in ``cases/<family>.tsv``, a line each:

``name``
    The function.
``python``
    A Python expression that calls it, with `INPUTS` by their names; empty for what is
    R's own.
``r``
    The same in R; empty where R spells it as Python does, but for ``=``, ``TRUE`` and
    the like (see `in_r`). Numbers are R's doubles then.
``expected``
    A Python expression, computed without Keras: numbers, or one of `EXPECTATIONS`.
``r_expected``
    Where R's answer is another one, such as positions from 1.
``needs``
    A backend of Keras that it needs, and why, as ``tensorflow: reason``.
"""

from __future__ import annotations

import ast
import builtins
import contextlib
import csv
import functools
import math
import tempfile
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import scipy
from scipy import special

import rkeras_port
from rkeras_port._keras import keras


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
    with _scope(case):
        result = _outcome(lambda: eval(case.python, _names()))
        _compare(result, _expected(case.expected))


def run_r(case: Case, session: Any) -> None:
    """Run a case in the R door; `session` has been prepared by `prepare_r`.

    Raises
    ------
    AssertionError
        If the result is not what is expected.
    """
    code = case.r or in_r(case.python)
    with _scope(case):
        session.run(
            ".failed <- FALSE\n.result <- tryCatch({\n" + code + "\n}, error = "
            "function(e) { .failed <<- TRUE; conditionMessage(e) })"
        )
        failed, value = session[".failed"], session[".result"]
        result = Failure(str(value)) if failed else value
        _compare(result, _expected(case.r_expected or case.expected))


def prepare_r(session: Any) -> None:
    """Attach keras3 in R and give it the inputs."""
    session.run("suppressPackageStartupMessages(library(keras3))")
    for name, value in INPUTS.items():
        session[name] = value


@contextlib.contextmanager
def _scope(case: Case) -> Any:
    """Keep a case's weights unset where only the architecture is looked at."""
    with warnings.catch_warnings(), contextlib.ExitStack() as stack:
        warnings.simplefilter("ignore")
        if case.family == "applications":
            stack.enter_context(keras.StatelessScope(initialize_variables=False))
        yield
    if case.family == "applications":
        keras.utils.clear_session(free_memory=False)


# What goes in -------------------------------------------------------------------------

_random = np.random.default_rng(1)

FOLDER = tempfile.mkdtemp(prefix="rkeras-coverage-")

INPUTS: dict[str, Any] = {
    # A matrix, one of numbers between 0 and 1, a vector; whole numbers; truths.
    "M": np.array([[0.5, -2.0, 3.0], [-1.5, 0.25, 1.0]]),
    "P": np.array([[0.2, 0.5, 0.3], [0.1, 0.8, 0.15]]),
    "V": np.array([1.0, 4.0, 2.0, 3.0]),
    "W": np.array([0.5, -1.0, 2.0, 0.25]),
    "I": np.array([[1, 6, 3], [4, 2, 5]], dtype="int32"),
    "J": np.array([[2, 3, 1], [1, 2, 1]], dtype="int32"),
    "B": np.array([[True, False, True], [False, False, True]]),
    "B01": np.array([[1, 1, 0], [0, 0, 1]], dtype="int32"),
    # Square matrices: positive definite, any.
    "S": np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]),
    "A": np.array([[1.0, 2.0, 0.0], [3.0, -1.0, 1.0], [0.5, 0.0, 2.0]]),
    # Sequences, images, volumes: (samples, ..., channels).
    "Q": _random.uniform(0, 1, (2, 6, 3)),
    "X": _random.uniform(0, 1, (2, 8, 8, 3)),
    "U": _random.uniform(0, 1, (1, 4, 4, 4, 2)),
    "F": _random.uniform(0, 1, (2, 3, 6, 6, 2)),
    # What was true and what was predicted: yes or no, one of three classes.
    "T2": np.array([[1.0], [0.0], [1.0], [1.0]]),
    "P2": np.array([[0.9], [0.4], [0.3], [0.6]]),
    "T3": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
    "P3": np.array([[0.7, 0.2, 0.1], [0.3, 0.4, 0.3]]),
    "C3": np.array([0, 2], dtype="int32"),
    "FOLDER": FOLDER,
}


@functools.cache
def _names() -> dict[str, Any]:
    """Return what expressions can use: public functions, inputs, numerical libraries."""
    doubles = {
        name: value.astype("float32") if _is_double(value) else value
        for name, value in INPUTS.items()
    }
    return _Names(doubles)


class _Names(dict[str, Any]):
    def __missing__(self, name: str) -> Any:
        if name in EXPECTATIONS:
            return EXPECTATIONS[name]
        home = rkeras_port if name in dir(rkeras_port) else builtins
        return getattr(home, name)


def _is_double(value: Any) -> bool:
    return isinstance(value, np.ndarray) and value.dtype == np.float64


# What comes out -----------------------------------------------------------------------


@dataclass
class Failure:
    """The message of an error."""

    message: str


def _outcome(call: Callable[[], Any]) -> Any:
    try:
        return call()
    except Exception as error:
        return Failure(str(error))


Check = Callable[[Any], None]


def shape(*sizes: int | None) -> Check:
    """Expect a tensor, array or model output of this shape, without missing values."""

    def check(result: Any) -> None:
        value = getattr(result, "output", result)
        assert not isinstance(value, Failure), value.message
        assert tuple(value.shape) == sizes, f"shape {tuple(value.shape)}"
        if not isinstance(value, keras.KerasTensor):
            found = plain(value)
            assert found.dtype.kind not in "fc" or np.isfinite(found).all()

    return check


def has(**attributes: Any) -> Check:
    """Expect an object with these attributes; a class's name is its ``kind``."""

    def check(result: Any) -> None:
        assert not isinstance(result, Failure), result.message
        for name, wanted in attributes.items():
            found = (
                type(result).__name__
                if name == "kind"
                else functools.reduce(getattr, name.split("__"), result)
            )
            _compare(found, wanted)

    return check


def fails(*parts: str) -> Check:
    """Expect an error whose message has these parts."""

    def check(result: Any) -> None:
        assert isinstance(result, Failure), f"no error but {result!r}"
        for part in parts:
            assert part in result.message, result.message

    return check


def holds(condition: Callable[[Any], Any]) -> Check:
    """Expect that a condition holds."""

    def check(result: Any) -> None:
        assert not isinstance(result, Failure), result.message
        assert condition(result), repr(result)

    return check


def of_array(condition: Callable[[Any], Any]) -> Check:
    """Expect that a condition on the values as a NumPy array holds."""
    return holds(lambda result: condition(plain(result)))


def parameters(count: int) -> Check:
    """Expect a model with so many parameters."""
    return holds(lambda model: model.count_params() == count)


def millions(count: float) -> Check:
    """Expect a model with so many million parameters, to the last digit given."""
    digits = len(str(count).partition(".")[2])
    return holds(lambda model: round(model.count_params() / 1e6, digits) == count)


def measures(value: float, y_true: str = "T2", y_pred: str = "P2") -> Check:
    """Expect a metric that gives this value for these inputs."""

    def check(metric: Any) -> None:
        assert not isinstance(metric, Failure), metric.message
        metric.update_state(
            _names()[y_true].astype("float32"), _names()[y_pred].astype("float32")
        )
        _compare(metric.result(), value)

    return check


def averages(value: float) -> Check:
    """Expect a metric of single values that gives this one for 1, 4, 2, 3."""

    def check(metric: Any) -> None:
        assert not isinstance(metric, Failure), metric.message
        metric.update_state(_names()["V"])
        _compare(metric.result(), value)

    return check


def steps_to(value: float) -> Check:
    """Expect an optimizer that takes 1, with gradient 2, to this value in a step."""

    def check(optimizer: Any) -> None:
        assert not isinstance(optimizer, Failure), optimizer.message
        variable = keras.Variable([1.0])
        optimizer.apply([keras.ops.convert_to_tensor([2.0])], [variable])
        _compare(variable, [value])

    return check


def _expected(expression: str) -> Any:
    return eval(expression, _names())


def _compare(result: Any, expected: Any) -> None:
    if callable(expected):
        expected(result)
        return
    if isinstance(result, Failure):
        raise AssertionError(f"error: {result.message}")
    if isinstance(expected, Mapping):
        assert set(result) == set(expected), f"names {sorted(result)}"
        for key, value in expected.items():
            _compare(result[key], value)
    elif isinstance(expected, str | bool | None):
        assert result == expected, f"{result!r} is not {expected!r}"
    elif isinstance(expected, list | tuple) and not _is_rectangular(expected):
        assert len(result) == len(expected), f"{len(result)} elements"
        for one, other in zip(result, expected, strict=True):
            _compare(one, other)
    else:
        np.testing.assert_allclose(
            plain(result), np.asarray(expected), rtol=2e-4, atol=2e-5
        )


def _is_rectangular(values: Any) -> bool:
    try:
        return np.asarray(values).dtype.kind in "biufc"
    except ValueError:
        return False


def plain(value: Any) -> Any:
    """Return a tensor, variable or list of them as a NumPy array."""
    if isinstance(value, list | tuple):
        return np.asarray([plain(one) for one in value])
    if isinstance(value, keras.Variable) or keras.ops.is_tensor(value):
        return np.asarray(keras.ops.convert_to_numpy(value))
    return np.asarray(value)


EXPECTATIONS: dict[str, Any] = {
    "np": np,
    "math": math,
    "scipy": scipy,
    "special": special,
    "keras": keras,
    "Path": Path,
    "NS": SimpleNamespace,
} | {
    function.__name__: function
    for function in (
        averages,
        fails,
        has,
        holds,
        measures,
        millions,
        of_array,
        parameters,
        shape,
        steps_to,
    )
}


# The same in R ------------------------------------------------------------------------


def in_r(expression: str) -> str:
    """Spell a Python expression in R: for cases that differ in nothing but that.

    Examples
    --------
    >>> in_r("layer_dense(M, units=4, use_bias=False, activation=None)")
    'layer_dense(M, units = 4, use_bias = FALSE, activation = NULL)'
    >>> in_r("random_normal((2, 3), seed=1)")
    'random_normal(c(2, 3), seed = 1)'
    >>> in_r("optimizer_sgd(learning_rate=[0.1, -1]).name")
    'optimizer_sgd(learning_rate = list(0.1, -1))$name'
    """
    return _spell(ast.parse(expression, mode="eval").body)


def _spell(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=bool() | None as value):
            return {True: "TRUE", False: "FALSE", None: "NULL"}[value]
        case ast.Constant(value=str() as value):
            return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
        case ast.Constant(value=value):
            return repr(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return f"-{_spell(operand)}"
        case ast.BinOp(left=left, op=ast.Mult(), right=right):
            return f"{_spell(left)} * {_spell(right)}"
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=name):
            return f"{_spell(value)}${name}"
        case ast.Tuple(elts=items):
            return f"c({', '.join(map(_spell, items))})"
        case ast.List(elts=items):
            return f"list({', '.join(map(_spell, items))})"
        case ast.Dict(keys=keys, values=values):
            pairs = zip(keys, values, strict=True)
            named = [f"{k.value} = {_spell(v)}" for k, v in pairs]  # type: ignore
            return f"list({', '.join(named)})"
        case ast.Call(func=function, args=args, keywords=keywords):
            given = [*map(_spell, args)]
            given += [f"{one.arg} = {_spell(one.value)}" for one in keywords]
            return f"{_spell(function)}({', '.join(given)})"
    raise ValueError(f"has no spelling in R: {ast.unparse(node)}")
