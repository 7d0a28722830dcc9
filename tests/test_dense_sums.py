"""Sparse products with the dense ones' bits: tried out, used, and left where wrong."""

from __future__ import annotations

import threading

import keras
import numpy as np
import pytest
import scipy.sparse as sp
import tensorflow as tf
from hypothesis import given, settings
from hypothesis import strategies as st
from keras.src.models.functional import Functional

import rkeras_port as rk
from rkeras_port import _dense_sums_probe, sparse_feed
from rkeras_port._dense_sums import DenseSums, block_ends
from rkeras_port._dense_sums_probe import agreed_sums
from rkeras_port._undeclared_sparse import only_dense_layer, sparse_inputs

COLUMNS = 900


@pytest.fixture(autouse=True)
def any_size_is_worth_it(monkeypatch):
    monkeypatch.setattr(sparse_feed, "_LEAST_CELLS", 0)
    monkeypatch.setattr(_dense_sums_probe, "_found", {})


def dense_layer(units=16, columns=COLUMNS, **options):
    layer = keras.layers.Dense(units, **options)
    layer.build((None, columns))
    return layer


def multi_hot(rows, seed, columns=COLUMNS):
    rng = np.random.default_rng(seed)
    matrix = sp.random(rows, columns, 0.03, "csr", np.float32, rng)
    matrix.sum_duplicates()
    matrix.data[:] = 1
    return matrix, (rng.random(rows) < 0.5).astype("float32")


def network(seed=3, **options):
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((COLUMNS,)),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
    return model


def in_pieces(matrix, sums):
    sizes = np.diff(sums.pieces(matrix))
    places = np.stack([np.repeat(np.arange(len(sizes)), sizes), matrix.indices], 1)
    return tf.SparseTensor(places.astype("int64"), matrix.data, matrix.shape)


@st.composite
def batches(draw):
    columns = draw(st.sampled_from([5, 384, 385, 900, 2000]))
    rows = draw(st.sampled_from([2, 31, 400]))
    seed = draw(st.integers(0, 2**32 - 1))
    rng = np.random.default_rng(seed)
    filled = draw(st.sampled_from([0.0, 0.01, 0.2]))
    x = sp.csr_matrix((rng.random((rows, columns)) < filled).astype("float32"))
    if draw(st.booleans()):
        x.data[:] = rng.standard_normal(x.nnz)
    spread = 10.0 ** draw(st.sampled_from([-30, 0, 30]))
    kernel = (rng.standard_normal((columns, 16)) * spread).astype("float32")
    broken = draw(st.sampled_from([None, np.nan, np.inf]))
    if broken is not None:
        kernel[rng.integers(columns), 3] = broken
    return x, kernel, rng.standard_normal((rows, 16)).astype("float32")


@settings(max_examples=40, deadline=None)
@given(batches())
def test_products_and_gradients_have_the_dense_bits_where_the_probe_says_so(batch):
    x, kernel, upstream = batch
    rows, columns = x.shape
    layer = dense_layer(columns=columns, use_bias=False)
    ones = bool((x.data == 1).all())
    sums = agreed_sums(layer, [rows], [rows], ones=ones)
    if sums is None:
        return

    @tf.function(autograph=False)
    def run(x, product):
        weights = tf.constant(kernel)
        with tf.GradientTape() as tape:
            tape.watch(weights)
            outputs = product(x, weights)
        return outputs, tape.gradient(outputs, weights, upstream)

    found = run(in_pieces(x, sums), sums.product)
    expected = run(tf.constant(x.toarray()), tf.matmul)
    for one, two in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, two)


def test_other_numbers_of_rows_than_were_tried_are_multiplied_as_dense():
    x, _ = multi_hot(10, 1)
    # Blocks of 3 are nobody's: were they used, bits would differ.
    wrong = DenseSums(block_ends(COLUMNS, 3), (64,), ((64, (64,)),))
    kernel = np.random.default_rng(2).standard_normal((COLUMNS, 16), np.float32)
    product = wrong.product(in_pieces(x, wrong), tf.constant(kernel))
    np.testing.assert_array_equal(product, tf.matmul(x.toarray(), kernel))


