"""Layers, models, losses, metrics, callbacks and so on that are written in R."""

from __future__ import annotations

import pytest

from rkeras_port.r import RError

SETUP = """
suppressPackageStartupMessages({library(keras3); library(reticulate)})
x <- matrix(c(1, 2, 3, 4, 5, 6), 3, 2); y <- c(1, 2, 3)
number <- function(x) as.vector(as.array(x))
Scale <- Layer("Scale",
  initialize = function(units = 2L, ...) {
    super$initialize(...)
    self$units <- as.integer(units)
    private$calls <- 0
  },
  build = function(input_shape) {
    self$w <- self$add_weight(shape = shape(input_shape[[2]], self$units),
                              initializer = "ones")
  },
  call = function(inputs, training = NULL) {
    private$calls <- private$calls + 1
    y <- op_matmul(inputs, self$w)
    if (isTRUE(training)) y * 100 else y
  },
  get_config = function() c(super$get_config(), list(units = self$units)),
  count = function() private$calls,
  private = list(calls = 0),
  twice = mark_active(function() self$units * 2L))
one <- function(...) {
  model <- keras_model_sequential(input_shape = 2)
  model |> layer_dense(1, kernel_initializer = "ones", ...)
  model |> compile(optimizer = optimizer_sgd(0), loss = "mae")
  model
}
"""


@pytest.fixture(scope="module", autouse=True)
def _setup(R):
    R.run(SETUP)


def test_a_layer_with_state_properties_and_training(R):
    R.run("layer <- Scale(units = 3)")
    assert R.eval("number(layer(x))[c(1, 4, 9)]") == [5.0, 5.0, 9.0]
    assert R.eval("number(layer(x, training = TRUE))[1]") == 500
    assert R.eval("c(layer$twice, layer$count())") == [6.0, 2.0]


def test_a_layer_in_pipes(R):
    R.run("model <- keras_model_sequential(input_shape = 2) |> Scale(units = 3)")
    assert R.eval("dim(predict(model, x, verbose = 0))") == [3, 3]
    R.run("i <- keras_input(2); f <- keras_model(i, i |> Scale(1) |> layer_dense(4))")
    assert R.eval("dim(predict(f, x, verbose = 0))") == [3, 4]


def test_a_layer_is_saved_and_found_by_what_it_is_called(R):
    R.run(
        """
        model <- keras_model_sequential(input_shape = 2) |> Scale(units = 3)
        file <- tempfile(fileext = ".keras")
        save_model(model, file)
        same <- function(...) {
          identical(predict(load_model(file, ...), x, verbose = 0),
                    predict(model, x, verbose = 0))
        }
        """
    )
    with pytest.raises(RError, match=r"needs 'Scale', .* custom_objects"):
        R.eval("load_model(file)")
    assert R.eval("same(custom_objects = list(Scale))") is True
    assert R.eval("same(custom_objects = Scale)") is True
    assert R.eval("same(custom_objects = list(Scale = Scale))") is True
    R.run(
        """
        Kept <- register_keras_serializable(
          Layer("Kept", call = function(inputs) inputs * 2), package = "mine")
        model <- keras_model_sequential(input_shape = 2) |> Kept()
        save_model(model, file, overwrite = TRUE)
        """
    )
    assert R.eval("same()") is True
    assert R.eval("get_registered_name(Kept)") == "mine>Kept"


def test_an_empty_configuration_is_one(R):
    R.run(
        """
        Positive <- register_keras_serializable(Constraint("Positive",
          call = function(w) op_relu(w), get_config = function() list()))
        model <- one(kernel_constraint = Positive())
        file <- tempfile(fileext = ".keras")
        save_model(model, file)
        """
    )
    code = "class(load_model(file)$layers[[1]]$kernel_constraint)[1]"
    assert R.eval(code) == "<r-globalenv>.Positive"


def test_masks_reach_a_layer(R):
    R.run(
        """
        Mask <- Layer("Mask",
          compute_mask = function(inputs, mask = NULL) op_not_equal(inputs, 0),
          call = function(inputs) op_expand_dims(op_cast(inputs, "float32"), -1))
        Total <- Layer("Total", call = function(inputs, mask = NULL) {
          if (is.null(mask)) stop("no mask")
          op_sum(inputs * 0 + op_expand_dims(op_cast(mask, "float32"), -1), axis = 2)
        })
        i <- keras_input(4)
        model <- keras_model(i, i |> Mask() |> Total())
        """
    )
    assert R.eval("number(predict(model, rbind(c(1, 2, 0, 0)), verbose = 0))") == 2


