"""Sparse batches past inputs that are not declared sparse, for one thread and a while.

Keras makes such batches dense where a `Functional` model begins. Where one `Dense`
layer is all that takes them, and its sums are known, they go on to it as they are.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import tensorflow as tf
from keras.src.models.functional import Functional

from ._dense_sums import DenseSums
from ._keras import keras
from ._sparse_matmul import fast_matmul

#: What a user may set on a model in place of Keras's own, to see batches.
_STEPS = {
    "call",
    "compute_loss",
    "compute_metrics",
    "predict_step",
    "test_step",
    "train_step",
}

_keras_convert = Functional._convert_inputs_to_tensors
_lock = threading.Lock()
_users = 0


class _Here(threading.local):
    """Models that take sparse batches in this thread."""

    def __init__(self) -> None:
        self.models: list[Any] = []


_here = _Here()


def only_dense_layer(model: Any) -> Any:
    """Return the `Dense` layer that alone takes a model's one input, if so it is."""
    if (
        type(model) not in (keras.Sequential, Functional)
        or not model.built
        or model.run_eagerly
        or model.jit_compile
        or _STEPS & vars(model).keys()
    ):
        return None
    functional = _functional(model)
    if functional is None or len(functional.inputs) != 1:
        return None
    (given,) = functional.inputs
    takers = [
        node.operation
        for nodes in functional._nodes_by_depth.values()
        for node in nodes
        if any(tensor is given for tensor in node.input_tensors)
    ]
    if len(takers) != 1 or any(given is output for output in functional.outputs):
        return None
    (layer,) = takers
    is_plain = (
        type(layer) is keras.layers.Dense
        and given.dtype == layer.compute_dtype == layer.variable_dtype == "float32"
        and len(given.shape) == 2
    )
    if not is_plain or layer.lora_enabled or layer.quantization_mode is not None:
        return None
    return layer if not _STEPS & vars(layer).keys() else None


@contextmanager
def sparse_inputs(model: Any, sums: DenseSums) -> Iterator[None]:
    """Let sparse batches through to the model's first layer, which adds up by `sums`.

    Only in this thread, and Keras is as it was when the last one has left.
    """
    global _users
    with _lock:
        _users += 1
        Functional._convert_inputs_to_tensors = _convert  # type: ignore[method-assign]
    _here.models.append(_functional(model))
    try:
        with fast_matmul(sums.product):
            yield
    finally:
        _here.models.pop()
        with _lock:
            _users -= 1
            if not _users:
                Functional._convert_inputs_to_tensors = _keras_convert  # type: ignore[method-assign]


def _convert(model: Any, inputs: list[Any]) -> list[Any]:
    is_meant = _here.models and _here.models[-1] is model
    if is_meant and all(isinstance(one, tf.SparseTensor) for one in inputs):
        return inputs
    return _keras_convert(model, inputs)  # type: ignore[no-untyped-call]


def _functional(model: Any) -> Any:
    return model._functional if isinstance(model, keras.Sequential) else model
