"""What the smoke cases are called with: arrays, files, and objects made anew."""

from __future__ import annotations

import functools
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from rkeras_port._keras import keras

_random = np.random.default_rng(1)

ARRAYS: dict[str, Any] = {
    # A matrix, one of numbers between 0 and 1, a vector; whole numbers; truths.
    "M": np.array([[0.5, -2.0, 3.0], [-1.5, 0.25, 1.0]]),
    "P": np.array([[0.2, 0.5, 0.3], [0.1, 0.8, 0.15]]),
    "V": np.array([1.0, 4.0, 2.0, 3.0]),
    "W": np.array([0.5, -1.0, 2.0, 0.25]),
    "I": np.array([[1, 6, 3], [4, 2, 5]], dtype="int32"),
    "J": np.array([[2, 3, 1], [1, 2, 1]], dtype="int32"),
    "B": np.array([[True, False, True], [False, False, True]]),
    "B01": np.array([[1, 1, 0], [0, 0, 1]], dtype="int32"),
    # Square matrices: positive definite, any.
    "S": np.array([[4.0, 1.0, 0.5], [1.0, 3.0, 0.2], [0.5, 0.2, 2.0]]),
    "A": np.array([[1.0, 2.0, 0.0], [3.0, -1.0, 1.0], [0.5, 0.0, 2.0]]),
    # Sequences, images, volumes: (samples, ..., channels).
    "Q": _random.uniform(0, 1, (2, 6, 3)),
    "X": _random.uniform(0, 1, (2, 8, 8, 3)),
    "U": _random.uniform(0, 1, (1, 4, 4, 4, 2)),
    "F": _random.uniform(0, 1, (2, 3, 6, 6, 2)),
    # What was true and what was predicted: yes or no, one of three classes.
    "T2": np.array([[1.0], [0.0], [1.0], [1.0]]),
    "P2": np.array([[0.9], [0.4], [0.3], [0.6]]),
    "T3": np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0]]),
    "P3": np.array([[0.7, 0.2, 0.1], [0.3, 0.4, 0.3]]),
    "C3": np.array([0, 2], dtype="int32"),
    # Probabilities of ImageNet's classes, two of them not 0.
    "IMAGENET": 0.75 * np.eye(1000)[3:4] + 0.25 * np.eye(1000)[7:8],
}
"""By their names in the cases; float64 in R, float32 in Python."""

CLASSES: dict[str, list[str]] = {str(i): [f"n{i}", f"class {i}"] for i in range(1000)}
"""Invented names for ImageNet's classes, whose real ones Keras would download."""

#: Goes when the process ends.
_folder = tempfile.TemporaryDirectory(prefix="rkeras-coverage-")


@functools.cache
def files() -> dict[str, str]:
    """Write small files of each kind; return their paths by the cases' names."""
    folder = Path(_folder.name)
    paths = {
        "FOLDER": folder,
        "BOSTON": folder / "houses.npz",
        "MNIST": folder / "digits.npz",
        "IMDB": folder / "reviews.npz",
        "REUTERS": folder / "newswires.npz",
        "WORDS": folder / "words.json",
        "PICTURES": folder / "pictures",
        "PICTURE": folder / "pictures" / "grey.png",
        "SAVED": folder / "model.keras",
        "WEIGHTS": folder / "model.weights.h5",
        "CONFIG": folder / "model.json",
    }
    digits = np.zeros((3, 2, 2), "uint8")
    texts = np.array([[1, 2], [1, 2, 1]], dtype=object)
    np.savez(paths["BOSTON"], x=np.ones((10, 2)), y=np.ones(10))
    np.savez(
        paths["MNIST"], x_train=digits, y_train=[0, 1, 2], x_test=digits, y_test=[0] * 3
    )
    np.savez(
        paths["IMDB"],
        x_train=texts,
        y_train=np.array([0, 1]),
        x_test=texts,
        y_test=np.array([0, 1]),
    )
    topics = np.array([[1, 2], [1, 2, 1], [2], [2, 2]], dtype=object)
    np.savez(paths["REUTERS"], x=topics, y=np.array([0, 1, 2, 3]))
    paths["WORDS"].write_text(json.dumps({"film": 1, "good": 2}), encoding="utf-8")
    paths["PICTURES"].mkdir()
    keras.utils.save_img(paths["PICTURE"], np.full((8, 8, 3), 7.0), scale=False)
    model = _model()
    model.save(paths["SAVED"])
    model.save_weights(paths["WEIGHTS"])
    paths["CONFIG"].write_text(model.to_json(), encoding="utf-8")
    return {name: str(path) for name, path in paths.items()}


def _model() -> Any:
    """Return a compiled model that gives the sum of its two inputs: 9 parameters."""
    model = keras.Sequential(
        name="tiny",
        layers=[
            keras.layers.Input((2,)),
            keras.layers.Dense(2, kernel_initializer="ones", name="first"),
            keras.layers.Dense(
                1, kernel_initializer=keras.initializers.Constant(0.5), name="second"
            ),
        ],
    )
    model.compile(keras.optimizers.SGD(0.0), loss="mse")
    return model


def _sum() -> Any:
    metric = keras.metrics.Sum()
    metric.update_state([1.0, 2.0])
    return metric


MADE: dict[str, Callable[[], Any]] = {
    "MODEL": _model,
    "INPUT": lambda: keras.Input((2,)),
    "SUM": _sum,
}
"""Made anew for each case, because cases change them."""
