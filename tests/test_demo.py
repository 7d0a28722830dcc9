"""The demo: what it leaves, what it tells, and that both come from the run."""

import base64
import csv
import dataclasses
import io
import json
import re
import struct

import keras
import numpy as np
import pandas as pd
import pytest
from rich.console import Console
from scipy.sparse import csr_matrix
from typer.testing import CliRunner

from rkeras_port.cli import app
from rkeras_port.datasets import dataset_imdb
from rkeras_port.demo import SAMPLE_REVIEWS, narrative, report, run, steps
from rkeras_port.demo.folder import FILES, MARK, results_folder
from rkeras_port.demo.narrative import Course
from rkeras_port.encoding import vectorize_sequences
from rkeras_port.errors import ArgumentError
from rkeras_port.history import TrainingHistory
from rkeras_port.text import encode_review

EPOCHS = 5
WORD_INDEX = {"the": 1, "film": 2, "good": 3, "bad": 4, "was": 5, "<b>": 6}


@pytest.fixture(scope="module")
def imdb_npz(tmp_path_factory):
    """600 training and 200 test reviews; a good one has the word 3, a bad one 4."""
    folder = tmp_path_factory.mktemp("data")
    rng = np.random.default_rng(3)

    def part(n):
        y = rng.integers(0, 2, n)
        x = np.empty(n, dtype=object)
        x[:] = [
            [1, 2, 5, 4 - int(label), *rng.integers(6, 9000, 40).tolist()]
            for label in y
        ]
        return x, y

    (x_train, y_train), (x_test, y_test) = part(600), part(200)
    file = folder / "imdb.npz"
    np.savez(file, x_train=x_train, y_train=y_train, x_test=x_test, y_test=y_test)
    (folder / "imdb_word_index.json").write_text(json.dumps(WORD_INDEX))
    return file


def run_demo(imdb_npz, out, **options):
    told = io.StringIO()
    options = {"epochs": EPOCHS, "seed": 1} | options
    outcome = run(
        data=str(imdb_npz), out=out, console=Console(file=told, width=80), **options
    )
    return outcome, told.getvalue()


@pytest.fixture(scope="module")
def demo(imdb_npz, tmp_path_factory):
    """One run: its outcome, what it told, and its folder."""
    out = tmp_path_factory.mktemp("demo") / "nested" / "out"
    reviews = ("The film was good", "[bold]bad[/] & <b>bad</b>")
    outcome, told = run_demo(imdb_npz, out, reviews=reviews)
    return outcome, told, out


# The folder ---------------------------------------------------------------------------


def test_the_folder_holds_the_five_files(demo):
    _, _, out = demo
    assert sorted(path.name for path in out.iterdir()) == sorted(FILES)
    assert sorted(FILES) == [
        *("history.csv", "history.png", "metrics.csv", "model.keras", "report.html"),
    ]


def test_history_csv_is_the_data_frame(demo):
    outcome, _, out = demo
    table = pd.read_csv(out / "history.csv")
    assert list(table.columns) == ["epoch", "value", "metric", "data"]
    assert len(table) == 4 * EPOCHS
    loss = table[(table["metric"] == "loss") & (table["data"] == "validation")]
    assert loss["value"].tolist() == outcome.history.metrics["val_loss"]


