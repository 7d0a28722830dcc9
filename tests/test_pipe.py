"""The pipe's rules and guard rails."""

from __future__ import annotations

import gc
import subprocess
import sys
import traceback
import warnings

import keras
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp

import rkeras_port as rk
from rkeras_port.pipe import BindingError


def small_model():
    return (
        rk.keras_model_sequential(input_shape=30)
        >> rk.layer_dense(units=4, activation="relu")
        >> rk.layer_dense(1, activation="sigmoid")
        >> rk.compile("rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
    )


def test_upstream_defines_no_shift_operator():
    code = (
        "import keras\n"
        "for c in (keras.Layer, keras.KerasTensor, keras.Variable):\n"
        "    for m in ('__rshift__', '__rrshift__', '__array_ufunc__'):\n"
        "        assert not hasattr(c, m), (c, m)\n"
    )
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


def test_installing_twice_changes_nothing():
    from rkeras_port._keras import _compose
    from rkeras_port.pipe import install

    install(keras.Layer, _compose)
    model = rk.keras_model_sequential(input_shape=3) >> rk.layer_dense(2)
    assert len(model.layers) == 1


def test_patch_can_be_left_out():
    code = (
        "import keras, rkeras_port as rk\n"
        "m = rk.pipe(rk.keras_model_sequential(input_shape=3), rk.layer_dense(2))\n"
        "assert m.count_params() == 8\n"
        "assert not hasattr(keras.Layer, '__rrshift__')\n"
    )
    subprocess.run(
        [sys.executable, "-c", code],
        check=True,
        capture_output=True,
        env={"RKERAS_PORT_NO_PATCH": "1", "PATH": "/usr/bin:/bin"},
    )


def test_piped_layers_are_added_in_reading_order(fresh_keras):
    model = small_model()
    assert type(model) is keras.Sequential
    assert [layer.name for layer in model.layers] == ["dense", "dense_1"]


def test_direct_piped_and_function_calls_are_equal(binary_data):
    x, y = binary_data
    results = []
    for build in (
        lambda: small_model() >> rk.fit(x, y, epochs=2, verbose=0),
        lambda: rk.fit(small_model(), x, y, epochs=2, verbose=0),
        lambda: rk.pipe(small_model(), rk.fit(x, y, epochs=2, verbose=0)),
        lambda: rk.fit(x, y, epochs=2, verbose=0, object=small_model()),
    ):
        rk.clear_session()
        rk.set_random_seed(3)
        results.append(build().metrics)
    assert results[0] == results[1] == results[2] == results[3]


def test_nested_calls_build_the_same_model(fresh_keras):
    piped = rk.keras_model_sequential(input_shape=3) >> rk.layer_dense(4)
    nested = rk.layer_dense(rk.keras_model_sequential(input_shape=3), 4)
    by_name = rk.layer_dense(object=rk.keras_model_sequential(input_shape=3), units=4)
    assert piped.count_params() == nested.count_params() == by_name.count_params() == 16


def test_layer_without_data_is_the_keras_layer():
    assert type(rk.layer_dense(8)) is keras.layers.Dense
    assert type(rk.layer_dense(None, 8)) is keras.layers.Dense


def test_functional_pipe_and_shared_layers():
    a, b = rk.layer_input(4), rk.layer_input(4)
    shared = rk.layer_dense(8)
    model = rk.keras_model([a, b], [a >> shared, b >> shared] >> rk.layer_add())
    assert model.count_params() == 4 * 8 + 8
    assert model.output_shape == (None, 8)


def test_sequential_into_sequential():
    base = rk.keras_model_sequential(input_shape=4) >> rk.layer_dense(3)
    model = rk.keras_model_sequential(input_shape=4) >> base >> rk.layer_dense(1)
    assert model.layers[0] is base
    assert model.count_params() == 15 + 4


@pytest.mark.parametrize(
    "left",
    [
        np.ones((2, 30), "float32"),
        np.float32(1),
        pd.DataFrame({"a": [1]}),
        pd.Series([1]),
        sp.csr_matrix((2, 2)),
        [1, 2],
        {"a": 1},
        "text",
        3,
        True,
    ],
    ids=lambda value: type(value).__name__,
)
def test_anything_may_stand_on_the_left_of_a_step(left):
    assert (left >> rk.call(lambda value: (value,)))[0] is left


def test_array_goes_through_a_layer():
    x = np.ones((2, 3), "float32")
    layer = rk.layer_dense(4)
    np.testing.assert_array_equal(x >> layer, layer(x))


def test_none_explains_itself(binary_data):
    x, y = binary_data
    with pytest.raises(TypeError, match="left side is None"):
        None >> rk.fit(x, y)
    with pytest.raises(TypeError, match="Did an earlier function in the pipe"):
        None >> rk.layer_dense(1)
    with pytest.raises(TypeError, match="not None"):
        rk.fit(None, x, y)


def test_misspelt_keyword_fails_where_it_is_written():
    with pytest.raises(BindingError, match=r"'optimzer'.*Did you mean 'optimizer'"):
        rk.compile(optimzer="adam")
    with pytest.raises(BindingError, match=r"'activaton'.*Did you mean 'activation'"):
        rk.layer_dense(8, activaton="relu")
    with pytest.raises(BindingError, match=r"'units'.*'unitz'. Did you mean 'units'"):
        rk.layer_dense(unitz=8)


def test_forgotten_argument_is_named():
    with pytest.raises(BindingError, match="missing a required argument: 'units'"):
        rk.layer_dense(rk.layer_input(3))


def test_data_where_the_model_belongs(binary_data):
    x, y = binary_data
    with pytest.raises(TypeError, match=r"must be a model. Received: <ndarray 200x30>"):
        x >> rk.fit(x, y)
    with pytest.raises(BindingError) as caught:
        rk.fit(x, y, epoch=3)
    assert "is not a model, so this was read as model >> fit(...)" in "".join(
        caught.value.__notes__
    )


def test_unused_step_warns_at_the_users_line():
    with pytest.warns(rk.UnusedStepWarning, match="'fit' was never applied") as caught:
        rk.fit([1], [2])
    assert caught[0].filename == __file__


def test_used_step_does_not_warn():
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        step = rk.call(abs)
        assert -1 >> step == 1
        assert -2 >> step == 2
        del step
        gc.collect()


def test_step_says_what_it_waits_for_and_never_prints_data():
    x = np.arange(6.0).reshape(3, 2)
    step = rk.fit(x, [1, 2, 3], epochs=5)
    text = repr(step)
    assert text == (
        "<step fit(x=<ndarray 3x2>, y=<list of 3>, epochs=5) "
        "waiting for a model: use model >> fit(...)>"
    )
    with pytest.raises(TypeError):
        None >> step


def test_error_says_which_step_failed(binary_data):
    x, y = binary_data
    with pytest.raises(ValueError, match="rows") as caught:
        small_model() >> rk.fit(x, y[:-1])
    assert any(
        "sequential" in note and ">> fit(x=<ndarray 200x30>" in note
        for note in caught.value.__notes__
    )


def test_inner_frames_of_the_pipe_are_hidden_with_a_switch(binary_data):
    x, y = binary_data

    def frames_of_the_pipe():
        with pytest.raises(ValueError, match="rows") as caught:
            small_model() >> rk.fit(x, y[:-1])
        frames = traceback.extract_tb(caught.tb)
        return [f.name for f in frames if f.filename.endswith("rkeras_port/pipe.py")]

    assert frames_of_the_pipe() == ["__rrshift__"]
    keras.config.disable_traceback_filtering()
    try:
        assert "run" in frames_of_the_pipe()
    finally:
        keras.config.enable_traceback_filtering()


def test_layer_into_layer_is_explained():
    with pytest.raises(TypeError, match=r"keras_model_sequential\(\) or layer_input"):
        rk.layer_dense(2) >> rk.layer_dense(3)
    with pytest.raises(TypeError, match=r"keras_model_sequential\(\) or layer_input"):
        rk.layer_dense(2) >> rk.layer_dropout(0.5)


def test_functional_model_on_the_left_is_explained():
    inputs = rk.layer_input(2)
    model = rk.keras_model(inputs, inputs >> rk.layer_dense(1))
    with pytest.raises(TypeError, match=r"model.output >> layer"):
        model >> rk.layer_dense(3)


def test_saved_model_loads_in_plain_keras(tmp_path, binary_data):
    x, y = binary_data
    model = (
        rk.keras_model_sequential(input_shape=30)
        >> rk.layer_dense(4, activation=rk.activation_relu)
        >> rk.layer_dense(1, kernel_regularizer=rk.regularizer_l2(0.01))
    )
    model >> rk.compile(
        rk.optimizer_adam(), loss=rk.loss_mean_squared_error, metrics=[rk.metric_auc]
    )
    model >> rk.fit(x, y, verbose=0)
    model >> rk.save_model(tmp_path / "model.keras")
    np.save(tmp_path / "expected.npy", model >> rk.predict(x))
    np.save(tmp_path / "x.npy", x)
    code = (
        "import keras, numpy as np, sys\n"
        "m = keras.saving.load_model('model.keras')\n"
        "p = m.predict(np.load('x.npy'), verbose=0)\n"
        "np.testing.assert_array_equal(p, np.load('expected.npy'))\n"
        "assert m.loss is keras.losses.mean_squared_error, m.loss\n"
        "assert not any(name.startswith('rkeras_port') for name in sys.modules)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
