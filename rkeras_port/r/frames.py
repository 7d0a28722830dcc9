"""Data frames and sparse matrices: pandas and SciPy on one side, R's on the other.

Apart from the other conversions because pandas and SciPy take long to import and most
sessions never need them.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rkeras_port.r import capi, rside, to_python, to_r
from rkeras_port.r.capi import SEXP, lib
from rkeras_port.r.to_r import Maker

# R -> Python ----------------------------------------------------------------------


def data_frame(s: SEXP) -> Any:
    """Return an R data frame as a pandas one, factors as categories."""
    import pandas as pd

    names = capi.texts(lib.Rf_getAttrib(s, capi.names_symbol))
    columns = [_column_of_r(lib.VECTOR_ELT(s, i)) for i in range(len(names))]
    rows = lib.Rf_getAttrib(s, capi.symbol("row.names"))
    index = None
    if capi.typeof(rows) == capi.STRSXP:
        index = pd.Index(capi.texts(rows))
    elif not columns:
        index = pd.RangeIndex(lib.Rf_length(rows))
    frame = pd.DataFrame(dict(enumerate(columns)), index=index)
    frame.columns = pd.Index([name or "" for name in names], dtype=object)
    return frame


def _column_of_r(s: SEXP) -> Any:
    import pandas as pd

    names = capi.class_names(s)
    if "factor" in names:
        codes = to_python.elements(s, np.int32).astype(np.int64)
        labels = capi.texts(lib.Rf_getAttrib(s, capi.symbol("levels")))
        levels = [label or "" for label in labels]
        codes = np.where(codes == capi.NA_INTEGER, -1, codes - 1)
        return pd.Categorical.from_codes(
            codes, pd.Index(levels), ordered="ordered" in names
        )
    if "POSIXct" in names or "Date" in names:
        unit = 1.0 if "POSIXct" in names else 86400.0
        number = np.int32 if capi.typeof(s) == capi.INTSXP else np.float64
        seconds = to_python.elements(s, number) * unit
        return pd.to_datetime(seconds, unit="s")
    kind = capi.typeof(s)
    if kind == capi.REALSXP:
        return to_python.elements(s, np.float64).copy()
    value = to_python.to_python(s)
    if not isinstance(value, list):
        value = [value]
    if None in value and kind == capi.INTSXP:
        return pd.array(value, dtype="Int32")
    if None in value and kind == capi.LGLSXP:
        return pd.array(value, dtype="boolean")
    if kind in (capi.INTSXP, capi.LGLSXP):
        return np.array(value, np.int32 if kind == capi.INTSXP else np.bool_)
    out = np.empty(len(value), object)
    out[:] = value
    return out


def csc(s: SEXP) -> Any:
    """Return a dgCMatrix as a SciPy matrix on the same memory."""
    from scipy.sparse import csc_matrix

    return _compressed(csc_matrix, s, "i")


def csr(s: SEXP) -> Any:
    """Return a dgRMatrix as a SciPy matrix on the same memory."""
    from scipy.sparse import csr_matrix

    return _compressed(csr_matrix, s, "j")


def coo(s: SEXP) -> Any:
    """Return a dgTMatrix as a SciPy matrix on the same memory."""
    from scipy.sparse import coo_matrix

    values, rows, columns = (_slot(s, name) for name in ("x", "i", "j"))
    return coo_matrix((values, (rows, columns)), shape=_sparse_shape(s))


def other_matrix(s: SEXP) -> Any:
    """Return any other class of R's package Matrix by way of a general one."""
    return to_python.to_python(rside.call(".general_sparse", s))


def _compressed(kind: Any, s: SEXP, index: str) -> Any:
    parts = tuple(_slot(s, name) for name in ("x", index, "p"))
    matrix = kind(parts, shape=_sparse_shape(s), copy=False)
    # R keeps them so; SciPy would sort in place, and this is R's memory.
    matrix.has_sorted_indices = matrix.has_canonical_format = True
    return matrix


def _slot(s: SEXP, name: str) -> np.ndarray:
    slot = lib.R_do_slot(s, capi.symbol(name))
    kind = np.float64 if capi.typeof(slot) == capi.REALSXP else np.int32
    return to_python.elements(slot, kind)


def _sparse_shape(s: SEXP) -> tuple[int, int]:
    rows, columns = _slot(s, "Dim").tolist()
    return rows, columns


# Python -> R ----------------------------------------------------------------------


