"""`observe`: say in a script what shall be compared, besides what is seen by itself."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar

from rkeras_port.errors import ArgumentError

T = TypeVar("T")

#: Takes the name and the value while a side of a cross-check runs.
_taker: Callable[[str, Any], None] | None = None


def observe(name: str, value: T) -> T:
    """Have a value compared by `rkeras crosscheck`, and return it.

    The R function of this name does the same; a value is held against that of the same
    name on the other side. Where nothing is recorded it only returns the value, so it
    may stay in a script.

    Parameters
    ----------
    name : str
        Its name, unique among the values that a script observes.
    value : object
        A number, text, array, tensor, data frame, or a list or dict of those. Copied.

    Returns
    -------
    object
        `value` itself.

    Raises
    ------
    ArgumentError
        If the name is empty or no text, or, while a cross-check runs, used before.

    Examples
    --------
    >>> mean = observe("mean length", 238.7)
    >>> mean
    238.7
    """
    if not isinstance(name, str) or not name:
        raise ArgumentError(
            "observe", "name", "must be a text that is not empty", received=repr(name)
        )
    if _taker is not None:
        _taker(name, value)
    return value


def taken_by(taker: Callable[[str, Any], None] | None) -> None:
    """Have values go to `taker` from now on, or nowhere."""
    global _taker
    _taker = taker
