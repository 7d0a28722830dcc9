"""What bad input gets: its own error, before any work is lost."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import rkeras_port as rk


@pytest.fixture
def model():
    return (
        rk.keras_model_sequential(input_shape=30)
        >> rk.layer_dense(1, activation="sigmoid")
        >> rk.compile("rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
    )


@pytest.fixture
def untouched(model):
    """Prove that a refused call left the model as it was."""
    before = rk.get_weights(model)
    yield
    for one, two in zip(rk.get_weights(model), before, strict=True):
        np.testing.assert_array_equal(one, two)


pytestmark = pytest.mark.usefixtures("untouched")


@pytest.mark.parametrize(
    ("recode", "shown"),
    [
        (lambda y: y + 1, "1, 2"),
        (lambda y: 2 * y - 1, "-1, 1"),
        (lambda y: (2 * y - 1).astype("int64"), "-1, 1"),
        (lambda y: pd.Series(y + 1), "1, 2"),
        (lambda y: y[:, None] * 5, "0, 5"),
        (lambda y: list(y + 1), "1, 2"),
    ],
)
def test_labels_a_sigmoid_cannot_learn(model, binary_data, recode, shown):
    x, y = binary_data
    with pytest.raises(rk.ArgumentError, match=f"labels 0 and 1.*Received: {shown}"):
        model >> rk.fit(x, recode(y))
    with pytest.raises(rk.ArgumentError, match="validation_data"):
        model >> rk.fit(x, y, validation_data=(x, recode(y)))
    with pytest.raises(rk.ArgumentError, match="evaluate"):
        model >> rk.evaluate(x, recode(y))


def test_three_classes_on_one_unit(model, binary_data):
    x, _ = binary_data
    with pytest.raises(rk.ArgumentError, match="softmax"):
        model >> rk.fit(x, np.arange(200) % 3)


def test_labels_are_not_checked_where_they_may_be_anything(binary_data):
    x, y = binary_data
    regression = rk.keras_model_sequential(30) >> rk.layer_dense(1)
    history = regression >> rk.compile(loss="mse") >> rk.fit(x, y * 7 - 3, verbose=0)
    assert np.isfinite(history.metrics["loss"][0])


def test_soft_labels_are_named(binary_data):
    x, y = binary_data
    soft = (
        rk.keras_model_sequential(30)
        >> rk.layer_dense(1, activation="sigmoid")
        >> rk.compile(loss="binary_crossentropy")
    )
    with pytest.warns(UserWarning, match="soft labels"):
        soft >> rk.fit(x, y * 0.8 + 0.1, verbose=0)


def test_lengths_that_differ(model, binary_data):
    x, y = binary_data
    with pytest.raises(rk.ArgumentError, match="199 rows, and 200 rows in x"):
        model >> rk.fit(x, y[:-1])
    with pytest.raises(rk.ArgumentError, match="199 rows"):
        model >> rk.fit(sp.csr_matrix(x), y[:-1])
    with pytest.raises(rk.ArgumentError, match="validation_data's y"):
        model >> rk.fit(x, y, validation_data=(x[:10], y[:9]))
    with pytest.raises(rk.ArgumentError, match="sample_weight"):
        model >> rk.fit(x, y, sample_weight=np.ones(3))


@pytest.mark.parametrize("convert", [np.asarray, sp.csr_matrix, pd.DataFrame])
def test_nan_in_x(model, binary_data, convert):
    x, y = binary_data
    x = x.copy()
    x[3, 4] = np.nan
    for call in (rk.fit(convert(x), y), rk.evaluate(convert(x), y)):
        with pytest.raises(rk.ArgumentError, match=r"missing values .NaN.*1 NaN"):
            model >> call
    with pytest.raises(rk.ArgumentError, match="NaN"):
        model >> rk.predict(convert(x))


def test_nan_in_y(model, binary_data):
    x, y = binary_data
    with pytest.raises(rk.ArgumentError, match=r"`y`.*first at \(0,\)"):
        model >> rk.fit(x, np.full_like(y, np.nan))
    labels = pd.Series(pd.Categorical(["a", None] * 100))
    with pytest.raises(rk.ArgumentError, match="100 missing"):
        model >> rk.fit(x, labels)


@pytest.mark.parametrize("dtype", [str, object])
def test_strings_in_x(model, binary_data, dtype):
    x, y = binary_data
    with pytest.raises(rk.ArgumentTypeError, match="`x` must be numeric"):
        model >> rk.fit(x.astype(str).astype(dtype), y)


def test_strings_in_y(model, binary_data):
    x, y = binary_data
    with pytest.raises(rk.ArgumentTypeError, match="Encode labels as numbers"):
        model >> rk.fit(x, np.where(y > 0, "pos", "neg"))


def test_objects_that_are_numbers_are_numbers(binary_data):
    x, _ = binary_data
    model = rk.keras_model_sequential(30) >> rk.layer_dense(1)
    np.testing.assert_array_equal(
        rk.predict(model, x.astype(object)), rk.predict(model, x)
    )


def test_ragged_rows(model):
    with pytest.raises(rk.ArgumentError, match="pad_sequences"):
        model >> rk.fit([[1, 2], [1]], [0, 1])


def test_data_frame_with_another_number_of_columns(model, binary_data):
    x, y = binary_data
    with pytest.raises(rk.ArgumentError, match=r"must have 30 columns.*of 29 columns"):
        model >> rk.fit(pd.DataFrame(x[:, :29]), y)


def test_data_frame_with_text(model, binary_data):
    x, y = binary_data
    frame = pd.DataFrame(x).assign(title="x").rename(columns={0: "first"})
    with pytest.raises(rk.ArgumentTypeError, match="not numeric: 'title'"):
        model >> rk.fit(frame, y)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ({"optimizer": "rmsprob"}, "`optimizer`.*Did you mean 'rmsprop'"),
        ({"loss": "binary_crossentropi"}, "`loss`.*'binary_crossentropy'"),
        ({"metrics": ["acuracy"]}, "`metrics`.*'accuracy'"),
        ({"metrics": "acuracy"}, "`metrics`.*'accuracy'"),
        ({"weighted_metrics": ["AUCC"]}, "`weighted_metrics`"),
        ({"loss": {"a": "hnge"}}, "`loss`.*'hinge'"),
        ({"optimizer": "xyzzy"}, "Known names: .*adam"),
    ],
)
def test_unknown_names(model, arguments, said):
    with pytest.raises(rk.ArgumentError, match=said):
        model >> rk.compile(**arguments)


@pytest.mark.parametrize(
    "name", ["accuracy", "acc", "mae", "AUC", "BinaryAccuracy", "crossentropy"]
)
def test_known_metric_names_pass(model, name):
    assert (model >> rk.compile(loss="mse", metrics=[name])).compiled


def test_optimizer_not_called(model):
    with pytest.raises(rk.ArgumentTypeError, match="Call it"):
        model >> rk.compile(optimizer=rk.optimizer_adam)


def test_model_that_was_not_compiled(binary_data):
    x, y = binary_data
    model = rk.keras_model_sequential(30) >> rk.layer_dense(1)
    for step in (rk.fit(x, y), rk.evaluate(x, y), rk.train_on_batch(x, y)):
        with pytest.raises(
            rk.StateError, match=r"not compiled. Write model >> compile"
        ):
            model >> step


@pytest.mark.parametrize("split", [-0.1, 1, 1.5, "0.2"])
def test_validation_split_that_is_no_fraction(model, binary_data, split):
    x, y = binary_data
    with pytest.raises(rk.ArgumentError, match="validation_split"):
        model >> rk.fit(x, y, validation_split=split)


def test_validation_data_of_the_wrong_form(model, binary_data):
    x, y = binary_data
    with pytest.raises(rk.ArgumentError, match=r"must be \(x, y\)"):
        model >> rk.fit(x, y, validation_data=(x,))


def test_every_error_has_the_one_base_class():
    for error in (
        rk.ArgumentError,
        rk.ArgumentTypeError,
        rk.StateError,
        rk.MissingDependencyError,
        rk.DataUnavailableError,
    ):
        assert issubclass(error, rk.RKerasError)
