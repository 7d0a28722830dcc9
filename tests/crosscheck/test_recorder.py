"""What is observed of Keras: against what Keras itself says and does."""

from __future__ import annotations

import warnings

import keras
import numpy as np
import pytest
import scipy.sparse
import tensorflow as tf
from recorded import data, network, record, train

from rkeras_port import observe
from rkeras_port.crosscheck.recorder import recording
from rkeras_port.errors import ArgumentError
from rkeras_port.splits import row_hashes, validation_rows


def names(side):
    return [one.name for one in side.observations]


def of_kind(side, kind):
    return [one.content for one in side.observations if one.kind == kind]


def test_kinds_in_the_order_in_which_they_happen():
    def program():
        x, y = data()
        model = network()
        model.fit(x, y, epochs=1, validation_split=0.25, verbose=0)
        model.evaluate(x, y, verbose=0)
        model.predict(x[:3], verbose=0)

    assert names(record(program)) == [
        "model 1", "compile 1", "weights 1", "split 1", "history 1", "weights 2",
        "evaluation 1", "prediction 1",
    ]  # fmt: skip


def test_parameters_of_the_network_of_the_reviews():
    def program():
        model = keras.Sequential([keras.Input((10_000,))])
        model.add(keras.layers.Dense(16, activation="relu"))
        model.add(keras.layers.Dense(16, activation="relu"))
        model.add(keras.layers.Dense(1, activation="sigmoid"))
        model.compile("rmsprop", loss="binary_crossentropy")

    (model,) = of_kind(record(program), "model")
    assert [one["parameters"] for one in model["layers"]] == [160_016, 272, 17]
    assert model["parameters"] == 160_305
    assert [one["output_shape"] for one in model["layers"]] == [
        [None, 16], [None, 16], [None, 1],
    ]  # fmt: skip
    assert {one["pattern"] for one in model["layers"]} == {"dense"}


def test_weights_before_and_after_training_are_those_of_the_model():
    kept = {}

    def program():
        x, y = data()
        model = network()
        kept["before"] = model.get_weights()
        model.fit(x, y, epochs=2, verbose=0)
        kept["after"] = model.get_weights()

    initial, final = of_kind(record(program), "weights")
    assert (initial["when"], final["when"]) == ("initial", "final")
    for content, expected in ((initial, kept["before"]), (final, kept["after"])):
        values = [one["value"] for one in content["weights"]]
        assert all(map(np.array_equal, values, expected))
    assert [one["weight"] for one in initial["weights"]] == ["kernel", "bias"] * 2


def test_a_model_that_fit_builds_is_seen_with_its_initial_weights():
    def program():
        model = keras.Sequential([keras.layers.Dense(1, kernel_initializer="ones")])
        model.compile("sgd", "mse")
        model.fit(*data(), epochs=1, verbose=0)

    side = record(program)
    assert names(side)[:4] == ["compile 1", "split 1", "model 1", "weights 1"]
    initial = of_kind(side, "weights")[0]
    assert (initial["weights"][0]["value"] == 1).all()


def test_results_are_those_that_the_program_gets():
    got = {}

    def program():
        x, y = data()
        model = network()
        got["history"] = model.fit(x, y, epochs=3, validation_split=0.2, verbose=0)
        got["list"] = model.evaluate(x, y, verbose=0)
        got["dict"] = model.evaluate(x, y, verbose=0, return_dict=True)
        got["predicted"] = model.predict(x, verbose=0)
        got["batch"] = model.train_on_batch(x, y, return_dict=True)

    side = record(program)
    (history,) = of_kind(side, "history")
    assert history["epochs"] == [0, 1, 2]
    for name, series in got["history"].history.items():
        assert history["metrics"][name].tolist() == series
    first, second, batch = (one["metrics"] for one in of_kind(side, "evaluation"))
    assert first == second == got["dict"]
    assert list(first.values()) == got["list"]
    assert batch == pytest.approx({k: float(v) for k, v in got["batch"].items()}, abs=0)
    (prediction,) = of_kind(side, "prediction")
    assert np.array_equal(prediction["values"], got["predicted"])


@pytest.mark.parametrize("fraction", [0.2, 0.55])
def test_split_by_fraction(fraction):
    x, y = data()
    side = record(lambda: train(x, y, validation_split=fraction))
    (split,) = of_kind(side, "split")
    training, held_out = validation_rows(60, fraction)
    hashes = row_hashes(x, dtype="float32")
    assert split["training_hashes"].tolist() == hashes[: training.stop].tolist()
    assert split["validation_hashes"].tolist() == hashes[held_out.start :].tolist()
    assert split["held_out_rows"].tolist() == [*held_out]
    assert split["held_out_by"] == "validation_split"
    assert split["training"]["x"] == {
        "type": "ndarray", "shape": [60, 5], "dtype": "float64", "order": "C",
    }  # fmt: skip


