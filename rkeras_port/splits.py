"""Which rows a model is trained on, and which are held out to validate it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ._arguments import whole_number
from .errors import ArgumentError, ArgumentTypeError

#: Numbers that are hashed at once, so that they stay in the processor's cache.
_BLOCK = 2**16


def validation_rows(n: int, validation_split: float) -> tuple[range, range]:
    """Return the rows that `fit` trains on, and those that it holds out.

    Keras holds out the last rows, before any shuffling, and trains on
    ``floor(n * (1 - validation_split))``, computed in floating point: of 100 rows,
    0.55 leaves 44 for training, since 1 - 0.55 is a little less than 0.45.

    Parameters
    ----------
    n : int
        Number of rows.
    validation_split : float
        Fraction of the rows to hold out, from 0 (none) to below 1.

    Returns
    -------
    training, validation : range
        Row numbers, from 0.

    Raises
    ------
    ArgumentError
        If `validation_split` is no such fraction, or if it leaves one side empty.
    ArgumentTypeError
        If an argument is not a number.

    Examples
    --------
    >>> validation_rows(10, 0.2)
    (range(0, 8), range(8, 10))
    >>> training, validation = validation_rows(100, 0.55)
    >>> len(training), len(validation)
    (44, 56)
    """
    function = "validation_rows"
    n = whole_number(function, "n", n, minimum=0)
    if not isinstance(validation_split, int | float | np.integer | np.floating):
        raise ArgumentTypeError(
            function,
            "validation_split",
            "must be a fraction from 0 to below 1",
            received=f"{validation_split!r}",
        )
    if not 0 <= validation_split < 1:
        raise ArgumentError(
            function,
            "validation_split",
            "must be a fraction from 0 to below 1",
            received=f"{validation_split!r}",
        )
    if validation_split == 0:
        return range(n), range(n, n)
    # Keras's own expression: any other form rounds differently for some n.
    split_at = math.floor(n * (1.0 - validation_split))
    if split_at in (0, n):
        raise ArgumentError(
            function,
            "validation_split",
            f"leaves no row to {'train on' if split_at == 0 else 'validate with'}",
            received=f"{validation_split!r} of {n} rows",
        )
    return range(split_at), range(split_at, n)


@dataclass(frozen=True, eq=False)
class SplitReport:
    """Which rows went where.

    Attributes
    ----------
    held_out_by : {"validation_split", "validation_data", None}
        What decided; None if nothing is held out.
    training, validation : range
        Row numbers, from 0; of the validation rows, within `validation_data` if that
        decided.
    training_hashes, validation_hashes : ndarray of uint64
        The rows' contents, as `row_hashes` gives them.
    validation_split : float
        As given. Without effect if `validation_data` decided.
    """

    held_out_by: Literal["validation_split", "validation_data"] | None
    training: range
    validation: range
    training_hashes: NDArray[np.uint64]
    validation_hashes: NDArray[np.uint64]
    validation_split: float

    def __str__(self) -> str:
        """Say it in one line."""
        if self.held_out_by is None:
            return f"training: {_rows(self.training)}; nothing is held out"
        decided: str = self.held_out_by
        if decided == "validation_split":
            decided += f"={self.validation_split}"
        elif self.validation_split:
            decided += f" (validation_split={self.validation_split} has no effect)"
        return (
            f"training: {_rows(self.training)}; "
            f"validation: {_rows(self.validation)}, by {decided}"
        )


def _rows(rows: range) -> str:
    if not rows:
        return "no rows"
    return f"rows {rows[0]} to {rows[-1]}"


def split_rows(
    x: Any,
    y: Any = None,
    *,
    validation_split: float = 0.0,
    validation_data: Sequence[Any] | None = None,
) -> SplitReport:
    """Report which rows `fit` trains on and validates with, given these arguments.

    Parameters
    ----------
    x : array, sparse matrix, data frame, or a list or dict of them, (n_samples, ...)
        As for `fit`.
    y : array, optional, shape (n_samples, ...)
        As for `fit`. Part of a row's content.
    validation_split : float
        As for `fit`: the fraction held out, the last rows.
    validation_data : tuple (x, y) or (x, y, sample_weight), optional
        As for `fit`. Decides if both are given.

    Returns
    -------
    SplitReport

    Raises
    ------
    ArgumentError
        If the split is not possible, or if x and y differ in their number of rows.

    Examples
    --------
    >>> x = [[1.0], [2.0], [3.0], [4.0]]
    >>> print(split_rows(x, validation_split=0.5))
    training: rows 0 to 1; validation: rows 2 to 3, by validation_split=0.5
    >>> print(split_rows(x, validation_data=([[5.0]], None)))
    training: rows 0 to 3; validation: rows 0 to 0, by validation_data
    """
    hashes = row_hashes(x, y)
    if validation_data is not None:
        held_out = row_hashes(*validation_data[:2])
        return SplitReport(
            "validation_data",
            range(len(hashes)),
            range(len(held_out)),
            hashes,
            held_out,
            validation_split,
        )
    training, validation = validation_rows(len(hashes), validation_split)
    return SplitReport(
        "validation_split" if validation else None,
        training,
        validation,
        hashes[: training.stop],
        hashes[training.stop :],
        validation_split,
    )


def row_hashes(
    x: Any, y: Any = None, *, dtype: DTypeLike = np.float64
) -> NDArray[np.uint64]:
    """Hash the content of each row, whatever holds it.

    Rows with the same numbers have the same hash: in a dense array or a sparse
    matrix of any format, in row- or column-major order, of any numeric type (the
    numbers are compared as float64). Hashes are the same on every machine.

    Parameters
    ----------
    x : array, sparse matrix, data frame, or a list or dict of them, (n_samples, ...)
        The rows. Of arrays with more axes, a row is all that belongs to one sample.
    y : array, optional, shape (n_samples, ...)
        Made part of each row, so that another label makes another hash.
    dtype : dtype-like
        A floating type that the numbers are rounded to first: with "float32", rows
        that become the same there have the same hash.

    Returns
    -------
    ndarray of uint64, shape (n_samples,)

    Raises
    ------
    ArgumentError
        If the parts differ in their number of rows.
    ArgumentTypeError
        If a part does not hold numbers.

    Examples
    --------
    >>> from scipy.sparse import csc_matrix
    >>> rows = [[0, 2.5], [1, 0]]
    >>> bool((row_hashes(rows) == row_hashes(csc_matrix(rows))).all())
    True
    """
    named = [("x", part) for part in _parts(x)]
    named += [] if y is None else [("y", part) for part in _parts(y)]
    matrices = [_matrix(argument, part) for argument, part in named]
    n = matrices[0].shape[0]
    hashes = np.zeros(n, np.uint64)
    for (argument, _), matrix in zip(named, matrices, strict=True):
        if matrix.shape[0] != n:
            raise ArgumentError(
                "row_hashes",
                argument,
                "must have as many rows as the rest",
                received=f"{matrix.shape[0]} rows, and {n} rows before",
            )
        add_up = _dense_sums if isinstance(matrix, np.ndarray) else _sparse_sums
        sums = add_up(matrix, np.dtype(dtype))
        hashes = _mixed(hashes + _NEXT + _mixed(sums + np.uint64(matrix.shape[1])))
    return hashes


def _parts(data: Any) -> list[Any]:
    """Return the arrays of a model with several inputs or outputs, or the only one."""
    if isinstance(data, Mapping):
        return list(data.values())
    if isinstance(data, list | tuple) and any(
        getattr(item, "shape", ()) for item in data
    ):
        return list(data)
    return [data]


def _matrix(argument: str, data: Any) -> Any:
    """Return a CSR matrix, or a two-dimensional array, with one row per sample."""
    if hasattr(data, "tocsr"):
        return _canonical(data)
    array = np.asarray(data)
    if array.dtype.kind not in "biuf" or not array.ndim:
        raise ArgumentTypeError(
            "row_hashes",
            argument,
            "must be an array of numbers",
            received=f"{type(data).__name__} of {array.dtype}",
        )
    return array.reshape(len(array), math.prod(array.shape[1:]))


def _canonical(data: Any) -> Any:
    """Return CSR in which each entry is in one part, without changing `data`."""
    matrix = data.tocsr()
    if not matrix.has_canonical_format:
        matrix = matrix.copy() if matrix is data else matrix
        matrix.sum_duplicates()
    return matrix


# The hash of a row is the sum over its columns of ``f(value) * key(column)``, modulo
# 2**64, with a random odd key for each column: multilinear hashing (Lemire and Kaser,
# Strongly universal string hashing is fast, 2014). Zeros add nothing, so that a sparse
# row need not be filled up, and sums can be taken in any order and by whole arrays.

_NEXT = np.uint64(0x9E37_79B9_7F4A_7C15)


def _mixed(words: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Spread each word's bits over the word: the finaliser of SplitMix64."""
    words = (words ^ (words >> np.uint64(30))) * np.uint64(0xBF58_476D_1CE4_E5B9)
    words = (words ^ (words >> np.uint64(27))) * np.uint64(0x94D0_49BB_1331_11EB)
    mixed: NDArray[np.uint64] = words ^ (words >> np.uint64(31))
    return mixed


