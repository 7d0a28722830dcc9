"""`experiments`: train each network of a grid once, track it, compare them all."""

from __future__ import annotations

import inspect
import itertools
import json
import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any, cast

import pandas as pd

from rkeras_port._arguments import whole_number
from rkeras_port._keras import keras
from rkeras_port.errors import ArgumentError, MissingDependencyError
from rkeras_port.pipe import verb
from rkeras_port.tracking import TrackedRun, stores
from rkeras_port.tracking.described import fingerprint
from rkeras_port.tracking.stored import StoredRun, runs_of

from .networks import dense_classifier
from .outcome import Experiment, Experiments
from .progress import Progress

if TYPE_CHECKING:
    from mlflow import MlflowClient

#: Tag of a run: what its experiment is determined by, as a hash.
_KEY = "rkeras.experiment_key"

#: Columns of a grid that are about training; the others go to `build`.
_TRAINING = ("epochs", "batch_size", "early_stopping")


@verb((pd.DataFrame, Mapping), "a grid")
def experiments(
    grid: pd.DataFrame | Mapping[str, Any],
    x: Any,
    y: Any,
    *,
    validation_data: Any = None,
    validation_split: float = 0.0,
    test_data: Any = None,
    build: Callable[..., Any] | None = None,
    epochs: int = 20,
    batch_size: int = 512,
    early_stopping: int | None = None,
    seed: int = 1,
    name: str = "experiments",
    tracking_uri: str | os.PathLike[str] | None = None,
    resume: bool = True,
    n_jobs: int = 1,
    backend: str | None = None,
    log_model: bool = False,
    log_pictures: bool = False,
    progress: bool = True,
) -> Experiments:
    """Train a network for each row of a grid, track each, and compare them.

    Parameters
    ----------
    object : pandas.DataFrame or mapping of str to list
        The grid: a row per experiment, or lists of which all combinations are tried.
        Columns ``epochs``, ``batch_size`` and ``early_stopping`` are about training,
        the others are arguments of `build`.
    x, y, validation_data, validation_split
        As in `fit`.
    test_data : tuple, optional
        ``(x, y)`` to evaluate each trained network on.
    build : callable, optional
        Returns a compiled model, from the columns as keyword arguments. By default
        `dense_classifier`, with ``hidden_layers``, ``units``, ``activation``,
        ``dropout``, ``l2``, ``loss``, ``optimizer`` and ``learning_rate``.
    epochs, batch_size : int
        Where the grid does not say.
    early_stopping : int, optional
        Epochs without a lower validation loss after which training stops and goes back
        to the weights of the best epoch. By default it never does.
    seed : int
        Set before each network is built, so that each result can be had again alone.
    name : str
        The MLflow experiment that the runs belong to.
    tracking_uri : str or path, optional
        As in `tracked_run`.
    resume : bool
        Whether to read back what has been trained before, on the same data with the
        same settings, instead of training it again. A grid that was killed goes on
        where it was.
    n_jobs : int
        How many to train at a time; -1 for one per processor.
    backend : str, optional
        Name of the joblib backend, such as "loky" or "threading". Threads share
        random numbers, so that results differ from time to time.
    log_model, log_pictures : bool
        As in `tracked_run`.
    progress : bool
        Whether to tell how far it is and how long it will take.

    Returns
    -------
    Experiments
        With ``table`` and ``plot()``; it prints as the table.

    Raises
    ------
    ArgumentError
        If the grid is empty or has a column that `build` does not take: before
        anything is trained.
    MissingDependencyError
        If MLflow, or joblib for parallel runs, is not installed.

    Examples
    --------
    >>> import tempfile, numpy as np
    >>> x, y = np.eye(8, dtype="float32"), np.arange(8) % 2
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = {"units": [2, 4], "loss": ["mse"]} >> experiments(
    ...         x, y, validation_split=0.25, epochs=2, tracking_uri=f"{folder}/runs.db",
    ...         progress=False,
    ...     )
    >>> found.table[["units", "loss"]]
       units loss
    0      2  mse
    1      4  mse
    """
    common = {"epochs": epochs, "batch_size": batch_size}
    if early_stopping is not None:
        common["early_stopping"] = early_stopping
    rows = _rows(grid)
    _check_columns(rows, build)
    whole_number("experiments", "seed", seed, minimum=0)
    data = {
        "x": x,
        "y": y,
        "validation_data": validation_data,
        "validation_split": validation_split,
        "test_data": test_data,
    }
    uri = stores.resolve(tracking_uri)
    stores.mlflow("experiments")
    store = stores.local(uri)
    stores.writable("experiments", store)
    client = stores.client("experiments", store)
    experiment = stores.experiment_id(client, store, name)
    on_data = fingerprint(x, y, validation_data, test_data)
    tasks = []
    varied = _varied(rows)
    for row in rows:
        settings = common | row
        basis = [settings, seed, validation_split, on_data, _code(build)]
        key = sha256(json.dumps(basis, sort_keys=True, default=str).encode())
        said = ", ".join(f"{k}={v}" for k, v in row.items() if k in varied)
        tasks.append(
            Task(
                said or "as it is",
                row,
                settings,
                seed,
                key.hexdigest(),
                name,
                uri,
                log_model,
                log_pictures,
            )
        )
    done = _finished(client, store, experiment) if resume else {}
    found: dict[int, Experiment] = {}
    for place, task in enumerate(tasks):
        if task.key in done:
            found[place] = _read_back(task, done[task.key])
    left = [(place, task) for place, task in enumerate(tasks) if place not in found]
    _give_up(client, experiment, {task.key for _, task in left})
    with _no_retracing_lines(), Progress(len(tasks), len(found), show=progress) as told:
        for place, one in _trained(left, data, build, n_jobs, backend):
            found[place] = one
            told.trained(one)
    return Experiments([found[place] for place in range(len(tasks))], store)


