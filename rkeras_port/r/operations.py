"""What R's functions do beyond Keras's: operations of their own, and results R's way.

The catalogue names these: ``r_target`` is what R calls instead of the Keras function,
``r_result`` what is done to the result. Arguments come with Keras's names, from 0.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from rkeras_port._keras import keras
from rkeras_port.errors import ArgumentError

Number = int | float


def unravel_index(indices: Any, shape: Any) -> tuple[Any, ...]:
    """Return the coordinates of positions in an array that was made flat.

    Keras 3.15 itself gets them right for vectors of positions only.

    Examples
    --------
    >>> [int(i) for i in unravel_index(4, (2, 3))]
    [1, 1]
    """
    positions = keras.ops.convert_to_tensor(indices)
    found = keras.ops.unravel_index(keras.ops.reshape(positions, (-1,)), shape)
    return tuple(keras.ops.reshape(i, keras.ops.shape(positions)) for i in found)


def arange(
    start: Any,
    stop: Any = None,
    step: Any = 1,
    dtype: Any = None,
    include_end: bool = True,
) -> Any:
    """Return what R's `seq()` does: from `start` to `stop`, which is included.

    Parameters
    ----------
    start, stop, step : number or scalar tensor
        One number alone is the end of a sequence from 1 (from 0 without the end).
    dtype : str, optional
        By default float32 if one of them is a float, else int32.
    include_end : bool
        False for Python's meaning.

    Examples
    --------
    >>> keras.ops.convert_to_numpy(arange(1, 10, 3)).tolist()
    [1, 4, 7, 10]
    >>> keras.ops.convert_to_numpy(arange(0.0, 1.0, 0.25)).tolist()
    [0.0, 0.25, 0.5, 0.75, 1.0]
    """
    if stop is None:
        start, stop = (1 if include_end else 0), start
    if dtype is not None and "int" in keras.backend.standardize_dtype(dtype):
        start, stop, step = (_as_int(value) for value in (start, stop, step))
    numbers = (start, stop, step)
    if (
        all(isinstance(value, Number) for value in numbers)
        and (stop - start) * step < 0
    ):
        raise ArgumentError(
            "op_arange",
            "step",
            "must lead from `start` to `end`",
            received=f"{start:g} to {stop:g} by {step:g}",
            remedy="Downwards it is negative: step = -1.",
        )
    if include_end:
        stop = _past(start, stop, step)
    return keras.ops.arange(start, stop, step, dtype=dtype)


def _as_int(value: Any) -> Any:
    return int(value) if isinstance(value, float) else value


def _past(start: Any, stop: Any, step: Any) -> Any:
    """Return an end that lies between the last number wanted and the next one."""
    numbers = (start, stop, step)
    if not all(isinstance(value, Number) for value in numbers) or not step:
        return stop + step
    if all(isinstance(value, int) for value in numbers):
        return stop + (1 if step > 0 else -1)
    last = math.floor((stop - start) / step + 1e-10)
    return start + (last + 0.5) * step


def to_tensor(
    x: Any, dtype: Any = None, sparse: bool | None = None, ragged: bool | None = None
) -> Any:
    """Return a tensor; R's doubles are cast when the type asked for is an integer.

    `ragged` is there for R's signature; Keras has no ragged tensors to make.
    """
    if isinstance(x, float | np.ndarray | list) and dtype is not None:
        whole = "int" in keras.backend.standardize_dtype(dtype)
        if whole and np.asarray(x).dtype.kind == "f":
            if not np.isfinite(x).all():
                raise ArgumentError(
                    "op_convert_to_tensor",
                    "x",
                    "must not have NA or infinite values",
                    received=f"dtype = {keras.backend.standardize_dtype(dtype)!r}",
                    remedy="Whole numbers have none; use a floating dtype.",
                )
            x = np.asarray(x).astype(keras.backend.standardize_dtype(dtype))
    return keras.ops.convert_to_tensor(x, dtype=dtype, sparse=sparse)


def matmul(x1: Any, x2: Any) -> Any:
    """Return the matrix product; R's doubles take the type of the tensor they meet."""
    return keras.ops.matmul(_like(x1, x2), _like(x2, x1))


def _like(value: Any, other: Any) -> Any:
    plain = isinstance(value, np.ndarray) and not isinstance(other, np.ndarray)
    if not plain or not hasattr(other, "dtype"):
        return value
    kind = keras.backend.standardize_dtype(other.dtype)
    return keras.ops.convert_to_tensor(value, dtype=kind) if "float" in kind else value


def nonzero(x: Any) -> Any:
    """Return the places of the elements that are not zero: one row each."""
    return keras.ops.stack(keras.ops.nonzero(x), axis=-1)


def hstack(xs: Any, *more: Any) -> Any:
    """Return tensors side by side, given in a list or one by one."""
    return keras.ops.hstack(_gathered(xs, more))


def vstack(xs: Any, *more: Any) -> Any:
    """Return tensors one below the other, given in a list or one by one."""
    return keras.ops.vstack(_gathered(xs, more))


def _gathered(xs: Any, more: tuple[Any, ...]) -> list[Any]:
    first = xs if isinstance(xs, list | tuple) else [xs]
    return [*first, *more]


