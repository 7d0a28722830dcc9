"""Sequences and labels as the arrays a model takes: multi-hot, padded, one-hot."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, DTypeLike, NDArray

from ._arguments import one_of, optional_whole_number, whole_number, whole_numbers
from ._ragged import Ragged, as_rows, flatten
from .errors import ArgumentError, ArgumentTypeError

if TYPE_CHECKING:
    from scipy.sparse import csr_matrix

#: Rows that vectorize_sequences() handles at once, so that they stay in the CPU cache.
_BLOCK = 512


@overload
def vectorize_sequences(
    sequences: Iterable[Any],
    dimension: int = 10000,
    *,
    first_index: Literal[0, 1] = 0,
    sparse: Literal[True] = True,
    dtype: DTypeLike = "float32",
) -> csr_matrix: ...
@overload
def vectorize_sequences(
    sequences: Iterable[Any],
    dimension: int = 10000,
    *,
    first_index: Literal[0, 1] = 0,
    sparse: Literal[False],
    dtype: DTypeLike = "float32",
) -> NDArray[Any]: ...
def vectorize_sequences(
    sequences: Iterable[Any],
    dimension: int = 10000,
    *,
    first_index: Literal[0, 1] = 0,
    sparse: bool = True,
    dtype: DTypeLike = "float32",
) -> csr_matrix | NDArray[Any]:
    """Multi-hot encode sequences of word indices: one row each, 1 where a word occurs.

    R: the function `vectorize_sequences()` that R scripts define for themselves, and
    its twin in Python notebooks. The two place words differently, because R counts
    columns from 1: in R, ``results[i, sequence] <- 1`` puts word index k into the
    k-th column and drops index 0; in a notebook, ``results[i, sequence] = 1.`` puts
    word index k into the column after k others. ``first_index`` chooses. A model
    trained on the one has its weights one row off for the other.

    Parameters
    ----------
    sequences : iterable of sequences of int, length n_samples
        Word indices. Repeated ones count once, their order does not matter.
    dimension : int
        Number of columns.
    first_index : {0, 1}
        The word index that the first column stands for. 0: as in a notebook, indices
        0 to ``dimension - 1`` are valid. 1: as in R, indices 1 to ``dimension`` are
        valid and index 0 (padding) has no column.
    sparse : bool
        Whether to return a SciPy CSR matrix, which takes some hundredth of the dense
        array's memory and which `fit`, `evaluate` and `predict` take as it is.
    dtype : dtype-like
        Numeric type of the result.

    Returns
    -------
    scipy.sparse.csr_matrix or ndarray, shape (n_samples, dimension)
        The CSR matrix has sorted, unique column indices.

    Raises
    ------
    ArgumentError
        If an index has no column, is negative, NaN or has a fractional part; the
        message names the row, the value and the range.
    ArgumentTypeError
        If `sequences` holds something other than sequences of numbers.

    Examples
    --------
    >>> vectorize_sequences([[1, 3, 3], [2]], dimension=4, sparse=False)
    array([[0., 1., 0., 1.],
           [0., 0., 1., 0.]], dtype=float32)

    As R places them:

    >>> vectorize_sequences([[1, 3, 3], [2]], 4, first_index=1, sparse=False)
    array([[1., 0., 1., 0.],
           [0., 1., 0., 0.]], dtype=float32)
    """
    from scipy.sparse import csr_matrix, vstack

    function = "vectorize_sequences"
    dimension = whole_number(function, "dimension", dimension, minimum=1)
    one_of(function, "first_index", first_index, (0, 1))
    dtype = _numeric_dtype(function, dtype)
    rows = as_rows(function, "sequences", sequences)
    blocks = [csr_matrix((0, dimension), dtype=dtype)]
    for start in range(0, len(rows), _BLOCK):
        block = rows[start : start + _BLOCK]
        indptr, columns = _occurring(block, start, dimension, first_index)
        ones = np.ones(len(columns), dtype)
        blocks.append(
            csr_matrix((ones, columns, indptr), shape=(len(block), dimension))
        )
    matrix = vstack(blocks, format="csr")
    matrix.has_canonical_format = True
    return matrix if sparse else matrix.toarray()


def _occurring(
    rows: Sequence[Any], first_row: int, dimension: int, first_index: int
) -> tuple[NDArray[Any], NDArray[Any]]:
    """Return CSR's row pointers and column indices: sorted in each row, and unique."""
    words = flatten("vectorize_sequences", "sequences", rows, first_row=first_row)
    _check_range(words, first_row, dimension, first_index)
    if first_index == 1 and not words.values.all():
        words = words.keep(words.values != 0)
    # One number per cell of the block: sorting it sorts rows and columns at once.
    cells = len(rows) * dimension
    integer = np.int32 if cells <= np.iinfo(np.int32).max else np.int64
    row_starts = np.arange(-first_index, cells - first_index, dimension, dtype=integer)
    cell = np.repeat(row_starts, words.lengths)
    np.add(cell, words.values, out=cell, casting="same_kind")
    cell.sort()
    cell = cell.compress(np.diff(cell, prepend=-1) > 0)
    indptr = np.searchsorted(cell, np.arange(0, cells + 1, dimension, dtype=integer))
    return indptr, cell % dimension


