"""Train on data that fit in memory: whole epochs as one graph, results as in Keras.

`keras.Model.fit` spends most of a small model's time between the steps: on the input
pipeline, on callbacks, on entering the graph. Here the loop over steps and epochs is
itself in the graph. What it computes is Keras's own: the rows come in the order that
Keras's data adapter draws, and each step is the model's own `train_step`.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._keras import keras
from .history import TrainingHistory

#: The arguments of `keras.Model.fit` that the loop in the graph knows.
_KNOWN = {"batch_size", "epochs", "shuffle", "verbose"}

Loop = Callable[..., Any]

#: Below this many rows, two orders drawn independently may be equal.
_TELLING = 16


def train(
    model: Any,
    x: NDArray[Any],
    y: NDArray[Any],
    arguments: Mapping[str, Any],
    loop: Loop | None = None,
) -> TrainingHistory:
    """Train a compiled model; the weights are those that ``model.fit`` would give.

    Parameters
    ----------
    model : keras.Model
        Compiled; its weights change in place.
    x : ndarray, shape (n_samples, ...)
    y : ndarray, shape (n_samples, ...)
    arguments : mapping
        For `keras.Model.fit`. Any but ``batch_size``, ``epochs``, ``shuffle`` and
        ``verbose=0`` makes `fit` itself do the work, as do other backends than
        TensorFlow and models that run eagerly.
    loop : callable, optional
        What `compiled_loop` made for this model before, to be used again.

    Returns
    -------
    TrainingHistory
    """
    if not suits(model, arguments):
        return TrainingHistory.from_keras(model.fit(x, y, **arguments))
    import tensorflow as tf

    epochs = int(arguments.get("epochs", 1))
    batch_size = int(arguments.get("batch_size") or 32)
    model._symbolic_build(data_batch=(x[:batch_size], y[:batch_size]))
    orders = row_orders(len(x), batch_size, epochs, arguments.get("shuffle", True))
    table = (loop or compiled_loop(model))(
        tf.convert_to_tensor(x),
        tf.convert_to_tensor(y),
        tf.convert_to_tensor(orders),
        tf.constant(batch_size, tf.int64),
        tf.constant(epochs, tf.int64),
    )
    model.optimizer.finalize_variable_values(model.trainable_weights)
    params = {
        "verbose": 0,
        "epochs": epochs,
        "steps": math.ceil(len(x) / batch_size),
    }
    names = model.get_metrics_result()
    return TrainingHistory(params, dict(zip(names, table.numpy().T, strict=True)))


def suits(model: Any, arguments: Mapping[str, Any]) -> bool:
    """Say whether a training can run as one graph."""
    return (
        keras.backend.backend() == "tensorflow"
        and set(arguments) <= _KNOWN
        and arguments.get("verbose", 0) == 0
        and arguments.get("shuffle", True) in (True, False)
        and arguments.get("epochs", 1) >= 1
        and not model.run_eagerly
        and not model.jit_compile
        and model.steps_per_execution == 1
        and keras.config.max_epochs() is None
        and keras.config.max_steps_per_epoch() is None
    )


def row_orders(
    n: int, batch_size: int, epochs: int, shuffle: bool
) -> NDArray[np.int64]:
    """Return the order of the rows in each epoch, as Keras's data adapter draws it.

    Returns
    -------
    ndarray of int64, shape (n_orders, n)
        Epoch ``i`` uses row ``min(i, n_orders - 1)``.
    """
    if not shuffle:
        return np.arange(n)[None, :]
    from keras.src.trainers.data_adapters.array_data_adapter import ArrayDataAdapter

    adapter = ArrayDataAdapter(np.arange(n), batch_size=batch_size, shuffle=True)
    dataset = adapter.get_tf_dataset().unbatch().batch(n)

    def draw() -> NDArray[np.int64]:
        (batch,) = dataset.as_numpy_iterator()
        return np.asarray(batch[0] if isinstance(batch, tuple) else batch)

    orders = [draw() for _ in range(min(epochs, 2))]
    if n >= _TELLING and len(orders) == 2 and (orders[0] == orders[1]).all():
        # With a seed, each epoch's iterator starts from the same random state.
        return orders[0][None, :]
    orders += [draw() for _ in range(epochs - len(orders))]
    return np.stack(orders)


def compiled_loop(model: Any) -> Loop:
    """Return a graph of a model's training, for any number of rows and epochs.

    It returns the metrics, shape ``(epochs, n_metrics)``.
    """
    import tensorflow as tf

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def step(x: Any, y: Any) -> Any:
        return model.train_step((x, y))

    @tf.function(reduce_retracing=True)  # type: ignore[untyped-decorator]
    def loop(x: Any, y: Any, orders: Any, batch_size: Any, epochs: Any) -> Any:
        n = tf.shape(x, tf.int64)[0]
        last = tf.shape(orders, tf.int64)[0] - 1
        table = tf.TensorArray(keras.config.floatx(), size=tf.cast(epochs, tf.int32))
        for epoch in tf.range(epochs):
            model.reset_metrics()
            order = orders[tf.minimum(epoch, last)]
            for start in tf.range(tf.constant(0, tf.int64), n, batch_size):
                rows = order[start : tf.minimum(start + batch_size, n)]
                step(tf.gather(x, rows), tf.gather(y, rows))
            results = [
                tf.cast(value, keras.config.floatx())
                for value in model.get_metrics_result().values()
            ]
            table = table.write(tf.cast(epoch, tf.int32), tf.stack(results))
        return table.stack()

    for function in (step, loop):
        # One trace for each model is what is meant to happen.
        function._omit_frequent_tracing_warning = True
    return loop
