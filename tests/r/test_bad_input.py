"""Bad input to R's functions: the function and the argument named, the user's own call.

Several functions of each family, and R going on after each.
"""

from __future__ import annotations

import pytest

from rkeras_port.r import RError

SETUP = """
suppressPackageStartupMessages(library(keras3))
x <- matrix(c(1, 2, 3, 4, 5, 6), 3, 2); y <- c(0, 1, 1)
model <- keras_model_sequential(input_shape = 2) |> layer_dense(1, name = "only")
model |> compile(optimizer = "sgd", loss = "mse")
told <- function(code) {
  cond <- tryCatch({ eval(parse(text = code), globalenv()); NULL }, error = identity)
  if (is.null(cond)) stop("no error: ", code)
  call <- conditionCall(cond)
  list(conditionMessage(cond), if (is.null(call)) "" else deparse1(call))
}
"""

#: R code, and what the message has in it.
TABLE = [
    # Axes: zero, out of range, not whole, missing, no number.
    ("op_sum(x, axis = 0)", ["op_sum()", "`axis` is 1-based", "0"]),
    ("op_sum(x, axis = 3)", ["op_sum()", "`axis`", "axes 1 to 2", "Received: 3"]),
    ("op_mean(x, axis = -3)", ["op_mean()", "`axis`", "axes 1 to 2", "Received: -3"]),
    ("op_max(x, axis = 1.5)", ["op_max()", "`axis` must be a whole number", "1.5"]),
    ("op_argmax(x, axis = NA)", ["op_argmax()", "`axis` must not be NA"]),
    ("op_sum(x, axis = 'rows')", ["op_sum()", "`axis` must be a whole number", "rows"]),
    ("op_transpose(x, c(0, 1))", ["op_transpose()", "`axes` is 1-based"]),
    ("op_transpose(x, c(1, 3))", ["op_transpose()", "`axes`", "Received: 3"]),
    ("activation_softmax(x, axis = 0)", ["activation_softmax()", "`axis`"]),
    (
        "layer_concatenate(keras_input(2), keras_input(3), axis = 5)",
        ["layer_concatenate()", "`axis`", "Received: 5"],
    ),
    (
        "layer_batch_normalization(keras_input(3), axis = 4)",
        ["layer_batch_normalization()", "`axis`", "Received: 4"],
    ),
    ("layer_normalization(axis = 0)", ["layer_normalization()", "`axis`"]),
    ("constraint_maxnorm(axis = 0)", ["constraint_maxnorm()", "`axis`"]),
    ("loss_categorical_crossentropy(axis = 0)", ["crossentropy()", "`axis`"]),
    ("normalize(x, axis = 0)", ["normalize()", "`axis`"]),
    # Positions of the wrong base, or beyond the end.
    ("op_take(x, 0)", ["op_take()", "`indices` counts from 1"]),
    ("op_take(1:3, 5)", ["op_take()", "`indices`", "1 to 3", "Received: 5"]),
    ("op_slice(x, c(0, 1), c(1, 1))", ["op_slice()", "`start_indices` counts from 1"]),
    ("get_layer(model, index = 0)", ["get_layer()", "`index` counts", "from 1"]),
    ("freeze_weights(model, from = 'no')", ["`from`", "only", "no"]),
    # NA, and fractions that the R package cuts off.
    ("layer_dense(units = NA)", ["layer_dense()", "`units` must not be NA"]),
    ("layer_dense(units = 2.5)", ["layer_dense()", "`units` must be a whole", "2.5"]),
    ("layer_conv_2d(filters = 2, kernel_size = c(2.5, 2))", ["`kernel_size`", "2.5"]),
    ("layer_embedding(input_dim = 9.5, output_dim = 2)", ["`input_dim`", "9.5"]),
    ("layer_text_vectorization(max_tokens = 2.5)", ["`max_tokens`", "2.5"]),
    ("random_normal(c(2, 2.5))", ["random_normal()", "`shape`", "2.5"]),
    ("callback_early_stopping(patience = 1.5)", ["`patience`", "1.5"]),
    (
        "learning_rate_schedule_exponential_decay(0.1, 10.5, 0.9)",
        ["exponential_decay()", "`decay_steps`", "10.5"],
    ),
    ("fit(model, x, y, epochs = 2.7)", ["fit()", "`epochs`", "2.7"]),
    ("predict(model, x, batch_size = 2.7)", ["predict()", "`batch_size`", "2.7"]),
    ("pad_sequences(list(1:3), maxlen = 2.5)", ["`maxlen`", "2.5"]),
    ("op_one_hot(c(1, NA), 2)", ["op_one_hot()", "`x`", "NA"]),
    ("to_categorical(c(1, NA))", ["`x`", "NA"]),
    # Arguments without a name, and unknown ones.
    ("metric_auc('ROC')", ["metric_auc()", "only arguments with names"]),
    ("fit(model, x, y, 10)", ["fit()", "must have names"]),
    ("evaluate(model, x, y, 10)", ["evaluate()", "must have names"]),
    ("layer_dense(units = 3, activaton = 'relu')", ["layer_dense()", "'activation'?"]),
    ("optimizer_adam(learningrate = 1)", ["optimizer_adam()", "'learning_rate'?"]),
    ("optimizer_adam(lr = 0.1)", ["optimizer_adam()", "'lr'", "'learning_rate'?"]),
    ("fit(model, x, y, epoch = 2)", ["fit()", "`epoch`", "'epochs'?"]),
    ("evaluate(model, x, y, batchsize = 2)", ["evaluate()", "'batch_size'?"]),
    # A function where it must be another, or none where one must be.
    ("op_map(x, 'f')", ["op_map()", "`f` must be a function"]),
    ("layer_lambda(f = 'f')", ["layer_lambda()", "`f` must be a function"]),
    (
        "callback_lambda(on_epochend = print)",
        ["callback_lambda()", "'on_epochend'", "Did you mean 'on_epoch_end'"],
    ),
    (
        "callback_reduce_lr_on_plateau(minimum_delta = 1)",
        ["callback_reduce_lr_on_plateau()", "'minimum_delta'", "'min_delta'?"],
    ),
    ("callback_lambda(on_epoch_end = 5)", ["`on_epoch_end` must be a function"]),
    (
        "compile(model, 'sgd', function(y_true) 1)",
        ["compile()", "`loss` must take two arguments", "function(y_true)"],
    ),
    (
        "compile(model, 'sgd', 'mse', metrics = function(y_true) 1)",
        ["compile()", "`metrics` must take two arguments"],
    ),
    ("compile(model, optimizer_adam, 'mse')", ["`optimizer`", "not its class"]),
    (
        "fit(model, x, y, callbacks = callback_early_stopping)",
        ["fit()", "`callbacks`", "Call the function"],
    ),
    ("fit(model, x, y, callbacks = 'early')", ["fit()", "`callbacks`", "'early'"]),
    # Data.
    ("fit(model)", ["fit()", "`x` must be given"]),
    ("predict(model)", ["predict()", "`x` must be given"]),
    ("fit(model, x, c('a', 'b', 'c'))", ["fit()", "`y`", "factor"]),
    ("fit(model, x, y, validation_data = x)", ["`validation_data`", "list(x, y)"]),
    ("fit(model, x, y, validation_split = 2)", ["`validation_split`", "share"]),
    ("fit(model, x, y, class_weight = c(1, 2))", ["`class_weight`", "names"]),
    ("op_arange(5, 1)", ["op_arange()", "`step`"]),
]


