"""R's operators on Python objects: Python's own, with R's numbers and R's logic."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from rkeras_port.r import classes


def operate(name: str, *values: Any) -> Any:
    """Return the value of one of R's operators.

    Parameters
    ----------
    name : str
        As R writes it; ``"not"``, ``"negative"`` and ``"positive"`` have one operand.
    *values : object
        One or two, of which one at least is Python's. A tensor of integers takes R's
        whole doubles as integers; what logic is applied to is TRUE where it is not 0.

    Examples
    --------
    >>> operate("%/%", 7, 2), operate("not", 2)
    (3, False)
    """
    if name in _LOGIC and any(map(_is_tensor, values)):
        return _LOGIC[name](*map(_as_bool, values))
    return _OPERATORS[name](*_fitting(values))


def _fitting(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Give whole doubles of R's as integers to tensors of integers."""
    if len(values) != 2:
        return values
    left, right = values
    return _like(left, right), _like(right, left)


def _like(value: Any, other: Any) -> Any:
    if isinstance(other, np.ndarray | np.generic):
        # NumPy makes a double of an integer and a double by itself.
        return value
    if "int" not in str(getattr(other, "dtype", "")):
        return value
    if isinstance(value, float):
        return int(value) if value.is_integer() else value
    doubles = isinstance(value, list) and {*map(type, value)} == {float}
    if doubles or (isinstance(value, np.ndarray) and value.dtype == np.float64):
        array = np.asarray(value)
        return array.astype(np.int32) if np.all(array == np.rint(array)) else value
    return value


def _is_tensor(value: Any) -> bool:
    return "tensorflow.tensor" in classes.of(type(value))


def _as_bool(value: Any) -> Any:
    from rkeras_port._keras import keras

    return keras.ops.cast(keras.ops.convert_to_tensor(value), "bool")


def _negation(value: Any) -> Any:
    """Return R's `!`: element by element for arrays."""
    if isinstance(value, bool | int):
        return not value
    return ~value


_LOGIC: dict[str, Callable[..., Any]] = {
    "&": operator.and_,
    "|": operator.or_,
    "not": _negation,
}

_OPERATORS: dict[str, Callable[..., Any]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
    "%%": operator.mod,
    "%/%": operator.floordiv,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "%*%": operator.matmul,
    "negative": operator.neg,
    "positive": operator.pos,
    **_LOGIC,
}