def test_metrics_csv_agrees_with_the_history_and_the_model(demo, imdb_npz):
    _, _, out = demo
    history = pd.read_csv(out / "history.csv")
    with (out / "metrics.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    plain = [row for row in rows if row["network"] == "plain"]
    assert len(plain) == 4 * len({row["epoch"] for row in plain})
    for row in plain:
        same = history[
            (history["epoch"] == int(row["epoch"]))
            & (history["metric"] == row["metric"])
            & (history["data"] == row["data"])
        ]
        assert same["value"].tolist() == [float(row["value"])]
    validation = history[
        (history["metric"] == "loss") & (history["data"] == "validation")
    ]
    best = int(validation.loc[validation["value"].idxmin(), "epoch"])
    assert {int(row["epoch"]) for row in plain} == {best, EPOCHS}

    # The test accuracy, counted by plain Keras and NumPy.
    x, y = multi_hot_test_part(imdb_npz)
    predictions = keras.models.load_model(out / "model.keras").predict(x, verbose=0)
    told = [
        row for row in rows if row["metric"] == "accuracy" and row["data"] == "test"
    ]
    assert [row["network"] for row in told] == ["retrained"]
    assert float(told[0]["value"]) == pytest.approx(
        ((predictions[:, 0] > 0.5) == y).mean()
    )


def multi_hot_test_part(imdb_npz):
    _, (sequences, y) = dataset_imdb(imdb_npz, num_words=10000)
    x = np.zeros((len(sequences), 10000), dtype="float32")
    for i, sequence in enumerate(sequences):
        x[i, sequence] = 1
    return x, y


def test_history_png_is_a_picture(demo):
    _, _, out = demo
    width, height = png_size((out / "history.png").read_bytes())
    assert width > 800
    assert height > 600


def png_size(data):
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    return struct.unpack(">II", data[16:24])


def leave(out, content):
    with results_folder(out) as folder:
        for name in FILES:
            (folder / name).write_text(f"{MARK} {content}")


def contents(out):
    return {path.name: path.read_bytes() for path in out.iterdir()}


def test_the_report_of_a_demo_has_the_mark(demo):
    _, _, out = demo
    assert MARK in (out / "report.html").read_text()[:1000]


def test_a_second_run_replaces_its_own_files_and_no_others(tmp_path):
    leave(tmp_path / "out", "first")
    (tmp_path / "out" / "notes.txt").write_text("mine")
    leave(tmp_path / "out", "second")
    found = contents(tmp_path / "out")
    assert found.pop("notes.txt") == b"mine"
    assert found == dict.fromkeys(FILES, f"{MARK} second".encode())


@pytest.mark.parametrize("name", sorted(FILES))
def test_a_foreign_file_is_not_overwritten(imdb_npz, tmp_path, name, monkeypatch):
    (tmp_path / name).write_text("somebody's")
    monkeypatch.setattr(steps, "prepare", lambda data: pytest.fail("work was done"))
    with pytest.raises(ArgumentError, match=f"not an earlier demo's.*{name}"):
        run_demo(imdb_npz, tmp_path)
    assert contents(tmp_path) == {name: b"somebody's"}


def test_out_that_is_a_file(imdb_npz, tmp_path):
    (tmp_path / "out").write_text("")
    with pytest.raises(ArgumentError, match="must be a folder that can be written to"):
        run_demo(imdb_npz, tmp_path / "out")


def stop_in_the_middle(out):
    with results_folder(out) as folder:
        (folder / "history.csv").write_text("half of it")
        raise KeyboardInterrupt


def test_a_run_that_is_stopped_leaves_the_last_one_whole(tmp_path):
    leave(tmp_path / "out", "first")
    before = contents(tmp_path / "out")
    with pytest.raises(KeyboardInterrupt):
        stop_in_the_middle(tmp_path / "out")
    assert contents(tmp_path / "out") == before


# The story on the screen --------------------------------------------------------------


def test_the_seven_steps_are_told_in_order(demo):
    _, told, _ = demo
    assert re.findall(r"^(\d)  \w+", told, flags=re.MULTILINE) == list("1234567")


def test_the_model_table_has_its_four_numbers(demo):
    _, told, _ = demo
    for line in (
        r"dense +relu +10,000 · 16 \+ 16 +160,016",
        r"dense_1 +relu +16 · 16 \+ 16 +272",
        r"dense_2 +sigmoid +16 · 1 \+ 1 +17",
        r"total +160,305",
    ):
        assert re.search(line, told)


def test_the_code_shown_is_code_that_builds_the_network(demo):
    outcome, told, _ = demo
    first = outcome.code.splitlines()[1].strip()
    assert first == "keras_model_sequential(input_shape=10000)"
    assert first in told
    namespace = {}
    exec(f"from rkeras_port import *\n{outcome.code}", namespace)
    assert namespace["model"].count_params() == 160_305
    assert namespace["model"].compiled


def test_each_epoch_is_told_with_the_figures_of_the_history(demo):
    outcome, told, _ = demo
    metrics = outcome.history.metrics
    for epoch in range(EPOCHS):
        line = (
            rf"{epoch + 1}/{EPOCHS} +{metrics['loss'][epoch]:.3f} "
            rf"+{100 * metrics['accuracy'][epoch]:.1f}% "
            rf"+{metrics['val_loss'][epoch]:.3f} "
            rf"+{100 * metrics['val_accuracy'][epoch]:.1f}%"
        )
        assert re.search(line, told)


def test_ten_test_reviews_are_judged_by_their_first_words(demo):
    outcome, told, _ = demo
    assert len(outcome.verdicts) == 10
    for verdict in outcome.verdicts:
        # What is in the words decides, and the network has learned it.
        assert ("good" in verdict.beginning) == verdict.truth
        assert verdict.beginning.startswith("the film was ")
    assert len(re.findall("the film was (?:good|bad)", told)) == 10
    right = sum(verdict.right for verdict in outcome.verdicts)
    assert len(re.findall(r"\bright$|\bright +$", told, flags=re.MULTILINE)) == right


def test_typed_reviews_are_judged_too(demo):
    outcome, told, out = demo
    first, second = outcome.typed_verdicts
    model = keras.models.load_model(out / "model.keras")
    encoded = encode_review("The film was good", WORD_INDEX, num_words=10000)
    x = vectorize_sequences([encoded]).toarray()
    assert first.probability == pytest.approx(float(model.predict(x, verbose=0)[0, 0]))
    assert (first.words, first.unknown_words, first.right) == (4, 0, None)
    # bold, bad, b, bad, b: only one of the words is known.
    assert (second.words, second.unknown_words) == (5, 3)
    assert "The film was good" in told
    assert "[bold]bad[/] & <b>bad</b>" in told


def test_the_screen_is_no_wider_than_80_columns(demo):
    _, told, _ = demo
    assert max(map(len, told.splitlines())) <= 80


def test_the_command_does_it_all_and_judges_samples_if_nothing_is_typed(
    imdb_npz, tmp_path
):
    out = tmp_path / "out"
    arguments = ["--data", str(imdb_npz), "--epochs", "1", "--out", str(out)]
    result = CliRunner().invoke(app, ["demo", *arguments])
    assert result.exit_code == 0, result.output
    assert "160,305" in result.output
    page = (out / "report.html").read_text()
    for sample in SAMPLE_REVIEWS:
        assert sample[:30] in result.output
        assert sample in page


# The report ---------------------------------------------------------------------------


@pytest.fixture(scope="module")
def page(demo):
    _, _, out = demo
    return (out / "report.html").read_text(encoding="utf-8")


def test_the_report_needs_no_other_file(page):
    sources = re.findall(r'(?:src|href)="([^"]*)"', page)
    assert len(sources) == 2
    for source in sources:
        kind, _, data = source.partition(",")
        assert kind == "data:image/png;base64"
        width, _ = png_size(base64.b64decode(data))
        assert width > 600
    assert "url(" not in page
    assert "<script" not in page
    assert 'name="viewport" content="width=device-width' in page
    assert len(page) < 1_000_000


def test_the_report_says_what_the_screen_says(page, demo):
    outcome, told, _ = demo
    flat = " ".join(told.split())
    for sentence in (
        *narrative.overfitting(Course.of(outcome.history)),
        *narrative.evaluation(outcome.test, outcome.reviews, 4),
        narrative.reloading(outcome.difference, outcome.reviews),
    ):
        assert sentence in page
        assert sentence in flat


def test_what_the_user_typed_cannot_break_the_report(page):
    assert "[bold]bad[/] &amp; &lt;b&gt;bad&lt;/b&gt;" in page
    assert "<b>bad</b>" not in page


def test_the_report_names_no_folder_of_this_machine(page, imdb_npz, demo):
    _, _, out = demo
    assert str(imdb_npz.parent) not in page
    assert str(out) not in page
    assert "the file imdb.npz" in page


# Steps --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("n", "held_out"), [(25_000, 10_000), (20_000, 10_000), (9, 4)]
)
def test_how_many_reviews_are_held_out(n, held_out):
    assert some_reviews(n).held_out == held_out


