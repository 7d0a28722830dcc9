"""Data sets and pretrained weights: from a file, Keras's cache, or an honest no."""

from __future__ import annotations

import gzip
import json
import pickle
import textwrap

import numpy as np
import pytest

PREPARE = """
import os
os.environ["KERAS_HOME"] = {home!r}
# No network, at once.
os.environ["http_proxy"] = os.environ["https_proxy"] = "http://127.0.0.1:9"
import json
from rkeras_port import r
R = r.session()
R.run("library(keras3)")
R.run('''
said <- function(expr) tryCatch({{ expr; "no error" }}, error = conditionMessage)
kinds <- function(d) list(names(d), dim(d$train$x), dim(d$train$y), typeof(d$train$x),
                          dim(d$test$x), length(d$test$y))
''')
"""


@pytest.fixture
def answers(fresh, tmp_path):
    """Run R code with a Keras home of its own; return the list `result` it leaves."""

    def run(code: str, setup: str = ""):
        program = PREPARE.format(home=str(tmp_path)) + textwrap.dedent(setup)
        program += f"R.run({code!r})\n"
        program += "plain = json.dumps(R['result'], default=lambda a: a.tolist())\n"
        program += "print('ANSWER' + plain)\n"
        done = fresh(program)
        assert "ANSWER" in done.stdout, done.stderr[-3000:]
        return json.loads(done.stdout.split("ANSWER")[1].splitlines()[0])

    return run


@pytest.fixture
def cache(tmp_path):
    """Small files in the formats of Keras's cache."""
    folder = tmp_path / "datasets"
    folder.mkdir()
    images = np.arange(2 * 28 * 28).reshape(2, 28, 28).astype(np.uint8)
    np.savez(
        folder / "mnist.npz",
        x_train=images, y_train=np.uint8([5, 0]),
        x_test=images[:1], y_test=np.uint8([7]),
    )  # fmt: skip
    for name, features in (("boston_housing", 13), ("california_housing", 8)):
        rows = np.arange(10.0 * features).reshape(10, features)
        np.savez(folder / f"{name}.npz", x=rows, y=rows[:, 0])
    texts = np.array([[1, 5, 6], [7], [8, 9], [5, 5]], dtype=object)
    np.savez(folder / "reuters.npz", x=texts, y=np.array([3, 4, 3, 0]))
    index = {"the": 1, "of": 2}
    (folder / "reuters_word_index.json").write_text(json.dumps(index))
    (tmp_path / "index.pkl").write_bytes(pickle.dumps(index))
    (tmp_path / "evil.pkl").write_bytes(pickle.dumps(print))
    fashion = folder / "fashion-mnist"
    fashion.mkdir()
    for part, n in (("train", 2), ("t10k", 1)):
        pixels = bytes(16) + images[:n].tobytes()
        (fashion / f"{part}-images-idx3-ubyte.gz").write_bytes(gzip.compress(pixels))
        labels = bytes(8) + bytes([9, 1][:n])
        (fashion / f"{part}-labels-idx1-ubyte.gz").write_bytes(gzip.compress(labels))
    batch = {b"data": np.arange(3072).astype(np.uint8).reshape(1, 3072), b"labels": [6]}
    ten = folder / "cifar-10-batches-py"
    ten.mkdir()
    for name in [*(f"data_batch_{i}" for i in range(1, 6)), "test_batch"]:
        (ten / name).write_bytes(pickle.dumps(batch))
    hundred = folder / "cifar-100-python"
    hundred.mkdir()
    labels = {b"fine_labels": [42], b"coarse_labels": [7]}
    for name in ("train", "test"):
        (hundred / name).write_bytes(pickle.dumps(batch | labels))
    return folder


#: Keras compares hashes; the files of these tests are not the real ones.
TRUSTED = """
from rkeras_port._keras import keras
keras.src.utils.file_utils.validate_file = lambda *a, **k: True
"""