def test_a_model_class_with_a_training_step_of_its_own(R):
    R.run(
        """
        Two <- new_model_class("Two",
          initialize = function(k = 3L, ...) {
            super$initialize(...)
            self$inside <- layer_dense(units = k)
            self$out <- layer_dense(units = 1)
          },
          call = function(inputs) inputs |> self$inside() |> self$out(),
          train_step = function(data) {
            c(x, y) %<-% data
            with(tensorflow::tf$GradientTape() %as% tape, {
              loss <- self$compute_loss(y = y, y_pred = self(x, training = TRUE))
            })
            weights <- self$trainable_variables
            self$optimizer$apply(tape$gradient(loss, weights), weights)
            list(loss = loss, answer = 42)
          })
        model <- Two(k = 2L)
        model |> compile("sgd", "mse")
        before <- function() unlist(get_weights(model))
        h <- fit(model, x, y, epochs = 2, verbose = 0)
        """
    )
    assert R.eval("h$metrics$answer") == [42.0, 42.0]
    assert R.eval("length(h$metrics$loss)") == 2
    assert R.eval("lapply(get_weights(model), dim)") == [[2, 2], 2, [2, 1], 1]


def test_losses_metrics_and_schedules(R):
    R.run(
        """
        Far <- Loss("Far", call = function(y_true, y_pred) op_abs(y_true - y_pred))
        Sum <- Metric("Sum",
          initialize = function(name = "total", ...) {
            super$initialize(name = name, ...)
            self$s <- self$add_variable(shape(), initializer = "zeros", name = "s")
          },
          update_state = function(y_true, y_pred, sample_weight = NULL) {
            self$s$assign_add(op_sum(y_pred))
          },
          result = function() self$s,
          reset_state = function() self$s$assign(0))
        Slow <- new_learning_rate_schedule_class("Slow",
          initialize = function(first) self$first <- first,
          call = function(step) self$first / (op_cast(step, "float32") + 1),
          get_config = function() list(first = self$first))
        model <- one()
        model |> compile(optimizer_sgd(Slow(0)), Far, metrics = list(Sum()))
        h <- fit(model, x, y, verbose = 0)
        model |> compile(optimizer_sgd(Slow(0.5)), "mae")
        fit(model, x, y, verbose = 0, epochs = 3)
        """
    )
    # Rows sum to 5, 7, 9; the targets are 1, 2, 3.
    assert R.eval("h$metrics$loss") == pytest.approx(5)
    assert R.eval("h$metrics$total") == pytest.approx(21)
    assert R.eval("number(model$optimizer$learning_rate)") == pytest.approx(0.5 / 4)


@pytest.mark.parametrize(
    ("argument", "value", "expected"),
    [
        ("kernel_constraint", "function(w) w * 0", 0.0),
        (
            "kernel_initializer",
            "function(shape, dtype = NULL, ...) op_ones(shape) * 3",
            3,
        ),
        ("kernel_initializer", "function(shape, dtype) array(3, unlist(shape))", 3.0),
        ("activation", "function(x) x * 0 + 7", 1.0),
        ("kernel_regularizer", "function(w) op_sum(w)", 1.0),
    ],
)
def test_functions_of_r_as_arguments_of_layers(R, argument, value, expected):
    R.run(
        f"""
        args <- list(units = 1, kernel_initializer = "ones")
        args[["{argument}"]] <- {value}
        layer <- do.call(layer_dense, args)
        m <- keras_model_sequential(input_shape = 2, layers = list(layer))
        m |> compile(optimizer_sgd(0), "mae")
        loss <- evaluate(m, x, y, verbose = 0)$loss
        h <- fit(m, x, y, verbose = 0)
        """
    )
    assert R.eval("unique(number(get_weights(m)[[1]]))") == expected
    if argument == "activation":
        assert R.eval("loss") == pytest.approx(5)
    if argument == "kernel_regularizer":
        # The mean distance, 5, and the sum of two ones.
        assert R.eval("loss") == pytest.approx(7)


