"""Input pipelines written in R, and data sets made from files and arrays."""

from __future__ import annotations

import wave

import numpy as np
import pytest

from rkeras_port.r import RError

SETUP = """
suppressPackageStartupMessages({library(keras3); library(tfdatasets)})
all_of <- function(ds) iterate(as_array_iterator(ds), simplify = FALSE)
flat <- function(ds) as.vector(unlist(all_of(ds)))
"""


@pytest.fixture(scope="module", autouse=True)
def _setup(R):
    R.run(SETUP)


#: Pipelines of numbers, and the numbers, worked out by hand.
PIPELINES = [
    ("tensor_slices_dataset(c(1, 2, 3))", [1, 2, 3]),
    ("tensor_slices_dataset(5)", 5),
    ("tensor_slices_dataset(matrix(1:4, 2))", [1, 3, 2, 4]),
    ("range_dataset(0, 10, 3)", [0, 3, 6, 9]),
    ("range_dataset(0, 5) |> dataset_map(function(x) x * 2L)", [0, 2, 4, 6, 8]),
    ("range_dataset(0, 6) |> dataset_filter(function(x) x %% 2L == 0L)", [0, 2, 4]),
    ("range_dataset(0, 9) |> dataset_take_while(function(x) x < 3L)", [0, 1, 2]),
    ("range_dataset(0, 9) |> dataset_skip(2) |> dataset_take(3)", [2, 3, 4]),
    ("range_dataset(0, 2) |> dataset_cache() |> dataset_repeat(2)", [0, 1, 0, 1]),
    ("range_dataset(0, 3) |> dataset_prefetch()", [0, 1, 2]),
    ("range_dataset(0, 10) |> dataset_shard(3, 1)", [1, 4, 7]),
    (
        "range_dataset(0, 2) |> dataset_concatenate(range_dataset(5, 7),"
        " range_dataset(8, 9))",
        [0, 1, 5, 6, 8],
    ),
    (
        # As the documentation of tf.data has it, for cycles of two and blocks of four.
        "range_dataset(1, 6) |> dataset_interleave(cycle_length = 2, block_length = 4,"
        " function(x) tensors_dataset(x) |> dataset_repeat(6))",
        [*[1] * 4, *[2] * 4, 1, 1, 2, 2, *[3] * 4, *[4] * 4, 3, 3, 4, 4, *[5] * 6],
    ),
    (
        "range_dataset(0, 7) |> dataset_window(3, shift = 2, drop_remainder = TRUE) |>"
        " dataset_flat_map(function(w) dataset_batch(w, 3))",
        [0, 1, 2, 2, 3, 4, 4, 5, 6],
    ),
    (
        "tensor_slices_dataset(1:3) |> dataset_map(function(n)"
        " tensorflow::tf$fill(list(n), n)) |> dataset_padded_batch(3,"
        " padded_shapes = 4, padding_values = -1L)",
        # Column by column.
        [1, 2, 3, -1, 2, 3, -1, -1, 3, -1, -1, -1],
    ),
    ("tensor_slices_dataset(c(1L, 1L, 2L)) |> dataset_unique()", [1, 2]),
    ("tensor_slices_dataset(matrix(1:4, 2)) |> dataset_unbatch()", [1, 3, 2, 4]),
    ("sample_from_datasets(list(range_dataset(0, 2)))", [0, 1]),
    ("tensor_slices_dataset(1:3) |> dataset_options(deterministic = TRUE)", [1, 2, 3]),
    (
        "range_dataset(0, 4) |> dataset_scan(tensorflow::as_tensor(0L, 'int64'),"
        " function(sum, x) list(sum + x, sum + x))",
        [0, 1, 3, 6],
    ),
]


@pytest.mark.parametrize(("code", "numbers"), PIPELINES, ids=lambda v: str(v)[:50])
def test_pipelines(R, code, numbers):
    assert R.eval(f"flat({code})") == numbers


def test_shuffling_keeps_the_elements_and_follows_the_seed(R):
    R.run(
        "all <- range_dataset(0, 50)\n"
        "mixed <- function(s) flat(dataset_shuffle(all, 50, seed = s))"
    )
    first = R.eval("mixed(1)")
    assert sorted(first) == list(range(50))
    assert first == R.eval("mixed(1)")
    assert first != R.eval("mixed(2)")


