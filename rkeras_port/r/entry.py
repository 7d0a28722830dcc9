"""The one native entry from R into Python.

R's functions in ``R/rkeras/calls.R`` reach Python as
``.Call(entry, verb, list(...), handlers)``: a C call into `_entry`, of about a
microsecond. The verb names a function of `dispatch.TABLE`; the handlers are the R
condition handlers in force. An exception never crosses into R's C code: it becomes a
signal, which the R side raises as a condition.
"""

from __future__ import annotations

# Most of these are here for the verbs that they add to the table.
from rkeras_port.r import (  # noqa: F401
    arrays,
    capi,
    conditions,
    dispatch,
    exports,
    handles,
    pyclasses,
    tfdata,
    to_r,
    training,
    trials,
    turn,
    verbs,
)
from rkeras_port.r.capi import SEXP, ffi, lib


def pointer() -> SEXP:
    """Return the entry as R knows native routines, protected."""
    routine = capi.protect(
        lib.R_MakeExternalPtr(
            ffi.cast("DL_FUNC", _entry), capi.symbol("native symbol"), capi.nil
        )
    )
    lib.Rf_setAttrib(routine, capi.class_symbol, capi.string("NativeSymbol"))
    return routine


def bind() -> None:
    """Prepare the answers that must not need anything that could fail."""
    deep = RecursionError("R and Python have called each other too many times")
    for place, error in ((_last_resort, KeyboardInterrupt()), (_too_deep, deep)):
        place.append(conditions.signal(error))
        lib.R_PreserveObject(place[0])
    conditions.last_error = None


_last_resort: list[SEXP] = []
_too_deep: list[SEXP] = []


@ffi.callback("SEXP(SEXP, SEXP, SEXP)", onerror=lambda *_: _last_resort[0])  # type: ignore[untyped-decorator]
def _entry(verb: SEXP, args: SEXP, handlers: SEXP) -> SEXP:
    mark, before, owned = capi.depth(), capi.phase, turn.owned()
    conditions.enter(handlers)
    try:
        try:
            capi.phase = capi.IN_PYTHON
            handles.drain()
            result = dispatch.TABLE[ffi.string(lib.R_CHAR(lib.STRING_ELT(verb, 0)))](
                args
            )
            if to_r.lost_digits:
                result = conditions.with_warnings(result, to_r.lost_digits)
                to_r.lost_digits.clear()
            capi.phase = capi.BETWEEN
        except BaseException as error:
            capi.phase = capi.BETWEEN
            if owned and not turn.owned():
                turn.reclaim()
            result = conditions.signal(error)
    except RecursionError:
        result = _too_deep[0]
    except BaseException:
        # Ctrl-C once more, before the phase was set: R is told of one.
        capi.phase = capi.BETWEEN
        result = _last_resort[0]
    conditions.leave()
    capi.release(mark)
    capi.phase = before
    return result
