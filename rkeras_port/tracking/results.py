"""What a binary classifier's scores are worth: tables and pictures of them."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from rkeras_port.errors import ArgumentError

if TYPE_CHECKING:
    import pandas as pd
    from plotnine import ggplot

_COLOURS = ("#0072B2", "#D55E00")

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
    >>> scores.confusion_matrix()
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

    @property
    def auc(self) -> float:
        """Area under the ROC curve: how often a 1 scores higher than a 0."""
        from sklearn.metrics import roc_auc_score

        return float(roc_auc_score(self.labels, self.scores))

    @property
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

    def plot_confusion_matrix(self) -> ggplot:
        """Draw the confusion matrix, with counts and shares of each true class."""
        import plotnine as p9

        counts = self.confusion_matrix()
        counts.columns = ["0", "1"]
        cells = counts.reset_index().melt("truth", var_name="predicted")
        of_class = cells.groupby("truth")["value"].transform("sum")
        cells["share"] = cells["value"] / of_class
        cells["text"] = [
            f"{count:,}\n{share:.1%}"
            for count, share in zip(cells["value"], cells["share"], strict=True)
        ]
        cells["truth"] = cells["truth"].astype(str)
        return (
            p9.ggplot(cells, p9.aes("predicted", "truth", fill="share"))
            + p9.geom_tile(color="white")
            + p9.geom_text(p9.aes(label="text"), size=13)
            + p9.scale_fill_gradient("#FFFFFF", "#56B4E9", limits=(0, 1))
            + p9.scale_y_discrete(limits=["1", "0"])
            + p9.theme_minimal(base_size=11)
            + p9.theme(
                figure_size=(4, 3.6),
                legend_position="none",
                panel_grid=p9.element_blank(),
            )
        )

    def plot_curves(self) -> ggplot:
        """Draw the ROC and the precision-recall curve with the areas under them."""
        import pandas as pd
        import plotnine as p9

        titles = {
            "roc": f"ROC, area {self.auc:.4f}\n(true against false positive rate)",
            "precision_recall": f"Precision-recall, area {self.average_precision:.4f}"
            "\n(precision against recall)",
        }
        curves = self.curves()
        curves["curve"] = pd.Categorical(
            [titles[name] for name in curves["curve"]], list(titles.values())
        )
        return (
            p9.ggplot(curves, p9.aes("x", "y"))
            + p9.geom_path(color=_COLOURS[0], size=0.9)
            + p9.facet_wrap("curve")
            + p9.coord_cartesian(xlim=(0, 1), ylim=(0, 1))
            + p9.labs(x="", y="")
            + p9.theme_bw(base_size=11)
            + p9.theme(figure_size=(7, 3.6), panel_grid_minor=p9.element_blank())
        )

    def plot_scores(self) -> ggplot:
        """Draw how the scores of either class are distributed."""
        import pandas as pd
        import plotnine as p9

        # Counted here: a bar per bin and class is all that is to be drawn.
        edges = np.linspace(0, 1, 31)
        middles = (edges[1:] + edges[:-1]) / 2
        frame = pd.concat(
            pd.DataFrame(
                {
                    "score": middles,
                    "reviews": np.histogram(self.scores[self.labels == one], edges)[0],
                    "class": f"label {one}",
                }
            )
            for one in (0, 1)
        )
        return (
            p9.ggplot(frame, p9.aes("score", "reviews", fill="class"))
            + p9.geom_col(position="identity", alpha=0.6, width=1 / 30)
            + p9.scale_fill_manual(list(_COLOURS))
            + p9.labs(x="predicted probability", y="samples")
            + p9.theme_bw(base_size=11)
            + p9.theme(
                figure_size=(6, 3.2),
                legend_position="top",
                legend_title=p9.element_blank(),
                panel_grid_minor=p9.element_blank(),
            )
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


def picture(figure: ggplot, dpi: int = 100) -> bytes:
    """Return a plot as a PNG file's content."""
    import warnings

    from plotnine.exceptions import PlotnineWarning

    buffer = io.BytesIO()
    with warnings.catch_warnings():
        # After one epoch there is a point and no line, which plotnine finds odd.
        warnings.simplefilter("ignore", PlotnineWarning)
        figure.save(buffer, format="png", dpi=dpi, verbose=False)
    return buffer.getvalue()


def binary_scores(labels: Any, scores: Any) -> BinaryScores | None:
    """Return the scores of a binary classifier, or None for any other model."""
    if labels is None or getattr(scores, "ndim", 0) not in (1, 2):
        return None
    try:
        return BinaryScores.of(labels, scores)
    except (ArgumentError, TypeError, ValueError):
        return None
