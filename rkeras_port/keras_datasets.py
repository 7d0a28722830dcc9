"""The data sets of `keras.datasets` in R's nested shape."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ._keras import keras
from .datasets import Dataset, Part
from .errors import DataUnavailableError


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
    DataUnavailableError
        If the data are neither on this machine nor to be had from the network.
    """
    load_data = getattr(keras.datasets, name).load_data
    with _reading(load_data, arguments.get("path")):
        train, test = _fetched(name, load_data, **arguments)
    return Dataset(Part(*train), Part(*test), origin=f"keras.datasets.{name}")


def word_index(name: str, path: str) -> dict[str, int]:
    """Return the rank of each word of a data set of texts.

    Raises
    ------
    DataUnavailableError
        If the index is neither on this machine nor to be had from the network.
    """
    get_word_index = getattr(keras.datasets, name).get_word_index
    with _reading(get_word_index, path):
        return dict(_fetched(name, get_word_index, path))


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


def _fetched(name: str, load: Any, *args: Any, **arguments: Any) -> Any:
    try:
        return load(*args, **arguments)
    except Exception as error:
        if not _is_about_the_network(error):
            raise
        raise DataUnavailableError(
            f"dataset_{name}(): the data are not in Keras's cache (~/.keras/datasets) "
            f"and could not be downloaded ({error}). Put the file there, or give its "
            "place with path = where the function has that argument."
        ) from error


@contextlib.contextmanager
def _reading(function: Any, path: str | None) -> Iterator[None]:
    """Let a function of Keras read the user's file, if there is one of that name.

    Keras takes names in its cache only, and downloads what differs from its own.
    """
    file = Path(path or "").expanduser()
    module = function.__globals__
    get_file = module["get_file"]
    if file.is_file():
        module["get_file"] = lambda *args, **arguments: str(file)
    try:
        yield
    finally:
        module["get_file"] = get_file


def _is_about_the_network(error: Exception) -> bool:
    # Keras raises plain Exception where a download fails.
    return "URL fetch failure" in str(error) or isinstance(error, OSError)
