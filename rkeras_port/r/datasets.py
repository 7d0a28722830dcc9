"""Keras's data sets in R's shape: sequences as lists of integer vectors."""

from __future__ import annotations

from typing import Any

import numpy as np

from rkeras_port import keras_datasets
from rkeras_port.datasets import dataset_imdb

Parts = list[list[Any]]


def load(name: str, arguments: dict[str, Any], convert: bool = True) -> Parts:
    """Return the training and the test part of one of Keras's data sets.

    Parameters
    ----------
    name : str
        A module of `keras.datasets`.
    arguments : dict
        For its `load_data`, or for `rkeras_port.dataset_imdb`. A `path` that is a
        file is used as it is.
    convert : bool
        Whether sequences become lists; arrays are left to the general conversion.

    Returns
    -------
    list of list
        ``[[x_train, y_train], [x_test, y_test]]``.

    Raises
    ------
    ArgumentError
        If `path` is no file, or holds something else.
    DataUnavailableError
        If the data are neither on this machine nor to be had from the network.
    """
    if name == "imdb":
        data = dataset_imdb(**arguments)
    else:
        data = keras_datasets.load(name, **arguments)
    return [_part(part.x, part.y, convert) for part in data]


def _part(x: Any, y: Any, convert: bool) -> list[Any]:
    if convert and getattr(x, "dtype", None) == np.dtype(object):
        return [[list(one) for one in x], _integers(y)]
    return [x, y]


def _integers(y: Any) -> Any:
    """Return 0-based class codes as a plain integer vector."""
    return np.asarray(y).astype(int).tolist()
