"""What R can ask of Python: one function a verb, called by `entry` with R's arguments.

A verb takes the R list of its arguments and returns a protected R value. Python code
of others runs inside `lent()`, during which other threads may run R.
"""

from __future__ import annotations

import importlib
import importlib.util
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any

import numpy as np

from rkeras_port._startup import quiet_start
from rkeras_port.errors import ArgumentTypeError, StateError
from rkeras_port.r import (
    capi,
    classes,
    conditions,
    handles,
    interrupts,
    na,
    operators,
    turn,
)
from rkeras_port.r.capi import SEXP, lib
from rkeras_port.r.errors import RError
from rkeras_port.r.to_python import arguments, to_python
from rkeras_port.r.to_r import integers, plainly, to_r

Verb = Callable[[SEXP], SEXP]

TABLE: dict[bytes, Verb] = {}
"""The verbs by name."""

_found: dict[str, Any] = {}

_NOTHING = object()


def _verb(function: Verb) -> Verb:
    TABLE[function.__name__.strip("_").encode()] = function
    return function


def _plain(function: Callable[..., Any]) -> Callable[..., Any]:
    """Make a verb of a Python function: arguments and result converted."""

    def verb(args: SEXP) -> SEXP:
        values = [_argument(args, i) for i in range(lib.Rf_length(args))]
        with lent():
            result = function(*values)
        return to_r(result)

    TABLE[function.__name__.strip("_").encode()] = verb
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


def _argument(args: SEXP, i: int) -> Any:
    return to_python(lib.VECTOR_ELT(args, i))


def _target(s: SEXP) -> handles.Entry:
    """Return what an R value names as an object, and whether to convert from it."""
    if capi.typeof(s) == capi.STRSXP:
        return find(capi.texts(s)[0] or ""), True
    return _operand(s)


def _flag(s: SEXP, default: bool) -> bool:
    return default if s == capi.nil else bool(lib.LOGICAL_ELT(s, 0))


@_verb
def call(args: SEXP) -> SEXP:
    """(target, arguments, convert): call a path or a callable."""
    function, convert = _target(lib.VECTOR_ELT(args, 0))
    positional, keywords = arguments(lib.VECTOR_ELT(args, 1))
    with lent():
        result = function(*positional, **keywords)
    return to_r(result, _flag(lib.VECTOR_ELT(args, 2), convert))


@_verb
def method(args: SEXP) -> SEXP:
    """(object, name, arguments, convert): call a method."""
    owner, convert = _target(lib.VECTOR_ELT(args, 0))
    name = _argument(args, 1)
    positional, keywords = arguments(lib.VECTOR_ELT(args, 2))
    with lent():
        result = getattr(owner, name)(*positional, **keywords)
    return to_r(result, _flag(lib.VECTOR_ELT(args, 3), convert))


@_verb
def find_(args: SEXP) -> SEXP:
    """(path, convert): the object with a dotted path, as a reference."""
    return handles.wrap(find(_argument(args, 0)), bool(_argument(args, 1)))


@_verb
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


@_verb
def get_reference(args: SEXP) -> SEXP:
    """(object, name): an attribute, not converted."""
    owner, convert = handles.find(lib.VECTOR_ELT(args, 0))
    with lent():
        value = _attribute(owner, _argument(args, 1))
    return handles.wrap(value, convert)


@_verb
def get_item(args: SEXP) -> SEXP:
    """(object, key, default...): an item, or the default where there is none."""
    owner, convert = handles.find(lib.VECTOR_ELT(args, 0))
    key = _argument(args, 1)
    if lib.Rf_length(args) > 2 and key not in owner:
        return to_r(_argument(args, 2))
    with lent():
        value = owner[key]
    return to_r(value, convert)


@_verb
def get_either(args: SEXP) -> SEXP:
    """(object, name): the item with that name, else the attribute."""
    owner, convert = handles.find(lib.VECTOR_ELT(args, 0))
    name = _argument(args, 1)
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


