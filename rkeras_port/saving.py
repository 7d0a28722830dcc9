"""Save and load models and weights, without losing what is already there."""

from __future__ import annotations

import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

from . import _hdf5_probe
from ._hdf5_models import is_hdf5, restore_optimizer, short_names
from ._keras import keras
from .catalogue.build import unwrap
from .errors import ArgumentError
from .pipe import verb

if TYPE_CHECKING:
    from keras import Model

M = TypeVar("M", bound="Model")

model_verb = verb(keras.Model, "a model")


@model_verb
def save_model(
    model: M, filepath: str | os.PathLike[str], overwrite: bool = False
) -> M:
    """Write a model to one file: architecture, weights, and optimizer state.

    Parameters
    ----------
    object : keras.Model
        The model.
    filepath : path
        Ends in ``.keras``; ``.h5`` is Keras's legacy format, with its warning.
    overwrite : bool
        Whether an existing file may be replaced. It stays whole until the new one is.

    Returns
    -------
    keras.Model
        The same model, so that a pipe can go on.

    Raises
    ------
    ArgumentError
        If the file exists, or its name ends otherwise.

    Notes
    -----
    R: `save_model()` of keras3, which does not overwrite by default either.
    """
    path = _target("save_model", filepath, (".keras", ".h5", ".hdf5"), overwrite)
    with replacing(path) as temporary:
        model.save(temporary)
    return model


def load_model(
    filepath: str | os.PathLike[str],
    custom_objects: dict[str, Any] | None = None,
    compile: bool = True,
    safe_mode: bool = True,
) -> Model:
    """Read a model that `save_model`, or Keras itself, has written.

    Parameters
    ----------
    filepath : path
        The file.
    custom_objects : dict, optional
        Classes and functions by the name that the file knows.
    compile : bool
        Whether to restore optimizer, loss and metrics.
    safe_mode : bool
        Whether to refuse code in the file. Leave it on for files of others.

    Returns
    -------
    keras.Model

    Raises
    ------
    ArgumentError
        If the file is missing, damaged, or holds code while `safe_mode` is on.

    Notes
    -----
    R: `load_model()` of keras3. Models in HDF5 can be trained on, which Keras 3.15's
    own `load_model` forgets.
    """
    path = _source("load_model", filepath)
    with _explaining("load_model", path):
        hdf5 = _is_readable_hdf5(path)
        objects = unwrap(custom_objects)
        model: Model = keras.saving.load_model(
            path,
            custom_objects=short_names() | (objects or {}) if hdf5 else objects,
            compile=compile,
            safe_mode=safe_mode,
        )
        if hdf5:
            restore_optimizer(model, path)
    return model


@model_verb
def save_model_weights(
    model: M, filepath: str | os.PathLike[str], overwrite: bool = False
) -> M:
    """Write a model's weights to a ``.weights.h5`` file and return the model.

    Raises
    ------
    ArgumentError
        If the file exists and `overwrite` is off, or its name ends otherwise.

    Notes
    -----
    R: `save_model_weights()` of keras3.
    """
    path = _target("save_model_weights", filepath, (".weights.h5",), overwrite)
    with replacing(path) as temporary:
        model.save_weights(temporary)
    return model


@model_verb
def load_model_weights(
    model: M, filepath: str | os.PathLike[str], skip_mismatch: bool = False
) -> M:
    """Read weights into a model of the same architecture, in place.

    Returns
    -------
    keras.Model
        The same model.

    Raises
    ------
    ArgumentError
        If the file is missing, damaged or of another architecture. The model has then
        the weights of before.

    Notes
    -----
    R: `load_model_weights()` of keras3.
    """
    path = _source("load_model_weights", filepath)
    with reading_weights("load_model_weights", model, path):
        model.load_weights(path, skip_mismatch=skip_mismatch)
    return model


@model_verb
def export_savedmodel(
    model: M,
    export_dir_base: str | os.PathLike[str],
    overwrite: bool = False,
    **arguments: Any,
) -> M:
    """Write a model for serving, as a TensorFlow SavedModel folder.

    Parameters
    ----------
    object : keras.Model
        A built model.
    export_dir_base : path
        The folder to make.
    overwrite : bool
        Whether an existing folder may be written into.
    **arguments
        Passed to `keras.Model.export` (``format``, ``verbose``, ...).

    Returns
    -------
    keras.Model
        The same model.

    Raises
    ------
    ArgumentError
        If the folder exists and is not empty.

    Notes
    -----
    R: `export_savedmodel()` of keras3.
    """
    path = Path(export_dir_base)
    if path.exists() and not overwrite and (path.is_file() or any(path.iterdir())):
        raise ArgumentError(
            "export_savedmodel",
            "export_dir_base",
            "exists already",
            received=str(path),
            remedy="Choose another folder or pass overwrite=True.",
        )
    model.export(str(path), **arguments)  # type: ignore[no-untyped-call]
    return model


