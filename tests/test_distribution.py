"""Two processes on loopback: one process's results, and a clear end when one dies."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import textwrap
import zipfile
from contextlib import nullcontext
from unittest import mock

import keras
import numpy as np
import pytest
import tensorflow as tf

import rkeras_port as rk
from rkeras_port.errors import ArgumentError, StateError
from rkeras_port.launch import ProcessDied, launch

#: 100 rows of which 75 are trained on, in batches of 15: none can be cut in two.
DATA = """
import json, os, signal, sys
import numpy as np
import rkeras_port as rk
rk.use_backend("jax")
rk.set_random_seed(1)
rng = np.random.default_rng(0)
x = (rng.random((100, 20)) < 0.3).astype("float32")
y = (x[:, 0] + x[:, 1] > 0).astype("float32")

def network():
    return (
        rk.keras_model_sequential(input_shape=20)
        >> rk.layer_dense(8, activation="relu")
        >> rk.layer_dropout(rate=0.3)
        >> rk.layer_dense(1, activation="sigmoid")
        >> rk.compile("rmsprop", loss="binary_crossentropy", metrics="accuracy")
    )
"""

#: What two processes do, and one alone by Keras's own methods.
TRAINING = """
import contextlib
from scipy.sparse import csr_matrix

def results(batch_size, fit, evaluate, predict, x):
    model = network()
    fitted = fit(model, x, y, epochs=3, batch_size=batch_size, validation_split=0.25,
                 verbose=0)
    return {
        "fit": getattr(fitted, "metrics", None) or fitted.history,
        "evaluate": dict(evaluate(model, x, y, verbose=0)),
        "predict": np.ravel(predict(model, x, batch_size=24, verbose=0)).tolist(),
        "train_on_batch": dict(model.train_on_batch(x[:7], y[:7], return_dict=True)),
    }

import keras
if sys.argv[1] == "alone":
    def evaluate(model, *args, **kwargs):
        return model.evaluate(*args, return_dict=True, **kwargs)
    ways = [keras.Model.fit, evaluate, keras.Model.predict, x]
    print(json.dumps([results(size, *ways) for size in (16, 15)]))
else:
    import jax
    with rk.with_distribution() as distribution:
        ways = [rk.fit, rk.evaluate, rk.predict, x]
        all_results = [results(size, *ways) for size in (16, 15)]
        sparse = rk.predict(network(), csr_matrix(x)).shape
        rk.set_random_seed(jax.process_index())
        try:
            rk.fit(network(), x, y)
        except rk.StateError as error:
            refused = str(error)
    print("RESULTS", json.dumps([all_results, sparse, refused,
                                 distribution.num_processes]))
"""

DYING = """
import jax, keras

class Die(keras.callbacks.Callback):
    def on_epoch_begin(self, epoch, logs=None):
        self.epoch = epoch
    def on_train_batch_begin(self, batch, logs=None):
        if jax.process_index() == 1 and (self.epoch, batch) == (3, 2):
            print("the last words", flush=True)
            os.kill(os.getpid(), signal.SIGKILL)

with rk.with_distribution():
    checkpoint = rk.callback_model_checkpoint(sys.argv[1])
    network() >> rk.fit(x, y, epochs=9, batch_size=16, callbacks=[checkpoint, Die()])