def test_every_data_set_from_the_cache(answers, cache):
    result = answers(
        """
        whole <- list(kinds(dataset_mnist()), kinds(dataset_fashion_mnist()),
                      kinds(dataset_boston_housing()),
                      kinds(dataset_california_housing()))
        c(c(x, y), c(xt, yt)) %<-% dataset_reuters(test_split = 0.25)
        cifar <- dataset_cifar10(convert = FALSE)
        fine <- dataset_cifar100(convert = FALSE)$test
        coarse <- dataset_cifar100("coarse", convert = FALSE)$test
        result <- list(
          whole, dataset_mnist()$train$x[2, 1, 1:3], dataset_mnist()$train$y,
          list(is.list(x), length(x), typeof(x[[1]]), typeof(y), length(xt)),
          list(dim(cifar$test$x), dim(cifar$test$y), cifar$test$x$dtype$name,
               as.vector(as.array(fine$y)), as.vector(as.array(coarse$y)),
               as.vector(as.array(cifar$test$x))[1:2]),
          dataset_reuters_word_index())
        """,
        TRUSTED,
    )
    whole, pixels, labels, reuters, cifar, index = result
    both = [["train", "test"], [2, 28, 28], 2, "integer", [1, 28, 28], 1]
    assert whole[:2] == [both, both]
    assert whole[2] == [["train", "test"], [8, 13], 8, "double", [2, 13], 2]
    assert whole[3] == [["train", "test"], [8, 8], 8, "double", [2, 8], 2]
    # 28 * 28 = 784 = 3 * 256 + 16 in eight bits
    assert pixels == [16, 17, 18]
    assert labels == [5, 0]
    assert reuters == [True, 3, "integer", "integer", 1]
    # Rows are 32 numbers long in the file; as.vector() goes down the rows first.
    assert cifar == [[1, 32, 32, 3], [1, 1], "uint8", 42, 7, [0, 32]]
    assert index == {"the": 1, "of": 2}


def test_a_path_names_a_file_of_ones_own(answers, cache, tmp_path):
    mine = tmp_path / "mine.npz"
    (cache / "mnist.npz").rename(mine)
    wrong = tmp_path / "wrong.npz"
    np.savez(wrong, a=np.zeros(3))
    result = answers(
        f"""
        result <- list(
          dataset_mnist({str(mine)!r})$train$y,
          length(dataset_reuters({str(cache / "reuters.npz")!r})$train$x),
          dataset_reuters_word_index({str(tmp_path / "index.pkl")!r})$of,
          said(dataset_reuters_word_index({str(tmp_path / "evil.pkl")!r})),
          said(dataset_mnist({str(wrong)!r})),
          said(dataset_mnist("none.npz")),
          said(dataset_reuters(num_words = 2.5)),
          said(dataset_boston_housing()))
        """
    )
    assert result[:3] == [[5, 0], 3, 2]
    assert "`path` cannot be read" in result[3]
    assert "KeyError" in result[4]
    assert "dataset_mnist(): `path` must be an existing file" in result[5]
    assert "`num_words` must be one whole number; received 2.5" in result[6]
    # Keras would delete it, having no network to replace it.
    assert "boston_housing.npz is not Keras's file" in result[7]
    assert (cache / "boston_housing.npz").is_file()


def test_without_network_or_cache_the_place_is_told(answers, tmp_path):
    names = (
        "mnist", "fashion_mnist", "cifar10", "cifar100", "boston_housing",
        "california_housing", "imdb", "reuters", "imdb_word_index",
        "reuters_word_index",
    )  # fmt: skip
    calls = ", ".join(f"said(dataset_{name}())" for name in names)
    result = answers(
        f"result <- list({calls}, said(application_mobilenet(alpha = 0.25)), 1 + 1)"
    )
    for name, text in zip(names, result, strict=False):
        assert f"dataset_{name}(): " in text
        assert "could not be downloaded" in text
    assert str(tmp_path / "datasets" / "mnist.npz") in result[0]
    assert str(tmp_path / "datasets" / "cifar-10-batches-py") in result[2]
    assert str(tmp_path / "models" / "mobilenet_2_5_224_tf.h5") in result[10]
    assert "NULL for random weights" in result[10]
    assert result[11] == 2


def test_pretrained_weights_from_the_cache(answers, tmp_path):
    (tmp_path / "models").mkdir()
    file = tmp_path / "models" / "mobilenet_2_5_224_tf.h5"
    result = answers(
        f"""
        made <- application_mobilenet(alpha = 0.25, weights = NULL)
        save_model(made, {str(file)!r})
        read <- application_mobilenet(alpha = 0.25)
        result <- list(all.equal(get_weights(made), get_weights(read)))
        """
    )
    assert result == [True]
