"""Python values in R: the one table of conversions in this direction.

Follows reticulate's rules. ``None`` is NULL; bool, int, float, complex and str are
vectors of length one; a list of one of these kinds is a vector, any other list and
every tuple an R list, a dict a named list; NumPy arrays, pandas and SciPy objects are
their R counterparts; all the rest stays in Python and R gets a handle.

Where reticulate returns something else than was given, we do not:

* integers beyond R's 32 bits become doubles, with a warning when digits are lost;
* ``-2**31``, which is R's NA, becomes a double;
* lists that came from R vectors with NA (`na.VectorWithNA`) get their NA back;
* SciPy ``*_array`` objects are converted like the ``*_matrix`` ones.
"""

from __future__ import annotations

import array
import datetime
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from types import FunctionType, NoneType
from typing import Any

import numpy as np

from rkeras_port.r import capi, classes, handles, na
from rkeras_port.r.capi import SEXP, ffi, lib
from rkeras_port.r.errors import ConversionError
from rkeras_port.r.handles import RObject

_EXACT_INTEGERS = 2**53

Maker = Callable[[Any], SEXP]

lost_digits: list[str] = []
"""Warnings about the conversions of the current entry, given to R with its result."""


def to_r(value: object, convert: bool = True) -> SEXP:
    """Return a Python value as an R object, protected.

    Parameters
    ----------
    value : object
        Anything.
    convert : bool
        False keeps every value but None a reference to the Python object.

    Returns
    -------
    SEXP
        A new R object, or a handle; what the user's method of `py_to_r()` makes of it
        where there is one for its class.
    """
    maker = _OF_R.get(type(value))
    if maker is not None:
        return maker(value)
    if not convert:
        return handles.wrap(value, convert=False)
    maker = _BY_TYPE.get(type(value))
    if maker is not None:
        return maker(value)
    if classes.has_method(value):
        return _by_method(value)
    return plainly(value)


def plainly(value: object) -> SEXP:
    """Return a Python value as an R object by the table alone, protected."""
    maker = _OF_R.get(type(value)) or _BY_TYPE.get(type(value)) or _by_family(value)
    return handles.wrap(value) if maker is None else maker(value)


def _by_method(value: object) -> SEXP:
    from rkeras_port.r import conditions, rside

    args = capi.vector(capi.VECSXP, 1)
    lib.SET_VECTOR_ELT(args, 0, handles.wrap(value))
    return conditions.call(rside.function(".py_to_r_by_method"), args)


def _by_family(value: object) -> Maker | None:
    """Return the conversion for a value of a type that is not in the table."""
    for family, maker in _FAMILIES:
        if isinstance(value, family):
            return maker
    package = type(value).__module__.partition(".")[0]
    if package in ("keras", "tensorflow"):
        # Lists and dicts that only keep track of what they hold.
        if isinstance(value, list):
            return lambda values: _list(list(values))
        if isinstance(value, dict):
            return _dict
    if package in ("pandas", "scipy"):
        from rkeras_port.r import frames

        return frames.maker(value)
    return None


# What came from R -----------------------------------------------------------------


def _nothing(_: object) -> SEXP:
    return capi.nil


def _r_object(value: RObject) -> SEXP:
    return capi.protect(value.sexp)


def _function(value: FunctionType) -> SEXP:
    """Return the R function that a Python function stands for, else a handle."""
    original = getattr(value, "__r_function__", None)
    # A decorator of Python (`functools.wraps`) copies the attribute, too.
    if isinstance(original, RObject) and not hasattr(value, "__wrapped__"):
        return capi.protect(original.sexp)
    return handles.wrap(value)


# Scalars ------------------------------------------------------------------------


def _logical(value: object) -> SEXP:
    return capi.protect(lib.Rf_ScalarLogical(int(bool(value))))


def _number(value: Any) -> SEXP:
    number = int(value)
    if -(2**31) < number < 2**31:
        return capi.protect(lib.Rf_ScalarInteger(number))
    return _double(_as_double(number))


def _double(value: Any) -> SEXP:
    return capi.protect(lib.Rf_ScalarReal(float(value)))


