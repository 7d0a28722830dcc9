"""Stores that fail: training goes on, it is said once, and nothing is lost."""

import json
import subprocess
import sys
import warnings

import pytest

import rkeras_port as rk
from rkeras_port.errors import StateError
from rkeras_port.tracking import sync_runs

#: Nothing listens there: the port of the "discard" service, on this machine.
AWAY = "http://127.0.0.1:9"


# In a process of its own: the limit is for all files, pytest's log among them.
FULL_DISK = """
import json, resource, warnings
import numpy as np
import rkeras_port as rk
limits = resource.getrlimit(resource.RLIMIT_FSIZE)
x = np.eye(8, dtype="float32"); y = np.arange(8) % 2
model = rk.dense_classifier(8)
with warnings.catch_warnings(record=True) as said:
    warnings.simplefilter("always")
    with rk.tracked_run("full", tracking_uri="runs.db", log_pictures=False) as run:
        # No file can grow any more, as on a full disk.
        resource.setrlimit(resource.RLIMIT_FSIZE, (1, limits[1]))
        history = model >> rk.fit(x, y, epochs=2, verbose=0)
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)
told = [str(one.message) for one in said if one.category is RuntimeWarning]
complete = run.complete
run_id = run.store_in("elsewhere.db")
print("ANSWER" + json.dumps([told, complete, history.metrics, run_id]))
"""


def test_a_disk_that_gets_full(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", FULL_DISK],
        cwd=tmp_path,
        capture_output=True,
        text=True,
    )
    assert "ANSWER" in done.stdout, done.stderr[-3000:]
    told, complete, metrics, run_id = json.loads(done.stdout.split("ANSWER")[1])
    assert len([text for text in told if "Training goes on" in text]) == 1
    assert len([text for text in told if "store_in" in text]) == 1
    assert not complete
    assert len(metrics["loss"]) == 2
    stored = rk.stored_run(run_id, tmp_path / "elsewhere.db")
    assert stored.history().metrics == metrics
    assert stored.status == "FINISHED"
    assert "model/MLmodel" in stored.artifacts()


@pytest.fixture(scope="module")
def kept(tmp_path_factory, small_data, small_model):
    """A run that was meant for a server that was away, and the folder it is in."""
    folder = tmp_path_factory.mktemp("away")
    x, y = small_data
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        with warnings.catch_warnings(record=True) as said:
            warnings.simplefilter("always")
            with rk.tracked_run("away", tracking_uri=AWAY, log_pictures=False) as run:
                history = small_model() >> rk.fit(x, y, epochs=2, verbose=0)
    told = [str(one.message) for one in said if one.category is RuntimeWarning]
    return folder, run, history, told


def test_a_server_that_is_away_is_said_once(kept):
    folder, run, history, told = kept
    assert len(told) == 1
    assert "cannot be reached" in told[0]
    assert "rkeras sync" in told[0]
    assert run.stored().history().metrics == history.metrics
    assert run.store == f"sqlite:///{folder}/mlflow.db"


def test_while_it_is_away_syncing_fails_and_keeps_the_run(kept):
    folder, run, *_ = kept
    with pytest.raises(StateError, match="does not answer"):
        sync_runs(store=folder / "mlflow.db")
    assert "rkeras.synced_as" not in run.stored().tags


def test_what_was_kept_is_copied_once_the_server_is_there(kept, tmp_path):
    folder, run, history, _ = kept
    target = f"sqlite:///{tmp_path}/server.db"
    copied = sync_runs(target, folder / "mlflow.db")
    assert list(copied) == [run.run_id]
    there = rk.stored_run(copied[run.run_id], target)
    assert there.history().metrics == history.metrics
    assert there.params == run.stored().params
    assert there.artifacts() == run.stored().artifacts()
    assert sync_runs(target, folder / "mlflow.db") == {}