def train(reviews, epochs, seed=1):
    return steps.train_with_validation(
        steps.network, reviews, epochs=epochs, seed=seed, watch=lambda *_: None
    )


def some_reviews(n, flipped=0):
    """Reviews whose fifty words tell the label; the labels of the first are flipped."""
    y = np.random.default_rng(5).integers(0, 2, n).astype("float32")
    words = 50 * y.astype(int)[:, None] + np.arange(50)
    rows = np.repeat(np.arange(n), 50)
    ones = np.ones(50 * n, "float32")
    x = csr_matrix((ones, (rows, words.ravel())), shape=(n, 10_000))
    y[:flipped] = 1 - y[:flipped]
    return steps.Reviews("a test", False, None, {}, x, y, x, y)


def test_the_first_reviews_are_held_out_and_not_trained_on():
    history = train(some_reviews(600, flipped=300), epochs=12)
    assert history.metrics["accuracy"][-1] == 1
    assert history.metrics["val_accuracy"][-1] == 0


def test_the_seed_decides_the_figures():
    reviews = some_reviews(100)
    first = train(reviews, epochs=1)
    assert train(reviews, epochs=1).metrics == first.metrics
    assert train(reviews, epochs=1, seed=2).metrics != first.metrics


def test_the_bundled_reviews_are_not_presented_as_the_official_split():
    reviews = steps.prepare("bundled")
    assert reviews.x_train.shape == (20_000, 10_000)
    assert reviews.x_test.shape == (5_000, 10_000)
    assert reviews.held_out == 10_000
    told = " ".join(narrative.preparation(reviews))
    assert "split by this package (not the official split)" in told
    told = " ".join(narrative.evaluation({"accuracy": 0.9}, reviews, 4))
    assert "no estimate of the accuracy on the official test reviews" in told


