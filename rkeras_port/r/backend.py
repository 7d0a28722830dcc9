"""The ``k_`` functions that make tensors and variables, look at them and change them.

Here and in `backend_math` is what no function of Keras 3 does the same. R's package:
keras 2.16.1, whose functions are those of Keras 2's module `backend`.
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
    from rkeras_port.r.dispatch import find

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


def reset_uids() -> None:
    """Count automatic names from the start again."""
    keras.backend.clear_session()
