"""Pictures of what was trained: `plot` draws the history of a fit."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

import numpy as np

from rkeras_port._r_format import format_number
from rkeras_port.errors import ArgumentError, did_you_mean
from rkeras_port.history import TrainingHistory
from rkeras_port.pipe import verb

if TYPE_CHECKING:
    import pandas as pd
    from plotnine import ggplot

# Okabe and Ito's blue and vermillion: told apart by every kind of colour vision, and
# in grey by their brightness; the shapes repeat the difference.
COLOURS = {"training": "#0072B2", "validation": "#D55E00"}
SHAPES = {"training": "o", "validation": "^"}

# A local regression through fewer points follows the noise; R draws none either.
_SMOOTH_FROM = 10

# Set, not measured: a smooth curve would show values that it never had.
_SETTINGS = ("learning_rate", "lr")

_WIDTH = 7.0  # inches, as R's default device
_ROW_HEIGHT = 2.1
_MARGIN_HEIGHT = 1.1


@runtime_checkable
class _Trained(Protocol):
    """What `fit` returns, here or in plain Keras."""

    history: dict[str, list[float]]
    params: dict[str, Any]


@runtime_checkable
class _DrawsFolds(Protocol):
    """A cross-validation, or several."""

    def summary(self) -> pd.DataFrame: ...
    def plot(self) -> ggplot: ...


@verb((_Trained, _DrawsFolds), "a history")
def plot(
    history: TrainingHistory,
    metrics: str | Sequence[str] | None = None,
    *,
    smooth: bool = True,
    mark_best: bool = True,
) -> ggplot:
    """Plot the metrics of a training history against the epoch.

    One row per metric, with training and validation in different colours and shapes.

    Parameters
    ----------
    object : TrainingHistory or keras.callbacks.History
        What `fit` returned; or what `cross_validate` or `resamples` returned, drawn as
        box plots (the other arguments have no meaning then).
    metrics : str or sequence of str, optional
        The metrics to show, from top to bottom, without ``val_``. By default all, in
        the order of the report.
    smooth : bool, default True
        Whether to draw a local regression (loess) through every series that has at
        least 10 values. The learning rate, set and not measured, gets none.
    mark_best : bool, default True
        Whether to mark the epoch with the smallest validation loss by a dashed line and
        name it above the plot. Without validation nothing is marked: the training loss
        does not tell when to stop.

    Returns
    -------
    plotnine.ggplot
        Add layers, scales or a theme to it as to any plot; ``.save("history.png")``
        writes it to a file. Its data leave out epochs without a finite
        value.

    Raises
    ------
    ArgumentTypeError
        If there is no history to plot.
    ArgumentError
        If a metric is not in the history, or the history has no finite values.

    Notes
    -----
    R: `plot()` of a `keras_training_history`.

    Examples
    --------
    >>> history = TrainingHistory(
    ...     {"epochs": 3},
    ...     {"loss": [0.5, 0.3, 0.2], "val_loss": [0.4, 0.3, 0.35]},
    ... )
    >>> (history >> plot()).labels.subtitle
    'Best epoch: 2 of 3 (val_loss 0.3)'
    """
    import plotnine as p9

    if not isinstance(history, _Trained):
        return history.plot()
    if not isinstance(history, TrainingHistory):
        history = TrainingHistory.from_keras(history)
    frame = shown_values(history, metrics)
    figure = p9.ggplot(frame, p9.aes("epoch", "value", color="data", shape="data"))
    best = marked_epoch(history) if mark_best else None
    if best is not None:
        figure += p9.geom_vline(xintercept=best, linetype="dashed", color="#7F7F7F")
        figure += p9.labs(subtitle=best_text(history, best))
    figure += p9.geom_point(size=2 if len(history.epoch) <= 50 else 0.7, alpha=0.8)
    smoothed = _to_smooth(frame)
    if smooth and len(smoothed):
        figure += p9.geom_smooth(
            data=smoothed, method="loess", se=False, size=0.8, show_legend=False
        )
    figure += p9.facet_wrap("metric", ncol=1, scales="free_y")
    figure += p9.scale_x_continuous(breaks=epoch_breaks)
    figure += p9.scale_color_manual(values=COLOURS)
    figure += p9.scale_shape_manual(values=SHAPES)
    figure += p9.labs(x="epoch", y="value")
    figure += p9.theme_bw(base_size=11)
    figure += p9.theme(
        figure_size=(_WIDTH, _MARGIN_HEIGHT + _ROW_HEIGHT * frame["metric"].nunique()),
        legend_position="top" if "validation" in set(frame["data"]) else "none",
        legend_justification_top="left",
        legend_box_spacing=0.015,
        legend_key_spacing_x=8,
        legend_title=p9.element_blank(),
        panel_grid_minor=p9.element_blank(),
        panel_spacing_y=0.02,
        strip_background=p9.element_blank(),
        strip_text=p9.element_text(
            ha=0, weight="bold", margin={"l": 0, "t": 3, "b": 4}
        ),
    )
    return figure


def shown_values(
    history: TrainingHistory, metrics: str | Sequence[str] | None = None
) -> pd.DataFrame:
    """Return the rows to draw: the finite values of the metrics asked for."""
    frame = history.as_data_frame()
    known = list(frame["metric"].cat.categories)
    wanted = [metrics] if isinstance(metrics, str) else list(metrics or known)
    for metric in wanted:
        if metric not in known:
            raise ArgumentError(
                "plot",
                "metrics",
                f"names what is not in this history, which has: {', '.join(known)}",
                received=repr(metric),
                remedy=did_you_mean(metric.removeprefix("val_"), known),
            )
    frame["metric"] = frame["metric"].cat.set_categories(list(dict.fromkeys(wanted)))
    shown: pd.DataFrame = frame[frame["metric"].notna() & np.isfinite(frame["value"])]
    if shown.empty:
        raise ArgumentError(
            "plot",
            "history",
            "has no finite values to plot",
            received=f"{len(history.epoch)} epochs",
            remedy="Train for at least one epoch.",
        )
    return shown.reset_index(drop=True)


def _to_smooth(frame: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of the measured series that are long enough to be smoothed."""
    length = frame.groupby(["metric", "data"], observed=True)["value"].transform("size")
    measured: pd.DataFrame = frame[
        (length >= _SMOOTH_FROM) & ~frame["metric"].isin(_SETTINGS)
    ]
    # Through whole numbers plotnine draws a polyline, through real ones a curve.
    return measured.astype({"epoch": float})


def marked_epoch(history: TrainingHistory) -> int | None:
    """Return the epoch to mark, if there is a validation loss to choose by."""
    values = np.asarray(history.metrics.get("val_loss", []))
    # One epoch is not the best of anything.
    return history.best_epoch() if np.isfinite(values).sum() > 1 else None


def best_text(history: TrainingHistory, epoch: int) -> str:
    """Return what a picture says of the epoch that it marks."""
    value = format_number(np.nanmin(history.metrics["val_loss"]), digits=4)
    return f"Best epoch: {epoch} of {history.epoch[-1] + 1} (val_loss {value})"


def epoch_breaks(limits: tuple[float, float]) -> list[int]:
    """Return whole epochs to label: all of a few, else the first and round ones."""
    from matplotlib.ticker import MaxNLocator

    low, high = max(1, math.ceil(limits[0])), math.floor(limits[1])
    ticks = MaxNLocator(nbins=10, integer=True, steps=[1, 5, 10]).tick_values(low, high)
    return sorted({low, *(int(tick) for tick in ticks if low < tick <= high)})
