"""The feed of sparse matrices: Keras's own results, for whatever goes through it."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap

import keras
import keras.src.backend.tensorflow.numpy as keras_numpy
import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

import rkeras_port as rk
from rkeras_port.sparse_feed import SparseFeed, feeding

COLUMNS = 40


def model(*, sparse=False, seed=3, **options):
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    network = keras.Sequential(
        [
            keras.Input((COLUMNS,), sparse=sparse),
            keras.layers.Dense(4, activation="relu"),
            keras.layers.Dropout(0.2),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    network.compile(
        "rmsprop", loss="binary_crossentropy", metrics=["accuracy"], **options
    )
    return network


_compiled = {}


def as_new(name, *, sparse):
    """Return the model of this name as it was when made, but with what is compiled."""
    if (name, sparse) not in _compiled:
        network = model(sparse=sparse)
        network.optimizer.build(network.trainable_variables)
        variables = [*network.variables, *network.optimizer.variables]
        made = [(variable, np.array(variable)) for variable in variables]
        _compiled[name, sparse] = network, made
    network, made = _compiled[name, sparse]
    for variable, value in made:
        variable.assign(value)
    keras.utils.set_random_seed(3)
    return network


def random_data(rows, seed, columns=COLUMNS):
    """Make a CSR matrix with some empty rows and values of all sizes, and labels."""
    rng = np.random.default_rng(seed)
    x = sp.random(rows, columns, 0.15, "csr", np.float32, rng)
    x = sp.diags_array((rng.random(rows) < 0.9).astype("float32")) @ x
    x = sp.csr_matrix(x)
    # Keras needs them in order; ours are put in order (test_sparse_rows.py).
    x.sum_duplicates()
    x.eliminate_zeros()
    return x, (rng.random(rows) < 0.5).astype("float32")


def assert_same(history, expected, atol=1e-6):
    assert history.keys() == expected.keys()
    for name, values in expected.items():
        np.testing.assert_allclose(history[name], values, rtol=1e-6, atol=atol)


# A smaller example is not worth the minutes of training that finding it takes.
@settings(max_examples=5, deadline=None, phases=(Phase.explicit, Phase.generate))
@given(
    rows=st.integers(4, 90),
    batch_size=st.one_of(st.none(), st.integers(1, 100)),
    shuffle=st.sampled_from([True, False, "batch"]),
    weighted=st.booleans(),
    split=st.sampled_from([0.0, 0.3]),
    sparse=st.booleans(),
    seed=st.integers(0, 99),
)
def test_any_fit_equals_keras_on_the_same_matrix_and_on_the_dense_one(
    rows, batch_size, shuffle, weighted, split, sparse, seed
):
    x, y = random_data(rows, seed)
    arguments = {"batch_size": batch_size, "shuffle": shuffle, "epochs": 2}
    arguments |= {"verbose": 0, "validation_split": split}
    if weighted:
        arguments["sample_weight"] = np.random.default_rng(seed).random(rows)
    ours = as_new("ours", sparse=sparse)
    history = rk.fit(ours, x, y, **arguments).metrics
    theirs = as_new("theirs", sparse=sparse)
    assert_same(history, theirs.fit(x, y, **arguments).history)
    for one, two in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_allclose(one, two, atol=1e-6)
    for data in (x, x.toarray()):
        assert_same(
            rk.evaluate(ours, x, y, batch_size=batch_size),
            ours.evaluate(data, y, batch_size, verbose=0, return_dict=True),
        )
        np.testing.assert_allclose(
            rk.predict(ours, x, batch_size=batch_size),
            ours.predict(data, batch_size, verbose=0),
            atol=1e-6,
        )
    if not sparse:
        dense = as_new("dense", sparse=False)
        assert history == dense.fit(x.toarray(), y, **arguments).history
        for one, two in zip(ours.get_weights(), dense.get_weights(), strict=True):
            np.testing.assert_array_equal(one, two)


X, Y = random_data(60, 1)
WEIGHTS = np.linspace(0.1, 2, 60)


@pytest.mark.parametrize(
    ("arguments", "options"),
    [
        ({"validation_data": (X[:20], Y[:20])}, {"steps_per_execution": 3}),
        ({"validation_data": (X[:20].toarray(), Y[:20])}, {}),
        (
            {
                "validation_data": (X, Y, WEIGHTS),
                "validation_batch_size": 7,
                "validation_steps": 4,
                "class_weight": {0: 1.0, 1: 3.0},
            },
            {},
        ),
        ({"steps_per_epoch": 3, "batch_size": None, "epochs": 4}, {}),
        ({"initial_epoch": 1, "validation_split": 0.2}, {"run_eagerly": True}),
        ({"batch_size": 16, "validation_split": 0.25}, {"jit_compile": True}),
    ],
    ids=["data", "dense", "weights", "steps", "eager", "jit"],
)
def test_keras_options_work_as_in_keras(arguments, options):
    arguments = {"batch_size": 9, "epochs": 2, "verbose": 0} | arguments
    history = rk.fit(model(**options), X, Y, **arguments).metrics
    dense = model(**options).fit(X.toarray(), Y, **_dense(arguments)).history
    # XLA adds in an order that it chooses by shapes.
    assert_same(history, dense, atol=1e-5 if "jit_compile" in options else 1e-6)


def _dense(arguments):
    given = arguments.get("validation_data")
    if given is None:
        return arguments
    parts = tuple(part.toarray() if sp.issparse(part) else part for part in given)
    return arguments | {"validation_data": parts}


@pytest.mark.parametrize("form", [dict, list])
@pytest.mark.parametrize("sparse", [False, True])
def test_one_of_several_inputs_may_be_sparse(form, sparse):
    def two_inputs():
        keras.utils.clear_session()
        keras.utils.set_random_seed(2)
        words = keras.Input((COLUMNS,), sparse=sparse, name="words")
        year = keras.Input((2,), name="year")
        hidden = keras.layers.Dense(3)(words)
        out = keras.layers.Dense(1)(keras.layers.Concatenate()([hidden, year]))
        inputs = {"words": words, "year": year} if form is dict else [words, year]
        network = keras.Model(inputs, out)
        network.compile("sgd", loss="mse")
        return network

    year = np.random.default_rng(0).random((60, 2)).astype("float32")
    x = {"words": X, "year": year} if form is dict else [X, year]
    arguments = {"epochs": 2, "validation_split": 0.2, "verbose": 0}
    ours, theirs = two_inputs(), two_inputs()
    history = rk.fit(ours, x, Y, **arguments).metrics
    assert_same(history, theirs.fit(x, Y, **arguments).history)
    np.testing.assert_allclose(
        rk.predict(ours, x), theirs.predict(x, verbose=0), atol=1e-6
    )


def test_keras_is_as_it_was_when_training_fails():
    class Stop(keras.callbacks.Callback):
        def on_train_batch_end(self, batch, logs=None):
            raise RuntimeError("enough")

    before = keras_numpy.matmul
    network = model(sparse=True)
    with pytest.raises(RuntimeError, match="enough"):
        rk.fit(network, X, Y, callbacks=[Stop()], verbose=0)
    assert keras_numpy.matmul is before
    with feeding(network, "predict", {"x": X}):
        assert keras_numpy.matmul is not before


def test_the_model_is_plain_keras_afterwards(tmp_path):
    network = model()
    attributes = set(vars(network.layers[0]))
    rk.fit(network, X, Y, verbose=0)
    assert set(vars(network.layers[0])) == attributes
    assert not network.inputs[0].sparse
    network.save(tmp_path / "model.keras")
    loaded = keras.models.load_model(tmp_path / "model.keras")
    np.testing.assert_array_equal(
        loaded.predict(X.toarray(), verbose=0), rk.predict(network, X)
    )


def test_several_steps_a_call_leave_no_trace():
    network = model()
    rk.fit(network, X, Y, batch_size=7, verbose=0)
    (kept,) = vars(network)["_rkeras_grouped_steps"].values()
    assert kept.n_steps == 9
    assert (network.steps_per_execution, network.train_function) == (1, None)
    heard = []
    listener = keras.callbacks.LambdaCallback(
        on_train_batch_end=lambda batch, logs: heard.append(batch)
    )
    rk.fit(network, X, Y, batch_size=7, verbose=0, callbacks=[listener])
    assert heard == list(range(9))
    network.fit(X, Y, batch_size=7, verbose=0, callbacks=[listener])
    assert heard == list(range(9)) * 2
    rk.fit(network, X, Y, batch_size=7, verbose=0)
    (again,) = vars(network)["_rkeras_grouped_steps"].values()
    assert again.train is kept.train


def test_a_model_that_is_compiled_anew_takes_its_new_steps():
    ours, theirs = model(), model()
    for network, fit in ((ours, rk.fit), (theirs, keras.Model.fit)):
        keras.utils.set_random_seed(5)
        fit(network, X, Y, verbose=0)
        network.compile("sgd", loss="mse")
        fit(network, X, Y, epochs=2, verbose=0)
    for one, two in zip(ours.get_weights(), theirs.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)


def test_listeners_hear_of_each_batch_of_predictions():
    network, heard = model(), []
    listener = keras.callbacks.LambdaCallback(
        on_predict_batch_end=lambda batch, logs: heard.append(len(logs["outputs"]))
    )
    rk.predict(network, X, batch_size=25, callbacks=[listener])
    assert heard == [25, 25, 10]


def test_a_feed_says_what_it_was_made_of():
    with feeding(model(), "fit", {"x": X, "y": Y, "validation_split": 0.5}) as fed:
        assert isinstance(fed["x"], SparseFeed)
        x, y, sample_weight = fed["x"].rkeras_source
        held_out, _, _ = fed["validation_data"][0].rkeras_source
    assert (x != X[:30]).nnz == 0
    assert (held_out != X[30:]).nnz == 0
    np.testing.assert_array_equal(y, Y[:30])
    assert sample_weight is None


def test_what_a_feed_cannot_take_goes_keras_way():
    arguments = {"x": X.toarray(), "y": Y, "epochs": 2}
    with feeding(model(), "fit", arguments) as fed:
        assert fed == arguments


def test_batches_are_dense_on_jax():
    pytest.importorskip("jax", reason="JAX is an option")
    code = """
        import keras, numpy as np, scipy.sparse as sp, warnings
        import rkeras_port as rk

        assert keras.backend.backend() == "jax"
        x = sp.random(50, 30, 0.2, "csr", np.float32, np.random.default_rng(1))
        y = (np.arange(50) % 2).astype("float32")

        def train(x, sparse=False):
            keras.utils.set_random_seed(1)
            model = keras.Sequential(
                [keras.Input((30,), sparse=sparse), keras.layers.Dense(1)]
            )
            model.compile("sgd", loss="mse")
            arguments = {"epochs": 2, "batch_size": 16, "validation_split": 0.2}
            history = rk.fit(model, x, y, **arguments, verbose=0).metrics
            return [*history.values(), rk.predict(model, x)]

        expected = train(x.toarray())
        for one, two in zip(train(x), expected, strict=True):
            np.testing.assert_array_equal(one, two)
        with warnings.catch_warnings(record=True) as said:
            found = train(x, sparse=True)
        for one, two in zip(found, expected, strict=True):
            np.testing.assert_allclose(one, two, atol=1e-6)
        assert len([w for w in said if "dense" in str(w.message)]) == 1
        """
    command = [sys.executable, "-c", textwrap.dedent(code)]
    done = subprocess.run(
        command,
        env=os.environ | {"KERAS_BACKEND": "jax"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
