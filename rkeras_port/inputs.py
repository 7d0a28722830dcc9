"""What goes into fit, evaluate and predict: brought into Keras's form, or refused."""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from . import checks
from ._keras import keras
from .errors import ArgumentError, ArgumentTypeError
from .sparse_rows import canonical, is_sparse

#: Layers whose inputs are text.
_TEXT_LAYERS = (
    keras.layers.TextVectorization,
    keras.layers.StringLookup,
    keras.layers.Hashing,
    keras.layers.HashedCrossing,
)


def prepare(
    model: Any, function: str, arguments: dict[str, Any], one_batch: bool = False
) -> None:
    """Bring the data among a training verb's arguments into Keras's form, in place.

    SciPy sparse matrices become CSR in canonical form, data frames arrays,
    categoricals 0-based codes. Nothing is changed silently: NaN, strings, lengths
    that differ and labels that do not fit are errors. Datasets and generators pass.

    Parameters
    ----------
    model : keras.Model
        The model that the data are for.
    function : str
        The verb, for messages.
    arguments : dict
        The verb's arguments; ``x``, ``y``, ``sample_weight`` and ``validation_data``
        are looked at.
    one_batch : bool
        Whether the backend's own tensors are needed: a batch has no input pipeline.

    Raises
    ------
    ArgumentError, ArgumentTypeError
        Naming the argument and the remedy.
    """
    rows = {}
    for argument in ("x", "y", "sample_weight"):
        if arguments.get(argument) is None:
            continue
        prepared = _prepare_one(model, function, argument, arguments[argument])
        rows[argument] = _rows(prepared)
        if one_batch and is_sparse(prepared):
            prepared = sparse_tensor(prepared)
        arguments[argument] = prepared
    known = {argument: n for argument, n in rows.items() if n is not None}
    if known:
        checks.check_lengths(function, known)
    if "y" in known:
        checks.check_labels(model, function, "y", arguments["y"])
    if isinstance(arguments.get("validation_data"), list | tuple):
        arguments["validation_data"] = _prepare_validation(
            model, function, arguments["validation_data"]
        )


def _prepare_validation(model: Any, function: str, data: Any) -> Any:
    if len(data) not in (2, 3):
        raise ArgumentError(
            function,
            "validation_data",
            "must be (x, y) or (x, y, sample_weight)",
            received=f"{len(data)} parts",
        )
    named = dict(zip(("x", "y", "sample_weight"), data, strict=False))
    parts = {
        f"validation_data's {name}": _prepare_one(
            model, function, name, part, "validation_data"
        )
        for name, part in named.items()
    }
    known = {name: n for name, part in parts.items() if (n := _rows(part)) is not None}
    if known:
        checks.check_lengths(function, known)
    x, y, *weight = parts.values()
    checks.check_labels(model, function, "validation_data", y)
    return (x, y, *weight)


def _prepare_one(
    model: Any, function: str, role: str, value: Any, argument: str | None = None
) -> Any:
    argument = argument or role
    if is_sparse(value):
        return _sparse(function, argument, value)
    pandas = sys.modules.get("pandas")
    if pandas is not None and isinstance(
        value, pandas.DataFrame | pandas.Series | pandas.Categorical
    ):
        if role == "x" and isinstance(value, pandas.DataFrame):
            return _frame(model, function, argument, value)
        return _labels(function, argument, value)
    if isinstance(value, dict):
        return {
            key: _prepare_one(model, function, role, item, argument)
            for key, item in value.items()
        }
    if isinstance(value, list | tuple):
        if any(np.ndim(item) > 0 and hasattr(item, "dtype") for item in value):
            return type(value)(
                _prepare_one(model, function, role, item, argument) for item in value
            )
        value = _array(function, argument, value)
    if isinstance(value, np.ndarray):
        return _checked(model, function, argument, value, role)
    return value


def _sparse(function: str, argument: str, value: Any) -> Any:
    matrix = canonical(function, argument, value)
    _refuse_nan(function, argument, matrix.data)
    return matrix


def sparse_tensor(matrix: Any) -> Any:
    """Make the backend's sparse tensor of a CSR matrix (dense where it has none)."""
    if keras.backend.backend() != "tensorflow":
        return matrix.toarray()
    import tensorflow as tf

    coo = matrix.tocoo()
    indices = np.stack([coo.row, coo.col], axis=1).astype(np.int64)
    return tf.SparseTensor(indices, coo.data, coo.shape)


