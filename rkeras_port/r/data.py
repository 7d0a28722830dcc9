"""Data on their way from R into training: views and sparse matrices, never lists.

Elsewhere a plain R vector becomes a Python list; data must not, a million numbers are
an array. A double matrix is a view of R's memory; one that is sparse in fact, as
multi-hot text is, is carried as a SciPy CSR matrix, in a fraction of the memory.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rkeras_port.r import capi
from rkeras_port.r.capi import SEXP, lib
from rkeras_port.r.to_python import elements, to_python

#: Matrices smaller than this are not worth a look: they are fast either way.
PROBED_SIZE = 10_000_000

#: Share of non-zeros up to which a matrix is carried as sparse.
SPARSE_SHARE = 0.05

_BLOCK = 128

_DTYPES = {
    capi.LGLSXP: np.int32,
    capi.INTSXP: np.int32,
    capi.REALSXP: np.float64,
    capi.CPLXSXP: np.complex128,
}


def as_data(s: SEXP) -> Any:
    """Convert x, y or weights: vectors to 1-d arrays, factors to 0-based codes.

    Parameters
    ----------
    s : SEXP
        A vector, matrix, array, factor, sparse matrix, data frame, function, Python
        object, or a list of those.

    Returns
    -------
    ndarray, SciPy sparse matrix, DataFrame, list, dict, or the Python object
        An R list with names is a dict.
    """
    kind = capi.typeof(s)
    names = capi.class_names(s)
    if "factor" in names:
        return _codes(s)
    if names and not {"matrix", "array", "numeric", "integer"} & set(names):
        value = to_python(s)
        # Of a class that Python does not know, as a time series: numbers as any.
        return as_array(s) if kind in _DTYPES and _is_plain(value) else value
    if kind == capi.VECSXP and lib.Rf_getAttrib(s, capi.handle_symbol) == capi.nil:
        return _each(s, as_data)
    if kind in _DTYPES:
        return as_array(s)
    if kind == capi.STRSXP:
        return np.array(_flat(to_python(s)), dtype=object)
    return to_python(s)


def _is_plain(value: Any) -> bool:
    """Tell whether a value is a number or a list of numbers and None."""
    values = value if isinstance(value, list) else [value]
    return all(isinstance(one, int | float | complex | None) for one in values)


def as_array(s: SEXP) -> Any:
    """Convert an R vector or array of numbers to an array; anything else as it is.

    A vector of length one is an array of length one, not a scalar. A double array is
    a read-only view of R's memory. NA in an integer or logical becomes NaN.
    """
    kind = capi.typeof(s)
    if kind not in _DTYPES or "factor" in capi.class_names(s):
        return _codes(s) if "factor" in capi.class_names(s) else to_python(s)
    values = elements(s, _DTYPES[kind])
    if kind in (capi.LGLSXP, capi.INTSXP):
        missing = values == capi.NA_INTEGER
        if missing.any():
            values = np.where(missing, np.nan, values)
        elif kind == capi.LGLSXP:
            values = values.astype(np.bool_)
    dim = lib.Rf_getAttrib(s, capi.dim_symbol)
    if dim == capi.nil:
        return values
    shape = tuple(lib.INTEGER_ELT(dim, i) for i in range(lib.Rf_length(dim)))
    return values.reshape(shape, order="F")


def as_floatx(s: SEXP) -> Any:
    """As `as_array`, doubles in Keras's float type; lists element by element."""
    if capi.typeof(s) == capi.VECSXP and not capi.class_names(s):
        return _each(s, as_floatx)
    value = as_array(s)
    if isinstance(value, np.ndarray) and value.dtype == np.float64:
        from rkeras_port._keras import keras

        return np.ascontiguousarray(value, dtype=keras.config.floatx())
    return value


def as_tensor(s: SEXP) -> Any:
    """Convert an operand: a number stays one, a vector is an array, lists by element.

    A vector of doubles gets Keras's float type; a matrix keeps its own. (A number has
    no type of its own in Keras: it takes that of the tensor it meets.)
    """
    if capi.class_names(s) or capi.typeof(s) not in (*_DTYPES, capi.VECSXP):
        return as_data(s) if "factor" in capi.class_names(s) else to_python(s)
    if capi.typeof(s) == capi.VECSXP:
        return _each(s, as_tensor)
    if lib.Rf_getAttrib(s, capi.dim_symbol) != capi.nil:
        return as_array(s)
    if lib.Rf_xlength(s) == 1:
        return as_array(s).item()
    return as_floatx(s)


def _codes(s: SEXP) -> np.ndarray:
    """Return a factor's codes from 0, NA as NaN."""
    codes = elements(s, np.int32)
    missing = codes == capi.NA_INTEGER
    if missing.any():
        return np.where(missing, np.nan, codes - 1.0)
    return codes - np.int32(1)


def _each(s: SEXP, convert: Callable[[SEXP], Any]) -> Any:
    values = [convert(lib.VECTOR_ELT(s, i)) for i in range(lib.Rf_xlength(s))]
    names = lib.Rf_getAttrib(s, capi.names_symbol)
    if names == capi.nil:
        return values
    return dict(zip((name or "" for name in capi.texts(names)), values, strict=True))


def _flat(value: Any) -> Any:
    return [value] if isinstance(value, str) or value is None else value


def sparse_in_fact(matrix: Any) -> Any:
    """Return a large dense matrix that is mostly zeros as CSR float32, else None.

    Every k-th column is looked at first, which costs a hundredth of reading it all.

    Parameters
    ----------
    matrix : ndarray
        Column-major, shape ``(n_samples, n_features)``, float64.
    """
    if matrix.ndim != 2 or matrix.size < PROBED_SIZE or matrix.dtype != np.float64:
        return None
    step = max(1, matrix.shape[1] // 64)
    probe = matrix[:, ::step]
    if np.count_nonzero(probe) > SPARSE_SHARE * probe.size:
        return None
    return _to_csr(matrix)


def _to_csr(matrix: np.ndarray) -> Any:
    """Collect the non-zeros column block by column block, which is how they lie."""
    from scipy.sparse import csc_matrix

    rows, values, counts = [], [], []
    n = matrix.shape[0]
    for start in range(0, matrix.shape[1], _BLOCK):
        block = matrix[:, start : start + _BLOCK].T
        places = np.flatnonzero(block.reshape(-1))
        column, row = np.divmod(places, n)
        rows.append(row.astype(np.int32))
        values.append(block.reshape(-1)[places].astype(np.float32))
        counts.append(np.bincount(column, minlength=block.shape[0]))
    ends = np.concatenate([[0], np.cumsum(np.concatenate(counts))])
    parts = (np.concatenate(values), np.concatenate(rows), ends)
    return csc_matrix(parts, shape=matrix.shape).tocsr()
