"""What a tracked run leaves: parameters, figures, files, and a model that loads."""

import json
import subprocess
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import confusion_matrix, roc_auc_score

import rkeras_port as rk
from rkeras_port.errors import ArgumentError, MissingDependencyError, StateError
from rkeras_port.tracking import stores


def test_parameters_say_what_was_trained_and_how(tracked):
    run, *_ = tracked
    params = run.stored().params
    expected = {
        "hidden_layers": "1",
        "units": "8",
        "activation": "relu",
        "epochs": "3",
        "batch_size": "50",
        "validation_split": "0.2",
        "optimizer": "rmsprop",
        "learning_rate": "0.01",
        "loss": "binary_crossentropy",
        "seed": "3",
        # 30 inputs times 8 units and 8 biases, 8 weights and 1 bias.
        "trainable_parameters": str(30 * 8 + 8 + 8 + 1),
        "training_rows": "150",
        "idea": "none",
    }
    assert {name: params.get(name) for name in expected} == expected


def test_fingerprints_follow_the_data(small_data):
    from rkeras_port.tracking.described import fingerprint

    x, y = small_data
    changed = x.copy()
    changed[-1, -1] += 1
    assert fingerprint(x, y) == fingerprint(np.asfortranarray(x), y.copy())
    assert fingerprint(changed, y) != fingerprint(x, y)
    assert fingerprint(iter([x])) is None


def test_metrics_per_epoch_and_at_the_end(tracked):
    run, _, history, results = tracked
    stored = run.stored()
    assert stored.history().metrics == history.metrics
    assert stored.status == "FINISHED"
    for name in ("loss", "accuracy"):
        assert stored.metrics[f"train_{name}"] == history.metrics[name][-1]
        assert (
            stored.metrics[f"validation_{name}"] == history.metrics[f"val_{name}"][-1]
        )
        assert stored.metrics[f"test_{name}"] == results[name]
    assert stored.metrics["best_epoch"] == history.best_epoch()


def test_tables_are_those_of_scikit_learn(tracked, small_data):
    run, model, *_ = tracked
    x, y = small_data
    scores = model.predict(x[150:], verbose=0).ravel()
    table = run.stored().read("test/confusion_matrix.csv").decode().splitlines()
    counts = [[int(cell) for cell in line.split(",")[1:]] for line in table[1:]]
    assert counts == confusion_matrix(y[150:], scores > 0.5).tolist()
    assert run.stored().metrics["test_auc"] == roc_auc_score(y[150:], scores)


@pytest.mark.parametrize("rows", [1, 512, 600])
def test_scores_are_what_predict_gives(rows, small_model):
    from scipy.sparse import csr_matrix

    from rkeras_port.tracking.results import outputs

    x = np.random.default_rng(rows).integers(0, 2, (rows, 30)).astype("float32")
    model = small_model()
    found = [outputs(model, data) for data in (x, csr_matrix(x), [x])]
    expected = model.predict(x, verbose=0)
    # Now with the graph that `predict` has made.
    for scores in (*found, outputs(model, csr_matrix(x))):
        np.testing.assert_allclose(scores, expected, rtol=1e-6)


def test_files(tracked):
    run, *_ = tracked
    stored = run.stored()
    files = stored.artifacts()
    for name in ("history", "test_confusion_matrix", "test_curves", "test_scores"):
        assert stored.read(f"pictures/{name}.png").startswith(b"\x89PNG")
    assert "Dense" in stored.read("model_summary.txt").decode()
    versions = json.loads(stored.read("environment.json"))
    assert versions["numpy"] == np.__version__
    assert {"model/MLmodel", "model/requirements.txt", "test/curves.csv"} <= set(files)


def test_the_model_loads_here_and_by_mlflow(tracked, small_data):
    import mlflow

    run, model, *_ = tracked
    x, _ = small_data
    expected = model.predict(x, verbose=0)
    again = rk.load_tracked_model(run.run_id[:8], run.store)
    np.testing.assert_array_equal(again.predict(x, verbose=0), expected)
    folder = Path(run.store.removeprefix("sqlite:///")).parent / "mlruns"
    (place,) = folder.glob(f"{run.run_id}/artifacts/model")
    theirs = mlflow.keras.load_model(str(place))
    np.testing.assert_array_equal(theirs.predict(x, verbose=0), expected)
    described = mlflow.models.Model.load(str(place))
    assert described.signature.inputs.inputs[0].shape == (-1, 30)
    np.testing.assert_array_equal(described.load_input_example(str(place)), x[:1])


def test_a_model_with_code_in_it_is_refused(store, small_data):
    import keras

    x, y = small_data
    model = keras.Sequential(
        [keras.Input([30]), keras.layers.Lambda(lambda t: t), keras.layers.Dense(1)]
    )
    model.compile("sgd", "mse")
    with rk.tracked_run(tracking_uri=store, log_pictures=False) as run:
        model >> rk.fit(x, y, verbose=0)
    with pytest.raises(ArgumentError, match="holds code"):
        rk.load_tracked_model(run.run_id, store)


