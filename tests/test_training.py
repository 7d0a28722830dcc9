"""compile, fit, evaluate, predict: what comes back, and that it is Keras's own."""

from __future__ import annotations

import keras
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import rkeras_port as rk
from rkeras_port.history import NamedMetrics, TrainingHistory

SPARSE_FORMATS = ["csr", "csc", "coo", "lil", "dok", "bsr", "dia"]


def piped_model(seed=1):
    rk.clear_session()
    rk.set_random_seed(seed)
    return (
        rk.keras_model_sequential()
        >> rk.layer_dense(units=16, activation="relu", input_shape=30)
        >> rk.layer_dense(units=16, activation="relu")
        >> rk.layer_dense(units=1, activation="sigmoid")
        >> rk.compile("rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
    )


def plain_model(seed=1):
    keras.utils.clear_session()
    keras.utils.set_random_seed(seed)
    model = keras.Sequential(
        [
            keras.Input((30,)),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(16, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
    return model


def test_dense_training_equals_plain_keras_to_the_last_bit(binary_data):
    x, y = binary_data
    arguments = {"batch_size": 32, "epochs": 4, "validation_split": 0.3, "verbose": 0}
    piped = piped_model()
    history = piped >> rk.fit(x, y, **arguments)
    plain = plain_model()
    expected = plain.fit(x, y, **arguments)
    assert history.metrics == expected.history
    for one, two in zip(rk.get_weights(piped), plain.get_weights(), strict=True):
        np.testing.assert_array_equal(one, two)
    assert rk.evaluate(piped, x, y) == plain.evaluate(x, y, verbose=0, return_dict=True)
    np.testing.assert_array_equal(rk.predict(piped, x), plain.predict(x, verbose=0))


@pytest.mark.parametrize("fmt", SPARSE_FORMATS)
@pytest.mark.parametrize("kind", ["matrix", "array"])
def test_every_sparse_format_trains_as_the_dense_matrix(binary_data, fmt, kind):
    x, y = binary_data
    make = getattr(sp, f"{fmt}_{kind}")
    sparse = make(x)
    held_out = (make(x[:50]), y[:50])
    kwargs = {"batch_size": 32, "epochs": 2, "verbose": 0}
    dense_model, sparse_model = piped_model(), piped_model()
    expected = dense_model >> rk.fit(x, y, validation_data=(x[:50], y[:50]), **kwargs)
    sparse_model = piped_model()
    history = sparse_model >> rk.fit(sparse, y, validation_data=held_out, **kwargs)
    for name, values in expected.metrics.items():
        np.testing.assert_allclose(history.metrics[name], values, rtol=1e-5)
    for name, value in rk.evaluate(dense_model, x, y).items():
        assert rk.evaluate(sparse_model, sparse, y)[name] == pytest.approx(value, 1e-5)
    np.testing.assert_allclose(
        rk.predict(sparse_model, sparse), rk.predict(dense_model, x), atol=1e-5
    )


def test_sparse_validation_split_holds_out_the_last_rows(binary_data):
    x, y = binary_data
    kwargs = {"epochs": 2, "verbose": 0, "validation_split": 0.25}
    dense = piped_model() >> rk.fit(x, y, **kwargs)
    sparse = piped_model() >> rk.fit(sp.csc_matrix(x), y, **kwargs)
    by_hand = piped_model() >> rk.fit(
        x[:150], y[:150], validation_data=(x[150:], y[150:]), epochs=2, verbose=0
    )
    for name, values in dense.metrics.items():
        np.testing.assert_allclose(sparse.metrics[name], values, rtol=1e-5)
        np.testing.assert_allclose(by_hand.metrics[name], values, rtol=1e-6)


def test_the_users_sparse_matrix_is_left_alone():
    x = sp.csr_matrix(
        (np.ones(4), np.array([2, 0, 1, 1]), np.array([0, 2, 4])), shape=(2, 30)
    )
    before = (x.data.copy(), x.indices.copy(), x.indptr.copy())
    out = rk.predict(piped_model(), x)
    np.testing.assert_allclose(out, rk.predict(piped_model(), x.toarray()), atol=1e-6)
    for one, two in zip((x.data, x.indices, x.indptr), before, strict=True):
        np.testing.assert_array_equal(one, two)


def test_fit_returns_a_history(binary_data):
    x, y = binary_data
    history = piped_model() >> rk.fit(x, y, epochs=3, validation_split=0.2, verbose=0)
    assert isinstance(history, TrainingHistory)
    assert list(history.metrics) == ["accuracy", "loss", "val_accuracy", "val_loss"]
    assert [len(values) for values in history.metrics.values()] == [3] * 4
    assert history.params["epochs"] == 3


def test_evaluate_names_what_it_measured(binary_data):
    x, y = binary_data
    result = piped_model() >> rk.evaluate(x, y)
    assert isinstance(result, NamedMetrics)
    assert list(result) == ["accuracy", "loss"]
    assert repr(result).startswith("$accuracy\n[1] 0.")


def test_predict_returns_a_matrix(binary_data):
    x, _ = binary_data
    assert rk.predict(piped_model(), x).shape == (200, 1)
    assert rk.predict_on_batch(piped_model(), x[:5]).shape == (5, 1)


@pytest.mark.parametrize("to_input", [np.asarray, sp.csr_matrix])
def test_one_batch_at_a_time(binary_data, to_input):
    x, y = binary_data
    x = to_input(x)
    model, plain = piped_model(), plain_model()
    expected = plain.train_on_batch(binary_data[0], y, return_dict=True)
    assert rk.train_on_batch(model, x, y) == pytest.approx(expected, rel=1e-6)
    expected = plain.test_on_batch(binary_data[0], y, return_dict=True)
    assert rk.test_on_batch(model, x, y) == pytest.approx(expected, rel=1e-5)


def test_lines_per_epoch_where_there_is_no_terminal(binary_data, capsys):
    x, y = binary_data
    piped_model() >> rk.fit(x, y, epochs=2)
    lines = capsys.readouterr().out.splitlines()
    assert [line for line in lines if line.startswith("Epoch")] == [
        "Epoch 1/2",
        "Epoch 2/2",
    ]
    assert len(lines) == 4


def test_bar_in_a_terminal(binary_data, capsys, monkeypatch):
    x, y = binary_data
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    piped_model() >> rk.fit(x, y, epochs=1)
    assert "━" in capsys.readouterr().out


def test_progress_is_by_keyword_only(binary_data):
    x, y = binary_data
    with pytest.raises(TypeError, match="too many positional"):
        rk.fit(x, y, 32, 2, 0)


def test_single_metric_needs_no_list():
    model = rk.keras_model_sequential(2) >> rk.layer_dense(1)
    model >> rk.compile("sgd", "mse", metrics="mae")
    out = rk.evaluate(model, np.zeros((3, 2), "float32"), np.zeros(3, "float32"))
    assert set(out) == {"loss", "mae"}


def test_validation_data_wins_and_says_so(binary_data):
    x, y = binary_data
    with pytest.warns(UserWarning, match="validation_data is used") as caught:
        history = piped_model() >> rk.fit(
            x, y, validation_data=(x[:9], y[:9]), validation_split=0.5, verbose=0
        )
    expected = piped_model() >> rk.fit(x, y, validation_data=(x[:9], y[:9]), verbose=0)
    assert history.metrics == expected.metrics
    assert len([one for one in caught if one.category is UserWarning]) == 1


def test_data_frame_goes_in_by_column(binary_data):
    x, y = binary_data
    frame = pd.DataFrame(x, columns=[f"word{i}" for i in range(30)])
    history = piped_model() >> rk.fit(frame, pd.Series(y), epochs=2, verbose=0)
    assert (
        history.metrics == (piped_model() >> rk.fit(x, y, epochs=2, verbose=0)).metrics
    )


def test_data_frame_into_named_inputs():
    a, b = rk.layer_input(1, name="a"), rk.layer_input(1, name="b")
    model = rk.keras_model([a, b], [a, b] >> rk.layer_subtract())
    frame = pd.DataFrame({"b": [1.0, 2.0], "a": [5.0, 5.0]})
    np.testing.assert_array_equal(rk.predict(model, frame), [[4.0], [3.0]])
    with pytest.raises(ValueError, match=r"must have the columns \['a', 'b'\]"):
        rk.predict(model, frame.rename(columns={"b": "c"}))


def test_categorical_labels_are_their_codes(binary_data):
    x, y = binary_data
    labels = pd.Categorical(np.where(y > 0, "pos", "neg"), categories=["neg", "pos"])
    history = piped_model() >> rk.fit(x, labels, epochs=2, verbose=0)
    assert (
        history.metrics == (piped_model() >> rk.fit(x, y, epochs=2, verbose=0)).metrics
    )


def test_datasets_and_generators_pass(binary_data):
    import tensorflow as tf

    x, y = binary_data
    dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(32)
    history = piped_model() >> rk.fit(dataset, epochs=2, verbose=0)
    expected = piped_model() >> rk.fit(x, y, epochs=2, shuffle=False, verbose=0)
    assert history.metrics == expected.metrics
    generator = ((x[i : i + 32], y[i : i + 32]) for i in range(0, 200, 32))
    one = piped_model() >> rk.fit(generator, verbose=0)
    np.testing.assert_allclose(
        one.metrics["loss"], expected.metrics["loss"][:1], rtol=1e-6
    )


def test_class_and_sample_weights_reach_keras(binary_data):
    x, y = binary_data
    weights = {0: 1.0, 1: 3.0}
    history = piped_model() >> rk.fit(x, y, class_weight=weights, verbose=0)
    expected = plain_model().fit(x, y, class_weight=weights, verbose=0).history
    assert history.metrics == expected
    sample_weight = np.linspace(0, 1, 200)
    history = piped_model() >> rk.fit(x, y, sample_weight=sample_weight, verbose=0)
    expected = plain_model().fit(x, y, sample_weight=sample_weight, verbose=0).history
    assert history.metrics == expected


def test_losses_and_metrics_given_uncalled(binary_data):
    x, y = binary_data
    model = piped_model() >> rk.compile(
        rk.optimizer_rmsprop(),
        loss=rk.loss_binary_crossentropy,
        metrics=[rk.metric_auc, rk.metric_binary_accuracy],
    )
    assert set(rk.evaluate(model, x, y)) == {"auc", "binary_accuracy", "loss"}


def test_text_goes_to_a_text_layer():
    model = rk.keras_model_sequential(input_shape=1, input_dtype="string")
    layer = rk.layer_text_vectorization(vocabulary=["good", "bad"])
    model = model >> layer
    out = rk.predict(model, np.array([["good bad good"]], dtype=object))
    np.testing.assert_array_equal(out, [[2, 3, 2]])


@pytest.mark.parametrize("split", [0.25, 0.55, 1 / 3])
def test_split_report_names_the_rows_that_fit_held_out(binary_data, split):
    x, y = binary_data
    report = rk.split_rows(x, y, validation_split=split)
    train, held_out = list(report.training), list(report.validation)
    history = piped_model() >> rk.fit(x, y, validation_split=split, verbose=0)
    by_hand = piped_model() >> rk.fit(
        x[train], y[train], validation_data=(x[held_out], y[held_out]), verbose=0
    )
    assert sorted(train + held_out) == list(range(200))
    assert history.metrics == by_hand.metrics
