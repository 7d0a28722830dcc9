"""How observations are kept: streamed while a side runs, and a whole side in a file."""

from __future__ import annotations

import io
import json
import os
import tempfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np

from rkeras_port.errors import RKerasError

from .observations import Failure, Observation, Side

#: What the index of a file of ours begins with; the number is that of the layout.
FORMAT = "rkeras crosscheck 1"

#: Bytes that say how long a record of a stream is.
_LENGTH = 8


class UnreadableSideError(RKerasError, ValueError):
    """A file is not one that holds a recorded side, or it is damaged."""


def save_side(side: Side, path: Path) -> None:
    """Write a side to one file: there is either all of it, or what was there before.

    Parameters
    ----------
    side : Side
        What was observed.
    path : Path
        The file: an NPZ archive of arrays without pickled objects, and an index.

    Raises
    ------
    OSError
        If it cannot be written.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "left.npz")
    ...     save_side(Side("Python", "a.py", "x = 1", seconds=1.5), file)
    ...     load_side(file).seconds
    1.5
    """
    tree = {
        "label": side.label,
        "source": side.source,
        "code": side.code,
        "observations": [_as_tree(one) for one in side.observations],
        "failure": None if side.failure is None else vars(side.failure),
        "environment": side.environment,
        "seconds": side.seconds,
    }
    with tempfile.NamedTemporaryFile(
        dir=path.parent, prefix=f".{path.name}-", delete=False
    ) as file:
        try:
            file.write(_packed(tree))
            file.close()
            os.replace(file.name, path)
        except BaseException:
            os.unlink(file.name)
            raise


def load_side(path: Path) -> Side:
    """Read what `save_side` has written.

    Raises
    ------
    UnreadableSideError
        If there is no such file, if it is something else, or damaged.
    """
    try:
        tree = _unpacked(path.read_bytes())
        return Side(
            label=str(tree["label"]),
            source=str(tree["source"]),
            code=str(tree["code"]),
            observations=[_observation(one) for one in tree["observations"]],
            failure=None if tree["failure"] is None else Failure(**tree["failure"]),
            environment=dict(tree["environment"]),
            seconds=float(tree["seconds"]),
        )
    except OSError as error:
        reason = error.strerror or str(error)
    except (ValueError, KeyError, TypeError, AttributeError, EOFError) as error:
        reason = str(error) or type(error).__name__
    except zipfile.BadZipFile as error:
        reason = str(error)
    raise UnreadableSideError(
        f"{path} cannot be read as a recorded side ({reason}). Such files are written "
        "by `rkeras crosscheck --record FILE`."
    )


class Stream:
    """A file to which a running side adds record by record.

    What a side that is killed has added before stays readable.

    Parameters
    ----------
    path : Path
        The file; records are added at its end.
    """

    def __init__(self, path: Path) -> None:
        self._file: BinaryIO = path.open("ab", buffering=0)

    def add(self, **record: Any) -> None:
        """Add a record of plain values and arrays."""
        packed = _packed(record)
        self._file.write(len(packed).to_bytes(_LENGTH, "little") + packed)

    def observe(self, observation: Observation) -> None:
        """Add an observation."""
        self.add(observation=_as_tree(observation))

    def close(self) -> None:
        """Close the file."""
        self._file.close()


def records(path: Path) -> Iterator[dict[str, Any]]:
    """Give the records of a stream; of one that was cut short, those before the cut."""
    left = path.stat().st_size
    with path.open("rb") as file:
        while left > _LENGTH:
            length = int.from_bytes(file.read(_LENGTH), "little")
            left -= _LENGTH + length
            if left < 0:
                return
            yield _unpacked(file.read(length))


def read_stream(path: Path, side: Side) -> None:
    """Put what a stream holds into a side: observations, environment, failure."""
    for record in records(path):
        if "observation" in record:
            side.observations.append(_observation(record["observation"]))
        side.environment.update(record.get("environment", {}))
        if "failure" in record:
            side.failure = Failure(**record["failure"])


def _as_tree(observation: Observation) -> dict[str, Any]:
    return dict(vars(observation))


def _observation(tree: Mapping[str, Any]) -> Observation:
    if not isinstance(tree["content"], Mapping):
        raise ValueError("an observation without content")
    return Observation(
        kind=tree["kind"], name=tree["name"], content=tree["content"],
        where=tree["where"],
    )  # fmt: skip


# Plain values in JSON, arrays beside it -----------------------------------------------


def _packed(tree: Mapping[str, Any]) -> bytes:
    arrays: dict[int, tuple[str, Any]] = {}
    index = json.dumps({"format": FORMAT, "tree": _encoded(tree, arrays)})
    file = io.BytesIO()
    np.savez(
        file, index=np.frombuffer(index.encode(), np.uint8), allow_pickle=False,
        **dict(arrays.values()),
    )  # fmt: skip
    return file.getvalue()


def _unpacked(packed: bytes) -> dict[str, Any]:
    with np.load(io.BytesIO(packed), allow_pickle=False) as archive:
        if not hasattr(archive, "files") or "index" not in archive.files:
            raise ValueError("it has no index")
        index = json.loads(archive["index"].tobytes())
        if not isinstance(index, dict) or index.get("format") != FORMAT:
            raise ValueError(f"its index does not begin with {FORMAT!r}")
        tree = _decoded(index["tree"], archive)
    if not isinstance(tree, dict):
        raise ValueError("its index is no mapping")
    return tree


def _encoded(value: Any, arrays: dict[int, tuple[str, Any]]) -> Any:
    """Return a tree for JSON, with the arrays replaced by their names in `arrays`."""
    if isinstance(value, np.ndarray):
        # By its identity: what is there twice is kept once.
        name, _ = arrays.setdefault(id(value), (f"a{len(arrays)}", value))
        return {"array": name}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Mapping):
        return {"map": [[str(k), _encoded(v, arrays)] for k, v in value.items()]}
    if isinstance(value, list | tuple | range):
        return [_encoded(item, arrays) for item in value]
    return value


def _decoded(value: Any, archive: Any) -> Any:
    if isinstance(value, list):
        return [_decoded(item, archive) for item in value]
    if isinstance(value, dict):
        if "array" in value:
            return archive[value["array"]]
        return {name: _decoded(item, archive) for name, item in value["map"]}
    return value
