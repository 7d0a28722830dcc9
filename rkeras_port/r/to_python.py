"""R values in Python: the one table of conversions in this direction.

Follows reticulate's rules. NULL is None; a vector of length one is a Python scalar, a
longer one a list without its names; a list is a list, or a dict when it has names;
whatever has dimensions is a NumPy array. A double, integer or complex array is a
*view* of R's memory: no copy, column-major, read-only. Factors are their labels, dates
are dates, data frames pandas, sparse matrices SciPy, functions callable.

Where reticulate changes values silently, we do not:

* NA in a logical, an integer or a string is None (see `na`), in an array of these
  an element None of an object array;
* a list whose names are not unique is an error, for a dict would lose elements.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

import numpy as np

from rkeras_port.r import capi, handles, na
from rkeras_port.r.capi import SEXP, ffi, lib
from rkeras_port.r.errors import ConversionError
from rkeras_port.r.handles import RObject

Maker = Callable[[SEXP], Any]


def to_python(s: SEXP) -> Any:
    """Return an R value as a Python value.

    Parameters
    ----------
    s : SEXP
        Any R object; the caller keeps it protected.

    Returns
    -------
    object
        Its Python counterpart; an `RObject` for what has none.

    Raises
    ------
    ValueError
        If a list has names that are not unique.
    StateError
        If it is a dead handle.
    """
    if lib.ATTRIB(s) != capi.nil:
        maker = _by_class(s)
        if maker is not None:
            return maker(s)
    return _BY_TYPE.get(s.sxpinfo.type, RObject)(s)


def arguments(s: SEXP) -> tuple[list[Any], dict[str, Any]]:
    """Return an R list as positional arguments and, for named elements, keywords."""
    positional: list[Any] = []
    keywords: dict[str, Any] = {}
    names = lib.Rf_getAttrib(s, capi.names_symbol)
    for i in range(lib.Rf_xlength(s)):
        value = to_python(lib.VECTOR_ELT(s, i))
        name = "" if names == capi.nil else capi.text(lib.STRING_ELT(names, i))
        if not name:
            positional.append(value)
        elif name in keywords:
            raise TypeError(f"the argument `{name}` is given twice")
        else:
            keywords[name] = value
    return positional, keywords


# By class ------------------------------------------------------------------------


def _by_class(s: SEXP) -> Maker | None:
    """Return the conversion for the class of an object, None when the type decides."""
    names = lib.Rf_getAttrib(s, capi.class_symbol)
    if names == capi.nil:
        return None
    kind = s.sxpinfo.type
    if kind == capi.EXTPTRSXP:
        return _handle if "python.builtin.object" in capi.texts(names) else None
    if kind in (capi.CLOSXP, capi.VECSXP) and handles.stands_for_python(s):
        return _handle
    for name in capi.texts(names):
        if name in _BY_CLASS:
            return _BY_CLASS[name]
    if kind == capi.S4SXP and _package_of(names) == "Matrix":
        return _frames("other_matrix")
    return _by_method


def _package_of(class_names: SEXP) -> str | None:
    """Return the package that defines an S4 class."""
    package = lib.Rf_getAttrib(class_names, capi.symbol("package"))
    return None if package == capi.nil else capi.texts(package)[0]


def _handle(s: SEXP) -> object:
    return handles.find(s)[0]


def _by_method(s: SEXP) -> Any:
    """Convert by the S3 method of r_to_py() for the class, if there is one."""
    from rkeras_port.r import conditions, rside

    mark = capi.depth()
    args = capi.vector(capi.VECSXP, 1)
    lib.SET_VECTOR_ELT(args, 0, s)
    converted = conditions.call(rside.function(".r_to_py_by_method"), args)
    try:
        if converted != capi.nil:
            return to_python(lib.VECTOR_ELT(converted, 0))
    finally:
        capi.release(mark)
    return _BY_TYPE.get(s.sxpinfo.type, RObject)(s)


def _factor(s: SEXP) -> Any:
    levels = capi.texts(lib.Rf_getAttrib(s, capi.symbol("levels")))
    codes = elements(s, np.int32).tolist()
    missing = capi.NA_INTEGER
    labels = [None if code == missing else levels[code - 1] for code in codes]
    return _scalar_or_list(labels, "character")


def _date(s: SEXP) -> Any:
    epoch = datetime.date(1970, 1, 1)
    return _each(s, lambda days: epoch + datetime.timedelta(days=int(days // 1)))


def _posixct(s: SEXP) -> Any:
    """Convert moments; without a time zone they are NumPy's, which have none either."""
    from zoneinfo import ZoneInfo

    zones = capi.texts(lib.Rf_getAttrib(s, capi.symbol("tzone"))) or [""]
    if not zones[0]:
        kind = np.int32 if capi.typeof(s) == capi.INTSXP else np.float64
        seconds = elements(s, kind).astype(np.float64)
        # 64 bits hold nanoseconds for 292 years on either side of 1970.
        if np.any(np.abs(seconds) > 9.2e9):
            return (seconds * 1e6).astype("datetime64[us]")
        return (seconds * 1e9).astype("datetime64[ns]")
    zone = ZoneInfo(zones[0])
    return _each(s, lambda seconds: datetime.datetime.fromtimestamp(seconds, zone))


