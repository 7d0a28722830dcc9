"""Runs that are in a store: found by their id, read, reloaded, copied to a server."""

from __future__ import annotations

import os
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rkeras_port.errors import ArgumentError, StateError
from rkeras_port.history import TrainingHistory

from . import stores

if TYPE_CHECKING:
    from keras import Model
    from mlflow import MlflowClient

#: Tags of a run that was written here although a server was meant.
MEANT_FOR = "rkeras.tracking_uri"
SYNCED_AS = "rkeras.synced_as"
COPIED_FROM = "rkeras.copied_from"

#: The part of a run's artifacts that holds the model.
MODEL = "model"
_MODEL_FILES = ("data/model.keras", "model.keras")


@dataclass(frozen=True)
class StoredRun:
    """A run as it stands in a store.

    Attributes
    ----------
    run_id, name, status, store : str
    params, tags : dict of str to str
    metrics : dict of str to float
        The last value of each.
    """

    run_id: str
    name: str
    status: str
    store: str
    params: dict[str, str]
    tags: dict[str, str]
    metrics: dict[str, float]

    def history(self) -> TrainingHistory:
        """Return the metrics of the epochs of the run's first training."""
        client = stores.existing("history", self.store)
        series = {}
        for name in self.metrics:
            found = client.get_metric_history(self.run_id, name)
            # Epochs count from 1; what is measured once has step 0.
            values = {metric.step: metric.value for metric in found if metric.step}
            if values and "/" not in name:
                series[name] = [values[step] for step in sorted(values)]
        order = ["accuracy", "loss", "val_accuracy", "val_loss"]
        order += sorted(set(series) - set(order))
        metrics = {name: series[name] for name in order if name in series}
        epochs = int(float(self.params.get("epochs", 0)))
        return TrainingHistory({"epochs": epochs}, metrics)

    def artifacts(self) -> list[str]:
        """Return the paths of all the run's files."""
        client = stores.existing("artifacts", self.store)
        found: list[str] = []
        folders = [""]
        while folders:
            for one in client.list_artifacts(self.run_id, folders.pop() or None):
                (folders if one.is_dir else found).append(one.path)
        return sorted(found)

    def read(self, path: str) -> bytes:
        """Return the content of one of the run's files.

        Raises
        ------
        ArgumentError
            If there is no such file.
        """
        client = stores.existing("read", self.store)
        with tempfile.TemporaryDirectory() as folder:
            try:
                return Path(
                    client.download_artifacts(self.run_id, path, folder)
                ).read_bytes()
            except Exception as error:
                raise ArgumentError(
                    "read",
                    "path",
                    "is no file of this run",
                    received=f"{path!r} ({stores.first_line(error)})",
                ) from error


def stored_run(
    run_id: str, tracking_uri: str | os.PathLike[str] | None = None
) -> StoredRun:
    """Find a run by its id.

    Parameters
    ----------
    run_id : str
        The id that MLflow has given it, or its beginning.
    tracking_uri : str or path, optional
        Where it is kept; see `tracked_run`.

    Returns
    -------
    StoredRun

    Raises
    ------
    ArgumentError
        If there is no such store, no such run, or several that begin so.
    MissingDependencyError
        If MLflow is not installed.
    """
    uri = stores.resolve(tracking_uri)
    client = stores.existing("stored_run", uri)
    run = _find(client, uri, run_id)
    return _as_stored(uri, run)


def _as_stored(uri: str, run: Any) -> StoredRun:
    return StoredRun(
        run.info.run_id,
        run.info.run_name,
        run.info.status,
        uri,
        dict(run.data.params),
        dict(run.data.tags),
        dict(run.data.metrics),
    )


def _find(client: MlflowClient, uri: str, run_id: str) -> Any:
    if not run_id.isalnum():
        candidates = []
    else:
        candidates = [
            run for run in runs_of(client) if run.info.run_id.startswith(run_id.lower())
        ]
    if len(candidates) != 1:
        problem = "names several runs" if candidates else "names no run"
        raise ArgumentError(
            "stored_run",
            "run_id",
            f"{problem} in {uri}",
            received=repr(run_id),
            remedy=_latest(client, candidates),
        )
    return candidates[0]


def _latest(client: MlflowClient, runs: list[Any]) -> str:
    runs = runs or runs_of(client)
    if not runs:
        return "The store has no runs."
    listed = ", ".join(f"{r.info.run_id[:8]} ({r.info.run_name})" for r in runs[:5])
    return f"The latest ones: {listed}."


def runs_of(
    client: MlflowClient, filter_string: str = "", **arguments: Any
) -> list[Any]:
    """Return all runs of a store that a filter lets through, the latest first."""
    ids = [one.experiment_id for one in client.search_experiments()]
    found: list[Any] = []
    token = None
    while ids:
        page = client.search_runs(
            ids,
            filter_string=filter_string,
            order_by=["attributes.start_time DESC"],
            page_token=token,
            **arguments,
        )
        found += page
        token = page.token
        if not token:
            break
    return found