def _keys(width: int) -> NDArray[np.uint64]:
    """Return a random odd number for each column: SplitMix64 started at 0."""
    return _mixed(np.arange(1, width + 1, dtype=np.uint64) * _NEXT) | np.uint64(1)


def _spread(values: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[np.uint64]:
    """Make of each number, as float64, 64 well-mixed bits; of 0, none that is set."""
    floats = values.astype(dtype, copy=False).astype(np.float64)
    floats += 0.0  # makes zero of minus zero
    missing = np.isnan(floats)
    if missing.any():
        floats[missing] = np.nan
    words = floats.view(np.uint64)
    # In place: the blocks are made to stay in the processor's cache.
    words ^= words >> np.uint64(32)
    words *= np.uint64(0xD6E8_FEB8_6659_FD93)
    words ^= words >> np.uint64(32)
    return words


def _sparse_sums(matrix: Any, dtype: np.dtype[Any]) -> NDArray[np.uint64]:
    terms = _keys(matrix.shape[1])[matrix.indices]
    for start in range(0, len(terms), _BLOCK):
        block = slice(start, start + _BLOCK)
        terms[block] *= _spread(matrix.data[block], dtype)
    # Differences of running sums are right modulo 2**64, also where these overflow.
    running = np.concatenate([np.zeros(1, np.uint64), np.cumsum(terms)])
    return running[matrix.indptr[1:]] - running[matrix.indptr[:-1]]


def _dense_sums(matrix: NDArray[Any], dtype: np.dtype[Any]) -> NDArray[np.uint64]:
    n, width = matrix.shape
    keys = _keys(width)
    sums = np.zeros(n, np.uint64)
    # Rows that lie apart in memory are brought together in larger blocks.
    size = _BLOCK if matrix.flags.c_contiguous else 16 * _BLOCK
    rows = max(1, size // max(1, width))
    for start in range(0, n, rows):
        block = np.ascontiguousarray(matrix[start : start + rows]).reshape(-1)
        places = np.flatnonzero(block != 0)
        if 4 * len(places) > len(block):
            terms = _spread(block, dtype).reshape(-1, width) * keys
            sums[start : start + rows] = terms.sum(axis=1, dtype=np.uint64)
            continue
        terms = _spread(block[places], dtype)
        terms *= keys[places % width]
        running = np.concatenate([np.zeros(1, np.uint64), np.cumsum(terms)])
        ends = np.searchsorted(places, np.arange(0, len(block) + 1, max(1, width)))
        sums[start : start + rows] = np.diff(running[ends])
    return sums