def _posixlt(s: SEXP) -> Any:
    from rkeras_port.r import rside

    return to_python(rside.call("as.POSIXct", s))


def _each(s: SEXP, convert: Callable[[float], Any]) -> Any:
    kind = np.int32 if capi.typeof(s) == capi.INTSXP else np.float64
    values = elements(s, kind).astype(np.float64).tolist()
    try:
        made = [None if value != value else convert(value) for value in values]
    except (ValueError, OverflowError, OSError) as error:
        raise ConversionError(
            "Python's dates and times end with the year 9999; R's go beyond: "
            f"{max(values, key=abs):g} since 1970."
        ) from error
    return made[0] if len(made) == 1 else made


def _frames(maker: str) -> Maker:
    def make(s: SEXP) -> Any:
        from rkeras_port.r import frames

        return getattr(frames, maker)(s)

    return make


# By type --------------------------------------------------------------------------


def _nothing(_: SEXP) -> None:
    return None


def _logical(s: SEXP) -> Any:
    values = elements(s, np.int32)
    shape = _shape(s)
    if len(values) and values.min() == capi.NA_INTEGER:
        return _missing(values, "logical", shape)
    if shape is not None:
        return values.astype(np.bool_).reshape(shape, order="F")
    found = [value != 0 for value in values.tolist()]
    return found[0] if len(found) == 1 else found


def _integer(s: SEXP) -> Any:
    values = elements(s, np.int32)
    shape = _shape(s)
    if len(values) and values.min() == capi.NA_INTEGER:
        return _missing(values, "integer", shape)
    return _numbers(values, shape)


def _double(s: SEXP) -> Any:
    if lib.Rf_xlength(s) == 1 and lib.ATTRIB(s) == capi.nil:
        return lib.REAL_ELT(s, 0)
    return _numbers(elements(s, np.float64), _shape(s))


def _complex(s: SEXP) -> Any:
    return _numbers(elements(s, np.complex128), _shape(s))


def _numbers(values: np.ndarray, shape: tuple[int, ...] | None) -> Any:
    if shape is not None:
        return values.reshape(shape, order="F")
    return values.item() if len(values) == 1 else values.tolist()


def _missing(values: np.ndarray, kind: str, shape: tuple[int, ...] | None) -> Any:
    plain = na.KINDS[kind]
    found = [None if v == capi.NA_INTEGER else plain(v) for v in values.tolist()]
    return _scalar_or_list(found, kind) if shape is None else _objects(found, shape)


