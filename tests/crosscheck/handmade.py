"""Comparisons made by hand, of every kind that the reports have to show."""

from __future__ import annotations

import math

import numpy as np

from rkeras_port.crosscheck.comparison import Check, Comparison, Difference, Hint
from rkeras_port.crosscheck.observations import Failure, Observation, Side

R_CODE = """library(keras3)
# The first 10,000 reviews are held out.
set_random_seed(1)
model <- keras_model_sequential(input_shape = 10000) |>
  layer_dense(units = 16, activation = "relu") |>
  layer_dense(units = 1, activation = "sigmoid")
model |> compile("rmsprop", loss = "binary_crossentropy", metrics = "accuracy")
history <- model |> fit(
  x_train[-(1:10000), ], y_train[-(1:10000)],
  epochs = 4, batch_size = 512,
  validation_data = list(x_train[1:10000, ], y_train[1:10000])
)
"""

PYTHON_CODE = """from rkeras_port import *

set_random_seed(1)
model = (
    keras_model_sequential(input_shape=10000)
    >> layer_dense(units=16, activation="relu")
    >> layer_dense(units=1, activation="sigmoid")
    >> compile("rmsprop", loss="binary_crossentropy", metrics="accuracy")
)
history = model >> fit(
    x_train[10000:], y_train[10000:], epochs=4, batch_size=512,
    validation_data=(x_train[:10000], y_train[:10000]),
)
"""

ENVIRONMENT = {
    "python": "3.11.2",
    "keras": "3.15.0",
    "backend": "tensorflow",
    "r": "4.2.2",
    "seed": "1",
}

LOSS = [0.5986, 0.4055, 0.3038, 0.2386]
METRICS = {
    "accuracy": [0.7087, 0.8788, 0.9113, 0.9298],
    "loss": LOSS,
    "val_accuracy": [0.8392, 0.8662, 0.8785, 0.8823],
    "val_loss": [0.4793, 0.3828, 0.3310, 0.3051],
}


def side(label: str, source: str, code: str, **more) -> Side:
    environment = ENVIRONMENT | more.pop("environment", {})
    return Side(label, source, code, environment=environment, **more)


def r_side(**more) -> Side:
    return side("R", "analysis.R", R_CODE, seconds=12.34, **more)


def python_side(**more) -> Side:
    return side("Python", "analysis.py", PYTHON_CODE, seconds=8.9, **more)


def model(first_units: int = 16) -> dict:
    first = 10001 * first_units
    return {
        "class": "Sequential",
        "layers": [
            {
                "class": "Dense",
                "name": "dense",
                "output_shape": (None, first_units),
                "parameters": first,
            },
            {
                "class": "Dense",
                "name": "dense_1",
                "output_shape": (None, 1),
                "parameters": first_units + 1,
            },
        ],
        "parameters": first + first_units + 1,
    }


def split(held_out: slice = slice(0, 10000)) -> dict:
    rows = np.arange(25000)
    hashes = (rows + 1).astype(np.uint64) * np.uint64(7919)
    return {
        "held_out_by": "validation_data",
        "training_hashes": np.delete(hashes, held_out),
        "validation_hashes": hashes[held_out],
        "held_out_rows": rows[held_out],
        "x": {"shape": (15000, 10000), "dtype": "float32", "sparse": True},
    }


def weights() -> dict:
    kernel = np.linspace(-1, 1, 12, dtype=np.float32).reshape(4, 3)
    return {"when": "initial", "variables": {"dense/kernel": kernel}}


def seen(kind: str, name: str, content: dict, source: str, line: int) -> Observation:
    return Observation(kind, name, content, f"{source}:{line}")


def check(
    kind: str,
    name: str,
    left: dict | None,
    right: dict | None,
    differences: tuple[Difference, ...] = (),
    count: int | None = None,
    rule: str = "exact",
) -> Check:
    return Check(
        kind,
        name,
        rule,
        None if left is None else seen(kind, name, left, "analysis.R", 8),
        None if right is None else seen(kind, name, right, "analysis.py", 10),
        differences,
        len(differences) if count is None else count,
    )


def agreeing() -> Comparison:
    history = {"metrics": METRICS, "params": {"epochs": 4}}
    prediction = {"values": np.array([[0.25], [0.75]], dtype=np.float32)}
    checks = [
        check("model", "model 1", model(), model()),
        check("weights", "initial weights", weights(), weights()),
        check("split", "split 1", split(), split()),
        check("history", "history 1", history, history),
        check("prediction", "prediction 1", prediction, prediction),
    ]
    return Comparison(r_side(), python_side(), checks)


HINT = Hint(
    "column-base",
    "R counts columns from 1, Python from 0, so the same word is another column. "
    "Pass first_index=1 to vectorize_sequences().",
)


def differing() -> Comparison:
    """History and one value differ; R has a draw that Python has not."""
    other = METRICS | {"val_loss": [0.4793, 0.3828, 0.3412, math.nan]}
    places = (
        Difference("epoch 3, val_loss", 0.3310, 0.3412, 0.0102),
        Difference("epoch 4, val_loss", 0.3051, math.nan, math.nan),
    )
    told = Difference("value", "<script>alert('R & ü')</script>", 'say "7"')
    checks = [
        check("model", "model 1", model(), model(8), (
            Difference("layer 1 (dense), parameters", 160016, 80008, 80008.0),), 2),
        check("weights", "initial weights", weights(), weights()),
        check("split", "split 1", split(), split(slice(15000, 25000)), (
            Difference("held-out rows", "1 to 10000", "15001 to 25000"),)),
        check("history", "history 1", {"metrics": METRICS}, {"metrics": other}, places,
              rule="within 1e-6: sums in another order"),
        check("draw", '<draw> & "shuffle" 日本', {"values": np.arange(3)}, None),
        check("value", "best", {"value": told.left}, {"value": told.right}, (told,)),
    ]  # fmt: skip
    python = python_side(environment={"keras": "3.14.1", "oneDNN": "0"})
    return Comparison(r_side(), python, checks, [HINT])


def failed() -> Comparison:
    message = "ValueError: 2 < 3 & <b>bold</b>\nsecond line “ü”"
    stopped = python_side(failure=Failure(message, "analysis.py:10"))
    checks = [check("model", "model 1", model(), model())]
    return Comparison(r_side(), stopped, checks)


def third() -> list[Comparison]:
    """R against Python, which agree, and R against the real keras3, which do not."""
    ours = agreeing()
    keras3 = side("keras3", "analysis.R", R_CODE, seconds=14.0,
                  environment={"keras": "3.13.0"})  # fmt: skip
    other = METRICS | {"loss": [*LOSS[:3], 0.2387]}
    place = Difference("epoch 4, loss", 0.2386, 0.2387, 0.0001)
    checks = [
        check("model", "model 1", model(), model()),
        check("history", "history 1", {"metrics": METRICS}, {"metrics": other},
              (place,)),
    ]  # fmt: skip
    return [ours, Comparison(ours.left, keras3, checks)]