"""


def python(file, *arguments):
    done = subprocess.run(
        [sys.executable, file, *arguments], capture_output=True, text=True, check=True
    )
    return done.stdout.splitlines()[-1]


def assert_close(ours, expected):
    """Compare numbers in dictionaries and lists."""
    assert type(ours) is type(expected)
    if isinstance(expected, dict):
        assert ours.keys() == expected.keys()
        for name, value in expected.items():
            assert_close(ours[name], value)
    else:
        np.testing.assert_allclose(ours, expected, atol=1e-5)


def test_two_processes_give_the_results_of_one(tmp_path, capfd):
    file = tmp_path / "train.py"
    file.write_text(DATA + TRAINING)
    expected = json.loads(python(file, "alone"))
    launch(file, 2, ["together"])
    lines = capfd.readouterr().out.splitlines()
    said = sorted(line for line in lines if "RESULTS" in line)
    assert [line[:3] for line in said] == ["[0]", "[1]"]
    for line in said:
        results, shape, refused, n_processes = json.loads(line.partition("RESULTS")[2])
        assert n_processes == 2
        assert len(results) == len(expected) == 2
        for ours, alone in zip(results, expected, strict=True):
            assert len(ours["fit"]["val_loss"]) == 3
            assert_close(ours, alone)
        assert shape == [100, 1]
        assert "fit(): the processes differ in: weights, random numbers" in refused


def test_a_process_that_dies_ends_all_and_the_checkpoint_is_kept(tmp_path, capfd):
    file, checkpoint = tmp_path / "die.py", tmp_path / "best.keras"
    file.write_text(DATA + DYING)
    with pytest.raises(ProcessDied) as caught:
        launch(file, 2, [str(checkpoint)])
    error = caught.value
    assert (error.number, error.status) == (1, -signal.SIGKILL)
    assert "process 1 of 2 (counted from 0) was killed by SIGKILL" in str(error)
    assert error.lines[-1] == "the last words"
    said = capfd.readouterr()
    assert "[0] Epoch 1/9" in said.out
    # Only the first process shows progress and writes.
    assert "[1] Epoch" not in said.out
    assert "[0] rkeras_port.errors.StateError: fit(): another process" in said.err
    assert zipfile.ZipFile(checkpoint).testzip() is None
    assert keras.saving.load_model(checkpoint).count_params() == 8 * 21 + 9


# The launcher -------------------------------------------------------------------------


def test_the_command_passes_arguments_output_and_status(tmp_path):
    file = tmp_path / "args.py"
    code = """
        import os, sys, time
        n = os.environ["KERAS_DISTRIBUTION_PROCESS_ID"]
        print(n, sys.argv[1:], os.environ["KERAS_BACKEND"])
        if n == "0":
            time.sleep(600)
        print("not well", file=sys.stderr)
        sys.exit(3)
    """
    file.write_text(textwrap.dedent(code))
    done = subprocess.run(
        [sys.executable, "-c", "from rkeras_port.cli import app; app()", "launch",
         "--processes", "2", file, "a", "--", "--b"],
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 3
    assert sorted(done.stdout.splitlines()) == [
        "[0] 0 ['a', '--b'] jax",
        "[1] 1 ['a', '--b'] jax",
    ]
    assert "process 1 of 2 (counted from 0) failed with exit status 3" in done.stderr
    assert done.stderr.endswith("[1] 1 ['a', '--b'] jax\n[1] not well\n") or (
        done.stderr.endswith("[1] not well\n[1] 1 ['a', '--b'] jax\n")
    )


def test_what_cannot_be_launched(tmp_path):
    with pytest.raises(ArgumentError, match=r"must be a Python program or an R script"):
        launch(tmp_path / "notes.txt")
    with pytest.raises(ArgumentError, match="does not exist"):
        launch(tmp_path / "none.R")
    (tmp_path / "a.py").touch()
    with pytest.raises(ArgumentError, match="`processes` must be at least 1"):
        launch(tmp_path / "a.py", 0)


# TensorFlow ---------------------------------------------------------------------------


def test_tensorflow_is_told_what_to_use():
    with (
        pytest.raises(StateError, match=r"runs on tensorflow.*use_backend\('jax'\)"),
        rk.with_distribution(),
    ):
        pass


def test_a_mirrored_strategy_trains_and_one_of_several_workers_is_refused(binary_data):
    x, y = binary_data
    histories = []
    for scope in (True, False):
        rk.clear_session()
        rk.set_random_seed(1)
        strategy = tf.distribute.MirroredStrategy(["CPU:0"])
        with strategy.scope() if scope else nullcontext():
            model = (
                rk.keras_model_sequential(input_shape=30)
                >> rk.layer_dense(1, activation="sigmoid")
                >> rk.compile("sgd", loss="binary_crossentropy")
            )
        assert (model._distribute_strategy is strategy) == scope
        history = rk.fit(model, x, y, epochs=2, shuffle=False, verbose=0)
        histories.append(history.metrics["loss"])
        if scope:
            several = mock.patch.object(
                strategy.extended, "_in_multi_worker_mode", return_value=True
            )
            for verb in (rk.fit, rk.evaluate):
                with several, pytest.raises(StateError, match=r"TF_CONFIG.*launch"):
                    verb(model, x, y, verbose=0)
    np.testing.assert_allclose(*histories, atol=1e-5)
