"""What R functions of the older generation ask of models and files."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np

from rkeras_port._keras import keras
from rkeras_port.errors import ArgumentError


def node_value(layer: Any, index: int, what: str) -> Any:
    """Return what went into a layer, or came out, at one of its calls.

    Parameters
    ----------
    layer : keras.Layer
    index : int
        Number of the call, from 1.
    what : str
        ``input`` or ``output``, alone or with ``_shape`` or ``_mask`` after it.

    Returns
    -------
    tensor, tuple of int, None, or a list of those
        Masks are None where there are none.

    Raises
    ------
    ArgumentError
        If the layer was not called so many times.

    Notes
    -----
    R: ``get_input_at()`` and its kin of keras 2.16.1.
    """
    nodes = layer._inbound_nodes
    if not 1 <= index <= len(nodes):
        raise ArgumentError(
            f"get_{what}_at",
            "node_index",
            f"must be one of the {len(nodes)} calls of {layer.name}, counted from 1",
            received=str(index),
        )
    side, _, aspect = what.partition("_")
    node = nodes[index - 1]
    tensors = list(node.input_tensors if side == "input" else node.outputs)
    values = [_ASPECTS[aspect](tensor) for tensor in tensors]
    return values[0] if len(values) == 1 else values


_ASPECTS: dict[str, Callable[[Any], Any]] = {
    "": lambda tensor: tensor,
    "shape": lambda tensor: tuple(tensor.shape),
    "mask": lambda tensor: keras.src.backend.get_keras_mask(tensor),
}


def hdf5_matrix(
    path: str,
    dataset: str,
    start: int = 0,
    end: int | None = None,
    normalizer: Callable[[Any], Any] | None = None,
) -> np.ndarray:
    """Return rows of a data set in an HDF5 file.

    Parameters
    ----------
    path : str
    dataset : str
        Its name in the file.
    start, end : int
        The first row, from 0, and the one after the last.
    normalizer : callable
        Called with the rows.

    Raises
    ------
    ArgumentError
        If the file has no such data set.

    Notes
    -----
    R: ``hdf5_matrix()`` of keras 2.16.1, which read the rows when they were used.
    """
    import h5py

    with h5py.File(path, "r") as file:
        if dataset not in file:
            raise ArgumentError(
                "hdf5_matrix",
                "dataset",
                f"must be in the file, which has {', '.join(file)}",
                received=repr(dataset),
            )
        rows: np.ndarray = file[dataset][start:end]
    return rows if normalizer is None else np.asarray(normalizer(rows))


def argument_names(cls: Any) -> list[str]:
    """Return the names of a class's arguments, without those for more of any name."""
    parameters = inspect.signature(cls).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [p.name for p in parameters if p.kind in kinds]


def short_names() -> dict[str, Any]:
    """Return losses by the short names that files in the HDF5 format keep.

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
