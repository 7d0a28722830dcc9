"""What a run is described by: the model, how it is trained, and on which data."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from hashlib import blake2b
from typing import Any

import numpy as np

#: Bytes of an array that are hashed at once.
_BLOCK = 1 << 24

#: Arguments of `fit` that are settings; the others are data or for the screen.
_SETTINGS = (
    "epochs",
    "batch_size",
    "validation_split",
    "shuffle",
    "class_weight",
    "initial_epoch",
    "steps_per_epoch",
    "validation_steps",
    "validation_batch_size",
    "validation_freq",
)

_DEFAULTS = {"epochs": 1, "batch_size": 32, "validation_split": 0.0, "shuffle": True}


def parameters(model: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a training is determined by, by MLflow's names where it has some.

    Parameters
    ----------
    model : keras.Model
        Compiled, and built if it has an input shape.
    arguments : mapping
        Those of `fit`.
    """
    settings = _DEFAULTS | {
        name: arguments[name] for name in _SETTINGS if arguments.get(name) is not None
    }
    found = _network(model) | settings | _optimizer(model)
    found["loss"] = _named(model.loss)
    found["seed"] = _seed()
    x, y = arguments.get("x"), arguments.get("y")
    if x is not None:
        found["data_fingerprint"] = fingerprint(x, y)
        found["training_rows"] = _rows(x)
    validation = arguments.get("validation_data")
    if isinstance(validation, list | tuple) and len(validation) >= 2:
        found["validation_fingerprint"] = fingerprint(*validation[:2])
        found["validation_rows"] = _rows(validation[0])
    return {name: value for name, value in found.items() if value is not None}


def _network(model: Any) -> dict[str, Any]:
    hidden = [layer for layer in model.layers if getattr(layer, "units", None)][:-1]
    found = {
        "layers": len(model.layers),
        "layer_classes": ",".join(type(layer).__name__ for layer in model.layers),
        "hidden_layers": len(hidden),
        "units": ",".join(str(layer.units) for layer in hidden),
        "activation": ",".join(
            dict.fromkeys(
                _named(getattr(layer, "activation", None)) for layer in hidden
            )
        ),
    }
    if model.built:
        found["trainable_parameters"] = sum(
            int(np.prod(weight.shape)) for weight in model.trainable_weights
        )
    return found


def _optimizer(model: Any) -> dict[str, Any]:
    config = model.optimizer.get_config()
    found = {
        f"optimizer_{name}": value
        for name, value in config.items()
        if isinstance(value, str | int | float | bool) and name != "name"
    }
    # Kept in single precision, in which 0.001 is not 0.001.
    rate = float(str(np.float32(model.optimizer.learning_rate)))
    if "optimizer_learning_rate" in found:
        found["optimizer_learning_rate"] = rate
    return {
        "optimizer": type(model.optimizer).__name__.lower(),
        "learning_rate": rate,
    } | found


def _named(value: Any) -> str:
    """Return the name of a loss or activation, however it was given."""
    if value is None or isinstance(value, str):
        return value or "none"
    if isinstance(value, list | tuple):
        return ",".join(map(_named, value))
    if isinstance(value, dict):
        return ",".join(f"{key}={_named(one)}" for key, one in value.items())
    return str(getattr(value, "name", None) or getattr(value, "__name__", value))


def _seed() -> int | None:
    from keras.src.utils import rng_utils

    seed = rng_utils.get_random_seed()
    return None if seed is None else int(seed)


def _rows(x: Any) -> int | None:
    if isinstance(x, list | tuple | dict):
        x = next(iter(x.values() if isinstance(x, dict) else x), None)
    shape = getattr(x, "shape", None)
    return int(shape[0]) if shape and shape[0] is not None else None


def fingerprint(*data: Any) -> str | None:
    """Return a hash of arrays' contents: equal data have equal ones.

    Parameters
    ----------
    *data : array, SciPy sparse matrix, or list or dict of those
        Values, shapes and types count. A sparse matrix and its dense form differ.

    Returns
    -------
    str or None
        16 hexadecimal digits; None if the data cannot be looked at without using them
        up, as those of a generator.

    Examples
    --------
    >>> a = np.arange(6.0)
    >>> fingerprint(a) == fingerprint(a.copy()), fingerprint(a) == fingerprint(a + 1)
    (True, False)
    """
    digest = blake2b(digest_size=8)
    return digest.hexdigest() if all(_add(digest, one) for one in data) else None


def _add(digest: Any, value: Any) -> bool:
    if value is None:
        return True
    if isinstance(value, dict):
        return all(_add(digest, value[key]) for key in sorted(value, key=str))
    if isinstance(value, list | tuple):
        return all(_add(digest, one) for one in value)
    if type(value).__module__.startswith("scipy.sparse"):
        rows = value.tocsr()
        digest.update(repr(rows.shape).encode())
        return all(_add(digest, a) for a in (rows.data, rows.indices, rows.indptr))
    if not hasattr(value, "__array__") or hasattr(value, "dtypes"):
        return False
    array = np.asarray(value)
    digest.update(f"{array.shape} {array.dtype.str}".encode())
    if array.dtype.hasobject:
        digest.update(repr(array.tolist()).encode())
        return True
    rows = max(1, _BLOCK // max(1, array[:1].nbytes)) if array.ndim else 1
    for start in range(0, len(array) if array.ndim else 1, rows):
        block = array[start : start + rows] if array.ndim else array
        digest.update(np.ascontiguousarray(block).data)
    return True


def environment() -> dict[str, str]:
    """Return the versions that a result can depend on."""
    from importlib.metadata import PackageNotFoundError, version

    found = {"python": platform.python_version(), "platform": platform.platform()}
    for name in (
        "rkeras-port",
        "keras",
        "tensorflow",
        "jax",
        "torch",
        "numpy",
        "scipy",
    ):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            continue
    keras = sys.modules.get("keras")
    if keras is not None:
        found["backend"] = keras.backend.backend()
    return found
