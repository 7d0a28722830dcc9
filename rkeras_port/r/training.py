"""R's training verbs: arguments coerced, data carried, Keras's methods called.

Unlike the Python door's verbs these let pass what R's package lets pass: R users rely
on NaN in the data giving a loss of NaN, and on labels of any kind.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from rkeras_port.errors import ArgumentError, ArgumentTypeError
from rkeras_port.r import capi, conditions, generators, training_checks
from rkeras_port.r.capi import SEXP, lib
from rkeras_port.r.coercions import (
    Refused,
    as_epoch,
    as_integer,
    as_list,
    coerce_by,
    elements_of,
)
from rkeras_port.r.data import as_data, sparse_in_fact
from rkeras_port.r.dispatch import TABLE, lent
from rkeras_port.r.to_python import to_python
from rkeras_port.r.to_r import to_r


def _model(args: SEXP) -> SEXP:
    """(model, verb, arguments, sparse, checks): call a training verb of a model."""
    from rkeras_port.pitfalls import checks_are_on, collecting, pitfall_checks

    model, verb = (to_python(lib.VECTOR_ELT(args, i)) for i in range(2))
    coercions = _COERCIONS[verb]
    arguments = {
        name: coerce_by(verb, name, value, coercions.get(name, to_python))
        for name, value in elements_of(lib.VECTOR_ELT(args, 2))
    }
    if verb != "compile":
        training_checks.check(model, verb, arguments)
    carry_sparse, checks = (
        bool(to_python(lib.VECTOR_ELT(args, i))) for i in range(3, 5)
    )
    with pitfall_checks(checks and checks_are_on()), collecting() as found, lent():
        result = to_r(_VERBS[verb](model, arguments, carry_sparse))
    if not found:
        return result
    names, messages = zip(*found, strict=True)
    return conditions.with_warnings(result, list(messages), list(names))


def _adapt(args: SEXP) -> SEXP:
    """(layer, data, arguments): let a preprocessing layer learn from data."""
    layer = to_python(lib.VECTOR_ELT(args, 0))
    data = as_data(lib.VECTOR_ELT(args, 1))
    if _is_pandas(data):
        data = _columns(layer, "adapt", data)
    whole = dict.fromkeys(("batch_size", "steps"), as_integer)
    arguments = {
        name: coerce_by("adapt", name, value, whole.get(name, to_python))
        for name, value in elements_of(lib.VECTOR_ELT(args, 2))
    }
    with lent():
        layer.adapt(ready(data), **arguments)
    return capi.nil


TABLE.update({b"model": _model, b"adapt": _adapt})


# The verbs ----------------------------------------------------------------------------


def _compile(model: Any, arguments: dict[str, Any], _: bool) -> None:
    from rkeras_port import training

    training.compile(model, **arguments)


def _fit(model: Any, arguments: dict[str, Any], carry_sparse: bool) -> dict[str, Any]:
    """Train; return what R keeps of it: plain parameters and series of numbers."""
    from rkeras_port.training import train

    _check_compiled(model, "fit")
    _prepare(model, "fit", arguments, carry_sparse)
    history = train(model, arguments)
    parameters = history.params or {}
    metrics = {name: _series(values) for name, values in history.history.items()}
    return {
        "params": {key: _plain(value) for key, value in parameters.items()},
        "metrics": metrics,
    }


def _evaluate(model: Any, arguments: dict[str, Any], carry_sparse: bool) -> Any:
    from rkeras_port.training import measure

    _check_compiled(model, "evaluate")
    _prepare(model, "evaluate", arguments, carry_sparse)
    results = measure(model, arguments)
    return {name: _plain(value) for name, value in results.items()}


def _predict(model: Any, arguments: dict[str, Any], carry_sparse: bool) -> Any:
    _prepare(model, "predict", arguments, carry_sparse)
    with _feeding(model, "predict", arguments) as fed:
        return model.predict(**fed)


def _on_batch(verb: str) -> Callable[[Any, dict[str, Any], bool], Any]:
    def call(model: Any, arguments: dict[str, Any], _: bool) -> Any:
        _check_compiled(model, verb)
        _prepare(model, verb, arguments, carry_sparse=False, one_batch=True)
        results = getattr(model, verb)(**arguments, return_dict=True)
        plain = {name: _plain(value) for name, value in results.items()}
        return next(iter(plain.values())) if len(plain) == 1 else plain

    return call


def _predict_on_batch(model: Any, arguments: dict[str, Any], _: bool) -> Any:
    from rkeras_port._keras import keras

    verb = "predict_on_batch"
    _prepare(model, verb, arguments, carry_sparse=False, one_batch=True)
    return keras.tree.map_structure(np.asarray, model.predict_on_batch(**arguments))


_VERBS: dict[str, Callable[[Any, dict[str, Any], bool], Any]] = {
    "compile": _compile,
    "fit": _fit,
    "evaluate": _evaluate,
    "predict": _predict,
    "train_on_batch": _on_batch("train_on_batch"),
    "test_on_batch": _on_batch("test_on_batch"),
    "predict_on_batch": _predict_on_batch,
}


def _check_compiled(model: Any, verb: str) -> None:
    from rkeras_port.checks import check_compiled

    check_compiled(model, verb)


def _feeding(model: Any, verb: str, arguments: dict[str, Any]) -> Any:
    from rkeras_port.sparse_feed import feeding

    return feeding(model, verb, arguments)


def _series(values: Any) -> Any:
    return [_plain(value) for value in values]


def _plain(value: Any) -> Any:
    """Return a scalar of NumPy or of a tensor as a number, anything else as it is."""
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, int | float | np.ndarray) or not hasattr(value, "dtype"):
        return value
    array = np.asarray(value)
    return array.item() if array.ndim == 0 else array


# Data ---------------------------------------------------------------------------------


def _prepare(
    model: Any,
    verb: str,
    arguments: dict[str, Any],
    carry_sparse: bool,
    one_batch: bool = False,
) -> None:
    """Bring the data among the arguments into the form that Keras takes, in place.

    One batch has no input pipeline: sparse matrices are made dense here.
    """
    tell = arguments.get("verbose") != 0
    if "x" in arguments:
        x = _dense(arguments["x"]) if one_batch else arguments["x"]
        x = _inputs(model, verb, x, carry_sparse)
        if tell and _is_sparse(x) and isinstance(arguments["x"], np.ndarray):
            _tell(arguments["x"], x)
        arguments["x"] = x
    for name in ("y", "sample_weight"):
        if name in arguments:
            arguments[name] = ready(_responses(verb, name, arguments[name]))
    validation = arguments.get("validation_data")
    if isinstance(validation, dict | list | tuple):
        parts = [_array(part) for part in _validation_parts(verb, validation)]
        x = _inputs(model, verb, parts[0], carry_sparse)
        rest = (_responses(verb, "validation_data", part) for part in parts[1:])
        arguments["validation_data"] = (x, *map(ready, rest))


def _inputs(model: Any, verb: str, x: Any, carry_sparse: bool) -> Any:
    """Return a model's inputs in the form that Keras takes, sparse where that helps."""
    if _is_pandas(x):
        x = _columns(model, verb, x)
    if carry_sparse and isinstance(x, np.ndarray) and _takes_sparse(model):
        matrix = sparse_in_fact(x)
        x = x if matrix is None else matrix
    return ready(x, verb)


