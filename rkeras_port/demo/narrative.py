"""What the figures of a run say, in sentences that are computed from them."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

from rkeras_port.history import TrainingHistory

if TYPE_CHECKING:
    from .steps import Reviews


def percent(fraction: float) -> str:
    """Write a fraction as a percentage with one decimal.

    Examples
    --------
    >>> percent(0.87345)
    '87.3%'
    """
    return f"{100 * fraction:.1f}%"


def shorten(text: str, width: int) -> str:
    """Cut a text to at most `width` characters, after a whole word.

    Examples
    --------
    >>> shorten("a film like no other", 14)
    'a film like …'
    """
    return textwrap.shorten(text, width, placeholder=" …")


def preparation(reviews: Reviews) -> list[str]:
    """Tell what the reviews are and how they were encoded."""
    n_train, n_words = reviews.x_train.shape
    n_test = reviews.x_test.shape[0]
    filled = reviews.x_train.nnz / (n_train * n_words)
    dense, sparse = 4 * n_train * n_words, 8 * reviews.x_train.nnz
    return [
        f"{n_train:,} reviews for training and {n_test:,} for testing: "
        f"{reviews.origin}.",
        f"Each becomes a row of {n_words:,} zeros and ones, one column for each of the "
        "most frequent words.",
        f"{percent(filled)} of the cells are filled, so the rows stay sparse: "
        f"{sparse / 1e6:,.0f} MB instead of {dense / 1e6:,.0f}.",
    ]


@dataclass(frozen=True)
class Course:
    """How a training with validation went: its best epoch against its last one.

    Attributes
    ----------
    best, last : int
        Epoch with the smallest validation loss, and the last epoch, counted from 1.
    loss, val_loss, accuracy, val_accuracy : tuple of float
        Each at the best and at the last epoch.
    """

    best: int
    last: int
    loss: tuple[float, float]
    val_loss: tuple[float, float]
    accuracy: tuple[float, float]
    val_accuracy: tuple[float, float]

    @classmethod
    def of(cls, history: TrainingHistory) -> Self:
        """Read the course of a training from its history.

        Raises
        ------
        ArgumentError
            If the history has no validation loss.

        Examples
        --------
        >>> history = TrainingHistory(
        ...     {"epochs": 3},
        ...     {
        ...         "accuracy": [0.80, 0.90, 0.99],
        ...         "loss": [0.50, 0.25, 0.05],
        ...         "val_accuracy": [0.85, 0.88, 0.87],
        ...         "val_loss": [0.40, 0.30, 0.36],
        ...     },
        ... )
        >>> course = Course.of(history)
        >>> course.best, course.val_loss, course.overfitted
        (2, (0.3, 0.36), True)
        """
        best = history.best_epoch("val_loss")
        ends = {
            name: (history.metrics[name][best - 1], history.metrics[name][-1])
            for name in ("loss", "val_loss", "accuracy", "val_accuracy")
        }
        return cls(best=best, last=len(history.epoch), **ends)

    @property
    def overfitted(self) -> bool:
        """Whether the training loss went on to fall while the validation loss rose."""
        return self.val_loss[1] > self.val_loss[0] and self.loss[1] < self.loss[0]


def overfitting(course: Course) -> list[str]:
    """Tell when validation turned, and how far it came apart from training.

    Examples
    --------
    >>> course = Course(4, 20, (0.2, 0.02), (0.30, 0.60), (0.93, 0.995), (0.88, 0.86))
    >>> for sentence in overfitting(course):
    ...     print(sentence)  # doctest: +NORMALIZE_WHITESPACE
    The validation loss was lowest, 0.300, after epoch 4 of 20; by the end it had
    risen by 100% to 0.600.
    The training loss meanwhile fell from 0.200 to 0.020: the network went on learning
    its training reviews by heart. That is overfitting.
    At the end it is right on 99.5% of the reviews it was trained on and on 86.0% of
    those held out, a gap of 13.5 points; after epoch 4 the gap was 5.0.
    """
    (train, train_end), (held_out, held_out_end) = course.accuracy, course.val_accuracy
    lowest = (
        f"The validation loss was lowest, {course.val_loss[0]:.3f}, after epoch "
        f"{course.best} of {course.last}"
    )
    if not course.overfitted:
        return [
            f"{lowest}.",
            "There is no overfitting to be seen yet: more epochs may still help.",
        ]
    rise = course.val_loss[1] / course.val_loss[0] - 1
    return [
        f"{lowest}; by the end it had risen by {rise:.0%} to {course.val_loss[1]:.3f}.",
        f"The training loss meanwhile fell from {course.loss[0]:.3f} to "
        f"{course.loss[1]:.3f}: the network went on learning its training reviews by "
        "heart. That is overfitting.",
        f"At the end it is right on {percent(train_end)} of the reviews it was trained "
        f"on and on {percent(held_out_end)} of those held out, a gap of "
        f"{100 * (train_end - held_out_end):.1f} points; after epoch {course.best} the "
        f"gap was {100 * (train - held_out):.1f}.",
    ]


def evaluation(test: Mapping[str, float], reviews: Reviews, epochs: int) -> list[str]:
    """Tell how well the retrained network does on the test reviews."""
    n_test = len(reviews.y_test)
    low, high = interval(test["accuracy"], n_test)
    sentences = [
        f"A new network, trained for {epochs} epochs on all {len(reviews.y_train):,} "
        f"training reviews, is right on {percent(test['accuracy'])} of the {n_test:,} "
        f"test reviews (95% interval: {percent(low)} to {percent(high)}).",
    ]
    if reviews.own_split:
        sentences.append(
            "The split is this package's own, with reviews of one film on both sides: "
            "that is no estimate of the accuracy on the official test reviews."
        )
    return sentences


def interval(accuracy: float, n: int) -> tuple[float, float]:
    """Return Wilson's 95% interval of an accuracy that `n` cases have shown.

    Examples
    --------
    >>> low, high = interval(0.9, 100)
    >>> round(low, 3), round(high, 3)
    (0.826, 0.945)
    """
    from scipy.stats import binomtest

    found = binomtest(round(accuracy * n), n).proportion_ci(method="wilson")
    return float(found.low), float(found.high)


def comparison(change: str, changed: Course, plain: Course) -> list[str]:
    """Tell what a change to the network did to the course of its training.

    Examples
    --------
    >>> plain = Course(4, 20, (0.2, 0.0), (0.30, 0.60), (0.9, 1.0), (0.88, 0.86))
    >>> changed = Course(8, 20, (0.3, 0.1), (0.28, 0.40), (0.9, 1.0), (0.89, 0.87))
    >>> for sentence in comparison("dropout", changed, plain):
    ...     print(sentence)  # doctest: +NORMALIZE_WHITESPACE
    With dropout the validation loss is lowest after epoch 8, at 0.280; without it
    after epoch 4, at 0.300.
    After epoch 20 it is 0.400 with dropout, 0.600 without.
    Accuracy on the held-out reviews where the loss is lowest: 89.0% with, 88.0%
    without.
    """
    return [
        f"With {change} the validation loss is lowest after epoch {changed.best}, at "
        f"{changed.val_loss[0]:.3f}; without it after epoch {plain.best}, at "
        f"{plain.val_loss[0]:.3f}.",
        f"After epoch {plain.last} it is {changed.val_loss[1]:.3f} with {change}, "
        f"{plain.val_loss[1]:.3f} without.",
        "Accuracy on the held-out reviews where the loss is lowest: "
        f"{percent(changed.val_accuracy[0])} with, {percent(plain.val_accuracy[0])} "
        "without.",
    ]


def reloading(difference: float, reviews: Reviews) -> str:
    """Tell whether a saved model predicts what the model itself does."""
    same = (
        "the same probabilities, to the last bit"
        if difference == 0
        else f"probabilities that differ by up to {difference:.1g}"
    )
    return (
        f"The model, saved to one file and loaded again, gives {same}, for the "
        f"{len(reviews.y_test):,} test reviews. Plain Keras loads the file as well."
    )