def _check_range(
    words: Ragged, first_row: int, dimension: int, first_index: int
) -> None:
    values, last = words.values, dimension - 1 + first_index
    if not values.size or (values.min() >= 0 and values.max() <= last):
        return
    position = int(np.argmax((values < 0) | (values > last)))
    raise ArgumentError(
        "vectorize_sequences",
        "sequences",
        f"must hold indices from 0 to {last} "
        f"(dimension={dimension}, first_index={first_index})",
        received=f"{values[position]} in row {first_row + words.row_of(position)}",
        remedy="Raise `dimension`, or load the data with num_words no larger than it.",
    )


def _numeric_dtype(function: str, dtype: DTypeLike) -> np.dtype[Any]:
    try:
        numeric = np.dtype(dtype)
    except TypeError:
        numeric = np.dtype(object)
    if numeric.kind not in "biuf":
        raise ArgumentError(
            function,
            "dtype",
            "must be a numeric NumPy type such as 'float32'",
            received=repr(dtype),
        )
    return numeric


def pad_sequences(
    sequences: Iterable[Any],
    maxlen: int | None = None,
    dtype: DTypeLike = "int32",
    padding: Literal["pre", "post"] = "pre",
    truncating: Literal["pre", "post"] = "pre",
    value: Any = 0,
) -> NDArray[Any]:
    """Bring sequences to one length, by padding short and cutting long ones.

    R: `pad_sequences()` of keras3. The result is that of `keras.utils.pad_sequences`;
    what it would change silently is refused.

    Parameters
    ----------
    sequences : iterable of sequences, length n_samples
        Sequences of numbers (or of strings, with ``dtype=object``).
    maxlen : int, optional
        Length of all rows of the result. By default that of the longest sequence.
    dtype : dtype-like
        Type of the result.
    padding, truncating : {"pre", "post"}
        Whether to pad, and to cut, before or after the values that stay.
    value : number or str
        What to pad with.

    Returns
    -------
    ndarray of `dtype`, shape (n_samples, maxlen)
        With further axes if the sequences' items have some.

    Raises
    ------
    ArgumentError
        If an argument is out of range, if fractions would go into an integer `dtype`,
        or if there is no sequence to take the length from.
    ArgumentTypeError
        If `sequences` is not made of sequences, or holds text for a numeric `dtype`.

    Examples
    --------
    >>> pad_sequences([[1, 2, 3], [4, 5], [6], []])
    array([[1, 2, 3],
           [0, 4, 5],
           [0, 0, 6],
           [0, 0, 0]], dtype=int32)
    >>> pad_sequences([[1, 2, 3], [4]], maxlen=2, padding="post", value=9)
    array([[2, 3],
           [4, 9]], dtype=int32)
    """
    from ._keras import keras

    function = "pad_sequences"
    one_of(function, "padding", padding, ("pre", "post"))
    one_of(function, "truncating", truncating, ("pre", "post"))
    rows = as_rows(function, "sequences", sequences)
    maxlen = optional_whole_number(function, "maxlen", maxlen, minimum=1)
    if maxlen is None and not rows:
        raise ArgumentError(
            function,
            "sequences",
            "holds no sequence to take the length from",
            remedy="Give `maxlen`.",
        )
    target = np.dtype(dtype)
    if target.kind in "iu":
        whole_number(function, "value", value)
        if not _has_inner_axes(rows):
            _check_fits(flatten(function, "sequences", rows).values, target)
    try:
        padded = keras.utils.pad_sequences(
            rows, maxlen, dtype, padding, truncating, value
        )
    except (TypeError, ValueError, OverflowError) as error:
        raise ArgumentError(
            function,
            "sequences",
            f"cannot be padded to an array of dtype {target}",
            received=str(error),
        ) from error
    return np.asarray(padded)


def _has_inner_axes(rows: Sequence[Any]) -> bool:
    filled = (row for row in rows if hasattr(row, "__len__") and len(row))
    return isinstance(next(filled, [0])[0], list | tuple | np.ndarray)


