"""R's operators, `as.array()`, `dim()` and `as.list()` on Python objects."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from rkeras_port.errors import ArgumentTypeError
from rkeras_port.r import classes, na
from rkeras_port.r.capi import SEXP
from rkeras_port.r.dispatch import argument, plain, verb
from rkeras_port.r.to_r import integers, to_r


@plain
def array_values(value: Any) -> np.ndarray:
    """Return the values of an array, a tensor or what NumPy can make an array of."""
    if _is_symbolic(value):
        raise ArgumentTypeError(
            "as.array",
            "x",
            "is a symbolic tensor: its values are not known while Keras builds a graph",
            received=f"{value!r:.80}",
            remedy="Compute with op_*() functions, which work on such tensors, or use "
            "compile(run_eagerly = TRUE).",
        )
    if hasattr(value, "numpy"):
        array = np.asarray(value.numpy())
        return _decoded(array) if array.dtype == object else array
    if hasattr(value, "toarray"):
        return np.asarray(value.toarray())
    return np.asarray(value)


def _is_symbolic(value: Any) -> bool:
    """Tell whether a tensor has no values: Keras's symbol, or one in a graph."""
    names = classes.of(type(value))
    if "keras.src.backend.common.keras_tensor.KerasTensor" in names:
        return True
    return "tensorflow.tensor" in names and not hasattr(value, "numpy")


def _decoded(array: np.ndarray) -> np.ndarray:
    """Return a tensor's text, which TensorFlow keeps as bytes."""
    texts = [v.decode() if isinstance(v, bytes) else v for v in array.ravel().tolist()]
    out = np.empty(len(texts), object)
    out[:] = texts
    return out.reshape(array.shape)


@verb
def dim(args: SEXP) -> SEXP:
    """(array): its dimensions, NA where a tensor's are not known."""
    sizes = list(argument(args, 0).shape)
    return to_r(na.VectorWithNA(sizes, "integer")) if sizes else integers([])


@plain
def as_list(value: Any) -> Any:
    """Return the elements of an iterable, a dict as it is."""
    return value if isinstance(value, dict) else tuple(value)


@plain
def operate(name: str, *values: Any) -> Any:
    """Return the value of a binary or unary Python operator."""
    return _OPERATORS[name](*_fitting(values))


def _fitting(values: tuple[Any, ...]) -> tuple[Any, ...]:
    """Give whole doubles of R's as integers to tensors of integers."""
    if len(values) == 2:
        for number, other in (values, values[::-1]):
            if isinstance(number, float) and number.is_integer():
                kind = str(getattr(other, "dtype", ""))
                if "int" in kind:
                    return tuple(int(v) if v is number else v for v in values)
    return values


def _negation(value: Any) -> Any:
    """Return R's `!`: element by element for arrays."""
    if isinstance(value, bool | int):
        return not value
    return ~value


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
    "&": operator.and_,
    "|": operator.or_,
    "not": _negation,
    "%*%": operator.matmul,
    "negative": operator.neg,
    "positive": operator.pos,
}
