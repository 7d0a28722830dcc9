"""What is wrong with a call to a training verb, said before hours are lost."""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ._keras import keras
from .errors import ArgumentError, ArgumentTypeError, StateError, did_you_mean


def check_compiled(model: Any, function: str) -> None:
    """Refuse a model that was not compiled.

    Raises
    ------
    StateError
        Naming the call that is missing.
    """
    if not model.compiled:
        raise StateError(
            f"{function}(): the model {model.name!r} is not compiled. Write "
            'model >> compile(optimizer="rmsprop", loss=...) before '
            f"{function}()."
        )


def check_strategy(model: Any, function: str) -> None:
    """Refuse to train with TensorFlow over several processes.

    Parameters
    ----------
    model : keras.Model
        Made in the scope of a ``tf.distribute.Strategy``, or not.
    function : str
        The verb, for messages.

    Raises
    ------
    StateError
        If the strategy is one of several workers, such as
        ``tf.distribute.MultiWorkerMirroredStrategy`` where ``TF_CONFIG`` names them.
    """
    strategy = getattr(model, "_distribute_strategy", None)
    if strategy is None:
        return
    name = type(strategy).__name__
    # False where TF_CONFIG names one worker, or is not set: that works.
    if not strategy.extended._in_multi_worker_mode():
        return
    raise StateError(
        f"{function}(): the model was made in the scope of a {name} of several "
        "workers (TF_CONFIG), and Keras 3 cannot train with TensorFlow over several "
        "processes: its steps fail on batches that are spread over workers "
        "(PerReplica). For several processes use with_distribution() with "
        "KERAS_BACKEND=jax, and start them with 'rkeras launch --processes N FILE'; "
        "for several devices of one process tf.distribute.MirroredStrategy()."
    )


#: Names that compile() takes and no registry lists: they depend on the loss.
_METRIC_SHORTHANDS = ("accuracy", "acc", "crossentropy", "ce")


def check_names(arguments: Mapping[str, Any]) -> None:
    """Refuse names of optimizers, losses and metrics that Keras does not know.

    Parameters
    ----------
    arguments : mapping
        The arguments of `compile`.

    Raises
    ------
    ArgumentError
        Names the argument and the closest known names.
    ArgumentTypeError
        If an optimizer's class is given where the optimizer belongs.
    """
    optimizer = arguments.get("optimizer")
    if isinstance(optimizer, type):
        raise ArgumentTypeError(
            "compile",
            "optimizer",
            "must be an optimizer, not its class",
            received=optimizer.__name__,
            remedy="Call it, as in optimizer_rmsprop(learning_rate=0.001).",
        )
    for name in _strings(optimizer):
        _check_name("optimizer", name, keras.optimizers)
    for name in _strings(arguments.get("loss")):
        _check_name("loss", name, keras.losses)
    for argument in ("metrics", "weighted_metrics"):
        for name in _strings(arguments.get(argument)):
            if name not in _METRIC_SHORTHANDS:
                _check_name(argument, name, keras.metrics, _METRIC_SHORTHANDS)


def _strings(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, list | tuple):
        for item in value:
            yield from _strings(item)
    elif isinstance(value, dict):
        yield from _strings(list(value.values()))


def _check_name(
    argument: str, name: str, module: Any, more: tuple[str, ...] = ()
) -> None:
    try:
        module.get(name)
    except ValueError:
        public = [one for one in dir(module) if not one.startswith("_")]
        known = [*more, *(one for one in public if one.islower())]
        if argument == "optimizer":
            known = [one.lower() for one in public if one[0].isupper()]
        hint = did_you_mean(name, known)
        raise ArgumentError(
            "compile",
            argument,
            "is no name that Keras knows",
            received=repr(name),
            remedy=hint or "Known names: " + ", ".join(sorted(known)) + ".",
        ) from None


def check_split(arguments: Mapping[str, Any]) -> None:
    """Refuse a `validation_split` that leaves nothing to train on or is no fraction."""
    split = arguments.get("validation_split")
    if split is None:
        return
    if not isinstance(split, int | float | np.number) or not 0 <= split < 1:
        raise ArgumentError(
            "fit",
            "validation_split",
            "must be a fraction from 0 to below 1",
            received=repr(split),
        )


def check_lengths(function: str, lengths: Mapping[str, int]) -> None:
    """Refuse inputs and targets that differ in their number of rows.

    Parameters
    ----------
    function : str
        The verb, for the message.
    lengths : mapping of str to int
        Number of rows by argument.
    """
    (first, rows), *others = lengths.items()
    for argument, length in others:
        if length != rows:
            raise ArgumentError(
                function,
                argument,
                f"must have as many rows as `{first}`",
                received=f"{length} rows, and {rows} rows in {first}",
            )


def check_labels(model: Any, function: str, argument: str, y: Any) -> None:
    """Refuse labels that a single sigmoid unit cannot learn.

    Labels outside [0, 1] (R's 1 and 2, or -1 and 1) are an error. Values strictly
    between 0 and 1 are a warning: they are read as soft labels.

    Raises
    ------
    ArgumentError
        Names the values received and how to recode them.
    """
    if not isinstance(y, np.ndarray) or not y.size or not _ends_in_one_sigmoid(model):
        return
    low, high = y.min(), y.max()
    if low < 0 or high > 1:
        values = np.unique(y)
        shown = ", ".join(f"{value:g}" for value in values[:5])
        remedy = f"Recode them, as in ({argument} == {high:g}).astype('float32')."
        if values.size > 2:
            remedy = "For several classes, end in as many softmax units."
        raise ArgumentError(
            function,
            argument,
            "must hold the labels 0 and 1, because the last layer is one sigmoid unit",
            received=shown + (", ..." if values.size > 5 else ""),
            remedy=remedy,
        )
    if y.dtype.kind == "f" and ((y > 0) & (y < 1)).any():
        warnings.warn(
            f"{function}(): `{argument}` has values between 0 and 1; they are read as "
            "soft labels of a binary classification",
            stacklevel=2,
        )


def _ends_in_one_sigmoid(model: Any) -> bool:
    layers = getattr(model, "layers", [])
    if not layers or not _is_binary_loss(model.loss):
        return False
    last = layers[-1]
    return (
        getattr(last, "units", None) == 1
        and getattr(last, "activation", None) is keras.activations.sigmoid
    )


def _is_binary_loss(loss: str | Callable[..., Any] | Any) -> bool:
    try:
        name = getattr(keras.losses.get(loss), "__name__", None)
    except (TypeError, ValueError):
        return False
    return name == "binary_crossentropy" or isinstance(
        loss, keras.losses.BinaryCrossentropy
    )
