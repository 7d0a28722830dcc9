"""R's calls of functions of the older generation, brought into Keras 3's terms."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import Any

import numpy as np

from rkeras_port.catalogue import First, legacy
from rkeras_port.catalogue.legacy import LegacyRow
from rkeras_port.r import capi
from rkeras_port.r.capi import SEXP, lib
from rkeras_port.r.coercions import COERCIONS, as_integer, elements_of
from rkeras_port.r.dispatch import TABLE, find
from rkeras_port.r.to_python import to_python
from rkeras_port.r.to_r import to_r

_LAYERS = (First.LAYER, First.MERGE)

#: What every layer of the older generation took, and Keras 3's layers may not.
_NULL_IF_ABSENT = ("batch_input_shape", "batch_size", "input_shape", "dtype", "name")


def _exports(_: SEXP) -> SEXP:
    """() -> what R needs to make its functions, and to say what replaces them."""
    table, gone = legacy.rows().values(), legacy.gone()
    return to_r(
        {
            "name": [row.name for row in table],
            "formals": [row.r_formals for row in table],
            "first": [str(row.first) for row in table],
            "silent": [row.r_result == "silent" for row in table],
            "modern": dict(legacy.modern()),
            "gone": [row.name for row in gone],
            "gone_formals": [row.r_formals for row in gone],
            "gone_text": [
                f"{row.name}() cannot work in Keras 3: {row.why}. "
                f"Instead, {row.instead}."
                for row in gone
            ],
        }
    )


TABLE[b"legacy_exports"] = _exports


@functools.cache
def target(name: str) -> Callable[..., Any]:
    """Return what a row's R function calls."""
    row = legacy.rows()[name]
    if row.r_target:
        found: Callable[..., Any] = find(row.r_target)
        return found
    from rkeras_port.catalogue.build import build

    for path in row.targets:
        find(path)
    return build(row)


def call(row: LegacyRow, positional: list[Any], named: dict[str, Any]) -> Any:
    """Call what a row stands for with arguments of the older generation.

    Parameters
    ----------
    row : LegacyRow
    positional : list
        Operands without a name.
    named : dict
        By Keras's names, as the caller supplied them; those that Keras 3 does not
        know are left out, with a line where they would have mattered.
    """
    arguments = _known(row, named)
    # A loss or metric that is worked out at once is a function of other arguments.
    if not ("y_true" in named or "y_pred" in named):
        arguments = row.defaults() | arguments
    adapt = _ADAPTED.get(row.family)
    if row.family == "layers" and row.first not in _LAYERS:
        adapt = None
    if adapt is not None:
        return adapt(row, positional, arguments)
    return target(row.name)(*positional, **arguments)


def _known(row: LegacyRow, named: dict[str, Any]) -> dict[str, Any]:
    ignored = row.left_out.split()
    for name in ignored:
        if named.get(name):
            report(row.name, f"`{name}` has no effect in Keras 3")
    return {name: value for name, value in named.items() if name not in ignored}


_reported: set[tuple[str, str]] = set()


def report(function: str, text: str) -> None:
    """Tell R's user something about a function, once."""
    if (function, text) not in _reported:
        _reported.add((function, text))
        from rkeras_port.r import rside

        to_python(rside.function(".note"))(f"{function}(): {text}")


# Families that need more than names ---------------------------------------------------


def _layer(row: LegacyRow, positional: list[Any], arguments: dict[str, Any]) -> Any:
    """Make a layer with `weights`, `batch_size` and such, and put `object` into it."""
    from rkeras_port._keras import keras
    from rkeras_port.catalogue.compose import compose_layer

    object = arguments.pop("object", None)
    weights = arguments.get("weights")
    if row.name != "layer_embedding":
        arguments.pop("weights", None)
    arguments = _without(arguments, (*_NULL_IF_ABSENT, "trainable", "weights"))
    shape, batch_size = _input_shape(arguments)
    if shape is not None:
        first = isinstance(object, keras.Sequential) and not object.layers
        if first and batch_size is not None:
            object.add(keras.layers.InputLayer(batch_shape=(batch_size, *shape)))
        else:
            arguments["input_shape"] = shape
    layer = target(row.name)(*positional, **arguments)
    if weights is not None and row.name != "layer_embedding":
        give_weights(layer, weights)
    return layer if object is None else compose_layer(layer, object)


def _input_shape(arguments: dict[str, Any]) -> tuple[Any, int | None]:
    """Take the input's shape and batch size out of a layer's arguments."""
    batch_size = arguments.pop("batch_size", None)
    whole = arguments.pop("batch_input_shape", None)
    shape = arguments.pop("input_shape", None)
    length = arguments.pop("input_length", None)
    if shape is None and isinstance(length, int):
        shape = (length,)
    if whole is not None:
        batch_size, *rest = whole
        shape = tuple(rest)
    return shape, batch_size


def give_weights(layer: Any, weights: Any) -> None:
    """Set a layer's weights, at once or as soon as it has any.

    Parameters
    ----------
    layer : keras.Layer
    weights : list of ndarray
        In the order of `layer.get_weights()`.
    """
    from rkeras_port.models import set_weights

    # One number is an R vector of one.
    weights = [np.atleast_1d(one) for one in weights]
    if layer.built:
        set_weights(layer, weights)
        return
    build = layer.build

    @functools.wraps(build)
    def build_and_set(*args: Any, **kwargs: Any) -> None:
        build(*args, **kwargs)
        del layer.build
        set_weights(layer, weights)

    layer.build = build_and_set


