"""Models of `keras.applications`: which function made them, and what goes with it."""

from __future__ import annotations

from typing import Any
from weakref import WeakKeyDictionary

import numpy as np
import pandas as pd

from rkeras_port._keras import keras
from rkeras_port.errors import ArgumentError

#: The module of `keras.applications` that each model comes from.
_modules: WeakKeyDictionary[Any, str] = WeakKeyDictionary()


def made_by(model: Any, function: Any) -> Any:
    """Note by which function of `keras.applications` a model was made; return it."""
    _modules[model] = function.__module__.rpartition(".")[2]
    return model


def _module(function: str, model: Any) -> Any:
    """Return the module of `keras.applications` that a model comes from.

    Raises
    ------
    ArgumentError
        If the model was not made by one of the ``application_*()`` functions.
    """
    if model not in _modules:
        raise ArgumentError(
            function,
            "model",
            "must be a model made by an application_*() function in this session",
            received=type(model).__name__,
        )
    return getattr(keras.applications, _modules[model])


def application_preprocess_inputs(
    model: Any, x: Any, data_format: str | None = None
) -> Any:
    """Scale images as a model of `keras.applications` was trained on them.

    R: `application_preprocess_inputs()` of keras3.

    Parameters
    ----------
    model : keras.Model
        Made by one of the ``application_*()`` functions in this session.
    x : ndarray or tensor, shape (n_images, height, width, 3)
        Images with values from 0 to 255. They are not changed in place.
    data_format : str, optional
        "channels_last" or "channels_first"; by default Keras's setting.

    Returns
    -------
    ndarray or tensor
        Of the shape of `x`, for `predict`.

    Raises
    ------
    ArgumentError
        If another function made the model.
    """
    module = _module("application_preprocess_inputs", model)
    if isinstance(x, np.ndarray):
        x = np.array(x, dtype=keras.config.floatx())
    return module.preprocess_input(x, data_format=data_format)


def application_decode_predictions(
    model: Any, preds: Any, top: int = 5
) -> list[pd.DataFrame]:
    """Return the most probable ImageNet classes of each image.

    R: `application_decode_predictions()` of keras3.

    Parameters
    ----------
    model : keras.Model
        Made by one of the ``application_*()`` functions in this session.
    preds : array-like, shape (n_images, 1000)
        What the model predicted.
    top : int
        How many classes to name.

    Returns
    -------
    list of pandas.DataFrame
        One for each image: ``class_name``, ``class_description``, ``score``.

    Raises
    ------
    ArgumentError
        If another function made the model.

    Notes
    -----
    The names of the classes are in a file that Keras downloads when it needs it.
    """
    module = _module("application_decode_predictions", model)
    return _frames(module.decode_predictions(np.asarray(preds), top=top))


def decode_imagenet(preds: Any, top: int = 5) -> list[pd.DataFrame]:
    """Return the `top` ImageNet classes for each row of predictions, for R."""
    tools = keras.applications.imagenet_utils
    return _frames(tools.decode_predictions(np.asarray(preds), top=top))


def _frames(images: list[list[tuple[Any, ...]]]) -> list[pd.DataFrame]:
    names = ["class_name", "class_description", "score"]
    return [pd.DataFrame(image, columns=names) for image in images]
