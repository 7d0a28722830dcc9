"""What R's functions do to arguments before Keras gets them, one function a coercion.

The catalogue names a coercion for an argument; here is what it does to the R value.
R's package truncates doubles silently, and turns NA into the smallest integer; both
are errors here. Python objects and strings pass unchanged everywhere.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from rkeras_port.errors import ArgumentError
from rkeras_port.r import callback_methods, capi
from rkeras_port.r.capi import SEXP, lib
from rkeras_port.r.data import as_array, as_data, as_floatx, as_tensor
from rkeras_port.r.to_python import to_python

_NUMBERS = (capi.LGLSXP, capi.INTSXP, capi.REALSXP)


class Refused(Exception):
    """A value that a coercion cannot take: why, and what to do."""

    def __init__(self, problem: str, received: str, remedy: str | None = None) -> None:
        super().__init__(problem)
        self.problem, self.received, self.remedy = problem, received, remedy


def coerce(function: str, argument: str, value: SEXP, coercion: str | None) -> Any:
    """Convert an R value for an argument of a function.

    Parameters
    ----------
    function, argument : str
        For messages.
    value : SEXP
        The R value.
    coercion : str or None
        A name in `COERCIONS`, or None for the plain conversion.

    Raises
    ------
    ArgumentError
        If the value does not suit the coercion.
    """
    convert = to_python if coercion is None else COERCIONS[coercion]
    return coerce_by(function, argument, value, convert)


def coerce_by(
    function: str, argument: str, value: SEXP, convert: Callable[[SEXP], Any]
) -> Any:
    """Convert an R value by a function, naming the argument where it is refused.

    Raises
    ------
    ArgumentError
        If the value does not suit.
    """
    try:
        return convert(value)
    except Refused as refused:
        raise ArgumentError(
            function,
            argument or "...",
            refused.problem,
            received=refused.received,
            remedy=refused.remedy,
        ) from None


def elements_of(s: SEXP) -> list[tuple[str, SEXP]]:
    """Return the elements of an R list with their names, "" for those without."""
    names = lib.Rf_getAttrib(s, capi.names_symbol)
    items = _items(s)
    labels = [""] * len(items) if names == capi.nil else capi.texts(names)
    return [(label or "", item) for label, item in zip(labels, items, strict=True)]


def _is_numeric(s: SEXP) -> bool:
    return capi.typeof(s) in _NUMBERS and "factor" not in capi.class_names(s)


def _whole(value: Any, missing: Any = None) -> Any:
    """Return a number as an int; `missing` stands for NA where that has a meaning."""
    if value is None or value != value:
        if missing is not None:
            return missing
        raise Refused("must not be NA", "NA")
    if isinstance(value, float):
        if not value.is_integer():
            raise Refused("must be a whole number", f"{value:g}")
        return int(value)
    return int(value)


def _values(s: SEXP) -> list[Any]:
    """Return the elements of a numeric R vector, NA as None."""
    value = to_python(s)
    if isinstance(value, np.ndarray):
        return list(value.ravel(order="F").tolist())
    return list(value) if isinstance(value, list) else [value]


def as_integer(s: SEXP) -> Any:
    """Whole numbers: one as an int, several as a list; no dimensions."""
    if not _is_numeric(s):
        return to_python(s)
    found = [_whole(value) for value in _values(s)]
    return found[0] if len(found) == 1 else found


def as_integer_tuple(s: SEXP) -> Any:
    """As `as_integer`; an R list becomes a tuple."""
    if capi.typeof(s) != capi.VECSXP or _stands_for_python(s):
        return as_integer(s)
    return tuple(as_integer(item) for item in _items(s))


def as_pad_width(s: SEXP) -> Any:
    """Take padding as `as_integer_tuple` does, or a matrix with a row for each axis."""
    if lib.Rf_getAttrib(s, capi.dim_symbol) == capi.nil or not _is_numeric(s):
        return as_integer_tuple(s)
    return as_integer_array(s).tolist()


def as_integers(s: SEXP) -> Any:
    """Whole numbers: one as an int, several as a tuple."""
    found = as_integer(s)
    return tuple(found) if isinstance(found, list) else found


def list_of_integers(s: SEXP) -> Any:
    """Whole numbers, in a list also when there is one."""
    found = as_integer(s)
    return [found] if isinstance(found, int) else found


def as_axis(s: SEXP) -> Any:
    """R's 1-based axes to 0-based ones; negative ones count from the end in both."""
    if capi.typeof(s) == capi.VECSXP and not _stands_for_python(s):
        return [as_axis(item) for item in _items(s)]
    axes = as_integer(s)
    if isinstance(axes, list):
        return [_axis(axis) for axis in axes]
    if isinstance(axes, str):
        raise Refused("must be a whole number", repr(axes))
    return _axis(axes) if isinstance(axes, int) else axes


def _axis(axis: int) -> int:
    if axis == 0:
        raise Refused("is 1-based", "0", "The first axis is 1, the last one -1.")
    return axis - 1 if axis > 0 else axis


