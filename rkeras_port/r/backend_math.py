"""The ``k_`` functions that compute, where no function of Keras 3 does the same.

Values that stay symbolic go through `keras.ops`, so that the functions also work on the
tensors of a functional model. Axes and indices come counted from 0. R's package: keras
2.16.1, whose functions are those of Keras 2's module `backend`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from rkeras_port._keras import keras
from rkeras_port.errors import ArgumentError
from rkeras_port.r.backend import int_shape, is_symbolic

ops: Any = keras.ops


def cast_to_floatx(x: Any) -> Any:
    """Convert to Keras's float type: a tensor to a tensor, an array to an array."""
    if ops.is_tensor(x) or isinstance(x, keras.KerasTensor | keras.Variable):
        return ops.cast(x, keras.config.floatx())
    return np.asarray(x, dtype=keras.config.floatx())


def clip(x: Any, min_value: Any = None, max_value: Any = None) -> Any:
    """Limit values; without a limit they are not limited on that side."""
    low = -np.inf if min_value is None else min_value
    high = np.inf if max_value is None else max_value
    return ops.clip(x, low, high)


def hard_sigmoid(x: Any) -> Any:
    """Return ``0.2 * x + 0.5``, limited to 0 and 1; Keras 3's own is less steep."""
    return ops.clip(0.2 * ops.convert_to_tensor(x) + 0.5, 0.0, 1.0)


def sqrt(x: Any) -> Any:
    """Return square roots, 0 for negative numbers."""
    return ops.sqrt(ops.maximum(x, 0.0))


def l2_normalize(x: Any, axis: Any = None) -> Any:
    """Divide by the Euclidean norm along an axis, or of the whole."""
    squares = ops.sum(ops.square(x), axis=axis, keepdims=True)
    return x * ops.rsqrt(ops.maximum(squares, 1e-12))


def batch_flatten(x: Any) -> Any:
    """Make one axis of all but the first."""
    shape = int_shape(x)[1:]
    width = -1 if None in shape else int(np.prod(shape))
    return ops.reshape(x, (-1, width))


def gather(reference: Any, indices: Any) -> Any:
    """Return the rows of a tensor at these places."""
    return ops.take(reference, indices, axis=0)


def identity(x: Any, name: str | None = None) -> Any:
    """Return a tensor with the same value."""
    return ops.convert_to_tensor(x) if not is_symbolic(x) else x


def squeeze(x: Any, axis: int | None = None) -> Any:
    """Remove an axis of size 1, or all of them."""
    return ops.squeeze(x, axis=axis)


def in_top_k(predictions: Any, targets: Any, k: int) -> Any:
    """Say for each row whether its target is among the `k` largest predictions."""
    return ops.in_top_k(ops.cast(targets, "int32"), predictions, k)


def binary_crossentropy(target: Any, output: Any, from_logits: bool = False) -> Any:
    """Return the cross-entropy of each element."""
    return ops.binary_crossentropy(target, output, from_logits=from_logits)


def switch(condition: Any, then_expression: Any, else_expression: Any) -> Any:
    """Choose one of two values or functions, or element by element."""
    results = [
        one() if callable(one) else one for one in (then_expression, else_expression)
    ]
    condition = ops.cast(condition, "bool")
    while 0 < len(condition.shape) < len(int_shape(results[0])):
        condition = ops.expand_dims(condition, -1)
    return ops.where(condition, *results)


def normalize_batch_in_training(
    x: Any, gamma: Any, beta: Any, reduction_axes: Any, epsilon: float = 1e-3
) -> tuple[Any, Any, Any]:
    """Normalize by the batch's own mean and variance; return those too."""
    axes = [reduction_axes] if isinstance(reduction_axes, int) else list(reduction_axes)
    mean, variance = ops.moments(x, axes=axes)
    kept_mean, kept_variance = ops.moments(x, axes=axes, keepdims=True)
    normed = (x - kept_mean) * ops.rsqrt(kept_variance + epsilon)
    normed = normed if gamma is None else normed * gamma
    return (normed if beta is None else normed + beta), mean, variance


def learning_phase() -> int:
    """Return 0: outside `fit()` nothing is being trained."""
    return 0


def in_train_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """Return `x` where a model trains, else `alt`; functions are called."""
    return _call(x if training else alt)


