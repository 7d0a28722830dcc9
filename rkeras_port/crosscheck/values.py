"""Plain values and arrays held against each other, down to the first that differs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np

from rkeras_port.errors import ArgumentError

from .comparison import Difference

#: Stands for the value of the side that has none at that place.
ABSENT = "absent"


def compare_values(
    left: Any,
    right: Any,
    *,
    rtol: float = 0.0,
    atol: float = 0.0,
    where: str = "",
) -> list[Difference]:
    """Return every place where two values differ, in order.

    Numbers are compared by value and not by type: 1 is 1.0, and the float32 nearest to
    0.1 is not the float64 nearest to it. A list, a tuple and an array of one dimension
    with equal elements are equal. R has no scalars, so a scalar equals the vector of
    only that element. ``True`` is not 1, ``None`` (R's ``NULL`` and ``NA``) is not NaN,
    and NaN equals only NaN. Two matrices, sparse or not, are equal if all their
    elements are.

    Parameters
    ----------
    left, right : object
        Nested mappings and sequences of numbers, texts and None; arrays, sparse
        matrices, data frames, and what NumPy makes an array of, such as tensors.
    rtol, atol : float, default 0
        Numbers a and b count as equal if ``|a - b| <= atol + rtol * max(|a|, |b|)``. By
        default they must be equal to the last bit.
    where : str, optional
        What the values are; begins the places of the differences.

    Returns
    -------
    list of Difference
        Empty if the values agree. Indices in places count from 0, the keys of mappings
        are in quotes.

    Raises
    ------
    ArgumentError
        If a tolerance is negative or NaN.

    Examples
    --------
    >>> compare_values({"a": [1, 2.0]}, {"a": (1.0, 2)})
    []
    >>> compare_values([0.5, 1], [0.25, 1])
    [Difference(where='[0]', left=0.5, right=0.25, amount=0.25)]
    >>> compare_values(0.1, np.float32(0.1), atol=1e-8)
    []
    """
    for name, tolerance in (("rtol", rtol), ("atol", atol)):
        if not tolerance >= 0:
            raise ArgumentError(
                "compare_values",
                name,
                "must be a number from 0 upwards",
                received=repr(tolerance),
            )
    return list(_differences(left, right, where, rtol, atol))


def is_plain(value: Any) -> bool:
    """Whether `compare_values` compares it by content, and not as an object.

    Examples
    --------
    >>> is_plain({"a": [1, None, "b"]}), is_plain(np.zeros(2)), is_plain(math)
    (True, True, False)
    """
    value = _plain(value)
    if isinstance(value, Mapping):
        return all(map(is_plain, value.values()))
    if isinstance(value, list | tuple):
        return all(map(is_plain, value))
    if isinstance(value, np.ndarray):
        return value.dtype != object or all(map(is_plain, value.flat))
    return _is_sparse(value) or isinstance(
        value, bool | int | float | complex | str | bytes | bytearray | None
    )


def _differences(
    left: Any, right: Any, where: str, rtol: float, atol: float
) -> Iterator[Difference]:
    left, right = _plain(left), _plain(right)
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        yield from _of_mappings(left, right, where, rtol, atol)
    elif _is_sparse(left) or _is_sparse(right):
        yield from _of_sparse(left, right, where, rtol, atol)
    elif _is_sequence(left) or _is_sequence(right):
        yield from _of_sequences(left, right, where, rtol, atol)
    elif not _equal(left, right, rtol, atol):
        amount = _amount(left, right)
        yield Difference(where or "value", _brief(left), _brief(right), amount)


def _of_mappings(
    left: Mapping[Any, Any],
    right: Mapping[Any, Any],
    where: str,
    rtol: float,
    atol: float,
) -> Iterator[Difference]:
    for key in dict.fromkeys([*left, *right]):
        place = f"{where}[{key!r}]"
        if key not in right:
            yield Difference(place, _brief(left[key]), ABSENT)
        elif key not in left:
            yield Difference(place, ABSENT, _brief(right[key]))
        else:
            yield from _differences(left[key], right[key], place, rtol, atol)


def _of_sequences(
    left: Any, right: Any, where: str, rtol: float, atol: float
) -> Iterator[Difference]:
    # Sequences of numbers, nested or not, and arrays take the quick way.
    a, b = _array(left), _array(right)
    if a is not None and b is not None:
        yield from _of_arrays(a, b, where, rtol, atol)
        return
    if isinstance(left, Mapping) or isinstance(right, Mapping):
        yield Difference(where or "value", _brief(left), _brief(right))
        return
    left, right = _elements(left), _elements(right)
    if len(left) != len(right):
        yield Difference(f"length of {where or 'value'}", len(left), len(right))
        return
    for i, pair in enumerate(zip(left, right, strict=True)):
        yield from _differences(*pair, f"{where}[{i}]", rtol, atol)


def _of_arrays(
    a: np.ndarray, b: np.ndarray, where: str, rtol: float, atol: float
) -> Iterator[Difference]:
    if (a.shape or (1,)) != (b.shape or (1,)):
        yield Difference(f"shape of {where or 'value'}", a.shape, b.shape)
        return
    shape = a.shape or b.shape
    a, b = a.reshape(shape), b.reshape(shape)
    for index in np.argwhere(_unequal(a, b, rtol, atol)):
        at = tuple(index)
        inside = f"[{', '.join(map(str, at))}]" if at else ""
        one, other = a[at].item(), b[at].item()
        yield Difference(where + inside or "value", one, other, _amount(one, other))


def _unequal(a: np.ndarray, b: np.ndarray, rtol: float, atol: float) -> np.ndarray:
    if (a.dtype == bool) != (b.dtype == bool):
        return np.ones(a.shape, dtype=bool)
    different = np.asarray(a != b)
    if a.dtype.kind in "fc" and b.dtype.kind in "fc":
        different &= ~(np.isnan(a) & np.isnan(b))
    if rtol or atol:
        with np.errstate(invalid="ignore", over="ignore"):
            far = np.abs(np.subtract(a, b, dtype=np.result_type(a, b, float)))
            allowed = atol + rtol * np.maximum(np.abs(a), np.abs(b))
            # Infinity is near nothing but itself.
            near = np.isfinite(far) & (far <= allowed)
        different &= ~near
    return different


def _of_sparse(
    left: Any, right: Any, where: str, rtol: float, atol: float
) -> Iterator[Difference]:
    from scipy import sparse

    a, b = (side if _is_sparse(side) else _array(side) for side in (left, right))
    if a is None or b is None:
        yield Difference(where or "value", _brief(left), _brief(right))
        return
    if a.shape != b.shape:
        yield Difference(f"shape of {where or 'value'}", a.shape, b.shape)
        return
    a, b = sparse.csr_array(a), sparse.csr_array(b)
    # Where either has an element, NaN and a stored 0 included.
    stored = sparse.csr_array(
        (np.ones(a.nnz + b.nnz), np.hstack([a.tocoo().coords, b.tocoo().coords])),
        shape=a.shape,
    ).tocoo()
    rows, columns = stored.coords
    one, other = (np.asarray(side[rows, columns]).ravel() for side in (a, b))
    for i in np.flatnonzero(_unequal(one, other, rtol, atol)):
        x, y = one[i].item(), other[i].item()
        place = f"{where}[{rows[i]}, {columns[i]}]"
        yield Difference(place, x, y, _amount(x, y))


def _plain(value: Any) -> Any:
    """Return the mapping, sequence, array or scalar that a value stands for."""
    if isinstance(value, np.ndarray) or _is_sparse(value):
        return value
    if isinstance(value, np.generic):
        return value.item()
    # A data frame by its columns, without importing pandas to know one.
    if hasattr(value, "columns") and hasattr(value, "to_dict"):
        return {name: value[name].tolist() for name in value.columns}
    if hasattr(value, "__array__") and not isinstance(value, str | bytes | type):
        return np.asarray(value)
    return value


def _is_sparse(value: Any) -> bool:
    return hasattr(value, "tocsr") and hasattr(value, "nnz")


def _is_sequence(value: Any) -> bool:
    return isinstance(value, list | tuple | np.ndarray)


def _elements(value: Any) -> Any:
    if not _is_sequence(value) or (isinstance(value, np.ndarray) and not value.ndim):
        return [value]
    return value


def _array(value: Any) -> np.ndarray | None:
    """Return numbers as an array, and None for what else there is."""
    if isinstance(value, list | tuple) and not _all_alike(value):
        return None
    if isinstance(value, str | bytes | bytearray | Mapping):
        return None
    try:
        array = np.asarray(value)
    except (ValueError, OverflowError):  # ragged; an integer beyond 64 bits
        return None
    return array if array.dtype.kind in "biufc" else None


def _all_alike(value: list[Any] | tuple[Any, ...]) -> bool:
    """Whether NumPy changes nothing by making an array: not True to 1, nor 2**60."""
    if not value:
        return True
    if all(isinstance(one, list | tuple) for one in value):
        return all(map(_all_alike, value))
    kinds = set(map(type, value))
    return len(kinds) == 1 and kinds <= {bool, int, float, complex}


def _equal(left: Any, right: Any, rtol: float, atol: float) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, int | float) and isinstance(right, int | float):
        if left == right:
            return True
        if math.isnan(left) or math.isnan(right):
            return math.isnan(left) and math.isnan(right)
        far = abs(left - right)
        return math.isfinite(far) and far <= atol + rtol * max(abs(left), abs(right))
    return type(left) is type(right) and bool(left == right)


def _amount(left: Any, right: Any) -> float | None:
    both = (left, right)
    if any(isinstance(one, bool) or not isinstance(one, int | float) for one in both):
        return None
    return float(abs(left - right))


def _brief(value: Any) -> Any:
    """Return a scalar as it is, and of anything larger what it is."""
    value = _plain(value)
    if isinstance(value, np.ndarray):
        return f"array of shape {value.shape}"
    if isinstance(value, Mapping):
        return f"mapping with {', '.join(map(repr, value))}"
    if _is_sparse(value):
        return f"sparse matrix of shape {value.shape}"
    if isinstance(value, list | tuple):
        return f"{type(value).__name__} of {len(value)}"
    return value
