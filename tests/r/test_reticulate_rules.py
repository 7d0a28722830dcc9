"""What reticulate and keras3 make of values, by the rules of their source code.

Each table states the rule that its expected values follow from. R compares, so that
type, class, dimensions and names count; attributes that only say how a moment is
printed (`tzone`) do not.
"""

from __future__ import annotations

import pytest

CHUNK = """
suppressPackageStartupMessages({library(keras3); library(reticulate)})
np <- import("numpy", convert = FALSE)
pd <- import("pandas", convert = FALSE)
back <- function(x) py_to_r(r_to_py(x))
kind <- function(x) class(x)[1]
shown <- function(x) capture.output(print(x))
moment <- function(x, ...) {
  structure(as.numeric(x), class = c("POSIXct", "POSIXt"), ...)
}
untimed <- function(x) {
  if (is.list(x)) return(lapply(x, untimed))
  attr(x, "tzone") <- NULL
  x
}
utc <- as.POSIXct(c("2024-03-01", "2024-03-02"), tz = "UTC")
"""

# py_to_r: scalars of Python and what derives from them become vectors; lists of one
# kind too. An object array is text, or a list with the array's dimensions. NumPy's
# moments and arrays keep their dimensions, arrays without any have one of length 1.
TO_R = [
    ("py_eval('[1.0, __import__(\"numpy\").float64(2)]')", "c(1, 2)"),
    ("py_eval('__import__(\"enum\").IntEnum(\"E\", \"A B\").B')", "2L"),
    ("py_eval('[True, 1]')", "list(TRUE, 1L)"),
    ("py_to_r(np$array(list(1L, 'a'), dtype = 'object'))", "array(list(1L, 'a'), 2)"),
    ("py_to_r(np$array(list(1L, 2L), dtype = 'object'))", "array(list(1L, 2L), 2)"),
    ("py_to_r(np$array(list('x', NULL), dtype = 'object'))", "array(c('x', NA), 2)"),
    ("py_to_r(np$array(list('abc', 'd'), dtype = 'S3'))", "array(c('abc', 'd'), 2)"),
    ("py_to_r(np$array(list('2024-03-01'), dtype = 'datetime64[D]'))",
     "moment(19783 * 86400, dim = 1L)"),
    ("py_to_r(np$datetime64('2024-03-01'))", "moment(19783 * 86400)"),
    ("py_to_r(np$array('NaT', dtype = 'datetime64[D]'))", "moment(NaN, dim = 1L)"),
    ("py_eval('__import__(\"datetime\").datetime(2024, 3, 1, 12, 0, 0, 500000, "
     "__import__(\"datetime\").timezone.utc)')", "moment(19783.5 * 86400 + 0.5)"),
    ("as.character(py_eval('\"\\u00e9\".encode()'))", "'\\u00e9'"),
    ("py_to_r(py_none())", "NULL"),
    # A series has its labels as names, in the dimnames of its only dimension.
    ("py_to_r(pd$Series(list(1, 2)))", "array(c(1, 2), 2, list(c('0', '1')))"),
    ("py_to_r(pd$Series(list(1L, NULL), index = list('u', 'v'), dtype = 'Int64'))",
     "array(c(1L, NA), 2, list(c('u', 'v')))"),
]  # fmt: skip

# r_to_py: a moment without a time zone is NumPy's, one with a zone Python's; several
# dates or moments are a list; bytes with dimensions an array of single bytes.
TO_PYTHON = [
    ("kind(r_to_py(as.POSIXct('2024-03-01 12:00:00')))", "'numpy.ndarray'"),
    ("dim(back(as.POSIXct(c('2024-03-01', '2024-03-02'))))", "2L"),
    ("kind(r_to_py(utc[1]))", "'datetime.datetime'"),
    ("back(utc)", "list(moment(utc[1]), moment(utc[2]))"),
    ("back(as.POSIXlt(utc[1]))", "moment(utc[1])"),
    ("back(as.Date(utc))", "list(as.Date(utc[1]), as.Date(utc[2]))"),
    ("kind(r_to_py(matrix(as.raw(1:4), 2)))", "'numpy.ndarray'"),
    ("back(matrix(as.raw(1:4), 2))", "matrix(as.raw(1:4), 2)"),
    ("back(as.raw(1:3))", "as.raw(1:3)"),
]