def subset(x: Any, parts: list[Any]) -> Any:
    """Return ``x[parts]``, where a list of numbers takes these along its axis.

    Parameters
    ----------
    x : tensor or KerasTensor
    parts : list
        Per axis a number, a slice, None (a new axis), Ellipsis, or a list of numbers.
        All from 0.
    """
    if not any(isinstance(part, list) for part in parts):
        return keras.ops.get_item(x, tuple(parts))
    whole = slice(None)
    parts = _without_ellipsis(parts, len(x.shape))
    axis = 0
    for place, part in enumerate(parts):
        if isinstance(part, list):
            x = keras.ops.take(x, part, axis=axis)
            parts[place] = whole
        axis += part is not None
    return keras.ops.get_item(x, tuple(parts))


def _without_ellipsis(parts: list[Any], rank: int) -> list[Any]:
    if Ellipsis not in [part for part in parts if not isinstance(part, list)]:
        return list(parts)
    place = next(i for i, part in enumerate(parts) if part is Ellipsis)
    axes = sum(part is not None for part in parts) - 1
    return [*parts[:place], *[slice(None)] * (rank - axes), *parts[place + 1 :]]


def masked(x: Any, mask: Any) -> Any:
    """Return the elements of `x` where `mask`, of its leading axes, is true.

    Examples
    --------
    >>> x = keras.ops.convert_to_tensor([[1, 2], [3, 4]])
    >>> keras.ops.convert_to_numpy(masked(x, [[True, False], [False, True]])).tolist()
    [1, 4]
    """
    mask = keras.ops.convert_to_numpy(mask).astype(bool)
    leading = tuple(x.shape)[: mask.ndim]
    if leading != mask.shape:
        raise ArgumentError(
            "op_subset",
            "...",
            f"must have a TRUE or FALSE for each place of the axes {list(leading)}",
            received=f"an array of {list(mask.shape)}",
        )
    rows = keras.ops.reshape(x, (-1, *tuple(x.shape)[mask.ndim :]))
    return keras.ops.take(rows, np.flatnonzero(mask), axis=0)


def elements(x: Any, places: Any) -> Any:
    """Return the elements of `x` at `places`: a row each, a column per axis, from 1.

    Examples
    --------
    >>> x = keras.ops.convert_to_tensor([[1, 2], [3, 4]])
    >>> keras.ops.convert_to_numpy(elements(x, [[1, 2], [2, -2]])).tolist()
    [2, 3]
    """
    places = keras.ops.convert_to_numpy(places).astype(np.int64)
    shape = np.array(x.shape)
    if np.any(places == 0) or np.any(np.abs(places) > shape):
        raise ArgumentError(
            "op_subset",
            "...",
            f"must name places from 1 to {shape.tolist()}",
            received=f"{places.tolist()!r:.80}",
        )
    places = np.where(places > 0, places - 1, places + shape)
    flat = np.ravel_multi_index(tuple(places.T), tuple(x.shape))
    return keras.ops.take(keras.ops.reshape(x, (-1,)), flat)


def places(x: Any) -> Any:
    """Return a tensor of the shape of `x` with the place of each element, from 0."""
    return keras.ops.reshape(keras.ops.arange(math.prod(x.shape)), tuple(x.shape))


def assigned(x: Any, places: Any, value: Any) -> Any:
    """Set elements of a variable, in place; of a tensor, return a changed copy.

    Parameters
    ----------
    x : Variable or tensor
    places : tensor of int
        Part of what `places` returns.
    value : array_like
        Of the shape of the part, or one that spreads over it.
    """
    where = keras.ops.convert_to_numpy(places)
    old = x.value if isinstance(x, keras.Variable) else x
    changed = keras.ops.convert_to_numpy(old).copy()
    new = np.asarray(value)
    changed.reshape(-1)[where] = new if new.size > 1 else new.item()
    if isinstance(x, keras.Variable):
        x.assign(changed)
        return x
    return keras.ops.convert_to_tensor(changed)


# Results ------------------------------------------------------------------------------


def _from_one(value: Any) -> Any:
    return value + 1


def _fields(value: Any) -> dict[str, Any]:
    """Return a named tuple's elements by name; NumPy and TensorFlow differ in case."""
    return {name.lower(): getattr(value, name) for name in value._fields}


def _fields_from_one(value: Any) -> dict[str, Any]:
    named = _named(value, ("values", "indices"))
    return named | {"indices": named["indices"] + 1}


def _named(value: Any, names: tuple[str, ...]) -> dict[str, Any]:
    if hasattr(value, "_fields"):
        return _fields(value)
    return dict(zip(names, value, strict=True))


RESULTS: dict[str, Callable[[Any], Any]] = {
    "index": _from_one,
    "fields": lambda value: _named(value, ("q", "r")),
    "fields_and_index": _fields_from_one,
    "silent": lambda value: None,
}
"""By the name that the catalogue's tables use."""

UNSHIFTED = {
    "index": lambda value: value,
    "fields_and_index": lambda value: _named(value, ("values", "indices")),
}
"""What takes their place when the caller asks for ``zero_indexed`` results."""
