"""R functions of the door's own R half, by name, for use from Python."""

from __future__ import annotations

from rkeras_port.r import capi
from rkeras_port.r.capi import SEXP, lib

_namespace: SEXP = None
_functions: dict[str, SEXP] = {}


def bind(namespace: SEXP) -> None:
    """Take the R environment in which the files of ``R/rkeras`` were loaded."""
    global _namespace
    lib.R_PreserveObject(namespace)
    _namespace = namespace


def function(name: str) -> SEXP:
    """Return the R function of that name, kept for good."""
    known = _functions.get(name)
    if known is None:
        call = lib.Rf_lang3(capi.symbol("get"), capi.string(name), _namespace)
        known = capi.evaluate(call)
        lib.R_PreserveObject(known)
        _functions[name] = known
    return known


def call(name: str, *args: SEXP) -> SEXP:
    """Call such a function, which must not fail, on up to five protected R values."""
    makers = (
        lib.Rf_lang1, lib.Rf_lang2, lib.Rf_lang3, lib.Rf_lang4, lib.Rf_lang5,
        lib.Rf_lang6,
    )  # fmt: skip
    return capi.evaluate(makers[len(args)](function(name), *args))
