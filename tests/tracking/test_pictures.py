"""The pictures of a run: what is drawn, where, and that it is a PNG file."""

import io

import numpy as np
import pytest
from matplotlib.image import imread
from sklearn.metrics import auc

from rkeras_port.errors import ArgumentError
from rkeras_port.history import TrainingHistory
from rkeras_port.tracking import BinaryScores
from rkeras_port.tracking.pictures import history_picture

LABELS = np.array([0, 0, 0, 0, 1, 1])
SCORES = np.array([0.1, 0.2, 0.3, 0.9, 0.35, 0.95])


@pytest.fixture
def scores():
    return BinaryScores.of(LABELS, SCORES)


def test_history_has_a_row_per_metric_and_a_line_per_part():
    metrics = {"loss": [0.5, 0.3, 0.2], "val_loss": [0.4, 0.3, 0.35], "mae": [3, 2, 1]}
    picture = history_picture(TrainingHistory({"epochs": 3}, metrics))
    first, second = picture.axes
    assert (first.get_title(loc="left"), second.get_title(loc="left")) == (
        "loss",
        "mae",
    )
    lines = {line.get_label(): line for line in first.get_lines()}
    np.testing.assert_array_equal(lines["training"].get_xdata(), [1, 2, 3])
    np.testing.assert_array_equal(lines["training"].get_ydata(), metrics["loss"])
    np.testing.assert_array_equal(lines["validation"].get_ydata(), metrics["val_loss"])
    assert [line.get_ydata().tolist() for line in second.get_lines()[1:]] == [[3, 2, 1]]
    # The smallest validation loss is that of the second epoch.
    assert [axes.get_lines()[0].get_xdata() for axes in picture.axes] == [[2, 2]] * 2
    assert picture.texts[0].get_text() == "Best epoch: 2 of 3 (val_loss 0.3)"
    assert [int(tick) for tick in second.get_xticks()] == [1, 2, 3]


def test_history_of_one_epoch_and_of_none():
    picture = history_picture(TrainingHistory({"epochs": 1}, {"loss": [0.5]}))
    assert not picture.texts
    assert imread(io.BytesIO(picture.png())).shape[2] == 4
    with pytest.raises(ArgumentError, match="no finite values"):
        history_picture(TrainingHistory({"epochs": 1}, {"loss": [float("nan")]}))


def test_confusion_matrix_says_counts_and_shares(scores):
    (axes,) = scores.plot_confusion_matrix().axes
    told = {text.get_position(): text.get_text() for text in axes.texts}
    # (predicted, truth): of four 0 one is taken for 1, of two 1 one for 0.
    assert told == {
        (0, 0): "3\n75.0%",
        (1, 0): "1\n25.0%",
        (0, 1): "1\n50.0%",
        (1, 1): "1\n50.0%",
    }
    # The row of 0 is above that of 1.
    assert axes.yaxis_inverted()


def test_curves_are_drawn_with_the_areas_under_them(scores):
    roc, precision_recall = scores.plot_curves().axes
    # Of the 8 pairs of a 1 and a 0, the 1 scores higher in 7.
    assert roc.get_title(loc="left").startswith("ROC, area 0.8750\n")
    (line,) = roc.get_lines()
    assert auc(line.get_xdata(), line.get_ydata()) == 7 / 8
    # Recall 1/2 at precision 1, recall 1 at precision 2/3.
    expected = f"Precision-recall, area {1 / 2 * 1 + 1 / 2 * 2 / 3:.4f}\n"
    assert precision_recall.get_title(loc="left").startswith(expected)


def test_histogram_counts_each_class(scores):
    (axes,) = scores.plot_scores().axes
    counts = {one.get_label(): one.get_data().values for one in axes.patches}
    assert [counts[f"label {one}"].sum() for one in (0, 1)] == [4, 2]


def test_pictures_are_files_and_leave_no_trace_in_pyplot(scores):
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    for name in ("confusion_matrix", "curves", "scores"):
        picture = getattr(scores, f"plot_{name}")()
        content = picture._repr_png_()
        height, width, _ = imread(io.BytesIO(content)).shape
        assert (width, height) == tuple(picture.get_size_inches() * picture.dpi)
    assert plt.get_fignums() == before