def as_operand(s: SEXP) -> Any:
    """As `as_tensor`, but a vector of doubles keeps its type."""
    plain = _is_numeric(s) and not capi.class_names(s)
    several = lib.Rf_xlength(s) != 1
    return as_array(s) if plain and several else as_tensor(s)


def as_arrays(s: SEXP) -> Any:
    """As `as_array`, lists element by element."""
    if capi.typeof(s) == capi.VECSXP and not _stands_for_python(s):
        return [as_array(item) for item in _items(s)]
    return as_array(s)


def as_vectors(s: SEXP) -> Any:
    """As `as_tensor`, but a single number in a list is a vector of one."""
    value = as_tensor(s)
    if not isinstance(value, list):
        return value
    single = (bool, int, float)
    return [
        as_floatx(item) if isinstance(one, single) else one
        for one, item in zip(value, _items(s), strict=True)
    ]


def as_index(s: SEXP) -> Any:
    """R's positions to 0-based ones; negative ones as they are.

    In a list each element; in tensors and NumPy arrays too, where a zero, which may
    not be known yet, stays one.
    """
    if capi.typeof(s) == capi.VECSXP and not _stands_for_python(s):
        return [as_index(item) for item in _items(s)]
    value = as_integer_array(s)
    if isinstance(value, bool | str) or value is None:
        return value
    if isinstance(value, int | np.ndarray):
        if np.any(np.equal(value, 0)):
            raise Refused("counts from 1", "0", "The first is 1, the last one -1.")
        shifted = np.where(np.greater(value, 0), value - 1, value)
        return shifted.item() if isinstance(value, int) else shifted
    if hasattr(value, "dtype"):
        from rkeras_port._keras import keras

        return keras.ops.where(value > 0, value - 1, value)
    return value


def as_starts(s: SEXP) -> Any:
    """As `as_index`, one position for each axis, also when there is one axis."""
    found = as_index(s)
    return [found] if isinstance(found, int) else found


def as_class(s: SEXP) -> Any:
    """Take classes counted from 1 to those from 0; 0, which is none, is -1."""
    value = as_integer_array(s)
    if isinstance(value, list):
        value = np.array(value)
    if isinstance(value, int):
        return value - 1 if value >= 0 else value
    if isinstance(value, np.ndarray):
        return np.where(value >= 0, value - 1, value)
    if hasattr(value, "dtype"):
        from rkeras_port._keras import keras

        return keras.ops.where(value >= 0, value - 1, value)
    return value


def as_epoch(s: SEXP) -> Any:
    """Take the epoch to start with, the first being 1; 0 stands for it too."""
    value = as_integer(s)
    return value - 1 if isinstance(value, int) and value > 0 else value


def as_contraction(s: SEXP) -> Any:
    """Take how many axes to sum over, or a list of R's axes of the two operands."""
    if capi.typeof(s) == capi.VECSXP and not _stands_for_python(s):
        return as_axis(s)
    count = as_integer(s)
    return count if isinstance(count, int) else as_axis(s)


def as_integer_array(s: SEXP) -> Any:
    """Whole numbers: one as an int, several as an array with R's dimensions."""
    if "factor" in capi.class_names(s):
        return as_data(s) + 1
    if not _is_numeric(s):
        return to_python(s)
    if lib.Rf_xlength(s) == 1 and lib.Rf_getAttrib(s, capi.dim_symbol) == capi.nil:
        return as_integer(s)
    values = as_array(s)
    if values.dtype.kind == "f":
        with np.errstate(invalid="ignore"):
            wrong = values[~np.isfinite(values) | (values != np.floor(values))]
        if wrong.size:
            found = "NA" if np.isnan(wrong[0]) else f"{wrong[0]:g}"
            raise Refused("must hold whole numbers", found)
    return values.astype(np.int32)


def as_split(s: SEXP) -> Any:
    """Take a number of sections, or R's positions to split at."""
    found = as_integer(s)
    return [i - 1 if i > 0 else i for i in found] if isinstance(found, list) else found


def as_size(s: SEXP) -> Any:
    """Take a fraction below 1, or a number of rows."""
    value = to_python(s)
    is_share = isinstance(value, float) and 0 <= value < 1
    return value if is_share else as_integer(s)


def round_up(s: SEXP) -> Any:
    """Take a limit that is not included: a fraction is the next whole number."""
    value = to_python(s)
    return math.ceil(value) if isinstance(value, float) else value


def as_norm_order(s: SEXP) -> Any:
    """Take the order of a norm: infinite, whole, or a name."""
    value = to_python(s)
    whole = isinstance(value, float) and value.is_integer()
    return int(value) if whole else value


def as_writable(s: SEXP) -> Any:
    """Numbers as an array of Keras's float type that may be written to."""
    value = as_floatx(s)
    return np.array(value) if isinstance(value, np.ndarray) else value


def normalize_shape(s: SEXP) -> Any:
    """Make a shape: numbers to a tuple, NA and NULL in it to None."""
    return _shape(s, unknown=None)


def as_reshape_target(s: SEXP) -> Any:
    """Make a shape to reshape to; NA and NULL stand for what is left over."""
    return _shape(s, unknown=-1)


