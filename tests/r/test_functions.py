"""R's functions on small problems whose answers are worked out by hand.

What the R package itself answers is in `test_parity`; here is what it lacks or does
otherwise, and what only the older package has.
"""

from __future__ import annotations

import json

import pytest

USED_MOST = [
    "layer_dense",
    "compile",
    "fit",
    "keras_model_sequential",
    "evaluate",
    "dataset_mnist",
    "layer_dropout",
    "dataset_imdb",
    "to_categorical",
    "optimizer_rmsprop",
    "array_reshape",
    "layer_embedding",
    "pad_sequences",
    "keras_model",
    "layer_flatten",
    "dataset_imdb_word_index",
    "layer_conv_2d",
    "regularizer_l2",
    "shape",
    "layer_max_pooling_2d",
    "layer_lstm",
    "layer_conv_1d",
    "layer_input",
    "Layer",
    "loss_sparse_categorical_crossentropy",
    "layer_concatenate",
    "keras_input",
    "random_normal",
    "layer_activation",
    "layer_max_pooling_1d",
    "layer_global_max_pooling_1d",
    "op_ones",
    "get_weights",
    "metric_sparse_categorical_accuracy",
    "op_matmul",
    "new_model_class",
    "load_model",
    "optimizer_adam",
    "layer_global_max_pooling_2d",
    "callback_early_stopping",
    "callback_tensorboard",
    "dataset_boston_housing",
    "dataset_reuters",
    "dataset_reuters_word_index",
    "install_keras",
    "layer_global_average_pooling_1d",
    "regularizer_l1",
    "regularizer_l1_l2",
    "layer_conv_2d_transpose",
    "new_layer_class",
    "loss_categorical_crossentropy",
    "op_zeros",
    "zip_lists",
    "loss_mean_squared_error",
    "random_uniform",
    "Callback",
    "loss_binary_crossentropy",
    "op_cast",
    "op_mean",
    "save_model",
    "flag_numeric",
    "metric_mean",
    "op_square",
]

OLDER = [
    "predict_classes",
    "fit_text_tokenizer",
    "load_model_tf",
    "save_model_hdf5",
    "text_tokenizer",
    "texts_to_matrix",
    "texts_to_sequences",
    "use_condaenv",
]


def in_r(fresh, code: str):
    """Run R code in a process of its own; its `result` as Python has it."""
    setup = (
        "import os, json; os.environ['TF_CPP_MIN_LOG_LEVEL'] = '3'\n"
        "from rkeras_port import r\n"
        f"R = r.session(); R.run({code!r})\n"
        "print('ANSWER' + json.dumps(R['result']))"
    )
    done = fresh(setup)
    assert "ANSWER" in done.stdout, done.stderr[-3000:]
    return json.loads(done.stdout.split("ANSWER")[1].splitlines()[0])


MODEL = """
model <- keras_model_sequential(input_shape = 2)
model |> layer_dense(1, kernel_initializer = "zeros")
model |> compile(optimizer = optimizer_sgd(0), loss = "mae")
x <- matrix(0, 4, 2); y <- c(1, 2, 3, 4)
"""


@pytest.mark.parametrize("package", ["keras3", "keras"])
def test_what_scripts_use_most_is_there(fresh, package):
    used = USED_MOST + (OLDER if package == "keras" else [])
    if package == "keras":
        used = [name for name in used if name not in ("keras_input",)]
    names = ", ".join(f'"{name}"' for name in used)
    missing = in_r(
        fresh,
        f"library({package})\n"
        f"result <- as.list(Filter(function(n) !exists(n), c({names})))",
    )
    assert missing == []


def test_a_data_frame_and_a_generator_feed_a_model(fresh):
    result = in_r(
        fresh,
        "library(keras3)" + MODEL + "frame <- data.frame(a = x[, 1], b = x[, 2])\n"
        "whole <- fit(model, frame, y, verbose = 0)$metrics$loss\n"
        "left <- 3\n"
        "batches <- function() { left <<- left - 1; if (left > 0) list(x, y) }\n"
        "h <- fit(model, batches, epochs = 1, verbose = 0)\n"
        "wrong <- tryCatch(fit(model, data.frame(a = 1:4, b = letters[1:4]), y),\n"
        "                  error = conditionMessage)\n"
        "result <- list(whole, h$metrics$loss, left, wrong)",
    )
    assert result[:3] == [2.5, 2.5, 0]
    assert "must have only numeric columns" in result[3]
    assert "not numeric: b" in result[3]