def in_test_phase(x: Any, alt: Any, training: Any = None) -> Any:
    """Return `alt` where a model trains, else `x`; functions are called."""
    return _call(alt if training else x)


def _call(value: Any) -> Any:
    return value() if callable(value) else value


def function(inputs: Any, outputs: Any, updates: Any = None, **_: Any) -> Any:
    """Return a function from a list of arrays to a list of arrays.

    Parameters
    ----------
    inputs, outputs : list of KerasTensor
        Where values go in, and what is worked out of them.
    updates : None
        Keras 2 ran these assignments with each call.

    Raises
    ------
    ArgumentError
        If there are updates.
    """
    if updates:
        raise ArgumentError(
            "k_function",
            "updates",
            "cannot be run by a function of symbolic tensors",
            received=f"{len(updates)}",
            remedy="Assign to the variables with k_update() after the call.",
        )
    given = list(inputs) if isinstance(inputs, list | tuple) else [inputs]
    wanted = list(outputs) if isinstance(outputs, list | tuple) else [outputs]
    model = keras.Function(given, wanted)

    def compute(inputs: Any) -> list[Any]:
        values = inputs if isinstance(inputs, list | tuple) else [inputs]
        tensors = [
            ops.convert_to_tensor(one, dtype=to.dtype)
            for one, to in zip(values, given, strict=True)
        ]
        return [np.asarray(ops.convert_to_numpy(one)) for one in model(tensors)]

    return compute


# Convolution --------------------------------------------------------------------------


def conv3d_transpose(
    x: Any,
    kernel: Any,
    output_shape: Any,
    strides: Any = (1, 1, 1),
    padding: str = "valid",
    data_format: str | None = None,
) -> Any:
    """Return a transposed convolution, of the shape that is asked for.

    Raises
    ------
    ArgumentError
        If strides and padding give another shape.
    """
    result = ops.conv_transpose(
        x, kernel, strides=strides, padding=padding, data_format=data_format
    )
    wanted = list(output_shape)[1:]
    found = list(result.shape)[1:]
    if any(
        size is not None and size != has
        for size, has in zip(wanted, found, strict=True)
    ):
        raise ArgumentError(
            "k_conv3d_transpose",
            "output_shape",
            f"must be what strides and padding give, {found} after the batch",
            received=str(wanted),
        )
    return result


def local_conv1d(
    inputs: Any, kernel: Any, kernel_size: Any, strides: Any, data_format: Any = None
) -> Any:
    """Convolve with other weights at each place.

    Parameters
    ----------
    inputs : tensor, shape ``(batch, steps, channels)``
    kernel : tensor, shape ``(output_length, kernel_size * channels, filters)``
    kernel_size, strides : int or tuple of int
    """
    (size,), (stride,) = np.atleast_1d(kernel_size), np.atleast_1d(strides)
    if data_format == "channels_first":
        inputs = ops.transpose(inputs, (0, 2, 1))
    patches = [
        batch_flatten(inputs[:, i * stride : i * stride + size, :])
        for i in range(int_shape(kernel)[0])
    ]
    result = ops.einsum("lbk,lkf->blf", ops.stack(patches), kernel)
    first = data_format == "channels_first"
    return ops.transpose(result, (0, 2, 1)) if first else result


def local_conv2d(
    inputs: Any,
    kernel: Any,
    kernel_size: Any,
    strides: Any,
    output_shape: Any,
    data_format: Any = None,
) -> Any:
    """Convolve images with other weights at each place.

    Parameters
    ----------
    inputs : tensor, shape ``(batch, rows, columns, channels)``
    kernel : tensor, shape ``(out_rows * out_columns, size * channels, filters)``
    kernel_size, strides, output_shape : tuple of two int
    """
    first = data_format == "channels_first"
    if first:
        inputs = ops.transpose(inputs, (0, 2, 3, 1))
    rows, columns = output_shape
    patches = [
        batch_flatten(
            inputs[
                :,
                i * strides[0] : i * strides[0] + kernel_size[0],
                j * strides[1] : j * strides[1] + kernel_size[1],
                :,
            ]
        )
        for i in range(rows)
        for j in range(columns)
    ]
    result = ops.einsum("lbk,lkf->blf", ops.stack(patches), kernel)
    result = ops.reshape(result, (-1, rows, columns, int_shape(kernel)[-1]))
    return ops.transpose(result, (0, 3, 1, 2)) if first else result
