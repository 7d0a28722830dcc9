"""Grids of experiments: what is trained, compared, read back, and gone on with."""

import subprocess
import sys
import textwrap

import numpy as np
import pandas as pd
import pytest

import rkeras_port as rk
from rkeras_port.errors import ArgumentError
from rkeras_port.history import TrainingHistory
from rkeras_port.trials.grid import _rows
from rkeras_port.trials.outcome import Experiment, Experiments


@pytest.fixture(scope="module")
def data():
    rng = np.random.default_rng(7)
    x = (rng.random((120, 10)) < 0.3).astype("float32")
    return x, x[:, 0]


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    return str(tmp_path_factory.mktemp("store") / "runs.db")


def grid_of(units, data, store, **arguments):
    settings = {"epochs": 2, "validation_split": 0.25, "progress": False} | arguments
    return {"units": units} >> rk.experiments(*data, tracking_uri=store, **settings)


@pytest.fixture(scope="module")
def found(data, store):
    return grid_of([2, 3], data, store, test_data=data)


def test_each_is_what_it_is_alone(found, data):
    x, y = data
    for one, units in zip(found.experiments, (2, 3), strict=True):
        rk.clear_session()
        rk.set_random_seed(1)
        alone = rk.dense_classifier(10, units=units) >> rk.fit(
            x, y, epochs=2, batch_size=512, validation_split=0.25, verbose=0
        )
        assert one.history.metrics == alone.metrics


def test_table(found):
    table = found.table
    assert table["units"].tolist() == [2, 3]
    for one, row in zip(found.experiments, table.to_dict("records"), strict=True):
        losses = one.history.metrics["val_loss"]
        assert row["val_loss"] == min(losses)
        assert row["best_epoch"] == losses.index(min(losses)) + 1
        assert row["test_loss"] == one.test["loss"]
    assert str(table["run_id"][0])[:8] in repr(found)


def test_done_once_and_read_back(found, data, store):
    more = grid_of([2, 3, 4], data, store, test_data=data)
    assert [one.resumed for one in more.experiments] == [True, True, False]
    for then, now in zip(found.experiments, more.experiments, strict=False):
        assert now.history.metrics == then.history.metrics
        assert now.run_id == then.run_id
        assert now.test == then.test


@pytest.mark.parametrize("change", ["seed", "epochs", "data", "resume"])
def test_what_differs_is_trained_again(found, data, store, change):
    x, y = data
    arguments = {
        "seed": {"seed": 2},
        "epochs": {"epochs": 1},
        "data": {"test_data": None},
        "resume": {"resume": False},
    }[change]
    again = grid_of([2], (x, y), store, **{"test_data": data} | arguments)
    assert not again.experiments[0].resumed


CHILD = """
import os, signal
import numpy as np
import rkeras_port as rk
from rkeras_port.trials import grid
x = np.eye(8, dtype="float32"); y = np.arange(8) % 2
train, trained = grid.train, []
def killed_in_the_third(*arguments):
    if len(trained) == 2 and os.environ.get("KILL"):
        grid.keras.callbacks.EarlyStopping = dying
        arguments[0].settings["early_stopping"] = 1
    trained.append(train(*arguments))
    return trained[-1]
class dying(grid.keras.callbacks.Callback):
    def __init__(self, *_, **__): super().__init__()
    def on_epoch_end(self, *_): os.kill(os.getpid(), signal.SIGKILL)
grid.train = killed_in_the_third
found = {"units": [2, 3, 4, 5]} >> rk.experiments(
    x, y, epochs=2, validation_split=0.25, tracking_uri="runs.db", progress=True)
print([one.resumed for one in found.experiments])
"""


