"""What finds each pitfall: a function of the case that fills the message, or None."""

from __future__ import annotations

import json
import math
import weakref
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from ._keras import keras
from .labels import loss_name
from .sparse_rows import is_sparse

#: Elements of x that are looked at.
_SAMPLE = 200_000
#: Elements of x that are compared to find shared rows.
_COMPARED = 2_000_000
_VALIDATION_SAMPLE = 200
#: Standard deviations of columns further apart than this are not scaled.
_RATIO = 1_000.0
_LARGE = 100.0
#: Epochs with one accuracy before that says something.
_STUCK = 5

_BINARY = ("binary_crossentropy", "binary_focal_crossentropy")
_CATEGORICAL = ("categorical_crossentropy", "categorical_focal_crossentropy")
_SPARSE = ("sparse_categorical_crossentropy",)
_CLASSIFYING = (*_BINARY, *_CATEGORICAL, *_SPARSE)

#: Layers that take inputs of any size of number.
_SCALING = (
    keras.layers.Normalization,
    keras.layers.BatchNormalization,
    keras.layers.LayerNormalization,
    keras.layers.Rescaling,
    keras.layers.Embedding,
)

Filling = dict[str, Any] | None


@dataclass
class Case:
    """A model with what it is trained on, looked at once and only where needed."""

    model: Any
    x: Any = None
    y: Any = None
    arguments: Mapping[str, Any] = field(default_factory=dict)
    metrics: dict[str, Any] = field(default_factory=dict)

    @cached_property
    def layers(self) -> list[Any]:
        """The layers, without those that hold the input."""
        layers = getattr(self.model, "layers", None) or []
        return [one for one in layers if not isinstance(one, keras.layers.InputLayer)]

    @cached_property
    def last(self) -> tuple[str, int | None]:
        """Activation and size of the only output; ("", None) where not clear."""
        layers = self.layers
        outputs = getattr(self.model, "outputs", None) or [None]
        if not layers or len(outputs) != 1:
            return "", None
        last = layers[-1]
        if outputs[0] is not None and hasattr(outputs[0], "_keras_history"):
            last = outputs[0]._keras_history.operation
        if isinstance(last, keras.layers.Dense):
            return _name(last.activation), last.units
        before = layers[-2] if len(layers) > 1 else None
        units = getattr(before, "units", None)
        if isinstance(last, keras.layers.Softmax):
            return "softmax", units
        if isinstance(last, keras.layers.Activation):
            return _name(last.activation), units
        return "", None

    @cached_property
    def loss(self) -> str:
        """The loss's name, "" for none of Keras's or several."""
        return loss_name(getattr(self.model, "loss", None))

    @cached_property
    def logits(self) -> bool:
        """Whether the loss expects logits."""
        loss = getattr(self.model, "loss", None)
        return bool(getattr(loss, "from_logits", False))

    @cached_property
    def labels(self) -> np.ndarray | None:
        """The labels as numbers, None where they are none."""
        if self.y is None or isinstance(self.y, dict | tuple) or callable(self.y):
            return None
        if isinstance(self.y, list) and any(np.ndim(one) > 1 for one in self.y):
            return None
        try:
            values = np.asarray(getattr(self.y, "codes", self.y))
        except (TypeError, ValueError):
            return None
        if values.dtype.kind not in "biuf" or not values.size or not values.ndim:
            return None
        return values

    @cached_property
    def flat(self) -> np.ndarray | None:
        """One number a row: the label, or the place of the one in one-hot labels."""
        y = self.labels
        if y is None:
            return None
        if y.ndim == 1 or (y.ndim == 2 and y.shape[1] == 1):
            return y.reshape(-1)
        if y.ndim == 2 and self.loss in _CATEGORICAL:
            return np.asarray(y.argmax(axis=1))
        return None


def _name(activation: Any) -> str:
    return str(getattr(activation, "__name__", ""))


# Settings -----------------------------------------------------------------------------


def softmax_one_unit(case: Case) -> Filling:
    """Find one softmax unit."""
    return {} if case.last == ("softmax", 1) else None


