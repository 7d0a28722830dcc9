"""What the ``k_`` functions do where no function of Keras 3 does the same.

Values that stay symbolic go through `keras.ops`, so that the functions also work on the
tensors of a functional model. Axes and indices come counted from 0. R's package: keras
2.16.1, whose functions are those of Keras 2's module `backend`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from rkeras_port._keras import keras
from rkeras_port.errors import ArgumentError

ops: Any = keras.ops


def _legacy(name: str) -> Callable[..., Any]:
    """Return a function of Keras 2's backend, which runs on TensorFlow only."""
    from rkeras_port.r.verbs import find

    found: Callable[..., Any] = find(f"keras._tf_keras.keras.backend.{name}")
    return found


# Making tensors -----------------------------------------------------------------------


def arange(
    start: int, stop: int | None = None, step: int = 1, dtype: str = "int32"
) -> Any:
    """Return whole numbers from `start` to before `stop`; one number is the stop."""
    if stop is None:
        start, stop = 0, start
    return ops.arange(start, stop, step, dtype=dtype)


def constant(value: Any, dtype: Any = None, shape: Any = None, name: Any = None) -> Any:
    """Return a tensor that never changes; one number fills a shape."""
    tensor = ops.convert_to_tensor(value, dtype=dtype or keras.config.floatx())
    if shape is None:
        return tensor
    alone = int(np.prod(tensor.shape)) == 1
    return (ops.broadcast_to if alone else ops.reshape)(tensor, shape)


def variable(
    value: Any, dtype: Any = None, name: str | None = None, constraint: Any = None
) -> Any:
    """Return a variable with this value."""
    return keras.Variable(
        _plain(value), dtype=dtype or keras.config.floatx(), name=name
    )


def _plain(value: Any) -> Any:
    return value if hasattr(value, "shape") else np.asarray(value)


def eye(size: int, dtype: Any = None, name: str | None = None) -> Any:
    """Return a variable that holds an identity matrix."""
    return variable(np.eye(size), dtype, name)


