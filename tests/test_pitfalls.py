"""Pitfalls: each provoked, and none found in sound models."""

import subprocess
import sys
import warnings

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from sound_models import SOUND, inputs, labels

import rkeras_port as rk
from rkeras_port._keras import keras
from rkeras_port.pitfalls import PITFALLS, PitfallWarning, collecting

layers, losses = keras.layers, keras.losses


def model_of(text, loss, **more):
    parts = eval(f"[{text}]", {n: getattr(layers, n) for n in dir(layers)})
    with rk.pitfall_checks(False):
        return keras.Sequential(parts) >> rk.compile(
            "adam",
            loss=eval(loss, {"losses": losses}) if loss.startswith("losses.") else loss,
            **more,
        )


def found(model, x=None, y=None, **more):
    return {one.id for one in rk.check_model(model, x, y, **more)}


X = inputs("normal")
Y = labels("0/1", X)
SIGMOID = "Dense(1, 'sigmoid')"
BCE = "binary_crossentropy"
SCE = "sparse_categorical_crossentropy"
CCE = "categorical_crossentropy"
LOGITS = "losses.BinaryCrossentropy(from_logits=True)"
WORDS = np.array(["M", "R"] * 60)
SORTED = np.sort(Y)

# id, layers, loss, labels, inputs, further arguments
PROVOKED = [
    ("softmax_one_unit", "Dense(1, 'softmax')", BCE, Y, X, {}),
    ("softmax_one_unit", "Dense(1), Softmax()", BCE, Y, X, {}),
    ("sigmoid_categorical", SIGMOID, CCE, Y, X, {}),
    ("sigmoid_categorical", "Dense(2, 'sigmoid')", SCE, Y, X, {}),
    ("linear_without_logits", "Dense(1)", BCE, Y, X, {}),
    ("linear_without_logits", "Dense(2)", SCE, Y, X, {}),
    ("logits_twice", SIGMOID, LOGITS, Y, X, {}),
    ("layers_twice", f"Dense(4), {SIGMOID}, Dense(4), {SIGMOID}", BCE, Y, X, {}),
    ("labels_text", SIGMOID, BCE, WORDS, X, {}),
    ("labels_text", SIGMOID, BCE, WORDS.tolist(), X, {}),
    ("labels_wrong_form", "Dense(2, 'softmax')", CCE, Y, X, {}),
    ("labels_wrong_form", "Dense(2, 'sigmoid')", BCE, Y, X, {}),
    ("labels_wrong_form", "Dense(2, 'softmax')", SCE, np.eye(2)[Y.astype(int)], X, {}),
    ("labels_not_from_zero", SIGMOID, BCE, Y + 1, X, {}),
    ("labels_not_from_zero", SIGMOID, BCE, 2 * Y - 1, X, {}),
    ("labels_not_from_zero", "Dense(2, 'softmax')", SCE, Y + 1, X, {}),
    ("labels_constant", SIGMOID, BCE, np.ones(120), X, {}),
    ("validation_tail", SIGMOID, BCE, SORTED, X, {"validation_split": 0.2}),
    ("inputs_not_scaled", "Dense(4), Dense(1, 'sigmoid')", BCE, Y, X * 1000, {}),
    (
        "inputs_not_scaled", SIGMOID, BCE, Y,
        X * np.array([1e-3, 1, 1, 1, 1, 30], "float32"), {},
    ),
    ("rows_shared", SIGMOID, BCE, Y, X, {"validation_data": (X[:40], Y[:40])}),
    (
        "rows_shared", SIGMOID, BCE, Y, csr_matrix(X),
        {"validation_data": (csr_matrix(X[:40]), Y[:40])},
    ),
    (
        "rows_shared", SIGMOID, BCE, np.tile(Y[:60], 2), np.tile(X[:60], (2, 1)),
        {"validation_split": 0.5},
    ),
]  # fmt: skip


@pytest.mark.parametrize(
    ("pitfall", "text", "loss", "y", "x", "more"),
    PROVOKED,
    ids=[f"{row[0]}-{i}" for i, row in enumerate(PROVOKED)],
)
def test_each_pitfall_is_found_alone(pitfall, text, loss, y, x, more):
    assert found(model_of(text, loss), x, y, **more) == {pitfall}


def test_every_pitfall_has_a_test_and_a_message_that_says_what_to_change():
    after = {
        "trained_before",
        "loss_nan",
        "accuracy_constant",
        "predictions_constant",
    }
    assert {row.id for row in PITFALLS} == {row[0] for row in PROVOKED} | after
    assert all(len(row.message.split()) >= 12 for row in PITFALLS)
    assert all("\n" not in row.message for row in PITFALLS)


def told(model, x, y, **arguments):
    with collecting() as found:
        rk.fit(model, x, y, verbose=0, **arguments)
    return [one.id for one in found]


def test_a_model_compiled_again_and_trained_on_is_told():
    model = model_of(SIGMOID, BCE)
    assert told(model, X, Y) == []
    assert told(model, X, Y) == []  # going on is no pitfall
    model >> rk.compile("adam", loss=BCE)
    assert told(model, X, Y) == ["trained_before"]


def test_a_model_whose_weights_were_set_anew_is_a_new_one():
    model = model_of(SIGMOID, BCE)
    model.build((None, 6))
    fresh = model.get_weights()
    assert told(model, X, Y) == []
    model.set_weights(fresh)
    model >> rk.compile("adam", loss=BCE)
    assert told(model, X, Y) == []