def maker(value: Any) -> Maker | None:
    """Return how to convert a pandas or SciPy object to R, None for a handle."""
    if type(value).__module__.startswith("scipy"):
        import scipy.sparse

        sparse = value.ndim == 2 and scipy.sparse.issparse(value)
        known = sparse and value.format in _SLOTS and value.dtype.kind in "biuf"
        return _sparse_to_r if known else None
    import pandas as pd

    if isinstance(value, pd.DataFrame):
        return _frame_to_r
    if isinstance(value, pd.Series):
        return _series_to_r
    if isinstance(value, pd.Index):
        return lambda index: _column_to_r(index.to_series())
    if isinstance(value, pd.Categorical):
        return lambda values: _column_to_r(pd.Series(values))
    return None


def _frame_to_r(frame: Any) -> SEXP:
    import pandas as pd

    out = capi.vector(capi.VECSXP, frame.shape[1])
    for i in range(frame.shape[1]):
        lib.SET_VECTOR_ELT(out, i, _column_to_r(frame.iloc[:, i]))
    names = capi.strings([str(name) for name in frame.columns])
    lib.Rf_setAttrib(out, capi.names_symbol, names)
    if isinstance(frame.index, pd.RangeIndex):
        rows = to_r.integers(range(1, len(frame) + 1))
    else:
        rows = capi.strings([str(label) for label in frame.index])
    lib.Rf_setAttrib(out, capi.symbol("row.names"), rows)
    lib.Rf_setAttrib(out, capi.class_symbol, capi.string("data.frame"))
    return out


def _series_to_r(series: Any) -> SEXP:
    """Return a one-dimensional array, or a factor, with the labels as names."""
    out = _column_to_r(series)
    labels = capi.strings([str(label) for label in series.index])
    if "factor" not in capi.class_names(out):
        lib.Rf_setAttrib(out, capi.dim_symbol, to_r.integers([len(series)]))
    # Of a one-dimensional array R makes this its dimnames.
    lib.Rf_setAttrib(out, capi.names_symbol, labels)
    return out


def _column_to_r(series: Any) -> SEXP:
    import pandas as pd

    if isinstance(series.dtype, pd.CategoricalDtype):
        return _factor_to_r(series)
    if isinstance(series.dtype, pd.DatetimeTZDtype):
        series = series.dt.tz_convert("UTC").dt.tz_localize(None)
    if isinstance(series.dtype, np.dtype) and series.dtype.kind in "biufcM":
        out = to_r.numpy_array(series.to_numpy())
    else:
        plain = series.astype(object)
        plain = plain.where(plain.notna(), None)
        if isinstance(series.dtype, np.dtype):
            out = to_r.object_array(plain.to_numpy())
        else:
            out = to_r.vector_with_na(plain.tolist())
    lib.Rf_setAttrib(out, capi.dim_symbol, capi.nil)
    return out


def _factor_to_r(series: Any) -> SEXP:
    codes = series.cat.codes.to_numpy().astype(np.int64) + 1
    codes[codes == 0] = capi.NA_INTEGER
    out = to_r.filled(capi.INTSXP, codes.astype(np.int32))
    levels = capi.strings([str(level) for level in series.cat.categories])
    lib.Rf_setAttrib(out, capi.symbol("levels"), levels)
    ordered = ["ordered"] if series.cat.ordered else []
    names = capi.strings([*ordered, "factor"])
    lib.Rf_setAttrib(out, capi.class_symbol, names)
    return out


_SLOTS = {
    "csc": ("dgCMatrix", {"i": "indices", "p": "indptr", "x": "data"}),
    "csr": ("dgRMatrix", {"j": "indices", "p": "indptr", "x": "data"}),
    "coo": ("dgTMatrix", {"i": "row", "j": "col", "x": "data"}),
}
"""Of SciPy's formats: the class of Matrix, and its slots' names in SciPy."""


def _sparse_to_r(matrix: Any) -> SEXP:
    name, attributes = _SLOTS[matrix.format]
    if matrix.format != "coo" and not matrix.has_canonical_format:
        matrix = matrix.copy()
        matrix.sum_duplicates()
    slots = ["Dim", *attributes]
    out = capi.vector(capi.VECSXP, len(slots))
    lib.SET_VECTOR_ELT(out, 0, to_r.integers(matrix.shape))
    for i, attribute in enumerate(attributes.values(), start=1):
        values = getattr(matrix, attribute)
        if attribute == "data":
            vector = to_r.filled(capi.REALSXP, values.astype(np.float64))
        else:
            vector = to_r.filled(capi.INTSXP, values.astype(np.int32))
        lib.SET_VECTOR_ELT(out, i, vector)
    lib.Rf_setAttrib(out, capi.names_symbol, capi.strings(slots))
    return rside.call(".sparse", capi.string(name), out)
