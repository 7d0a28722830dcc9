"""The table of what R can ask of Python, and what all of its entries need.

A verb takes the R list of its arguments and returns a protected R value; `entry` finds
it here by its name. Python code of others runs inside `lent()`, during which other
threads may run R.
"""

from __future__ import annotations

import importlib
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rkeras_port._startup import quiet_start
from rkeras_port.r import capi, handles, turn
from rkeras_port.r.capi import SEXP, lib
from rkeras_port.r.to_python import to_python
from rkeras_port.r.to_r import to_r

Verb = Callable[[SEXP], SEXP]

TABLE: dict[bytes, Verb] = {}
"""The verbs by name."""

_found: dict[str, Any] = {}


def verb(function: Verb) -> Verb:
    """Enter a function in the table under its name; return it."""
    TABLE[function.__name__.strip("_").encode()] = function
    return function


def plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a verb of a Python function: arguments and result converted."""

    def called(args: SEXP) -> SEXP:
        values = [argument(args, i) for i in range(lib.Rf_length(args))]
        with lent():
            result = function(*values)
        return to_r(result)

    TABLE[function.__name__.strip("_").encode()] = called
    return function


@contextmanager
def lent() -> Iterator[None]:
    """Let other threads run R during the block, which is Python code of others."""
    is_lent = turn.lend()
    try:
        yield
    finally:
        if is_lent:
            phase, capi.phase = capi.phase, capi.BETWEEN
            turn.reclaim()
            capi.phase = phase


def find(path: str) -> Any:
    """Return the Python object with a dotted path, importing what is needed.

    Raises
    ------
    ImportError, AttributeError
        If there is no such module or object.
    """
    known = _found.get(path)
    if known is None:
        known = _found[path] = _resolve(path)
    return known


def _resolve(path: str) -> Any:
    first, *rest = path.split(".")
    found = engine() if first == "keras" else import_module(first)
    name = first
    for part in rest:
        name = f"{name}.{part}"
        if not hasattr(found, part) and hasattr(found, "__path__"):
            import_module(name)
        found = getattr(found, part)
    return found


def import_module(name: str) -> Any:
    """Return a module, imported if need be."""
    if name in sys.modules:
        return sys.modules[name]
    with quiet_start():
        return importlib.import_module(name)


def engine() -> Any:
    """Return the module keras, importing it at the first call."""
    return import_module("rkeras_port._keras").keras


def argument(args: SEXP, i: int) -> Any:
    """Return a verb's argument as a Python value."""
    return to_python(lib.VECTOR_ELT(args, i))


def target(s: SEXP) -> handles.Entry:
    """Return what an R value names as an object, and whether to convert from it."""
    if capi.typeof(s) == capi.STRSXP:
        return find(capi.texts(s)[0] or ""), True
    return operand(s)


def operand(s: SEXP) -> handles.Entry:
    """Return an R value in Python, and whether to convert what comes of it."""
    if capi.typeof(s) == capi.EXTPTRSXP or handles.stands_for_python(s):
        return handles.find(s)
    return to_python(s), True


def flag(s: SEXP, default: bool) -> bool:
    """Return a truth value of R's, or the default for NULL."""
    return default if s == capi.nil else bool(lib.LOGICAL_ELT(s, 0))
