"""SciPy sparse matrices as training needs them: checked, by rows, in order."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from .errors import ArgumentError, ArgumentTypeError


def is_sparse(value: Any) -> bool:
    """Say whether `value` is a SciPy sparse matrix, without importing SciPy."""
    sparse = sys.modules.get("scipy.sparse")
    return sparse is not None and bool(sparse.issparse(value))


def canonical(
    function: str, argument: str, matrix: Any, dtype: DTypeLike = "float32"
) -> Any:
    """Return a sparse matrix as CSR with sorted, unique column indices.

    Values in one place are summed, as SciPy sums them. The caller's matrix stays as it
    is, and its arrays are shared where they can be.

    Parameters
    ----------
    function, argument : str
        Whose data it is, for messages.
    matrix : SciPy sparse matrix or array
        Any format, shape ``(n_samples, n_features)``.
    dtype : dtype-like
        Of the result's values.

    Returns
    -------
    scipy.sparse.csr_matrix or csr_array

    Raises
    ------
    ArgumentError
        If the matrix has no rows or not two axes, or if its index arrays lead outside
        of it (which compiled code would follow).
    ArgumentTypeError
        If its values are not real numbers.

    Examples
    --------
    >>> from scipy.sparse import csr_matrix
    >>> twice = csr_matrix(([1.0, 2.0, 3.0], [1, 0, 1], [0, 3]), shape=(1, 2))
    >>> canonical("fit", "x", twice).data
    array([2., 4.], dtype=float32)
    """
    if matrix.ndim != 2:
        raise ArgumentError(
            function, argument, "must have two axes", received=f"shape {matrix.shape}"
        )
    if matrix.shape[0] == 0:
        raise ArgumentError(
            function, argument, "must have rows", received=f"shape {matrix.shape}"
        )
    if matrix.dtype.kind not in "biuf":
        raise ArgumentTypeError(
            function,
            argument,
            "must hold real numbers",
            received=f"a sparse matrix of {matrix.dtype}",
        )
    problem = _broken(matrix)
    if problem:
        raise ArgumentError(
            function,
            argument,
            "is a broken sparse matrix: its indices do not fit its shape",
            received=f"shape {matrix.shape}, {problem}",
            remedy="Build it anew, for example with vectorize_sequences().",
        )
    rows = matrix.tocsr()
    if rows.dtype != dtype:
        rows = rows.astype(dtype)
    # SciPy remembers this answer even when someone changes the arrays afterwards.
    rows = type(rows)((rows.data, rows.indices, rows.indptr), shape=rows.shape)
    if not rows.has_canonical_format:
        rows = rows.copy()
        rows.sum_duplicates()
    return rows


def _broken(matrix: Any) -> str:
    """Say what is wrong with a matrix's index arrays, or return an empty text."""
    if matrix.format in ("csr", "csc", "bsr"):
        try:
            matrix.check_format(full_check=True)
        except ValueError as error:
            return str(error)
    if matrix.format == "coo":
        for axis, (places, size) in enumerate(
            zip((matrix.row, matrix.col), matrix.shape, strict=True)
        ):
            if places.size and not 0 <= places.min() <= places.max() < size:
                return f"indices from {places.min()} to {places.max()} on axis {axis}"
    return ""


def dense_rows(matrix: Any, numbers: np.ndarray) -> np.ndarray:
    """Return the rows of a CSR matrix with the given numbers, as a dense array."""
    array: np.ndarray = matrix[numbers].toarray()
    return array
