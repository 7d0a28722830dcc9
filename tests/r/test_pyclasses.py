"""Python classes with methods written in R."""

from __future__ import annotations

import inspect

import numpy as np
import pytest

from rkeras_port.r import RError, handles


@pytest.fixture(autouse=True, scope="module")
def _helpers(R):
    R.run(
        """
        suppressPackageStartupMessages({library(reticulate); library(keras3)})
        py_class <- rkeras:::.py_class
        Base <- py_run_string("
        class Base:
            def __init__(self, start=0):
                self.start = start
            def step(self, by):
                return self.start + by
            @classmethod
            def from_config(cls, config):
                return cls(**config)
        ")$Base
        """.replace("\n        ", "\n")
    )


def test_methods_see_self_and_super(R):
    R.run(
        """
        Counter <- py_class("Counter", Base, list(
          initialize = function(start, factor = 2) {
            super$initialize(start)
            self$factor <- factor
          },
          step = function(by, ...) super$step(by) * self$factor,
          twice = function(by) super()$step(by) + super$step(by)))
        counter <- Counter(10, factor = 3)
        """
    )
    assert R.eval("counter$step(1)") == 33
    assert R.eval("counter$twice(1)") == 22
    assert R["counter"].step(2) == 36
    assert R["Counter"](1).step(by=1) == 4
    assert R.eval("class(counter)") == [
        "<r-globalenv>.Counter",
        "__main__.Base",
        "python.builtin.object",
    ]


def test_what_python_sees(R):
    R.run(
        """
        Told <- py_class("Told", Base, list(
          "What it is for.",
          step = function(by, ..., quiet = FALSE) { "One step."; by },
          kind = "plain", names = list("a", 1L)))
        """
    )
    told = R["Told"]
    assert told.__name__ == "Told"
    assert told.__module__ == "<r-globalenv>"
    assert told.__doc__ == "What it is for."
    assert told.step.__doc__ == "One step."
    assert told.step.__name__ == "step"
    assert (
        str(inspect.signature(told.step)) == "(self, by, *args, quiet=False, **kwargs)"
    )
    assert str(inspect.signature(told().step)) == "(by, *args, quiet=False, **kwargs)"
    assert (told.kind, told.names) == ("plain", ["a", 1])
    assert told(3).start == 3


def test_self_may_be_written(R):
    R.run("W <- py_class('W', Base, list(step = function(self, by) self$start - by))")
    assert R.eval("W(5)$step(2)") == 3


def test_private_values_belong_to_the_instance(R):
    R.run(
        """
        Safe <- py_class("Safe", members = list(
          put = function(x) { private$check(x); private$sum <- private$sum + x; self },
          total = function() private$sum),
          private = list(
            sum = 0,
            check = function(x) if (x < 0) stop("negative: ", self$total())))
        a <- Safe(); b <- Safe(); a$put(1)$put(2); b$put(5)
        """
    )
    assert (R.eval("a$total()"), R.eval("b$total()")) == (3.0, 5.0)
    with pytest.raises(RError, match="negative: 3"):
        R.run("a$put(-1)")


def test_active_members_are_properties(R):
    R.run(
        """
        Circle <- py_class("Circle",
          members = list(initialize = function(r) self$r <- r),
          active = list(
            area = function() 3 * self$r^2,
            d = function(value) {
              if (missing(value)) 2 * self$r else self$r <- value / 2
            }))
        circle <- Circle(2); area <- circle$area; circle$d <- 10
        """
    )
    assert R["area"] == 12
    assert (R["circle"].r, R["circle"].d) == (5.0, 10.0)
    with pytest.raises(RError, match="AttributeError"):
        R.run("circle$area <- 1")


def test_class_methods_and_decorators(R):
    R.run(
        """
        static <- function(f) structure(f, py_decorators = "staticmethod")
        Made <- py_class("Made", Base, list(
          from_config = function(config) do.call(`__class__`, c(config, list())),
          add = static(function(x, y) x + y),
          wide = structure(function() self$start, py_decorators = list("property"))))
        made <- Made$from_config(list(start = 4))
        """
    )
    assert R["made"].start == 4
    assert R.eval("Made$add(1, 2)") == 3
    assert R.eval("made$add(1, 2)") == 3
    assert R.eval("made$wide") == 4


def test_an_r_error_in_a_method_is_that_error(R):
    R.run("Bad <- py_class('Bad', Base, list(step = function(by) stop('no step')))")
    assert (
        R.eval("tryCatch(Bad(1)$step(1), simpleError = conditionMessage)") == "no step"
    )
    with pytest.raises(RError, match="no step"):
        R["Bad"](1).step(1)


def test_inheritance_from_a_class_made_in_r(R):
    R.run(
        """
        A <- py_class("A", members = list(
          who = function() "a", ask = function() self$who()))
        B <- py_class("B", A, list(who = function() paste0(super$who(), "b")))
        C <- py_class("C", B, list(who = function() paste0(super$who(), "c")))
        """
    )
    assert R.eval("C()$ask()") == "abc"


def test_a_layer(R, crosscheck):
    R.run(
        """
        Scale <- py_class("Scale", "keras.layers.Layer", list(
          initialize = function(units = 2L, ...) {
            super$initialize(...)
            self$units <- as.integer(units)
          },
          build = function(input_shape) {
            last <- input_shape[[length(input_shape)]]
            shape <- list(last, self$units)
            self$w <- self$add_weight(shape = shape, initializer = "ones")
          },
          call = function(inputs, training = FALSE) {
            y <- keras$ops$matmul(inputs, self$w)
            if (isTRUE(training)) y * 100 else y
          },
          get_config = function() c(super$get_config(), list(units = self$units))))
        layer <- Scale(units = 3, name = "scale")
        x <- rbind(c(1, 2), c(0, 1))
        copy <- Scale$from_config(layer$get_config())
        model <- keras$Sequential(list(keras$Input(list(2L)), Scale(1L)))
        model$compile(loss = "mse", optimizer = "sgd")
        history <- model$fit(x, matrix(0, 2, 1), verbose = 0L)
        """
    )
    product = np.array([[1, 2], [0, 1]]) @ np.ones((2, 3))
    crosscheck.assert_same(
        r="list(as.array(layer(x)), as.array(layer(x, training = TRUE)))",
        python=lambda: [product, 100 * product],
    )
    assert (R["copy"].units, R["copy"].name) == (3, "scale")
    assert R.eval("dim(model$predict(x, verbose = 0L))") == [2, 1]
    assert R.eval("model$layers[[1]]$name") == "scale"


def test_instances_are_released(R):
    import gc
    import weakref

    R.run(
        """
        Leak <- py_class("Leak", members = list(f = function() self),
                         private = list(n = 1))
        """
    )
    instances = [R["Leak"]() for _ in range(50)]
    watched = [weakref.ref(instance) for instance in instances]
    R["one"] = instances[0]
    R.run("for (i in 1:3) one$f()$f(); rm(one)")
    del instances
    for _ in range(2):
        R.run("invisible(gc())")
        handles.drain()
        gc.collect()
    assert [reference() for reference in watched] == [None] * 50