@contextmanager
def _no_retracing_lines() -> Iterator[None]:
    """Leave out TensorFlow's warnings that several models are compiled: so it is."""
    logger = logging.getLogger("tensorflow")
    level = logger.level
    logger.setLevel(logging.ERROR)
    try:
        yield
    finally:
        logger.setLevel(level)


# The grid -----------------------------------------------------------------------------


def _rows(grid: Any) -> list[dict[str, Any]]:
    """Return the grid's rows as dictionaries of plain values."""
    if isinstance(grid, Mapping):
        columns = {
            str(key): list(value) if isinstance(value, list | tuple) else [value]
            for key, value in grid.items()
        }
        rows = [
            dict(zip(columns, values, strict=True))
            for values in itertools.product(*columns.values())
        ]
    else:
        rows = [dict(row) for row in grid.to_dict("records")]
    # Where columns do not fit all rows, the cell is empty.
    rows = [
        {str(k): _plain(v) for k, v in row.items() if not _is_empty(v)} for row in rows
    ]
    if not rows:
        raise ArgumentError(
            "experiments", "grid", "must have at least one row", received="none"
        )
    return rows


def _varied(rows: list[dict[str, Any]]) -> set[str]:
    """Return the columns in which rows differ; of one row, all."""
    columns = {column for row in rows for column in row}
    if len(rows) == 1:
        return columns
    return {c for c in columns if len({repr(row.get(c)) for row in rows}) > 1}


def _is_empty(value: Any) -> bool:
    return (
        value is None or value is pd.NA or (isinstance(value, float) and value != value)
    )


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    # R's numbers and columns with empty cells are real.
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _check_columns(
    rows: list[dict[str, Any]], build: Callable[..., Any] | None
) -> None:
    parameters = inspect.signature(build or dense_classifier).parameters.values()
    if any(p.kind is p.VAR_KEYWORD for p in parameters):
        return
    known = {p.name for p in parameters} | set(_TRAINING)
    if build is None:
        known.discard("input_shape")
    unknown = {column for row in rows for column in row} - known
    if unknown:
        raise ArgumentError(
            "experiments",
            "grid",
            "has columns that `build` does not take",
            received=", ".join(sorted(unknown)),
            remedy=f"It takes {', '.join(sorted(known))}.",
        )


def _code(build: Callable[..., Any] | None) -> str:
    """Return what tells one `build` from another."""
    if build is None:
        return "dense_classifier"
    written_in_r = getattr(build, "__r_code__", None)
    if written_in_r is not None:
        return str(written_in_r)
    try:
        return inspect.getsource(build)
    except (OSError, TypeError):
        return repr(getattr(getattr(build, "__code__", None), "co_code", build))


# What has been done -------------------------------------------------------------------


def _finished(
    client: MlflowClient, store: str, experiment: str
) -> dict[str, StoredRun]:
    """Return the finished runs of an MLflow experiment by their keys."""
    from rkeras_port.tracking.stored import _as_stored

    runs = runs_of(client, "attributes.status = 'FINISHED'")
    return {
        run.data.tags[_KEY]: _as_stored(store, run)
        for run in reversed(runs)
        if _KEY in run.data.tags and run.info.experiment_id == experiment
    }


