"""Sides recorded of real, small Keras models in the process of the tests."""

from __future__ import annotations

from collections.abc import Callable

import keras
import numpy as np

from rkeras_port.crosscheck.environment import observe_environment
from rkeras_port.crosscheck.observations import Observation, Side
from rkeras_port.crosscheck.recorder import recording
from rkeras_port.crosscheck.rows import located


def record(
    program: Callable[[], object], label: str = "Python", seed: int | None = 1
) -> Side:
    """Run a function as a side: from a clean state, with everything observed."""
    keras.utils.clear_session()
    if seed is not None:
        keras.utils.set_random_seed(seed)
    seen: list[Observation] = []
    with recording(seen.append):
        program()
    environment = observe_environment(seed)
    return Side(label, f"{label}.txt", "", located(seen), environment=environment)


def data(n: int = 60, width: int = 5) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(4)
    x = rng.normal(size=(n, width))
    return x, (x[:, 0] > 0).astype("float64")


def network(width: int = 5, units: int = 3) -> keras.Sequential:
    model = keras.Sequential(
        [
            keras.Input((width,)),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
    return model


def train(x=None, y=None, **arguments) -> None:
    """Fit a network to data; what a program of a side does, as a rule."""
    if x is None:
        x, y = data()
    model = network(np.shape(x)[1])
    model.fit(x, y, **{"epochs": 2, "batch_size": 16, "verbose": 0} | arguments)