# dict(): one unnamed list is what to make it of; a name of digits is a whole number; a
# name of a Python object in sight stands for that object, unless it cannot be a key.
# `$` finds what a dict can do before what is in it. NULL takes an item away.
CONTAINERS = [
    ("py_str(dict('1' = 'a'))", '"{1: \'a\'}"'),
    ("py_str(dict(list(a = 1L, b = 'x')))", "\"{'a': 1, 'b': 'x'}\""),
    ("{key_ <- r_to_py('k'); py_str(dict(key_ = 1L))}", "\"{'k': 1}\""),
    ("{arr_ <- np_array(1:2); py_str(dict(arr_ = 1L))}", "\"{'arr_': 1}\""),
    ("kind(dict(p = 1)$keys())", "'python.builtin.dict_keys'"),
    ("{d_ <- dict(p = 1L, q = 2L); d_$update(dict(r = 3L)); d_$p <- NULL; py_to_r(d_)}",
     "list(q = 2L, r = 3L)"),
    ("{l_ <- r_to_py(list(1, 2, 3)); l_[0L] <- 9; l_[1L] <- NULL; py_to_r(l_)}",
     "c(9, 3)"),
    ("with(import('contextlib')$nullcontext(5), as = held_, held_ * 2)", "10"),
    ("{n1 <- 1; named_list(n1, z = 3)}", "list(n1 = 1, z = 3)"),
    ("tryCatch(named_list(a = 1, a = 2), error = function(e) 'error')", "'error'"),
]  # fmt: skip

# Results of operators and t() are as their operands: not converted unless both are. A
# slice is from:to or from:to:step, NA for an open end, or a name such as `::2`.
ARRAYS = [
    ("kind(np_array(1:3) + 1)", "'numpy.ndarray'"),
    # Python's 1.0, not 1: the sum with a double is one of doubles
    ("py_to_r(np_array(1:3) + 1)", "array(c(2, 3, 4))"),
    ("py_to_r(np_array(1:3) > 1L)", "array(c(FALSE, TRUE, TRUE))"),
    ("kind(t(np_array(matrix(1:6, 2))))", "'numpy.ndarray'"),
    ("py_to_r(np_array(matrix(1:6, 3))[NA:2, ])", "matrix(1:6, 3)[1:2, ]"),
    ("py_to_r(np_array(1:6)[1:5:2])", "array(c(2L, 4L))"),
    ("py_to_r(np_array(1:6)[`::3`])", "array(c(1L, 4L))"),
    ("py_to_r(np_array(1:6)[`4:`])", "array(5:6)"),
    # a list is Python's list to numpy.reshape(), and so an array of numbers
    ("array_reshape(list(1, 2, 3, 4), c(2, 2))", "matrix(c(1, 3, 2, 4), 2)"),
    ("length(r_to_py(data.frame(a = 1:3, b = 4:6)))", "2L"),
    ("dim(r_to_py(data.frame(a = 1:3, b = 4:6)))", "c(3L, 2L)"),
    ("py_to_r(r_to_py(data.frame(a = 1:3))[['a']])",
     "array(1:3, 3, list(c('0', '1', '2')))"),
    ("isTRUE(all.equal(np_array(c(1, 2)), np_array(c(1, 2))))", "TRUE"),
    ("isTRUE(all.equal(np_array(c(1, 2)), np_array(c(9, 8))))", "FALSE"),
    ("isTRUE(all.equal(op_ones(2), op_zeros(2)))", "FALSE"),
    ("{kt_ <- keras_input(3); isTRUE(all.equal(kt_, kt_))}", "TRUE"),
    ("isTRUE(all.equal(kt_, keras_input(3)))", "FALSE"),
    ("isTRUE(all.equal(layer_dense(units = 1), layer_dense(units = 1)))", "FALSE"),
    ("isTRUE(all.equal(keras_variable(c(1, 2)), array(c(1, 2))))", "TRUE"),
    ("kind(+kt_)", "'keras.src.backend.common.keras_tensor.KerasTensor'"),
]  # fmt: skip

