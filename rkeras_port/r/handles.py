"""Python objects in R: handles by number, and letting go of them when R does.

A handle is an R external pointer whose address is not a pointer but a number, the key
of the object in `_objects`. R cannot copy or forge it into a live reference: what
`saveRDS` brought to another session is number 0, which is how a dead handle is known.

R's collector calls `_finalize` when a handle is no longer reachable. That may happen
in the midst of anything, so it only notes the number; `drain()` drops the objects at
the next entry from R. The other direction, R objects kept by Python, is `RObject`,
whose deletion is queued in the same way, because Python may drop it on any thread.
"""

from __future__ import annotations

from collections import deque
from itertools import count
from typing import Any

from rkeras_port.errors import StateError
from rkeras_port.r import capi, classes
from rkeras_port.r.capi import SEXP, ffi, lib
from rkeras_port.r.explanations import plain_text

PRESSURE_BYTES = 300_000_000
"""Bytes of Python arrays handed to R after which R is made to collect: R cannot see
how much memory hangs on a handle."""

Entry = tuple[Any, bool]
"""An object and whether what comes out of it is converted to R values."""

_objects: dict[int, Entry] = {}
_numbers = count(1)
_dropped_by_r: deque[int] = deque()
_dropped_by_python: deque[SEXP] = deque()
_unseen_bytes = 0

_callable_template: SEXP = None


def bind(callable_template: SEXP) -> None:
    """Take the R closure that callable Python objects are copies of.

    Parameters
    ----------
    callable_template : SEXP
        An R function that calls the Python object in its attribute ``py_object``.
    """
    global _callable_template
    lib.R_PreserveObject(callable_template)
    _callable_template = callable_template


def alive() -> int:
    """Return how many Python objects R holds at the moment."""
    drain()
    return len(_objects)


def wrap(obj: object, convert: bool = True) -> SEXP:
    """Return an R object that stands for a Python object, protected.

    Parameters
    ----------
    obj : object
        Anything.
    convert : bool
        Whether attributes, items and results of calls are converted to R values.

    Returns
    -------
    SEXP
        An external pointer with the class vector of `classes.of`; for a callable a
        function, for an exception a condition, each with the external pointer as
        attribute ``py_object``.
    """
    _feel_pressure(obj)
    number = next(_numbers)
    _objects[number] = (obj, convert)
    pointer = capi.protect(
        lib.R_MakeExternalPtr(ffi.cast("DL_FUNC", number), capi.nil, capi.nil)
    )
    lib.R_RegisterCFinalizer(pointer, _finalize)
    names = classes.vector(obj)
    if isinstance(obj, BaseException):
        return _condition(obj, pointer, names)
    lib.Rf_setAttrib(pointer, capi.class_symbol, names)
    if not callable(obj):
        return pointer
    function = capi.protect(lib.Rf_duplicate(_callable_template))
    lib.Rf_setAttrib(function, capi.handle_symbol, pointer)
    lib.Rf_setAttrib(function, capi.class_symbol, names)
    return function


def find(s: SEXP) -> Entry:
    """Return the object behind an R handle, function or condition, and its flag.

    Raises
    ------
    StateError
        If the handle is dead: it comes from a saved file or an earlier session.
    TypeError
        If the R object stands for no Python object.
    """
    if capi.typeof(s) != capi.EXTPTRSXP:
        s = lib.Rf_getAttrib(s, capi.handle_symbol)
        if capi.typeof(s) != capi.EXTPTRSXP:
            raise TypeError("this R object does not stand for a Python object")
    number = int(ffi.cast("uintptr_t", lib.R_ExternalPtrAddr(s)))
    try:
        return _objects[number]
    except KeyError:
        raise StateError(
            "this reference to a Python object is dead: it was saved and loaded, and "
            "only its name survives that. Make the object again, or save models "
            "with save_model() and load them with load_model()"
        ) from None


def stands_for_python(s: SEXP) -> bool:
    """Tell whether a function or list carries a Python object."""
    return bool(lib.Rf_getAttrib(s, capi.handle_symbol) != capi.nil)


def drain() -> None:
    """Drop what either side has let go of. Only on the thread that runs R."""
    while _dropped_by_r:
        _objects.pop(_dropped_by_r.popleft(), None)
    while _dropped_by_python:
        lib.R_ReleaseObject(_dropped_by_python.popleft())


class RObject:
    """An R object held by Python; R keeps it as long as this wrapper lives.

    Python code sees one for R values that have no Python counterpart (environments,
    formulas, ...). Given back to R it is the very same R object.
    """

    __slots__ = ("__weakref__", "sexp")

    def __init__(self, sexp: SEXP) -> None:
        lib.R_PreserveObject(sexp)
        self.sexp = sexp

    def __del__(self) -> None:
        # Ctrl-C may have struck before there was anything to let go of, and when Python
        # ends there may be nothing left to tell.
        sexp = getattr(self, "sexp", None)
        if sexp is not None and _dropped_by_python is not None:
            _dropped_by_python.append(sexp)

    def __repr__(self) -> str:
        names = capi.class_names(self.sexp)
        return f"<R object {' '.join(names) or hex(capi.address(self.sexp))}>"


def _note_dropped(pointer: SEXP) -> None:
    _dropped_by_r.append(int(ffi.cast("uintptr_t", lib.R_ExternalPtrAddr(pointer))))


def _interrupted(_kind: type, _error: BaseException, traceback: Any) -> None:
    # Ctrl-C may strike inside R's collector: nothing is lost, and R hears of it next.
    _note_dropped(traceback.tb_frame.f_locals["pointer"])
    lib.R_interrupts_pending = 1


@ffi.callback("void(SEXP)", onerror=_interrupted)  # type: ignore[untyped-decorator]
def _finalize(pointer: SEXP) -> None:
    _note_dropped(pointer)


def _condition(error: BaseException, pointer: SEXP, names: SEXP) -> SEXP:
    condition = capi.vector(capi.VECSXP, 2)
    lib.SET_VECTOR_ELT(condition, 0, capi.string(message(error)))
    lib.Rf_setAttrib(condition, capi.names_symbol, capi.strings(["message", "call"]))
    lib.Rf_setAttrib(condition, capi.handle_symbol, pointer)
    lib.Rf_setAttrib(condition, capi.class_symbol, names)
    return condition


def message(error: BaseException) -> str:
    """Return an exception as R shows it: its type and its text.

    Examples
    --------
    >>> message(ValueError("no such unit"))
    'ValueError: no such unit'
    """
    told = plain_text(str(error)).replace("\0", "\\0")
    name = type(error).__name__
    return f"{name}: {told}" if told else name


def _feel_pressure(obj: object) -> None:
    global _unseen_bytes
    if not hasattr(type(obj), "nbytes") or not hasattr(type(obj), "shape"):
        return
    size: Any = getattr(obj, "nbytes", 0)
    if not isinstance(size, int):
        return
    _unseen_bytes += size
    if _unseen_bytes > PRESSURE_BYTES:
        _unseen_bytes = 0
        lib.R_gc()
        drain()
