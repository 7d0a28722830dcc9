"""Python objects that R holds, and R objects that Python holds, are let go of."""

from __future__ import annotations

import gc
import weakref

import numpy as np
import pytest

from rkeras_port.r import handles


@pytest.fixture
def alive(R):
    """Tell how many more Python objects R holds than at the start of the test."""
    R.run("library(reticulate)")

    def now() -> int:
        # Twice: what one side lets go of may have held something of the other.
        for _ in range(2):
            R.run("invisible(gc()); invisible(gc())")
            handles.drain()
            gc.collect()
        return handles.alive()

    before = now()
    return lambda: now() - before


class Thing:
    pass


def test_ten_thousand_objects_are_released(R, alive):
    R["make"] = Thing
    R.run("things <- lapply(1:10000, function(i) make())")
    assert handles.alive() >= 10_000
    R.run("rm(things)")
    assert alive() <= 2  # `make` itself, and its last call


def test_the_objects_themselves_are_gone(R, alive):
    thing = Thing()
    reference = weakref.ref(thing)
    R["thing"] = thing
    del thing
    gc.collect()
    assert reference() is not None
    R.run("rm(thing)")
    alive()
    assert reference() is None


def test_r_functions_and_vectors_held_by_python_are_released(R, alive):
    R.run(
        """
        finalized <- 0
        make <- function() {
          e <- new.env(); reg.finalizer(e, function(e) finalized <<- finalized + 1)
          function() e
        }
        """
    )
    kept = [R.eval("make()") for _ in range(100)]
    alive()
    assert R["finalized"] == 0
    del kept
    alive()
    assert R["finalized"] >= 99


def test_a_view_keeps_the_matrix_and_lets_it_go(R, alive):
    R.run("m <- matrix(runif(1e6), 1000)")
    view = R["m"]
    R.run("rm(m)")
    alive()
    used = R.eval("sum(gc()[, 2])")
    assert 0 <= view.mean() <= 1
    del view
    alive()
    assert R.eval("sum(gc()[, 2])") < used - 7


def test_calls_leave_nothing_behind(R, alive):
    R.run("objects <- function() py_eval('[object() for _ in range(5)]')")
    R.run("for (i in 1:200) { l <- objects(); l[[1]] == l[[2]] }")
    R.run("rm(l)")
    assert alive() == 0


def test_r_collects_when_python_memory_piles_up(R, alive):
    R["np"] = np
    R.run(
        """
        most <- 0
        for (i in 1:200) {
          a <- r_to_py(matrix(0, 1000, 1000))
          b <- py_call(a$copy)
          most <- max(most, rkeras:::.ask("alive", list(), NULL))
        }
        rm(a, b)
        """
    )
    # 200 arrays of 8 MB: R is made to collect after each 300 MB of them.
    assert R["most"] < 150
    assert alive() <= 2


def test_handles_are_numbers_not_pointers(R):
    R["thing"] = Thing()
    assert R.eval("typeof(thing)") == "externalptr"
    printed = R.eval("capture.output(print.default(thing))")[0]
    assert (
        int(printed.removeprefix("<pointer: ").removesuffix(">"), 16)
        in handles._objects
    )


def test_one_object_may_have_many_handles(R, alive):
    thing = Thing()
    R["a"] = thing
    R["b"] = thing
    R.run("rm(a); invisible(gc())")
    assert R["b"] is thing
    assert R.eval("b == b") is True
    R.run("rm(b)")
    assert alive() == 0


def test_the_soak_in_small(R, alive):
    """Models made, trained and dropped leave no handles and no models."""
    R.run(
        """
        suppressPackageStartupMessages(library(keras3))
        loss <- function(y, p) keras$ops$mean((y - p)^2)
        cycle <- function() {
          keras$utils$clear_session()
          model <- keras$Sequential(list(keras$Input(list(2L)), keras$layers$Dense(1L)))
          model$compile(loss = loss, optimizer = "sgd")
          model$fit(matrix(0, 4, 2), matrix(0, 4, 1), verbose = 0L)
          invisible(model$predict(matrix(0, 4, 2), verbose = 0L))
        }
        cycle()
        """
    )
    import keras

    def models() -> int:
        return sum(isinstance(o, keras.Model) for o in gc.get_objects())

    before = alive(), models()
    R.run("for (i in 1:5) cycle()")
    assert (alive(), models()) <= before
