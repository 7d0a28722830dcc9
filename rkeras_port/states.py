"""The state of layers, metrics and models: vocabularies, statistics, state trees."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar

from ._keras import keras
from .errors import ArgumentTypeError
from .pipe import verb

if TYPE_CHECKING:
    from keras import Layer, Metric, Model

L = TypeVar("L", bound="Layer")
M = TypeVar("M", bound="Model")
S = TypeVar("S", bound="Metric")

layer_verb = verb(keras.Layer, "a layer")
model_verb = verb(keras.Model, "a model")


@layer_verb
def adapt(layer: L, data: Any, **arguments: Any) -> L:
    """Let a preprocessing layer learn its state (a vocabulary, a mean) from data.

    R: `adapt()` of keras3.

    Parameters
    ----------
    object : keras.Layer
        A layer with a method ``adapt``, such as `layer_text_vectorization()`.
    data : array-like or Dataset
        Samples as the layer will see them.
    **arguments
        ``batch_size`` and ``steps``, where the layer takes them.

    Returns
    -------
    keras.Layer
        The same layer.

    Raises
    ------
    ArgumentTypeError
        If the layer learns nothing from data.
    """
    _method("adapt", layer, "adapt")(data, **arguments)
    return layer


@layer_verb
def get_vocabulary(layer: Layer, include_special_tokens: bool = True) -> list[Any]:
    """Return the tokens that a layer knows, in the order of their indices.

    R: `get_vocabulary()` of keras3.

    Raises
    ------
    ArgumentTypeError
        If the layer has no vocabulary.
    """
    found: list[Any] = _method("get_vocabulary", layer, "get_vocabulary")(
        include_special_tokens=include_special_tokens
    )
    return found


@layer_verb
def set_vocabulary(layer: L, vocabulary: Any, idf_weights: Any = None) -> L:
    """Give a layer its tokens, in place; return the same layer.

    R: `set_vocabulary()` of keras3.

    Raises
    ------
    ArgumentTypeError
        If the layer has no vocabulary.
    """
    more = {} if idf_weights is None else {"idf_weights": idf_weights}
    _method("set_vocabulary", layer, "set_vocabulary")(vocabulary, **more)
    return layer


@layer_verb
def quantize_weights(layer: L, mode: str, **arguments: Any) -> L:
    """Store a layer's weights in fewer bits, in place; return the same layer.

    R: `quantize_weights()` of keras3.

    Parameters
    ----------
    object : keras.Layer
        A built layer or model.
    mode : str
        "int8", "int4" or "float8".
    **arguments
        As `keras.Layer.quantize` takes them.
    """
    layer.quantize(mode, **arguments)  # type: ignore[no-untyped-call]
    return layer


@verb(keras.Metric, "a metric")
def reset_state(metric: S) -> S:
    """Set a metric back to where it began, in place; return the same metric.

    R: `reset_state()` of keras3.
    """
    metric.reset_state()  # type: ignore[no-untyped-call]
    return metric


@model_verb
def get_state_tree(
    model: Model, value_format: str = "backend_tensor"
) -> dict[str, Any]:
    """Return all values of a model, by kind, layer and variable.

    R: `get_state_tree()` of keras3.

    Parameters
    ----------
    object : keras.Model
        The model.
    value_format : {"backend_tensor", "numpy_array"}
        What the values are.
    """
    tree: dict[str, Any] = model.get_state_tree(value_format=value_format)
    return tree


@model_verb
def set_state_tree(model: M, state_tree: Mapping[str, Any]) -> M:
    """Set values that `get_state_tree` returned, in place; return the same model.

    R: `set_state_tree()` of keras3.
    """
    model.set_state_tree(state_tree)  # type: ignore[no-untyped-call]
    return model


def _method(function: str, layer: Any, name: str) -> Any:
    found = getattr(layer, name, None)
    if found is None:
        raise ArgumentTypeError(
            function,
            "object",
            f"must be a layer that has a method {name}",
            received=type(layer).__name__,
        )
    return found
