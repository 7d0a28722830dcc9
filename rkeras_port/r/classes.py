"""The S3 class vector under which a Python object is known in R, by reticulate's rule.

One name for each class that the object's type inherits from, written
``module.Name`` with ``python.builtin`` for Python's own, ending in
``python.builtin.object``; before that, names that say what the object can do.
"""

from __future__ import annotations

from collections.abc import Iterator
from weakref import WeakKeyDictionary

from rkeras_port.r import capi
from rkeras_port.r.capi import SEXP, lib

_OBJECT = "python.builtin.object"

# The R packages put these in front, or at the end, when a class of that name is among
# those inherited from.
_IN_FRONT = {
    "tensorflow.python.framework.tensor.Tensor": "tensorflow.tensor",
    "tensorflow.python.types.core.Tensor": "tensorflow.tensor",
    "tensorflow.python.ops.variables.Variable": "tensorflow.tensor",
    "keras.src.backend.tensorflow.core.Variable": "tensorflow.tensor",
}
_AT_THE_END = {
    "tensorflow.python.framework.tensor.Tensor": "keras.src.backend.Tensor",
    "keras.src.backend.common.variables.Variable": "keras.src.backend.Variable",
}

_vectors: WeakKeyDictionary[type, SEXP] = WeakKeyDictionary()
_methods: WeakKeyDictionary[type, list[SEXP]] = WeakKeyDictionary()
_method_tables: list[SEXP] = []


def bind(table: SEXP) -> None:
    """Take R's table of the registered methods of `py_to_r()`."""
    lib.R_PreserveObject(table)
    _method_tables[:] = [capi.global_env, table]


def of(kind: type) -> list[str]:
    """Return the class names of the instances of a type.

    Examples
    --------
    >>> of(bool)
    ['python.builtin.bool', 'python.builtin.int', 'python.builtin.object']
    """
    inherited = [_name(base) for base in kind.__mro__ if base is not object]
    front = [_IN_FRONT[name] for name in inherited if name in _IN_FRONT]
    end = [_AT_THE_END[name] for name in inherited if name in _AT_THE_END]
    if issubclass(kind, Iterator):
        end.append("python.builtin.iterator")
    last = [_OBJECT]
    if issubclass(kind, KeyboardInterrupt):
        last += ["interrupt", "condition"]
    elif issubclass(kind, BaseException):
        last += ["error", "condition"]
    return list(dict.fromkeys([*front, *inherited, *end, *last]))


def vector(obj: object) -> SEXP:
    """Return the class vector of an object as an R value kept for good."""
    kind = type(obj)
    known = _vectors.get(kind)
    if known is None:
        mark = capi.depth()
        known = capi.strings(of(kind))
        lib.R_PreserveObject(known)
        capi.release(mark)
        _vectors[kind] = known
    return known


def has_method(obj: object) -> bool:
    """Tell whether R has a method of `py_to_r()` for the class of an object."""
    kind = type(obj)
    symbols = _methods.get(kind)
    if symbols is None:
        names = [name for name in of(kind) if name != _OBJECT]
        symbols = _methods[kind] = [capi.symbol(f"py_to_r.{name}") for name in names]
    look, unbound = lib.Rf_findVarInFrame, lib.R_UnboundValue
    return any(
        look(table, symbol) != unbound for table in _method_tables for symbol in symbols
    )


def _name(kind: type) -> str:
    module = kind.__module__
    if module == "builtins":
        module = "python.builtin"
    return f"{module}.{kind.__name__}"
