"""Checks of arguments that several data functions share."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .errors import ArgumentError, ArgumentTypeError, did_you_mean

_NUMBERS = (int, float, np.integer, np.floating)


def whole_number(
    function: str, argument: str, value: Any, *, minimum: int | None = None
) -> int:
    """Return `value` as an int, or say why it is none.

    Raises
    ------
    ArgumentTypeError
        If `value` is no number.
    ArgumentError
        If it has a fractional part, is NaN or infinite, or lies below `minimum`.
    """
    if not isinstance(value, _NUMBERS) or isinstance(value, bool):
        raise ArgumentTypeError(
            function,
            argument,
            "must be a whole number",
            received=f"{value!r} ({type(value).__name__})",
        )
    if not _is_integral(value) or (minimum is not None and value < minimum):
        least = "" if minimum is None else f" of at least {minimum}"
        raise ArgumentError(
            function,
            argument,
            f"must be a whole number{least}",
            received=repr(value),
        )
    return int(value)


def optional_whole_number(
    function: str, argument: str, value: Any, *, minimum: int | None = None
) -> int | None:
    """Return None for None, and any other value as `whole_number` does."""
    if value is None:
        return None
    return whole_number(function, argument, value, minimum=minimum)


def whole_numbers(
    function: str, argument: str, values: NDArray[Any], place: Callable[[int], str]
) -> NDArray[np.int64]:
    """Return a one-dimensional array as int64, or say which value is none.

    Parameters
    ----------
    function, argument : str
        Whose data they are.
    values : ndarray, shape (n_values,)
        Numbers of any type, or objects.
    place : callable
        Says where the value at a position of `values` stands, e.g. "in row 3".

    Raises
    ------
    ArgumentTypeError
        If a value is no number.
    ArgumentError
        If a number has a fractional part, is NaN or infinite, or exceeds 64 bits.
    """
    whole = _is_whole(values)
    if not whole.all():
        position = int(np.argmin(whole))
        value = values.item(position)
        error = ArgumentError if isinstance(value, _NUMBERS) else ArgumentTypeError
        raise error(
            function,
            argument,
            "must hold whole numbers",
            received=f"{value!r} {place(position)}",
        )
    return values.astype(np.int64)


def _is_whole(values: NDArray[Any]) -> NDArray[np.bool_]:
    if values.dtype.kind in "bi":
        return np.ones(values.shape, dtype=bool)
    if values.dtype.kind in "uf":
        inside = (values >= -(2**63)) & (values < 2**63)
        return inside & (values == np.floor(values))
    return np.array([_is_whole_object(value) for value in values], dtype=bool)


def _is_whole_object(value: Any) -> bool:
    if not isinstance(value, _NUMBERS) or not _is_integral(value):
        return False
    return -(2**63) <= int(value) < 2**63


def _is_integral(value: Any) -> bool:
    """Say whether a number is whole; NaN and infinity are not."""
    return not isinstance(value, float | np.floating) or bool(value.is_integer())


def one_of(function: str, argument: str, value: Any, allowed: Collection[Any]) -> None:
    """Refuse a `value` that is not among those `allowed`.

    Raises
    ------
    ArgumentError
        Names the values allowed and, for a misspelt string, the closest one.
    """
    if value not in allowed:
        close = [name for name in allowed if isinstance(name, str)]
        raise ArgumentError(
            function,
            argument,
            "must be " + " or ".join(repr(choice) for choice in allowed),
            received=repr(value),
            remedy=did_you_mean(value, close) if isinstance(value, str) else None,
        )