def test_the_probe_refuses_wrong_blocks(monkeypatch):
    monkeypatch.setattr(_dense_sums_probe, "WIDTHS", (3, 7))
    assert agreed_sums(dense_layer(), [64], [64], ones=True) is None
    assert agreed_sums(dense_layer(), [64], [], ones=True) is None


@pytest.mark.parametrize("widths", [_dense_sums_probe.WIDTHS, (3,)])
def test_training_equals_that_on_the_dense_matrix_to_the_last_bit(monkeypatch, widths):
    monkeypatch.setattr(_dense_sums_probe, "WIDTHS", widths)
    fed_sparse = []
    multiply_by = sparse_feed.SparseFeed.multiply_by
    monkeypatch.setattr(
        sparse_feed.SparseFeed,
        "multiply_by",
        lambda feed, sums: fed_sparse.append(sums) or multiply_by(feed, sums),
    )
    x, y = multi_hot(150, 4)
    results = []
    for data in (x, x.toarray()):
        model = network()
        options = {"epochs": 3, "batch_size": 32, "verbose": 0}
        history = rk.fit(model, data, y, validation_split=0.3, **options).metrics
        measured = rk.evaluate(model, data, y, batch_size=50)
        outputs = rk.predict(model, data, batch_size=512)
        results.append([history, measured, outputs, *model.get_weights()])
    for one, two in zip(*results, strict=True):
        np.testing.assert_equal(one, two)
    # fit has two feeds; where TensorFlow's products have other blocks, none is sparse.
    tried = _dense_sums_probe._found.values()
    assert len(tried) == 3
    assert len(fed_sparse) == sum(
        (2 if sums.rows else 1) for sums in tried if sums is not None
    )
    assert not fed_sparse if widths == (3,) else all(tried)


def test_functions_that_a_model_keeps_do_not_mix():
    x, y = multi_hot(100, 5)
    model, plain = network(), network()
    rk.fit(model, x, y, batch_size=32, verbose=0)
    plain.fit(x.toarray(), y, batch_size=32, verbose=0)
    assert model.train_function is model.predict_function is None
    twice = x * np.float32(1.3)
    for data in (x, twice):
        np.testing.assert_array_equal(
            rk.predict(model, data, batch_size=100),
            plain.predict(data.toarray(), batch_size=100, verbose=0),
        )
        np.testing.assert_array_equal(
            model.predict(data, batch_size=100, verbose=0),
            plain.predict(data.toarray(), batch_size=100, verbose=0),
        )


def test_only_this_thread_and_model_take_sparse_batches():
    before = Functional._convert_inputs_to_tensors
    model, other = network(), network()
    x = tf.sparse.from_dense(np.eye(4, COLUMNS, dtype="float32"))
    sums = DenseSums((COLUMNS,), (4,))
    seen = []

    def look(one):
        seen.append(type(one._functional._convert_inputs_to_tensors([x])[0]))

    with sparse_inputs(model, sums):
        look(model)
        look(other)
        thread = threading.Thread(target=look, args=(model,))
        thread.start()
        thread.join()
    assert Functional._convert_inputs_to_tensors is before
    assert [issubclass(kind, tf.SparseTensor) for kind in seen] == [True, False, False]


def test_models_that_use_their_input_otherwise_are_left_alone():
    given = keras.Input((COLUMNS,))
    first = keras.layers.Dense(2)
    both = keras.layers.Concatenate()([first(given), keras.layers.Dense(2)(given)])
    assert only_dense_layer(keras.Model(given, both)) is None
    assert only_dense_layer(keras.Model(given, first(given))) is first
    dropped = keras.layers.Dropout(0.1)(given)
    assert only_dense_layer(keras.Model(given, first(dropped))) is None
    eager = network()
    eager.run_eagerly = True
    assert only_dense_layer(eager) is None