def test_other_reviews_come_without_that_remark():
    told = " ".join(narrative.evaluation({"accuracy": 0.9}, some_reviews(10), 4))
    assert "official" not in told


def test_a_model_that_comes_back_changed_is_noticed(tmp_path, monkeypatch):
    reviews = some_reviews(10)
    model = steps.network()
    assert steps.save_and_reload(model, tmp_path / "a.keras", reviews) == 0
    other = steps.network()
    monkeypatch.setattr(steps, "load_model", lambda file: other)
    difference = steps.save_and_reload(model, tmp_path / "b.keras", reviews)
    assert difference > 0
    assert f"differ by up to {difference:.1g}" in narrative.reloading(
        difference, reviews
    )


# The narrative ------------------------------------------------------------------------


def a_history(val_loss, loss=None):
    n = len(val_loss)
    loss = loss or np.linspace(0.5, 0.1, n).tolist()
    return TrainingHistory(
        {"epochs": n},
        {
            "loss": loss,
            "accuracy": np.linspace(0.8, 0.98, n).tolist(),
            "val_loss": val_loss,
            "val_accuracy": np.linspace(0.85, 0.87, n).tolist(),
        },
    )


def test_overfitting_is_told_with_the_epoch_where_validation_turned():
    course = Course.of(a_history([0.5, 0.4, 0.44, 0.6], [0.5, 0.3, 0.2, 0.1]))
    assert (course.best, course.last, course.overfitted) == (2, 4, True)
    told = " ".join(narrative.overfitting(course))
    assert "lowest, 0.400, after epoch 2 of 4" in told
    assert "risen by 50% to 0.600" in told
    assert "fell from 0.300 to 0.100" in told
    assert "98.0% of the reviews it was trained on" in told
    assert "87.0% of those held out, a gap of 11.0 points" in told


@pytest.mark.parametrize(
    ("val_loss", "loss"),
    [
        ([0.5, 0.4, 0.3], None),
        ([0.5], None),
        # Both losses rise: training that diverges is not overfitting.
        ([0.5, 0.4, 0.9], [0.5, 0.4, 0.9]),
    ],
)
def test_no_overfitting_is_told_where_there_is_none(val_loss, loss):
    course = Course.of(a_history(val_loss, loss))
    told = " ".join(narrative.overfitting(course))
    assert not course.overfitted
    assert "no overfitting to be seen" in told
    assert "by heart" not in told


def test_the_interval_is_wilsons():
    # Brown, Cai and DasGupta (2001), formula (4), by hand for 8873 of 10000.
    p, n, z = 0.8873, 10_000, 1.959964
    centre = (p + z**2 / (2 * n)) / (1 + z**2 / n)
    half = z / (1 + z**2 / n) * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
    assert narrative.interval(p, n) == pytest.approx((centre - half, centre + half))


def test_figures_and_report_tell_the_best_epoch_from_the_last(demo, tmp_path):
    outcome, _, _ = demo
    history = a_history([0.5, 0.4, 0.44, 0.6], [0.5, 0.3, 0.2, 0.1])
    report.write(dataclasses.replace(outcome, history=history), tmp_path)
    table = pd.read_csv(tmp_path / "metrics.csv")
    loss = table[(table["network"] == "plain") & (table["metric"] == "loss")]
    assert loss[["data", "epoch", "value"]].values.tolist() == [
        ["training", 2, 0.3],
        ["training", 4, 0.1],
        ["validation", 2, 0.4],
        ["validation", 4, 0.6],
    ]
    assert "<b>2 / 4</b>" in (tmp_path / "report.html").read_text(encoding="utf-8")
