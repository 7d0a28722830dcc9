"""Building models, their weights, and freezing."""

from __future__ import annotations

import keras
import numpy as np
import pytest

import rkeras_port as rk


def four_layers():
    return (
        rk.keras_model_sequential(input_shape=6)
        >> rk.layer_dense(5, name="one")
        >> rk.layer_dense(4, name="two")
        >> rk.layer_dense(3, name="three")
        >> rk.layer_dense(2, name="four")
    )


def trainable(model):
    return [layer.trainable for layer in model.layers]


def reviews_model(**kwargs):
    return (
        rk.keras_model_sequential(**kwargs)
        >> rk.layer_dense(units=16, activation="relu", input_shape=10000)
        >> rk.layer_dense(units=16, activation="relu")
        >> rk.layer_dense(units=1, activation="sigmoid")
    )


def test_parameter_counts_of_the_reviews_model(capsys):
    model = reviews_model()
    assert [layer.count_params() for layer in model.layers] == [160016, 272, 17]
    assert rk.count_params(model) == 160305
    assert (model >> rk.summary()) is None
    assert "160,305" in capsys.readouterr().out


@pytest.mark.parametrize(
    "form",
    [
        lambda: rk.keras_model_sequential(input_shape=4) >> rk.layer_dense(2),
        lambda: rk.keras_model_sequential(4) >> rk.layer_dense(2),
        lambda: rk.keras_model_sequential(input_shape=(4,)) >> rk.layer_dense(2),
        lambda: rk.keras_model_sequential() >> rk.layer_dense(2, input_shape=4),
        lambda: rk.keras_model_sequential() >> rk.layer_dense(2, input_shape=(4,)),
        lambda: (
            rk.keras_model_sequential(input_batch_shape=(None, 4)) >> rk.layer_dense(2)
        ),
        lambda: rk.keras_model_sequential(input_shape=4, layers=[rk.layer_dense(2)]),
        lambda: rk.keras_model_sequential(layers=[rk.layer_dense(2, input_shape=4)]),
        lambda: rk.keras_model_sequential(input_shape=4, layers=rk.layer_dense(2)),
    ],
)
def test_every_way_to_say_the_input_shape(form):
    model = form()
    assert type(model) is keras.Sequential
    assert model.input_shape == (None, 4)
    assert model.count_params() == 10


def test_model_without_input_is_built_by_its_data():
    model = rk.keras_model_sequential() >> rk.layer_dense(2)
    with pytest.raises(ValueError, match="no weights yet"):
        model >> rk.count_params()
    model >> rk.predict(np.zeros((3, 4), "float32"))
    assert rk.count_params(model) == 10


def test_name_and_input_arguments():
    model = rk.keras_model_sequential(
        4, "reviews", input_dtype="int32", input_batch_size=8, input_name="words"
    )
    assert model.name == "reviews"
    model >> rk.layer_embedding(10, 3)
    assert model.inputs[0].dtype == "int32"
    assert model.inputs[0].name == "words"
    assert model.input_shape == (8, 4)


def test_layers_in_place_of_the_shape():
    with pytest.raises(TypeError, match=r"layers=\[...\]"):
        rk.keras_model_sequential([rk.layer_dense(2)])


def test_model_is_changed_in_place():
    model = rk.keras_model_sequential(input_shape=3)
    assert (model >> rk.layer_dense(2)) is model


def test_functional_model_unwraps_lists_of_one():
    inputs = rk.layer_input(4)
    model = rk.keras_model([inputs], [inputs >> rk.layer_dense(2)], name="m")
    assert model.name == "m"
    assert rk.predict(model, np.zeros((3, 4), "float32")).shape == (3, 2)


def test_weights_there_and_back():
    model = four_layers()
    weights = model >> rk.get_weights()
    assert [w.shape for w in weights[:2]] == [(6, 5), (5,)]
    other = four_layers() >> rk.set_weights([w + 1 for w in weights])
    for one, two in zip(rk.get_weights(other), weights, strict=True):
        np.testing.assert_array_equal(one, two + 1)


def test_weights_of_the_wrong_shape_change_nothing():
    model = four_layers()
    before = rk.get_weights(model)
    with pytest.raises(ValueError, match=r"must have the shapes \[\(6, 5\)"):
        model >> rk.set_weights(before[:-1])
    with pytest.raises(ValueError, match="set_weights"):
        model >> rk.set_weights([np.zeros((2, 2)), *before[1:]])
    for one, two in zip(rk.get_weights(model), before, strict=True):
        np.testing.assert_array_equal(one, two)


