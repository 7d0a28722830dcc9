"""The verbs of training: compile, fit, evaluate, predict, and their one-batch forms."""

from __future__ import annotations

import inspect
import sys
import warnings
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np

from . import checks, inputs, observers, pitfalls
from ._graphs import release_training_graphs
from ._keras import keras
from .catalogue.build import unwrap
from .history import NamedMetrics, TrainingHistory
from .pipe import verb
from .sparse_feed import feeding

if TYPE_CHECKING:
    from keras import Model

M = TypeVar("M", bound="Model")


def _like(method: Callable[..., Any], without: str = "") -> Callable[..., Any]:
    """Return a stand-in with the method's signature, progress and later by keyword.

    What follows `verbose` is given by name: a number in its place in a long list of
    arguments tells a reader nothing.
    """
    signature = inspect.signature(method)
    parameters = [p for name, p in signature.parameters.items() if name != without]
    names = [parameter.name for parameter in parameters]
    start = names.index("verbose") if "verbose" in names else len(names)
    parameters[start:] = [
        p.replace(kind=p.KEYWORD_ONLY) for p in parameters[start:] if p.name != "kwargs"
    ]

    def stand_in() -> None: ...

    stand_in.__signature__ = signature.replace(parameters=parameters)  # type: ignore[attr-defined]
    return stand_in


@verb(keras.Model, "a model", like=keras.Model.compile)
def compile(model: M, **arguments: Any) -> M:
    """Choose optimizer, loss and metrics, in place, and return the model.

    Parameters
    ----------
    object : keras.Model
        The model.
    optimizer : str or keras.Optimizer
        Default "rmsprop".
    loss : str, keras.Loss, callable, or list or dict of those
        Default none: nothing can be trained then.
    metrics : str, keras.Metric, callable, or list or dict of those
        One metric needs no list.
    loss_weights, weighted_metrics, run_eagerly, steps_per_execution, jit_compile, \
auto_scale_loss
        As in `keras.Model.compile`.

    Returns
    -------
    keras.Model
        The same model, so that a pipe can go on.

    Raises
    ------
    ArgumentError
        If a name is none that Keras knows; the message names the closest.

    Notes
    -----
    R: `compile()` of keras3.

    Examples
    --------
    >>> from rkeras_port import keras_model_sequential, layer_dense
    >>> model = (
    ...     keras_model_sequential(input_shape=4)
    ...     >> layer_dense(1, activation="sigmoid")
    ...     >> compile("rmsprop", loss="binary_crossentropy", metrics="accuracy")
    ... )
    >>> model.compiled
    True
    """
    arguments = unwrap(arguments)
    checks.check_names(arguments)
    for argument in {"loss", "metrics", "weighted_metrics"} & arguments.keys():
        arguments[argument] = _made(arguments[argument])
    for argument in ("metrics", "weighted_metrics"):
        value = arguments.get(argument)
        if value is not None and not isinstance(value, list | tuple | dict):
            arguments[argument] = [value]
    model.compile(**arguments)
    pitfalls.check_compile(model)
    return model


def _made(value: Any) -> Any:
    """Make the object of a loss's or metric's class: a class cannot be saved."""
    if isinstance(value, type):
        return value()
    if isinstance(value, list | tuple):
        return [_made(item) for item in value]
    if isinstance(value, dict):
        return {key: _made(item) for key, item in value.items()}
    return value


@verb(keras.Model, "a model", like=_like(keras.Model.fit))
def fit(model: Model, **arguments: Any) -> TrainingHistory:
    """Train a model for a number of epochs.

    Parameters
    ----------
    object : keras.Model
        A compiled model; its weights change in place.
    x : array_like, SciPy sparse, DataFrame, Dataset, generator, list or dict
        Inputs, shape ``(n_samples, n_features)`` for one dense input. Sparse matrices
        of any format stay sparse; a data frame goes in column by column.
    y : array_like
        Targets, shape ``(n_samples,)`` or ``(n_samples, n_outputs)``. A categorical
        goes in as its codes, from 0.
    batch_size : int
        Samples per step, default 32.
    epochs : int
        Passes over the data, default 1.
    verbose : {"auto", 0, 1, 2}
        Silent (0), a progress bar (1) or a line per epoch (2). By default a bar in a
        terminal and lines elsewhere.
    validation_split : float
        Fraction of the data, from the **end** and before shuffling, that is held out:
        ``floor(n * (1 - validation_split))`` rows are trained on. See
        `validation_rows`.
    validation_data : tuple
        ``(x, y)`` or ``(x, y, sample_weight)`` to validate on. It wins over
        `validation_split`, with a warning.
    callbacks, shuffle, class_weight, sample_weight, initial_epoch, steps_per_epoch, \
validation_steps, validation_batch_size, validation_freq
        As in `keras.Model.fit`.

    Returns
    -------
    TrainingHistory
        Loss and metrics of every epoch.

    Raises
    ------
    StateError
        If the model is not compiled.
    ArgumentError, ArgumentTypeError
        If x, y or the validation data cannot be right: lengths that differ, NaN,
        strings, labels that do not fit the last layer. Nothing has been trained then.

    Notes
    -----
    R: `fit()` of keras3.
    """
    checks.check_compiled(model, "fit")
    checks.check_split(arguments)
    if arguments.get("validation_data") is not None and arguments.get(
        "validation_split"
    ):
        warnings.warn(
            "fit(): both validation_data and validation_split were given; "
            "validation_data is used and nothing is split off",
            stacklevel=2,
        )
        del arguments["validation_split"]
    inputs.prepare(model, "fit", arguments)
    _choose_verbose(arguments, elsewhere=2)
    history = train(model, arguments)
    return TrainingHistory.from_keras(
        history, validation_freq=arguments.get("validation_freq", 1)
    )