def _give_up(client: MlflowClient, experiment: str, keys: set[str]) -> None:
    """Mark as killed the runs of a process that died, which are now done again."""
    for run in runs_of(client, "attributes.status = 'RUNNING'"):
        if run.info.experiment_id == experiment and run.data.tags.get(_KEY) in keys:
            client.set_terminated(run.info.run_id, "KILLED")


def _read_back(task: Task, run: StoredRun) -> Experiment:
    test = {
        name.removeprefix("test_"): run.metrics[name]
        for name in ("test_accuracy", "test_loss")
        if name in run.metrics
    }
    return Experiment(
        task.name, task.row, run.history(), test, run.run_id, resumed=True
    )


# What is left -------------------------------------------------------------------------


@dataclass(frozen=True)
class Task:
    """An experiment to be done, as it goes to another process."""

    name: str
    row: dict[str, Any]
    settings: dict[str, Any]
    seed: int
    key: str
    experiment: str
    tracking_uri: str
    log_model: bool
    log_pictures: bool


def _trained(
    tasks: list[tuple[int, Task]],
    data: dict[str, Any],
    build: Callable[..., Any] | None,
    n_jobs: int,
    backend: str | None,
) -> Iterator[tuple[int, Experiment]]:
    """Give each experiment with its place, as soon as it is done."""
    if n_jobs == 1 and backend is None:
        for place, task in tasks:
            yield place, train(task, data, build)
        return
    try:
        from joblib import Parallel, delayed
    except ImportError as error:
        raise MissingDependencyError(
            f"experiments(): parallel runs need joblib. Install it: {stores.INSTALL}."
        ) from error
    try:
        pool = Parallel(n_jobs, backend=backend, return_as="generator_unordered")
    except ValueError as error:
        raise ArgumentError(
            "experiments",
            "backend",
            "is no joblib backend",
            received=repr(backend),
            remedy="Known ones: loky, threading, multiprocessing, sequential.",
        ) from error
    yield from pool(delayed(_placed)(place, task, data, build) for place, task in tasks)


def _placed(place: int, *arguments: Any) -> tuple[int, Experiment]:
    return place, train(*arguments)


def train(
    task: Task, data: dict[str, Any], build: Callable[..., Any] | None
) -> Experiment:
    """Build, train, evaluate and track one network."""
    from rkeras_port import clear_session, evaluate, fit, set_random_seed

    clear_session()
    set_random_seed(task.seed)
    settings = task.settings
    made_of = {key: v for key, v in settings.items() if key not in _TRAINING}
    if build is None:
        model = dense_classifier(data["x"].shape[1], **made_of)
    else:
        model = build(**made_of)
    arguments: dict[str, Any] = {}
    if data["validation_data"] is not None:
        arguments["validation_data"] = data["validation_data"]
    elif data["validation_split"]:
        arguments["validation_split"] = data["validation_split"]
    arguments |= {"epochs": settings["epochs"], "batch_size": settings["batch_size"]}
    callbacks = _stopping(settings)
    # Not process-wide: with threads, several runs are active at a time.
    run = TrackedRun(
        task.name,
        experiment=task.experiment,
        tracking_uri=task.tracking_uri,
        params=settings | {"seed": task.seed},
        tags={_KEY: task.key},
        log_model=task.log_model,
        log_pictures=task.log_pictures,
        process_wide=False,
    )
    run.begin()
    try:
        watching = run.fitting(model, {**arguments, "x": data["x"], "y": data["y"]})
        history = model >> fit(
            data["x"],
            data["y"],
            callbacks=[*callbacks, watching],
            verbose=0,
            **arguments,
        )
        test: dict[str, float] = {}
        if data["test_data"] is not None:
            x_test, y_test = data["test_data"]
            test = dict(model >> evaluate(x_test, y_test, batch_size=512))
            run.evaluated(model, {"x": x_test, "y": y_test}, test)
    except BaseException as error:
        run.finish("KILLED" if isinstance(error, KeyboardInterrupt) else "FAILED")
        raise
    run.finish()
    return Experiment(task.name, task.row, cast("Any", history), test, run.run_id)


def _stopping(settings: dict[str, Any]) -> list[Any]:
    if "early_stopping" not in settings:
        return []
    return [
        keras.callbacks.EarlyStopping(
            "val_loss",
            patience=settings["early_stopping"],
            restore_best_weights=True,
        )
    ]