def test_inheritance_from_classes_of_r_and_of_keras(R):
    R.run(
        """
        A <- Layer("A", call = function(x) x * 2)
        B <- Layer("B", call = function(x) super$call(x) + 1, inherit = A)
        D <- Layer("D", call = function(x) super$call(x) + 1, inherit = layer_dense)
        seen <- c()
        E <- new_callback_class("E", inherit = callback_early_stopping,
          on_epoch_end = function(epoch, logs) {
            seen <<- c(seen, epoch)
            super$on_epoch_end(epoch - 1L, logs)
          })
        fit(one(), x, y, epochs = 9, verbose = 0, callbacks = E(monitor = "loss"))
        """
    )
    assert R.eval("number(B()(x))") == [3.0, 5.0, 7.0, 9.0, 11.0, 13.0]
    assert R.eval("number(D(units = 1L, kernel_initializer = 'ones')(x))") == [6, 8, 10]
    # The loss stays, so the first epoch is the best and the second one too many.
    assert R.eval("seen") == [1, 2]


def test_a_class_of_r6(R):
    R.run(
        """
        Generator <- R6::R6Class("Six", inherit = keras$layers$Layer,
          public = list(
            units = NULL,
            initialize = function(units = 2L, ...) {
              super$initialize(...)
              self$units <- units
            },
            build = function(input_shape) {
              self$w <- self$add_weight(shape = tuple(input_shape[[2]], self$units),
                                        initializer = "ones")
            },
            call = function(inputs) {
              private$n <- private$n + 1L
              op_matmul(inputs, self$w)
            },
            count = function() private$n),
          private = list(n = 0L),
          active = list(double = function() self$units * 2L))
        Child <- R6::R6Class("Child", inherit = Generator, public = list(
          call = function(inputs) super$call(inputs) * 10))
        layer <- r_to_py(Generator)(3L)
        invisible(layer(x))
        """
    )
    assert R.eval("c(layer$count(), layer$double)") == [1, 6]
    assert R.eval("number(r_to_py(Child)(1L)(x))") == [50, 70, 90]
    with pytest.raises(RError, match=r"Six2\(\): `inherit` must be a class"):
        R.eval("r_to_py(R6::R6Class('Six2', inherit = keras3::Layer))")


def test_py_class(R):
    R.run(
        """
        Times(keras$layers$Layer) %py_class% {
          "Multiplies."
          initialize <- function(by = 2, ...) {
            super$initialize(...)
            self$by <- by
          }
          call <- function(inputs) inputs * self$by
        }
        More(Times) %py_class% { call <- function(inputs) super$call(inputs) + 1 }
        Sevens(keras$initializers$Initializer) %py_class% {
          `__call__` <- function(shape, dtype = NULL) op_ones(shape) * 7
        }
        """
    )
    assert R.eval("Times$`__doc__`") == "Multiplies."
    assert R.eval("number(More(3)(x))[1:2]") == [4.0, 7.0]
    code = "unique(number(get_weights(one(bias_initializer = Sevens()))[[2]]))"
    assert R.eval(code) == 7


def test_errors_inside_point_into_the_r_code(R, tmp_path):
    script = tmp_path / "layers.R"
    script.write_text(
        "check <- function(z) {\n"
        "  stop('not this one')\n"
        "}\n"
        "Bad <- Layer('Bad', call = function(inputs) {\n"
        "  check(inputs)\n"
        "})\n"
        "Worse <- Layer('Worse', build = function(input_shape) {\n"
        "  stop('never')\n"
        "})\n"
        "keras_input(2) |> Bad()\n"
    )
    place = r"\(layers\.R, line 2, called from line 10\)$"
    with pytest.raises(
        RError, match=r"^Error in check\(inputs\): not this one " + place
    ):
        R.run(script)
    with pytest.raises(
        RError, match=r"^Error in Worse\$build\(...\): never \(layers\.R, line 8"
    ):
        R.run("keras_input(2) |> Worse()")
    assert R.eval("number(Scale(units = 1)(x))") == [5.0, 7.0, 9.0]