def test_a_large_matrix_of_few_ones_is_carried_sparse(fresh):
    result = in_r(
        fresh,
        "library(keras3)\n"
        "x <- matrix(0, 2000, 5000); x[cbind(1:2000, 1:2000)] <- 1\n"
        "y <- rep(c(0, 1), 1000)\n"
        "make <- function() {\n"
        "  model <- keras_model_sequential(input_shape = 5000) |>\n"
        '    layer_dense(1, kernel_initializer = "zeros")\n'
        '  model |> compile(optimizer = optimizer_sgd(0.1), loss = "mse")\n'
        "  model\n"
        "}\n"
        "run <- function() {\n"
        "  model <- make()\n"
        "  fit(model, x, y, epochs = 2, batch_size = 500, shuffle = FALSE,\n"
        "      validation_data = list(x, y), verbose = 2)$metrics\n"
        "}\n"
        "said <- capture.output(sparse <- run())\n"
        "options(rkeras.sparse = FALSE)\n"
        "silent <- capture.output(dense <- run())\n"
        "result <- list(sparse, dense, any(grepl('sparse', said)),\n"
        "               any(grepl('sparse', silent)))",
    )
    sparse, dense, said, silent = result
    assert said is True
    assert silent is False
    for name, values in dense.items():
        assert sparse[name] == pytest.approx(values, rel=1e-4)


def test_validation_frequency_keeps_its_epochs(fresh):
    result = in_r(
        fresh,
        "library(keras3)" + MODEL + "h <- fit(model, x, y, epochs = 5, verbose = 0,\n"
        "  validation_data = list(x, y), validation_freq = 2)\n"
        "d <- as.data.frame(h)\n"
        'result <- d$epoch[d$data == "validation" & !is.na(d$value)]',
    )
    assert result == [2, 4]


def test_a_history_survives_saving_and_is_plain_data(fresh):
    result = in_r(
        fresh,
        "library(keras3)" + MODEL + "h <- fit(model, x, y, epochs = 2, verbose = 0)\n"
        "file <- tempfile(); saveRDS(h, file); again <- readRDS(file)\n"
        "result <- list(identical(h, again), class(again), is.list(unclass(again)))",
    )
    assert result == [True, "keras_training_history", True]


def test_the_older_package_has_its_own_order_and_defaults(fresh):
    result = in_r(
        fresh,
        "suppressPackageStartupMessages(library(keras))\n"
        "model <- keras_model_sequential(list(\n"
        "  layer_dense(units = 1, input_shape = 2, kernel_initializer = 'zeros')))\n"
        "model %>% compile('sgd', 'mae', c('mse'))\n"
        "x <- matrix(0, 6, 2); y <- rep(0, 6)\n"
        "h <- model %>% fit(x, y, 3, verbose = 0)\n"
        "scores <- model %>% evaluate(x, y, verbose = 0)\n"
        "classes <- predict_classes(model, x)\n"
        "result <- list(h$params$epochs, h$params$steps, names(scores),\n"
        "               is.numeric(scores), dim(classes),\n"
        "               as.vector(to_categorical(y = c(0, 1))))",
    )
    epochs, steps, names, numeric, dim, hot = result
    assert (epochs, steps) == (10, 2)
    assert names == ["loss", "mse"]
    assert numeric is True
    assert dim == [6, 1]
    assert hot == [1, 0, 0, 1]


def test_a_callback_class_of_r6_counts_from_zero(fresh):
    result = in_r(
        fresh,
        "suppressPackageStartupMessages(library(keras))\n"
        "Watch <- R6::R6Class('Watch', inherit = KerasCallback, public = list(\n"
        "  losses = NULL, epochs = NULL,\n"
        "  on_batch_end = function(batch, logs = list())\n"
        "    self$losses <- c(self$losses, logs[['loss']]),\n"
        "  on_epoch_end = function(epoch, logs = list())\n"
        "    self$epochs <- c(self$epochs, epoch)))\n"
        "watch <- Watch$new()\n"
        "model <- keras_model_sequential() %>%\n"
        "  layer_dense(1, input_shape = 1, kernel_initializer = 'zeros')\n"
        "model %>% compile(optimizer_sgd(0), 'mae')\n"
        "model %>% fit(matrix(0, 4), rep(2, 4), batch_size = 2, epochs = 2,\n"
        "              verbose = 0, callbacks = list(watch))\n"
        "result <- list(watch$losses, watch$epochs, length(watch$model$layers))",
    )
    assert result == [[2.0, 2.0, 2.0, 2.0], [0, 1], 1]


