"""What R can ask of Python objects and of Python itself: one function a verb.

`dispatch` says what a verb is.
"""

from __future__ import annotations

import importlib.util
import sys
import time
from types import ModuleType
from typing import Any

from rkeras_port.errors import StateError
from rkeras_port.r import capi, conditions, handles, interrupts
from rkeras_port.r.capi import SEXP, lib
from rkeras_port.r.dispatch import (
    argument,
    engine,
    find,
    flag,
    import_module,
    lent,
    plain,
    target,
    verb,
)
from rkeras_port.r.errors import RError
from rkeras_port.r.to_python import arguments, to_python
from rkeras_port.r.to_r import plainly, to_r

_NOTHING = object()


@verb
def call(args: SEXP) -> SEXP:
    """(target, arguments, convert): call a path or a callable."""
    function, convert = target(lib.VECTOR_ELT(args, 0))
    positional, keywords = arguments(lib.VECTOR_ELT(args, 1))
    with lent():
        result = function(*positional, **keywords)
    return to_r(result, flag(lib.VECTOR_ELT(args, 2), convert))


@verb
def method(args: SEXP) -> SEXP:
    """(object, name, arguments, convert): call a method."""
    owner, convert = target(lib.VECTOR_ELT(args, 0))
    name = argument(args, 1)
    positional, keywords = arguments(lib.VECTOR_ELT(args, 2))
    with lent():
        result = getattr(owner, name)(*positional, **keywords)
    return to_r(result, flag(lib.VECTOR_ELT(args, 3), convert))


@verb
def find_(args: SEXP) -> SEXP:
    """(path, convert): the object with a dotted path, as a reference."""
    return handles.wrap(find(argument(args, 0)), bool(argument(args, 1)))


@verb
def get_attr(args: SEXP) -> SEXP:
    """(object, name): an attribute, or a submodule not imported yet."""
    owner, convert = handles.find(lib.VECTOR_ELT(args, 0))
    name = capi.text(lib.STRING_ELT(lib.VECTOR_ELT(args, 1), 0)) or ""
    with lent():
        value = _attribute(owner, name)
    return to_r(value, convert)


def _attribute(owner: Any, name: str) -> Any:
    try:
        return getattr(owner, name)
    except AttributeError:
        if not hasattr(owner, "__path__"):
            raise
    try:
        return import_module(f"{owner.__name__}.{name}")
    except ModuleNotFoundError:
        raise AttributeError(
            f"module {owner.__name__!r} has no attribute {name!r}"
        ) from None


@verb
def get_reference(args: SEXP) -> SEXP:
    """(object, name): an attribute, not converted."""
    owner, convert = handles.find(lib.VECTOR_ELT(args, 0))
    with lent():
        value = _attribute(owner, argument(args, 1))
    return handles.wrap(value, convert)


@verb
def get_item(args: SEXP) -> SEXP:
    """(object, key, default...): an item, or the default where there is none."""
    owner, convert = handles.find(lib.VECTOR_ELT(args, 0))
    key = argument(args, 1)
    if lib.Rf_length(args) > 2 and key not in owner:
        return to_r(argument(args, 2))
    with lent():
        value = owner[key]
    return to_r(value, convert)


@verb
def get_either(args: SEXP) -> SEXP:
    """(object, name): the item with that name, else the attribute."""
    owner, convert = handles.find(lib.VECTOR_ELT(args, 0))
    name = argument(args, 1)
    with lent():
        value = _item_or_attribute(owner, name)
    return to_r(value, convert)


def _item_or_attribute(owner: Any, name: str) -> Any:
    if not hasattr(type(owner), "__getitem__"):
        return _attribute(owner, name)
    if not hasattr(owner, name):
        return owner[name]
    try:
        return owner[name]
    except Exception:
        return _attribute(owner, name)


@plain
def set_attr(owner: Any, name: str, value: Any) -> None:
    """Set an attribute, unless it is that very object.

    R's ``model$optimizer$learning_rate <- 0.1`` also sets `model$optimizer`, to what it
    is; attributes that Python lets nobody set must not make that an error.
    """
    is_plain = isinstance(value, bool | int | float | str | None)
    if is_plain or getattr(owner, name, _NOTHING) is not value:
        setattr(owner, name, value)


@plain
def set_item(owner: Any, key: Any, value: Any) -> None:
    """Set an item."""
    owner[key] = value


@plain
def del_item(owner: Any, key: Any) -> None:
    """Delete an item."""
    del owner[key]


@plain
def del_attr(owner: Any, name: str) -> None:
    """Delete an attribute."""
    delattr(owner, name)


@plain
def has_attr(owner: Any, name: str) -> bool:
    """Tell whether there is such an attribute."""
    return hasattr(owner, name)


@plain
def names(owner: Any) -> list[str]:
    """Return the names for `names()` and completion."""
    if isinstance(owner, dict):
        return sorted(str(key) for key in owner)
    return [name for name in dir(owner) if not name.startswith("_")]


@plain
def length(owner: Any) -> int:
    """Return the length of a Python object; of what has none, 0 or 1 for its truth."""
    try:
        return len(owner)
    except TypeError:
        pass
    try:
        return int(bool(owner))
    except Exception:  # a symbolic tensor is neither true nor false
        return 1


