"""R's C interface as the door uses it: names, protection, strings, safe evaluation.

Importing this module opens R's shared library (it does not start R) and needs
`locate.prepare()` to have succeeded, which it calls itself. `bind()` is called once R
runs.

Rules that every caller keeps:

* R objects are cffi pointers (`SEXP`). A function that returns a new one returns it
  *protected*; who starts a piece of work notes `depth()` before and calls
  `release(mark)` afterwards, also on the way out of an exception.
* Nothing that may fail in R is called directly, because R would jump over the Python
  frames in between: it goes through `evaluate()`.
* rpy2's C structures do not describe R 4's objects, apart from the type field: every
  attribute is read through R's own functions.
"""

from __future__ import annotations

from typing import Any

from rkeras_port.r import locate
from rkeras_port.r.errors import ConversionError

installation = locate.prepare()

from rpy2.rinterface_lib import openrlib  # noqa: E402  (opens what prepare() found)

SEXP = Any
"""A pointer to an R object. cffi has no types for the checker."""

ffi: Any = openrlib.ffi
lib: Any = openrlib.rlib

NILSXP, SYMSXP, LISTSXP, CLOSXP, ENVSXP, PROMSXP, LANGSXP = range(7)
SPECIALSXP, BUILTINSXP, CHARSXP, LGLSXP = 7, 8, 9, 10
INTSXP, REALSXP, CPLXSXP, STRSXP, DOTSXP = 13, 14, 15, 16, 17
VECSXP, EXPRSXP, BCODESXP, EXTPTRSXP, WEAKREFSXP, RAWSXP, S4SXP = range(19, 26)

NA_INTEGER = -(2**31)

_CE_UTF8, _CE_LATIN1 = 1, 2

OUTSIDE, IN_R, IN_PYTHON, BETWEEN = range(4)
phase = OUTSIDE
"""Where the thread that runs R is: what Ctrl-C has to do depends on it."""

interrupts = 0
"""How often R has been asked to interrupt itself."""

nil: SEXP = None
na_string: SEXP = None
base_env: SEXP = None
global_env: SEXP = None
class_symbol: SEXP = None
names_symbol: SEXP = None
dim_symbol: SEXP = None
handle_symbol: SEXP = None

_depth = 0


def bind() -> None:
    """Take R's constants; to be called once, after R has been started."""
    global nil, na_string, base_env, global_env
    global class_symbol, names_symbol, dim_symbol, handle_symbol
    nil, na_string = lib.R_NilValue, lib.R_NaString
    base_env, global_env = lib.R_BaseEnv, lib.R_GlobalEnv
    class_symbol, names_symbol = lib.R_ClassSymbol, symbol("names")
    dim_symbol, handle_symbol = lib.R_DimSymbol, symbol("py_object")


# Protection ---------------------------------------------------------------


def depth() -> int:
    """Return how many objects are protected, a mark for `release`."""
    return _depth


def protect(s: SEXP) -> SEXP:
    """Keep an R object from R's collector until the work at hand is released."""
    global _depth
    _depth += 1
    return lib.Rf_protect(s)


def release(mark: int) -> None:
    """Undo every `protect` since `depth()` answered `mark`."""
    global _depth
    if _depth > mark:
        lib.Rf_unprotect(_depth - mark)
        _depth = mark


def address(s: SEXP) -> int:
    """Return where an R object is in memory, as a number."""
    return int(ffi.cast("uintptr_t", s))


# Vectors and strings --------------------------------------------------------


def typeof(s: SEXP) -> int:
    """Return R's type number of an object."""
    return int(s.sxpinfo.type)


def vector(kind: int, length: int) -> SEXP:
    """Return a new protected vector; a large one by way of `evaluate`."""
    if length < 100_000:
        return protect(lib.Rf_allocVector(kind, length))
    # Out of memory is then an R error that we can report, not a jump over Python.
    mode = protect(lib.Rf_mkString(_MODES[kind]))
    size = protect(lib.Rf_ScalarReal(float(length)))
    return evaluate(lib.Rf_lang3(symbol("vector"), mode, size))


