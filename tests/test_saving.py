"""Saving and loading, and that nothing there is lost."""

from __future__ import annotations

import json
import zipfile

import keras
import numpy as np
import pytest

import rkeras_port as rk

X = np.linspace(-1, 1, 12, dtype="float32").reshape(4, 3)


@pytest.fixture
def model():
    return (
        rk.keras_model_sequential(3)
        >> rk.layer_dense(2, activation="relu")
        >> rk.layer_dense(1)
        >> rk.compile("adam", loss="mse")
    )


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_round_trip_of_a_model(model, tmp_path):
    path = tmp_path / "a model.keras"
    assert (model >> rk.save_model(path)) is model
    loaded = rk.load_model(path)
    np.testing.assert_array_equal(rk.predict(loaded, X), rk.predict(model, X))
    assert loaded.compiled
    assert not rk.load_model(path, compile=False).compiled
    assert files(tmp_path) == ["a model.keras"]


def test_legacy_format_warns(model, tmp_path):
    path = str(tmp_path / "model.h5")
    with _legacy_warning():
        model >> rk.save_model(path)
    loaded = rk.load_model(path, compile=False)
    np.testing.assert_array_equal(rk.predict(loaded, X), rk.predict(model, X))


@pytest.mark.parametrize("loss", ["mse", "MAE"])
def test_a_model_from_hdf5_trains_on_where_it_was(loss, tmp_path):
    rng = np.random.default_rng(1)
    x, y = rng.normal(size=(16, 3)), rng.normal(size=16)
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1)])
    model.compile("adam", loss, metrics=["mae"])
    model.fit(x, y, epochs=3, verbose=0, shuffle=False)
    path = str(tmp_path / "model.h5")
    model.save(path)
    again = rk.load_model(path)
    assert int(again.optimizer.iterations) == 3
    assert again.evaluate(x, y, verbose=0) == model.evaluate(x, y, verbose=0)
    for one in (model, again):
        one.fit(x, y, epochs=2, verbose=0, shuffle=False)
    for got, wanted in zip(again.get_weights(), model.get_weights(), strict=True):
        np.testing.assert_allclose(got, wanted, rtol=1e-6)


def test_code_in_hdf5_is_refused_while_safe_mode_is_on(tmp_path):
    layers = [keras.Input((3,)), keras.layers.Lambda(lambda t: 2 * t)]
    path = str(tmp_path / "model.h5")
    keras.Sequential(layers).save(path)
    with pytest.raises(rk.ArgumentError, match="holds code"):
        rk.load_model(path)
    assert rk.load_model(path, safe_mode=False).predict(X, verbose=0)[0, 0] == -2


class _legacy_warning:
    """Keras says it through absl's logger."""

    def __enter__(self):
        import logging

        from absl import logging as absl_logging

        self.records = []
        self.handler = logging.Handler()
        self.handler.emit = self.records.append
        self.logger = absl_logging.get_absl_logger()
        self.logger.addHandler(self.handler)

    def __exit__(self, *_):
        self.logger.removeHandler(self.handler)
        assert any("legacy" in record.getMessage() for record in self.records)


def test_existing_file_is_kept(model, tmp_path):
    path = tmp_path / "model.keras"
    path.write_text("precious")
    with pytest.raises(rk.ArgumentError, match=r"exists already.*overwrite=True"):
        model >> rk.save_model(path)
    assert path.read_text() == "precious"
    model >> rk.save_model(path, overwrite=True)
    assert rk.load_model(path).count_params() == 11