@pytest.mark.parametrize("form", [np.asarray, scipy.sparse.csr_matrix])
def test_rows_held_out_by_the_program_are_found_in_the_whole(form):
    x, y = data()
    chosen = np.arange(60) % 7 == 2

    def program():
        model = network()
        held_out = (form(x[chosen]), y[chosen])
        model.fit(form(x[~chosen]), y[~chosen], verbose=0, validation_data=held_out)
        model.fit(form(x), y, verbose=0)

    first, second = of_kind(record(program), "split")
    assert first["held_out_by"] == "validation_data"
    assert first["held_out_rows"].tolist() == np.flatnonzero(chosen).tolist()
    assert second["held_out"] is None


def test_data_in_an_adapter_of_this_package_are_seen():
    x, y = data()

    class Adapter(keras.utils.PyDataset):
        rkeras_source = (x, y, None)

        def __len__(self):
            return 1

        def __getitem__(self, index):
            return x, y

    side = record(lambda: network().fit(Adapter(), verbose=0))
    (split,) = of_kind(side, "split")
    assert split["training_hashes"].tolist() == row_hashes(x, dtype="f4").tolist()
    assert split["training"]["targets"].tolist() == y.tolist()


def test_what_can_be_gone_through_only_once_is_left_alone():
    x, y = data()

    def batches():
        for start in range(0, 60, 20):
            yield x[start : start + 20], y[start : start + 20]

    def program():
        network().fit(batches(), verbose=0, epochs=1)
        dataset = tf.data.Dataset.from_tensor_slices((x, y)).batch(20)
        network().fit(dataset, verbose=0)

    first, second = of_kind(record(program), "split")
    assert first["training"]["x"]["type"] == "generator"
    assert "generator is not looked into" in first["training"]["not_seen"]
    assert "Dataset" in second["training"]["x"]["type"]
    assert first["training_hashes"] is None


def test_the_split_that_keras_refuses_is_refused_by_keras():
    with pytest.raises(ValueError, match="not sufficient to split it"):
        record(lambda: train(*data(3), validation_split=0.99))


def test_draws_of_the_program_and_not_of_layers():
    def program():
        keras.random.normal((2, 3), seed=5)
        keras.layers.Dropout(0.5)(np.ones((2, 2)), training=True)
        network()

    (draw,) = of_kind(record(program), "draw")
    expected = keras.ops.convert_to_numpy(keras.random.normal((2, 3), seed=5))
    assert draw["function"] == "normal"
    assert np.array_equal(draw["values"], expected)


def test_settings_by_name_by_class_and_by_object_are_the_same():
    def compiled(**arguments):
        side = record(lambda: network().compile(**arguments))
        content = dict(of_kind(side, "compile")[-1])
        del content["model"]
        return content

    by_name = compiled(optimizer="adam", loss="mse", metrics=["mae"])
    by_object = compiled(
        optimizer=keras.optimizers.Adam(), loss=keras.losses.MeanSquaredError(),
        metrics=["mae"],
    )  # fmt: skip
    assert by_name == by_object
    assert compiled(optimizer="adam", loss=keras.losses.Huber(2.0))["loss"] == {
        "class": "huber", "delta": 2.0,
    }  # fmt: skip
    other = compiled(optimizer=keras.optimizers.Adam(0.5), loss="mse")
    assert other["optimizer"]["learning_rate"] == 0.5


def test_values_that_the_program_names():
    array = np.arange(3.0)

    def program():
        assert observe("array", array) is array
        array[0] = 7
        observe("text", "a")
        with pytest.raises(ArgumentError, match="`name` must be new"):
            observe("text", "b")

    side = record(program)
    assert names(side) == ["array", "text"]
    assert of_kind(side, "value")[0]["value"].tolist() == [0, 1, 2]


def test_observe_without_a_recorder_returns_its_value():
    assert observe("anything", 3) == 3
    with pytest.raises(ArgumentError, match="not empty"):
        observe("", 3)


def test_keras_is_as_it_was_afterwards():
    before = {
        name: getattr(keras.Model, name) for name in ("fit", "compile", "predict")
    }
    with pytest.raises(ZeroDivisionError):
        record(lambda: 1 / 0)
    assert {name: getattr(keras.Model, name) for name in before} == before
    assert not {"fit", "compile"} & vars(keras.Model).keys()


def test_nothing_changes_for_the_program():
    def losses():
        keras.utils.clear_session()
        keras.utils.set_random_seed(3)
        model = network()
        history = model.fit(*data(), epochs=2, validation_split=0.2, verbose=0)
        return history.history

    expected = losses()
    with recording(lambda _: None):
        assert losses() == expected


def test_a_saved_model_is_compiled_when_it_is_loaded(tmp_path):
    model = network()
    model.fit(*data(), verbose=0)
    model.save(tmp_path / "a.keras")

    def program():
        with warnings.catch_warnings():
            warnings.simplefilter("error", UserWarning)
            again = keras.models.load_model(tmp_path / "a.keras")
        assert again.compiled

    record(program)
