"""What happens when data meet a layer: R's rule for the first argument."""

from __future__ import annotations

from typing import Any

import numpy as np

from rkeras_port._keras import keras
from rkeras_port.errors import ArgumentTypeError

_ATTENTION: Any = (
    keras.layers.MultiHeadAttention,
    keras.layers.GroupQueryAttention,  # type: ignore[attr-defined]
)


def is_data(value: Any) -> bool:
    """Say whether `value` is something a layer can be applied to.

    That is a Sequential model, a symbolic or backend tensor, a NumPy array, or a
    non-empty list or tuple of those. Python numbers and lists of them are not data:
    they are arguments of the layer.
    """
    if isinstance(value, list | tuple):
        return bool(value) and all(is_data(item) for item in value)
    return isinstance(
        value, keras.Sequential | keras.KerasTensor | keras.Variable | np.ndarray
    ) or bool(keras.ops.is_tensor(value))


def compose_layer(layer: Any, object: Any) -> Any:
    """Apply a layer the way R's pipe does.

    Parameters
    ----------
    layer : keras.Layer
        The layer on the right of the pipe.
    object : keras.Sequential, KerasTensor, tensor, ndarray, list of those, or None
        What comes in. A Sequential model gets the layer added **in place**; a list is
        spread over an attention layer's query, value and key.

    Returns
    -------
    keras.Sequential, tensor or keras.Layer
        The same model; or the layer's output; or, without an object, the layer.

    Raises
    ------
    ArgumentTypeError
        If `object` is something that no layer can be applied to.

    Notes
    -----
    R: `create_layer()` of keras3.
    """
    if isinstance(object, keras.Sequential):
        object.add(layer)
        return object
    if is_data(object):
        if isinstance(layer, _ATTENTION) and isinstance(object, list | tuple):
            return layer(*object)
        return layer(object)
    raise ArgumentTypeError(
        type(layer).__name__,
        "object",
        "must be a Sequential model, a tensor, an array or a list of those",
        received="None" if object is None else type(object).__name__,
        remedy=_REMEDIES.get(_kind(object)),
    )


def _kind(object: Any) -> str:
    if object is None:
        return "None"
    if isinstance(object, keras.Model):
        return "model"
    if isinstance(object, keras.Layer):
        return "layer"
    if hasattr(object, "tocsr"):
        return "sparse"
    return "other"


_REMEDIES = {
    "None": "Did an earlier function in the pipe return nothing?",
    "model": "A functional model is finished: pipe its output, model.output >> layer, "
    "and make a new model of the result with keras_model().",
    "layer": "Start the pipe with keras_model_sequential() or layer_input().",
    "sparse": "Give sparse matrices to fit(), evaluate() or predict().",
}
