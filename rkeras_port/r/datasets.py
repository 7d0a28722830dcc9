"""Keras's data sets in R's shape: sequences as lists of integer vectors."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np

from rkeras_port.datasets import dataset_imdb
from rkeras_port.errors import DataUnavailableError

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
    DataUnavailableError
        If the data are neither on this machine nor to be had from the network.
    """
    from rkeras_port._keras import keras

    if "path" in arguments:
        arguments = arguments | {"path": _absolute(arguments["path"])}
    if name == "imdb":
        return [_part(part.x, part.y, convert) for part in dataset_imdb(**arguments)]
    try:
        train, test = getattr(keras.datasets, name).load_data(**arguments)
    except Exception as error:
        if not _is_about_the_network(error):
            raise
        raise _unavailable(name, error) from error
    return [_part(x, y, convert) for x, y in (train, test)]


def word_index(name: str, path: str) -> dict[str, int]:
    """Return the rank of each word of a data set of texts.

    Raises
    ------
    DataUnavailableError
        If the index is neither on this machine nor to be had from the network.
    """
    from rkeras_port._keras import keras

    try:
        index = getattr(keras.datasets, name).get_word_index(_absolute(path))
    except Exception as error:
        if not _is_about_the_network(error):
            raise
        raise _unavailable(name, error) from error
    return dict(index)


def _absolute(path: str) -> str:
    """Return a file's absolute path; Keras looks for other names in its cache."""
    file = Path(path).expanduser()
    return str(file.resolve()) if file.is_file() else path


def _is_about_the_network(error: Exception) -> bool:
    # Keras raises plain Exception where a download fails.
    return "URL fetch failure" in str(error) or isinstance(error, OSError)


def _unavailable(name: str, error: Exception) -> DataUnavailableError:
    return DataUnavailableError(
        f"dataset_{name}(): the data are not in Keras's cache (~/.keras/datasets) and "
        f"could not be downloaded ({error}). Put the file there, or give its place "
        "with path = where the function has that argument."
    )


def _part(x: Any, y: Any, convert: bool) -> list[Any]:
    if convert and getattr(x, "dtype", None) == np.dtype(object):
        return [[list(one) for one in x], _integers(y)]
    return [x, y]


def _integers(y: Any) -> Any:
    """Return 0-based class codes as a plain integer vector."""
    return np.asarray(y).astype(int).tolist()