@_plain
def set_attr(owner: Any, name: str, value: Any) -> None:
    """Set an attribute, unless it is that very object.

    R's ``model$optimizer$learning_rate <- 0.1`` also sets `model$optimizer`, to what it
    is; attributes that Python lets nobody set must not make that an error.
    """
    plain = isinstance(value, bool | int | float | str | None)
    if plain or getattr(owner, name, _NOTHING) is not value:
        setattr(owner, name, value)


@_plain
def set_item(owner: Any, key: Any, value: Any) -> None:
    """Set an item."""
    owner[key] = value


@_plain
def del_item(owner: Any, key: Any) -> None:
    """Delete an item."""
    del owner[key]


@_plain
def del_attr(owner: Any, name: str) -> None:
    """Delete an attribute."""
    delattr(owner, name)


@_plain
def has_attr(owner: Any, name: str) -> bool:
    """Tell whether there is such an attribute."""
    return hasattr(owner, name)


@_plain
def names(owner: Any) -> list[str]:
    """Return the names for `names()` and completion."""
    if isinstance(owner, dict):
        return sorted(str(key) for key in owner)
    return [name for name in dir(owner) if not name.startswith("_")]


@_plain
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


@_plain
def strictly_length(owner: Any) -> int:
    """Return `len()`."""
    return len(owner)


@_plain
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


@_plain
def representation(value: Any) -> str:
    """Return `repr()`."""
    return repr(value)


@_verb
def to_reference(args: SEXP) -> SEXP:
    """(value, convert): the Python counterpart of an R value, as a reference."""
    value = lib.VECTOR_ELT(args, 0)
    if capi.typeof(value) == capi.EXTPTRSXP or handles.stands_for_python(value):
        return capi.protect(value)
    return handles.wrap(to_python(value), _flag(lib.VECTOR_ELT(args, 1), False))


@_verb
def reflag(args: SEXP) -> SEXP:
    """Return (reference, convert) as a reference with another flag."""
    return handles.wrap(_argument(args, 0), bool(_argument(args, 1)))


@_verb
def convert(args: SEXP) -> SEXP:
    """Return the R counterpart of a (reference)."""
    return plainly(handles.find(lib.VECTOR_ELT(args, 0))[0])


@_verb
def import_(args: SEXP) -> SEXP:
    """Import (module, convert)."""
    name = _argument(args, 0)
    with lent():
        if name == "keras":
            engine()
        module = import_module(name)
    return handles.wrap(module, _flag(lib.VECTOR_ELT(args, 1), True))


@_plain
def module_available(name: str) -> bool:
    """Tell whether a module could be imported."""
    try:
        return importlib.util.find_spec(name) is not None
    except (ImportError, ValueError):
        return False


@_verb
def evaluate(args: SEXP) -> SEXP:
    """(code, convert): the value of a Python expression."""
    code = _argument(args, 0)
    with lent():
        value = eval(compile(code, "<py_eval>", "eval"), main().__dict__)
    return to_r(value, _flag(lib.VECTOR_ELT(args, 1), True))


@_verb
def run(args: SEXP) -> SEXP:
    """(code, file name, local, convert): run Python code, return its variables."""
    code, name, local = (_argument(args, i) for i in range(3))
    space = main().__dict__
    variables = {} if local else space
    with lent():
        exec(compile(code, name, "exec"), space, variables)
    return handles.wrap(variables, _flag(lib.VECTOR_ELT(args, 3), True))


def main() -> Any:
    """Return the module `__main__`, where R's Python code runs."""
    return sys.modules["__main__"]