def test_another_stage_of_training_is_no_pitfall():
    model = model_of(f"Dense(3), {SIGMOID}", BCE)
    assert told(model, X, Y) == []
    model.layers[0].trainable = False
    model >> rk.compile("adam", loss=BCE)
    assert told(model, X, Y) == []


def test_a_loss_that_becomes_nan_is_told():
    model = model_of("Dense(1)", "mse")
    model.optimizer.learning_rate = 1e30
    assert "loss_nan" in told(model, X * 1e18, Y, epochs=3)


def test_accuracy_and_predictions_that_never_move_are_told():
    model = model_of("Dense(1, 'softmax')", BCE, metrics=["accuracy"])
    assert told(model, X, Y, epochs=5) == [
        "accuracy_constant",
        "predictions_constant",
    ]


@pytest.mark.parametrize("sound", SOUND, ids=lambda row: row.name)
def test_a_sound_model_gives_no_warning(sound):
    x = inputs(sound.inputs)
    y = labels(sound.labels, x)
    rk.set_random_seed(1)
    with collecting() as findings:
        parts = eval(f"[{sound.layers}]", {n: getattr(layers, n) for n in dir(layers)})
        loss = sound.loss
        loss = eval(loss, {"losses": losses}) if "." in loss else loss
        model = keras.Sequential(parts) >> rk.compile("adam", loss=loss)
        rk.fit(model, x, y, epochs=2, validation_split=0.2, verbose=0)
    assert findings == []


def test_there_are_twenty_sound_models():
    assert len({row.name for row in SOUND}) >= 20


def test_compile_and_fit_warn_at_the_callers_line():
    with pytest.warns(PitfallWarning, match=r"compile\(\): softmax over one") as record:
        keras.Sequential([layers.Dense(1, "softmax")]) >> rk.compile("adam", loss=BCE)
    (one,) = record
    assert one.message.pitfall == "softmax_one_unit"
    assert one.filename == __file__


def test_the_checks_can_be_turned_off():
    with warnings.catch_warnings(), rk.pitfall_checks(False):
        warnings.simplefilter("error", PitfallWarning)
        model = keras.Sequential([layers.Dense(1, "softmax")])
        model >> rk.compile("adam", loss=BCE)
        rk.fit(model, X, np.ones(120), verbose=0)


@pytest.mark.parametrize("value", ["0", "false", "OFF"])
def test_the_environment_turns_them_off(value, monkeypatch):
    from rkeras_port.pitfalls import checks_are_on

    assert checks_are_on()
    monkeypatch.setenv("RKERAS_PITFALLS", value)
    assert not checks_are_on()
    with rk.pitfall_checks(True):
        assert checks_are_on()


def test_what_is_found_prints_one_line_each():
    findings = rk.check_model(model_of("Dense(1, 'softmax')", BCE), X, np.ones(120))
    assert [line.split(":")[0] for line in repr(findings).splitlines()] == [
        "softmax_one_unit",
        "labels_constant",
    ]
    sound = rk.check_model(model_of(SIGMOID, BCE), X, Y)
    assert not sound
    assert repr(sound) == "No pitfall found."


def test_a_history_that_a_callback_wrote_text_into_is_no_trouble():
    class Writes(keras.callbacks.Callback):
        def on_epoch_end(self, epoch, logs=None):
            logs["loss"] = "text"

    model = model_of(SIGMOID, BCE)
    with collecting() as findings:
        model_history = keras.Model.fit(model, X, Y, verbose=0, callbacks=[Writes()])
        from rkeras_port.pitfalls import checking_fit

        with checking_fit(model, {"x": X, "y": Y}) as trained:
            trained(model_history.history)
    assert findings == []


R_CODE = """
from rkeras_port import r
r.run('''
library(keras3)
caught <- function(code) {
  found <- character()
  value <- withCallingHandlers(code, rkeras_pitfall = function(w) {
    found <<- c(found, w$pitfall)
    stopifnot(inherits(w, "warning"), nchar(conditionMessage(w)) > 40)
    invokeRestart("muffleWarning")
  })
  found
}
x <- matrix(rnorm(240), 40)
model <- keras_model_sequential(input_shape = 6) %>%
  layer_dense(1, activation = "softmax")
cat(caught(compile(model, "adam", loss = "binary_crossentropy")), "\\n")
good <- keras_model_sequential(input_shape = 6) %>%
  layer_dense(1, activation = "sigmoid")
cat(caught(compile(good, "adam", loss = "binary_crossentropy")), "|\\n")
cat(caught(fit(good, x, rep(1:2, 20), verbose = 0)), "\\n")
cat(caught(fit(good, x, rep(0:1, 20), verbose = 0)), "|\\n")
options(rkeras.checks = FALSE)
cat(caught(fit(good, x, rep(1:2, 20), verbose = 0)), "|\\n")
''')
"""


def test_r_gives_them_as_warnings_of_their_class_and_has_an_option():
    done = subprocess.run(
        [sys.executable, "-c", R_CODE.replace("\\n", "\\\\n")],
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-2000:]
    assert [line.strip() for line in done.stdout.splitlines()] == [
        "softmax_one_unit",
        "|",
        "labels_not_from_zero",
        "|",
        "|",
    ]
