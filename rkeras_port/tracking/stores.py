"""Where runs are kept: tracking URIs, and stores that are there and can be written."""

from __future__ import annotations

import logging
import os
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rkeras_port.errors import ArgumentError, MissingDependencyError, StateError

if TYPE_CHECKING:
    from mlflow import MlflowClient

#: What the user installs to have MLflow.
INSTALL = 'pip install "rkeras_port[track]"'

#: The file that keeps runs by default, in the working directory: MLflow's own default.
FILE = "mlflow.db"

#: What is asked of a tracking server, so that one that is away is soon given up.
_PATIENCE = {
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
    "MLFLOW_HTTP_REQUEST_BACKOFF_FACTOR": "1",
}

_SQLITE = "sqlite:///"


def mlflow(function: str) -> Any:
    """Return the module `mlflow`, imported now, with its telemetry off.

    Raises
    ------
    MissingDependencyError
        If it is not installed, naming the extra; `function` is who asks.
    """
    # Read by MLflow when it is imported.
    os.environ.setdefault("MLFLOW_DISABLE_TELEMETRY", "true")
    try:
        import mlflow
        import sqlalchemy  # noqa: F401  # mlflow-skinny, which has no stores, lacks it
    except ImportError as error:
        raise MissingDependencyError(
            f"{function}(): runs are kept by MLflow, of which {error.name or 'a part'} "
            f"is not installed. Install it: {INSTALL}."
        ) from error
    return mlflow


def is_remote(uri: str) -> bool:
    """Tell whether a tracking URI names a server.

    Examples
    --------
    >>> is_remote("http://localhost:5000"), is_remote("sqlite:///mlflow.db")
    (True, False)
    """
    return uri.partition(":")[0] in ("http", "https", "databricks", "databricks-uc")


def resolve(uri: str | os.PathLike[str] | None) -> str:
    """Return the tracking URI meant.

    Parameters
    ----------
    uri : str or path, optional
        A URI as MLflow takes it, or the path of a SQLite file. By default what the
        environment variable ``MLFLOW_TRACKING_URI`` says, else ``mlflow.db`` in the
        working directory.

    Examples
    --------
    >>> resolve("/data/runs.db"), resolve("http://localhost:5000")
    ('sqlite:////data/runs.db', 'http://localhost:5000')
    """
    given = os.fspath(uri or os.environ.get("MLFLOW_TRACKING_URI") or FILE)
    if given.startswith(_SQLITE):
        given = given.removeprefix(_SQLITE)
    elif ":" in given or is_remote(given):
        return given
    return _SQLITE + str(Path(given).expanduser().resolve())


def local(uri: str) -> str:
    """Return where runs for a tracking URI are written: servers get theirs later."""
    return resolve(FILE) if is_remote(uri) else uri


def sqlite_file(uri: str) -> Path | None:
    """Return the file of a SQLite store."""
    return Path(uri.removeprefix(_SQLITE)) if uri.startswith(_SQLITE) else None


def writable(function: str, uri: str) -> None:
    """Refuse a SQLite store that cannot be written to, before anything is done.

    MLflow itself would try again for minutes.

    Raises
    ------
    ArgumentError
        With the reason.
    """
    file = sqlite_file(uri)
    if file is None:
        return
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        with _connection(file) as connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("CREATE TABLE rkeras_may_write (x)")
            connection.execute("ROLLBACK")
        # Artifacts go beside it.
        (file.parent / "mlruns").mkdir(exist_ok=True)
    except (OSError, sqlite3.Error) as error:
        raise ArgumentError(
            function,
            "tracking_uri",
            "names a store that cannot be written to",
            received=f"{uri} ({error})",
            remedy="Choose another file, as in tracking_uri='sqlite:///runs.db'.",
        ) from error


@contextmanager
def _connection(file: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(file, timeout=10, isolation_level=None)
    try:
        yield connection
    finally:
        connection.close()


def client(function: str, uri: str) -> MlflowClient:
    """Return a client of a store; a SQLite file is made if need be.

    Raises
    ------
    MissingDependencyError
        If MLflow is not installed.
    StateError
        If the store does not answer.
    """
    module = mlflow(function)
    with _quiet():
        try:
            made = module.MlflowClient(uri)
            # The client connects at its first question.
            made.search_experiments(max_results=1)
        except Exception as error:
            message = (
                f"{function}(): the store {uri} does not answer "
                f"({type(error).__name__}: {first_line(error)})."
            )
            if {"'", '"'} <= set(str(Path.cwd())):
                # MLflow pastes it into its SQL.
                message += (
                    " MLflow makes no store in a working directory with quotation "
                    "marks of both kinds in its name; change to another one."
                )
            raise StateError(message) from error
        return made


def existing(function: str, uri: str) -> MlflowClient:
    """Return a client of a store that is there.

    Raises
    ------
    ArgumentError
        If there is no such file.
    """
    file = sqlite_file(uri)
    if file is not None and not file.is_file():
        raise ArgumentError(
            function,
            "tracking_uri",
            "names a store that does not exist",
            received=str(file),
            remedy="Nothing has been tracked there yet.",
        )
    return client(function, uri)


def experiment_id(client: MlflowClient, uri: str, name: str) -> str:
    """Return the id of an experiment, which is made or brought back if need be."""
    from mlflow.exceptions import MlflowException

    found = client.get_experiment_by_name(name)
    if found is None:
        file = sqlite_file(uri)
        place = None if file is None else (file.parent / "mlruns").as_uri()
        try:
            return client.create_experiment(name, artifact_location=place)
        except MlflowException:
            # Another process was faster.
            found = client.get_experiment_by_name(name)
            if found is None:
                raise
    if found.lifecycle_stage == "deleted":
        client.restore_experiment(found.experiment_id)
    return str(found.experiment_id)


@contextmanager
def patience() -> Iterator[None]:
    """Give up a server soon that does not answer, within the block."""
    before = {name: os.environ.get(name) for name in _PATIENCE}
    os.environ.update({n: v for n, v in _PATIENCE.items() if before[n] is None})
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)


@contextmanager
def _quiet() -> Iterator[None]:
    """Leave out the lines about how tables are made."""
    loggers = [logging.getLogger(n) for n in ("mlflow.store.db.utils", "alembic")]
    levels = [logger.level for logger in loggers]
    for logger in loggers:
        logger.setLevel(logging.WARNING)
    try:
        yield
    finally:
        for logger, level in zip(loggers, levels, strict=True):
            logger.setLevel(level)


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, at most 200 characters of it."""
    return (str(error).strip().splitlines() or [""])[0][:200]