@_plain
def array_values(value: Any) -> np.ndarray:
    """Return the values of an array, a tensor or what NumPy can make an array of."""
    if _is_symbolic(value):
        raise ArgumentTypeError(
            "as.array",
            "x",
            "is a symbolic tensor: its values are not known while Keras builds a graph",
            received=f"{value!r:.80}",
            remedy="Compute with op_*() functions, which work on such tensors, or use "
            "compile(run_eagerly = TRUE).",
        )
    if hasattr(value, "numpy"):
        found = value.numpy()
        array = np.asarray(found, object if isinstance(found, bytes) else None)
        if array.dtype.kind == "V":  # bfloat16 and its like, which NumPy does not have
            return array.astype(np.float32)
        return _decoded(array) if array.dtype == object else array
    if hasattr(value, "toarray"):
        return np.asarray(value.toarray())
    return np.asarray(value)


def _is_symbolic(value: Any) -> bool:
    """Tell whether a tensor has no values: Keras's symbol, or one in a graph."""
    names = classes.of(type(value))
    if "keras.src.backend.common.keras_tensor.KerasTensor" in names:
        return True
    return "tensorflow.tensor" in names and not hasattr(value, "numpy")


def _decoded(array: np.ndarray) -> np.ndarray:
    """Return a tensor's text, which TensorFlow keeps as bytes."""
    texts = [v.decode() if isinstance(v, bytes) else v for v in array.ravel().tolist()]
    out = np.empty(len(texts), object)
    out[:] = texts
    return out.reshape(array.shape)


@_verb
def dim(args: SEXP) -> SEXP:
    """(array): its dimensions, NA where a tensor's are not known."""
    sizes = list(_argument(args, 0).shape)
    return to_r(na.VectorWithNA(sizes, "integer")) if sizes else integers([])


@_plain
def as_list(value: Any) -> Any:
    """Return the elements of an iterable, a dict as it is."""
    return value if isinstance(value, dict) else tuple(value)


@_verb
def operate(args: SEXP) -> SEXP:
    """(operator, operands...): its value, converted if all operands say so."""
    targets = [_operand(lib.VECTOR_ELT(args, i)) for i in range(1, lib.Rf_length(args))]
    with lent():
        value = operators.operate(_argument(args, 0), *(value for value, _ in targets))
    return to_r(value, all(convert for _, convert in targets))


def _operand(s: SEXP) -> handles.Entry:
    if capi.typeof(s) == capi.EXTPTRSXP or handles.stands_for_python(s):
        return handles.find(s)
    return to_python(s), True


@_verb
def iterator(args: SEXP) -> SEXP:
    """(value): an iterator over it."""
    value, convert = _target(lib.VECTOR_ELT(args, 0))
    return handles.wrap(iter(value), convert)


@_verb
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


@_plain
def leave_context(manager: Any, error: Any) -> Any:
    """Leave a context manager, telling it of the R condition that ends the block."""
    if error is None:
        return manager.__exit__(None, None, None)
    if not isinstance(error, BaseException):
        error = RError(str(error))
    return manager.__exit__(type(error), error, error.__traceback__)


@_plain
def sleep(seconds: float) -> None:
    """Wait."""
    time.sleep(seconds)


@_plain
def identity(value: Any) -> str:
    """Return `id()` in hexadecimal."""
    return hex(id(value))


@_plain
def alive() -> int:
    """Return how many Python objects R holds."""
    return handles.alive()


@_verb
def interrupt_r(_: SEXP) -> SEXP:
    """Make R interrupt itself."""
    interrupts.interrupt_r()
    return capi.nil


@_verb
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


@_plain
def forget_error() -> None:
    """Forget the last error."""
    conditions.last_error = None


@_verb
def lives(args: SEXP) -> SEXP:
    """Tell whether a (reference) still refers to an object."""
    try:
        handles.find(lib.VECTOR_ELT(args, 0))
    except StateError:
        return capi.protect(lib.Rf_ScalarLogical(0))
    return capi.protect(lib.Rf_ScalarLogical(1))


@_verb
def same(args: SEXP) -> SEXP:
    """(one, other): whether two references are to the same object."""
    one, other = (handles.find(lib.VECTOR_ELT(args, i))[0] for i in range(2))
    return capi.protect(lib.Rf_ScalarLogical(int(one is other)))
