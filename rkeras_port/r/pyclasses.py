"""Python classes whose methods are R functions, as ``R/rkeras/classes.R`` says."""

from __future__ import annotations

import types
from collections.abc import Callable
from inspect import Parameter, Signature
from typing import Any

from rkeras_port.errors import ArgumentTypeError
from rkeras_port.r import callbacks, capi
from rkeras_port.r.capi import SEXP, lib
from rkeras_port.r.dispatch import TABLE, find, lent
from rkeras_port.r.handles import RObject
from rkeras_port.r.to_python import to_python
from rkeras_port.r.to_r import to_r

Maker = Callable[[Callable[[], type]], Any]
"""Makes a method when told how to get at its class, which does not exist yet."""

_STORE = "_r_private"

_BUILTIN = {
    "classmethod": classmethod,
    "staticmethod": staticmethod,
    "property": property,
}


def make_class(
    name: str,
    bases: tuple[type, ...],
    attributes: dict[str, Any],
    methods: dict[str, Maker],
) -> type:
    """Return a new class.

    Parameters
    ----------
    name : str
        Its name.
    bases : tuple of type
        What it inherits from.
    attributes : dict
        Its attributes, ``__module__`` and ``__doc__`` among them.
    methods : dict
        By name, what makes the method.
    """
    made: list[type] = []
    body = dict(attributes)
    for key, make in methods.items():
        body[key] = make(lambda: made[0])
    created = types.new_class(name, bases, exec_body=lambda space: space.update(body))
    made.append(created)
    return created


def _method_maker(part: SEXP, signature: Signature | None = None) -> tuple[str, Maker]:
    """Return the name of a method and what makes it, from the parts that R sends."""
    name, doc, decorators = (to_python(lib.VECTOR_ELT(part, i)) for i in (0, 3, 4))
    function = RObject(lib.VECTOR_ELT(part, 1))
    if signature is None:
        signature = callbacks.signature(lib.VECTOR_ELT(part, 2))
    if "staticmethod" not in decorators:
        signature = _with_self(signature)

    def make(owner: Callable[[], type]) -> Any:
        def run(self: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
            return callbacks.call(function, (self, owner(), *args), kwargs)

        method: Any = _defined(signature, run)
        method.__name__ = method.__qualname__ = name
        method.__doc__ = doc
        method.autograph_info__ = {}
        for decorator in decorators:
            method = _decorator(decorator)(method)
        return method

    return name, make


def _with_self(signature: Signature) -> Signature:
    parameters = list(signature.parameters.values())
    if not parameters or parameters[0].name not in ("self", "cls"):
        parameters.insert(0, Parameter("self", Parameter.POSITIONAL_OR_KEYWORD))
    return Signature(parameters)


def _defined(signature: Signature, run: Callable[..., Any]) -> Any:
    """Return a Python function with that signature which calls `run`.

    Notes
    -----
    A function with the attribute ``__signature__`` is not enough: Keras puts wrappers
    around methods, and they would take the attribute over, with `self` in it.
    """
    written, passed, defaults = [], [], {}
    owner, rest, more = "None", "()", "{}"
    for name, parameter in signature.parameters.items():
        if parameter.kind is Parameter.VAR_POSITIONAL:
            rest = name
            written.append(f"*{name}")
        elif parameter.kind is Parameter.VAR_KEYWORD:
            more = name
            written.append(f"**{name}")
        elif name in ("self", "cls") and not written:
            owner = name
            written.append(name)
        elif parameter.default is Parameter.empty:
            passed.append(name)
            written.append(name)
        else:
            defaults[name] = parameter.default
            passed.append(name)
            written.append(f"{name}=_defaults[{name!r}]")
    named = ", ".join(f"{name!r}: {name}" for name in passed)
    space: dict[str, Any] = {"_run": run, "_defaults": defaults}
    exec(
        f"def method({', '.join(written)}):\n"
        f"    return _run({owner}, {rest}, {{{named}}} | {more})",
        space,
    )
    return space["method"]


def _decorator(named: Any) -> Callable[[Any], Any]:
    return _BUILTIN.get(named) or find(named) if isinstance(named, str) else named


_ANYTHING = Signature([Parameter("args", Parameter.VAR_POSITIONAL)])


def _property(part: SEXP) -> tuple[str, Maker]:
    """Return the name of a property and what makes it."""
    name, make_method = _method_maker(part, _ANYTHING)
    can_be_set = bool(callbacks.signature(lib.VECTOR_ELT(part, 2)).parameters)

    def make(owner: Callable[[], type]) -> Any:
        method = make_method(owner)
        return property(method, method if can_be_set else None)

    return name, make


def _make_class(args: SEXP) -> SEXP:
    """(name, module, bases, doc, attributes, methods, active): a new class."""
    name, module, bases, doc, attributes = (
        to_python(lib.VECTOR_ELT(args, i)) for i in range(5)
    )
    methods = dict(_each(_method_maker, lib.VECTOR_ELT(args, 5)))
    active = dict(_each(_property, lib.VECTOR_ELT(args, 6)))
    found = tuple(find(base) if isinstance(base, str) else base for base in bases)
    for base in found:
        if not isinstance(base, type):
            raise ArgumentTypeError(
                name,
                "inherit",
                "must be a class: Python's, such as keras$layers$Layer, a function "
                "that makes its objects, such as layer_dense, or one made in R",
                received=type(base).__name__,
            )
    told = {"__module__": module, "__qualname__": name, "__doc__": doc}
    with lent():
        made = make_class(name, found, attributes | told, methods | active)
    return to_r(made)


def _each(make: Callable[[SEXP], Any], parts: SEXP) -> list[Any]:
    return [make(lib.VECTOR_ELT(parts, i)) for i in range(lib.Rf_length(parts))]


def _super_attr(args: SEXP) -> SEXP:
    """(class, instance, name): what the classes above the class call so."""
    owner, instance, name = (to_python(lib.VECTOR_ELT(args, i)) for i in range(3))
    with lent():
        value = getattr(super(owner, instance), name)
    return to_r(value)


def _private_values(args: SEXP) -> SEXP:
    """(instance, environment): the one it keeps; at first use, that environment."""
    instance = to_python(lib.VECTOR_ELT(args, 0))
    kept = vars(instance).setdefault(_STORE, RObject(lib.VECTOR_ELT(args, 1)))
    return capi.protect(kept.sexp)


TABLE.update(
    {
        b"make_class": _make_class,
        b"super_attr": _super_attr,
        b"private_values": _private_values,
    }
)