def test_a_killed_grid_goes_on_where_it_was(tmp_path):
    def run(**env):
        import os

        return subprocess.run(
            [sys.executable, "-c", textwrap.dedent(CHILD)],
            cwd=tmp_path,
            env=os.environ | env,
            capture_output=True,
            text=True,
            timeout=300,
        )

    killed = run(KILL="1")
    assert killed.returncode == -9, killed.stderr[-2000:]
    finished = run()
    assert finished.returncode == 0, finished.stderr[-2000:]
    assert "[True, True, False, False]" in finished.stdout
    assert "2 of 4 experiments had been trained before" in finished.stderr
    assert "3/4 units=4" in finished.stderr
    assert " left" in finished.stderr
    client = __import__("mlflow").MlflowClient(f"sqlite:///{tmp_path}/runs.db")
    (experiment,) = client.search_experiments(filter_string="name = 'experiments'")
    runs = client.search_runs([experiment.experiment_id])
    statuses = sorted(run.info.status for run in runs)
    assert statuses == ["FINISHED"] * 4 + ["KILLED"]


def test_threads_by_joblib(data, store):
    made = grid_of([6, 7], data, store, n_jobs=2, backend="threading")
    assert [one.settings["units"] for one in made.experiments] == [6, 7]
    assert all(len(one.history.epoch) == 2 for one in made.experiments)


def test_a_backend_that_joblib_does_not_know(data, store):
    with pytest.raises(ArgumentError, match="is no joblib backend"):
        grid_of([9], data, store, n_jobs=2, backend="cloud")


def test_a_builder_of_ones_own(data, store):
    def build(width):
        return (
            rk.keras_model_sequential(input_shape=10)
            >> rk.layer_dense(width)
            >> rk.layer_dense(1, activation="sigmoid")
            >> rk.compile("sgd", "mse")
        )

    made = {"width": [3]} >> rk.experiments(
        *data, build=build, epochs=1, tracking_uri=store, progress=False
    )
    run = rk.stored_run(made.experiments[0].run_id, store)
    assert (run.params["width"], run.params["units"]) == ("3", "3")


def test_early_stopping_keeps_the_best_weights(data, store):
    x, y = data
    made = {"early_stopping": [1], "learning_rate": [0.9]} >> rk.experiments(
        x,
        1 - y,
        validation_data=(x, y),
        test_data=(x, y),
        epochs=10,
        tracking_uri=store,
        progress=False,
    )
    one = made.experiments[0]
    losses = one.history.metrics["val_loss"]
    assert len(losses) < 10
    # Learning the opposite only makes it worse: the best epoch is the first one.
    assert one.history.best_epoch() == len(losses) - 1
    assert one.test["loss"] == pytest.approx(min(losses), rel=1e-5)


@pytest.mark.parametrize(
    ("grid", "problem"),
    [
        ({"unts": [1]}, "columns that `build` does not take"),
        (pd.DataFrame(), "at least one row"),
        ({"units": []}, "at least one row"),
    ],
)
def test_bad_grids_are_refused_before_anything_is_done(data, tmp_path, grid, problem):
    with pytest.raises(ArgumentError, match=problem):
        grid >> rk.experiments(*data, tracking_uri=tmp_path / "runs.db")
    assert not list(tmp_path.iterdir())


def test_all_combinations_and_empty_cells():
    assert _rows({"a": [1, 2], "b": "x"}) == [{"a": 1, "b": "x"}, {"a": 2, "b": "x"}]
    frame = pd.DataFrame([{"units": 4}, {"units": 8, "dropout": 0.5}])
    assert _rows(frame) == [{"units": 4}, {"units": 8, "dropout": 0.5}]


def outcome(losses, val_losses):
    history = TrainingHistory(
        {"epochs": len(losses)}, {"loss": losses, "val_loss": val_losses}
    )
    return Experiments([Experiment("one", {"units": 1}, history, {}, "f" * 32)])


def test_where_overfitting_begins():
    table = outcome([0.5, 0.4, 0.3, 0.2], [0.5, 0.4, 0.45, 0.5]).table
    assert table["overfits_from"].tolist() == [3]
    table = outcome([0.5, 0.4], [0.5, 0.4]).table
    assert table["overfits_from"].isna().all()


def test_the_plot_has_a_panel_for_each(found):
    figure = found.plot()
    panels = figure.data["experiment"].cat.categories
    assert list(panels) == ["1: units=2", "2: units=3"]
    assert set(figure.data["data"]) == {"training", "validation"}
    with pytest.raises(ArgumentError, match="is in no history"):
        found.plot("auc")
