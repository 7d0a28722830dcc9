"""Whole models in HDF5, Keras's older format: what Keras 3.15 misreads of them."""

from __future__ import annotations

from os import PathLike
from typing import Any

import h5py  # type: ignore[import-untyped]
import numpy as np

from ._keras import keras


def is_hdf5(path: str | PathLike[str]) -> bool:
    """Tell whether a file is in the HDF5 format."""
    return bool(h5py.is_hdf5(path))


def short_names() -> dict[str, Any]:
    """Return losses by the short names that such files keep and Keras does not find.

    Examples
    --------
    >>> short_names()["mse"].__name__
    'mean_squared_error'
    """
    found = {name: getattr(keras.losses, long) for name, long in _SHORT.items()}
    return found | {name.upper(): loss for name, loss in found.items()}


_SHORT = {
    "mse": "mean_squared_error",
    "mae": "mean_absolute_error",
    "mape": "mean_absolute_percentage_error",
    "msle": "mean_squared_logarithmic_error",
    "bce": "binary_crossentropy",
    "kld": "kl_divergence",
}


def restore_optimizer(model: Any, path: str | PathLike[str]) -> None:
    """Give a model that was read from a file an optimizer that can train on.

    Keras 3.15 reads the optimizer's state for the model's own variables only, of which
    a model of layers has none: training on ends in "Unknown variable".

    Parameters
    ----------
    model : keras.Model
        Its optimizer, if it is compiled, is replaced by one for all of its variables.
    path : path
        The file, whose state of the optimizer is taken if it is for these variables.
    """
    from keras.src.legacy.saving import legacy_h5_format

    optimizer = getattr(model, "optimizer", None)
    if optimizer is None:
        return
    again = type(optimizer).from_config(optimizer.get_config())
    again.build(model.trainable_variables)
    with h5py.File(path, "r") as file:
        if "optimizer_weights" in file:
            states = legacy_h5_format.load_optimizer_weights_from_hdf5_group(file)
            values = [np.asarray(state) for state in states]
        else:
            values = []
    if [value.shape for value in values] == [tuple(v.shape) for v in again.variables]:
        for variable, value in zip(again.variables, values, strict=True):
            variable.assign(value)
    model.optimizer = again
