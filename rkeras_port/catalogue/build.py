"""From a row of a table to a Python function with a true name, signature and help."""

from __future__ import annotations

import inspect
import operator
import types
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from rkeras_port._keras import keras
from rkeras_port.errors import did_you_mean
from rkeras_port.pipe import BindingError, bind

from . import First, Row
from .compose import compose_layer, is_data

_MISSING: Any = object()


def build(row: Row) -> Callable[..., Any]:
    """Return the function that `row` describes."""
    behaviour, signature = _KINDS[row.first]
    target = locate(row.targets[0])
    call = behaviour(row, target)

    def function(*args: Any, **kwargs: Any) -> Any:
        return call(
            [unwrap(value) for value in args],
            {name: unwrap(value) for name, value in kwargs.items()},
        )

    function.__name__ = function.__qualname__ = row.name
    function.__module__ = "rkeras_port"
    function.__doc__ = _docstring(row, target)
    function.__signature__ = signature(target)  # type: ignore[attr-defined]
    function.__keras__ = locate(row.targets[-1])  # type: ignore[attr-defined]
    return function


def locate(path: str) -> Any:
    """Return the object at a dotted path such as ``keras.layers.Dense``."""
    return operator.attrgetter(path.removeprefix("keras."))(keras)


def unwrap(value: Any) -> Any:
    """Replace a function of the catalogue by the Keras object that it stands for.

    ``layer_dense(8, activation=activation_relu)`` then holds `keras.activations.relu`
    itself, and a saved model does not know this package. Lists and dictionaries are
    searched too.
    """
    if isinstance(value, types.FunctionType):
        return getattr(value, "__keras__", value)
    if type(value) in (list, tuple):
        return type(value)(unwrap(item) for item in value)
    if type(value) is dict:
        return {key: unwrap(item) for key, item in value.items()}
    return value


# --- behaviours: how a call's arguments become a Keras object --------------------


