"""What an observation holds: models, settings, data and results as plain values.

Nothing here changes what it looks at, and nothing is consumed: of data that can be
gone through only once, the kind is all that is told. Works in every Python with Keras
and NumPy, so also in the one that R's own keras3 runs.
"""

from __future__ import annotations

import hashlib
import random
import re
import sys
from collections.abc import Mapping
from typing import Any

import numpy as np

from rkeras_port.errors import RKerasError
from rkeras_port.splits import row_hashes

#: Numbers of the first rows that are kept to show where data differ.
SAMPLE_SIZE = 100_000

#: Arrays of more numbers than this are told by their rows' hashes.
LARGE = 5_000_000


# Models -------------------------------------------------------------------------------


def pattern(name: str) -> str:
    """Return a name without the number that Keras adds to keep names apart.

    Examples
    --------
    >>> pattern("dense_12"), pattern("block1_conv2"), pattern("dense")
    ('dense', 'block1_conv2', 'dense')
    """
    return re.sub(r"_\d+$", "", name)


def model(it: Any) -> dict[str, Any]:
    """Return the architecture of a built model: its layers, shapes and parameters."""
    return {
        "class": type(it).__name__,
        "name": it.name,
        "pattern": pattern(it.name),
        "layers": [_layer(layer) for layer in it.layers],
        "parameters": int(it.count_params()),
    }


def _layer(it: Any) -> dict[str, Any]:
    return {
        "class": type(it).__name__,
        "name": it.name,
        "pattern": pattern(it.name),
        "output_shape": _shape(it),
        "parameters": int(it.count_params()) if it.built else None,
        "trainable": bool(it.trainable),
        "settings": _settings(it),
        "seeds": _seeds(it),
    }


def _shape(layer: Any) -> Any:
    """Return the shape of a layer's output, None where it is not known yet."""
    try:
        output = layer.output
    except (AttributeError, ValueError):  # never called, or called several times
        return None
    shapes = [list(one.shape) for one in _flat(output) if hasattr(one, "shape")]
    return shapes[0] if len(shapes) == 1 else shapes