_MODES = {
    LGLSXP: b"logical",
    INTSXP: b"integer",
    REALSXP: b"double",
    CPLXSXP: b"complex",
    STRSXP: b"character",
    VECSXP: b"list",
    RAWSXP: b"raw",
}


def symbol(name: str) -> SEXP:
    """Return R's symbol of that name (symbols live for ever)."""
    return lib.Rf_install(name.encode())


def charsxp(value: str) -> SEXP:
    """Return one element of a character vector. Not protected."""
    try:
        data = value.encode()
    except UnicodeEncodeError as error:
        code = ord(value[error.start])
        raise ConversionError(
            f"R's text cannot hold U+{code:04X}, which is half of a character."
        ) from error
    if b"\0" in data:
        raise ConversionError(
            "R's text cannot hold the character U+0000. Give bytes, which become raw."
        )
    return lib.Rf_mkCharLenCE(data, len(data), _CE_UTF8)


def string(value: str) -> SEXP:
    """Return a protected character vector of length one."""
    element = protect(charsxp(value))
    return protect(lib.Rf_ScalarString(element))


def strings(values: list[str]) -> SEXP:
    """Return a protected character vector."""
    out = vector(STRSXP, len(values))
    for i, value in enumerate(values):
        lib.SET_STRING_ELT(out, i, charsxp(value))
    return out


def text(element: SEXP) -> str | None:
    """Return one element of a character vector as text, NA as None.

    Raises
    ------
    ConversionError
        If its bytes are no text.
    """
    if element == na_string:
        return None
    data: bytes = ffi.string(lib.R_CHAR(element))
    if data.isascii():
        return data.decode("ascii")
    encoding = lib.Rf_getCharCE(element)
    try:
        return data.decode("latin-1" if encoding == _CE_LATIN1 else "utf-8")
    except UnicodeDecodeError as error:
        raise ConversionError(
            f"Text of R is not in UTF-8: {data[:40]!r}. Say what it is in, as in "
            'iconv(x, "latin1", "UTF-8"), or take its bytes: charToRaw(x).'
        ) from error


def texts(vector: SEXP) -> list[str | None]:
    """Return the elements of a character vector."""
    element = lib.STRING_ELT
    return [text(element(vector, i)) for i in range(lib.Rf_xlength(vector))]


def class_names(s: SEXP) -> list[str]:
    """Return the class attribute of an object, empty when it has none."""
    names = lib.Rf_getAttrib(s, class_symbol)
    return [] if names == nil else [name or "NA" for name in texts(names)]


def names(s: SEXP) -> list[str]:
    """Return the names of a vector's elements, empty for what has none."""
    found = lib.Rf_getAttrib(s, names_symbol)
    if found == nil:
        return [""] * int(lib.Rf_xlength(s))
    return [name or "" for name in texts(found)]


# Evaluation -----------------------------------------------------------------


class JumpedToTopLevel(RuntimeError):
    """R gave up an evaluation without telling why."""


def evaluate(call: SEXP, env: SEXP = None) -> SEXP:
    """Evaluate an R call without letting R jump over Python, protected.

    Only for calls that do not fail in normal use: R's message goes to the console.
    Calls of user code go through `conditions.call`.

    Raises
    ------
    JumpedToTopLevel
        If R jumped out of the evaluation.
    """
    global phase
    protect(call)
    failed = ffi.new("int *")
    before, phase = phase, IN_R
    interrupted = interrupts
    try:
        result = lib.R_tryEval(call, base_env if env is None else env, failed)
    finally:
        phase = before
    # R has cleared its flag if the interrupt is what broke the evaluation off.
    if lib.R_interrupts_pending or (failed[0] and interrupts != interrupted):
        lib.R_interrupts_pending = 0
        raise KeyboardInterrupt
    if failed[0]:
        raise JumpedToTopLevel("R broke off an evaluation; its message is above")
    return protect(result)
