"""Each known trap, really stepped into, is named; and none where all agrees."""

from __future__ import annotations

import os

import keras
import numpy as np
import pandas as pd
import pytest
import tensorflow as tf
from recorded import data, network, record, train

from rkeras_port import vectorize_sequences
from rkeras_port.crosscheck.compare import compare
from rkeras_port.crosscheck.environment import observe_environment
from rkeras_port.crosscheck.traps import TRAPS

SEQUENCES = [[1, 3, 4], [2, 5], [1, 2, 3], [4], [5, 1], [2, 4, 3]] * 5
LABELS = np.array([1.0, 0.0, 1.0, 0.0, 1.0, 0.0] * 5)


def named(left, right):
    """Return the names of the traps in which two programs differ."""
    sides = (
        one if not callable(one) else record(one, label)
        for one, label in ((left, "R"), (right, "Python"))
    )
    comparison = compare(*sides)
    assert not comparison.agrees
    for hint in comparison.hints:
        assert "{" not in hint.text
    return [hint.trap for hint in comparison.hints]


def test_no_trap_where_all_agrees():
    comparison = compare(record(train), record(train))
    assert comparison.agrees
    assert len(comparison.checks) == 6
    assert comparison.hints == []


def test_no_trap_for_data_that_are_simply_others():
    x, y = data()
    other = np.random.default_rng(9).normal(size=x.shape)
    assert named(lambda: train(x, y), lambda: train(other, y)) == []


@pytest.mark.parametrize("sparse", [True, False])
def test_column_base(sparse):
    def program(first_index):
        x = vectorize_sequences(SEQUENCES, 7, first_index=first_index, sparse=sparse)
        return lambda: train(x, LABELS)

    assert named(program(1), program(0)) == ["column-base"]
    assert named(program(0), program(1)) == ["column-base"]


def test_column_base_says_which_side_is_ahead():
    sides = []
    for first_index, label in ((1, "R"), (0, "Python")):
        x = vectorize_sequences(SEQUENCES, 7, first_index=first_index)
        sides.append(record(lambda x=x: train(x, LABELS), label))
    (hint,) = compare(*sides).hints
    assert "what R has in a column, Python has in the next" in hint.text


def test_layer_order():
    def program(names):
        def run():
            made = {name: keras.layers.Dense(3, name=name) for name in names}
            model = keras.Sequential([keras.Input((5,)), made["a"], made["b"]])
            model.compile("sgd", "mse")
            model.fit(data()[0], np.zeros((60, 3)), verbose=0)

        return run

    assert named(program("ab"), program("ba")) == ["layer-order"]


def test_model_order():
    def program(first):
        def run():
            sizes = (3, 4) if first == 3 else (4, 3)
            made = {units: network(units=units) for units in sizes}
            made[3].fit(*data(), verbose=0)

        return run

    assert "layer-order" in named(program(3), program(4))


def test_weight_seed():
    left, right = record(train, "R", seed=1), record(train, "Python", seed=2)
    assert named(left, right) == ["weight-seed"]


def test_seed_that_one_side_sets_too_late():
    def seeded_late():
        x, y = data()
        model = network()
        keras.utils.set_random_seed(1)
        model.fit(x, y, epochs=2, batch_size=16, verbose=0)

    assert named(record(train, "R", seed=1), record(seeded_late, seed=7)) == [
        "weight-seed"
    ]


def test_epochs_default():
    def program(**arguments):
        return lambda: network().fit(*data(), verbose=0, **arguments)

    assert named(program(epochs=10), program()) == ["epochs-default"]


def test_split_rounding():
    x, y = data(100)

    def by_hand():
        # 45 rows, as 100 * 0.45 says; Keras's floor(100 * (1 - 0.55)) is 44.
        train(x[:45], y[:45], validation_data=(x[45:], y[45:]))

    assert named(lambda: train(x, y, validation_split=0.55), by_hand) == [
        "split-rounding"
    ]


def test_input_precision():
    x, y = data()
    x = x * 100 + 1000

    def scaled(dtype):
        typed = x.astype(dtype)
        return lambda: train((typed - typed.mean(axis=0)) / typed.std(axis=0), y)

    assert named(scaled("float64"), scaled("float32")) == ["input-precision"]


def test_factor_levels():
    x, _ = data()
    answers = pd.Series(["no", "maybe", "yes"] * 20)

    def program(levels, one_hot):
        codes = pd.Categorical(answers, categories=levels).codes
        targets = keras.utils.to_categorical(codes) if one_hot else codes
        loss = "categorical_crossentropy" if one_hot else "mse"

        def run():
            layers = [keras.Input((5,)), keras.layers.Dense(3 if one_hot else 1)]
            model = keras.Sequential(layers)
            model.compile("sgd", loss)
            model.fit(x, targets, verbose=0)

        return run

    alphabetical, as_met = ["maybe", "no", "yes"], ["no", "maybe", "yes"]
    for one_hot in (False, True):
        left, right = (program(levels, one_hot) for levels in (alphabetical, as_met))
        assert named(left, right) == ["factor-levels"]


def test_reshape_order_of_a_whole_matrix():
    numbers = np.random.default_rng(1).normal(size=300)

    def program(order):
        return lambda: train(numbers.reshape((60, 5), order=order), data()[1])

    assert named(program("F"), program("C")) == ["reshape-order"]


def test_reshape_order_within_pictures():
    flat = np.random.default_rng(1).normal(size=(20, 12))

    def program(order):
        pictures = np.stack([row.reshape((3, 4), order=order) for row in flat])

        def run():
            layers = [keras.Input((3, 4)), keras.layers.Flatten()]
            model = keras.Sequential([*layers, keras.layers.Dense(1)])
            model.compile("sgd", "mse")
            model.fit(pictures, np.zeros(20), verbose=0)

        return run

    assert named(program("F"), program("C")) == ["reshape-order"]


def test_shuffle_seed():
    def program(seed):
        def run():
            x, y = data()
            model = network()
            tf.random.set_seed(seed)
            model.fit(x, y, epochs=2, batch_size=16, verbose=0)

        return run

    assert named(program(1), program(2)) == ["shuffle-seed"]


def test_one_dnn(monkeypatch):
    side = record(train)
    monkeypatch.setenv("TF_ENABLE_ONEDNN_OPTS", "0")
    other = record(train)
    assert other.environment == observe_environment(1)
    assert (side.environment["onednn"], other.environment["onednn"]) == ("on", "off")
    # What oneDNN changes, at the size at which it does.
    other.observations[-1].content["weights"][0]["value"][0, 0] += 1e-7
    assert named(side, other) == ["settings"]


def test_threads(monkeypatch):
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "1")
    side = record(train)
    monkeypatch.setenv("TF_NUM_INTRAOP_THREADS", "7")
    other = record(train)
    other.observations[-1].content["weights"][0]["value"][0, 0] += 1e-7
    assert named(side, other) == ["settings"]
    assert os.environ["TF_NUM_INTRAOP_THREADS"] == "7"


def test_builds():
    side, other = record(train), record(train)
    other.environment["keras"] = "3.12.0"
    comparison = compare(side, other)
    assert comparison.agrees
    assert "builds add in another order" in comparison.checks[-1].rule
    other.observations[-1].content["weights"][0]["value"][0, 0] += 0.5
    assert named(side, other) == ["builds"]


def test_every_trap_has_a_name_of_its_own_and_two_sentences():
    assert len({trap.name for trap in TRAPS}) == len(TRAPS)
    for trap in TRAPS:
        assert trap.text.count(". ") >= 1
        assert trap.text.endswith(".")