def _validation_parts(verb: str, data: Any) -> list[Any]:
    if isinstance(data, dict):
        data = [data[name] for name in ("x", "y", "sample_weight") if name in data]
    if not 2 <= len(data) <= 3:
        raise ArgumentError(
            verb,
            "validation_data",
            "must be list(x, y) or list(x, y, sample_weight)",
            received=f"a list of {len(data)}",
        )
    return list(data)


def _array(value: Any) -> Any:
    """Make an array of numbers that R's tuple() has made a list of."""
    plain = isinstance(value, list) and value and isinstance(value[0], int | float)
    return np.asarray(value) if plain else value


def _responses(verb: str, name: str, value: Any) -> Any:
    """Take a data frame of responses or weights as the array that it holds."""
    return _numeric(verb, name, value) if _is_pandas(value) else value


def _is_sparse(value: Any) -> bool:
    return type(value).__module__.startswith("scipy.sparse")


def _is_pandas(value: Any) -> bool:
    return type(value).__module__.partition(".")[0] == "pandas"


def _columns(model: Any, verb: str, frame: Any) -> Any:
    """Take a data frame's columns: one matrix, or an array for each of several inputs.

    Raises
    ------
    ArgumentTypeError
        If a column is not numeric.
    """
    matrix = _numeric(verb, "x", frame)
    names = [tensor.name for tensor in getattr(model, "inputs", None) or []]
    if len(names) > 1 and set(names) <= set(map(str, frame.columns)):
        return {name: frame[name].to_numpy() for name in names}
    return matrix


