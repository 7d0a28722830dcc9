"""What R functions of the older generation ask of models and files."""

from __future__ import annotations

import inspect
import shutil
import tempfile
import warnings
from collections.abc import Callable
from typing import Any

import h5py  # type: ignore[import-untyped]
import numpy as np

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
    "mask": lambda tensor: getattr(tensor, "_keras_mask", None),
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


def make_layer(cls: Any, arguments: dict[str, Any]) -> Any:
    """Make a layer; `input_shape` is how the older generation said what comes in."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Do not pass an `input_shape`")
        return cls(**arguments)


def argument_names(cls: Any) -> list[str]:
    """Return the names of a class's arguments, without those for more of any name."""
    parameters = inspect.signature(cls).parameters.values()
    kinds = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY)
    return [p.name for p in parameters if p.kind in kinds]


def load_weights(
    model: Any, path: str, by_name: bool = False, skip_mismatch: bool = False
) -> None:
    """Read weights into a model from a file of either layout of HDF5.

    Parameters
    ----------
    model : keras.Model
    path : str
        Of weights, or in the older layout also of a whole model.
    by_name : bool
        Whether layers are found by their names, of the older layout only, and not by
        their order.
    skip_mismatch : bool
        Whether layers of other shapes are left as they are.

    Raises
    ------
    ArgumentError
        If the file is missing, damaged, of another model, or has no names.
    """
    from rkeras_port import saving

    if not h5py.is_hdf5(path):
        # It says what is wrong with such a file.
        saving.load_model_weights(model, path)
    with h5py.File(path, "r") as file:
        group = file.get("model_weights", file)
        if "layer_names" in group.attrs:
            with saving.reading_weights("load_model_weights_hdf5", model, path):
                _load_older_weights(model, group, by_name, skip_mismatch)
            return
    if by_name:
        raise ArgumentError(
            "load_model_weights_hdf5",
            "by_name",
            "needs a file in the layout of Keras 2",
            received=f"TRUE, and {path} of Keras 3",
            remedy="Take the layers' weights from a model: "
            "set_weights(layer, get_weights(other)).",
        )
    with tempfile.TemporaryDirectory() as folder:
        named = path
        if not path.endswith(".weights.h5"):
            named = shutil.copy(path, f"{folder}/copy.weights.h5")
        saving.load_model_weights(model, named, skip_mismatch=skip_mismatch)


def _load_older_weights(
    model: Any, group: Any, by_name: bool, skip_mismatch: bool
) -> None:
    from keras.src.legacy.saving import legacy_h5_format

    if by_name:
        read = legacy_h5_format.load_weights_from_hdf5_group_by_name
    else:
        read = legacy_h5_format.load_weights_from_hdf5_group
    read(group, model, skip_mismatch=skip_mismatch)  # type: ignore[no-untyped-call]
