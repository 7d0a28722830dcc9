"""The report of a demo: one HTML page with its pictures in it, and tables as CSV."""

from __future__ import annotations

import base64
import csv
import io
import platform
import warnings
from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from pathlib import Path
from string import Template
from typing import TYPE_CHECKING

from rkeras_port import __version__

from . import narrative
from .folder import MARK
from .narrative import Course, percent
from .steps import Layer, Reviews, Verdict

if TYPE_CHECKING:
    from plotnine import ggplot

    from rkeras_port.history import NamedMetrics, TrainingHistory


@dataclass(frozen=True)
class Outcome:
    """All that a run has found.

    Attributes
    ----------
    reviews : Reviews
    seed : int
    code : str
        The lines that built the network.
    layers : list of Layer
    history, changed_history : TrainingHistory
        Of the training with validation, without and with dropout.
    retraining_epochs : int
    test : NamedMetrics
        Loss and accuracy of the retrained network on the test reviews.
    verdicts, typed_verdicts : list of Verdict
        On test reviews and on typed ones.
    difference : float
        Largest difference of the predictions after reloading.
    seconds : float
        How long training, retraining and evaluation took.
    """

    reviews: Reviews
    seed: int
    code: str
    layers: list[Layer]
    history: TrainingHistory
    changed_history: TrainingHistory
    retraining_epochs: int
    test: NamedMetrics
    verdicts: list[Verdict]
    typed_verdicts: list[Verdict]
    difference: float
    seconds: float

    @property
    def parameters(self) -> int:
        """How many numbers training can change."""
        return sum(layer.parameters for layer in self.layers)


def write(outcome: Outcome, folder: Path) -> None:
    """Write the report, the pictures and the tables of figures into a folder."""
    from rkeras_port.plots import plot

    _save(plot(outcome.history), folder / "history.png", dpi=150)
    outcome.history.as_data_frame().to_csv(folder / "history.csv", index=False)
    _write_figures(outcome, folder / "metrics.csv")
    (folder / "report.html").write_text(page(outcome), encoding="utf-8")


def _write_figures(outcome: Outcome, file: Path) -> None:
    rows: list[tuple[str, str, int, str, float]] = []
    for network, history in (
        ("plain", outcome.history),
        ("dropout", outcome.changed_history),
    ):
        course = Course.of(history)
        for name in ("loss", "val_loss", "accuracy", "val_accuracy"):
            part = "validation" if name.startswith("val_") else "training"
            # One row if the last epoch is the best.
            epochs = (course.best, course.last)
            values = dict(zip(epochs, getattr(course, name), strict=True))
            for epoch, value in values.items():
                rows.append((network, part, epoch, name.removeprefix("val_"), value))
    for metric, value in outcome.test.items():
        rows.append(("retrained", "test", outcome.retraining_epochs, metric, value))
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = csv.writer(opened, lineterminator="\n")
        writer.writerow(("network", "data", "epoch", "metric", "value"))
        writer.writerows(rows)


def page(outcome: Outcome) -> str:
    """Return the report as one HTML page that needs no other file."""
    from rkeras_port.plots import plot

    reviews, test = outcome.reviews, outcome.test
    course, changed = Course.of(outcome.history), Course.of(outcome.changed_history)
    template = files(__package__).joinpath("report.html").read_text(encoding="utf-8")
    return Template(template).substitute(
        mark=MARK,
        accuracy=percent(test["accuracy"]),
        n_test=f"{len(reviews.y_test):,}",
        n_held_out=f"{reviews.held_out:,}",
        best_epoch=course.best,
        epochs=course.last,
        parameters=f"{outcome.parameters:,}",
        preparation=_paragraph(narrative.preparation(reviews)),
        code=escape(outcome.code),
        layers="\n".join(map(_layer_row, outcome.layers)),
        history=_image(plot(outcome.history), 5.4, "Loss and accuracy by epoch"),
        overfitting=_paragraph(narrative.overfitting(course)),
        evaluation=_paragraph(
            narrative.evaluation(test, reviews, outcome.retraining_epochs)
        ),
        verdicts="\n".join(map(_verdict_item, outcome.verdicts)),
        typed_verdicts="\n".join(map(_verdict_item, outcome.typed_verdicts)),
        comparison=_paragraph(narrative.comparison("dropout", changed, course)),
        comparison_picture=_image(
            _comparison_picture(outcome), 3.4, "Validation loss by epoch"
        ),
        reloading=_paragraph([narrative.reloading(outcome.difference, reviews)]),
        made_with=_made_with(outcome),
    )


def _paragraph(sentences: Iterable[str]) -> str:
    return f"<p>{escape(' '.join(sentences))}</p>"


def _layer_row(layer: Layer) -> str:
    cells = (layer.name, layer.activation, layer.sum, f"{layer.parameters:,}")
    return "<tr>" + "".join(f"<td>{escape(cell)}</td>" for cell in cells) + "</tr>"


def _verdict_item(verdict: Verdict) -> str:
    share = f"{100 * verdict.probability:.1f}"
    said = "positive" if verdict.positive else "negative"
    wrong = ' <span class="wrong">wrong</span>' if verdict.right is False else ""
    return (
        f"<li>{escape(narrative.shorten(verdict.beginning, 120))}"
        f'<div class="verdict"><span class="bar"><i style="width:{share}%"></i></span>'
        f"<b>{said}</b> {share}%{wrong}</div></li>"
    )


def _comparison_picture(outcome: Outcome) -> ggplot:
    import pandas as pd
    import plotnine as p9

    frames = {
        "without dropout": outcome.history.as_data_frame(),
        "with dropout": outcome.changed_history.as_data_frame(),
    }
    frame = pd.concat(frames, names=["network", None]).reset_index(level="network")
    frame = frame[(frame["metric"] == "loss") & (frame["data"] == "validation")]
    frame["network"] = pd.Categorical(frame["network"], list(frames))
    return (
        p9.ggplot(frame, p9.aes("epoch", "value", color="network", shape="network"))
        + p9.geom_line(size=0.8)
        + p9.geom_point(size=2)
        + p9.scale_color_manual(["#D55E00", "#009E73"])
        + p9.labs(x="epoch", y="validation loss", color="", shape="")
        + p9.theme_bw(base_size=11)
        + p9.theme(
            legend_position="top",
            legend_justification_top="left",
            panel_grid_minor=p9.element_blank(),
        )
    )


def _image(figure: ggplot, height: float, description: str) -> str:
    """Return an image element with the picture in it, in a shape that fits a phone."""
    from plotnine import theme

    buffer = io.BytesIO()
    _save(figure + theme(figure_size=(4.6, height)), buffer, dpi=200)
    data = base64.b64encode(buffer.getvalue()).decode()
    return f'<img alt="{escape(description)}" src="data:image/png;base64,{data}">'


def _save(figure: ggplot, target: Path | io.BytesIO, dpi: int) -> None:
    from plotnine.exceptions import PlotnineWarning

    with warnings.catch_warnings():
        # After one epoch there is a point and no line, which plotnine finds odd.
        warnings.simplefilter("ignore", PlotnineWarning)
        figure.save(target, format="png", dpi=dpi, verbose=False)


def _made_with(outcome: Outcome) -> str:
    from rkeras_port._keras import keras

    return (
        f"rkeras_port {__version__}, Keras {keras.__version__} on "
        f"{keras.backend.backend()}, Python {platform.python_version()}, seed "
        f"{outcome.seed}. Training, retraining and evaluation took "
        f"{outcome.seconds:.0f} s."
    )