def test_get_weights_by_trainability():
    model = rk.keras_model_sequential(4) >> rk.layer_batch_normalization()
    assert len(rk.get_weights(model)) == 4
    assert [w[0] for w in rk.get_weights(model, trainable=True)] == [1, 0]
    assert [w[0] for w in rk.get_weights(model, trainable=False)] == [0, 1]
    layer = rk.get_layer(model, index=0)
    assert len(rk.get_weights(layer)) == 4


def test_get_layer_and_pop_layer():
    model = four_layers()
    assert rk.get_layer(model, "two").units == 4
    assert (model >> rk.get_layer(index=0)).name == "one"
    assert (model >> rk.get_layer(index=-1)).name == "four"
    assert (model >> rk.pop_layer()).name == "four"
    assert len(model.layers) == 3
    for wrong in ({"name": "five"}, {"index": 3}):
        with pytest.raises(ValueError, match=r"\['one', 'two', 'three'\]"):
            rk.get_layer(model, **wrong)
    with pytest.raises(ValueError, match="not both"):
        rk.get_layer(model)


# The expected states are those that keras3 gives for the same calls, with its
# numbers one higher.
def test_freeze_everything_then_thaw_the_end():
    model = four_layers()
    assert rk.freeze_weights(model) is model
    assert trainable(model) == [False] * 4
    assert model.trainable_weights == []
    rk.unfreeze_weights(model, from_="three")
    assert trainable(model) == [False, False, True, True]
    assert len(model.trainable_weights) == 4


@pytest.mark.parametrize(
    ("chosen", "expected"),
    [
        ({"to": "two"}, [False, False, True, True]),
        ({"from_": 1, "to": 2}, [True, False, False, True]),
        ({"from_": -1}, [True, True, True, False]),
        ({"which": ["one", "four"]}, [False, True, True, False]),
        ({"which": 2}, [True, True, False, True]),
        ({"which": lambda layer: layer.units > 3}, [False, False, True, True]),
    ],
)
def test_freeze_chosen_layers(chosen, expected):
    assert trainable(four_layers() >> rk.freeze_weights(**chosen)) == expected


def test_freeze_refuses_layers_that_are_not_there():
    for wrong in ({"which": "five"}, {"from_": 4}, {"from_": 2, "to": 1}):
        model = four_layers()
        with pytest.raises(ValueError, match="freeze_weights"):
            rk.freeze_weights(model, **wrong)
        assert trainable(model) == [True] * 4
    with pytest.raises(ValueError, match="cannot be combined"):
        rk.freeze_weights(four_layers(), from_=1, which="one")


def test_frozen_layer_keeps_its_weights(binary_data):
    x, y = binary_data
    model = rk.keras_model_sequential(30) >> rk.layer_dense(3) >> rk.layer_dense(1)
    model >> rk.freeze_weights(to=0) >> rk.compile(loss="mse")
    kernel, *_, bias = rk.get_weights(model)
    model >> rk.fit(x, y, verbose=0)
    np.testing.assert_array_equal(rk.get_weights(model)[0], kernel)
    assert not np.array_equal(rk.get_weights(model)[-1], bias)


def test_clone_has_new_weights():
    model = four_layers()
    clone = rk.clone_model(model)
    assert [layer.name for layer in clone.layers] == [x.name for x in model.layers]
    assert not np.array_equal(rk.get_weights(clone)[0], rk.get_weights(model)[0])


def test_seed_decides_initial_weights():
    def kernel(seed):
        rk.clear_session()
        rk.set_random_seed(seed)
        return rk.get_weights(four_layers())[0]

    np.testing.assert_array_equal(kernel(1), kernel(1))
    assert not np.array_equal(kernel(1), kernel(2))
    for wrong in (-1, 1.5, "1", 2**32):
        with pytest.raises(ValueError, match="set_random_seed"):
            rk.set_random_seed(wrong)


def test_clear_session_starts_names_afresh():
    rk.clear_session()
    assert [rk.layer_dense(1).name, rk.layer_dense(1).name] == ["dense", "dense_1"]
    rk.clear_session()
    assert rk.layer_dense(1).name == "dense"