def _complex(value: complex) -> SEXP:
    out = capi.vector(capi.CPLXSXP, 1)
    _memory(out, np.dtype(np.complex128), 1)[0] = value
    return out


def _raw(value: bytearray) -> SEXP:
    return filled(capi.RAWSXP, np.frombuffer(bytes(value), np.uint8))


def _as_double(number: int) -> float:
    """Return the double nearest to an integer, and note when it is another number."""
    try:
        nearest = float(number)
    except OverflowError as error:
        raise ConversionError(
            f"R's numbers end at 1.8e308; this one has {number.bit_length()} bits."
        ) from error
    if nearest != number:
        lost_digits.append(f"{number} has more digits than a double; R has {nearest!r}")
    return nearest


# Containers ----------------------------------------------------------------------


def _list(values: Sequence[Any]) -> SEXP:
    """Return a vector when all elements are of one kind, else an R list."""
    makers = {_vector_of(kind) for kind in set(map(type, values))}
    maker = makers.pop() if len(makers) == 1 else None
    return generic(values) if maker is None else maker(values)


def _vector_of(kind: type) -> Maker | None:
    """Return how to make a vector of values of a type, which may be a derived one."""
    maker = _VECTORS.get(kind)
    if maker is None:
        for family in (int, float, complex, str):
            if issubclass(kind, family):
                return _VECTORS[family]
    return maker


def generic(values: Sequence[Any]) -> SEXP:
    """Return an R list of the converted values."""
    out = capi.vector(capi.VECSXP, len(values))
    mark = capi.depth()
    for i, value in enumerate(values):
        lib.SET_VECTOR_ELT(out, i, to_r(value))
        capi.release(mark)  # from here on it is reachable through `out`
    return out


def _dict(values: Mapping[Any, Any]) -> SEXP:
    out = generic(list(values.values()))
    mark = capi.depth()
    names = [key if isinstance(key, str) else str(key) for key in values]
    lib.Rf_setAttrib(out, capi.names_symbol, capi.strings(names))
    capi.release(mark)
    return out


def _logicals(values: Sequence[Any]) -> SEXP:
    return filled(capi.LGLSXP, np.fromiter(values, np.int32, len(values)))


def integers(values: Sequence[Any]) -> SEXP:
    """Return an integer vector, of doubles when a number is beyond R's integers."""
    try:
        numbers = array.array("i", values)
    except OverflowError:
        return doubles([_as_double(value) for value in values])
    narrow = np.frombuffer(numbers, np.int32)
    if len(narrow) and narrow.min() == capi.NA_INTEGER:
        return doubles(values)
    return filled(capi.INTSXP, narrow)


def doubles(values: Sequence[Any]) -> SEXP:
    """Return a double vector."""
    return filled(capi.REALSXP, np.fromiter(values, np.float64, len(values)))


def _complexes(values: Sequence[Any]) -> SEXP:
    return filled(capi.CPLXSXP, np.fromiter(values, np.complex128, len(values)))


def _with_na(values: na.VectorWithNA) -> SEXP:
    """Return the R vector that the list came from, unless it was changed since."""
    kinds = {type(value) for value in values} - {type(None)}
    if not kinds <= {na.KINDS[values.kind]}:
        return generic(values)
    if values.kind == "character":
        return texts([None if value is None else str(value) for value in values])
    missing = [capi.NA_INTEGER if value is None else int(value) for value in values]
    kind = capi.LGLSXP if values.kind == "logical" else capi.INTSXP
    return filled(kind, np.array(missing, np.int32))


def texts(values: Sequence[str | None]) -> SEXP:
    """Return a character vector, None as NA."""
    out = capi.vector(capi.STRSXP, len(values))
    for i, value in enumerate(values):
        element = capi.na_string if value is None else capi.charsxp(value)
        lib.SET_STRING_ELT(out, i, element)
    return out


# NumPy ---------------------------------------------------------------------------


def _memory(vector: SEXP, dtype: np.dtype[Any], length: int) -> np.ndarray:
    """Return the elements of a new R vector as a writable NumPy array."""
    buffer = ffi.buffer(lib.DATAPTR(vector), length * dtype.itemsize)
    return np.frombuffer(buffer, dtype)


