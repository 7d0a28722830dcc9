"""Files of models with bytes lost or changed: the model, or a clear error."""

from __future__ import annotations

import faulthandler
import stat
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import rkeras_port as rk
from rkeras_port import _hdf5_probe
from rkeras_port.errors import ArgumentError

HANGS = 240
"""Seconds after which a test that hangs is ended, with where it stood."""

X = np.eye(3, dtype="float32")


@pytest.fixture(autouse=True)
def _no_hang():
    faulthandler.dump_traceback_later(HANGS, exit=True)
    yield
    faulthandler.cancel_dump_traceback_later()


@pytest.fixture(scope="module")
def model():
    made = (
        rk.keras_model_sequential(input_shape=3)
        >> rk.layer_dense(4, activation="relu")
        >> rk.layer_dense(1)
        >> rk.compile("adam", loss="mean_squared_error")
    )
    made >> rk.fit(X, X[:, 0], verbose=0)
    return made


@pytest.fixture(scope="module")
def good(model, tmp_path_factory):
    """What is in sound files of the model, by their ending."""
    folder = tmp_path_factory.mktemp("good")
    for ending, save in (
        (".keras", rk.save_model),
        (".h5", rk.save_model),
        (".weights.h5", rk.save_model_weights),
        (".json", rk.save_model_config),
    ):
        save(model, folder / f"model{ending}")
    return {file.name[5:]: file.read_bytes() for file in folder.iterdir()}


damages = st.one_of(
    st.tuples(st.just("cut"), st.floats(0, 1, exclude_max=True), st.just(b"")),
    st.tuples(st.just("put"), st.floats(0, 1), st.binary(min_size=1, max_size=40)),
    st.tuples(st.just("add"), st.floats(0, 1), st.binary(min_size=1, max_size=5)),
    st.tuples(st.just("put"), st.floats(0, 1), st.integers(1, 200).map(bytes)),
)


def damaged(content, damage):
    """The content cut off at, with bytes put over, or put in, a part of the way in."""
    kind, where, piece = damage
    at = int(where * len(content))
    rest = content[at + len(piece) :] if kind == "put" else content[at:]
    return content[:at] + piece + (b"" if kind == "cut" else rest)


def outcome(load, ending, content, folder):
    """What loading such a file gives, None for an error of ours."""
    file = folder / f"damaged{ending}"
    file.write_bytes(content)
    try:
        made, said = load(file), str(file)
    except ArgumentError as error:
        made, said = None, str(error)
    assert str(file) in said
    assert [path.name for path in folder.iterdir()] == [file.name]
    return made


def fuzzed(examples):
    return settings(
        max_examples=examples, deadline=None, suppress_health_check=[*HealthCheck]
    )


@given(damages)
@fuzzed(60)
def test_a_damaged_keras_file(good, model, tmp_path_factory, damage):
    content = damaged(good[".keras"], damage)
    made = outcome(rk.load_model, ".keras", content, tmp_path_factory.mktemp("damaged"))
    if made is not None:
        assert made.predict(X, verbose=0).shape == (3, 1)


@given(damages)
@fuzzed(60)
def test_a_damaged_configuration(good, tmp_path_factory, damage):
    content = damaged(good[".json"], damage)
    folder = tmp_path_factory.mktemp("damaged")
    made = outcome(rk.load_model_config, ".json", content, folder)
    assert made is None or made.layers is not None


# A process looks at each of these first.


@given(damages)
@fuzzed(8)
def test_a_damaged_hdf5_file(good, tmp_path_factory, damage):
    content = damaged(good[".h5"], damage)
    made = outcome(rk.load_model, ".h5", content, tmp_path_factory.mktemp("damaged"))
    assert made is None or made.layers is not None


@given(damages)
@fuzzed(8)
def test_damaged_weights_leave_the_model_as_it_was(
    good, model, tmp_path_factory, damage
):
    other = rk.clone_model(model)
    before = other.get_weights()
    content = damaged(good[".weights.h5"], damage)
    folder = tmp_path_factory.mktemp("damaged")
    load = lambda file: rk.load_model_weights(other, file)  # noqa: E731
    if outcome(load, ".weights.h5", content, folder) is None:
        assert all(map(np.array_equal, before, other.get_weights()))


def test_weights_of_another_network_leave_the_model_as_it_was(good, tmp_path):
    # Its first layer fits, its second does not.
    other = (
        rk.keras_model_sequential(input_shape=3)
        >> rk.layer_dense(4)
        >> rk.layer_dense(2)
    )
    before = other.get_weights()
    file = tmp_path / "model.weights.h5"
    file.write_bytes(good[".weights.h5"])
    with pytest.raises(ArgumentError, match="of another architecture"):
        rk.load_model_weights(other, file)
    assert all(map(np.array_equal, before, other.get_weights()))


def test_a_file_that_hdf5_does_not_finish_is_refused(good, tmp_path, monkeypatch):
    monkeypatch.setattr(_hdf5_probe, "_START", 0.001)
    monkeypatch.setattr(_hdf5_probe, "_RATE", 1e12)
    file = tmp_path / "model.h5"
    file.write_bytes(good[".h5"])
    with pytest.raises(ArgumentError, match="goes on for ever"):
        rk.load_model(file)


def test_a_file_that_hdf5_dies_of_is_refused(good, tmp_path, monkeypatch):
    program = tmp_path / "python"
    program.write_text("#!/bin/sh\nkill -SEGV $$\n")
    program.chmod(stat.S_IRWXU)
    monkeypatch.setattr(sys, "executable", str(program))
    file = tmp_path / "model.h5"
    file.write_bytes(good[".h5"])
    with pytest.raises(ArgumentError, match="crashes on it"):
        rk.load_model(file)
