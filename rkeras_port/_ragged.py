"""Rows of unequal length, held as one flat array and the rows' lengths."""

from __future__ import annotations

import struct
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._arguments import whole_numbers
from .errors import ArgumentTypeError

Integers = NDArray[np.integer[Any]]


class Ragged(NamedTuple):
    """Sequences of whole numbers, end to end.

    Attributes
    ----------
    values : ndarray of int, shape (n_values,)
        The sequences' values, one sequence after the other.
    lengths : ndarray of int64, shape (n_rows,)
        How many of the values belong to each sequence.
    """

    values: Integers
    lengths: NDArray[np.int64]

    @property
    def starts(self) -> NDArray[np.int64]:
        """Position of each row's first value, shape (n_rows,)."""
        return np.cumsum(self.lengths) - self.lengths

    def row_of(self, position: int) -> int:
        """Return the row that a value's position in `values` falls into."""
        return int(np.searchsorted(np.cumsum(self.lengths), position, side="right"))

    def take(self, rows: Integers | NDArray[np.bool_]) -> Ragged:
        """Return the given rows, in the given order."""
        lengths = self.lengths[rows]
        # Half the size where it is enough: there is one position per value.
        small = self.values.size <= np.iinfo(np.int32).max
        integer = np.int32 if small else np.int64
        shift = self.starts[rows] - (np.cumsum(lengths) - lengths)
        positions = np.arange(lengths.sum(), dtype=integer)
        positions += np.repeat(shift.astype(integer), lengths)
        return Ragged(self.values[positions], lengths)

    def between(self, start: int, stop: int) -> Ragged:
        """Return the rows from `start` to before `stop`, without a copy."""
        first = int(self.lengths[:start].sum())
        lengths = self.lengths[start:stop]
        return Ragged(self.values[first : first + int(lengths.sum())], lengths)

    def keep(self, kept: NDArray[np.bool_]) -> Ragged:
        """Return the rows without the values that are not `kept`."""
        rows = np.repeat(np.arange(len(self.lengths)), self.lengths)
        lengths = np.bincount(rows[kept], minlength=len(self.lengths))
        return Ragged(self.values[kept], lengths)


def as_rows(function: str, argument: str, sequences: Any) -> Sequence[Any]:
    """Return `sequences` as a list of rows, or as it is if its rows lie end to end.

    Raises
    ------
    ArgumentTypeError
        If `sequences` is text, a mapping, or nothing that can be gone through.
    """
    if isinstance(getattr(sequences, "rows", None), Ragged):
        return sequences
    if isinstance(sequences, Iterable) and not isinstance(
        sequences, str | bytes | dict
    ):
        return list(sequences)
    raise ArgumentTypeError(
        function,
        argument,
        "must be a list or array of sequences of whole numbers",
        received=type(sequences).__name__,
    )


def flatten(
    function: str, argument: str, rows: Sequence[Any], *, first_row: int = 0
) -> Ragged:
    """Lay sequences of whole numbers end to end.

    Parameters
    ----------
    function, argument : str
        Whose data they are, for messages.
    rows : sequence of sequences
        Lists, tuples or one-dimensional arrays; floats with whole values are taken.
    first_row : int
        What the first row is called in messages.

    Returns
    -------
    Ragged
        With int64 values, or those that lie end to end already.

    Raises
    ------
    ArgumentTypeError
        If a row is no sequence or holds something other than numbers.
    ArgumentError
        If a number is NaN, infinite or has a fractional part.
    """
    ready = getattr(rows, "rows", None)
    if isinstance(ready, Ragged):
        return ready
    try:
        lengths = np.fromiter(map(len, rows), np.int64, count=len(rows))
    except TypeError:
        row = next(number for number, row in enumerate(rows) if not _has_length(row))
        raise ArgumentTypeError(
            function,
            argument,
            "must hold one sequence per row",
            received=f"{rows[row]!r} as row {first_row + row}",
            remedy="A single sequence goes in as [sequence].",
        ) from None
    arrays = {type(row) for row in rows} == {np.ndarray}
    values: NDArray[Any]
    if arrays and all(row.ndim == 1 for row in rows):
        values = np.concatenate(rows)
    else:
        # struct converts in C and, unlike NumPy, refuses floats and text.
        pack = struct.Struct(f"{lengths.sum()}q").pack
        try:
            packed = pack(*chain.from_iterable(rows))
            return Ragged(np.frombuffer(packed, np.int64), lengths)
        except struct.error:
            values = _as_array(list(chain.from_iterable(rows)))

    def place(position: int) -> str:
        return f"in row {first_row + Ragged(values, lengths).row_of(position)}"

    return Ragged(whole_numbers(function, argument, values, place), lengths)


def compact(function: str, argument: str, rows: Sequence[Any]) -> Ragged:
    """Lay sequences end to end as `flatten` does, in 4 bytes a value if they fit."""
    blocks = [
        flatten(function, argument, rows[i : i + _BLOCK], first_row=i)
        for i in range(0, len(rows), _BLOCK)
    ]
    highest = max((int(b.values.max()) for b in blocks if b.values.size), default=0)
    lowest = min((int(b.values.min()) for b in blocks if b.values.size), default=0)
    limits = np.iinfo(np.int32)
    fits = limits.min <= lowest and highest <= limits.max
    integer = np.int32 if fits else np.int64
    # Of each kind at least one, because nothing cannot be concatenated.
    values = [np.array([], integer), *(b.values.astype(integer) for b in blocks)]
    lengths = [np.array([], np.int64), *(b.lengths for b in blocks)]
    return Ragged(np.concatenate(values), np.concatenate(lengths))


#: Rows that compact() takes at once.
_BLOCK = 2048


def _has_length(row: Any) -> bool:
    try:
        len(row)
    except TypeError:
        return False
    return True


def _as_array(values: list[Any]) -> NDArray[Any]:
    """Return an array of numbers, or of objects where something else is among them."""
    if {type(value) for value in values} <= {int, float}:
        return np.array(values)
    return np.fromiter(values, dtype=object, count=len(values))