def filled(kind: int, values: np.ndarray) -> SEXP:
    """Return a vector of an R type with elements of the NumPy type that fits it."""
    out = capi.vector(kind, len(values))
    if len(values):
        _memory(out, values.dtype, len(values))[:] = values
    return out


def numpy_array(values: np.ndarray) -> SEXP:
    """Return an R array, a copy; a handle for element types that R does not have."""
    kind = values.dtype.kind
    maker = _ARRAYS.get(kind)
    if maker is None:
        return handles.wrap(values)
    return maker(values)


def _shaped(out: SEXP, values: np.ndarray) -> SEXP:
    """Give an R vector the dimensions of the array it was made from."""
    mark = capi.depth()
    shape = values.shape or (1,)
    lib.Rf_setAttrib(out, capi.dim_symbol, integers(shape))
    capi.release(mark)
    return out


def _copied(kind: int, dtype: Any, values: np.ndarray) -> SEXP:
    out = capi.vector(kind, values.size)
    if values.size:
        target = _memory(out, np.dtype(dtype), values.size)
        target.reshape(values.shape, order="F")[...] = values
    return _shaped(out, values)


def _float_array(values: np.ndarray) -> SEXP:
    return _copied(capi.REALSXP, np.float64, values)


def _integer_array(values: np.ndarray) -> SEXP:
    narrow = values.dtype.itemsize < 4 or values.dtype == np.int32
    if not narrow:
        return _float_array(_checked_digits(values))
    if values.dtype == np.int32 and values.size and values.min() == capi.NA_INTEGER:
        return _float_array(values)
    return _copied(capi.INTSXP, np.int32, values)


def _checked_digits(values: np.ndarray) -> np.ndarray:
    if values.dtype.itemsize == 8 and values.size:
        largest = max(int(values.max()), -int(values.min()))
        if largest > _EXACT_INTEGERS:
            # Beyond 2**53 only every second, fourth, ... integer is a double.
            lost = sum(float(value) != value for value in values.ravel().tolist())
            if lost:
                lost_digits.append(
                    f"{lost} of {values.size} integers have more digits than a double"
                )
    return values


def _string_array(values: np.ndarray) -> SEXP:
    return _shaped(texts([str(v) for v in values.ravel(order="F")]), values)


def _bytes_array(values: np.ndarray) -> SEXP:
    flat = values.ravel(order="F").tolist()
    return _shaped(texts([value.decode() for value in flat]), values)


def _void_array(values: np.ndarray) -> SEXP:
    """Return single bytes without meaning, which raw arrays become; others a handle."""
    if values.dtype.itemsize != 1 or values.dtype.names:
        return handles.wrap(values)
    return _copied(capi.RAWSXP, np.uint8, values.view(np.uint8))


def object_array(values: np.ndarray) -> SEXP:
    """Return texts, or a vector that has NA, as one; any other objects as a list."""
    flat = values.ravel(order="F").tolist()
    kinds = {type(value) for value in flat}
    missing = NoneType in kinds
    kinds -= {NoneType}
    if not kinds or kinds == {str}:
        return _shaped(texts(flat), values)
    if missing and len(kinds) == 1 and (maker := _VECTORS_WITH_NA.get(kinds.pop())):
        return _shaped(maker(flat), values)
    return _shaped(generic(flat), values)


def vector_with_na(values: Sequence[Any]) -> SEXP:
    """Return a vector of values of one kind, None as NA; a list where they differ."""
    kinds = {type(value) for value in values} - {NoneType}
    kind = kinds.pop() if len(kinds) == 1 else NoneType
    if kind is float:
        return doubles([np.nan if value is None else value for value in values])
    if kind is str:
        return texts(values)
    maker = _VECTORS_WITH_NA.get(kind)
    return generic(values) if maker is None else maker(values)