def sigmoid_categorical(case: Case) -> Filling:
    """Find a sigmoid where classes exclude each other."""
    if case.last[0] == "sigmoid" and case.loss in (*_CATEGORICAL, *_SPARSE):
        return {"loss": case.loss}
    return None


def linear_without_logits(case: Case) -> Filling:
    """Find a linear output where the loss takes probabilities."""
    if case.last[0] != "linear" or case.loss not in _CLASSIFYING or case.logits:
        return None
    return {
        "loss": case.loss,
        "loss_call": f"loss_{case.loss}",
        "activation": "sigmoid" if case.loss in _BINARY else "softmax",
    }


def logits_twice(case: Case) -> Filling:
    """Find a probability where the loss takes logits."""
    activation = case.last[0]
    losses = _BINARY if activation == "sigmoid" else (*_CATEGORICAL, *_SPARSE)
    if activation in ("sigmoid", "softmax") and case.logits and case.loss in losses:
        return {"activation": activation}
    return None


def layers_twice(case: Case) -> Filling:
    """Find an output layer in the middle of a Sequential model, and again later."""
    if not isinstance(case.model, keras.Sequential):
        return None
    outputs = [
        layer for layer in case.layers
        if isinstance(layer, keras.layers.Dense)
        and (
            (layer.units == 1 and _name(layer.activation) == "sigmoid")
            or _name(layer.activation) == "softmax"
        )
    ]  # fmt: skip
    for first, second in pairwise(outputs):
        if first.units == second.units and first.activation is second.activation:
            return {"first": first.name, "second": second.name}
    return None


# Earlier trainings --------------------------------------------------------------------


class _Earlier(NamedTuple):
    """What a model was when its last training ended."""

    optimizer: Any
    settings: str
    weights: bytes
    epochs: int


_trained: weakref.WeakKeyDictionary[Any, _Earlier] = weakref.WeakKeyDictionary()


def remember(model: Any, epochs: int) -> None:
    """Note that a model was trained."""
    if model.optimizer is None or not model.trainable_variables:
        return
    earlier = _trained.get(model)
    _trained[model] = _Earlier(
        weakref.ref(model.optimizer),
        _settings(model),
        _some_weights(model),
        epochs + (earlier.epochs if earlier else 0),
    )


def _some_weights(model: Any) -> bytes:
    """Return the smallest of the trained variables, to tell whether they were reset."""
    smallest = min(model.trainable_variables, key=lambda one: math.prod(one.shape))
    return bytes(np.asarray(smallest).tobytes())


def _settings(model: Any) -> str:
    """Return what tells a run of the same cell from a new stage of training."""
    try:
        compiled = json.dumps(model.get_compile_config(), sort_keys=True, default=str)
    except (TypeError, ValueError, NotImplementedError, AttributeError):
        # A loss or metric of the user's own that has no config tells nothing; the
        # pitfall is then not looked for.
        return ""
    # Automatic names count up.
    compiled = compiled.replace(json.dumps(model.optimizer.name), "")
    return f"{compiled} {[one.path for one in model.trainable_variables]}"


def trained_before(case: Case) -> Filling:
    """Find a trained model, compiled again as it was and not made anew."""
    model, earlier = case.model, _trained.get(case.model)
    if earlier is None or earlier.optimizer() is model.optimizer:
        return None
    if not earlier.settings or earlier.settings != _settings(model):
        return None
    if not model.trainable_variables or earlier.weights != _some_weights(model):
        return None
    return {"epochs": earlier.epochs}


# Labels -------------------------------------------------------------------------------


def labels_text(case: Case) -> Filling:
    """Find labels that are words."""
    y = case.y
    if y is None or isinstance(y, dict | tuple) or callable(y):
        return None
    if case.loss not in _CLASSIFYING:
        return None
    dtype = getattr(y, "dtype", None)
    if isinstance(y, list) and y and isinstance(y[0], str):
        values = np.asarray(y)
    elif _is_text(dtype):
        values = np.asarray(y).reshape(-1)
    else:
        return None
    shown_words = values[:1000].tolist()
    words = {w.decode() if isinstance(w, bytes) else w for w in shown_words}
    if not all(isinstance(word, str) for word in words):
        return None
    shown = sorted(words)
    return {"values": ", ".join(map(repr, shown[:4])), "last": shown[-1]}