def _shape(s: SEXP, unknown: Any) -> Any:
    kind = capi.typeof(s)
    if kind == capi.NILSXP:
        return None
    if kind == capi.VECSXP and not _stands_for_python(s):
        sizes = [size for item in _items(s) for size in _sizes(item)]
    elif _is_numeric(s):
        sizes = _values(s)
    else:
        return to_python(s)
    return tuple(
        unknown if size is None or size != size else _whole(size) for size in sizes
    )


def _sizes(s: SEXP) -> list[Any]:
    return [None] if capi.typeof(s) == capi.NILSXP else _values(s)


def as_tuple(s: SEXP) -> Any:
    """Make a tuple of a vector or list."""
    value = to_python(s)
    if isinstance(value, list):
        return tuple(value)
    plain = value is None or isinstance(value, bool | int | float | str)
    return (value,) if plain and value is not None else value


def as_scalar_or_tuple(s: SEXP) -> Any:
    """One value as it is, several as a tuple."""
    value = to_python(s)
    return tuple(value) if isinstance(value, list) else value


def normalize_pairs(s: SEXP) -> Any:
    """Take padding: a number, one for each axis, or a pair for each axis."""
    if capi.typeof(s) == capi.VECSXP and not _stands_for_python(s):
        return tuple(_pair(item) for item in _items(s))
    return as_integers(s)


def _pair(s: SEXP) -> Any:
    found = as_integer_tuple(s)
    return tuple(found) if isinstance(found, list) else found


def as_list(s: SEXP) -> Any:
    """Anything but a list to a list of one."""
    value = to_python(s)
    return value if isinstance(value, list | dict) or value is None else [value]


def custom_objects(s: SEXP) -> Any:
    """One object, or a list of them, to a dictionary by their names."""
    value = to_python(s)
    if value is None or (isinstance(value, dict) and all(value)):
        return value
    if isinstance(value, dict):
        pairs = list(value.items())
    else:
        pairs = [("", one) for one in (value if isinstance(value, list) else [value])]
    return {name or _name_of(one): one for name, one in pairs}


def _name_of(value: Any) -> str:
    name: str | None = getattr(value, "__name__", None)
    if name is None:
        raise Refused(
            "must have names where they cannot be told",
            type(value).__name__,
            "Pass list(name = object).",
        )
    return name


def as_python_function(s: SEXP) -> Any:
    """Make a Python function of an R function; take what Python can call as it is."""
    value = to_python(s)
    if value is not None and not callable(value):
        raise Refused("must be a function", f"{value!r:.40}")
    return value


def counted_callback(s: SEXP) -> Any:
    """Wrap a callback's `function(index, logs)`, which counts from 1."""
    function = as_python_function(s)
    return callback_methods.counted(function) if _is_r_function(function) else function


def plain_callback(s: SEXP) -> Any:
    """Wrap a callback's `function(logs)`."""
    function = as_python_function(s)
    return callback_methods.plain(function) if _is_r_function(function) else function


def as_schedule(s: SEXP) -> Any:
    """Wrap a learning rate schedule's `function(epoch)` or `function(epoch, lr)`."""
    function = as_python_function(s)
    return callback_methods.schedule(function) if _is_r_function(function) else function


def _is_r_function(value: Any) -> bool:
    return hasattr(value, "__r_function__")


def _items(s: SEXP) -> list[SEXP]:
    return [lib.VECTOR_ELT(s, i) for i in range(lib.Rf_xlength(s))]


def _stands_for_python(s: SEXP) -> bool:
    return bool(lib.Rf_getAttrib(s, capi.handle_symbol) != capi.nil)


COERCIONS: dict[str, Callable[[SEXP], Any]] = {
    "as.list": as_list,
    "as_arrays": as_arrays,
    "as_axis": as_axis,
    "as_class": as_class,
    "as_contraction": as_contraction,
    "as_callback_lambda_fn_sig_idx_logs": counted_callback,
    "as_callback_lambda_fn_sig_logs": plain_callback,
    "as_data": as_data,
    "as_index": as_index,
    "as_integer": as_integer,
    "as_integer_array": as_integer_array,
    "as_integer_tuple": as_integer_tuple,
    "as_integers": as_integers,
    "as_operand": as_operand,
    "as_norm_order": as_norm_order,
    "as_pad_width": as_pad_width,
    "as_py_array": as_floatx,
    "as_py_function": as_python_function,
    "as_array": as_array,
    "as_reshape_target": as_reshape_target,
    "as_scalar_or_tuple": as_scalar_or_tuple,
    "as_schedule": as_schedule,
    "as_size": as_size,
    "as_split": as_split,
    "as_starts": as_starts,
    "as_tensor": as_tensor,
    "as_tuple": as_tuple,
    "as_vectors": as_vectors,
    "as_writable": as_writable,
    "custom_objects": custom_objects,
    "list_of_integers": list_of_integers,
    "normalize_cropping": normalize_pairs,
    "normalize_padding": normalize_pairs,
    "normalize_shape": normalize_shape,
    "round_up": round_up,
}
"""By the name that the catalogue's tables use."""
