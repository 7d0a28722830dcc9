"""What a run has to say, kept in order and written to a store as far as that goes.

Whatever fails to be written stays here, so that a full disk loses nothing: it is tried
again with the next entry, at the end, and by hand with `Record.write_to`.
"""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable, Mapping
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any

from .stores import first_line

if TYPE_CHECKING:
    from mlflow import MlflowClient

#: Writes one entry of a record: called with the client and the run's id.
Entry = Callable[["MlflowClient", str], object]

#: Longest value of a parameter that is written; MLflow takes 6,000 characters.
_LONGEST = 500

#: Metrics are written every two seconds at most, and less often to a slow store: the
#: writing takes at most this share of the time.
_EVERY, _SHARE = 2.0, 0.01


class Record:
    """The entries of one run.

    Parameters
    ----------
    client : MlflowClient
    run_id : str
    """

    def __init__(self, client: MlflowClient, run_id: str) -> None:
        self._client = client
        self._run_id = run_id
        self._entries: list[Entry] = []
        self._written = 0
        self._said = False
        self._metrics: list[Any] = []
        self._metrics_due = time.monotonic() + _EVERY

    @property
    def complete(self) -> bool:
        """Whether everything has been written."""
        return self._written == len(self._entries) and not self._metrics

    def params(self, values: Mapping[str, Any]) -> None:
        """Add parameters."""
        from mlflow.entities import Param

        params = [Param(key, str(value)[:_LONGEST]) for key, value in values.items()]
        self._add(lambda client, run_id: client.log_batch(run_id, params=params))

    def tags(self, values: Mapping[str, str]) -> None:
        """Add tags."""
        from mlflow.entities import RunTag

        tags = [RunTag(key, value) for key, value in values.items()]
        self._add(lambda client, run_id: client.log_batch(run_id, tags=tags))

    def metrics(self, values: Mapping[str, float], step: int = 0) -> None:
        """Add metrics; they are written together, from time to time."""
        from mlflow.entities import Metric

        now = int(time.time() * 1000)
        self._metrics += [
            Metric(name, float(value), now, step) for name, value in values.items()
        ]
        if time.monotonic() > self._metrics_due:
            self.flush()

    def file(self, name: str, content: bytes | str) -> None:
        """Add a file by its path among the artifacts of the run."""
        data = content.encode() if isinstance(content, str) else content
        place = PurePosixPath(name)

        def write(client: MlflowClient, run_id: str) -> None:
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder, place.name)
                path.write_bytes(data)
                parent = None if place.parent == PurePosixPath() else str(place.parent)
                client.log_artifact(run_id, str(path), parent)

        self._add(write)

    def folder(self, name: str, make: Callable[[], Mapping[str, bytes]]) -> None:
        """Add a folder of files by their paths in it; making them needs a disk too."""
        made: list[Mapping[str, bytes]] = []

        def write(client: MlflowClient, run_id: str) -> None:
            if not made:
                made.append(make())
            with tempfile.TemporaryDirectory() as temporary:
                for place, data in made[0].items():
                    path = Path(temporary, place)
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_bytes(data)
                client.log_artifacts(run_id, temporary, name)

        self._add(write)

    def end(self, status: str) -> None:
        """Close the run as FINISHED, FAILED or KILLED."""
        self.flush()
        self._add(lambda client, run_id: client.set_terminated(run_id, status))

    def flush(self) -> None:
        """Write what has not been written; say once if that fails."""
        start = time.monotonic()
        if self._metrics:
            metrics, self._metrics = self._metrics, []
            self._entries += [
                _metrics_entry(metrics[first : first + 900])
                for first in range(0, len(metrics), 900)
            ]
        self._write()
        now = time.monotonic()
        self._metrics_due = now + max(_EVERY, (now - start) / _SHARE)

    def _add(self, entry: Entry) -> None:
        self._entries.append(entry)
        self._write()

    def _write(self) -> None:
        try:
            while self._written < len(self._entries):
                self._entries[self._written](self._client, self._run_id)
                self._written += 1
        except Exception as error:  # whatever a store can fail with, training goes on
            if not self._said:
                self._said = True
                warnings.warn(
                    f"The run {self._run_id} cannot be written at the moment "
                    f"({type(error).__name__}: {first_line(error)}). Training goes on "
                    "and the run is kept in memory.",
                    RuntimeWarning,
                    stacklevel=2,
                )

    def write_to(self, client: MlflowClient, run_id: str) -> None:
        """Write all entries, from the first on, to another run.

        Raises
        ------
        Exception
            What the store fails with; nothing is lost, it can be called again.
        """
        for entry in self._entries:
            entry(client, run_id)


def _metrics_entry(metrics: list[Any]) -> Entry:
    return lambda client, run_id: client.log_batch(run_id, metrics=metrics)
