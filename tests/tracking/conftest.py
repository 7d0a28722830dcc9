"""One store for the tests of a module, with one finished run in it."""

from __future__ import annotations

import numpy as np
import pytest

import rkeras_port as rk


def make_model():
    rk.clear_session()
    rk.set_random_seed(3)
    return (
        rk.keras_model_sequential(input_shape=30)
        >> rk.layer_dense(8, activation="relu")
        >> rk.layer_dense(1, activation="sigmoid")
        >> rk.compile(
            rk.optimizer_rmsprop(learning_rate=0.01),
            loss="binary_crossentropy",
            metrics="accuracy",
        )
    )


@pytest.fixture(scope="session")
def small_model():
    """Make the same small network each time."""
    return make_model


@pytest.fixture(scope="session")
def small_data():
    rng = np.random.default_rng(7)
    x = (rng.random((200, 30)) < 0.2).astype("float32")
    return x, (x[:, 0] + x[:, 1] > 0).astype("float32")


@pytest.fixture(scope="module")
def store(tmp_path_factory):
    """The path of a store's file; what it is needs a second to be made."""
    return str(tmp_path_factory.mktemp("store") / "runs.db")


@pytest.fixture(scope="module")
def tracked(store, small_data):
    """A finished run, and what was computed in it."""
    x, y = small_data
    model = make_model()
    with rk.tracked_run("tiny", tracking_uri=store, params={"idea": "none"}) as run:
        history = model >> rk.fit(
            x[:150], y[:150], epochs=3, batch_size=50, validation_split=0.2, verbose=0
        )
        results = model >> rk.evaluate(x[150:], y[150:])
    return run, model, history, results
