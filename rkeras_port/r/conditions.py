"""R conditions in Python and Python exceptions in R, each raised again as it was.

R reports how an evaluation ended as a *signal*: a list of class ``rkeras_signal``
with a ``kind``. `call` turns a signal of R into a Python exception, `signal` turns a
Python exception into a signal for R; an exception that began as an R condition gives
back that very condition. R's side is ``R/rkeras/conditions.R``.

==========  =========================  =============================================
kind        in Python                  meaning
==========  =========================  =============================================
error       `RError`, or any other     an R error, or a Python exception
interrupt   `KeyboardInterrupt`        Ctrl-C
quit        `RQuit`                    ``q()``
unwind      `Unwinding`                an R handler outside this call takes over
warned      (the value is returned)    a value together with warnings to give
==========  =========================  =============================================
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from rkeras_port.r import capi, handles
from rkeras_port.r.capi import SEXP, lib
from rkeras_port.r.errors import RError
from rkeras_port.r.handles import RObject

_SIGNAL = "rkeras_signal"


class _Passage(BaseException):
    """Something of R's on its way through Python; no `except Exception` stops it."""

    def __init__(self, signal: SEXP) -> None:
        super().__init__(signal)
        self.signal = RObject(signal)


class RQuit(_Passage, SystemExit):
    """R code called `q()`; ``code`` is its exit status."""

    def __init__(self, signal: SEXP) -> None:
        super().__init__(signal)
        self.code = int(lib.INTEGER_ELT(_field(signal, "status"), 0))


class Unwinding(_Passage):
    """A handler of R's outside the Python call takes over from inside it."""


# The R handlers in force where Python was entered, as R keeps them; the innermost
# entry last.
_handler_stacks: list[SEXP] = []
_guard: SEXP = None


def bind(guard: SEXP) -> None:
    """Take the R function that evaluates a call and reports how it ended."""
    global _guard
    lib.R_PreserveObject(guard)
    _guard = guard


def enter(handlers: SEXP) -> None:
    """Note the R handlers in force at an entry into Python."""
    _handler_stacks.append(handlers)


def leave() -> None:
    """Forget the R handlers of the innermost entry."""
    _handler_stacks.pop()


# R -> Python ------------------------------------------------------------------


def call(function: SEXP, args: SEXP) -> SEXP:
    """Call an R function on a list of arguments and return its result, protected.

    Messages, warnings and other conditions reach the R handlers that were in force
    where Python was entered.

    Raises
    ------
    RError
        For an R error that began in R; with the Python exception as its cause when it
        began there.
    KeyboardInterrupt, RQuit
        When the R code was interrupted or called `q()`.
    """
    outer = _outer_handlers(_handler_stacks[-1] if _handler_stacks else capi.nil)
    result = capi.evaluate(lib.Rf_lang4(_guard, function, args, outer))
    raise_signal(result)
    return result


def raise_signal(value: SEXP) -> None:
    """Raise what a signal of R reports; do nothing for any other value."""
    if capi.typeof(value) != capi.VECSXP or _SIGNAL not in capi.class_names(value):
        return
    kind = _text_field(value, "kind")
    if kind == "interrupt":
        raise KeyboardInterrupt
    if kind == "quit":
        raise RQuit(value)
    if kind == "unwind":
        raise Unwinding(value)
    condition = _field(value, "condition")
    names = capi.class_names(condition)
    error = RError(_text_field(value, "message"), RObject(condition), names)
    if handles.stands_for_python(condition):
        cause = handles.find(condition)[0]
        if isinstance(cause, BaseException):
            raise error from cause
    raise error


def _outer_handlers(stack: SEXP) -> SEXP:
    """Return R's handler stack as a list of (class, handler, calling, rest)."""
    entries = []
    while stack != capi.nil:
        entries.append(stack)
        stack = lib.CDR(stack)
    out = capi.vector(capi.VECSXP, len(entries))
    for i, cell in enumerate(entries):
        handler = lib.CAR(cell)
        item = capi.vector(capi.VECSXP, 4)
        lib.SET_VECTOR_ELT(out, i, item)
        # R keeps the class as a bare string element, which R code must never see.
        lib.SET_VECTOR_ELT(item, 0, lib.Rf_ScalarString(lib.VECTOR_ELT(handler, 0)))
        lib.SET_VECTOR_ELT(item, 1, lib.VECTOR_ELT(handler, 2))
        calling = lib.VECTOR_ELT(handler, 3) == capi.nil
        lib.SET_VECTOR_ELT(item, 2, lib.Rf_ScalarLogical(int(calling)))
        lib.SET_VECTOR_ELT(item, 3, cell)
    return out


# Python -> R ------------------------------------------------------------------

last_error: BaseException | None = None
"""The exception that R was last told about, for `py_last_error()`."""


def signal(error: BaseException) -> SEXP:
    """Return the signal that tells R of an exception, protected.

    Notes
    -----
    Keras and TensorFlow raise some errors anew to add the layer or the line; an R
    condition among the errors that such a one replaces is still the one to raise.
    """
    global last_error
    if isinstance(error, _Passage):
        return capi.protect(error.signal.sexp)
    if isinstance(error, KeyboardInterrupt):
        return _signal(kind=capi.string("interrupt"))
    if isinstance(error, SystemExit):
        status = error.code if isinstance(error.code, int) else int(bool(error.code))
        number = capi.protect(lib.Rf_ScalarInteger(status))
        return _signal(kind=capi.string("quit"), status=number)
    last_error = error
    for link in _replaced(error):
        if isinstance(link, RError) and link.condition is not None:
            return _signal(kind=capi.string("error"), condition=link.condition.sexp)
    return _signal(kind=capi.string("error"), condition=handles.wrap(error))


def with_warnings(
    value: SEXP, messages: list[str], pitfalls: list[str] | None = None
) -> SEXP:
    """Return a value together with warnings that R is to give, protected.

    With the names of pitfalls, one for each, they are of the class ``rkeras_pitfall``.
    """
    told = capi.strings(messages)
    names = capi.strings(pitfalls or [])
    return _signal(
        kind=capi.string("warned"), value=value, messages=told, pitfalls=names
    )


def _replaced(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those that frameworks replaced by it on its way out."""
    link: BaseException | None = error
    seen = set()
    while link is not None and id(link) not in seen:
        seen.add(id(link))
        yield link
        framework = type(link).__module__.startswith(("tensorflow", "keras"))
        if not (
            isinstance(link, RError)
            or framework
            or hasattr(link, "_keras_call_info_injected")
            or "could not automatically infer the" in str(link)
        ):
            return
        link = link.__cause__ or link.__context__


def _signal(**fields: Any) -> SEXP:
    out = capi.vector(capi.VECSXP, len(fields))
    for i, value in enumerate(fields.values()):
        lib.SET_VECTOR_ELT(out, i, value)
    lib.Rf_setAttrib(out, capi.names_symbol, capi.strings(list(fields)))
    lib.Rf_setAttrib(out, capi.class_symbol, capi.string(_SIGNAL))
    return out


def _field(signal: SEXP, name: str) -> SEXP:
    names = capi.texts(lib.Rf_getAttrib(signal, capi.names_symbol))
    return lib.VECTOR_ELT(signal, names.index(name))


def _text_field(signal: SEXP, name: str) -> str:
    return capi.text(lib.STRING_ELT(_field(signal, name), 0)) or ""