def test_elements_of_several_parts(R):
    R.run(
        """
        pairs <- tensor_slices_dataset(list(c(1, 2), 4:5)) |>
          dataset_map(function(x, y) list(x + 1, y * 2L))
        named <- tensor_slices_dataset(data.frame(a = c(1, 2), b = c("u", "v"))) |>
          dataset_map(function(row) { row$a <- row$a * 10; row })
        """
    )
    assert R.eval("all_of(pairs)") == [[2, 8], [3, 10]]
    assert R.eval("all_of(named)") == [{"a": 10, "b": "u"}, {"a": 20, "b": "v"}]
    assert R.eval("all_of(zip_datasets(range_dataset(0, 2), range_dataset(5, 7)))") == [
        [0, 5],
        [1, 6],
    ]
    R.run(
        """
        start <- tensorflow::as_tensor(0L, "int64")
        sum <- dataset_reduce(range_dataset(0, 5), start, function(s, x) s + x)
        """
    )
    assert R.eval("as.numeric(sum)") == 10
    assert R.eval("length(dataset_collect(range_dataset(0, 5), 2))") == 2


def test_lengths_and_iterators(R):
    assert R.eval("length(range_dataset(0, 5))") == 5
    assert R.eval("length(dataset_repeat(range_dataset(0, 5)))") == float("inf")
    R.run("few <- dataset_filter(range_dataset(0, 5), function(x) x > 2L)")
    assert R.eval("is.na(length(few))") is True
    R.run("it <- as_iterator(range_dataset(0, 1)); first <- iter_next(it)")
    assert R.eval("as.numeric(first)") == 0
    assert R.eval("iter_next(it, completed = 'end')") == "end"


def test_a_dataset_trains_and_predicts(R):
    R.run(
        """
        x <- matrix(c(1, 2, 3, 4, 5, 6), 3, 2); y <- c(5, 7, 9)
        ds <- tensor_slices_dataset(list(x, y)) |> dataset_batch(2)
        model <- keras_model_sequential(input_shape = 2)
        model |> layer_dense(1, kernel_initializer = "ones")
        model |> compile(optimizer_sgd(0), "mae")
        h <- fit(model, ds, epochs = 2, validation_data = ds, verbose = 0)
        """
    )
    assert R.eval("h$metrics") == {"loss": [0, 0], "val_loss": [0, 0]}
    assert R.eval("as.vector(predict(model, ds, verbose = 0))") == [5, 7, 9]
    with pytest.raises(RError, match=r"fit\(\): `batch_size` .* dataset_batch\(\)"):
        R.eval("fit(model, ds, batch_size = 2)")


def test_columns_are_prepared(R, tmp_path):
    R["file"] = str(tmp_path / "cars.csv")
    R.run(
        """
        write.csv(head(mtcars), file, row.names = FALSE)
        csv <- make_csv_dataset(file, batch_size = 2, num_epochs = 1, shuffle = FALSE,
                                select_columns = c("mpg", "wt", "qsec"))
        by_formula <- all_of(dataset_prepare(csv, mpg ~ ., named = FALSE))[[1]]
        cars <- tensor_slices_dataset(mtcars)
        by_name <- dataset_prepare(cars, x = c(cyl, wt), y = mpg, batch_size = 2)
        by_name <- all_of(by_name)[[1]]
        labelled <- all_of(make_csv_dataset(file, 2, label_name = "mpg", num_epochs = 1,
                                            shuffle = FALSE))[[1]][[2]]
        """
    )
    # The first two rows of mtcars.
    x, y = R["by_formula"]
    np.testing.assert_allclose(x, [[2.62, 16.46], [2.875, 17.02]], rtol=1e-6)
    np.testing.assert_allclose(y, [21, 21])
    np.testing.assert_allclose(R["by_name"]["x"], [[6, 2.62], [6, 2.875]], rtol=1e-6)
    np.testing.assert_allclose(R["labelled"], [21, 21])
    with pytest.raises(RError, match=r"dataset_prepare\(\): `x` must be among .*nope"):
        R.eval("dataset_prepare(cars, x = 'nope')")


