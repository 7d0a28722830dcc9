"""Every row of every table makes a function that does what its row says."""

from __future__ import annotations

import inspect
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

import rkeras_port as rk
from rkeras_port import catalogue
from rkeras_port.catalogue import First, reference, stubs
from rkeras_port.catalogue.build import as_shape, locate, unwrap

#: Functions that are written by hand have tests of their own.
ROWS = [row for row in catalogue.rows().values() if row.name not in vars(rk)["_HOME"]]
LAYER_KINDS = (First.LAYER, First.MERGE)

#: Arguments that a constructor cannot do without.
REQUIRED = {
    "activation": "relu",
    "boundaries": [10],
    "cell": lambda: keras.layers.SimpleRNNCell(2),
    "cells": lambda: [keras.layers.SimpleRNNCell(2)],
    "decay_rate": 0.9,
    "decay_steps": 10,
    "dims": (1,),
    "equation": "ab,bc->ac",
    "factor": 0.1,
    "features": {"a": "float"},
    "filename": "log.csv",
    "filepath": "model.keras",
    "backup_dir": "backup",
    "filters": 2,
    "first_decay_steps": 10,
    "fn": lambda: keras.losses.mean_squared_error,
    "function": lambda: keras.ops.abs,
    "head_dim": 2,
    "height": 2,
    "initial_learning_rate": 0.1,
    "inner_optimizer": lambda: keras.optimizers.SGD(),
    "input_dim": 3,
    "kernel_size": 1,
    "key_dim": 2,
    "layer": lambda: keras.layers.LSTM(2),
    "layers": lambda: [keras.layers.Dense(2)],
    "max_number": 2,
    "n": 2,
    "num_bins": 3,
    "num_classes": 3,
    "num_heads": 2,
    "num_key_value_heads": 1,
    "num_query_heads": 2,
    "output_dim": 2,
    "output_shape": 2,
    "height_factor": 0.1,
    "pool_size": 1,
    "precision": 0.5,
    "width_factor": 0.1,
    "rate": 0.5,
    "recall": 0.5,
    "schedule": lambda: lambda epoch: 0.1,
    "scale": 1.0,
    "sensitivity": 0.5,
    "specificity": 0.5,
    "stddev": 0.1,
    "target_class_ids": [0],
    "target_shape": (1,),
    "units": 2,
    "values": [0.1, 0.01],
    "width": 2,
    "axes": 1,
}

#: What some rows need beside, or instead of, `REQUIRED`.
PARTICULAR = {
    "activation_threshold": {"threshold": 0.1, "default_value": 0.0},
    "layer_category_encoding": {"num_tokens": 3},
    "layer_discretization": {"num_bins": 3},
    "layer_random_posterization": {"factor": 4},
    "loss_categorical_generalized_cross_entropy": {"q": 0.5},
    "loss_circle": {"ref_labels": np.array([1, 0]), "ref_embeddings": np.eye(2)},
}

#: Constructors that need another backend or a file, with the error that says so.
NEED_MORE = {
    "layer_flax_module_wrapper": "module",
    "layer_jax_model_wrapper": "call_fn",
    "layer_tfsm": "filepath",
    "layer_torch_module_wrapper": "module",
}


def required_arguments(target) -> dict[str, object]:
    arguments = {}
    for name, parameter in inspect.signature(target).parameters.items():
        if parameter.default is parameter.empty and parameter.kind in (
            parameter.POSITIONAL_OR_KEYWORD,
            parameter.KEYWORD_ONLY,
        ):
            value = REQUIRED[name]
            arguments[name] = value() if callable(value) else value
    return arguments


def test_the_families_have_the_names_of_keras3():
    counts = {
        family: len(catalogue.read_family(family)) for family in catalogue.families()
    }
    layers = [name for name in catalogue.rows() if name.startswith("layer_")]
    assert len(layers) == 130
    # Counts of keras3 1.5.1 exports by family.
    assert counts["activations"] == 31
    assert counts["callbacks"] == 11
    assert counts["constraints"] == 4
    assert counts["initializers"] == 16
    assert counts["losses"] == 22
    assert counts["metrics"] == 48
    assert counts["optimizers"] == 14
    assert counts["regularizers"] == 4
    assert counts["schedules"] == 6


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_function_has_true_name_signature_and_help(row):
    function = getattr(rk, row.name)
    assert function.__name__ == row.name
    assert function.__module__ == "rkeras_port"
    assert row.targets[0] in function.__doc__
    assert row.r_formals in function.__doc__
    own = inspect.signature(function).parameters
    for name, parameter in inspect.signature(locate(row.targets[0])).parameters.items():
        if parameter.kind is not parameter.VAR_KEYWORD:
            assert own[name].default == parameter.default or (
                own[name].default is parameter.default
            )


