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


BY_ROW = """
    by_row <- function(sequences, dimension = 10000) {
      results <- matrix(0, nrow = length(sequences), ncol = dimension)
      for (i in seq_along(sequences)) results[i, sequences[[i]]] <- 1
      results
    }
    set.seed(1)
    reviews <- lapply(1:80, function(i) sample(0:30, i %% 9, replace = TRUE))
    expected <- by_row(reviews, 30)
    sparse <- vectorize_sequences(reviews, 30)
"""


@pytest.mark.parametrize("package", ["keras3", "keras"])
def test_vectorized_sequences_are_the_matrix_that_scripts_fill_by_row(R, package):
    # Without Matrix attached, as in scripts that do not know of it.
    R.run("if ('package:Matrix' %in% search()) detach('package:Matrix')")
    R.run(f"library({package})\n{BY_ROW}")
    for same in (
        "identical(as.matrix(sparse), expected)",
        "identical(dim(vectorize_sequences(reviews[1:2])), c(2L, 10000L))",
        "identical(c(nrow(sparse), ncol(sparse)), c(80L, 30L))",
        "identical(as.matrix(sparse[-(1:60), ]), expected[-(1:60), ])",
        "identical(sparse[5, ], expected[5, ])",
        "identical(as.matrix(head(sparse)), head(expected))",
        "identical(rowSums(sparse), rowSums(expected))",
        "identical(mean(sparse[1:9, ]), mean(expected[1:9, ]))",
        "any(grepl('80 x 30 sparse Matrix', capture.output(print(sparse))))",
        "nrow(vectorize_sequences(list(), 5)) == 0",
    ):
        assert R.eval(same), same
    attached = R.eval("search()")
    assert attached[-2:] == ["package:Matrix", "package:base"]


def test_vectorized_sequences_train_as_the_dense_matrix_to_the_last_bit(data):
    data.run(BY_ROW)
    data.run(
        """
        found <- train(sparse[-(1:25), ], y[-(1:25)],
                       validation_data = list(sparse[1:25, ], y[1:25]))
        wanted <- train(expected[-(1:25), ], y[-(1:25)],
                        validation_data = list(expected[1:25, ], y[1:25]))
        """
    )
    assert data.eval("identical(found, wanted)")


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("vectorize_sequences(list(1, c(2, 9)), 8)", "received 9 in element 2"),
        ("vectorize_sequences(list(-1), 8)", "received -1 in element 1"),
        ("vectorize_sequences(list(NA_integer_), 8)", "received NA in element 1"),
        ("vectorize_sequences(1:3)", "must be a list .* received integer"),
    ],
)
def test_vectorize_sequences_says_what_has_no_column(R, call, message):
    R.run("library(keras3)")
    with pytest.raises(Exception, match=message):
        R.run(call)


def test_a_scripts_own_vectorize_sequences_is_its_own(R):
    R.run("library(keras3)\nvectorize_sequences <- function(sequences) 'mine'")
    assert R.eval("vectorize_sequences(list(1))") == "mine"
    R.run("rm(vectorize_sequences)")
