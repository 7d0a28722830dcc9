"""Where the R package is wrong we are right: a test for each entry of the table."""

from __future__ import annotations

import tomllib
from importlib import resources

import pytest

from rkeras_port.r import RError

TABLE = tomllib.loads(
    resources.files("rkeras_port.catalogue").joinpath("differences.toml").read_text()
)["difference"]

SETUP = """
suppressPackageStartupMessages(library(keras3))
x <- matrix(c(1, 2, 3, 4, 5, 6), 3, 2); y <- c(0, 1, 1)
make <- function() {
  model <- keras_model_sequential(input_shape = 2)
  model |> layer_dense(1, kernel_initializer = "ones")
  model |> compile(optimizer = optimizer_sgd(0), loss = "mse")
  model
}
number <- function(x) as.vector(as.array(x))
"""

#: By name and argument: R code, and its value, or a pattern for its error. The values
#: are worked out by hand.
CASES: dict[tuple[str, str], list[tuple[str, object]]] = {
    ("callback_early_stopping", "min_delta"): [
        # Keras keeps it with the sign of the direction.
        ("abs(callback_early_stopping(min_delta = 0.5)$min_delta)", 0.5)
    ],
    ("constraint_maxnorm, constraint_minmaxnorm", "max_value"): [
        ("constraint_maxnorm(2.5)$max_value", 2.5),
        ("constraint_minmaxnorm(0.5, 1.5)$max_value", 1.5),
        ("constraint_minmaxnorm(0.5, 1.5)$min_value", 0.5),
    ],
    ("layer_dense, layer_embedding, layer_einsum_dense, layer_conv_2d", "lora_alpha"): [
        ("layer_dense(units = 2, lora_rank = 1, lora_alpha = 1.5)$lora_alpha", 1.5),
        (
            "layer_embedding(input_dim = 2, output_dim = 2, lora_rank = 1,"
            " lora_alpha = 1.5)$lora_alpha",
            1.5,
        ),
        (
            "layer_einsum_dense(equation = 'ab,bc->ac', output_shape = 2,"
            " lora_rank = 1, lora_alpha = 1.5)$lora_alpha",
            1.5,
        ),
        (
            "layer_conv_2d(filters = 2, kernel_size = 2, lora_rank = 1,"
            " lora_alpha = 1.5)$lora_alpha",
            1.5,
        ),
    ],
    ("op_logspace", "base"): [("number(op_logspace(0, 1, 2, base = 2.5))", [1.0, 2.5])],
    ("layer_random_posterization", "factor"): [
        ("layer_random_posterization(factor = 3)$factor[[2]]", 3),
        ("layer_random_posterization(factor = 2.5)", "must be a whole number"),
    ],
    ("op_select", "default"): [
        ("number(op_select(list(FALSE), list(1), default = 2.5))", 2.5)
    ],
    (
        "op_image_affine_transform, op_image_map_coordinates, "
        "op_image_perspective_transform",
        "fill_value",
    ): [
        # One pixel to the left: nothing is known of what comes in from the right.
        (
            "number(op_image_affine_transform(array(1, c(2, 2, 1)),"
            " c(1, 0, 1, 0, 1, 0, 0, 0), fill_value = 0.5))",
            [1.0, 1.0, 0.5, 0.5],
        ),
        (
            "number(op_image_map_coordinates(matrix(1, 2, 2),"
            " list(matrix(5), matrix(5)), order = 0, fill_value = 0.5))",
            0.5,
        ),
        (
            "p <- rbind(c(0, 0), c(0, 1), c(1, 0), c(1, 1));"
            " number(op_image_perspective_transform(array(1, c(2, 2, 1)), p, p + 5,"
            " fill_value = 0.5))",
            [0.5, 0.5, 0.5, 0.5],
        ),
    ],
    ("layer_dense", "units"): [
        ("layer_dense(units = 2.9)", r"layer_dense\(\): `units` .* whole.*2\.9")
    ],
    ("op_one_hot", "x"): [
        (
            "number(op_one_hot(factor(c('b', 'a'), levels = c('a', 'b')), 2))",
            [0.0, 1.0, 1.0, 0.0],
        )
    ],
    ("op_one_hot", "0"): [("number(op_one_hot(c(0, 2), 2))", [0.0, 0.0, 0.0, 1.0])],
    ("to_categorical", "x"): [
        ("dim(to_categorical(factor('a', levels = c('a', 'b'))))", [1, 2])
    ],
    ("as.data.frame.keras_training_history", "validation_freq"): [
        (
            "h <- fit(make(), x, y, validation_data = list(x, y), validation_freq = 2,"
            " epochs = 3, verbose = 0); capture.output(print(h));"
            " d <- as.data.frame(h); d$epoch[d$data == 'validation' & !is.na(d$value)]",
            2,
        )
    ],
    ("fit", "class_weight"): [
        ("fit(make(), x, y, class_weight = c(1, 2))", r"`class_weight` .* names")
    ],
    ("fit", "validation_data"): [
        (
            "f <- function(v) fit(make(), x, y, validation_data = v, verbose = 0)"
            "$metrics$val_loss; v <- f(list(x, y));"
            " c(f(list(x = x, y = y)) == v, f(reticulate::tuple(x, y)) == v)",
            [True, True],
        )
    ],
    ("fit", "x"): [
        (
            # Sums of rows minus y, squared: 5, 6, 8 squared and divided by 3.
            "fit(make(), data.frame(a = x[, 1], b = x[, 2]), data.frame(y = y),"
            " verbose = 0)$metrics$loss",
            pytest.approx(125 / 3),
        ),
        (
            "fit(make(), data.frame(a = 1:3, b = letters[1:3]), y)",
            r"`x` must have only numeric columns.*: b",
        ),
    ],
    ("fit", "validation_split"): [
        ("fit(make(), x, y, validation_split = 2)", r"`validation_split` .* share")
    ],
    ("predict", "x"): [("predict(make(), x[1, ])", r"`x` .* drop = FALSE")],
    ("op_max", "x"): [
        ("is.nan(number(op_max(c(1L, NA))))", True),
        (
            "op_convert_to_tensor(c(1L, NA), dtype = 'int32')",
            r"op_convert_to_tensor\(\): `x` must not have NA",
        ),
        ("layer_dense(units = NA)", r"layer_dense\(\): `units` must not be NA"),
    ],
    ("op_tensordot", "axes"): [
        ("number(op_tensordot(x, x, axes = 2))", 91.0),
        ("dim(op_tensordot(x, t(x), axes = 1))", [3, 3]),
        ("dim(op_tensordot(x, t(x), axes = list(2, 1)))", [3, 3]),
    ],
    ("op_take, op_slice, op_segment_sum", "indices"): [
        ("op_take(x, 0)", r"op_take\(\): `indices` counts from 1. Received: 0"),
        ("op_slice(x, c(0, 1), c(1, 1))", r"op_slice\(\): `start_indices` counts"),
        (
            "op_segment_sum(c(1, 2), c(0, 1), num_segments = 2)",
            r"op_segment_sum\(\): `segment_ids` counts",
        ),
        ("number(op_take(c(5, 6, 7), c(1, -1)))", [5.0, 7.0]),
    ],
    ("op_concatenate, op_segment_sum, op_multi_hot, set_weights", "inputs"): [
        ("number(op_concatenate(list(1:2, 3:4)))", [1, 2, 3, 4]),
        (
            "number(op_segment_sum(c(1, 2, 3), c(1, 2, 2), num_segments = 2))",
            [1.0, 5.0],
        ),
        ("number(op_multi_hot(c(0L, 2L), num_classes = 3))", [1.0, 0.0, 1.0]),
        (
            "m <- make(); set_weights(m, list(matrix(3, 2, 1), 4));"
            " unlist(get_weights(m))",
            [3.0, 3.0, 4.0],
        ),
    ],
    ("op_matmul", "x2"): [
        (
            "number(op_matmul(op_ones(c(1, 3)), x))",
            [6.0, 15.0],
        )
    ],
    ("op_arange", "step"): [("op_arange(5, 1)", r"op_arange\(\): `step` .* step = -1")],
    ("dataset_mnist, dataset_reuters, dataset_boston_housing", "path"): [
        # Whole files are read in test_datasets.
        ("dataset_mnist('none.npz')", r"dataset_mnist\(\): `path` must be an existing")
    ],
    ("layer_string_lookup", "vocabulary_dtype"): [
        (
            "layer_string_lookup(vocabulary = 'a', vocabulary_dtype = 'string')",
            r"layer_string_lookup\(\): `vocabulary_dtype` .* cannot be given",
        )
    ],
    ("metric_binary_crossentropy", "axis"): [
        ("metric_binary_crossentropy(axis = 2)", r"binary_crossentropy\(\) .*'axis'")
    ],
    ("layer_feature_space", "feature_names"): [
        (
            "layer_feature_space(features = list(a = 'float'), feature_names = 'a')",
            r"layer_feature_space\(\) .*'feature_names'. Did you mean 'features'",
        )
    ],
    ("adapt", "data"): [
        (
            "n <- layer_normalization();"
            " adapt(n, data.frame(a = c(1, 3), b = c(2, 6)));"
            " number(n$mean)",
            [2.0, 4.0],
        )
    ],
    ("custom_metric", "error"): [
        (
            "m <- make(); bad <- structure(class = c('mine', 'error', 'condition'),"
            " list(message = 'no', call = NULL)); m |> compile('sgd', 'mse',"
            " metrics = custom_metric('bad', function(y_true, y_pred) stop(bad)));"
            " tryCatch(fit(m, x, y, verbose = 0), mine = function(c) 'caught')",
            "caught",
        )
    ],
    ("callback_learning_rate_scheduler", "schedule"): [
        # More of it is in test_schedules.
        (
            "fit(make(), x, y, epochs = 2, verbose = 0, callbacks ="
            " callback_learning_rate_scheduler(function(epoch) 1 / (epoch + 2)))"
            "$metrics$learning_rate",
            [0.5, pytest.approx(1 / 3)],
        )
    ],
    ("custom_metric", "metric_fn"): [
        (
            # Sums of rows are 5, 7, 9; less y they are 5, 6, 8.
            "m <- make(); m |> compile('sgd', 'mse', metrics = custom_metric('e',"
            " function(y_true, y_pred) op_mean(abs(y_pred - y_true))));"
            " evaluate(m, x, y, verbose = 0)$e",
            pytest.approx(19 / 3),
        ),
        (
            # Keras's own: over all pairs of 5, 7, 9 and 0, 1, 1.
            'f <- reticulate::py_eval(\'lambda t, p: __import__("keras").ops.mean('
            "abs(p - t))'); m <- make(); m |> compile('sgd', 'mse', metrics = f);"
            " evaluate(m, x, y, verbose = 0)[[1]]",
            pytest.approx((5 + 4 + 4 + 7 + 6 + 6 + 9 + 8 + 8) / 9),
        ),
    ],
    ("op_unravel_index", "indices"): [
        ("unlist(lapply(op_unravel_index(5, c(2, 3)), number))", [1, 1]),
        (
            "unlist(lapply(op_unravel_index(rbind(c(1, 5), c(6, 2)), c(2, 3)),"
            " number))",
            [0, 1, 1, 0, 0, 2, 1, 1],
        ),
        # Keras's own is wrong.
        (
            "unlist(lapply(import('keras')$ops$unravel_index(4L, tuple(2L, 3L)),"
            " number))",
            [2, 0],
        ),
    ],
    ("activation_sparsemax, op_sparsemax", "x"): [
        ("number(activation_sparsemax(rbind(c(2, 0, -1))))", [1.0, 0.0, 0.0]),
        # Rightly 0.75 and 0.25: each 0.05 more, to sum to one.
        ("sum(number(op_sparsemax(rbind(c(0.7, 0.2))))) < 0.9", True),
    ],
    ("loss_tversky", "alpha, beta"): [
        (
            # Two hits, one false positive, two misses.
            "number(loss_tversky(matrix(c(1, 1, 1, 1, 0)), matrix(c(1, 1, 0, 0, 1)),"
            " alpha = 0.5, beta = 0))",
            pytest.approx(1 - 2 / (2 + 0.5 * 2)),
        )
    ],
    ("layer_aug_mix", "seed"): [
        (
            "p <- array(seq(0, 1, length.out = 192), c(1, 8, 8, 3));"
            " mixed <- function(seed) { set_random_seed(seed);"
            " number(layer_aug_mix(p, value_range = c(0, 1), seed = 1)) };"
            " c(identical(mixed(1), mixed(1)), identical(mixed(1), mixed(2)))",
            [True, False],
        )
    ],
    ("layer_solarization", "threshold_factor"): [
        (
            # All of 40 thresholds would be 0.5, and 0.45 left as it is.
            "p <- array(0.45, c(40, 1, 1, 3)); range(round(number(layer_solarization("
            "p, threshold_factor = c(0.5, 0.5), value_range = c(0, 1), seed = 1)), 2))",
            [0.45, 0.55],
        )
    ],
    ("dataset_map", "map_func"): [
        (
            "d <- tfdatasets::tensor_slices_dataset(list(x, y));"
            " d <- tfdatasets::dataset_map(d, function(x, y) list(x, y * 2));"
            " lengths(lapply(tfdatasets::dataset_collect(d, 1)[[1]], number))",
            [2, 1],
        )
    ],
}


@pytest.fixture(scope="module", autouse=True)
def _setup(R):
    R.run(SETUP)


@pytest.mark.parametrize("entry", TABLE, ids=lambda e: f"{e['name']}-{e['argument']}")
def test_difference(R, entry):
    for code, expected in CASES[entry["name"], entry["argument"]]:
        if isinstance(expected, str) and expected != "caught":
            with pytest.raises(RError, match=expected):
                R.eval(code)
        else:
            assert R.eval(code) == expected, code


def test_every_case_has_its_entry_and_every_entry_is_whole():
    assert set(CASES) == {(entry["name"], entry["argument"]) for entry in TABLE}
    for entry in TABLE:
        assert set(entry) == {"name", "argument", "original", "ours", "reason"}
        assert all(len(entry[key]) > 15 for key in ("original", "ours", "reason"))