def _numeric(verb: str, argument: str, frame: Any) -> np.ndarray:
    """Return the columns of a data frame as a matrix."""
    refused = [
        str(name) for name in frame.columns if frame[name].dtype.kind not in "biuf"
    ]
    if refused:
        raise ArgumentTypeError(
            verb,
            argument,
            "must have only numeric columns",
            received="not numeric: " + ", ".join(refused[:5]),
            remedy="Encode or drop them first; model.matrix() does for factors.",
        )
    return frame.to_numpy(dtype=np.float64, na_value=np.nan)


def ready(value: Any, verb: str = "fit") -> Any:
    """Return data row by row, doubles in Keras's float type, text as a tensor.

    R's matrices lie column by column; batches are rows.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        If a sparse matrix is broken, or has no rows or no real numbers.
    """
    if isinstance(value, dict):
        return {name: ready(item, verb) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(ready(item, verb) for item in value)
    if _is_sparse(value):
        from rkeras_port._keras import keras
        from rkeras_port.sparse_rows import canonical

        return canonical(verb, "x", value, keras.config.floatx())
    if not isinstance(value, np.ndarray):
        return value
    if value.dtype.kind in "OU":
        return _text(value)
    if value.dtype == np.float64:
        from rkeras_port._keras import keras

        # R's NA is a signalling NaN, of which the cast would warn.
        with np.errstate(invalid="ignore"):
            return np.ascontiguousarray(value, dtype=keras.config.floatx())
    return np.ascontiguousarray(value)


def _dense(value: Any) -> Any:
    """Return sparse matrices as arrays."""
    if isinstance(value, list):
        return [_dense(item) for item in value]
    if isinstance(value, dict):
        return {name: _dense(item) for name, item in value.items()}
    return value.toarray() if _is_sparse(value) else value


def _text(value: np.ndarray) -> Any:
    """Make a tensor of text, where the backend has such tensors."""
    from rkeras_port._keras import keras

    if keras.backend.backend() != "tensorflow":
        return value
    import tensorflow as tf

    return tf.constant(value.astype(str))


def _takes_sparse(model: Any) -> bool:
    """Say whether the layers that data reach first multiply by a matrix."""
    from rkeras_port._keras import keras

    if isinstance(model, keras.Sequential):
        return bool(model.layers) and isinstance(model.layers[0], keras.layers.Dense)
    tensors = getattr(model, "inputs", None) or []
    if len(tensors) != 1:
        return False
    nodes = tensors[0]._keras_history.operation._outbound_nodes
    return all(isinstance(node.operation, keras.layers.Dense) for node in nodes)


def _tell(dense: np.ndarray, matrix: Any) -> None:
    share = matrix.nnz / dense.size
    size = sum(part.nbytes for part in (matrix.data, matrix.indices, matrix.indptr))
    print(
        f"x is {share:.1%} non-zero: carried as a sparse matrix, {size / 1e6:,.0f} MB "
        f"instead of {dense.size * 4 / 1e6:,.0f} MB (options(rkeras.sparse = FALSE) "
        "turns this off)"
    )


# Coercions ----------------------------------------------------------------------------


def as_input(s: SEXP) -> Any:
    """Convert x, y or weights; an R function is called for each batch."""
    if capi.typeof(s) == capi.CLOSXP and not _stands_for_python(s):
        return generators.batches(s)
    return as_data(s)


def _stands_for_python(s: SEXP) -> bool:
    return bool(lib.Rf_getAttrib(s, capi.handle_symbol) != capi.nil)


def as_class_weight(s: SEXP) -> Any:
    """Make a dictionary by class of what has the 0-based classes as names."""
    if s == capi.nil:
        return None
    names = lib.Rf_getAttrib(s, capi.names_symbol)
    if names == capi.nil:
        raise Refused(
            "must have the 0-based classes as names",
            "no names",
            'For example list("0" = 1, "1" = 2).',
        )
    value = to_python(s)
    values = list(value.values()) if isinstance(value, dict) else value
    weights = values if isinstance(values, list) else [values]
    classes = [_class_of(name) for name in capi.texts(names)]
    return {
        int(one): float(weight) for one, weight in zip(classes, weights, strict=True)
    }


def _class_of(name: str | None) -> int:
    if not (name or "").isdecimal():
        raise Refused("must have the 0-based classes as names", repr(name))
    return int(name or 0)


def as_loss(s: SEXP) -> Any:
    """Take names, functions and objects; R functions get a name for reports.

    Raises
    ------
    Refused
        If an R function cannot take `y_true` and `y_pred`.
    """
    return _with_names(to_python(s), "custom_loss")


def as_metrics(s: SEXP) -> Any:
    """As `as_loss`, always several."""
    return as_list_of(_with_names(to_python(s), "custom_metric"))


def as_list_of(value: Any) -> Any:
    """Return a list or dictionary as it is, None too, and anything else in a list."""
    return value if value is None or isinstance(value, list | dict) else [value]


def _with_names(value: Any, name: str) -> Any:
    if isinstance(value, list):
        return [_with_names(one, name) for one in value]
    if isinstance(value, dict):
        return {
            key: _with_names(one, f"{name}_{key}" if key else name)
            for key, one in value.items()
        }
    if hasattr(value, "__r_function__"):
        try:
            inspect.signature(value).bind("y_true", "y_pred")
        except TypeError:
            raise Refused(
                "must take two arguments, y_true and y_pred, where it is a function",
                f"function{inspect.signature(value)}",
            ) from None
        return named_function(value, name)
    return value


def named_function(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Return a function under another name, the one that Keras reports.

    Targets without the predictions' last axis of size one get it, as Keras does for
    its own losses and metrics: the difference of ``(n,)`` and ``(n, 1)`` is ``(n, n)``.

    R: `custom_metric()` of keras3.
    """

    def call(y_true: Any, y_pred: Any) -> Any:
        return function(*_of_same_rank(y_true, y_pred))

    call.__name__ = call.__qualname__ = name
    call.autograph_info__ = {}  # type: ignore[attr-defined]
    return call


def _of_same_rank(y_true: Any, y_pred: Any) -> tuple[Any, Any]:
    true, predicted = (tuple(getattr(y, "shape", ())) for y in (y_true, y_pred))
    if predicted[-1:] != (1,) or len(true) + 1 != len(predicted) or not true:
        return y_true, y_pred
    from rkeras_port._keras import keras

    return keras.ops.expand_dims(y_true, -1), y_pred


_Coercions = dict[str, Callable[[SEXP], Any]]

_WHOLE: _Coercions = dict.fromkeys(
    (
        "batch_size",
        "epochs",
        "steps",
        "steps_per_epoch",
        "steps_per_execution",
        "validation_batch_size",
        "validation_freq",
        "validation_steps",
    ),
    as_integer,
)
_DATA: _Coercions = dict.fromkeys(
    ("x", "y", "sample_weight", "validation_data"), as_input
)

_BATCH: _Coercions = _DATA | {"class_weight": as_class_weight}

_COERCIONS: dict[str, _Coercions] = {
    "compile": {
        "loss": as_loss,
        "metrics": as_metrics,
        "weighted_metrics": as_metrics,
        "loss_weights": as_list,
        "steps_per_execution": as_integer,
    },
    "fit": _WHOLE | _BATCH | {"initial_epoch": as_epoch, "callbacks": as_list},
    "evaluate": _WHOLE | _DATA | {"callbacks": as_list},
    "predict": _WHOLE | _DATA | {"callbacks": as_list},
    "train_on_batch": _BATCH,
    "test_on_batch": _BATCH,
    "predict_on_batch": _BATCH,
}