# print() is repr(), except for collections and modules; str() and as.character() are
# str(); beyond ten items the kind and the number stand for a collection. Without a
# length an object has that of its truth.
TEXT = [
    ("capture.output(str(np_array(1:3)))", "'[1 2 3]'"),
    ("capture.output(str(r_to_py('a')))", "'a'"),
    ("as.character(np_array(1:3))", "'[1 2 3]'"),
    ("shown(r_to_py('a'))", "\"'a'\""),
    ("shown(r_to_py(as.list(1:3)))", "'[1, 2, 3]'"),
    ("shown(r_to_py(as.list(1:11)))", "'List (11 items)'"),
    ("shown(tuple(as.list(1:11)))", "'Tuple (11 items)'"),
    ("py_str(r_to_py(setNames(as.list(1:11), letters[1:11])))", "'Dict (11 items)'"),
    ("shown(r_to_py(as.raw(1:3)))", "'python.builtin.bytearray (3 bytes)'"),
    ("py_str(import('os'))", "'Module(os)'"),
    ("format(py_eval('object()'))", "'<object>'"),
    ("length(py_eval('0', FALSE))", "0L"),
    ("length(py_eval('5', FALSE))", "1L"),
    ("length(kt_)", "1L"),
    ("kind(py_ellipsis())", "'python.builtin.ellipsis'"),
    ("py_to_r(np_array(1:4)[py_slice(1, 3)])", "array(2:3)"),
    ("py_suppress_warnings({import('warnings')$warn('x'); 3})", "3"),
]

# as.data.frame() of a history: series by series in the order of the names, also those
# that callbacks add after the validation's. plot(): the chosen metrics, no others; in
# black and white lines and shapes tell training from validation.
HISTORY = [
    ("as.character(unique(paste(frame_$metric, frame_$data)))",
     "c('loss training', 'loss validation', 'learning_rate training')"),
    ("frame_$value", "c(4, 2, 3, 1, 0.5, 0.25)"),
    ("levels(frame_$metric)", "c('loss', 'learning_rate')"),
    ("levels(plot(history_, metrics = 'loss')$data$metric)",
     "c('loss', 'learning_rate')"),
    ("nrow(plot(history_, metrics = 'loss')$data)", "4L"),
    ("names(plot(history_, theme_bw = TRUE)$mapping)",
     "c('x', 'y', 'colour', 'fill', 'linetype', 'shape')"),
]  # fmt: skip

# Targets of a class that Python does not know are numbers as any: the mean of y - 0.
DATA = [
    (f"loss_of({y})", "3.5")
    for y in ("ts(1:6)", "structure(c(1, 2, 3, 4, 5, 6), class = 'mine')",
              "as.difftime(1:6, units = 'days')", "as.table(c(1, 2, 3, 4, 5, 6))")
]  # fmt: skip

# Every class of the package Matrix is data: the sums of rows that add up to one.
DATA += [
    (f"predict(sums_, {x}, verbose = 0)", "matrix(c(1, 1))")
    for x in ("Matrix::Matrix(c(0.5, 0.25, 0.5, 0.75), 2)",
              "Matrix::Diagonal(2)", "Matrix::Matrix(diag(2) > 0, sparse = TRUE)",
              "as(Matrix::Matrix(c(0, 1, 1, 0), 2, sparse = TRUE), 'dsCMatrix')")
]  # fmt: skip


@pytest.fixture(scope="module", autouse=True)
def _prepared(R):
    R.run("before_ <- ls()")
    R.run(CHUNK)
    R.run(
        """
        history_ <- structure(class = "keras_training_history", list(
          params = list(verbose = 0L, epochs = 2L, steps = 1L),
          metrics = list(loss = c(4, 2), val_loss = c(3, 1),
                         learning_rate = c(0.5, 0.25))))
        frame_ <- as.data.frame(history_)
        kt_ <- keras_input(3)
        still_ <- keras_model_sequential(input_shape = 1) |>
          layer_dense(1, kernel_initializer = "zeros")
        still_ |> compile(optimizer_sgd(0), "mae")
        sums_ <- keras_model_sequential(input_shape = 2) |>
          layer_dense(1, kernel_initializer = "ones")
        loss_of <- function(y) {
          evaluate(still_, matrix(0, 6), y, batch_size = 6, verbose = 0)[["loss"]]
        }
        """
    )
    yield
    R.run("rm(list = setdiff(ls(), before_))")


@pytest.mark.parametrize(
    ("code", "expected"),
    [*TO_R, *TO_PYTHON, *CONTAINERS, *ARRAYS, *TEXT, *HISTORY, *DATA],
    ids=lambda code: code[:60],
)
def test_as_the_rule_says(R, code, expected):
    R.run(f"found <- untimed({{{code}}}); wanted <- untimed({{{expected}}})")
    assert R.eval("identical(found, wanted)"), R.eval(
        "paste(c(deparse(found), 'instead of', deparse(wanted)), collapse = ' ')"
    )