def _flat(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return [part for item in value for part in _flat(item)]
    return [value]


#: Entries of a layer's configuration that say nothing of what it computes, or that
#: other parts of an observation hold.
_NO_SETTINGS = {"name", "trainable", "dtype", "build_config", "layers", "batch_shape"}


def _settings(layer: Any) -> dict[str, Any]:
    try:
        config = layer.get_config()
    except (NotImplementedError, TypeError):  # a custom layer that cannot be saved
        return {}
    return {
        key: plain_config(value)
        for key, value in config.items()
        if key not in _NO_SETTINGS
    }


def _seeds(layer: Any) -> list[int]:
    """Return the seeds that a layer has drawn when it was made, in order."""
    makers = [
        vars(layer)[name] for name in sorted(vars(layer)) if "initializer" in name
    ]
    generator = getattr(layer, "seed_generator", None)
    seeds = [getattr(maker, "seed", None) for maker in makers]
    seeds.append(getattr(generator, "_initial_seed", None))
    return [int(seed) for seed in seeds if isinstance(seed, int | np.integer)]


def plain_config(value: Any) -> Any:
    """Return a configuration as plain values: objects of Keras by class and settings.

    A name, the class of that name and an object of it with its defaults are the same.
    """
    if isinstance(value, Mapping):
        if "class_name" in value and "config" in value:
            settings = plain_config(value["config"])
            if not isinstance(settings, dict):
                return str(settings)
            settings = {k: v for k, v in settings.items() if k not in _NO_SETTINGS}
            return {"class": value["class_name"], **settings}
        return {str(key): plain_config(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [plain_config(item) for item in value]
    if isinstance(value, np.ndarray):
        return value
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, str | int | float):
        return value
    return described(value)


def compiled(it: Any, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a model is compiled with."""
    optimizer = it.optimizer
    settings = plain_config(optimizer.get_config())
    settings = {key: v for key, v in settings.items() if key != "name"}
    return {
        "model": it.name,
        "optimizer": {"class": type(optimizer).__name__, **settings},
        **{
            name: described(_by_name(name, arguments.get(name)) or None)
            for name in ("loss", "metrics", "weighted_metrics", "loss_weights")
        },
    }


def _by_name(argument: str, value: Any) -> Any:
    """Return what a name of a loss stands for; aliases are one and the same."""
    if isinstance(value, Mapping):
        return {key: _by_name(argument, item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_by_name(argument, item) for item in value]
    # Names of metrics are left: they are also what results are called.
    if argument != "loss" or not isinstance(value, str):
        return value
    return sys.modules["keras"].losses.get(value)


def described(value: Any) -> Any:
    """Return a loss or metric, by whatever it is given, as plain values."""
    if isinstance(value, Mapping):
        return {str(key): described(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [described(item) for item in value]
    if value is None or isinstance(value, str | int | float):
        return value
    if isinstance(value, type):
        return _snake(value.__name__)
    if hasattr(value, "get_config"):
        return _object(value)
    return getattr(value, "__name__", type(value).__name__)


def _object(it: Any) -> Any:
    """Return an object of Keras by its name, and the settings that are not default."""
    name = _snake(type(it).__name__)
    try:
        settings, default = _config(it), _config(type(it)())
    except (NotImplementedError, TypeError):  # it needs arguments, or keeps them
        return name
    other = {
        key: plain_config(setting)
        for key, setting in settings.items()
        if key != "name" and setting != default.get(key)
    }
    return {"class": name, **other} if other else name


def _config(it: Any) -> dict[str, Any]:
    # Not every loss has its own settings in its configuration.
    return {**it.get_config(), **getattr(it, "_fn_kwargs", {})}


def _snake(name: str) -> str:
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name).lower()


def weights(it: Any, when: str) -> dict[str, Any]:
    """Return copies of all weights of a model, in the order of its layers."""
    return {
        "when": when,
        "model": it.name,
        "weights": [
            {"layer": index, "name": layer.name, "weight": variable.name,
             "value": np.array(variable.numpy())}
            for index, layer in enumerate(it.layers)
            for variable in layer.weights
            if "seed_generator" not in variable.path
        ],
    }  # fmt: skip


# Data ---------------------------------------------------------------------------------


def unwrapped(x: Any, y: Any = None) -> tuple[Any, Any]:
    """Return the arrays that this package's data adapters carry, or what is given."""
    source = getattr(x, "rkeras_source", None)
    return (x, y) if source is None else (source[0], source[1])


def data(x: Any, y: Any = None, rows: slice | None = None) -> dict[str, Any]:
    """Return what the rows are: form, first rows, hashes, targets.

    Parameters
    ----------
    x, y : array_like, sparse, frame, list or dict, or anything that gives batches
        As for `fit`.
    rows : slice, optional
        The rows that are meant; all by default.

    Returns
    -------
    dict
        ``n`` rows; ``x`` and ``y`` with form, dtype and shape; ``hashes``, uint64
        of shape ``(n,)``, of the rows of x; ``targets``, the values of y; ``sample``,
        the first rows of x as float64, and ``first_column``. Without rows that can be
        looked at: only the kind of x, and ``not_seen``, why. Numbers are rounded as
        Keras rounds them before it trains.
    """
    form = {"x": _form(x), "y": _form(y)}
    reason = _cannot_be_seen(x)
    if reason is not None:
        return {**form, "not_seen": reason}
    rows = rows or slice(None)
    first = next(iter(_parts(x)))
    try:
        hashes = row_hashes(x, dtype=_floatx())[rows]
    except RKerasError as error:
        return {**form, "not_seen": str(error)}
    return {
        **form,
        "n": len(hashes),
        "hashes": hashes,
        "targets": None if y is None else _targets(y, rows),
        "sample": _sample(first, rows, len(hashes)),
        "first_column": _first_column(first, rows),
    }


def rows_of(x: Any) -> int | None:
    """Return the number of rows, None of what does not have them at hand."""
    if _cannot_be_seen(x) is not None:
        return None
    first = next(iter(_parts(x)))
    return int(first.shape[0] if hasattr(first, "shape") else len(first))


def _cannot_be_seen(x: Any) -> str | None:
    parts = list(_parts(x))
    for part in parts:
        if isinstance(part, list | tuple):
            continue
        if not hasattr(part, "shape") or hasattr(part, "dense_shape"):
            return f"a {type(part).__name__} is not looked into, since that uses it up"
    return None if parts else "there is nothing in it"


def _parts(x: Any) -> Any:
    if isinstance(x, Mapping):
        return x.values()
    if isinstance(x, list | tuple) and any(getattr(item, "shape", ()) for item in x):
        return x
    return (x,)


def _form(value: Any) -> Any:
    """Return how a value is held: its kind, dtype and shape, order or sparse format."""
    if value is None:
        return None
    if isinstance(value, Mapping):
        return {str(key): _form(item) for key, item in value.items()}
    if isinstance(value, list | tuple) and any(
        hasattr(item, "shape") for item in value
    ):
        return [_form(item) for item in value]
    form: dict[str, Any] = {"type": type(value).__name__}
    shape = getattr(value, "shape", None)
    if shape is not None:
        form["shape"] = [None if size is None else int(size) for size in shape]
    dtype = getattr(value, "dtype", None)
    if dtype is not None:
        form["dtype"] = getattr(dtype, "name", str(dtype))
    if hasattr(value, "tocsr"):
        form["sparse"] = str(value.format)
    elif isinstance(value, np.ndarray) and value.ndim > 1:
        form["order"] = "C" if value.flags.c_contiguous else "F"
    return form


def _floatx() -> np.dtype[Any]:
    """Return the type that Keras rounds floating-point data to."""
    name = sys.modules["keras"].config.floatx()
    return np.dtype(name if name in ("float16", "float32") else "float64")


def _rounded(values: Any) -> np.ndarray:
    return np.asarray(values, np.float64).astype(_floatx()).astype(np.float64)


def _targets(y: Any, rows: slice) -> Any:
    values = []
    for part in _parts(y):
        target = np.asarray(part)[rows]
        target = target.astype(_floatx()) if target.dtype.kind == "f" else target
        values.append(_small(target))
    return values[0] if len(values) == 1 else values


def _sample(first: Any, rows: slice, n: int) -> np.ndarray:
    """Return the first rows of the first input, as many as are of use."""
    shape = np.shape(first)
    width = int(np.prod(shape[1:]))
    start = rows.start or 0
    count = min(n, max(1, SAMPLE_SIZE // max(1, width)))
    part = first[start : start + count] if hasattr(first, "tocsr") else None
    if part is not None:
        return _rounded(part.toarray())
    if hasattr(first, "iloc"):
        first = first.iloc
    return _rounded(first[start : start + count])


def _first_column(first: Any, rows: slice) -> np.ndarray:
    if hasattr(first, "tocsr"):
        return _rounded(first.tocsr()[:, [0]].toarray()[rows, 0])
    array = np.asarray(first)[rows]
    return _rounded(array.reshape(len(array), -1)[:, 0] if array.size else [])


def _small(array: np.ndarray) -> Any:
    """Return an array as it is, or what stands for one that is large."""
    if array.dtype.kind in "OUS":
        return [None if item is None else str(item) for item in array.ravel().tolist()]
    if array.size <= LARGE or array.dtype.kind not in "biuf":
        return np.array(array)
    return {"shape": list(array.shape), "hashes": row_hashes(array)}


# Results ------------------------------------------------------------------------------


def value(it: Any) -> Any:
    """Return any value as plain values and arrays.

    Arrays and tensors become arrays, lists of numbers too; a data frame becomes a
    mapping of its columns; of a sparse or large matrix the rows' hashes are kept; of
    any other object its class.
    """
    if it is None or isinstance(it, str | bool | int | float | complex):
        return str(it) if isinstance(it, complex) else it
    if isinstance(it, np.generic):
        return it.item() if it.dtype.kind in "biufU" else str(it)
    if hasattr(it, "tocsr"):
        return {"shape": list(it.shape), "hashes": row_hashes(it)}
    if hasattr(it, "to_numpy") and hasattr(it, "columns"):
        return {str(name): value(it[name].to_numpy()) for name in it.columns}
    if isinstance(it, Mapping):
        return {str(key): value(item) for key, item in it.items()}
    if isinstance(it, list | tuple | range):
        if it and all(isinstance(x, int | float | np.number) for x in it):
            return np.array(it)
        return [value(item) for item in it]
    if hasattr(it, "shape") and hasattr(it, "__array__"):
        return _small(np.asarray(it))
    return f"<{type(it).__name__}>"


def metrics(it: Any, results: Any) -> dict[str, Any]:
    """Return metrics by name, whichever way they were asked for."""
    if isinstance(results, Mapping):
        return {str(name): _number(item) for name, item in results.items()}
    values = [_number(item) for item in _flat(results)]
    named = {str(k): _number(v) for k, v in it.get_metrics_result().items()}
    if len(named) == len(values):
        return dict(zip(named, values, strict=True))
    return {f"result {i}": item for i, item in enumerate(values, 1)}


def _number(it: Any) -> Any:
    array = np.asarray(it)
    return array.item() if array.ndim == 0 else array


def random_states() -> dict[str, str]:
    """Return what stands for the states of the generators that training draws from."""
    states = {
        "python": _digest(random.getstate()),
        "numpy": _digest(np.random.get_state()),
    }
    if sys.modules["keras"].backend.backend() == "tensorflow":
        from tensorflow.python.eager import context

        # Of TensorFlow's own: the order in which rows are shuffled hangs on it.
        states["tensorflow"] = str(context.global_seed())
    return states


def _digest(state: Any) -> str:
    return hashlib.blake2b(repr(state).encode(), digest_size=8).hexdigest()
