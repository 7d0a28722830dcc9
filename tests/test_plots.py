import math
import warnings
from types import SimpleNamespace

import numpy as np
import plotnine as p9
import pytest
from matplotlib.text import Text

from rkeras_port.errors import ArgumentError, ArgumentTypeError
from rkeras_port.history import TrainingHistory
from rkeras_port.plots import plot


def a_history(epochs, *, validation=True, asked=None, **more):
    e = np.arange(epochs)
    metrics = {"accuracy": 1 - 0.3 * np.exp(-e), "loss": np.exp(-e / 4)}
    if validation:
        metrics |= {
            "val_accuracy": 0.9 - 0.01 * e,
            "val_loss": 0.3 + 0.01 * (e - 2) ** 2,
        }
    return TrainingHistory({"epochs": asked or epochs}, metrics | more)


def geoms(figure):
    return [type(layer.geom).__name__ for layer in figure.layers]


def drawn(figure):
    """Draw without saving, with every warning an error."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return figure.draw()


def x_ticks(figure):
    return [int(t) for t in drawn(figure).axes[-1].get_xticks()]


# What is in the picture --------------------------------------------------------------


def test_points_by_metric_and_data():
    figure = plot(a_history(4))
    assert isinstance(figure, p9.ggplot)
    assert figure.mapping == {
        "x": "epoch",
        "y": "value",
        "color": "data",
        "shape": "data",
    }
    assert (figure.labels.x, figure.labels.y) == ("epoch", "value")
    assert figure.facet.vars == ["metric"]
    assert len(figure.data) == 16
    assert list(figure.data.columns) == ["epoch", "value", "metric", "data"]


def test_one_row_per_metric_each_with_its_own_scale():
    page = drawn(plot(a_history(3)))
    accuracy, loss = page.axes
    upper, lower = accuracy.get_position(), loss.get_position()
    assert upper.x0 == pytest.approx(lower.x0)
    assert upper.y0 >= lower.y1
    assert accuracy.get_xlim() == loss.get_xlim()
    assert accuracy.get_ylim() != loss.get_ylim()
    texts = {text.get_text() for text in page.findobj(Text)}
    assert {"accuracy", "loss", "training", "validation", "epoch", "value"} <= texts


def test_without_validation_there_is_no_legend():
    page = drawn(plot(a_history(3, validation=False)))
    assert "training" not in {text.get_text() for text in page.findobj(Text)}


def test_metrics_chooses_and_orders_the_rows():
    history = a_history(4, lr=[0.1] * 4)
    assert plot(history, "loss").data["metric"].unique().tolist() == ["loss"]
    figure = plot(history, metrics=["lr", "accuracy", "lr"])
    assert figure.data["metric"].cat.categories.tolist() == ["lr", "accuracy"]
    assert len(figure.data) == 12


@pytest.mark.parametrize("metric", ["los", "val_loss"])
def test_an_unknown_metric_is_refused(metric):
    with pytest.raises(ArgumentError, match=r"accuracy, loss.*Did you mean 'loss'"):
        plot(a_history(2), metric)


def test_training_and_validation_are_told_apart_by_colour_and_by_shape():
    built = plot(a_history(4), mark_best=False)
    points = drawn(built).axes[0].collections
    colours = {tuple(c.get_facecolor()[0][:3].round(2)) for c in points}
    assert colours == {(0.0, 0.45, 0.7), (0.84, 0.37, 0.0)}
    assert len({len(c.get_paths()[0].vertices) for c in points}) == 2


# Smoothing ---------------------------------------------------------------------------


@pytest.mark.parametrize(("epochs", "smoothed"), [(1, 0), (9, 0), (10, 1), (25, 1)])
def test_smooth_from_ten_epochs_on(epochs, smoothed):
    assert geoms(plot(a_history(epochs))).count("geom_smooth") == smoothed


def test_smooth_can_be_left_out():
    assert "geom_smooth" not in geoms(plot(a_history(20), smooth=False))


def test_the_epochs_that_were_run_count_not_those_asked_for():
    assert "geom_smooth" not in geoms(plot(a_history(9, asked=50)))


def test_only_measured_series_of_ten_values_are_smoothed():
    history = a_history(
        12, validation=False, learning_rate=[0.1] * 12, val_loss=[0.5] * 4
    )
    (layer,) = [x for x in plot(history).layers if type(x.geom) is p9.geom_smooth]
    keys = layer._data[["metric", "data"]].drop_duplicates()
    assert keys.values.tolist() == [["accuracy", "training"], ["loss", "training"]]


def test_a_straight_line_is_smoothed_to_itself():
    history = TrainingHistory({"epochs": 12}, {"loss": np.arange(12.0, 0.0, -1.0)})
    (line,) = drawn(plot(history)).axes[0].lines
    x, y = line.get_data()
    assert len(x) > 12
    np.testing.assert_allclose(np.asarray(x) + y, 13.0, atol=1e-8)


# The best epoch ----------------------------------------------------------------------


def test_the_best_epoch_is_marked_and_named():
    figure = plot(a_history(6))
    assert geoms(figure)[0] == "geom_vline"
    assert figure.layers[0].geom.aes_params["linetype"] == "dashed"
    assert figure.layers[0]._data["xintercept"].tolist() == [3]
    assert figure.labels.subtitle == "Best epoch: 3 of 6 (val_loss 0.3)"


def test_the_best_epoch_of_a_resumed_training_counts_from_its_start():
    history = TrainingHistory(
        {"epochs": 6}, {"loss": [3, 2, 1], "val_loss": [3, 1, 2]}, epoch=[3, 4, 5]
    )
    assert plot(history).labels.subtitle == "Best epoch: 5 of 6 (val_loss 1)"


@pytest.mark.parametrize(
    ("history", "options"),
    [
        (a_history(6), {"mark_best": False}),
        (a_history(6, validation=False), {}),
        (a_history(1), {}),
    ],
)
def test_nothing_is_marked_where_nothing_is_best(history, options):
    figure = plot(history, **options)
    assert "geom_vline" not in geoms(figure)
    assert not hasattr(figure.labels, "subtitle") or figure.labels.subtitle is None


# The axis of epochs ------------------------------------------------------------------


@pytest.mark.parametrize(
    ("epochs", "ticks"),
    [
        (1, [1]),
        (4, [1, 2, 3, 4]),
        (9, [1, 2, 3, 4, 5, 6, 7, 8, 9]),
        (12, [1, 5, 10]),
        (20, [1, 5, 10, 15, 20]),
        (300, [1, 50, 100, 150, 200, 250, 300]),
    ],
)
def test_ticks_are_whole_epochs(epochs, ticks):
    assert x_ticks(plot(a_history(epochs))) == ticks


def test_the_axis_ends_where_training_stopped():
    figure = plot(a_history(9, asked=50))
    assert figure.data["epoch"].max() == 9
    assert x_ticks(figure)[-1] == 9


# Every history that can come out of a training can be drawn --------------------------

nan, inf = math.nan, math.inf


@pytest.mark.parametrize(
    "history",
    [
        a_history(1),
        a_history(10),
        a_history(12, validation=False),
        a_history(3, asked=30),
        TrainingHistory({"epochs": 12}, {"loss": [1.0] * 12}),
        TrainingHistory({"epochs": 3}, {"loss": [1, inf, nan], "val_loss": [nan] * 3}),
        TrainingHistory({"epochs": 12}, {"loss": [*[1e30] * 2, *range(10)]}),
        TrainingHistory(
            {"epochs": 20},
            {"loss": list(range(20)), "val_loss": [3, 1, 2, 4]},
            validation_freq=5,
        ),
    ],
)
def test_is_written_as_a_png_that_is_not_blank(history, tmp_path):
    from matplotlib.image import imread

    path = tmp_path / "history.png"
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        plot(history).save(path, verbose=False)
    pixels = imread(path)[..., :3]
    height, width = pixels.shape[:2]
    assert height > 200
    assert width == 700
    blue = np.abs(pixels - (0.0, 0.447, 0.698)).max(axis=-1) < 0.2
    assert blue.sum() > 20


def test_a_history_of_nothing_is_refused():
    for metrics in ({}, {"loss": [nan]}):
        with pytest.raises(ArgumentError, match="no finite values"):
            plot(TrainingHistory({"epochs": 2}, metrics))


# The ways to ask for it --------------------------------------------------------------


def test_the_method_and_the_verb_draw_the_same():
    history = a_history(12)
    options = {"smooth": False, "mark_best": False}
    figures = [
        plot(history, "loss", **options),
        history >> plot("loss", **options),
        history.plot("loss", **options),
    ]
    assert [geoms(figure) for figure in figures] == [["geom_point"]] * 3
    assert all(figure.data.equals(figures[0].data) for figure in figures)


def test_the_history_of_plain_keras_can_be_plotted():
    fitted = SimpleNamespace(
        params={"epochs": 2}, epoch=[0, 1], history={"loss": [0.5, 0.25]}
    )
    assert plot(fitted).data["value"].tolist() == [0.5, 0.25]


def test_what_cannot_be_plotted_is_refused():
    with pytest.raises(ArgumentTypeError, match=r"be a history. Received: <dict of 1>"):
        {"loss": [1.0]} >> plot()