def _check_fits(values: NDArray[Any], dtype: np.dtype[Any]) -> None:
    """Refuse values that NumPy would wrap around to fit `dtype`."""
    limits = np.iinfo(dtype)
    if values.size and (values.min() < limits.min or values.max() > limits.max):
        raise ArgumentError(
            "pad_sequences",
            "sequences",
            f"must hold values that fit {dtype} ({limits.min} to {limits.max})",
            received=f"values from {values.min()} to {values.max()}",
            remedy="Give a wider `dtype`.",
        )


def to_categorical(x: ArrayLike, num_classes: int | None = None) -> NDArray[np.float64]:
    """One-hot encode 0-based class codes.

    R: `to_categorical()` of keras3. The result is that of `keras.utils.to_categorical`
    for codes from 0 to ``num_classes - 1``. A pandas categorical, R's factor, has a
    column for each of its categories, in their order, also for those that do not
    occur.

    Parameters
    ----------
    x : array-like of int, shape (n_samples,) or any other
        Class codes; booleans and floats with whole values are taken. A last axis of
        length 1 is dropped. Or a pandas categorical without missing values.
    num_classes : int, optional
        Number of columns. By default the number of categories, or the highest code
        plus one.

    Returns
    -------
    ndarray of float64, shape (n_samples, num_classes)
        For other shapes of `x`, the class axis comes last.

    Raises
    ------
    ArgumentError
        If a code is negative, has a fractional part, is missing, or has no column.
    ArgumentTypeError
        If `x` holds something other than numbers, e.g. strings.

    Examples
    --------
    >>> to_categorical([0, 2, 1])
    array([[1., 0., 0.],
           [0., 0., 1.],
           [0., 1., 0.]])
    >>> import pandas
    >>> to_categorical(pandas.Categorical(["b", "a"], categories=["a", "b", "c"]))
    array([[0., 1., 0.],
           [1., 0., 0.]])
    """
    from ._keras import keras

    function = "to_categorical"
    codes, n_categories = _codes(x)
    least = n_categories or 1
    if num_classes is not None:
        num_classes = whole_number(function, "num_classes", num_classes, minimum=least)
    elif n_categories:
        num_classes = n_categories
    elif not codes.size:
        raise ArgumentError(
            function,
            "x",
            "holds no code to take the number of classes from",
            remedy="Give `num_classes`.",
        )
    highest = np.inf if num_classes is None else num_classes - 1
    outside = (codes < 0) | (codes > highest)
    if outside.any():
        position = int(np.argmax(outside))
        raise ArgumentError(
            function,
            "x",
            "must hold class codes from 0"
            + ("" if num_classes is None else f" to {num_classes - 1}"),
            received=f"{codes.item(position)} {_position(position)}",
            remedy="Codes count from 0: subtract the lowest if yours start elsewhere.",
        )
    return np.asarray(keras.utils.to_categorical(codes, num_classes))


def _codes(x: Any) -> tuple[NDArray[np.int64], int | None]:
    """Return whole-number codes and, of a categorical, the number of categories."""
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(
        getattr(x, "dtype", None), pandas.CategoricalDtype
    ):
        categorical = pandas.Categorical(x)
        missing = categorical.codes < 0
        if missing.any():
            raise ArgumentError(
                "to_categorical",
                "x",
                "must not have missing values",
                received=f"NaN {_position(int(np.argmax(missing)))}",
            )
        return categorical.codes.astype(np.int64), len(categorical.categories)
    try:
        codes = np.asarray(x)
    except ValueError as error:
        raise ArgumentTypeError(
            "to_categorical", "x", "must be one array", received=str(error)
        ) from None
    flat = whole_numbers("to_categorical", "x", codes.reshape(-1), _position)
    return flat.reshape(codes.shape), None


def _position(position: int) -> str:
    return f"at position {position}"


def normalize(x: Any, axis: int = -1, order: int = 2) -> Any:
    """Scale the vectors along an axis to length 1.

    R: `normalize()` of keras3. `keras.utils.normalize` takes axis 0 of an array for the
    last one (Keras 3.15); here each axis is itself.

    Parameters
    ----------
    x : array-like or tensor
        Of any shape.
    axis : int
        The axis along which the vectors lie.
    order : int
        Order of the norm, 2 for Euclidean length. Vectors of zeros stay as they are.

    Returns
    -------
    ndarray or tensor
        Of the shape of `x`.

    Examples
    --------
    >>> normalize(np.array([[3.0, 0.0], [4.0, 2.0]]), axis=0).tolist()
    [[0.6, 0.0], [0.8, 1.0]]
    """
    if not isinstance(x, np.ndarray | list | tuple):
        from ._keras import keras

        return keras.ops.normalize(x, axis=axis, order=order)
    norm = np.linalg.norm(x, ord=order, axis=axis, keepdims=True)
    return np.asarray(x) / np.where(norm == 0, 1, norm)
