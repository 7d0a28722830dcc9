"""Build models and look into them: layers, weights, parameter counts."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from ._freed_memory import return_freed_memory
from ._graphs import release_training_graphs
from ._keras import keras
from .catalogue.build import as_shape, unwrap
from .errors import ArgumentError, ArgumentTypeError
from .pipe import verb

if TYPE_CHECKING:
    from keras import Layer, Model, Sequential

L = TypeVar("L", bound="Layer")
M = TypeVar("M", bound="Model")

model_verb = verb(keras.Model, "a model")
layer_verb = verb(keras.Layer, "a model or layer")


def keras_model_sequential(
    input_shape: int | Sequence[int | None] | None = None,
    name: str | None = None,
    *,
    input_dtype: str | None = None,
    input_batch_size: int | None = None,
    input_sparse: bool | None = None,
    input_batch_shape: Sequence[int | None] | None = None,
    input_name: str | None = None,
    input_tensor: Any = None,
    input_optional: bool = False,
    trainable: bool = True,
    layers: Any = (),
) -> Sequential:
    """Start a model that is a linear stack of layers.

    Parameters
    ----------
    input_shape : int or sequence of int, optional
        Shape of one sample, without the batch axis; a number for one dimension.
        Without any ``input_*`` the first layer's `input_shape`, or the first data,
        decide.
    name : str, optional
        Name of the model.
    input_dtype, input_batch_size, input_sparse, input_batch_shape, input_name, \