def load_tracked_model(
    run_id: str, tracking_uri: str | os.PathLike[str] | None = None
) -> Model:
    """Load the model of a tracked run.

    Code in the file is never run: it is read with Keras's safe mode on, and nothing is
    unpickled.

    Parameters
    ----------
    run_id, tracking_uri
        As in `stored_run`.

    Returns
    -------
    keras.Model

    Raises
    ------
    ArgumentError
        If there is no such run, it has no model, or the model holds code.
    """
    from rkeras_port.saving import load_model

    run = stored_run(run_id, tracking_uri)
    client = stores.existing("load_tracked_model", run.store)
    with tempfile.TemporaryDirectory() as folder:
        try:
            place = Path(client.download_artifacts(run.run_id, MODEL, folder))
        except Exception as error:
            raise ArgumentError(
                "load_tracked_model",
                "run_id",
                "names a run without a model",
                received=f"{run.run_id} ({run.name}, {run.status.lower()})",
            ) from error
        for name in _MODEL_FILES:
            if (place / name).is_file():
                return load_model(place / name)
    raise ArgumentError(
        "load_tracked_model",
        "run_id",
        "names a run whose model is no Keras model",
        received=run.run_id,
    )


# Copying ------------------------------------------------------------------------------


def sync_runs(
    tracking_uri: str | None = None,
    store: str | os.PathLike[str] | None = None,
    run_id: str | None = None,
) -> dict[str, str]:
    """Copy runs that are kept locally to the tracking server that they are meant for.

    Parameters
    ----------
    tracking_uri : str, optional
        The server. By default the one that was named when the run was tracked; given,
        it takes all runs that have not been copied to any.
    store : str or path, optional
        Where the runs are kept, by default ``mlflow.db`` in the working directory.
    run_id : str, optional
        Copy this one only, and again if it has been copied.

    Returns
    -------
    dict of str to str
        The run's id on the server by its id here.

    Raises
    ------
    StateError
        If the server does not answer; what has been copied is marked so, the rest
        stays to be copied.
    """
    uri = stores.resolve(store or stores.FILE)
    client = stores.existing("sync_runs", uri)
    copied = {}
    runs = [_find(client, uri, run_id)] if run_id else runs_of(client)
    for run in reversed(runs):
        tags = run.data.tags
        target = tracking_uri or tags.get(MEANT_FOR)
        if target is None or run.info.status == "RUNNING":
            continue
        if SYNCED_AS in tags and not run_id:
            continue
        copied[run.info.run_id] = copy_run(client, run.info.run_id, target)
    return copied


def copy_run(source: MlflowClient, run_id: str, target_uri: str) -> str:
    """Copy one run to another store; return its id there.

    Raises
    ------
    StateError
        If the store does not answer, or fails; the half copy is then deleted if it
        can be.
    """
    run = source.get_run(run_id)
    with stores.patience():
        target = stores.client("sync_runs", target_uri)
        made = None
        try:
            name = source.get_experiment(run.info.experiment_id).name
            experiment = stores.experiment_id(target, target_uri, name)
            made = target.create_run(
                experiment,
                run.info.start_time,
                {**run.data.tags, COPIED_FROM: run_id},
                run.info.run_name,
            )
            _copy_content(source, run, target, made.info.run_id)
            target.set_terminated(made.info.run_id, run.info.status, run.info.end_time)
        except Exception as error:
            if made is not None:
                _forget(target, made.info.run_id)
            raise StateError(
                f"sync_runs(): the run {run_id} could not be copied to {target_uri} "
                f"({type(error).__name__}: {stores.first_line(error)}). It is kept "
                "here; try again later."
            ) from error
    source.set_tag(run_id, SYNCED_AS, made.info.run_id)
    return str(made.info.run_id)


def _copy_content(
    source: MlflowClient, run: Any, target: MlflowClient, to: str
) -> None:
    from mlflow.entities import Param

    target.log_batch(to, params=[Param(k, v) for k, v in run.data.params.items()])
    metrics = [
        metric
        for name in run.data.metrics
        for metric in source.get_metric_history(run.info.run_id, name)
    ]
    for start in range(0, len(metrics), 900):
        target.log_batch(to, metrics=metrics[start : start + 900])
    with tempfile.TemporaryDirectory() as folder:
        if source.list_artifacts(run.info.run_id):
            source.download_artifacts(run.info.run_id, "", folder)
            target.log_artifacts(to, folder)


def _forget(client: MlflowClient, run_id: str) -> None:
    import contextlib

    # The server is away: what is left of the copy there is marked as running.
    with contextlib.suppress(Exception):
        client.delete_run(run_id)
