"""The same network through R's door and through Python's: the same numbers."""

from __future__ import annotations

from pathlib import Path

import pytest

IN_R = """
library(keras3)
set_random_seed(7)
i <- 0:199
x <- outer(i, 0:9, function(row, column) (row * (column + 3)) %% 7 == 0) * 1
y <- as.numeric(rowSums(x) > 1)
model <- keras_model_sequential(input_shape = 10) |>
  layer_dense(units = 4, activation = "relu") |>
  layer_dense(units = 1, activation = "sigmoid")
model |> compile("rmsprop", loss = "binary_crossentropy", metrics = "accuracy")
initial <- lapply(get_weights(model), as.array)
trained <- model |> fit(
  x[-(1:50), ], y[-(1:50)], epochs = 3, batch_size = 16, verbose = 0,
  validation_data = list(x[1:50, ], y[1:50]))
history <- trained$metrics
weights <- lapply(get_weights(model), as.array)
predicted <- model |> predict(x[1:5, ], verbose = 0)
"""

IN_PYTHON = """
import numpy as np
from rkeras_port import *

set_random_seed(7)
row, column = np.arange(200)[:, None], np.arange(10)
x = (row * (column + 3) % 7 == 0).astype(float)
y = (x.sum(axis=1) > 1).astype(float)
model = (
    keras_model_sequential(input_shape=10)
    >> layer_dense(units=4, activation="relu")
    >> layer_dense(units=1, activation="sigmoid")
    >> compile("rmsprop", loss="binary_crossentropy", metrics="accuracy")
)
initial = model.get_weights()
history = dict((model >> fit(
    x[50:], y[50:], epochs=3, batch_size=16, verbose=0,
    validation_data=(x[:50], y[:50]),
)).metrics)
weights = model.get_weights()
predicted = model >> predict(x[:5], verbose=0)
"""


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    made = {"r": tmp_path / "net.R", "python": tmp_path / "net.py"}
    made["r"].write_text(IN_R, encoding="utf-8")
    made["python"].write_text(IN_PYTHON, encoding="utf-8")
    return made


def test_training_is_the_same_to_the_last_bit(crosscheck, files):
    names = ["x", "y", "initial", "history", "weights", "predicted"]
    crosscheck.assert_same(**files, names=names)


def test_another_seed_is_found_in_the_first_weight(crosscheck, files):
    other = files["python"].read_text("utf-8").replace("seed(7)", "seed(8)")
    files["python"].write_text(other, encoding="utf-8")
    with pytest.raises(
        AssertionError, match=r"First difference: \['initial'\]\[0\]\[0, 0\]"
    ):
        crosscheck.assert_same(**files)
