"""Keras's data sets in R's shape: sequences as lists of integer vectors."""

from __future__ import annotations

import pickle
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

import numpy as np

from rkeras_port.datasets import dataset_imdb
from rkeras_port.errors import ArgumentError, DataUnavailableError

Parts = list[list[Any]]

_UNREADABLE = (
    KeyError, ValueError, EOFError, OSError, zipfile.BadZipFile, pickle.UnpicklingError,
)  # fmt: skip


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
    from rkeras_port._keras import keras

    if name == "imdb":
        return [_part(part.x, part.y, convert) for part in dataset_imdb(**arguments)]
    function = f"dataset_{name}"
    loader = getattr(keras.datasets, name).load_data
    with _files(function, loader, arguments, f"{name}.npz") as wanted:
        train, test = loader(**wanted)
    return [_part(x, y, convert) for x, y in (train, test)]


def word_index(name: str, path: str) -> dict[str, int]:
    """Return the rank of each word of a data set of texts.

    Parameters
    ----------
    name : str
        A module of `keras.datasets`.
    path : str
        Keras's name of the file, or a JSON file, or a pickled dictionary.

    Raises
    ------
    ArgumentError, DataUnavailableError
        As `load`.
    """
    from rkeras_port._keras import keras

    function = f"dataset_{name}_word_index"
    file = Path(path).expanduser()
    if file.suffix == ".pkl" and file.is_file():
        with _explaining(function, file), file.open("rb") as opened:
            return dict(_Plain(opened).load())
    known = f"{name}_word_index.json"
    given = known if path == f"{name}_word_index.pkl" else path
    loader = getattr(keras.datasets, name).get_word_index
    with _files(function, loader, {"path": given}, known) as wanted:
        return dict(loader(**wanted))


class _Plain(pickle.Unpickler):
    """Rebuilds dictionaries, text and numbers, and runs no code of a file's."""

    def find_class(self, module: str, name: str) -> Any:
        raise pickle.UnpicklingError(f"{module}.{name} in a file of plain values")


@contextmanager
def _files(
    function: str, loader: Callable[..., Any], arguments: dict[str, Any], known: str
) -> Iterator[dict[str, Any]]:
    """Give a loader of Keras's its arguments, and its files by `_finder`.

    Keras takes no path any more, and it deletes a file in its cache that is not its own
    when there is no network to get another from.
    """
    given = arguments.get("path", known)
    file = Path(given).expanduser()
    own = file if file.is_file() else None
    if own is None and given != known:
        raise ArgumentError(
            function,
            "path",
            "must be an existing file",
            received=repr(given),
            remedy=f"Leave it out to use Keras's own, {known}.",
        )
    module = sys.modules[loader.__module__]
    finder = _finder(function, module.get_file, own)
    with mock.patch.object(module, "get_file", finder), _explaining(function, own):
        yield arguments


@contextmanager
def _explaining(function: str, file: Path | None) -> Iterator[None]:
    """Say of a user's file that it is unreadable, whatever comes of reading it."""
    try:
        yield
    except (ArgumentError, DataUnavailableError):
        raise
    except _UNREADABLE as error:
        if file is None:
            raise
        raise ArgumentError(
            function,
            "path",
            "cannot be read as what it should be",
            received=f"{file} ({type(error).__name__}: {error})",
        ) from error


def _finder(
    function: str, get_file: Callable[..., str], own: Path | None
) -> Callable[..., str]:
    """Return what takes the place of `keras.utils.get_file`: the user's file first."""

    def find(
        fname: str, origin: str, file_hash: str | None = None, **options: Any
    ) -> str:
        from rkeras_port._keras import keras

        if own is not None:
            return str(own)
        home = Path(keras.src.backend.config.keras_home()).expanduser()
        folder = home / options.get("cache_subdir", "datasets")
        inner = fname.removesuffix("-target")
        if options.get("extract"):
            # Extracted already, by this Keras or, beside the archives, by Keras 2.
            for place in (folder / fname, folder):
                if (place / inner).is_dir():
                    return str(place)
        cached = folder / (f"{fname}_archive" if options.get("extract") else fname)
        valid: Callable[..., bool] = keras.src.utils.file_utils.validate_file
        if cached.is_file() and file_hash and not valid(cached, file_hash):
            raise DataUnavailableError(
                f"{function}(): {cached} is not Keras's file (its hash is another). To "
                f"use it as it is, give path = {str(cached)!r} where the function has "
                "that argument; to download Keras's, move it away."
            )
        try:
            return get_file(fname, origin=origin, file_hash=file_hash, **options)
        # Keras raises plain Exception where the network fails.
        except Exception as error:
            place = folder / inner if options.get("extract") else cached
            raise DataUnavailableError(
                f"{function}(): the data are not in Keras's cache and could not be "
                f"downloaded ({error}). Without network, put "
                f"{'the extracted folder' if options.get('extract') else 'the file'} "
                f"at {place}, or give path = where the function has that argument."
            ) from error

    return find


def _part(x: Any, y: Any, convert: bool) -> list[Any]:
    if convert and getattr(x, "dtype", None) == np.dtype(object):
        return [[list(one) for one in x], _integers(y)]
    return [x, y]


def _integers(y: Any) -> Any:
    """Return 0-based class codes as a plain integer vector."""
    return np.asarray(y).astype(int).tolist()