def _frame(model: Any, function: str, argument: str, frame: Any) -> Any:
    """Take a data frame column by column: as one matrix, or as named inputs."""
    refused = [str(c) for c in frame.columns if frame[c].dtype.kind not in "biuf"]
    if refused:
        raise ArgumentTypeError(
            function,
            argument,
            "must have only numeric columns",
            received="not numeric: " + ", ".join(map(repr, refused[:5])),
            remedy="Encode or drop them first.",
        )
    names = [tensor.name for tensor in getattr(model, "inputs", None) or []]
    if len(names) > 1:
        if sorted(names) != sorted(map(str, frame.columns)):
            raise ArgumentError(
                function,
                argument,
                f"must have the columns {names}, one for each input of the model",
                received=str([str(column) for column in frame.columns]),
            )
        return {
            str(c): _checked(model, function, argument, frame[c].to_numpy(), "x")
            for c in frame.columns
        }
    expected = model.input_shape[-1] if model.built and names else None
    if expected is not None and expected != frame.shape[1]:
        raise ArgumentError(
            function,
            argument,
            f"must have {expected} columns, as the model's input has",
            received=f"a data frame of {frame.shape[1]} columns",
        )
    values = frame.to_numpy(dtype=np.float32, na_value=np.nan)
    return _checked(model, function, argument, values, "x")


def _labels(function: str, argument: str, value: Any) -> Any:
    """Take a pandas column or frame of targets; a categorical as its codes."""
    import pandas as pd

    series = pd.Series(value) if isinstance(value, pd.Categorical) else value
    if isinstance(series, pd.Series) and isinstance(series.dtype, pd.CategoricalDtype):
        codes = series.cat.codes.to_numpy()
        if (codes < 0).any():
            raise ArgumentError(
                function,
                argument,
                "must not have missing values",
                received=f"{int((codes < 0).sum())} missing",
                remedy="Drop those rows first.",
            )
        return codes.astype(np.int32)
    return _checked(None, function, argument, series.to_numpy(), "y")


def _array(function: str, argument: str, value: Any) -> Any:
    try:
        return np.asarray(value)
    except ValueError:
        raise ArgumentError(
            function,
            argument,
            "must be rectangular",
            received="rows of different lengths",
            remedy="Use pad_sequences() or vectorize_sequences() first.",
        ) from None


def _checked(
    model: Any, function: str, argument: str, array: np.ndarray, role: str
) -> np.ndarray:
    if array.dtype.kind in "OUST":
        if role == "x" and _takes_text(model):
            return _text(array)
        kinds = sorted({type(item).__name__ for item in array.ravel()})
        if not all(isinstance(item, _NUMBERS) for item in array.ravel()):
            raise ArgumentTypeError(
                function,
                argument,
                "must be numeric",
                received=f"an array of {' and '.join(kinds)}, shape {array.shape}",
                remedy=_TEXT_REMEDIES.get(role),
            )
        array = array.astype(np.float32)
    if array.dtype.kind == "f":
        _refuse_nan(function, argument, array)
    return array


_NUMBERS = (bool, int, float, np.number, np.bool_)

_TEXT_REMEDIES = {
    "x": "Turn sequences into numbers with vectorize_sequences() or pad_sequences(), "
    "text with layer_text_vectorization().",
    "y": "Encode labels as numbers from 0, for example (y == 'M').astype('float32').",
}


def _text(array: np.ndarray) -> Any:
    """Make a text tensor, because Keras takes no object arrays."""
    import tensorflow as tf

    return tf.constant(array.astype(str))


def _takes_text(model: Any) -> bool:
    layers: list[Any] = list(getattr(model, "layers", []))
    dtypes = [str(tensor.dtype) for tensor in getattr(model, "inputs", None) or []]
    return "string" in dtypes or any(isinstance(one, _TEXT_LAYERS) for one in layers)


def _refuse_nan(function: str, argument: str, array: np.ndarray) -> None:
    # The minimum is NaN if any value is, and needs no second array of that size.
    if array.size == 0 or not np.isnan(array.min()):
        return
    missing = np.argwhere(np.isnan(array))
    raise ArgumentError(
        function,
        argument,
        "must not have missing values (NaN): the loss would become NaN",
        received=f"{len(missing)} NaN, the first at {tuple(missing[0].tolist())}",
        remedy="Drop or impute them first.",
    )


def _rows(value: Any) -> int | None:
    """Return the number of rows of what Keras cuts into batches, or None."""
    if isinstance(value, dict):
        return next((_rows(item) for item in value.values()), None)
    if isinstance(value, list | tuple):
        return next((_rows(item) for item in value), None)
    if is_sparse(value) or (isinstance(value, np.ndarray) and value.ndim):
        return int(value.shape[0])
    return None