def _times(values: np.ndarray) -> SEXP:
    unit, count = np.datetime_data(values.dtype)
    if unit in ("Y", "M"):
        values, unit, count = values.astype("M8[D]"), "D", 1
    # Not by way of nanoseconds, which 64 bits hold for 584 years only.
    ticks = values.astype(np.int64).astype(np.float64) * count
    seconds = ticks * _LONG.get(unit, 1) / _SHORT.get(unit, 1)
    seconds = np.where(np.isnat(values), np.nan, seconds)
    return _as_moments(_float_array(seconds), "UTC")


_LONG = {"W": 604_800, "D": 86_400, "h": 3_600, "m": 60}
_SHORT = {"ms": 1e3, "us": 1e6, "ns": 1e9, "ps": 1e12, "fs": 1e15, "as": 1e18}
"""Seconds of NumPy's units of time, and such units in a second."""


def _as_moments(out: SEXP, zone: str | None) -> SEXP:
    mark = capi.depth()
    if zone is not None:
        lib.Rf_setAttrib(out, capi.symbol("tzone"), capi.string(zone))
    names = capi.strings(["POSIXct", "POSIXt"])
    lib.Rf_setAttrib(out, capi.class_symbol, names)
    capi.release(mark)
    return out


def _numpy_scalar(value: np.generic) -> SEXP:
    """Return a NumPy scalar: as the array of one element, without dimensions."""
    out = numpy_array(np.asarray(value))
    if capi.typeof(out) != capi.EXTPTRSXP:
        lib.Rf_setAttrib(out, capi.dim_symbol, capi.nil)
    return out


# Dates ---------------------------------------------------------------------------

_EPOCH = datetime.date(1970, 1, 1)


def _date(value: datetime.date) -> SEXP:
    out = _double((value - _EPOCH).days)
    lib.Rf_setAttrib(out, capi.class_symbol, capi.string("Date"))
    return out


def _datetime(value: datetime.datetime) -> SEXP:
    """Return a moment; it has the time zone's name where it knows one."""
    try:
        seconds = value.timestamp()
    except (ValueError, OverflowError) as error:
        raise ConversionError(
            f"This system cannot tell local time at {value}. Give a date and time with "
            "a time zone."
        ) from error
    zone = getattr(value.tzinfo, "key", None) or value.tzname()
    return _as_moments(_double(seconds), zone)


# The table -----------------------------------------------------------------------

_OF_R: dict[type, Maker] = {
    NoneType: _nothing,
    RObject: _r_object,
    FunctionType: _function,
}
"""Types that are converted whatever the flag says."""

_BY_TYPE: dict[type, Maker] = {
    bool: _logical,
    int: _number,
    float: _double,
    complex: _complex,
    str: capi.string,
    bytearray: _raw,
    list: _list,
    na.VectorWithNA: _with_na,
    tuple: generic,
    dict: _dict,
    OrderedDict: _dict,
    np.ndarray: numpy_array,
    np.memmap: numpy_array,
    datetime.date: _date,
    datetime.datetime: _datetime,
}

_FAMILIES: list[tuple[type, Maker]] = [
    (np.generic, _numpy_scalar),
    (str, capi.string),
    (float, _double),
    (int, _number),
    (datetime.datetime, _datetime),
]
"""For types that inherit from one of these; the first that fits."""

_VECTORS: dict[type, Maker] = {
    bool: _logicals,
    int: integers,
    float: doubles,
    complex: _complexes,
    str: texts,
}
"""What a list becomes whose elements are all of one type."""

_VECTORS_WITH_NA: dict[type, Maker] = {
    bool: lambda values: _with_na(na.VectorWithNA(values, "logical")),
    int: lambda values: _with_na(na.VectorWithNA(values, "integer")),
}
"""What an object array becomes whose elements are of one type or None."""

_ARRAYS: dict[str, Maker] = {
    "b": lambda values: _copied(capi.LGLSXP, np.int32, values),
    "i": _integer_array,
    "u": _integer_array,
    "f": _float_array,
    "c": lambda values: _copied(capi.CPLXSXP, np.complex128, values),
    "U": _string_array,
    "S": _bytes_array,
    "V": _void_array,
    "O": object_array,
    "M": _times,
}
"""What an array becomes, by the kind of its element type."""
