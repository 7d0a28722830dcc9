"""The product of a sparse batch and a dense kernel in TensorFlow, without detours.

Keras looks up the kernel's rows with `tf.nn.embedding_lookup_sparse`, which sorts out
repeated columns on the way there and back. Without that, the same sums are taken in the
same order: results are Keras's.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import keras.src.backend.tensorflow.numpy as keras_numpy
import tensorflow as tf

from ._keras import keras

_keras_matmul = keras_numpy.matmul
_lock = threading.Lock()
_users = 0


class _Here(threading.local):
    """The product in use in this thread, if it is not the one of this module."""

    product: Callable[[Any, Any], Any] | None = None


_here = _Here()


@contextmanager
def fast_matmul(product: Callable[[Any, Any], Any] | None = None) -> Iterator[None]:
    """Have Keras multiply sparse batches by dense kernels as here, for a while.

    What is compiled meanwhile keeps it, as long as the model keeps its compiled step.

    Parameters
    ----------
    product : callable, optional
        From a sparse batch and a kernel to their product, in this thread; by default
        the sums are Keras's.
    """
    global _users
    with _lock:
        _users += 1
        keras_numpy.matmul = _matmul
    before, _here.product = _here.product, product
    try:
        yield
    finally:
        _here.product = before
        with _lock:
            _users -= 1
            if not _users:
                keras_numpy.matmul = _keras_matmul


def _matmul(x1: Any, x2: Any) -> Any:
    """Multiply, here if a sparse matrix comes first and types agree, else in Keras."""
    if isinstance(x1, tf.SparseTensor) and x1.shape.rank == 2:
        x2 = keras.ops.convert_to_tensor(x2)
        is_dense = not isinstance(x2, tf.SparseTensor) and x2.shape.rank == 2
        if is_dense and x1.dtype == x2.dtype and x1.dtype in (tf.float32, tf.float64):
            if _here.product is not None:
                product = _here.product(x1, x2)
            else:
                product = _product(x1.indices, x1.values, x1.dense_shape, x2)
            product.set_shape((x1.shape[0], x2.shape[1]))
            return product
    return _keras_matmul(x1, x2)  # type: ignore[no-untyped-call]


@tf.custom_gradient  # type: ignore[untyped-decorator]
def _product(places: Any, values: Any, shape: Any, kernel: Any) -> Any:
    def gradient(upstream: Any) -> Any:
        of_kernel = tf.raw_ops.SparseTensorDenseMatMul(
            a_indices=places,
            a_values=values,
            a_shape=shape,
            b=upstream,
            adjoint_a=True,
        )
        rows, columns = places[:, 0], places[:, 1]
        products = tf.gather(upstream, rows) * tf.gather(kernel, columns)
        return None, tf.reduce_sum(products, axis=1), None, of_kernel

    product = tf.raw_ops.SparseTensorDenseMatMul(
        a_indices=places, a_values=values, a_shape=shape, b=kernel
    )
    return product, gradient
