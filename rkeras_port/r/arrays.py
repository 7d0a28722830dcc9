"""R's operators, `as.array()`, `dim()` and `as.list()` on Python objects."""

from __future__ import annotations

from typing import Any

import numpy as np

from rkeras_port.errors import ArgumentTypeError
from rkeras_port.r import classes, na, operators
from rkeras_port.r.capi import SEXP, lib
from rkeras_port.r.dispatch import argument, lent, operand, plain, verb
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
        found = value.numpy()
        array = np.asarray(found, object if isinstance(found, bytes) else None)
        if array.dtype.kind == "V":  # bfloat16 and its like, which NumPy does not have
            return array.astype(np.float32)
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


@verb
def operate(args: SEXP) -> SEXP:
    """(operator, operands...): its value, converted if all operands say so."""
    targets = [operand(lib.VECTOR_ELT(args, i)) for i in range(1, lib.Rf_length(args))]
    with lent():
        value = operators.operate(argument(args, 0), *(value for value, _ in targets))
    return to_r(value, all(convert for _, convert in targets))
