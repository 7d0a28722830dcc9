"""R's doors to runs: tfruns folders, tracked runs, grids; all in one R process."""

from __future__ import annotations

import json

import pytest

import rkeras_port as rk

TRAIN = """
library(keras3)
FLAGS <- flags(flag_integer("units", 4L), flag_numeric("dropout", 0.1))
set.seed(1)
x <- matrix(rbinom(100 * 10, 1, .3), 100)
y <- as.numeric(x[, 1] > 0)
model <- keras_model_sequential(input_shape = 10) |>
  layer_dense(FLAGS$units, activation = "relu") |>
  layer_dense(1, activation = "sigmoid")
model |> compile("rmsprop", "binary_crossentropy", metrics = "accuracy")
model |> fit(x, y, epochs = 2, validation_split = 0.2, verbose = 0)
model |> evaluate(x, y, verbose = 0)
if (FLAGS$units == 9L) stop("nine is too many")
"""

MAIN = """
library(tfruns)
result <- list()
first <- training_run("train.R", flags = list(units = 6), echo = FALSE)
result$flags <- first$flags
result$epochs <- nrow(first$metrics)
tuned <- tuning_run("train.R", flags = list(units = c(2L, 3L)), confirm = FALSE,
                    echo = FALSE)
result$tuned <- sort(tuned$flag_units)
result$failed <- tryCatch(
  training_run("train.R", flags = list(units = 9), echo = FALSE),
  error = conditionMessage)
result$unknown <- tryCatch(
  training_run("train.R", flags = list(unit = 9), echo = FALSE),
  error = conditionMessage)
runs <- ls_runs()
result$completed <- sum(runs$completed)
result$columns <- names(runs)
result$six <- nrow(ls_runs(flag_units == 6))
result$error <- latest_runs(n = 2)[2] |> run_info() |> (\\(i) i$error$message)()
result$active <- c(is_run_active(), run_dir() == getwd())
result$page <- file.exists(compare_runs())
clean_runs(confirm = FALSE)
result$left <- nrow(ls_runs())
purge_runs(confirm = FALSE)

library(keras3)
suppressWarnings(source("train.R"))
with(tracked_run("imdb", tracking_uri = "runs.db", params = list(idea = "R")), {
  history <- model |> fit(x, y, epochs = 2, validation_split = .25, verbose = 0)
  test <- model |> evaluate(x, y, verbose = 0)
})
result$loss <- history$metrics$loss
result$test <- test$loss
again <- model |> fit(x, y, epochs = 1, verbose = 0,
                      callbacks = callback_mlflow("callback", tracking_uri = "runs.db"))
grid <- expand.grid(units = c(2, 3), loss = c("mse", "binary_crossentropy"))
found <- grid |> experiments(x, y, validation_split = .25, epochs = 1,
                             tracking_uri = "runs.db", progress = FALSE)
result$table <- as.data.frame(found)[, c("units", "loss", "best_epoch")]
result$own <- as.data.frame(list(k = c(2, 3)) |> experiments(
  x, y, epochs = 1, tracking_uri = "runs.db", progress = FALSE,
  build = function(k) {
    keras_model_sequential(input_shape = 10) |> layer_dense(k) |>
      layer_dense(1, activation = "sigmoid") |> compile("sgd", "mse")
  }))$k
plot(found, file = "plot.png")
"""


@pytest.fixture(scope="module")
def answer(tmp_path_factory):
    import subprocess
    import sys

    folder = tmp_path_factory.mktemp("r")
    (folder / "train.R").write_text(TRAIN)
    (folder / "main.R").write_text(MAIN)
    code = (
        "import json; from rkeras_port import r; R = r.session(); R.run('main.R')\n"
        "R.run('result$columns <- as.list(result$columns)')\n"
        "result = dict(R['result'])\n"
        "result['table'] = result['table'].to_dict('list')\n"
        "print('ANSWER' + json.dumps(result, default=str))"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=folder, capture_output=True, text=True
    )
    assert "ANSWER" in done.stdout, done.stdout[-2000:] + done.stderr[-3000:]
    return folder, json.loads(done.stdout.split("ANSWER")[1].splitlines()[0])


def test_training_runs_and_their_table(answer):
    _, result = answer
    assert result["flags"] == {"units": 6, "dropout": 0.1}
    assert result["epochs"] == 2
    assert result["tuned"] == [2, 3]
    assert result["completed"] == 3
    assert result["six"] == 1
    assert {"run_dir", "eval_accuracy", "metric_val_loss", "flag_units", "samples",
            "start", "end", "type"} <= set(result["columns"])  # fmt: skip


def test_failures_are_kept_and_raised(answer):
    _, result = answer
    assert "nine is too many" in result["failed"]
    assert result["error"] == "nine is too many"
    assert "no flag unit" in result["unknown"]


def test_afterwards_no_run_is_active_and_all_is_tidied(answer):
    folder, result = answer
    assert result["active"] == [False, True]
    assert result["page"] is True
    assert result["left"] == 0
    assert not list((folder / "runs").glob("*/tfruns.d"))


def test_a_tracked_run(answer):
    import mlflow

    folder, result = answer
    store = f"sqlite:///{folder}/runs.db"
    client = mlflow.MlflowClient(store)
    (experiment,) = client.search_experiments(filter_string="name = 'rkeras'")
    found = client.search_runs([experiment.experiment_id])
    runs = {run.info.run_name: run.info.run_id for run in found}
    run = rk.stored_run(runs["imdb"], store)
    assert run.history().metrics["loss"] == result["loss"]
    assert run.metrics["test_loss"] == result["test"]
    assert (run.params["idea"], run.params["units"]) == ("R", "4")
    assert "pictures/test_confusion_matrix.png" in run.artifacts()
    callback = rk.stored_run(runs["callback"], store)
    assert (callback.status, callback.params["epochs"]) == ("FINISHED", "1")


def test_grids(answer):
    folder, result = answer
    assert result["table"]["units"] == [2, 3, 2, 3]
    assert result["table"]["loss"] == ["mse"] * 2 + ["binary_crossentropy"] * 2
    assert result["own"] == [2, 3]
    assert (folder / "plot.png").read_bytes().startswith(b"\x89PNG")
