"""What Keras or TensorFlow meant by an error, in the terms of the R call behind it.

The engine speaks of axes and positions from 0, and often not of the argument at all.
Only looked at when a call has failed, so a wrong guess costs nothing but a message.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from rkeras_port.errors import ArgumentError, DataUnavailableError

_NOISE = re.compile(
    r"\{\{function_node [^}]*\}\} ?|\s*; NodeDef: .*|\x1b\[[0-9;]*m"
    r"| ?\[Op:\w+\]( name: ?\w*)?\s*$",
    re.S,
)


_TWICE = re.compile(r"got multiple values for keyword argument '(\w+)'")

#: Keras raises a plain exception where a download fails.
_DOWNLOAD = re.compile(r"URL fetch failure on (\S+?):? ")


def plain_text(text: str) -> str:
    """Return an error's text without colours, node names and Python's frames.

    Examples
    --------
    >>> plain_text("{{function_node __wrapped__Sum_}} Invalid axis [Op:Sum] name: ")
    'Invalid axis'
    """
    if text.startswith("Graph execution error:"):
        text = _last_words(text)
    return _NOISE.sub("", text)


def _last_words(text: str) -> str:
    """Return what TensorFlow says after the listing of where a node was made."""
    paragraphs = [
        line.strip()
        for line in text.split("\n")
        if line.strip() and not line.lstrip().startswith(("File ", "[["))
    ]
    told = [line for line in paragraphs[1:] if not line.startswith("Detected at")]
    return told[0] if told else text


def explained(
    function: str,
    arguments: dict[str, Any],
    axes: Iterable[str],
    indices: Iterable[str],
    error: Exception,
) -> Exception | None:
    """Return a better error for a call that failed, or None.

    Parameters
    ----------
    function : str
        R's name of the function.
    arguments : dict
        What Keras was given, by its names; axes and positions from 0.
    axes, indices : iterable of str
        Which of them are axes, and which are positions along `axis`.
    error : Exception
        What came of it.
    """
    missing = _DOWNLOAD.search(str(error))
    if missing is not None:
        return _unavailable(function, missing[1], error)
    twice = _TWICE.search(str(error))
    if twice is not None and isinstance(error, TypeError):
        return ArgumentError(
            function, twice[1], "is set by the function itself and cannot be given"
        )
    array = next((v for v in arguments.values() if _shape(v) is not None), None)
    shape = _shape(array)
    if shape is None or isinstance(error, ArgumentError):
        return None
    for name in axes:
        wrong = [a for a in _whole(arguments.get(name)) if not _within(a, len(shape))]
        if wrong:
            return ArgumentError(
                function,
                name,
                f"must be among the axes 1 to {len(shape)}, or -{len(shape)} to -1",
                received=str(_from_one(wrong[0])),
            )
    size = _size_along(shape, arguments.get("axis"))
    for name in indices:
        wrong = [i for i in _whole(arguments.get(name)) if not _within(i, size)]
        if size is not None and wrong:
            return ArgumentError(
                function,
                name,
                f"must be among the positions 1 to {size}",
                received=str(_from_one(wrong[0])),
            )
    return None


def _unavailable(function: str, url: str, error: Exception) -> DataUnavailableError:
    from rkeras_port._keras import keras

    name = url.rpartition("/")[2]
    folder = "models" if function.startswith("application_") else "datasets"
    place = Path(keras.src.backend.config.keras_home()).expanduser() / folder / name
    instead = (
        ", or pass its path, or NULL for random weights, as weights ="
        if folder == "models"
        else ""
    )
    return DataUnavailableError(
        f"{function}(): {name} is not in Keras's cache and could not be downloaded "
        f"({error}). Without network, get {url} elsewhere and put it at "
        f"{place}{instead}."
    )


def _shape(value: Any) -> tuple[int | None, ...] | None:
    if isinstance(value, list | tuple) and value:
        return _shape(value[0])
    shape = getattr(value, "shape", None)
    try:
        return None if shape is None else tuple(shape)
    except ValueError:  # A tensor of unknown rank.
        return None


def _whole(value: Any) -> list[int]:
    if hasattr(value, "tolist"):
        value = value.ravel().tolist()
    if isinstance(value, list | tuple):
        return [one for part in value for one in _whole(part)]
    return [value] if isinstance(value, int) and not isinstance(value, bool) else []


def _size_along(shape: tuple[int | None, ...], axis: Any) -> int | None:
    if isinstance(axis, int) and _within(axis, len(shape)):
        return shape[axis]
    if axis is None and None not in shape:
        size = 1
        for extent in shape:
            size *= extent or 0
        return size
    return None


def _within(value: int, size: int | None) -> bool:
    return size is None or -size <= value < size


def _from_one(value: int) -> int:
    return value + 1 if value >= 0 else value
