"""The data sets of `keras.datasets` in R's nested shape."""

from __future__ import annotations

import pickle
import sys
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from ._keras import keras
from .datasets import Dataset, Part
from .errors import ArgumentError, DataUnavailableError

_UNREADABLE = (
    KeyError, ValueError, EOFError, OSError, zipfile.BadZipFile, pickle.UnpicklingError,
)  # fmt: skip


def load(name: str, **arguments: Any) -> Dataset:
    """Return a data set of `keras.datasets`.

    Parameters
    ----------
    name : str
        A module of `keras.datasets`, such as "mnist".
    **arguments
        For its `load_data`. A `path` that is a file is used as it is.

    Raises
    ------
    ArgumentError
        If `path` is no file, or holds something else.
    DataUnavailableError
        If the data are neither on this machine nor to be had from the network.
    """
    loader = getattr(keras.datasets, name).load_data
    with _files(f"dataset_{name}", loader, arguments, f"{name}.npz") as wanted:
        train, test = loader(**wanted)
    return Dataset(Part(*train), Part(*test), origin=f"keras.datasets.{name}")


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


def dataset_mnist(path: str = "mnist.npz") -> Dataset:
    """Return handwritten digits: ``x`` (n, 28, 28) of uint8, ``y`` from 0 to 9.

    R: `dataset_mnist()` of keras3. `path` is a file, or a name in Keras's cache.
    Raises DataUnavailableError where the data cannot be had.
    """
    return load("mnist", path=path)


def dataset_fashion_mnist() -> Dataset:
    """Return pictures of clothes: ``x`` (n, 28, 28) of uint8, ``y`` from 0 to 9.

    R: `dataset_fashion_mnist()` of keras3.
    Raises DataUnavailableError where the data cannot be had.
    """
    return load("fashion_mnist")


def dataset_cifar10() -> Dataset:
    """Return colour pictures: ``x`` (n, 32, 32, 3) of uint8, ``y`` (n, 1), 0 to 9.

    R: `dataset_cifar10()` of keras3.
    Raises DataUnavailableError where the data cannot be had.
    """
    return load("cifar10")


def dataset_cifar100(label_mode: str = "fine") -> Dataset:
    """Return colour pictures of 100 classes, or with "coarse" of 20 groups of them.

    R: `dataset_cifar100()` of keras3. ``x`` is (n, 32, 32, 3) of uint8, ``y`` (n, 1).
    Raises DataUnavailableError where the data cannot be had.
    """
    return load("cifar100", label_mode=label_mode)


def dataset_boston_housing(
    path: str = "boston_housing.npz", test_split: float = 0.2, seed: int = 113
) -> Dataset:
    """Return Boston house prices: ``x`` (n, 13), ``y`` in thousands of dollars.

    R: `dataset_boston_housing()` of keras3.
    Raises DataUnavailableError where the data cannot be had.
    """
    return load("boston_housing", path=path, test_split=test_split, seed=seed)


def dataset_california_housing(
    version: str = "large",
    path: str = "california_housing.npz",
    test_split: float = 0.2,
    seed: int = 113,
) -> Dataset:
    """Return Californian house prices: ``x`` (n, 8), ``y`` in dollars.

    R: `dataset_california_housing()` of keras3. `version` is "large" (20,640 blocks)
    or "small" (600). Raises DataUnavailableError where the data cannot be had.
    """
    return load(
        "california_housing",
        version=version,
        path=path,
        test_split=test_split,
        seed=seed,
    )


def dataset_reuters(
    path: str = "reuters.npz",
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    test_split: float = 0.2,
    seed: int = 113,
    start_char: int = 1,
    oov_char: int = 2,
    index_from: int = 3,
) -> Dataset:
    """Return newswires as sequences of word indices, with one of 46 topics each.

    R: `dataset_reuters()` of keras3. The arguments mean what they mean in
    `dataset_imdb`. Raises DataUnavailableError where the data cannot be had.
    """
    return load(
        "reuters",
        path=path,
        num_words=num_words,
        skip_top=skip_top,
        maxlen=maxlen,
        test_split=test_split,
        seed=seed,
        start_char=start_char,
        oov_char=oov_char,
        index_from=index_from,
    )


def dataset_reuters_word_index(path: str = "reuters_word_index.json") -> dict[str, int]:
    """Return the rank of each word of the newswires, 1 for the most frequent.

    R: `dataset_reuters_word_index()` of keras3.
    Raises DataUnavailableError where the data cannot be had.
    """
    return word_index("reuters", path)


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