@model_verb
def save_model_config(
    model: M, filepath: str | os.PathLike[str], overwrite: bool = False
) -> M:
    """Write a model's architecture, without its weights, to a JSON file.

    R: `save_model_config()` of keras3.

    Parameters
    ----------
    object : keras.Model
        The model.
    filepath : path
        Ends in ``.json``.
    overwrite : bool
        Whether an existing file may be replaced.

    Returns
    -------
    keras.Model
        The same model.

    Raises
    ------
    ArgumentError
        If the file exists, or its name ends otherwise.
    """
    path = _target("save_model_config", filepath, (".json",), overwrite)
    with replacing(path) as temporary:
        text: str = model.to_json()  # type: ignore[no-untyped-call]
        Path(temporary).write_text(text, encoding="utf-8")
    return model


def load_model_config(
    filepath: str | os.PathLike[str], custom_objects: Any = None
) -> Model:
    """Make a model, with new weights, of the architecture in a JSON file.

    R: `load_model_config()` of keras3.

    Parameters
    ----------
    filepath : path
        What `save_model_config` wrote.
    custom_objects : dict, optional
        Classes and functions that the model uses, by name.

    Raises
    ------
    ArgumentError
        If the file is missing or holds no architecture.
    """
    path = _source("load_model_config", filepath)
    with _explaining("load_model_config", path):
        return keras.models.model_from_json(
            path.read_text(encoding="utf-8"), custom_objects=unwrap(custom_objects)
        )


def _target(
    function: str,
    filepath: str | os.PathLike[str],
    endings: tuple[str, ...],
    overwrite: bool,
) -> Path:
    path = Path(filepath)
    if not path.name.endswith(endings):
        raise ArgumentError(
            function,
            "filepath",
            "must end in " + " or ".join(endings),
            received=str(path),
        )
    if path.exists() and not overwrite:
        raise ArgumentError(
            function,
            "filepath",
            "exists already",
            received=str(path),
            remedy="Pass overwrite=True to replace it.",
        )
    if not path.parent.is_dir():
        raise ArgumentError(
            function,
            "filepath",
            "is in a folder that does not exist",
            received=str(path),
        )
    return path


def _source(function: str, filepath: str | os.PathLike[str]) -> Path:
    path = Path(filepath)
    if not path.exists():
        raise ArgumentError(function, "filepath", "does not exist", received=str(path))
    return path


@contextmanager
def replacing(path: Path) -> Iterator[str]:
    """Give a place to write to that takes the path's place once it is complete."""
    with tempfile.TemporaryDirectory(prefix=".saving-", dir=path.parent) as folder:
        # The same name, because Keras reads the format off its ending.
        temporary = Path(folder, path.name)
        yield str(temporary)
        temporary.replace(path)


@contextmanager
def reading_weights(
    function: str, model: Model, path: str | os.PathLike[str]
) -> Iterator[None]:
    """Read weights in the block, or leave the model as it was.

    Raises
    ------
    ArgumentError
        In place of whatever error a bad file leads to.
    """
    path = Path(path)
    with _explaining(function, path):
        _is_readable_hdf5(path)
        optimizer = getattr(model, "optimizer", None)
        variables = [*model.weights, *getattr(optimizer, "variables", ())]
        before = [keras.ops.convert_to_numpy(variable) for variable in variables]
        try:
            yield
        except BaseException:
            for variable, value in zip(variables, before, strict=True):
                variable.assign(value)
            raise


def _is_readable_hdf5(path: Path) -> bool:
    """Tell whether a file is in the HDF5 format; raise OSError if it cannot be read."""
    if not is_hdf5(path):
        return False
    if not _hdf5_probe.survives(path):
        raise OSError("the HDF5 library crashes on it, or goes on for ever")
    return True


@contextmanager
def _explaining(function: str, path: Path) -> Iterator[None]:
    """Turn whatever a bad file makes Keras raise into one error that says so."""
    try:
        yield
    except Exception as error:
        problem, remedy = _why(error)
        raise ArgumentError(
            function,
            "filepath",
            problem,
            received=f"{path} ({type(error).__name__}: {_first_line(error)})",
            remedy=remedy,
        ) from error


#: What Keras says when a file names a class or function that it does not know.
_UNKNOWN = re.compile(
    r"Could not locate (?:class|function) '(\w+)'"
    r"|Could not interpret \w+ identifier: \{.*'config': '(\w+)'"
)


def _why(error: Exception) -> tuple[str, str | None]:
    """Return what is wrong with a file and what to do about it."""
    text = str(error)
    if "safe_mode" in text or "unsafe" in text.lower():
        return (
            "holds code, which is refused while safe_mode is on",
            "Pass safe_mode=False only if you trust its author.",
        )
    unknown = _UNKNOWN.search(text)
    if unknown is not None:
        name = unknown[1] or unknown[2]
        return (
            f"needs {name!r}, which Keras does not know",
            "Give the class or function under this name in custom_objects, or "
            "register it before loading: register_keras_serializable().",
        )
    return (
        "cannot be read as what it should be: damaged, of another architecture, or "
        "made by another program",
        None,
    )


def _first_line(error: Exception) -> str:
    return (str(error).strip().splitlines() or [""])[0][:200]
