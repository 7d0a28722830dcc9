"""What R's training verbs refuse before Keras gets to see it, each with a remedy."""

from __future__ import annotations

import inspect
from typing import Any

import numpy as np

from rkeras_port.errors import ArgumentError, ArgumentTypeError, did_you_mean


def check(model: Any, verb: str, arguments: dict[str, Any]) -> None:
    """Refuse arguments of a training verb that Keras would fail on, or misread.

    Parameters
    ----------
    model : keras.Model
    verb : str
        A method of it that takes data, such as "fit".
    arguments : dict
        What R supplied, by name, converted.

    Raises
    ------
    ArgumentError, ArgumentTypeError
    """
    _check_names(model, verb, arguments)
    if arguments.get("x") is None:
        raise ArgumentError(verb, "x", "must be given: it is the data")
    if arguments.get("batch_size") is not None and _is_dataset(arguments["x"]):
        raise ArgumentError(
            verb,
            "batch_size",
            "is for data that are not batched yet",
            received="a dataset as `x`",
            remedy="Leave it out; dataset_batch() sets it for a dataset.",
        )
    _check_rows(model, verb, arguments["x"])
    share = arguments.get("validation_split")
    if share is not None and not (isinstance(share, int | float) and 0 <= share < 1):
        raise ArgumentError(
            verb,
            "validation_split",
            "must be the share of the rows to hold back, from 0 to below 1",
            received=repr(share),
        )
    if isinstance(arguments.get("validation_data"), np.ndarray):
        raise ArgumentTypeError(
            verb, "validation_data", "must be list(x, y)", received="one array"
        )
    for callback in arguments.get("callbacks") or []:
        _check_callback(verb, callback)
    _check_labels(verb, arguments.get("y"))


def _check_names(model: Any, verb: str, arguments: dict[str, Any]) -> None:
    method = getattr(type(model), verb)
    parameters = dict(inspect.signature(method).parameters)
    more = [n for n, p in parameters.items() if p.kind is p.VAR_KEYWORD]
    if more and not method.__module__.startswith("keras."):
        return
    for name in ("self", *more):
        parameters.pop(name, None)
    for name in arguments:
        if name not in parameters:
            raise ArgumentError(
                verb,
                name,
                f"is not an argument of {verb}()",
                remedy=did_you_mean(name, parameters)
                or "Its arguments are " + ", ".join(parameters) + ".",
            )


def _is_dataset(value: Any) -> bool:
    kinds = (kind.__name__ for kind in type(value).__mro__)
    return "DatasetV2" in kinds


def _check_rows(model: Any, verb: str, x: Any) -> None:
    """Refuse a vector where rows are needed: R drops the axis of a single row."""
    inputs = getattr(model, "inputs", None) or []
    if len(inputs) != 1 or not isinstance(x, np.ndarray) or x.ndim != 1:
        return
    shape = tuple(inputs[0].shape)
    if len(shape) == 2 and shape[1] not in (None, 1):
        raise ArgumentError(
            verb,
            "x",
            f"must have rows of {shape[1]} numbers",
            received=f"a vector of {len(x)}",
            remedy="A row of a matrix stays one with x[i, , drop = FALSE].",
        )


def _check_callback(verb: str, callback: Any) -> None:
    from rkeras_port._keras import keras

    if isinstance(callback, keras.callbacks.Callback):
        return
    made = isinstance(callback, type) and issubclass(callback, keras.callbacks.Callback)
    raise ArgumentTypeError(
        verb,
        "callbacks",
        "must be a callback or a list of them",
        received=f"the class {callback.__name__}" if made else repr(callback)[:40],
        remedy="Call the function that makes it, as in callback_early_stopping()."
        if made
        else "See the callback_*() functions, and Callback() for one of your own.",
    )


def _check_labels(verb: str, y: Any) -> None:
    if isinstance(y, np.ndarray) and y.dtype.kind in "OU" and y.size:
        first = y.ravel()[0]
        if isinstance(first, str):
            raise ArgumentTypeError(
                verb,
                "y",
                "must hold numbers, or be a factor",
                received=f"text, {first!r} first",
                remedy="Write factor(y), whose classes count from 0 in their order.",
            )
