"""R's training verbs: arguments coerced, data carried, Keras's methods called.

Unlike the Python door's verbs these let pass what R's package lets pass: R users rely
on NaN in the data giving a loss of NaN, and on labels of any kind.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from rkeras_port import observers
from rkeras_port.errors import ArgumentError, ArgumentTypeError
from rkeras_port.r import capi, generators
from rkeras_port.r.capi import SEXP, lib
from rkeras_port.r.coercions import (
    Refused,
    as_index,
    as_integer,
    as_list,
    coerce_by,
    elements_of,
)
from rkeras_port.r.data import as_data, sparse_in_fact
from rkeras_port.r.to_python import to_python
from rkeras_port.r.to_r import to_r
from rkeras_port.r.verbs import TABLE, lent


def _model(args: SEXP) -> SEXP:
    """(model, verb, arguments, sparse): call a training verb of a model."""
    model, verb = (to_python(lib.VECTOR_ELT(args, i)) for i in range(2))
    coercions = _COERCIONS[verb]
    arguments = {
        name: coerce_by(verb, name, value, coercions.get(name, to_python))
        for name, value in elements_of(lib.VECTOR_ELT(args, 2))
    }
    carry_sparse = bool(to_python(lib.VECTOR_ELT(args, 3)))
    with lent():
        return to_r(_VERBS[verb](model, arguments, carry_sparse))


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
    _check_compiled(model, "fit")
    _prepare(model, "fit", arguments, carry_sparse)
    observers.fitting(model, arguments)
    history = model.fit(**arguments)
    metrics = {name: _series(values) for name, values in history.history.items()}
    return {
        "params": {key: _plain(value) for key, value in history.params.items()},
        "metrics": metrics,
    }


def _evaluate(model: Any, arguments: dict[str, Any], carry_sparse: bool) -> Any:
    _check_compiled(model, "evaluate")
    _prepare(model, "evaluate", arguments, carry_sparse)
    results = model.evaluate(**arguments, return_dict=True)
    plain = {name: _plain(value) for name, value in results.items()}
    observers.evaluated(model, arguments, plain)
    return plain


def _predict(model: Any, arguments: dict[str, Any], carry_sparse: bool) -> Any:
    _prepare(model, "predict", arguments, carry_sparse)
    return model.predict(**arguments)


def _on_batch(verb: str) -> Callable[[Any, dict[str, Any], bool], Any]:
    def call(model: Any, arguments: dict[str, Any], _: bool) -> Any:
        _check_compiled(model, verb)
        _prepare(model, verb, arguments, carry_sparse=False)
        results = getattr(model, verb)(**arguments, return_dict=True)
        plain = {name: _plain(value) for name, value in results.items()}
        return next(iter(plain.values())) if len(plain) == 1 else plain

    return call


def _predict_on_batch(model: Any, arguments: dict[str, Any], _: bool) -> Any:
    from rkeras_port._keras import keras

    _prepare(model, "predict_on_batch", arguments, carry_sparse=False)
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
    model: Any, verb: str, arguments: dict[str, Any], carry_sparse: bool
) -> None:
    """Bring the data among the arguments into the form that Keras takes, in place."""
    tell = arguments.get("verbose") != 0
    if "x" in arguments:
        x = _inputs(model, verb, arguments["x"], carry_sparse)
        if tell and _is_sparse(x) and isinstance(arguments["x"], np.ndarray):
            _tell(arguments["x"], x)
        arguments["x"] = x
    for name in ("y", "sample_weight"):
        if name in arguments:
            arguments[name] = ready(arguments[name])
    validation = arguments.get("validation_data")
    if isinstance(validation, dict | list | tuple):
        parts = _validation_parts(verb, validation)
        x = _inputs(model, verb, parts[0], carry_sparse)
        arguments["validation_data"] = (x, *map(ready, parts[1:]))


def _inputs(model: Any, verb: str, x: Any, carry_sparse: bool) -> Any:
    """Return a model's inputs in the form that Keras takes, sparse where that helps."""
    if _is_pandas(x):
        x = _columns(model, verb, x)
    if not _takes_sparse(model):
        return ready(_dense(x))
    if carry_sparse and isinstance(x, np.ndarray):
        matrix = sparse_in_fact(x)
        x = x if matrix is None else matrix
    return ready(x)


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
    refused = [
        str(name) for name in frame.columns if frame[name].dtype.kind not in "biuf"
    ]
    if refused:
        raise ArgumentTypeError(
            verb,
            "x",
            "must have only numeric columns",
            received="not numeric: " + ", ".join(refused[:5]),
            remedy="Encode or drop them first; model.matrix() does for factors.",
        )
    names = [tensor.name for tensor in getattr(model, "inputs", None) or []]
    if len(names) > 1 and set(names) <= set(map(str, frame.columns)):
        return {name: frame[name].to_numpy() for name in names}
    return frame.to_numpy(dtype=np.float64, na_value=np.nan)


def ready(value: Any) -> Any:
    """Return data row by row, doubles in Keras's float type, text as a tensor.

    R's matrices lie column by column; batches are rows.
    """
    if isinstance(value, dict):
        return {name: ready(item) for name, item in value.items()}
    if isinstance(value, list | tuple):
        return type(value)(ready(item) for item in value)
    if _is_sparse(value):
        return _rows_in_order(value)
    if not isinstance(value, np.ndarray):
        return value
    if value.dtype.kind in "OU":
        return _text(value)
    if value.dtype == np.float64:
        from rkeras_port._keras import keras

        return np.ascontiguousarray(value, dtype=keras.config.floatx())
    return np.ascontiguousarray(value)


def _dense(value: Any) -> Any:
    """Return sparse matrices as arrays, for models that multiply by none."""
    if isinstance(value, list):
        return [_dense(item) for item in value]
    if isinstance(value, dict):
        return {name: _dense(item) for name, item in value.items()}
    return value.toarray() if _is_sparse(value) else value


def _rows_in_order(matrix: Any) -> Any:
    """Return a sparse matrix as Keras needs it: CSR, its indices sorted and unique."""
    from rkeras_port._keras import keras

    rows = matrix.tocsr().astype(keras.config.floatx())
    if not rows.has_canonical_format:
        rows = rows.copy()
        rows.sum_duplicates()
    return rows


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
    """Take names, functions and objects; R functions get a name for reports."""
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
        return named_function(value, name)
    return value


def named_function(function: Callable[..., Any], name: str) -> Callable[..., Any]:
    """Return a function under another name, the one that Keras reports.

    R: `custom_metric()` of keras3.
    """

    def call(y_true: Any, y_pred: Any) -> Any:
        return function(y_true, y_pred)

    call.__name__ = call.__qualname__ = name
    call.autograph_info__ = {}  # type: ignore[attr-defined]
    return call


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
    "fit": _WHOLE | _BATCH | {"initial_epoch": as_index, "callbacks": as_list},
    "evaluate": _WHOLE | _DATA | {"callbacks": as_list},
    "predict": _WHOLE | _DATA | {"callbacks": as_list},
    "train_on_batch": _BATCH,
    "test_on_batch": _BATCH,
    "predict_on_batch": _BATCH,
}
