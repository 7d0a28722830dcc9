"""What the seven steps compute: reviews, networks, histories, verdicts."""

from __future__ import annotations

import inspect
import textwrap
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from rkeras_port import (
    callback_lambda,
    clear_session,
    compile,
    count_params,
    dataset_imdb,
    dataset_imdb_word_index,
    decode_review,
    encode_review,
    evaluate,
    fit,
    keras_model_sequential,
    layer_dense,
    layer_dropout,
    load_model,
    predict,
    save_model,
    set_random_seed,
    vectorize_sequences,
)
from rkeras_port.errors import ArgumentError, did_you_mean

if TYPE_CHECKING:
    from keras import Sequential
    from scipy.sparse import csr_matrix

    from rkeras_port.datasets import Dataset
    from rkeras_port.history import NamedMetrics, TrainingHistory

WORDS = 10_000
BATCH_SIZE = 512
RETRAINING_EPOCHS = 4

#: What is called with the epoch (from 1) and its metrics, after each epoch.
Watcher = Callable[[int, dict[str, float]], None]


# 1. Prepare ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Reviews:
    """Reviews as multi-hot matrices of `WORDS` columns, with their labels.

    Attributes
    ----------
    origin : str
        Where they come from, to be put into a sentence.
    own_split : bool
        Whether the split into training and test is not the official one.
    imdb : Dataset
        The sequences of word indices.
    word_index : dict of str to int
        Rank by word.
    x_train, x_test : scipy.sparse.csr_matrix of float32
    y_train, y_test : ndarray of float32
        0 or 1.
    """

    origin: str
    own_split: bool
    imdb: Dataset
    word_index: dict[str, int]
    x_train: csr_matrix
    y_train: NDArray[np.float32]
    x_test: csr_matrix
    y_test: NDArray[np.float32]

    @property
    def held_out(self) -> int:
        """How many of the training reviews, from the first, are for validation."""
        return min(10_000, len(self.y_train) // 2)


def prepare(data: str) -> Reviews:
    """Load the reviews that `data` names and encode them.

    Parameters
    ----------
    data : str
        "bundled", "download", or the path of a file in the layout of Keras's
        ``imdb.npz``. An ``imdb_word_index.json`` beside it is its word index; else
        Keras's is taken.

    Raises
    ------
    ArgumentError
        If `data` is none of these, or a file in another layout.
    DataUnavailableError, MissingDependencyError
        As `dataset_imdb`.
    """
    index = word_index(data)
    imdb, origin = load(data)
    return Reviews(
        origin,
        data == "bundled",
        imdb,
        index,
        vectorize_sequences(imdb.train.x, dimension=WORDS),
        imdb.train.y.astype("float32"),
        vectorize_sequences(imdb.test.x, dimension=WORDS),
        imdb.test.y.astype("float32"),
    )


def load(data: str) -> tuple[Dataset, str]:
    """Return the reviews that `data` names, and their origin, for a sentence.

    Raises
    ------
    ArgumentError, DataUnavailableError, MissingDependencyError
        As `prepare`.
    """
    if data == "bundled":
        imdb = dataset_imdb(num_words=WORDS, source="bundled")
        return imdb, (
            "the 25,000 official training reviews, split by this package "
            "(not the official split)"
        )
    if data == "download":
        imdb = dataset_imdb(num_words=WORDS)
        return imdb, "Keras's IMDB data, in their official split"
    _check_file(data)
    return dataset_imdb(data, num_words=WORDS), f"the file {Path(data).name}"


def word_index(data: str) -> dict[str, int]:
    """Return the rank of each word of the reviews that `data` names.

    Raises
    ------
    ArgumentError, DataUnavailableError, MissingDependencyError
        As `prepare`.
    """
    if data == "bundled":
        return dataset_imdb_word_index(source="bundled")
    if data == "download":
        return dataset_imdb_word_index()
    _check_file(data)
    beside = Path(data).with_name("imdb_word_index.json")
    return dataset_imdb_word_index(beside if beside.is_file() else None)


def _check_file(data: str) -> None:
    if not Path(data).is_file():
        raise ArgumentError(
            "demo",
            "data",
            "must be 'bundled', 'download' or an existing file",
            received=repr(data),
            remedy=did_you_mean(data, ["bundled", "download"]),
        )


# 2. Construct -------------------------------------------------------------------------


def start_afresh(seed: int) -> None:
    """Make the next network the same each time: its layers' names and its weights."""
    clear_session()
    set_random_seed(seed)


def network() -> Sequential:
    """Return the network of the workflow, compiled."""
    return (
        keras_model_sequential(input_shape=WORDS)
        >> layer_dense(units=16, activation="relu")
        >> layer_dense(units=16, activation="relu")
        >> layer_dense(units=1, activation="sigmoid")
        >> compile(
            optimizer="rmsprop",
            loss="binary_crossentropy",
            metrics="accuracy",
        )
    )


def network_with_dropout() -> Sequential:
    """Return the same network with half of the hidden units dropped in training."""
    return (
        keras_model_sequential(input_shape=WORDS)
        >> layer_dense(units=16, activation="relu")
        >> layer_dropout(rate=0.5)
        >> layer_dense(units=16, activation="relu")
        >> layer_dropout(rate=0.5)
        >> layer_dense(units=1, activation="sigmoid")
        >> compile(
            optimizer="rmsprop",
            loss="binary_crossentropy",
            metrics="accuracy",
        )
    )


@dataclass(frozen=True)
class Layer:
    """A dense layer as a row of a table; `sum` is how its parameters add up."""

    name: str
    activation: str
    sum: str
    parameters: int


def layers(model: Sequential) -> list[Layer]:
    """Return a row for each layer of a network of dense layers."""
    rows = []
    for layer in model.layers:
        inputs, units = layer.kernel.shape
        rows.append(
            Layer(
                layer.name,
                layer.activation.__name__,
                f"{inputs:,} · {units} + {units}",
                count_params(layer),
            )
        )
    return rows


def code(function: Callable[[], Sequential]) -> str:
    """Return the lines of Python that build a network, as they stand here."""
    _, _, returned = inspect.getsource(function).partition("    return ")
    code = textwrap.dedent(f"    {returned}").strip().replace("WORDS", str(WORDS))
    return f"model = {code}"


# 3, 4, 6. Train -----------------------------------------------------------------------


def train_with_validation(
    build: Callable[[], Sequential],
    reviews: Reviews,
    *,
    epochs: int,
    seed: int,
    watch: Watcher,
) -> TrainingHistory:
    """Train a new network on all but the held-out reviews, and validate on those."""
    start_afresh(seed)
    held_out = reviews.held_out
    return build() >> fit(
        reviews.x_train[held_out:],
        reviews.y_train[held_out:],
        epochs=epochs,
        batch_size=BATCH_SIZE,
        validation_data=(reviews.x_train[:held_out], reviews.y_train[:held_out]),
        callbacks=_calling(watch),
        verbose=0,
    )


def train_on_all(
    reviews: Reviews, *, epochs: int, seed: int, watch: Watcher
) -> Sequential:
    """Return a new network, trained on all training reviews."""
    start_afresh(seed)
    model = network()
    model >> fit(
        reviews.x_train,
        reviews.y_train,
        epochs=epochs,
        batch_size=BATCH_SIZE,
        callbacks=_calling(watch),
        verbose=0,
    )
    return model


def _calling(watch: Watcher) -> Any:
    return callback_lambda(on_epoch_end=lambda epoch, logs: watch(epoch + 1, logs))


def evaluate_on_test(model: Sequential, reviews: Reviews) -> NamedMetrics:
    """Return loss and accuracy on the test reviews."""
    return model >> evaluate(reviews.x_test, reviews.y_test, batch_size=BATCH_SIZE)


# 5. Predict ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Verdict:
    """What the network says about one review.

    Attributes
    ----------
    beginning : str
        The review's first words.
    probability : float
        Of being positive.
    truth : bool, optional
        Whether it is positive, where that is known.
    words, unknown_words : int
        Of a typed review: how many it has, and how many of them the network does not
        know.
    """

    beginning: str
    probability: float
    truth: bool | None = None
    words: int = 0
    unknown_words: int = 0

    @property
    def positive(self) -> bool:
        """What the network takes it for."""
        return self.probability > 0.5

    @property
    def right(self) -> bool | None:
        """Whether that is true, where it is known."""
        return None if self.truth is None else self.positive == self.truth


def judge_test_reviews(model: Sequential, reviews: Reviews) -> list[Verdict]:
    """Judge the first ten test reviews."""
    probabilities = model >> predict(reviews.x_test[:10])
    return [
        Verdict(
            # Without the start mark; some forty words are more than any screen shows.
            decode_review(sequence[1:40], reviews.word_index),
            float(probability),
            bool(label),
        )
        for sequence, label, probability in zip(
            reviews.imdb.test.x, reviews.y_test, probabilities[:, 0], strict=False
        )
    ]


def judge_typed_reviews(
    model: Sequential, texts: Sequence[str], word_index: dict[str, int]
) -> list[Verdict]:
    """Judge reviews in plain English."""
    sequences = [encode_review(text, word_index, num_words=WORDS) for text in texts]
    probabilities = model >> predict(vectorize_sequences(sequences, dimension=WORDS))
    return [
        Verdict(
            " ".join(text.split()),
            float(probability),
            # The start mark, 1, is no word; 2 stands for those left out.
            words=len(sequence) - 1,
            unknown_words=sequence.count(2),
        )
        for text, sequence, probability in zip(
            texts, sequences, probabilities[:, 0], strict=True
        )
    ]


# 7. Save and reload -------------------------------------------------------------------


def save_and_reload(model: Sequential, file: Path, reviews: Reviews) -> float:
    """Return how far apart the predictions of a model and its saved copy are at most.

    All test reviews are predicted.
    """
    model >> save_model(file)
    copies = [one >> predict(reviews.x_test) for one in (model, load_model(file))]
    return float(np.abs(copies[0] - copies[1]).max())