def _optimizer(row: LegacyRow, positional: list[Any], arguments: dict[str, Any]) -> Any:
    """Make an optimizer; `decay` lowers its rate as the older one did, each batch."""
    from rkeras_port._keras import keras

    arguments = {name: value for name, value in arguments.items() if value is not None}
    decay = arguments.pop("decay", 0)
    make = target(row.name)
    optimizer = make(*positional, **arguments)
    if not decay:
        return optimizer
    rate = arguments.get("learning_rate", float(optimizer.learning_rate))
    report(
        row.name,
        "`decay` is now a schedule, learning_rate_schedule_inverse_time_decay()",
    )
    arguments["learning_rate"] = keras.optimizers.schedules.InverseTimeDecay(
        rate, decay_steps=1, decay_rate=decay
    )
    return make(*positional, **arguments)


def _loss(row: LegacyRow, positional: list[Any], arguments: dict[str, Any]) -> Any:
    """Make or call a loss; Keras 3 has no name for the reduction that is usual."""
    if arguments.get("reduction") == "auto":
        del arguments["reduction"]
    return target(row.name)(*positional, **arguments)


def _callback(row: LegacyRow, positional: list[Any], arguments: dict[str, Any]) -> Any:
    """Make a callback, NULL for what is not given."""
    arguments = {name: value for name, value in arguments.items() if value is not None}
    if row.name == "callback_model_checkpoint" and "filepath" in arguments:
        _name_as_keras_wants(row, arguments)
    return target(row.name)(*positional, **arguments)


def _name_as_keras_wants(row: LegacyRow, arguments: dict[str, Any]) -> None:
    """Give a checkpoint's file the ending without which Keras refuses to write it."""
    path = arguments["filepath"]
    only_weights = bool(arguments.get("save_weights_only"))
    endings = (".weights.h5",) if only_weights else (".keras", ".h5")
    if not path.endswith(endings):
        arguments["filepath"] = path + endings[-1]
        report(
            row.name,
            f"Keras writes no file of this name; it writes {path}{endings[-1]}",
        )


def _backend(row: LegacyRow, positional: list[Any], arguments: dict[str, Any]) -> Any:
    """Call a ``k_`` function: Keras 2's own want tensors, Keras 3's take no `name`."""
    if row.r_target.startswith("keras.ops."):
        arguments.pop("name", None)
    if row.r_target.startswith("keras._tf_keras."):
        arguments = {
            name: _tensor(value) if isinstance(value, np.ndarray) else value
            for name, value in arguments.items()
        }
    return target(row.name)(*positional, **arguments)


def _tensor(array: Any) -> Any:
    from rkeras_port._keras import keras

    is_double = array.dtype == "float64"
    dtype = keras.config.floatx() if is_double else None
    return keras.ops.convert_to_tensor(array, dtype=dtype)


def _without(arguments: dict[str, Any], optional: tuple[str, ...]) -> dict[str, Any]:
    return {
        name: value
        for name, value in arguments.items()
        if value is not None or name not in optional
    }


_Adapt = Callable[[LegacyRow, list[Any], dict[str, Any]], Any]

_ADAPTED: dict[str, _Adapt] = {
    "layers": _layer,
    "optimizers": _optimizer,
    "losses": _loss,
    "callbacks": _callback,
    "backend": _backend,
}


# Coercions ----------------------------------------------------------------------------


def as_path(s: SEXP) -> Any:
    """Take a file's name, `~` for the home folder."""
    value = to_python(s)
    return os.path.expanduser(value) if isinstance(value, str) else value


def backend_shape(s: SEXP) -> Any:
    """Make a shape in which sizes may be tensors; a tensor may be the whole shape."""
    if (
        capi.typeof(s) != capi.VECSXP
        or lib.Rf_getAttrib(s, capi.handle_symbol) != capi.nil
    ):
        value = COERCIONS["normalize_shape"](s)
        return (value,) if isinstance(value, int) else value
    return tuple(
        size
        for _, item in elements_of(s)
        for size in (_sizes(item) if item != capi.nil else [None])
    )


def _sizes(s: SEXP) -> list[Any]:
    value = as_integer(s)
    return value if isinstance(value, list) else [value]


def as_tuple_of_integers(s: SEXP) -> Any:
    """Whole numbers in a tuple, also one of them."""
    value = as_integer(s)
    if isinstance(value, list):
        return tuple(value)
    return (value,) if isinstance(value, int) else value


def as_slice_start(s: SEXP) -> Any:
    """Take a first position, counted from 1."""
    value = as_integer(s)
    return value - 1 if isinstance(value, int) and value > 0 else value


def as_slice_end(s: SEXP) -> Any:
    """Take a last position, which is included; -1 is the last there is."""
    value = as_integer(s)
    if not isinstance(value, int) or value > 0:
        return value
    return None if value == -1 else value + 1


COERCIONS.update(
    {
        "path": as_path,
        "backend_shape": backend_shape,
        "as_tuple_of_integers": as_tuple_of_integers,
        "as_slice_start": as_slice_start,
        "as_slice_end": as_slice_end,
    }
)