def test_text_and_file_names(R, tmp_path):
    for name, text in (("a.txt", "one\ntwo\n"), ("b.txt", "three\n")):
        (tmp_path / name).write_text(text)
    R["folder"] = str(tmp_path)
    assert R.eval(
        "flat(text_line_dataset(file.path(folder, c('a.txt', 'b.txt'))))"
    ) == [
        "one",
        "two",
        "three",
    ]
    names = "flat(file_list_dataset(file.path(folder, '*.txt'), shuffle = FALSE))"
    assert R.eval(f"basename({names})") == ["a.txt", "b.txt"]


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("dataset_batch(1:3, 2)", r"dataset_batch\(\): `dataset` must be a dataset"),
        ("dataset_batch(range_dataset(0, 3), 2.5)", "`batch_size` .* whole .*2.5"),
        (
            "dataset_map(range_dataset(0, 3), 2)",
            r"dataset_map\(\): `map_func` .*function",
        ),
        (
            "dataset_map(range_dataset(0, 3), function(x) stop('in map'))",
            r"^Error in function\(x\) \.\.\.: in map$",
        ),
        (
            "dataset_map(range_dataset(0, 3), function(x) as.array(x))",
            r"as\.array\(\): `x` is a symbolic tensor",
        ),
    ],
)
def test_what_cannot_be_is_refused(R, code, message):
    with pytest.raises(RError, match=message):
        R.eval(code)
    assert R.eval("flat(range_dataset(0, 1))") == 0


# What Keras makes of arrays and folders ---------------------------------------------


def test_time_series_and_splits(R):
    R.run(
        """
        series <- all_of(timeseries_dataset_from_array(
          matrix(as.double(1:6)), as.double(11:16), sequence_length = 3,
          batch_size = 4))[[1]]
        parts <- split_dataset(matrix(1:20, 10), left_size = 0.8)
        counted <- split_dataset(tensor_slices_dataset(1:10), left_size = 7)
        """
    )
    x, y = R["series"]
    assert np.squeeze(x, -1).tolist() == [[1, 2, 3], [2, 3, 4], [3, 4, 5], [4, 5, 6]]
    assert y.tolist() == [11, 12, 13, 14]
    assert R.eval("sapply(parts, length)") == [8, 2]
    assert R.eval("sapply(counted, length)") == [7, 3]
    assert R.eval("zip_lists(x = list(a = 1, b = 2), y = list(b = 'b', a = 'a'))") == {
        "a": {"x": 1, "y": "a"},
        "b": {"x": 2, "y": "b"},
    }


def test_folders_of_images_texts_and_sounds(R, tmp_path):
    for kind in ("cats", "dogs"):
        for folder in ("images", "texts", "sounds"):
            (tmp_path / folder / kind).mkdir(parents=True)
        for i in range(2):
            text = f"{kind} number {i}"
            (tmp_path / "texts" / kind / f"{i}.txt").write_text(text)
            with wave.open(str(tmp_path / "sounds" / kind / f"{i}.wav"), "wb") as file:
                file.setparams((1, 2, 8000, 0, "NONE", ""))
                file.writeframes(np.full(60, 16384, "<i2").tobytes())
    R["folder"] = str(tmp_path)
    R.run(
        """
        for (kind in c("cats", "dogs")) for (i in 1:2) {
          image_array_save(array(if (kind == "cats") 0 else 255, c(4, 4, 3)),
                           file.path(folder, "images", kind, paste0(i, ".png")),
                           scale = FALSE)
        }
        images <- image_dataset_from_directory(
          file.path(folder, "images"), image_size = c(2, 2), batch_size = 4,
          shuffle = FALSE, verbose = FALSE)
        image <- all_of(images |> dataset_map(function(x, y) list(x / 255, y)))[[1]]
        halves <- image_dataset_from_directory(
          file.path(folder, "images"), validation_split = 0.5, subset = "both",
          seed = 1, image_size = c(2, 2), batch_size = 1, verbose = FALSE)
        texts <- text_dataset_from_directory(
          file.path(folder, "texts"), batch_size = 4, shuffle = FALSE, verbose = FALSE)
        text <- all_of(texts)[[1]]
        words <- layer_text_vectorization()
        adapt(words, texts |> dataset_map(function(x, y) x))
        sounds <- all_of(audio_dataset_from_directory(
          file.path(folder, "sounds"), output_sequence_length = 50, batch_size = 4,
          shuffle = FALSE, verbose = FALSE))[[1]]
        """
    )
    assert R.eval("images$class_names") == ["cats", "dogs"]
    assert R.eval("dim(image[[1]])") == [4, 2, 2, 3]
    assert R.eval("image[[1]][, 1, 1, 1]") == [0, 0, 1, 1]
    assert R.eval("as.vector(image[[2]])") == [0, 0, 1, 1]
    assert R.eval("sapply(halves, length)") == [2, 2]
    assert R.eval("as.vector(text[[1]])[c(1, 4)]") == ["cats number 0", "dogs number 1"]
    assert R.eval("'number' %in% get_vocabulary(words)") is True
    assert R.eval("dim(sounds[[1]])") == [4, 50, 1]
    assert R.eval("unique(as.vector(sounds[[1]]))") == 0.5