def test_failure_while_writing_keeps_the_old_file(model, tmp_path, monkeypatch):
    path = tmp_path / "model.keras"
    model >> rk.save_model(path)
    before = path.read_bytes()

    def fail(self, filepath, **_):
        with open(filepath, "w") as file:
            file.write("half")
        raise OSError("disk full")

    monkeypatch.setattr(keras.Model, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        model >> rk.save_model(path, overwrite=True)
    assert path.read_bytes() == before
    assert files(tmp_path) == ["model.keras"]


@pytest.mark.parametrize("name", ["model.pkl", "model", "model.keras.txt"])
def test_other_endings(model, tmp_path, name):
    with pytest.raises(rk.ArgumentError, match=r"must end in \.keras or \.h5"):
        model >> rk.save_model(tmp_path / name)
    assert files(tmp_path) == []


def test_folder_that_is_not_there(model, tmp_path):
    with pytest.raises(rk.ArgumentError, match="folder that does not exist"):
        model >> rk.save_model(tmp_path / "no" / "model.keras")


def test_missing_file(tmp_path):
    with pytest.raises(rk.ArgumentError, match="does not exist"):
        rk.load_model(tmp_path / "model.keras")


@pytest.mark.parametrize("content", [b"", b"junk", b"PK\x03\x04 not a zip"])
def test_damaged_file(tmp_path, content):
    path = tmp_path / "model.keras"
    path.write_bytes(content)
    with pytest.raises(rk.ArgumentError, match="damaged"):
        rk.load_model(path)


def test_truncated_file(model, tmp_path):
    path = tmp_path / "model.keras"
    model >> rk.save_model(path)
    path.write_bytes(path.read_bytes()[:-200])
    with pytest.raises(rk.ArgumentError, match="damaged"):
        rk.load_model(path)


def test_code_in_a_file_is_refused(tmp_path):
    path = tmp_path / "model.keras"
    model = rk.keras_model_sequential(3) >> rk.layer_lambda(lambda x: x * 2)
    model >> rk.save_model(path)
    with pytest.raises(rk.ArgumentError, match=r"holds code.*safe_mode"):
        rk.load_model(path)
    trusted = rk.load_model(path, safe_mode=False)
    np.testing.assert_array_equal(rk.predict(trusted, X), X * 2)


def test_hostile_module_in_a_file_is_not_imported(model, tmp_path):
    path, hostile = tmp_path / "model.keras", tmp_path / "hostile.keras"
    model >> rk.save_model(path)
    with zipfile.ZipFile(path) as source, zipfile.ZipFile(hostile, "w") as target:
        for name in source.namelist():
            data = source.read(name)
            if name == "config.json":
                config = json.loads(data)
                config["config"]["layers"][1].update(
                    module="os", class_name="system", config="touch owned"
                )
                data = json.dumps(config).encode()
            target.writestr(name, data)
    with pytest.raises(rk.ArgumentError, match="load_model"):
        rk.load_model(hostile)
    assert "owned" not in files(tmp_path)


def test_round_trip_of_weights(model, tmp_path):
    path = tmp_path / "model.weights.h5"
    model >> rk.save_model_weights(path)
    with pytest.raises(rk.ArgumentError, match="exists already"):
        model >> rk.save_model_weights(path)
    other = (
        rk.keras_model_sequential(3) >> rk.layer_dense(2, "relu") >> rk.layer_dense(1)
    )
    assert (other >> rk.load_model_weights(path)) is other
    np.testing.assert_array_equal(rk.predict(other, X), rk.predict(model, X))


def test_weights_of_another_architecture(model, tmp_path):
    path = tmp_path / "model.weights.h5"
    model >> rk.save_model_weights(path)
    other = rk.keras_model_sequential(3) >> rk.layer_dense(5)
    with pytest.raises(rk.ArgumentError, match="of another architecture"):
        other >> rk.load_model_weights(path)
    with pytest.raises(rk.ArgumentError, match=r"must end in \.weights\.h5"):
        model >> rk.save_model_weights(tmp_path / "model.h5")


def test_export_for_serving(model, tmp_path):
    import tensorflow as tf

    folder = tmp_path / "served"
    assert (model >> rk.export_savedmodel(folder, verbose=False)) is model
    served = tf.saved_model.load(str(folder))
    np.testing.assert_allclose(served.serve(X), rk.predict(model, X), rtol=1e-6)
    with pytest.raises(rk.ArgumentError, match="exists already"):
        model >> rk.export_savedmodel(folder)