def _is_text(dtype: Any) -> bool:
    kind = getattr(dtype, "kind", "")
    return "string" in str(dtype) or str(dtype) in ("object", "str") or kind == "U"


def labels_wrong_form(case: Case) -> Filling:
    """Find labels whose shape does not go with the last layer and the loss."""
    y, units = case.labels, case.last[1]
    if y is None or units is None or y.ndim > 2 or case.loss not in _CLASSIFYING:
        return None
    columns = 1 if y.ndim == 1 else y.shape[1]
    remedy = None
    if case.loss in _SPARSE and columns > 1:
        remedy = (
            'give class numbers, y.argmax(axis=1), or loss="categorical_crossentropy"'
        )
    elif case.loss not in _SPARSE and units > 1 and columns == 1:
        remedy = f"give one column for each class, to_categorical(y, {units}), or " + (
            'end in layer_dense(1, activation="sigmoid")'
            if case.loss in _BINARY
            else 'write loss="sparse_categorical_crossentropy"'
        )
    elif case.loss in _BINARY and units == 1 and columns > 1:
        remedy = "give one column, y[:, 1]"
    if remedy is None:
        return None
    return {"units": units, "loss": case.loss, "shape": y.shape, "remedy": remedy}


def labels_not_from_zero(case: Case) -> Filling:
    """Find labels 1 and 2, or -1 and 1."""
    y, units = case.labels, case.last[1]
    if y is None or units is None or case.loss not in (*_BINARY, *_SPARSE):
        return None
    low, high = y.min(), y.max()
    highest = 1 if case.loss in _BINARY else units - 1
    if not (low < 0 or high > highest):
        return None
    values = np.unique(y)
    shown = ", ".join(f"{value:g}" for value in values[:5])
    remedy = f"y = (y == {high:g})" if values.size == 2 else f"y = y - {low:g}"
    return {
        "values": shown + (", ..." if values.size > 5 else ""),
        "loss": case.loss,
        "needed": "0 and 1" if highest == 1 else f"0 to {highest}",
        "remedy": remedy,
    }


def labels_constant(case: Case) -> Filling:
    """Find only one class."""
    y = case.flat
    if y is None or case.loss not in _CLASSIFYING or y.size < 2 or (y != y[0]).any():
        return None
    return {"value": f"{y[0]:g}"}


def validation_tail(case: Case) -> Filling:
    """Find rows in the order of their labels, and the last ones held out."""
    y, split = case.flat, case.arguments.get("validation_split")
    if y is None or not split or case.loss not in _CLASSIFYING:
        return None
    if case.arguments.get("validation_data") is not None or not 0 < split < 1:
        return None
    tail = y[int(y.size * (1 - split)) :]
    if not tail.size or (tail != tail[0]).any() or (y == y[0]).all():
        return None
    if tail.size < 10 and (np.diff(y) < 0).any() and (np.diff(y) > 0).any():
        return None  # so few may be alike by chance
    return {"split": float(split), "n": tail.size, "value": f"{tail[0]:g}"}


# Inputs -------------------------------------------------------------------------------


