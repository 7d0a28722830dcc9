"""Labels of any type: to the targets of a model, and its outputs back to labels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from ._keras import keras
from .errors import ArgumentError

#: Losses whose targets are one number for each class.
_ONE_HOT = {
    "binary_crossentropy",
    "binary_focal_crossentropy",
    "categorical_crossentropy",
    "categorical_focal_crossentropy",
    "categorical_hinge",
    "kl_divergence",
    "mean_squared_error",
}


def classes_of(labels: Any) -> NDArray[Any]:
    """Return the classes that occur, in their order: that of a categorical, or sorted.

    Parameters
    ----------
    labels : array_like, Series or Categorical, shape (n_samples,)

    Returns
    -------
    ndarray, shape (n_classes,)

    Examples
    --------
    >>> classes_of(["R", "M", "R"]).tolist()
    ['M', 'R']
    """
    categories = getattr(getattr(labels, "cat", labels), "categories", None)
    values = np.asarray(labels)
    if categories is None:
        return np.unique(values)
    return np.array([one for one in categories if (values == one).any()])


def codes_of(labels: Any, classes: NDArray[Any]) -> NDArray[np.int64]:
    """Return each label's place among the classes, from 0; -1 for no class of these."""
    values = np.asarray(labels)
    codes = np.full(values.shape, -1, dtype=np.int64)
    for code, one in enumerate(classes):
        codes[values == one] = code
    return codes


def targets(
    function: str, model: Any, codes: NDArray[np.int64], n_classes: int
) -> NDArray[Any]:
    """Return the targets that a model's last layer and loss need.

    Parameters
    ----------
    function : str
        For messages.
    model : keras.Model
        Compiled, with one output.
    codes : ndarray of int, shape (n_samples,)
        Classes, from 0.
    n_classes : int
        Number of classes.

    Returns
    -------
    ndarray
        float32 zeros and ones, shape (n_samples,), for one unit; else int codes, or
        one float32 column for each class, as the loss has it.

    Raises
    ------
    ArgumentError
        If the number of units does not fit the number of classes.
    """
    units = output_units(model)
    if units == 1 and n_classes == 2:
        return codes.astype(np.float32)
    if units != n_classes:
        raise ArgumentError(
            function,
            "model_fn",
            f"must end in {n_classes} units for {n_classes} classes"
            + (", or in one sigmoid unit" if n_classes == 2 else ""),
            received=f"{units} unit" + ("s" if units != 1 else ""),
        )
    if loss_name(model.loss) in _ONE_HOT:
        return np.eye(n_classes, dtype=np.float32)[codes]
    return codes


def probabilities(model: Any, outputs: NDArray[Any]) -> NDArray[np.float64]:
    """Return the probability of each class, shape (n_samples, n_classes), from outputs.

    Outputs that the loss reads as logits go through the sigmoid or softmax first.
    """
    values = np.asarray(outputs, dtype=np.float64).reshape(len(outputs), -1)
    logits = getattr(model.loss, "from_logits", False)
    if values.shape[1] == 1:
        second = 1 / (1 + np.exp(-values)) if logits else values
        return np.hstack([1 - second, second])
    if logits:
        powers = np.exp(values - values.max(axis=1, keepdims=True))
        values = powers / powers.sum(axis=1, keepdims=True)
    return values


def output_units(model: Any) -> int | None:
    """Return the size of a model's only output, None if it is not known."""
    if not model.built:
        layers = getattr(model, "layers", None)
        return getattr(layers[-1], "units", None) if layers else None
    shape = model.output_shape
    return shape[-1] if isinstance(shape, tuple) else None


def loss_name(loss: Any) -> str:
    """Return a loss's name in Keras's lower-case spelling; "" for none or several."""
    if loss is None or isinstance(loss, list | tuple | dict):
        return ""
    try:
        made = keras.losses.get(loss)
    except (TypeError, ValueError):
        return ""
    function = getattr(made, "fn", made)
    return str(getattr(function, "__name__", type(function).__name__))