input_tensor, input_optional
        Passed to `keras.layers.InputLayer`, without the prefix.
    trainable : bool
        Whether the model's weights are trained.
    layers : keras.Layer or list of keras.Layer
        Layers to start with.

    Returns
    -------
    keras.Sequential

    Raises
    ------
    ArgumentTypeError
        If layers are given where the input shape belongs.

    Notes
    -----
    R: `keras_model_sequential()` of keras3. A layer that is piped in changes the
    model **in place**: start each chain with a new model.

    Examples
    --------
    >>> from rkeras_port import layer_dense
    >>> model = keras_model_sequential(input_shape=4) >> layer_dense(2)
    >>> model.count_params()
    10
    """
    layers = list(layers) if isinstance(layers, list | tuple) else [layers]
    if isinstance(input_shape, keras.Layer) or (
        isinstance(input_shape, list | tuple)
        and any(isinstance(item, keras.Layer) for item in input_shape)
    ):
        raise ArgumentTypeError(
            "keras_model_sequential",
            "input_shape",
            "is a shape, not layers",
            remedy="Pass layers by name: keras_model_sequential(layers=[...]).",
        )
    given = {
        "shape": as_shape(input_shape),
        "batch_shape": input_batch_shape,
        "batch_size": input_batch_size,
        "dtype": input_dtype,
        "sparse": input_sparse,
        "name": input_name,
        "input_tensor": input_tensor,
        "optional": input_optional or None,
    }
    given = {key: value for key, value in given.items() if value is not None}
    if given:
        layers.insert(0, keras.layers.InputLayer(**given))
    return keras.Sequential(layers, trainable=trainable, name=name)


def keras_model(inputs: Any, outputs: Any, **kwargs: Any) -> Model:
    """Make a model of symbolic inputs and what was computed from them.

    Parameters
    ----------
    inputs, outputs : KerasTensor, or list or dict of KerasTensor
        Where data come in and go out.
    **kwargs
        Passed to `keras.Model` (``name``, ``trainable``).

    Returns
    -------
    keras.Model

    Notes
    -----
    R: `keras_model()` of keras3; a list of one tensor stands for the tensor.

    Examples
    --------
    >>> from rkeras_port import layer_dense, layer_input
    >>> inputs = layer_input(4)
    >>> keras_model(inputs, inputs >> layer_dense(8) >> layer_dense(1)).count_params()
    49
    """
    return keras.Model(_alone(inputs), _alone(outputs), **kwargs)


def _alone(tensors: Any) -> Any:
    if isinstance(tensors, list | tuple) and len(tensors) == 1:
        return tensors[0]
    return tensors


@verb(keras.Model, "a model", like=keras.Model.summary)
def summary(model: Model, **arguments: Any) -> None:
    """Print the table of a model's layers with shapes and parameter counts.

    Notes
    -----
    R: `summary()` of a keras3 model. The arguments are those of
    `keras.Model.summary`.
    """
    model.summary(**arguments)


@layer_verb
def count_params(object: Layer) -> int:
    """Return the number of parameters of a model or layer.

    Raises
    ------
    ArgumentError
        If it has not been built: its input shape is not known yet.

    Notes
    -----
    R: `count_params()` of keras3.
    """
    if not object.built:
        raise ArgumentError(
            "count_params",
            "object",
            "has no weights yet, because its input shape is not known",
            received=f"{type(object).__name__} {object.name!r}",
            remedy="Give input_shape=, or call it on data first.",
        )
    return int(object.count_params())


@layer_verb
def get_weights(object: Layer, trainable: bool | None = None) -> list[np.ndarray]:
    """Return weights as NumPy arrays.

    Parameters
    ----------
    object : keras.Model or keras.Layer
        What to read.
    trainable : bool, optional
        Only trainable (True) or only non-trainable weights (False).

    Returns
    -------
    list of ndarray
        In the layers' order, kernel before bias.

    Notes
    -----
    R: `get_weights()` of keras3.
    """
    if trainable is None:
        return list(object.get_weights())
    chosen = object.trainable_weights if trainable else object.non_trainable_weights
    return [np.asarray(variable) for variable in chosen]


@layer_verb
def set_weights(object: L, weights: Sequence[Any]) -> L:
    """Set weights in place and return the object.

    Parameters
    ----------
    object : keras.Model or keras.Layer
        What to change.
    weights : sequence of array_like
        As `get_weights` returns them.

    Raises
    ------
    ArgumentError
        If number or shapes do not match; nothing is changed then.

    Notes
    -----
    R: `set_weights()` of keras3.
    """
    arrays = [np.asarray(weight) for weight in weights]
    expected = [tuple(variable.shape) for variable in object.weights]
    received = [array.shape for array in arrays]
    if expected != received:
        raise ArgumentError(
            "set_weights",
            "weights",
            f"must have the shapes {expected}",
            received=str(received),
        )
    object.set_weights(arrays)  # type: ignore[no-untyped-call]
    return object


@model_verb
def get_layer(model: Model, name: str | None = None, index: int | None = None) -> Layer:
    """Return one layer of a model, by name or by its place (from 0).

    Raises
    ------
    ArgumentError
        If there is no such layer.

    Notes
    -----
    R: `get_layer()` of keras3, where `index` counts from 1.
    """
    if (name is None) == (index is None):
        raise ArgumentError("get_layer", "name", "or `index` must be given, not both")
    return _find(model, "get_layer", name if index is None else index)


@model_verb
def pop_layer(model: Model, rebuild: bool = True) -> Layer:
    """Remove the last layer of a Sequential model, in place, and return the layer.

    Notes
    -----
    R: `pop_layer()` of keras3.
    """
    if not isinstance(model, keras.Sequential):
        raise ArgumentTypeError(
            "pop_layer",
            "object",
            "must be a Sequential model",
            received=type(model).__name__,
        )
    if not model.layers:
        raise ArgumentError("pop_layer", "object", "has no layers")
    return model.pop(rebuild=rebuild)


@layer_verb
def freeze_weights(
    object: L, from_: Any = None, to: Any = None, which: Any = None
) -> L:
    """Make layers keep their weights in training, in place.

    Parameters
    ----------
    object : keras.Model or keras.Layer
        What to freeze. All of it, if no layers are chosen.
    from_, to : str, int or keras.Layer, optional
        First and last layer, both included; numbers count from 0.
    which : str, int, keras.Layer, list of those, or callable, optional
        The layers themselves, or a function that is true for them.

    Returns
    -------
    keras.Model or keras.Layer
        The object. Compile it again before training goes on.

    Notes
    -----
    R: `freeze_weights()` of keras3, where numbers count from 1.
    """
    return _set_trainable("freeze_weights", object, False, from_, to, which)


@layer_verb
def unfreeze_weights(
    object: L, from_: Any = None, to: Any = None, which: Any = None
) -> L:
    """Make layers trainable again, in place: the reverse of `freeze_weights`.

    Notes
    -----
    R: `unfreeze_weights()` of keras3.
    """
    return _set_trainable("unfreeze_weights", object, True, from_, to, which)


def _set_trainable(
    function: str, object: Any, value: bool, from_: Any, to: Any, which: Any
) -> Any:
    if from_ is None and to is None and which is None:
        object.trainable = value
        return object
    for layer in _choose(function, object, from_, to, which):
        layer.trainable = value
    if value and not object.trainable:
        # A frozen model hides its layers' weights. Thawing it thaws every layer,
        # so each one's own state is put back.
        states = [layer.trainable for layer in object.layers]
        object.trainable = True
        for layer, state in zip(object.layers, states, strict=True):
            layer.trainable = state
    return object


def _choose(
    function: str, model: Any, from_: Any, to: Any, which: Any
) -> Iterable[Any]:
    layers = list(model.layers)
    if which is None:
        first = 0 if from_ is None else layers.index(_find(model, function, from_))
        last = len(layers) - 1
        if to is not None:
            last = layers.index(_find(model, function, to))
        if first > last:
            raise ArgumentError(
                function, "from_", "comes after `to`", received=f"{from_!r}, {to!r}"
            )
        return layers[first : last + 1]
    if from_ is not None or to is not None:
        raise ArgumentError(function, "which", "cannot be combined with `from_`, `to`")
    if isinstance(which, Callable) and not isinstance(which, keras.Layer):  # type: ignore[arg-type]
        return [layer for layer in layers if which(layer)]
    wanted = which if isinstance(which, list | tuple | range) else [which]
    return [_find(model, function, one) for one in wanted]


def _find(model: Any, function: str, layer: Any) -> Any:
    """Return the layer that a name, a place or the layer itself stands for."""
    layers = list(model.layers)
    names = [one.name for one in layers]
    if isinstance(layer, keras.Layer) and any(layer is one for one in layers):
        return layer
    if isinstance(layer, str) and layer in names:
        return layers[names.index(layer)]
    if isinstance(layer, int | np.integer) and -len(layers) <= layer < len(layers):
        return layers[layer]
    raise ArgumentError(
        function,
        "object",
        f"has the layers {names}, counted from 0",
        received=repr(layer) if isinstance(layer, str | int) else type(layer).__name__,
    )


@verb(keras.Model, "a model", like=keras.models.clone_model)
def clone_model(model: M, **arguments: Any) -> M:
    """Return a new model of the same architecture with new weights, not compiled.

    Notes
    -----
    R: `clone_model()` of keras3. The arguments are those of
    `keras.models.clone_model`.
    """
    return keras.models.clone_model(model, **unwrap(arguments))


def set_random_seed(seed: int) -> None:
    """Seed Python's, NumPy's and the backend's random numbers.

    Parameters
    ----------
    seed : int
        From 0 to 2**32 - 1.

    Notes
    -----
    R: `set_random_seed()` of keras3, which also seeds R.
    """
    if not isinstance(seed, int | np.integer) or not 0 <= seed < 2**32:
        raise ArgumentError(
            "set_random_seed",
            "seed",
            "must be a whole number from 0 to 4294967295",
            received=repr(seed),
        )
    keras.utils.set_random_seed(int(seed))


def clear_session(free_memory: bool = True) -> None:
    """Forget Keras's global state: automatic layer names start afresh.

    Parameters
    ----------
    free_memory : bool
        Collect garbage, and give the memory of dropped models back to the system.

    Notes
    -----
    R: `clear_session()` of keras3.
    """
    release_training_graphs()
    keras.utils.clear_session(free_memory=free_memory)
    if free_memory:
        return_freed_memory()