def _rows(x: Any, elements: int) -> np.ndarray | None:
    """Return rows at equal distances; None for what is not a dense table."""
    if not isinstance(x, np.ndarray) or x.ndim < 2 or x.dtype.kind not in "biuf":
        return None
    if not x.size:
        return None
    step = max(1, -(-x.size // elements))
    return np.asarray(x[::step].reshape(len(x[::step]), -1))


def inputs_not_scaled(case: Case) -> Filling:
    """Find large numbers, or columns of very different size, in a dense layer."""
    if not case.layers or case.loss not in _CLASSIFYING:
        return None
    if any(isinstance(layer, _SCALING) for layer in case.layers[:2]):
        return None
    if not isinstance(case.layers[0], keras.layers.Dense | keras.layers.Flatten):
        return None
    rows = _rows(case.x, _SAMPLE)
    if rows is None or len(rows) < 5:
        return None
    largest = float(np.abs(rows).max())
    deviations = rows.std(axis=0)
    deviations = deviations[deviations > 0]
    if not np.isfinite(largest) or not deviations.size:
        return None
    if largest > _LARGE and deviations.max() > 10:
        return {"received": f"values up to {largest:,.4g}"}
    ratio = deviations.max() / deviations.min()
    if ratio > _RATIO and deviations.max() > 1:
        return {"received": f"standard deviations of columns {ratio:,.0f} : 1"}
    return None


def rows_shared(case: Case) -> Filling:
    """Find rows that are in the training and in the validation data."""
    data, split = case.arguments.get("validation_data"), case.arguments.get(
        "validation_split"
    )  # fmt: skip
    if isinstance(data, list | tuple) and data:
        training, validation = case.x, data[0]
    elif split and getattr(case.x, "shape", None):
        at = int(case.x.shape[0] * (1 - split))
        training, validation = case.x[:at], case.x[at:]
    else:
        return None
    if not all(_is_table(part) for part in (training, validation)):
        return None
    held_out = _contents(validation, _VALIDATION_SAMPLE)
    limit = max(_VALIDATION_SAMPLE, _COMPARED // _width(training))
    seen = _contents(training, limit)
    distinct = set(seen)
    if len(held_out) < 5 or len(distinct) < 0.9 * len(seen):
        return None  # rows of a few values are alike by nature
    shared = sum(row in distinct for row in held_out)
    share = shared / len(held_out) * training.shape[0] / len(seen)
    return {"share": min(share, 1.0)} if shared >= 3 and share >= 0.05 else None


def _is_table(x: Any) -> bool:
    if is_sparse(x):
        return True
    return isinstance(x, np.ndarray) and x.ndim >= 2 and x.size > 0


def _width(x: Any) -> int:
    if is_sparse(x):
        return max(1, int(x.nnz // max(1, x.shape[0])))
    return int(np.prod(x.shape[1:]))


def _contents(x: Any, rows: int) -> list[bytes]:
    """Return the bytes of rows at equal distances."""
    places = range(0, x.shape[0], max(1, -(-x.shape[0] // rows)))
    if not is_sparse(x):
        return [np.asarray(x[i], np.float32).tobytes() for i in places]
    matrix = x.tocsr()
    starts = matrix.indptr
    return [
        matrix.indices[starts[i] : starts[i + 1]].tobytes()
        + matrix.data[starts[i] : starts[i + 1]].astype(np.float32).tobytes()
        for i in places
    ]


# After the training -------------------------------------------------------------------


def numbers_only(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out series of anything but single numbers: callbacks may write such."""
    return {
        name: values
        for name, values in metrics.items()
        if all(isinstance(one, int | float | np.number) for one in values)
    }


def loss_nan(case: Case) -> Filling:
    """Find a loss that is no number any more."""
    losses = np.asarray(case.metrics.get("loss", ()), dtype=float)
    bad = np.flatnonzero(np.isnan(losses))
    return {"epoch": int(bad[0]) + 1} if bad.size else None


def accuracy_constant(case: Case) -> Filling:
    """Find an accuracy that never moved, and is not perfect."""
    for metric in ("accuracy", "acc", "binary_accuracy"):
        values = case.metrics.get(metric, ())
        if len(values) >= _STUCK and len(set(values)) == 1 and values[0] < 1:
            return {"metric": metric, "value": values[0], "epochs": len(values)}
    return None


def predictions_constant(case: Case) -> Filling:
    """Find one output for all rows; only looked at when the loss hardly moved."""
    losses = case.metrics.get("loss", ())
    if len(losses) < 2 or case.loss not in _CLASSIFYING:
        return None
    if not np.isfinite(losses).all() or min(losses) < 0.98 * losses[0]:
        return None
    if any(not type(one).__module__.startswith("keras.") for one in case.layers):
        return None  # calling what the user wrote may do anything
    rows = case.x[:64] if isinstance(case.x, np.ndarray) and case.x.ndim > 1 else None
    if rows is None or len(rows) < 5 or (rows == rows[0]).all():
        return None
    outputs = np.asarray(case.model(rows, training=False))
    if not np.isfinite(outputs).all() or np.ptp(outputs, axis=0).max() > 1e-6:
        return None
    return {"value": float(outputs.reshape(-1)[0])}