def train(model: Model, arguments: dict[str, Any]) -> keras.callbacks.History:
    """Call Keras's `fit` as both doors do, with arguments that are checked already.

    Observers hear of it, pitfalls are looked for before and after, sparse inputs are
    fed as rows, and the graph of the training step is let go of.
    """
    arguments = unwrap(arguments)
    observers.fitting(model, arguments)
    try:
        with (
            pitfalls.checking_fit(model, arguments) as trained,
            feeding(model, "fit", arguments) as fed,
        ):
            history = model.fit(**fed)
            trained(history.history)
    finally:
        release_training_graphs()
    return history


@verb(keras.Model, "a model", like=_like(keras.Model.evaluate, "return_dict"))
def evaluate(model: Model, **arguments: Any) -> NamedMetrics:
    """Measure loss and metrics of a compiled model on data.

    Parameters
    ----------
    object : keras.Model
        A compiled model.
    x, y
        As in `fit`.
    batch_size, sample_weight, steps, callbacks, verbose
        As in `keras.Model.evaluate`.

    Returns
    -------
    NamedMetrics
        A dictionary of floats by name that prints as R's named list does.

    Raises
    ------
    StateError, ArgumentError, ArgumentTypeError
        As in `fit`.

    Notes
    -----
    R: `evaluate()` of keras3.
    """
    checks.check_compiled(model, "evaluate")
    inputs.prepare(model, "evaluate", arguments)
    _choose_verbose(arguments, elsewhere=0)
    return NamedMetrics(measure(model, arguments))


def measure(model: Model, arguments: dict[str, Any]) -> dict[str, Any]:
    """Call Keras's `evaluate` as both doors do, with checked arguments.

    Sparse inputs are fed as rows, and observers hear of the result.
    """
    with feeding(model, "evaluate", arguments) as fed:
        results: dict[str, Any] = model.evaluate(**fed, return_dict=True)
    observers.evaluated(model, arguments, results)
    return results


@verb(keras.Model, "a model", like=_like(keras.Model.predict))
def predict(model: Model, **arguments: Any) -> Any:
    """Compute a model's outputs for data.

    Parameters
    ----------
    object : keras.Model
        The model; it need not be compiled.
    x
        As in `fit`.
    batch_size, steps, callbacks, verbose
        As in `keras.Model.predict`.

    Returns
    -------
    ndarray, or list or dict of ndarray
        Shape ``(n_samples, n_outputs)``, float32 unless the model says otherwise.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        If x cannot be right, as in `fit`.

    Notes
    -----
    R: `predict()` of a keras3 model.
    """
    inputs.prepare(model, "predict", arguments)
    _choose_verbose(arguments, elsewhere=0)
    with feeding(model, "predict", arguments) as fed:
        return model.predict(**fed)


@verb(keras.Model, "a model", like=keras.Model.predict_on_batch)
def predict_on_batch(model: Model, **arguments: Any) -> Any:
    """Compute a model's outputs for one batch.

    Returns
    -------
    ndarray, or list or dict of ndarray

    Notes
    -----
    R: `predict_on_batch()` of keras3.
    """
    inputs.prepare(model, "predict_on_batch", arguments, one_batch=True)
    outputs = model.predict_on_batch(**arguments)
    return keras.tree.map_structure(np.asarray, outputs)


@verb(keras.Model, "a model", like=_like(keras.Model.train_on_batch, "return_dict"))
def train_on_batch(model: Model, **arguments: Any) -> NamedMetrics:
    """Do one training step on one batch.

    Returns
    -------
    NamedMetrics
        Loss and metrics so far.

    Notes
    -----
    R: `train_on_batch()` of keras3.
    """
    checks.check_compiled(model, "train_on_batch")
    inputs.prepare(model, "train_on_batch", arguments, one_batch=True)
    return NamedMetrics(model.train_on_batch(**arguments, return_dict=True))


@verb(keras.Model, "a model", like=_like(keras.Model.test_on_batch, "return_dict"))
def test_on_batch(model: Model, **arguments: Any) -> NamedMetrics:
    """Measure loss and metrics on one batch.

    Returns
    -------
    NamedMetrics

    Notes
    -----
    R: `test_on_batch()` of keras3.
    """
    checks.check_compiled(model, "test_on_batch")
    inputs.prepare(model, "test_on_batch", arguments, one_batch=True)
    return NamedMetrics(model.test_on_batch(**arguments, return_dict=True))


def _choose_verbose(arguments: dict[str, Any], elsewhere: int) -> None:
    """Show a progress bar in a terminal, and `elsewhere` what fits a log file."""
    if arguments.get("verbose", "auto") == "auto":
        arguments["verbose"] = 1 if sys.stdout.isatty() else elsewhere
