"""library(keras): what the generation of R's package before keras3 exported and did."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
import textwrap
from pathlib import Path
from typing import Any

import pytest

from rkeras_port import coverage
from rkeras_port.catalogue import legacy

HERE = Path(__file__).parent
SCRIPTS = sorted(HERE.glob("scripts/legacy/*.R"))


def table(name: str) -> list[dict[str, str]]:
    text = (HERE / name).read_text("utf-8")
    lines = csv.DictReader(
        text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE, restval=""
    )
    return list(lines)


#: A call of each name that only that package has, and what must be true of its value.
SMOKE = table("legacy_smoke.tsv")
GONE = [row.name for row in legacy.gone()]


def answers(code: str, path: Path) -> dict[str, Any]:
    """Run Python code in a process of its own; return what it dumped to `path`."""
    program = "import json\nfrom rkeras_port import r\nR = r.session()\n"
    program += textwrap.dedent(code)
    program += f"\njson.dump(found, open({str(path)!r}, 'w'))\n"
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(path.read_text("utf-8")) | {"stderr": done.stderr}


# Names and formals --------------------------------------------------------------------


def test_all_names_have_the_formals_of_the_older_package(R):
    formals = coverage.legacy_formals(only_legacy=False)
    assert set(formals) <= set(R.eval('getNamespaceExports("keras")'))
    functions = {name: text for name, text in formals.items() if text is not None}
    # The one more that it exports, `keras`, is no function.
    assert len(functions) == 556
    assert coverage.wrong_formals(R, "keras", functions) == set()


def test_each_name_of_the_older_package_alone_works_or_says_what_to_do():
    alone = set(coverage.legacy_formals())
    assert len(alone) == 259
    assert alone == {row["name"] for row in SMOKE} | set(GONE)
    assert len(SMOKE) == 247
    assert not {row["name"] for row in SMOKE} & set(GONE)
    assert alone - set(GONE) == set(legacy.modern())


@pytest.mark.parametrize("row", legacy.gone(), ids=lambda row: row.name)
def test_what_is_gone_says_why_and_what_to_do(R, row):
    message = R.eval(f"tryCatch(keras::{row.name}(), error = conditionMessage)")
    assert message.startswith(f"{row.name}() cannot work in Keras 3: ")
    assert f"Instead, {row.instead}." in message


# Each name, called --------------------------------------------------------------------


@pytest.fixture(scope="module")
def called(tmp_path_factory):
    return answers(
        f"""
        R["file"] = {str(HERE / "legacy_smoke.tsv")!r}
        R["setup"] = {str(HERE / "legacy_smoke.R")!r}
        R.run("source(setup)")
        found = {{"smoke": R.eval("run_smoke(file)")}}
        R.run({SETUP!r})
        R["codes"] = {list(BEHAVIOUR)!r}
        plain = lambda v: v.tolist() if hasattr(v, "tolist") else v
        found["behaviour"] = [plain(value) for value in R.eval("run_all(codes)")]
        """,
        tmp_path_factory.mktemp("called") / "answers.json",
    )


@pytest.mark.parametrize("name", [row["name"] for row in SMOKE])
def test_a_name_of_the_older_package_works(called, name):
    assert called["smoke"][name] == ""


@pytest.fixture(scope="module")
def scripts(tmp_path_factory):
    return answers(
        f"""
        from pathlib import Path
        found = {{}}
        for path in {[str(path) for path in SCRIPTS]!r}:
            try:
                R.run(Path(path).read_text("utf-8"))
                found[Path(path).stem] = ""
            except Exception as error:
                found[Path(path).stem] = str(error)
            R.run("rm(list = ls()); detach('package:keras')")
        """,
        tmp_path_factory.mktemp("scripts") / "answers.json",
    )


@pytest.mark.parametrize("script", [path.stem for path in SCRIPTS])
def test_a_script_of_its_time_runs(scripts, script):
    assert scripts[script] == ""


def test_a_superseded_function_says_so_once_in_a_session(scripts):
    lines = [
        line for line in scripts["stderr"].splitlines() if "before Keras 3" in line
    ]
    assert len(lines) == len(set(lines))
    assert (
        "load_model_hdf5() is of keras before Keras 3; in keras3 it is load_model()."
        in lines
    )
    assert not any(line.startswith("layer_dense()") for line in lines)


# Differences in what both generations export ------------------------------------------


BEHAVIOUR = {
    # code: what it gives
    "m <- one(lr = 0.25); as.numeric(m$optimizer$learning_rate)": 0.25,
    # Keras 2 divided the rate by 1 + decay * (number of batches), here of two.
    "m <- one(lr = 0.75, decay = 1); fit(m, x, y, 2, 1, verbose = 0);"
    "as.numeric(m$optimizer$learning_rate)": 0.25,
    "optimizer_rmsprop(epsilon = NULL)$epsilon": 1e-07,
    "names(fit(one(), x, y, epoch = 2, verb = 0)$metrics)": ["loss", "mae"],
    "fit(one(), x, y, verbose = 0)$params$epochs": 10,
    "names(fit(one(), x, y, epochs = 1, verbose = 0, workers = 2)$metrics)": [
        "loss",
        "mae",
    ],
    "names(evaluate(one(), x, y, verbose = 0, some = 1))": ["loss", "mae"],
    "dim(predict(one(), x, verbose = 0, some = 1))": [4, 1],
    "layer_concatenate(list(k_constant(x), k_constant(x)), axis = 0)$shape[0]": 8,
    "as.vector(as.array(layer_dot(list(k_constant(x), k_constant(x)), axes = 1)))": [
        1,
        4,
        9,
        16,
    ],
    "layer_activation_parametric_relu(shared_axes = 1:2)$get_config()$shared_axes": [
        1,
        2,
    ],
    "unlist(constraint_maxnorm(2.5)$get_config())": [2.5, 0],
    "unlist(constraint_unitnorm(axis = 1)$get_config())": 1,
    "unlist(regularizer_l1_l2()$get_config())": [0.01, 0.01],
    "regularizer_l2(l = 0.5)$get_config()$l2": 0.5,
    "round(layer_activation_leaky_relu(alpha = 0.25)$negative_slope, 3)": 0.25,
    "layer_conv_lstm_2d(filters = 1, kernel_size = 2)$get_config()$"
    "recurrent_activation": "hard_sigmoid",
    "unlist(layer_average_pooling_2d()$pool_size)": [2, 2],
    "get_weights(layers(layer_dense(units = 1, weights = list(matrix(3), 4),"
    " input_shape = 1)))[[1]][1, 1]": 3,
    "unlist(layers(layer_dense(units = 1, input_shape = 3))$input_shape)": 3,
    "m <- keras_model_sequential(); layer_dense(m, 1, input_shape = 3, batch_size = 5);"
    "unlist(m$input_shape)": [5, 3],
    "m <- keras_model_sequential(); layer_lstm(m, 1, batch_input_shape = c(5, 2, 3));"
    "unlist(m$input_shape)": [5, 2, 3],
    "m <- keras_model_sequential(); layer_embedding(m, 9, 2, input_length = 7);"
    "m$count_params()": 18,
    "m <- keras_model_sequential();"
    "layer_dense(m, 2, input_shape = 2, trainable = FALSE, name = NULL, dtype = NULL);"
    "length(m$trainable_weights)": 0,
    "as.numeric(loss_mean_squared_error(matrix(0, 1, 2), matrix(2, 1, 2)))": 4,
    "loss_mean_squared_error(reduction = 'auto')$reduction": "sum_over_batch_size",
    "as.vector(to_categorical(y = c(1, 0), 2))": [0, 1, 1, 0],
    "withVisible(layer_dense(k_constant(x), 1))$visible": False,
    "withVisible(layer_dense(units = 1))$visible": True,
    "class(shape(3, 4))[1]": "tensorflow.python.framework.tensor_shape.TensorShape",
    "length(dataset_names())": 7,
    "h <- fit(two(), x, y > 3, epochs = 1, verbose = 0, validation_split = 0.5);"
    "names(h$metrics)": [
        "loss",
        "accuracy",
        "val_loss",
        "val_accuracy",
    ],
    # Positions count from 1, and the last one is included.
    "d <- timeseries_dataset_from_array(1:10, NULL, sequence_length = 2,"
    " start_index = 3, end_index = 6);"
    "as.vector(as.array(iter_next(as_iterator(d))))": [
        3,
        4,
        5,
        4,
        5,
        6,
    ],
    "rate(callback_learning_rate_scheduler(function(epoch) 0.5))": 0.5,
    "rate(callback_learning_rate_scheduler(function(epoch, lr) lr / 2))": 0.125,
    "i <- image_load(picture, grayscale = TRUE, target_size = c(2, 3));"
    "dim(image_to_array(i))": [
        2,
        3,
        1,
    ],
    "tryCatch(callback_lambda(on_epochend = print), error = function(e)"
    " grepl(\"on_epochend.*Did you mean 'on_epoch_end'\","
    " rkeras:::.describe(e)))": True,
    # From HDF5, where Keras 3.15 itself forgets the optimizer's variables.
    "m <- one(); f <- tempfile(fileext = '.h5'); save_model_hdf5(m, f);"
    "length(fit(load_model_hdf5(f), x, y, epochs = 1, verbose = 0)$metrics)": 2,
    # A difference of targets (n,) and predictions (n, 1) would be (n, n).
    "m <- one(); f <- function(a, b) k_mean(k_square(a - b));"
    "compile(m, 'sgd', 'mse', list(f));"
    "e <- evaluate(m, x, y, verbose = 0); abs(e[[1]] - e[[2]]) < 1e-4": True,
}

SETUP = """
library(keras)
options(rkeras.superseded = FALSE)
x <- matrix(1:4 + 0, 4)
y <- c(2, 4, 6, 8)
one <- function(...) {
  model <- keras_model_sequential(list(layer_dense(units = 1, input_shape = 1)))
  compile(model, optimizer_sgd(...), "mse", metrics = "mae")
  model
}
two <- function() {
  model <- layers(layer_dense(units = 1, activation = "sigmoid", input_shape = 1))
  compile(model, "sgd", "binary_crossentropy", "accuracy")
}
rate <- function(schedule) {
  model <- one(0.25)
  fit(model, x, y, epochs = 1, verbose = 0, callbacks = list(schedule))
  as.numeric(model$optimizer$learning_rate)
}
picture <- tempfile(fileext = ".png")
image_array_save(array(1:12 + 0, c(2, 2, 3)), picture)
layers <- function(...) keras_model_sequential(list(...))
dataset_names <- function() {
  Filter(function(name) {
    grepl("^dataset_(boston|cifar|fashion|imdb$|mnist|reuters$)", name) &&
      !"convert" %in% names(formals(getExportedValue("keras", name)))
  }, getNamespaceExports("keras"))
}
run_all <- function(codes) lapply(codes, function(code) {
  scope <- new.env(parent = globalenv())
  tryCatch(eval(parse(text = code), scope), error = conditionMessage)
})
"""


@pytest.mark.parametrize("code", BEHAVIOUR)
def test_behaviour_of_the_older_package(called, code):
    got = dict(zip(BEHAVIOUR, called["behaviour"], strict=True))
    assert got[code] == BEHAVIOUR[code]


def test_what_is_left_out_is_said_once(called):
    told = called["stderr"]
    assert told.count("fit(): `workers` is no argument that Keras knows") == 1
    assert told.count("evaluate(): `some` is no argument that Keras knows") == 1
    assert "optimizer_sgd(): `decay` is now a schedule" in told


# Files of Keras 2 ---------------------------------------------------------------------


def test_weights_of_the_older_layout_are_read_in_order_and_by_name(tmp_path):
    import h5py
    import keras
    import numpy as np
    from keras.src.legacy.saving import legacy_h5_format

    from rkeras_port.errors import ArgumentError
    from rkeras_port.r.legacy_data import load_weights

    def model(*names):
        made = [keras.layers.Dense(2, name=name) for name in names]
        return keras.Sequential([keras.Input((2,)), *made])

    saved = model("first", "second")
    path = str(tmp_path / "weights.hdf5")
    with h5py.File(path, "w") as file:
        legacy_h5_format.save_weights_to_hdf5_group(file, saved)

    in_order = model("a", "b")
    load_weights(in_order, path)
    for got, wanted in zip(in_order.get_weights(), saved.get_weights(), strict=True):
        np.testing.assert_array_equal(got, wanted)

    by_name = model("second", "other")
    other = by_name.layers[1].get_weights()
    load_weights(by_name, path, by_name=True)
    np.testing.assert_array_equal(
        by_name.layers[0].get_weights()[0], saved.layers[1].get_weights()[0]
    )
    np.testing.assert_array_equal(by_name.layers[1].get_weights()[0], other[0])

    newer = str(tmp_path / "new.weights.h5")
    saved.save_weights(newer)
    with pytest.raises(ArgumentError, match="layout of Keras 2"):
        load_weights(by_name, newer, by_name=True)
