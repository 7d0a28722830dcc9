"""Sequences of word indices: a list of lists to the user, two arrays in memory."""

from __future__ import annotations

import operator
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._ragged import Ragged


class Sequences(Sequence[list[int]]):
    """A read-only list of lists of whole numbers, in a tenth of such a list's memory.

    Counting, going through it and ``x[0]`` are a list's; ``x[10:20]``, ``x[mask]`` and
    ``x[row_numbers]`` select rows, as of an array of objects. `numpy.asarray` makes
    that array.

    Parameters
    ----------
    rows : Ragged
        The numbers, end to end.

    Examples
    --------
    >>> x = Sequences(Ragged(np.array([1, 14, 22, 1]), np.array([3, 1])))
    >>> x[0], len(x), [sum(row) for row in x]
    ([1, 14, 22], 2, [37, 1])
    >>> x[::-1]
    <2 sequences of 1 to 3 whole numbers: [1], [1, 14, 22]>
    """

    dtype = np.dtype(object)
    ndim = 1

    def __init__(self, rows: Ragged) -> None:
        self.rows = rows
        self._ends = np.cumsum(rows.lengths)

    @property
    def shape(self) -> tuple[int]:
        """``(n_rows,)``."""
        return (len(self),)

    def __len__(self) -> int:
        """Return the number of rows."""
        return len(self.rows.lengths)

    # An index array has no type in common with Sequence's.
    def __getitem__(self, key: Any) -> Any:
        """Return one row as a list of int, or several as `Sequences`."""
        if isinstance(key, slice):
            start, stop, step = key.indices(len(self))
            if step == 1:
                return Sequences(self.rows.between(start, max(start, stop)))
            return Sequences(self.rows.take(np.arange(start, stop, step)))
        if isinstance(key, list | np.ndarray):
            numbers = np.asarray(key)
            return Sequences(self.rows.take(numbers if numbers.size else _NOTHING))
        number = operator.index(key)
        if not -len(self) <= number < len(self):
            raise IndexError(f"row {number} of {len(self)} rows")
        end = self._ends[number]
        return self.rows.values[end - self.rows.lengths[number] : end].tolist()

    def __iter__(self) -> Iterator[list[int]]:
        """Go through the rows, one list at a time."""
        for end, length in zip(
            self._ends.tolist(), self.rows.lengths.tolist(), strict=True
        ):
            yield self.rows.values[end - length : end].tolist()

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> NDArray[Any]:
        """Return an array of lists, shape (n_rows,)."""
        return np.fromiter(self, dtype=object, count=len(self))

    def tolist(self) -> list[list[int]]:
        """Return a list of lists of int, as an array's method of this name does."""
        return list(self)

    def __repr__(self) -> str:
        """Say how many there are, and show the beginning."""
        if not len(self):
            return "<0 sequences>"
        lengths = self.rows.lengths
        shown = ", ".join(
            f"[{', '.join(map(str, row[:10]))}{', ...' if len(row) > 10 else ''}]"
            for row in self[:3]
        )
        return (
            f"<{len(self):,} sequences of {lengths.min():,} to {lengths.max():,} whole "
            f"numbers: {shown}{', ...' if len(self) > 3 else ''}>"
        )


_NOTHING = np.array([], dtype=np.int64)