def test_no_file_of_a_model_is_a_pickle(tracked):
    run, *_ = tracked
    stored = run.stored()
    assert not [f for f in stored.artifacts() if f.endswith((".pkl", ".pickle"))]
    archive = Path(run.store.removeprefix("sqlite:///")).parent / "mlruns"
    (file,) = archive.glob(f"{run.run_id}/artifacts/model/data/model.keras")
    names = zipfile.ZipFile(file).namelist()
    assert sorted(names) == ["config.json", "metadata.json", "model.weights.h5"]


def test_a_second_training_has_names_of_its_own(store, small_data, small_model):
    x, y = small_data
    with rk.tracked_run(tracking_uri=store, log_model=False, log_pictures=False) as run:
        for epochs in (1, 2):
            small_model() >> rk.fit(x, y, epochs=epochs, verbose=0)
    stored = run.stored()
    assert (stored.params["epochs"], stored.params["fit2/epochs"]) == ("1", "2")
    assert len(stored.history().metrics["loss"]) == 1
    assert "fit2/train_loss" in stored.metrics


def test_plain_keras_by_the_callback(store, small_data, small_model):
    x, y = small_data
    callback = rk.callback_mlflow("plain", tracking_uri=store, log_pictures=False)
    history = small_model().fit(x, y, epochs=2, verbose=0, callbacks=[callback])
    stored = callback.run.stored()
    assert stored.history().metrics == history.history
    assert stored.status == "FINISHED"
    assert "model/MLmodel" in stored.artifacts()


def test_users_write_to_the_run_by_mlflow_itself(store):
    import mlflow

    before = mlflow.get_tracking_uri()
    with rk.tracked_run(tracking_uri=store) as run:
        mlflow.log_param("mine", 5)
    assert run.stored().params["mine"] == "5"
    assert mlflow.active_run() is None
    assert mlflow.get_tracking_uri() == before


def test_an_error_in_the_block_ends_the_run_as_failed(store):
    with pytest.raises(ZeroDivisionError), rk.tracked_run(tracking_uri=store) as run:
        1 / 0  # noqa: B018
    assert run.stored().status == "FAILED"
    with pytest.raises(StateError, match="begins once"):
        run.__enter__()


def test_outside_the_block_nothing_is_told(store, small_data, monkeypatch):
    from rkeras_port import observers

    with rk.tracked_run(tracking_uri=store):
        assert len(observers._active) == 1
    assert observers._active == []


# What is not there --------------------------------------------------------------------


@pytest.mark.parametrize("run_id", ["nosuchrun", "../x", ""])
def test_a_run_that_does_not_exist(tracked, store, run_id):
    pattern = "names no run|names several runs"
    with pytest.raises(ArgumentError, match=pattern) as raised:
        rk.stored_run(run_id, store)
    assert "The latest ones: " in str(raised.value)


def test_a_store_that_does_not_exist(tmp_path):
    with pytest.raises(ArgumentError, match="does not exist"):
        rk.stored_run("abc", tmp_path / "no.db")
    assert not list(tmp_path.iterdir())


def test_a_store_that_is_something_else(tmp_path):
    file = tmp_path / "notes.db"
    file.write_text("These are notes, and they must stay what they are." * 20)
    before = file.read_bytes()
    with pytest.raises(ArgumentError, match="cannot be written to"):
        rk.tracked_run(tracking_uri=file).__enter__()
    assert file.read_bytes() == before


def test_a_store_in_a_place_that_is_no_folder(tmp_path):
    (tmp_path / "file").touch()
    with pytest.raises(ArgumentError, match="cannot be written to"):
        rk.tracked_run(tracking_uri=tmp_path / "file" / "runs.db").__enter__()


def test_without_mlflow_the_extra_is_named(monkeypatch):
    monkeypatch.setitem(sys.modules, "mlflow", None)
    with pytest.raises(MissingDependencyError, match=r"rkeras_port\[track\]"):
        rk.tracked_run("x")
    with pytest.raises(MissingDependencyError, match=r"rkeras_port\[track\]"):
        rk.callback_mlflow("x")


def test_mlflow_comes_with_the_first_run_and_sends_nothing():
    code = (
        "import sys, os, rkeras_port as rk\n"
        "rk.tracked_run; assert 'mlflow' not in sys.modules\n"
        "from rkeras_port.tracking import stores\n"
        "stores.mlflow('f')\n"
        "from mlflow.telemetry.utils import is_telemetry_disabled\n"
        "assert is_telemetry_disabled()\n"
    )
    clean = {"CI": "", "PYTEST_CURRENT_TEST": ""}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=_env(clean)
    )
    assert done.returncode == 0, done.stderr


def _env(changes):
    import os

    env = {k: v for k, v in os.environ.items() if k not in changes}
    env.pop("MLFLOW_DISABLE_TELEMETRY", None)
    return env


@pytest.mark.parametrize(
    ("uri", "remote"),
    [
        ("http://host:5000", True),
        ("https://host", True),
        ("databricks", True),
        ("sqlite:///runs.db", False),
        ("runs.db", False),
        ("postgresql://host/db", False),
    ],
)
def test_what_a_server_is(uri, remote):
    assert stores.is_remote(stores.resolve(uri)) is remote
