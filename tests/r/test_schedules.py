"""Learning rate schedules written in R, in both generations: epochs count from 0."""

from __future__ import annotations

import pytest

from rkeras_port.r import RError

SETUP = """
suppressPackageStartupMessages(library(keras3))
rates <- function(package, schedule, epochs = 3) {
  callback <- getExportedValue(package, "callback_learning_rate_scheduler")(schedule)
  model <- keras_model_sequential(input_shape = 1) |> layer_dense(units = 1)
  model |> compile(optimizer_sgd(learning_rate = 0.5), loss = "mse")
  h <- model |> keras3::fit(matrix(1:2 + 0), c(1, 2), epochs = epochs, verbose = 0,
                            callbacks = callback)
  h$metrics$learning_rate
}
"""

BOTH = pytest.mark.parametrize("package", ["keras3", "keras"])


@pytest.fixture(scope="module", autouse=True)
def _setup(R):
    R.run(SETUP)


@BOTH
def test_a_function_of_the_epoch(R, package):
    R["package"] = package
    R.run(
        "seen <- c(); r <- rates(package, function(epoch) {"
        " seen <<- c(seen, epoch); 1 / 2^epoch })"
    )
    assert R.eval("seen") == [0, 1, 2]
    assert R.eval("r") == [1, 0.5, 0.25]


@BOTH
def test_a_function_of_the_epoch_and_the_rate(R, package):
    R["package"] = package
    R.run(
        "seen <- c(); r <- rates(package, function(epoch, lr) {"
        " seen <<- c(seen, epoch, lr); lr / 2 })"
    )
    assert R.eval("seen") == [0, 0.5, 1, 0.25, 2, 0.125]
    assert R.eval("r") == [0.25, 0.125, 0.0625]


@BOTH
@pytest.mark.parametrize("returned", ["NULL", "'fast'", "TRUE", "c(1, 2)"])
def test_what_is_no_rate_is_refused(R, package, returned):
    R["package"] = package
    with pytest.raises(RError, match=r"`schedule` must return a number"):
        R.run(f"rates(package, function(epoch) {returned})")


@BOTH
def test_a_whole_number_is_a_rate(R, package):
    R["package"] = package
    assert R.eval("rates(package, function(epoch) 1L, epochs = 1)") == 1


@BOTH
def test_an_error_in_it_is_r_s(R, package):
    R["package"] = package
    assert (
        R.eval(
            "tryCatch(rates(package, function(epoch) stop('mine')),"
            " error = conditionMessage)"
        )
        == "mine"
    )
