"""Several devices, several processes and files larger than memory, as R writes it."""

from __future__ import annotations

import json

import keras
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from rkeras_port.launch import launch

NETWORK = """
suppressPackageStartupMessages(library(keras3))
network <- function() {
  keras_model_sequential(input_shape = 20) |>
    layer_dense(units = 8, activation = "relu",
                kernel_initializer = initializer_constant(0.1)) |>
    layer_dense(units = 1, activation = "sigmoid", kernel_initializer = "zeros")
}
compiled <- function(model) {
  model |> compile(optimizer = "rmsprop", loss = "binary_crossentropy")
}
"""


def data():
    rng = np.random.default_rng(0)
    x = (rng.random((100, 20)) < 0.3).astype("float32")
    return x, (x[:, 0] + x[:, 1] > 0).astype("float32")


def expected():
    """Return the losses of Keras itself, in one process; the backend is no matter."""
    constant = keras.initializers.Constant(0.1)
    model = keras.Sequential(
        [
            keras.Input((20,)),
            keras.layers.Dense(8, activation="relu", kernel_initializer=constant),
            keras.layers.Dense(1, activation="sigmoid", kernel_initializer="zeros"),
        ]
    )
    model.compile("rmsprop", loss="binary_crossentropy")
    fitted = model.fit(*data(), epochs=2, batch_size=16, shuffle=False, verbose=0)
    return fitted.history["loss"]


def literal(x):
    values = ", ".join(f"{value:g}" for value in x.T.ravel())
    return f"matrix(c({values}), {len(x)})" if x.ndim > 1 else f"array(c({values}))"


def test_the_scope_of_a_mirrored_strategy(R):
    x, y = data()
    R.run(
        NETWORK
        + f"""
        x <- {literal(x)}
        y <- {literal(y)}
        strategy <- tensorflow::tf$distribute$MirroredStrategy(list("CPU:0"))
        with(strategy$scope(), {{
          model <- network()
          model |> compiled()
        }})
        history <- model |>
          fit(x, y, epochs = 2, batch_size = 16, shuffle = FALSE, verbose = 0)
        """
    )
    assert R.eval("model$distribute_strategy") is R.eval("strategy")
    assert R.eval("nrow(predict(model, x, verbose = 0))") == 100
    np.testing.assert_allclose(R.eval("history$metrics$loss"), expected(), atol=1e-5)


def test_rows_of_a_parquet_file(R, tmp_path):
    x, y = data()
    # R counts columns from 1.
    table = pa.table({"words": [np.flatnonzero(row) + 1 for row in x], "label": y})
    pq.write_table(table, tmp_path / "rows.parquet")
    R.run(
        NETWORK
        + f"""
        model <- network()
        model |> compiled()
        rows <- parquet_multi_hot("{tmp_path}/rows.parquet", 20, x = "words",
                                  y = "label", batch_size = 16)
        history <- model |> fit(rows, epochs = 2, verbose = 0)
        loss <- evaluate(model, rows, verbose = 0)
        """
    )
    np.testing.assert_allclose(R.eval("history$metrics$loss"), expected(), atol=1e-5)
    assert R.eval("loss$loss") < R.eval("history$metrics$loss[1]")
    assert R.eval("nrow(predict(model, rows, verbose = 0))") == 100


@pytest.fixture
def script(tmp_path):
    x, y = data()
    file = tmp_path / "train.R"
    file.write_text(
        NETWORK
        + f"""
x <- {literal(x)}
y <- {literal(y)}
with(with_distribution(), {{
  model <- network()
  model |> compiled()
  history <- model |>
    fit(x, y, epochs = 2, batch_size = 16, shuffle = FALSE, verbose = 0)
  scores <- predict(model, x, verbose = 0)
}})
cat("LOSS", sprintf("[%s]\\n", paste(format(history$metrics$loss, digits = 10),
                                    collapse = ", ")))
stopifnot(dim(scores) == c(100, 1))
"""
    )
    return file


def test_a_script_in_two_processes(script, capfd):
    launch(script, 2)
    lines = [line for line in capfd.readouterr().out.splitlines() if "LOSS" in line]
    assert sorted(line[:3] for line in lines) == ["[0]", "[1]"]
    for line in lines:
        losses = json.loads(line.partition("LOSS")[2])
        np.testing.assert_allclose(losses, expected(), atol=1e-5)