def ones(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Return a variable of ones."""
    return variable(np.ones(shape), dtype, name)


def zeros(shape: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Return a variable of zeros."""
    return variable(np.zeros(shape), dtype, name)


def ones_like(x: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Return ones in the shape of another tensor."""
    return ops.ones_like(x, dtype=dtype)


def zeros_like(x: Any, dtype: Any = None, name: str | None = None) -> Any:
    """Return zeros in the shape of another tensor."""
    return ops.zeros_like(x, dtype=dtype)


def symbolic(
    shape: Any = None,
    ndim: int | None = None,
    dtype: Any = None,
    sparse: bool = False,
    name: str | None = None,
) -> Any:
    """Return a symbolic tensor, the start of a computation for `function`."""
    if shape is None:
        shape = (None,) * (ndim or 0)
    return keras.KerasTensor(
        shape, dtype=dtype or keras.config.floatx(), sparse=sparse, name=name
    )


# Looking at tensors -------------------------------------------------------------------


def value(x: Any) -> Any:
    """Return the value of a tensor or variable as an array."""
    if isinstance(x, keras.KerasTensor):
        raise ArgumentError(
            "k_eval",
            "x",
            "must have a value",
            received="a symbolic tensor",
            remedy="Use predict() on a model, or k_function(), to work it out.",
        )
    if isinstance(x, int | float | bool | str):
        return x
    array = np.asarray(ops.convert_to_numpy(x))
    return array.item() if array.ndim == 0 else array


def batch_get_value(ops: Sequence[Any]) -> list[Any]:
    """Return the values of several tensors."""
    return [value(one) for one in ops]


def set_value(x: Any, value: Any) -> None:
    """Give a variable another value."""
    x.assign(value)


def batch_set_value(lists: Sequence[Sequence[Any]]) -> None:
    """Give several variables values, each in a list of the variable and the value."""
    for x, new in lists:
        x.assign(new)


def update(x: Any, new_x: Any) -> Any:
    """Give a variable another value; return the variable."""
    x.assign(new_x)
    return x


def update_add(x: Any, increment: Any) -> Any:
    """Add to a variable; return it."""
    x.assign_add(increment)
    return x


def update_sub(x: Any, decrement: Any) -> Any:
    """Subtract from a variable; return it."""
    x.assign_sub(decrement)
    return x


def moving_average_update(x: Any, value: Any, momentum: float) -> Any:
    """Move a variable towards a value: ``momentum * x + (1 - momentum) * value``."""
    x.assign(momentum * x + (1 - momentum) * ops.convert_to_tensor(value, x.dtype))
    return x


def int_shape(x: Any) -> Any:
    """Return a tensor's shape as far as it is known, None for the rest."""
    shape = getattr(x, "shape", None)
    return tuple(np.shape(x)) if shape is None else tuple(shape)


def shape(x: Any) -> Any:
    """Return a tensor's shape as a tensor; a symbolic one's as far as it is known."""
    if isinstance(x, keras.KerasTensor):
        return tuple(x.shape)
    return _legacy("shape")(x)


def ndim(x: Any) -> int:
    """Return the number of axes."""
    return len(int_shape(x))


def count_params(x: Any) -> int:
    """Return the number of elements."""
    return int(np.prod(int_shape(x)))


def dtype(x: Any) -> str:
    """Return the name of a tensor's type."""
    return str(
        keras.backend.standardize_dtype(getattr(x, "dtype", np.asarray(x).dtype))
    )


def is_symbolic(x: Any) -> bool:
    """Say whether a tensor is symbolic."""
    return isinstance(x, keras.KerasTensor)


def print_tensor(x: Any, message: str = "") -> Any:
    """Print a tensor's value when it is worked out; return the tensor."""
    import tensorflow as tf

    tf.print(message, x)
    return x


# Computing ----------------------------------------------------------------------------


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


# Random numbers -----------------------------------------------------------------------


def _seed(seed: int | None) -> int:
    return int(np.random.randint(10_000_000)) if seed is None else seed


def random_normal(
    shape: Any,
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: Any = None,
    seed: Any = None,
) -> Any:
    """Return normally distributed numbers; sizes may be tensors."""
    return _legacy("random_normal")(shape, mean, stddev, dtype, seed)


def random_uniform(
    shape: Any,
    minval: float = 0.0,
    maxval: float = 1.0,
    dtype: Any = None,
    seed: Any = None,
) -> Any:
    """Return uniformly distributed numbers; sizes may be tensors."""
    return _legacy("random_uniform")(shape, minval, maxval, dtype, seed)


def truncated_normal(
    shape: Any,
    mean: float = 0.0,
    stddev: float = 1.0,
    dtype: Any = None,
    seed: Any = None,
) -> Any:
    """Return normally distributed numbers at most two deviations from the mean."""
    return _legacy("truncated_normal")(shape, mean, stddev, dtype, seed)


def random_bernoulli(
    shape: Any, p: float = 0.0, dtype: Any = None, seed: Any = None
) -> Any:
    """Return ones with probability `p`, else zeros."""
    drawn = random_uniform(shape, seed=seed)
    return ops.cast(drawn <= p, dtype or keras.config.floatx())


def random_normal_variable(
    shape: Any,
    mean: float,
    scale: float,
    dtype: Any = None,
    name: str | None = None,
    seed: Any = None,
) -> Any:
    """Return a variable of normally distributed numbers."""
    return variable(random_normal(shape, mean, scale, dtype, _seed(seed)), dtype, name)


def random_uniform_variable(
    shape: Any,
    low: float,
    high: float,
    dtype: Any = None,
    name: str | None = None,
    seed: Any = None,
) -> Any:
    """Return a variable of uniformly distributed numbers."""
    return variable(random_uniform(shape, low, high, dtype, _seed(seed)), dtype, name)


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


def reset_uids() -> None:
    """Count automatic names from the start again."""
    keras.backend.clear_session()
