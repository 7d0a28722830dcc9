"""What a binary classifier's scores are worth: tables and pictures of them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rkeras_port.errors import ArgumentError

if TYPE_CHECKING:
    import pandas as pd

    from .pictures import Picture

#: Samples that a model is called with at once.
_BATCH = 512

#: Values of data up to which a model is called with dense batches directly; for more,
#: a graph, or sparse rows, are worth being made.
_DIRECTLY = 1 << 28

#: Points of a curve that is drawn or written down; more cannot be seen.
_POINTS = 500


@dataclass(frozen=True, eq=False)
class BinaryScores:
    """Labels, and the probabilities that a classifier gave them.

    Attributes
    ----------
    labels : ndarray of int, shape (n_samples,)
        0 or 1, both of which occur.
    scores : ndarray of float, shape (n_samples,)
        Probability of 1.

    Examples
    --------
    >>> scores = BinaryScores.of([0, 0, 1, 1], [0.1, 0.6, 0.4, 0.9])
    >>> scores.confusion_matrix()  # doctest: +NORMALIZE_WHITESPACE
           predicted_0  predicted_1
    truth
    0                1            1
    1                1            1
    >>> scores.auc
    0.75
    """

    labels: NDArray[np.int64]
    scores: NDArray[np.float64]

    @classmethod
    def of(cls, labels: ArrayLike, scores: ArrayLike) -> Self:
        """Take labels and scores of any shape with one value per sample.

        Raises
        ------
        ArgumentError
            If they differ in length, or the labels are not 0 and 1, both of them.
        """
        flat, given = np.ravel(np.asarray(labels)), np.ravel(np.asarray(scores))
        found = set(np.unique(flat).tolist())
        if len(flat) != len(given) or found != {0, 1}:
            raise ArgumentError(
                "BinaryScores.of",
                "labels",
                "must be 0 and 1, both of them, one for each score",
                received=f"{len(flat)} labels (such as {sorted(found)[:5]}), "
                f"{len(given)} scores",
            )
        return cls(flat.astype(np.int64), given.astype(np.float64))

    def confusion_matrix(self) -> pd.DataFrame:
        """Return how often each class was taken for each, with 0.5 as the border.

        Returns
        -------
        pandas.DataFrame
            A row per true class, a column per predicted one.
        """
        import pandas as pd

        predicted = (self.scores > 0.5).astype(int)
        counts = np.bincount(2 * self.labels + predicted, minlength=4).reshape(2, 2)
        return pd.DataFrame(
            counts,
            index=pd.Index([0, 1], name="truth"),
            columns=["predicted_0", "predicted_1"],
        )

    @cached_property
    def auc(self) -> float:
        """Area under the ROC curve: how often a 1 scores higher than a 0."""
        from sklearn.metrics import roc_auc_score

        return float(roc_auc_score(self.labels, self.scores))

    @cached_property
    def average_precision(self) -> float:
        """Area under the precision-recall curve, as a sum of steps."""
        from sklearn.metrics import average_precision_score

        return float(average_precision_score(self.labels, self.scores))

    def summary(self) -> dict[str, float]:
        """Return the figures by name: auc, average_precision, precision, recall, f1."""
        (_, false_positive), (false_negative, true_positive) = (
            self.confusion_matrix().to_numpy().tolist()
        )
        called, real = true_positive + false_positive, true_positive + false_negative
        precision = true_positive / called if called else 0.0
        recall = true_positive / real
        both = precision + recall
        return {
            "auc": self.auc,
            "average_precision": self.average_precision,
            "precision": precision,
            "recall": recall,
            "f1": 2 * precision * recall / both if both else 0.0,
        }

    def curves(self) -> pd.DataFrame:
        """Return the ROC and the precision-recall curve, at most 500 points each.

        Returns
        -------
        pandas.DataFrame
            Columns ``curve``, ``x``, ``y``, ``threshold``: false against true positive
            rate, and recall against precision.
        """
        import pandas as pd
        from sklearn.metrics import precision_recall_curve, roc_curve

        false, true, at = roc_curve(self.labels, self.scores)
        precision, recall, from_ = precision_recall_curve(self.labels, self.scores)
        return pd.concat(
            [
                _thinned("roc", false, true, at),
                _thinned("precision_recall", recall, precision, [*from_, np.inf]),
            ],
            ignore_index=True,
        )

    # Pictures -------------------------------------------------------------------------

    def plot_confusion_matrix(self) -> Picture:
        """Draw the confusion matrix, with counts and shares of each true class."""
        from .pictures import confusion_picture

        return confusion_picture(self.confusion_matrix().to_numpy())

    def plot_curves(self) -> Picture:
        """Draw the ROC and the precision-recall curve with the areas under them."""
        from .pictures import curves_picture

        titles = {
            "roc": f"ROC, area {self.auc:.4f}\n(true against false positive rate)",
            "precision_recall": f"Precision-recall, area {self.average_precision:.4f}"
            "\n(precision against recall)",
        }
        curves = self.curves()
        points = [curves.loc[curves["curve"] == name, ["x", "y"]] for name in titles]
        return curves_picture(
            [one.to_numpy().T for one in points], list(titles.values())
        )

    def plot_scores(self) -> Picture:
        """Draw how the scores of either class are distributed."""
        from .pictures import histogram_picture

        edges = np.linspace(0, 1, 31)
        return histogram_picture(
            edges,
            {
                f"label {one}": np.histogram(self.scores[self.labels == one], edges)[0]
                for one in (0, 1)
            },
        )


def _thinned(
    curve: str, x: Sequence[float], y: Sequence[float], at: Sequence[float]
) -> pd.DataFrame:
    import pandas as pd

    kept = np.unique(np.linspace(0, len(x) - 1, min(len(x), _POINTS)).astype(int))
    return pd.DataFrame(
        {
            "curve": curve,
            "x": np.asarray(x)[kept],
            "y": np.asarray(y)[kept],
            "threshold": np.asarray(at)[kept],
        }
    )


def binary_scores(labels: Any, scores: Any) -> BinaryScores | None:
    """Return the scores of a binary classifier, or None for any other model."""
    if labels is None or getattr(scores, "ndim", 0) not in (1, 2):
        return None
    try:
        return BinaryScores.of(labels, scores)
    except (ArgumentError, TypeError, ValueError):
        return None


def outputs(model: Any, x: Any) -> Any:
    """Return what a model gives for data.

    Keras's `predict` makes a graph first, which takes longer than the small networks
    themselves, so that they are called directly.

    Parameters
    ----------
    model : keras.Model
    x : array or SciPy sparse matrix, shape (n_samples, ...), or what `predict` takes

    Returns
    -------
    ndarray, shape (n_samples, n_outputs)
    """
    from rkeras_port._keras import keras
    from rkeras_port.sparse_feed import feeding

    if (
        keras.backend.backend() == "torch"  # would keep what gradients need
        or getattr(model, "predict_function", None) is not None
        or not (isinstance(x, np.ndarray) or hasattr(x, "tocsr"))
        or not 0 < np.prod(x.shape, dtype=float) <= _DIRECTLY
    ):
        arguments = {"x": x, "batch_size": _BATCH, "verbose": 0}
        with feeding(model, "predict", arguments) as fed:
            return model.predict(**fed)
    made = (model(batch, training=False) for batch in _batches(x))
    return np.concatenate([keras.ops.convert_to_numpy(one) for one in made])


def _batches(x: Any) -> Iterator[np.ndarray]:
    """Yield dense batches, those of a sparse matrix in the same memory."""
    starts = range(0, x.shape[0], _BATCH)
    if isinstance(x, np.ndarray):
        yield from (x[start : start + _BATCH] for start in starts)
        return
    matrix = x.tocsr()
    memory = np.empty((_BATCH, x.shape[1]), x.dtype)
    for start in starts:
        rows = matrix[start : start + _BATCH]
        yield rows.toarray(out=memory[: rows.shape[0]])