@pytest.mark.parametrize(
    "row",
    [r for r in ROWS if r.first in (*LAYER_KINDS, First.OBJECT, First.EITHER)],
    ids=lambda row: row.name,
)
def test_constructor_makes_the_keras_object(row, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    function, target = getattr(rk, row.name), locate(row.targets[0])
    if row.name in NEED_MORE:
        with pytest.raises((TypeError, ValueError), match=NEED_MORE[row.name]):
            function()
        return
    arguments = required_arguments(target)
    if row.first is not First.EITHER:
        arguments |= PARTICULAR.get(row.name, {})
    made = function(**arguments)
    assert type(made) is target or isinstance(made, target)
    assert type(made).__module__.startswith("keras.")


@pytest.mark.parametrize(
    "row", [r for r in ROWS if r.first is First.EITHER], ids=lambda row: row.name
)
def test_with_data_the_function_is_called(row):
    sparse = "sparse" in row.name or row.name == "loss_circle"
    y_true = np.array([1, 0]) if sparse else np.array([[0.0, 1.0], [1.0, 0.0]])
    y_pred = np.array([[0.2, 0.8], [0.6, 0.4]])
    if row.name == "loss_ctc":
        y_true = np.array([[1], [1]])
        y_pred = np.full((2, 3, 4), 0.25, "float32")
    if row.name in ("loss_dice", "loss_tversky", "loss_generalized_dice"):
        y_true, y_pred = y_true[None, ..., None], y_pred[None, ..., None]
    y_pred = y_pred.astype("float32")
    more = PARTICULAR.get(row.name, {})
    function, plain = getattr(rk, row.name), locate(row.targets[1])
    expected = plain(y_true, y_pred, **more)
    np.testing.assert_array_equal(function(y_true, y_pred, **more), expected)
    np.testing.assert_array_equal(
        function(y_true=y_true, y_pred=y_pred, **more), expected
    )


@pytest.mark.parametrize(
    "row", [r for r in ROWS if r.family == "activations"], ids=lambda row: row.name
)
def test_activation_on_numbers(row):
    x = np.array([[-2.0, -0.5, 0.0, 0.5]], "float32")
    more = PARTICULAR.get(row.name, {})
    function, plain = getattr(rk, row.name), locate(row.keras)
    np.testing.assert_array_equal(function(x, **more), plain(x, **more))


def test_uncalled_functions_become_keras_objects():
    assert unwrap(rk.activation_relu) is keras.activations.relu
    assert unwrap([rk.metric_auc, {"a": rk.loss_huber}]) == [
        keras.metrics.AUC,
        {"a": keras.losses.huber},
    ]
    assert rk.layer_dense(2, activation=rk.activation_tanh).activation is (
        keras.activations.tanh
    )


def test_a_number_is_a_shape_of_one_dimension():
    assert rk.layer_input(4).shape == (None, 4)
    assert rk.layer_input((28, 28)).shape == (None, 28, 28)
    assert rk.layer_input(np.int64(4)).shape == (None, 4)
    assert as_shape(None) is None
    reshaped = rk.layer_input(4) >> rk.layer_reshape(4)
    assert reshaped.shape == (None, 4)


def test_input_shape_on_the_first_layer_builds_without_a_warning(recwarn):
    model = rk.keras_model_sequential() >> rk.layer_dense(2, input_shape=3)
    assert model.count_params() == 8
    assert not list(recwarn)


def test_merging_layers_take_lists_and_single_tensors():
    a, b, c = (rk.layer_input(3) for _ in range(3))
    for merged in (
        rk.layer_add(a, b, c),
        rk.layer_add([a, b, c]),
        [a, b, c] >> rk.layer_add(),
        rk.layer_add()([a, b, c]),
    ):
        assert merged.shape == (None, 3)
    assert rk.layer_concatenate(a, b, axis=1).shape == (None, 6)
    assert rk.layer_concatenate([a, b], -1).shape == (None, 6)


def test_attention_spreads_a_list_of_tensors():
    query, value = rk.layer_input((5, 4)), rk.layer_input((7, 4))
    attended = [query, value] >> rk.layer_multi_head_attention(num_heads=2, key_dim=3)
    assert attended.shape == (None, 5, 4)
    direct = rk.layer_multi_head_attention([query, value], num_heads=2, key_dim=3)
    assert direct.shape == (None, 5, 4)


def test_wrappers_tell_their_layer_from_the_model():
    model = rk.keras_model_sequential(input_shape=(5, 4))
    model = rk.layer_bidirectional(model, rk.layer_lstm(units=3))
    assert model.output_shape == (None, 6)
    wrapped = rk.layer_time_distributed(
        rk.keras_model_sequential(input_shape=4) >> rk.layer_dense(2)
    )
    assert isinstance(wrapped, keras.layers.TimeDistributed)
    assert (rk.layer_input((5, 4)) >> wrapped).shape == (None, 5, 2)
    assert (rk.layer_input(4) >> rk.layer_reshape((2, 2))).shape == (None, 2, 2)


def test_keyword_only_keras_knows_is_passed_on():
    with pytest.warns(UserWarning, match="input_length"):
        assert rk.layer_embedding(10, 4, input_length=3).output_dim == 4


def test_bad_value_keeps_keras_message():
    with pytest.raises(ValueError, match="Received: units=-1"):
        rk.layer_dense(-1)


def test_unknown_argument_of_an_optimizer():
    with pytest.raises(
        TypeError, match=r"optimizer_adam\(\) .*'learning_rat'.*Did you"
    ):
        rk.optimizer_adam(learning_rat=0.1)


def test_stub_is_not_stale():
    path = Path(rk.__file__).with_suffix(".pyi")
    assert path.read_text(encoding="utf-8") == stubs.generate(), (
        "run `python -m rkeras_port.catalogue.stubs`"
    )


TYPED = """
import rkeras_port as rk
model = rk.keras_model_sequential(input_shape=4) >> rk.layer_dense(16)
inputs = rk.layer_input(4)
reveal_type(model)
reveal_type(rk.layer_dense(model, units=8))
reveal_type(inputs >> rk.layer_dense(8))
reveal_type([inputs, inputs] >> rk.layer_concatenate())
reveal_type(rk.layer_dense(8))
reveal_type(model >> rk.compile("adam"))
reveal_type(model >> rk.compile("adam") >> rk.fit([1], [2]))
reveal_type(rk.evaluate(model, [1], [2]))
reveal_type(rk.optimizer_adam())
"""
REVEALED = [
    "Sequential",
    "Sequential",
    "KerasTensor",
    "KerasTensor",
    "PipeLayer",
    "Sequential",
    "TrainingHistory",
    "NamedMetrics",
    "Adam",
]


def test_type_checker_infers_what_pipes_return(tmp_path):
    (tmp_path / "typed.py").write_text(TYPED)
    root = Path(rk.__file__).parents[1]
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "mypy",
            "--config-file",
            root / "pyproject.toml",
            tmp_path / "typed.py",
        ],
        capture_output=True,
        text=True,
        cwd=root,
    )
    revealed = [
        line.split('"')[1].rsplit(".", 1)[-1]
        for line in done.stdout.splitlines()
        if "Revealed type" in line
    ]
    assert revealed == REVEALED, done.stdout
    assert done.returncode == 0


def test_the_reference_is_what_the_catalogue_says(tmp_path):
    folder = Path(__file__).parents[1] / "docs" / "reference"
    written = {file.name: file.read_text("utf-8") for file in folder.glob("*.md")}
    assert written == reference.pages(), "stale: run `make reference`"
    assert "op_argmax(x, axis=None, keepdims=False)" in written["op.md"]


def test_purposeful_differences_are_in_the_reference(monkeypatch, tmp_path):
    table = tmp_path / "differences.toml"
    monkeypatch.setattr(reference.resources, "files", lambda _: tmp_path)
    assert reference._differences() == {}
    table.write_text(
        '[[difference]]\nname = "op_abs, op_add"\nargument = "x"\n'
        'original = "Fails."\nours = "Works."\nreason = "It is meant to."\n'
    )
    told = "Differs from R's package: `x`: Works. There: Fails. Why: It is meant to."
    assert reference._differences() == {"op_abs": [told], "op_add": [told]}