def test_a_tokenizer_turns_texts_into_numbers_and_rows(fresh):
    result = in_r(
        fresh,
        "suppressPackageStartupMessages(library(keras))\n"
        "texts <- c('The cat sat.', 'The dog')\n"
        "tok <- text_tokenizer(num_words = 10) %>% fit_text_tokenizer(texts)\n"
        "result <- list(texts_to_sequences(tok, texts), tok$word_index$the,\n"
        "               dim(texts_to_matrix(tok, texts)))",
    )
    assert result == [[[1, 2, 3], [1, 4]], 1, [2, 10]]


def test_models_go_through_files_and_bytes(fresh):
    result = in_r(
        fresh,
        "library(keras3)" + MODEL + "bytes <- save_model(model)\n"
        "again <- load_model(bytes)\n"
        "missing <- tryCatch(load_model('nowhere.keras'), error = conditionMessage)\n"
        "result <- list(is.raw(bytes), count_params(again), missing)",
    )
    assert result[:2] == [True, 3]
    assert "does not exist" in result[2]


@pytest.mark.parametrize(
    ("call", "says"),
    [
        ("layer_dense(units = 1.5)", ["layer_dense", "units", "whole number", "1.5"]),
        ("op_sum(matrix(1, 2, 2), axis = 0)", ["op_sum", "axis", "1-based", "0"]),
        ("get_layer(model, index = 0)", ["index", "from 1", "0"]),
        ("freeze_weights(model, to = 'nosuch')", ["to", "dense", "nosuch"]),
        ("fit(model, x, y, 10)", ["fit", "must have names"]),
        ("fit(model, x, y, class_weight = c(1, 2))", ["class_weight", "names"]),
        ("to_categorical(c('a', 'b'))", ["x", "text", "factor"]),
        ("optimizer_adam(learningrate = 1)", ["learningrate", "Did you mean"]),
        ("op_one_hot(c(1, NA), 2)", ["op_one_hot", "x", "whole numbers", "NA"]),
    ],
)
def test_errors_say_what_was_received_and_what_to_do(R, call, says):
    R.run("library(keras3)")
    R.run(MODEL)
    R.run(f"result <- tryCatch({{{call}; 'nothing'}}, error = conditionMessage)")
    for part in says:
        assert part in R["result"]


COMPILED = MODEL + "compile(model, 'sgd', loss = 'mse', metrics = 'mae')\n"


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("text_to_word_sequence('A wonderful, film!')", ["a", "wonderful", "film"]),
        (
            "f <- tempfile(fileext = '.weights.h5'); save_model_weights(model, f);"
            "other <- clone_model(model); load_model_weights(other, f);"
            "identical(get_weights(other), get_weights(model))",
            True,
        ),
        (
            "d <- tempfile(); utils::capture.output(export_savedmodel(model, d));"
            "file.exists(file.path(d, 'saved_model.pb'))",
            True,
        ),
        (
            "f <- tempfile(fileext = '.keras'); save_model(model, f);"
            "tryCatch(save_model(model, f), error = function(e) 'refused')",
            "refused",
        ),
        ("sort(names(train_on_batch(model, x, y)))", ["loss", "mae"]),
        ("sort(names(test_on_batch(model, x, y)))", ["loss", "mae"]),
        ("dim(predict_on_batch(model, x))[2]", 1),
        (
            "f <- tempfile(); saveRDS(model, f); dead <- readRDS(f);"
            "tryCatch(dead$name, error = function(e) 'dead')",
            "dead",
        ),
        (
            "stops <- function(epoch, logs) stop('boom');"
            "e <- tryCatch(fit(model, x, y, verbose = 0,"
            " callbacks = callback_lambda(on_epoch_end = stops)), error = identity);"
            "fit(model, x, y, verbose = 0);"
            "c(class(e)[1], conditionMessage(e))",
            ["simpleError", "boom"],
        ),
        (
            "h <- fit(model, x, y, verbose = 0); f <- tempfile(); saveRDS(h, f);"
            "identical(readRDS(f)$metrics, h$metrics)",
            True,
        ),
    ],
)
def test_functions_of_the_workflow(R, code, expected):
    R.run("library(keras)")
    R.run(COMPILED)
    *before, last = code.rsplit(";", 1)
    R.run("".join(before) + "\nresult <- " + last)
    assert R["result"] == expected