@plain
def strictly_length(owner: Any) -> int:
    """Return `len()`."""
    return len(owner)


@plain
def text(value: Any) -> str:
    """Return `str()`, for a long collection only its kind and length."""
    name = _COLLECTIONS.get(type(value))
    if name is not None and len(value) > _SHOWN_ITEMS:
        return f"{name} ({len(value)} items)"
    if isinstance(value, bytearray):
        return f"python.builtin.bytearray ({len(value)} bytes)"
    return f"Module({value.__name__})" if isinstance(value, ModuleType) else str(value)


_COLLECTIONS: dict[type, str] = {list: "List", dict: "Dict", tuple: "Tuple"}
_SHOWN_ITEMS = 10


@plain
def representation(value: Any) -> str:
    """Return `repr()`."""
    return repr(value)


@verb
def to_reference(args: SEXP) -> SEXP:
    """(value, convert): the Python counterpart of an R value, as a reference."""
    value = lib.VECTOR_ELT(args, 0)
    if capi.typeof(value) == capi.EXTPTRSXP or handles.stands_for_python(value):
        return capi.protect(value)
    return handles.wrap(to_python(value), flag(lib.VECTOR_ELT(args, 1), False))


@verb
def reflag(args: SEXP) -> SEXP:
    """Return (reference, convert) as a reference with another flag."""
    return handles.wrap(argument(args, 0), bool(argument(args, 1)))


@verb
def convert(args: SEXP) -> SEXP:
    """Return the R counterpart of a (reference)."""
    return plainly(handles.find(lib.VECTOR_ELT(args, 0))[0])


@verb
def import_(args: SEXP) -> SEXP:
    """Import (module, convert)."""
    name = argument(args, 0)
    with lent():
        if name == "keras":
            engine()
        module = import_module(name)
    return handles.wrap(module, flag(lib.VECTOR_ELT(args, 1), True))


@plain
def module_available(name: str) -> bool:
    """Tell whether a module could be imported."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


@verb
def evaluate(args: SEXP) -> SEXP:
    """(code, convert): the value of a Python expression."""
    code = argument(args, 0)
    with lent():
        value = eval(compile(code, "<py_eval>", "eval"), main().__dict__)
    return to_r(value, flag(lib.VECTOR_ELT(args, 1), True))


@verb
def run(args: SEXP) -> SEXP:
    """(code, file name, local, convert): run Python code, return its variables."""
    code, name, local = (argument(args, i) for i in range(3))
    space = main().__dict__
    variables = {} if local else space
    with lent():
        exec(compile(code, name, "exec"), space, variables)
    return handles.wrap(variables, flag(lib.VECTOR_ELT(args, 3), True))


def main() -> Any:
    """Return the module `__main__`, where R's Python code runs."""
    return sys.modules["__main__"]


@verb
def iterator(args: SEXP) -> SEXP:
    """(value): an iterator over it."""
    value, convert = target(lib.VECTOR_ELT(args, 0))
    return handles.wrap(iter(value), convert)


@verb
def next_item(args: SEXP) -> SEXP:
    """Return a list of the next item of (iterator), NULL at the end."""
    values, convert = handles.find(lib.VECTOR_ELT(args, 0))
    try:
        with lent():
            item = next(values)
    except StopIteration:
        return capi.nil
    out = capi.vector(capi.VECSXP, 1)
    lib.SET_VECTOR_ELT(out, 0, to_r(item, convert))
    return out


@plain
def leave_context(manager: Any, error: Any) -> Any:
    """Leave a context manager, telling it of the R condition that ends the block."""
    if error is None:
        return manager.__exit__(None, None, None)
    if not isinstance(error, BaseException):
        error = RError(str(error))
    return manager.__exit__(type(error), error, error.__traceback__)


@plain
def sleep(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)


@plain
def identity(value: Any) -> str:
    """Return `id()` in hexadecimal."""
    return hex(id(value))


@plain
def alive() -> int:
    """Return how many Python objects R holds."""
    return handles.alive()


@verb
def interrupt_r(_: SEXP) -> SEXP:
    """Make R interrupt itself."""
    interrupts.interrupt_r()
    return capi.nil


@verb
def last_error(_: SEXP) -> SEXP:
    """Return the exception that R was last told about and its traceback, or NULL."""
    import traceback

    error = conditions.last_error
    if error is None:
        return capi.nil
    lines = traceback.format_exception(error)
    told = "".join(lines)
    kind = type(error).__name__
    return to_r(
        {"type": kind, "value": str(error), "traceback": lines, "message": told}
    )


@plain
def forget_error() -> None:
    """Forget the last error."""
    conditions.last_error = None


@verb
def lives(args: SEXP) -> SEXP:
    """Tell whether a (reference) still refers to an object."""
    try:
        handles.find(lib.VECTOR_ELT(args, 0))
    except StateError:
        return capi.protect(lib.Rf_ScalarLogical(0))
    return capi.protect(lib.Rf_ScalarLogical(1))


@verb
def same(args: SEXP) -> SEXP:
    """(one, other): whether two references are to the same object."""
    one, other = (handles.find(lib.VECTOR_ELT(args, i))[0] for i in range(2))
    return capi.protect(lib.Rf_ScalarLogical(int(one is other)))