def _object(row: Row, target: Any) -> Callable[[Sequence[Any], dict[str, Any]], Any]:
    signature = inspect.signature(target)
    shapes = {"input_shape", *row.coerced("normalize_shape", "as_reshape_target")}
    meant = _callback_arguments(target)

    def call(args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        for name in kwargs:
            if meant is not None and name not in meant:
                raise _unexpected(row.name, name, meant)
        arguments = bind(row.name, signature, args, kwargs)
        for name in shapes & arguments.keys():
            arguments[name] = as_shape(arguments[name])
        try:
            return target(*_positional(signature, arguments), **arguments)
        except (TypeError, ValueError) as error:
            _explain_unknown(row.name, target, kwargs, error)
            raise

    return call


def _application(
    row: Row, target: Any
) -> Callable[[Sequence[Any], dict[str, Any]], Any]:
    from rkeras_port.applications import made_by

    make = _object(row, target)
    return lambda args, kwargs: made_by(make(args, kwargs), target)


def _positional(signature: inspect.Signature, arguments: dict[str, Any]) -> list[Any]:
    """Take from `arguments` what must come in its place: all before ``*operands``."""
    kinds = {p.name: p.kind for p in signature.parameters.values()}
    many = next((n for n, kind in kinds.items() if kind is kind.VAR_POSITIONAL), None)
    if many not in arguments:
        return []
    before = list(kinds)[: list(kinds).index(many)]
    return [*(arguments.pop(name) for name in before), *arguments.pop(many)]


def _either(row: Row, target: Any) -> Callable[[Sequence[Any], dict[str, Any]], Any]:
    make = _object(row, target)
    evaluate = _object(row, locate(row.targets[1]))

    def call(args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        with_data = (
            "y_true" in kwargs
            or "y_pred" in kwargs
            or (len(args) >= 2 and _is_array_like(args[0]) and _is_array_like(args[1]))
        )
        return evaluate(args, kwargs) if with_data else make(args, kwargs)

    return call


def _is_array_like(value: Any) -> bool:
    return isinstance(value, list | tuple) or is_data(value)


def _layer(row: Row, target: Any) -> Callable[[Sequence[Any], dict[str, Any]], Any]:
    signature = inspect.signature(target)
    own_first = next(iter(signature.parameters))
    construct = _object(row, target)

    def make(args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        with warnings.catch_warnings():
            # An `input_shape` on the first layer is how R users write it.
            warnings.filterwarnings("ignore", message="Do not pass an `input_shape`")
            return construct(args, kwargs)

    def call(args: Sequence[Any], kwargs: dict[str, Any]) -> Any:
        object = kwargs.pop("object", _MISSING)
        if object is _MISSING and args and (args[0] is None or is_data(args[0])):
            if row.first is First.MERGE:
                object, args = _gather(args)
            elif _binds(signature, args[1:], kwargs):
                object, args = args[0], args[1:]
            elif args[0] is not None and own_first not in _LAYER_ARGUMENTS:
                bind(row.name, signature, args[1:], kwargs)
        layer = make(args, kwargs)
        if object is None or object is _MISSING:
            return layer
        return compose_layer(layer, object)

    return call


#: First parameters of layers that may themselves be a layer or a model.
_LAYER_ARGUMENTS = {"cell", "layer", "layers"}


def _gather(args: Sequence[Any]) -> tuple[Any, Sequence[Any]]:
    """Split the tensors at the head of a merging layer's arguments from the rest."""
    count = 0
    while count < len(args) and (args[count] is None or is_data(args[count])):
        count += 1
    tensors = [tensor for tensor in args[:count] if tensor is not None]
    if len(tensors) == 1:
        return tensors[0], args[count:]
    flat = [item for t in tensors for item in (t if isinstance(t, list) else [t])]
    return flat or None, args[count:]


def _binds(
    signature: inspect.Signature, args: Sequence[Any], kwargs: Mapping[str, Any]
) -> bool:
    try:
        signature.bind(*args, **kwargs)
    except TypeError:
        return False
    return True


def as_shape(shape: Any) -> Any:
    """Accept one number for a shape of one dimension, as R users write it.

    Examples
    --------
    >>> as_shape(10000), as_shape((28, 28)), as_shape(None)
    ((10000,), (28, 28), None)
    """
    return (operator.index(shape),) if isinstance(shape, int | np.integer) else shape


def _explain_unknown(
    name: str, target: Any, kwargs: Mapping[str, Any], error: Exception
) -> None:
    """Raise a `BindingError` with a hint if Keras refused a keyword it does not know.

    Constructors that take ``**kwargs`` accept keywords that no signature shows, so
    Keras is asked first and only its refusal is explained.
    """
    known = _all_parameters(target)
    unknown = [key for key in kwargs if key not in known]
    if not unknown or not any(key in str(error) for key in unknown):
        return
    raise _unexpected(name, unknown[0], known) from error


def _unexpected(name: str, keyword: str, known: Iterable[str]) -> BindingError:
    hint = did_you_mean(keyword, known)
    return BindingError(
        f"{name}() got an unexpected keyword argument {keyword!r}"
        + (f". {hint}" if hint else "")
    )


def _callback_arguments(target: Any) -> set[str] | None:
    """Return the only keywords that mean something to a callback which takes any.

    Keras would keep the others and never look at them. None for all other targets.
    """
    callback = keras.callbacks.Callback
    if not (inspect.isclass(target) and issubclass(target, callback)):
        return None
    parameters = inspect.signature(target).parameters.values()
    if not any(p.kind is p.VAR_KEYWORD for p in parameters):
        return None
    hooks = {name for name in vars(callback) if name.startswith("on_")}
    takes_hooks = target is keras.callbacks.LambdaCallback
    return _all_parameters(target) | (hooks if takes_hooks else set())


def _all_parameters(target: Any) -> set[str]:
    """Return the keywords that a class's constructors name, over all its bases."""
    constructors = (
        [vars(base)["__init__"] for base in target.mro() if "__init__" in vars(base)]
        if inspect.isclass(target)
        else [target]
    )
    names = {
        parameter.name
        for constructor in constructors
        for parameter in inspect.signature(constructor).parameters.values()
        if parameter.kind in (parameter.POSITIONAL_OR_KEYWORD, parameter.KEYWORD_ONLY)
    }
    return names - {"self"}


# --- signatures and help -------------------------------------------------------


def _named(parameters: list[inspect.Parameter]) -> list[inspect.Parameter]:
    return [p for p in parameters if p.kind is not p.VAR_KEYWORD]


def _target_signature(target: Any) -> inspect.Signature:
    signature = inspect.signature(target)
    return signature.replace(return_annotation=inspect.Signature.empty)


def _layer_signature(target: Any) -> inspect.Signature:
    """Return the constructor's signature with what every layer takes, and `object`."""
    signature = inspect.signature(target)
    own = _named(list(signature.parameters.values()))
    names = {parameter.name for parameter in own}
    takes_more = len(own) < len(signature.parameters)
    shared = [
        parameter
        for parameter in inspect.signature(keras.Layer.__init__).parameters.values()
        if parameter.kind is parameter.KEYWORD_ONLY
    ]
    shared.append(_keyword("input_shape"))
    common = [p for p in shared if takes_more and p.name not in names]
    return inspect.Signature([*own, *common, _keyword("object")])


def _either_signature(target: Any) -> inspect.Signature:
    own = _named(list(inspect.signature(target).parameters.values()))
    return inspect.Signature([*own, _keyword("y_true"), _keyword("y_pred")])


def _keyword(name: str) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None)


def _docstring(row: Row, target: Any) -> str:
    paths = " or ".join(f"`{path}`" for path in row.targets)
    return "\n\n".join(
        [
            f"{_SUMMARIES[row.first]} {paths}.",
            f"R: `{row.name}({row.r_formals})` of keras3. What follows is the help of "
            f"`{row.targets[0]}`.",
            inspect.getdoc(target) or "",
        ]
    )


_SUMMARIES = {
    First.LAYER: "Make the layer, and apply it to `object` if there is one:",
    First.MERGE: "Make the merging layer, and apply it to tensors if there are any:",
    First.OBJECT: "Make the object:",
    First.FUNCTION: "Call the function:",
    First.APPLICATION: "Make the model:",
    First.EITHER: "Make the object, or with `y_true` and `y_pred` call the function:",
}

_KINDS: dict[First, tuple[Callable[..., Any], Callable[[Any], inspect.Signature]]] = {
    First.LAYER: (_layer, _layer_signature),
    First.MERGE: (_layer, _layer_signature),
    First.OBJECT: (_object, _target_signature),
    First.FUNCTION: (_object, _target_signature),
    First.APPLICATION: (_application, _target_signature),
    First.EITHER: (_either, _either_signature),
}