@pytest.fixture(scope="module", autouse=True)
def _setup(R):
    R.run(SETUP)


@pytest.mark.parametrize(("code", "parts"), TABLE, ids=lambda v: str(v)[:60])
def test_it_is_refused_in_words(R, code, parts):
    R["code"] = code
    message, call = R.eval("told(code)")
    for part in parts:
        assert part in message
    assert call.replace('"', "'") == code
    assert R.eval("1 + 1") == 2


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("op_sum(x, axs = 1)", "Did you mean 'axis'?"),
        ("callback_early_stopping(patient = 2)", "Did you mean 'patience'?"),
        (
            "initializer_random_normal(spread_of_it = 1)",
            "Its arguments are mean, stddev, seed",
        ),
    ],
)
def test_an_argument_that_r_itself_refuses_has_a_hint(R, code, hint):
    with pytest.raises(RError, match="unused argument") as caught:
        R.run(code)
    assert hint in str(caught.value)


def test_values_of_a_symbolic_tensor_are_refused_with_the_way_out(R):
    for code in (
        "keras_input(2) |> layer_lambda(function(x) sum(as.array(x)))",
        "m <- clone_model(model); m |> compile('sgd', function(y_true, y_pred)"
        " sum((as.array(y_true) - as.array(y_pred))^2)); fit(m, x, y, verbose = 0)",
    ):
        with pytest.raises(RError, match=r"is a symbolic tensor.*op_\*\(\)"):
            R.eval(code)


def test_a_function_that_cannot_take_what_keras_passes_is_told_so(R):
    with pytest.raises(RError, match=r"with 2 arguments .* and takes only \(n\)"):
        R.eval("layer_dense(units = 2, kernel_initializer = function(n) 1)(x)")


def test_messages_of_the_engine_are_without_its_noise(R):
    R["code"] = "op_reshape(x, c(4, 2))"
    message, _ = R.eval("told(code)")
    assert message == (
        "InvalidArgumentError: Input to reshape is a tensor with 6 values, but the "
        "requested shape has 8"
    )
