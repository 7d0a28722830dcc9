"""Pictures of a run, drawn by matplotlib itself: a tenth of what plotnine takes."""

from __future__ import annotations

import io
from collections.abc import Sequence
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from rkeras_port import plots
from rkeras_port.history import TrainingHistory

#: Dots per inch: what a page shows at its natural size.
_DPI = 80

#: Inches that titles and labels take: left, right, below, above, and between axes.
_LEFT, _RIGHT, _BELOW, _ABOVE, _BETWEEN = 0.65, 0.2, 0.55, 0.55, 0.5

_GREY = "#7F7F7F"


class Picture(Figure):
    """A figure that pyplot knows nothing of, and that notebooks show.

    Parameters
    ----------
    width, height : float
        In inches.
    """

    def __init__(self, width: float, height: float) -> None:
        super().__init__(figsize=(width, height), dpi=_DPI)
        FigureCanvasAgg(self)

    def panels(self, rows: int, columns: int = 1) -> list[Axes]:
        """Return axes in a grid, by row, with room around them for text."""
        width, height = self.get_size_inches()
        across, down = width - _LEFT - _RIGHT, height - _BELOW - _ABOVE
        grid = self.subplots(rows, columns, squeeze=False)
        # Set, because asking what every text needs takes longer than drawing it.
        self.subplots_adjust(
            left=_LEFT / width,
            right=1 - _RIGHT / width,
            bottom=_BELOW / height,
            top=1 - _ABOVE / height,
            # In widths and heights of one of the axes.
            wspace=_BETWEEN * columns / (across - _BETWEEN * (columns - 1)),
            hspace=_BETWEEN * rows / (down - _BETWEEN * (rows - 1)),
        )
        return list(grid.flat)

    def png(self) -> bytes:
        """Return the content of a PNG file."""
        buffer = io.BytesIO()
        self.savefig(buffer, format="png")
        return buffer.getvalue()

    def _repr_png_(self) -> bytes:
        return self.png()


def plain(axes: Axes, *, x: str, y: str = "", title: str = "") -> Axes:
    """Name the axes and give them small text and a light grid."""
    axes.set_xlabel(x, fontsize=9)
    axes.set_ylabel(y, fontsize=9)
    # Where it is given, matplotlib need not look for a place without overlaps.
    axes.set_title(title, fontsize=10, loc="left", y=1)
    axes.tick_params(labelsize=8, color=_GREY)
    axes.locator_params(nbins=5)
    axes.grid(visible=True, color="#EBEBEB", linewidth=0.8)
    axes.set_axisbelow(True)
    for spine in axes.spines.values():
        spine.set_color(_GREY)
    return axes


def history_picture(history: TrainingHistory) -> Picture:
    """Draw metrics against the epoch: a row each, the best epoch marked.

    Parameters
    ----------
    history : TrainingHistory
        With a finite value at least.

    Raises
    ------
    ArgumentError
        If it has none.

    Examples
    --------
    >>> history = TrainingHistory({"epochs": 2}, {"loss": [0.5, 0.3]})
    >>> history_picture(history).png()[1:4]
    b'PNG'
    """
    frame = plots.shown_values(history)
    metrics = list(frame["metric"].cat.categories)
    picture = Picture(7, 1.1 + 2.0 * len(metrics))
    best = plots.marked_epoch(history)
    panels = picture.panels(len(metrics))
    for axes, metric in zip(panels, metrics, strict=True):
        plain(axes, x="", title=metric)
        if best is not None:
            axes.axvline(best, linestyle="dashed", color=_GREY, linewidth=1)
        for part, colour in plots.COLOURS.items():
            rows = frame[(frame["metric"] == metric) & (frame["data"] == part)]
            if rows.empty:
                continue
            axes.plot(
                rows["epoch"],
                rows["value"],
                color=colour,
                marker=plots.SHAPES[part],
                markersize=4 if len(rows) <= 50 else 2,
                linewidth=1,
                label=part,
            )
        low, high = axes.get_xlim()
        axes.set_xticks(plots.epoch_breaks((low, high)))
    panels[-1].set_xlabel("epoch", fontsize=9)
    _legend(picture, panels[0])
    if best is not None:
        text = plots.best_text(history, best)
        picture.text(0.98, 1 - 0.1 / picture.get_figheight(), text, **_NOTE)
    return picture


_NOTE: dict[str, Any] = {
    "fontsize": 9,
    "horizontalalignment": "right",
    "verticalalignment": "top",
}


def _legend(picture: Picture, axes: Axes) -> None:
    lines, labels = axes.get_legend_handles_labels()
    picture.legend(
        lines, labels, loc="upper left", ncols=len(labels), frameon=False, fontsize=9
    )


def confusion_picture(counts: np.ndarray) -> Picture:
    """Draw a confusion matrix with counts and shares of each true class.

    Parameters
    ----------
    counts : ndarray of int, shape (2, 2)
        A row per true class, a column per predicted one.
    """
    shares = counts / counts.sum(axis=1, keepdims=True)
    picture = Picture(4, 3.6)
    axes = plain(picture.panels(1)[0], x="predicted", y="truth")
    axes.grid(visible=False)
    axes.imshow(shares, cmap="Blues", vmin=0, vmax=1.6, aspect="auto")
    for (row, column), share in np.ndenumerate(shares):
        text = f"{counts[row, column]:,}\n{share:.1%}"
        axes.text(column, row, text, ha="center", va="center", fontsize=12)
    axes.set_xticks([0, 1])
    axes.set_yticks([0, 1])
    return picture


def curves_picture(curves: Sequence[np.ndarray], titles: Sequence[str]) -> Picture:
    """Draw curves in the unit square side by side.

    Parameters
    ----------
    curves : sequence of ndarray, shape (2, n_points)
        x and y of each.
    titles : sequence of str
        Of each: two lines, the second naming y against x.
    """
    picture = Picture(7, 3.6)
    panels = picture.panels(1, len(curves))
    for axes, (x, y), title in zip(panels, curves, titles, strict=True):
        plain(axes, x="", title=title)
        axes.plot(x, y, color=plots.COLOURS["training"], linewidth=1.5)
        axes.set(xlim=(-0.02, 1.02), ylim=(-0.02, 1.02))
    return picture


def histogram_picture(edges: np.ndarray, counts: dict[str, np.ndarray]) -> Picture:
    """Draw histograms over one another.

    Parameters
    ----------
    edges : ndarray, shape (n_bins + 1,)
        Of the bins.
    counts : dict of str to ndarray, shape (n_bins,)
        By the name of what is counted.
    """
    picture = Picture(6, 3.2)
    axes = plain(picture.panels(1)[0], x="predicted probability", y="samples")
    for colour, (name, heights) in zip(
        plots.COLOURS.values(), counts.items(), strict=True
    ):
        axes.stairs(heights, edges, fill=True, color=colour, alpha=0.6, label=name)
    axes.set_ylim(bottom=0)
    _legend(picture, axes)
    return picture
