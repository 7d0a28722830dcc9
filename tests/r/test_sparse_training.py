"""Sparse matrices of R's package Matrix, straight into fit, evaluate and predict."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import rkeras_port as rk

NETWORK = """
    library(keras3)
    network <- function() {
      set_random_seed(4)
      keras_model_sequential(input_shape = 30) |>
        layer_dense(4, activation = "relu") |>
        layer_dense(1, activation = "sigmoid") |>
        compile("rmsprop", loss = "binary_crossentropy", metrics = "accuracy")
    }
    train <- function(x, y, ...) {
      model <- network()
      history <- fit(model, x, y, epochs = 2, batch_size = 16, verbose = 0, ...)
      held_out <- seq_len(nrow(x)) <= 20
      measured <- evaluate(model, x[held_out, ], y[held_out], verbose = 0)
      p <- predict(model, x[held_out, ], verbose = 0)
      list(history$metrics, measured, p, get_weights(model))
    }
"""


@pytest.fixture
def data(R):
    rng = np.random.default_rng(2)
    R["dense"] = (rng.random((80, 30)) < 0.1).astype("float64")
    R["y"] = (rng.random(80) < 0.5).astype("float64")
    R.run(NETWORK)
    R.run("sparse <- as(Matrix::Matrix(dense, sparse = TRUE), 'generalMatrix')")
    return R


def test_every_class_of_matrix_trains_as_the_dense_one_to_the_last_bit(data):
    data.run("expected <- train(dense, y, validation_split = 0.25)")
    for kind in ("CsparseMatrix", "RsparseMatrix", "TsparseMatrix"):
        data.run(f"found <- train(as(sparse, '{kind}'), y, validation_split = 0.25)")
        assert data.eval("identical(found, expected)"), kind


def test_rows_are_held_out_in_rs_way(data):
    data.run(
        """
        held_out <- 1:25
        expected <- train(dense[-held_out, ], y[-held_out],
                          validation_data = list(dense[held_out, ], y[held_out]))
        found <- train(sparse[-held_out, ], y[-held_out],
                       validation_data = list(sparse[held_out, ], y[held_out]))
        """
    )
    assert data.eval("identical(found, expected)")
    assert data.eval("c(dim(sparse), nrow(sparse), ncol(sparse))") == [80, 30, 80, 30]


def test_both_doors_give_the_same_to_the_last_bit(data):
    data.run("model <- network()")
    data.run("h <- fit(model, sparse, y, epochs = 2, verbose = 0)")
    weights = data["model"].get_weights()
    data.run("model <- network()")
    history = rk.fit(data["model"], data["sparse"], data["y"], epochs=2, verbose=0)
    assert history.metrics == {k: list(v) for k, v in data["h"]["metrics"].items()}
    for one, two in zip(data["model"].get_weights(), weights, strict=True):
        np.testing.assert_array_equal(one, two)


def test_models_that_multiply_by_no_matrix_first_get_dense_batches(data):
    model = keras.Sequential(
        [keras.Input((30,)), keras.layers.Reshape((30, 1)), keras.layers.Flatten()]
    )
    data["model"] = model
    data.run("p <- predict(model, sparse, verbose = 0)")
    np.testing.assert_array_equal(data["p"], data["dense"].astype("float32"))


def test_broken_matrices_are_refused(data):
    data.run(
        """
        empty <- sparse[integer(), ]
        said <- tryCatch(predict(network(), empty, verbose = 0),
                         error = function(e) conditionMessage(e))
        """
    )
    assert "must have rows" in data["said"]
