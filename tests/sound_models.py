"""A table of sound models, on which no pitfall may be found.

Each row: a name, the kind of inputs, the layers, the loss, the form of the labels.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np


class Sound(NamedTuple):
    name: str
    inputs: str
    layers: str
    loss: str
    labels: str


_BCE = "binary_crossentropy"
_CCE = "categorical_crossentropy"
_SCE = "sparse_categorical_crossentropy"
_LOGITS = "losses.BinaryCrossentropy(from_logits=True)"

SOUND = [
    Sound("logistic", "unit", "Dense(1, 'sigmoid')", _BCE, "0/1"),
    Sound("one hidden", "unit", "Dense(8, 'relu'), Dense(1, 'sigmoid')", _BCE, "0/1"),
    Sound("column", "unit", "Dense(8, 'relu'), Dense(1, 'sigmoid')", _BCE, "column"),
    Sound("integers", "unit", "Dense(4, 'tanh'), Dense(1, 'sigmoid')", _BCE, "int"),
    Sound("booleans", "unit", "Dense(4, 'tanh'), Dense(1, 'sigmoid')", _BCE, "bool"),
    Sound("logits", "normal", "Dense(8, 'relu'), Dense(1)", _LOGITS, "0/1"),
    Sound("softmax", "normal", "Dense(8, 'relu'), Dense(2, 'softmax')", _SCE, "int"),
    Sound("one-hot", "normal", "Dense(8, 'relu'), Dense(2, 'softmax')", _CCE, "hot"),
    Sound("three", "normal", "Dense(8, 'relu'), Dense(3, 'softmax')", _SCE, "three"),
    Sound("softmax layer", "normal", "Dense(2), Softmax()", _SCE, "int"),
    Sound("sigmoid layer", "normal", "Dense(1), Activation('sigmoid')", _BCE, "0/1"),
    Sound(
        "dropout", "normal", "Dense(8, 'relu'), Dropout(.3), Dense(1, 'sigmoid')",
        _BCE, "0/1",
    ),
    Sound(
        "normalised", "large", "BatchNormalization(), Dense(1, 'sigmoid')", _BCE, "0/1"
    ),
    Sound(
        "rescaled", "large", "Rescaling(1e-3), Dense(1, 'sigmoid')", _BCE, "0/1"
    ),
    Sound(
        "embedding", "words",
        "Embedding(500, 4), GlobalAveragePooling1D(), Dense(1, 'sigmoid')", _BCE, "0/1",
    ),
    Sound("multi-hot", "hot", "Dense(8, 'relu'), Dense(1, 'sigmoid')", _BCE, "0/1"),
    Sound("two labels", "normal", "Dense(8, 'relu'), Dense(2, 'sigmoid')", _BCE, "hot"),
    Sound("hinge", "normal", "Dense(8, 'relu'), Dense(1, 'tanh')", "hinge", "-1/1"),
    Sound("regression", "normal", "Dense(8, 'relu'), Dense(1)", "mse", "real"),
    Sound("focal", "normal", "Dense(1, 'sigmoid')", "binary_focal_crossentropy", "0/1"),
]  # fmt: skip


def inputs(kind: str, n: int = 120) -> np.ndarray:
    rng = np.random.default_rng(1)
    x = {
        "unit": rng.random((n, 6)),
        "normal": rng.normal(size=(n, 6)),
        "large": rng.normal(500, 200, size=(n, 6)),
        "words": rng.integers(1, 500, size=(n, 6)),
        "hot": rng.random((n, 6)) < 0.3,
    }[kind]
    return x.astype("float32")


def labels(form: str, x: np.ndarray) -> Any:
    rng = np.random.default_rng(2)
    one = (x[:, 0] + 0.1 * rng.normal(size=len(x)) > np.median(x[:, 0])).astype("int64")
    return {
        "0/1": one.astype("float32"),
        "column": one.astype("float32")[:, None],
        "int": one,
        "bool": one.astype(bool),
        "hot": np.eye(2, dtype="float32")[one],
        "three": rng.integers(0, 3, len(x)),
        "-1/1": (2 * one - 1).astype("float32"),
        "real": 300 * x[:, 1],
    }[form]