def _character(s: SEXP) -> Any:
    found = capi.texts(s)
    shape = _shape(s)
    if shape is not None:
        return _objects(found, shape)
    return _scalar_or_list(found, "character")


def _scalar_or_list(values: list[Any], kind: str) -> Any:
    if len(values) == 1:
        return values[0]
    return na.VectorWithNA(values, kind) if None in values else values


def _objects(values: list[Any], shape: tuple[int, ...]) -> np.ndarray:
    out = np.empty(len(values), object)
    out[:] = values
    return out.reshape(shape, order="F")


def _raw(s: SEXP) -> Any:
    values = elements(s, np.uint8)
    shape = _shape(s)
    if shape is not None:
        return values.view("V1").reshape(shape, order="F")
    return bytearray(values.tobytes())


def _list(s: SEXP) -> Any:
    values = [to_python(lib.VECTOR_ELT(s, i)) for i in range(lib.Rf_xlength(s))]
    if lib.ATTRIB(s) == capi.nil:
        return values
    shape = _shape(s)
    if shape is not None:
        return _objects(values, shape)
    names = lib.Rf_getAttrib(s, capi.names_symbol)
    if names == capi.nil:
        return values
    keys = [name or "" for name in capi.texts(names)]
    if len(set(keys)) < len(keys):
        twice = next(key for key in keys if keys.count(key) > 1)
        what = f"the name {twice!r}" if twice else "no name"
        raise ConversionError(
            f"a list with {what} on more than one element cannot become a Python "
            "dict; make its names unique, or use unname()"
        )
    return dict(zip(keys, values, strict=True))


def _closure(s: SEXP) -> Any:
    from rkeras_port.r import callbacks

    return callbacks.python_function(s)


# Memory -----------------------------------------------------------------------------


class _Memory:
    """The memory of an R vector, lent to NumPy, which keeps this and so the vector."""

    def __init__(self, s: SEXP, dtype: np.dtype[Any]) -> None:
        self.vector = RObject(s)
        self.__array_interface__ = {
            "version": 3,
            "shape": (lib.Rf_xlength(s),),
            "typestr": dtype.str,
            "data": (int(ffi.cast("uintptr_t", lib.DATAPTR(s))), True),
        }


def elements(s: SEXP, dtype: Any) -> np.ndarray:
    """Return the elements of an R vector as a read-only view of R's memory."""
    if lib.Rf_xlength(s) == 0:
        return np.empty(0, dtype)
    return np.asarray(_Memory(s, np.dtype(dtype)))


def _shape(s: SEXP) -> tuple[int, ...] | None:
    if lib.ATTRIB(s) == capi.nil:
        return None
    dim = lib.Rf_getAttrib(s, capi.dim_symbol)
    if dim == capi.nil:
        return None
    return tuple(lib.INTEGER_ELT(dim, i) for i in range(lib.Rf_length(dim)))


# The table ----------------------------------------------------------------------------

_BY_TYPE: dict[int, Maker] = {
    capi.NILSXP: _nothing,
    capi.LGLSXP: _logical,
    capi.INTSXP: _integer,
    capi.REALSXP: _double,
    capi.CPLXSXP: _complex,
    capi.STRSXP: _character,
    capi.RAWSXP: _raw,
    capi.VECSXP: _list,
    capi.CLOSXP: _closure,
    capi.BUILTINSXP: _closure,
    capi.SPECIALSXP: _closure,
}

_BY_CLASS: dict[str, Maker] = {
    "factor": _factor,
    "Date": _date,
    "POSIXct": _posixct,
    "POSIXlt": _posixlt,
    "data.frame": _frames("data_frame"),
    "dgCMatrix": _frames("csc"),
    "dgRMatrix": _frames("csr"),
    "dgTMatrix": _frames("coo"),
}
"""Before the type. Objects of other classes are converted by an R method if there is
one, else as what they are without their class."""
