"""Tracked runs: what is trained inside the block goes into the store."""

from __future__ import annotations

import os
import sys
import threading
import warnings
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import numpy as np

from rkeras_port import observers
from rkeras_port.errors import ArgumentError, RKerasError, StateError

from . import described, stores
from .record import Record

if TYPE_CHECKING:
    from keras.callbacks import Callback
    from mlflow import MlflowClient

#: The experiment that runs belong to unless another is named.
EXPERIMENT = "rkeras"


def tracked_run(
    name: str | None = None,
    *,
    experiment: str = EXPERIMENT,
    tracking_uri: str | os.PathLike[str] | None = None,
    params: Mapping[str, Any] | None = None,
    tags: Mapping[str, str] | None = None,
    source: str | os.PathLike[str] | None = None,
    log_model: bool = True,
    log_pictures: bool = True,
) -> TrackedRun:
    """Track what is trained and evaluated in a ``with`` block.

    Each `fit` in the block leaves its parameters (layers, units, epochs, batch size,
    optimizer with its learning rate, loss, seed, validation split, fingerprints of the
    data), its metrics per epoch and its history plot. An `evaluate` leaves the test
    loss and accuracy. When the block ends, the run also has the confusion matrix, the
    ROC and precision-recall curves and the scores' histogram of a binary classifier
    (for the data of the last `evaluate`, else for the validation data), the model with
    its signature and an input example, the versions it was made with, and the source.

    Parameters
    ----------
    name : str, optional
        Of the run; MLflow makes one up by default.
    experiment : str
        What the run belongs to.
    tracking_uri : str or path, optional
        A URI as MLflow takes it, or the path of a SQLite file. By default what
        ``MLFLOW_TRACKING_URI`` says, else ``mlflow.db`` in the working directory. A
        run for a server is written to that file first and copied when the block ends;
        if the server is away, a warning says so and `sync_runs` copies it later.
    params, tags : mapping, optional
        More to write down.
    source : path, optional
        The script to keep, by default the one that runs.
    log_model, log_pictures : bool
        Whether to keep the model, and to draw.

    Returns
    -------
    TrackedRun
        A context manager; ``run_id`` and ``name`` are its identity. Inside the block
        it is MLflow's active run as well, so that `mlflow.log_param` and the like
        write to it.

    Raises
    ------
    MissingDependencyError
        If MLflow is not installed, naming the extra.
    ArgumentError
        If the store cannot be written to.
    StateError
        If it does not answer.

    Notes
    -----
    Fails the store later, training goes on: see `TrackedRun.store_in`.

    Examples
    --------
    >>> import tempfile
    >>> from rkeras_port import *
    >>> from rkeras_port import tracked_run
    >>> x, y = np.eye(4, dtype="float32"), np.array([0.0, 1.0, 0.0, 1.0])
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     with tracked_run("tiny", tracking_uri=f"{folder}/runs.db") as run:
    ...         history = (
    ...             keras_model_sequential(input_shape=4)
    ...             >> layer_dense(units=1, activation="sigmoid")
    ...             >> compile("sgd", loss="binary_crossentropy", metrics="accuracy")
    ...             >> fit(x, y, epochs=2, verbose=0)
    ...         )
    ...     stored = run.stored()
    ...     stored.params["epochs"], stored.history().metrics == history.metrics
    ('2', True)
    """
    return TrackedRun(
        name,
        experiment=experiment,
        tracking_uri=tracking_uri,
        params=params,
        tags=tags,
        source=source,
        log_model=log_model,
        log_pictures=log_pictures,
    )


class TrackedRun:
    """A run that is being tracked. Get one with `tracked_run`.

    Attributes
    ----------
    run_id : str
        MLflow's, once the block has begun.
    store : str
        URI of where it is written.
    """

    def __init__(
        self,
        name: str | None,
        *,
        experiment: str = EXPERIMENT,
        tracking_uri: str | os.PathLike[str] | None = None,
        params: Mapping[str, Any] | None = None,
        tags: Mapping[str, str] | None = None,
        source: str | os.PathLike[str] | None = None,
        log_model: bool = True,
        log_pictures: bool = True,
        process_wide: bool = True,
    ) -> None:
        stores.mlflow("tracked_run")
        self.name = name
        self.experiment = experiment
        self.target = stores.resolve(tracking_uri)
        self.store = stores.local(self.target)
        self.run_id = ""
        self._process_wide = process_wide
        self._params = dict(params or {})
        self._tags = dict(tags or {})
        self._source = _source(source)
        self._log_model, self._log_pictures = log_model, log_pictures
        self._client: MlflowClient | None = None
        self._record: Record | None = None
        self._thread = threading.get_ident()
        self._fits = 0
        self._last: tuple[Any, dict[str, Any]] | None = None
        self._scores: Any = None
        self._histories: list[Any] = []
        self._uri_before: str | None = None

    # The block ------------------------------------------------------------------------

    def __enter__(self) -> Self:
        """Begin the run.

        Raises
        ------
        ArgumentError, StateError
            If the store cannot be written to, or does not answer.
        """
        if self._record is not None:
            raise StateError("tracked_run(): a run begins once; make another one.")
        self.begin()
        observers.add(self)
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the run; what failed to be written is kept, and said."""
        observers.remove(self)
        if kind is None:
            status = "FINISHED"
        else:
            status = "KILLED" if issubclass(kind, KeyboardInterrupt) else "FAILED"
        self.finish(status)

    def begin(self) -> None:
        """Make the run in the store and write down what is known of it."""
        mlflow = stores.mlflow("tracked_run")
        stores.writable("tracked_run", self.store)
        client = stores.client("tracked_run", self.store)
        tags = {"mlflow.source.type": "LOCAL", **self._tags}
        if self._source is not None:
            tags["mlflow.source.name"] = self._source[0]
        if stores.is_remote(self.target):
            from .stored import MEANT_FOR

            tags[MEANT_FOR] = self.target
        try:
            experiment = stores.experiment_id(client, self.store, self.experiment)
            made = client.create_run(experiment, tags=tags, run_name=self.name)
        except Exception as error:
            raise StateError(
                f"tracked_run(): the store {self.store} takes no run "
                f"({type(error).__name__}: {stores.first_line(error)})."
            ) from error
        self._client, self.run_id = client, made.info.run_id
        self.name = made.info.run_name
        self._record = Record(client, self.run_id)
        if self._process_wide:
            # Where MLflow keeps it, None if nothing was chosen: get_tracking_uri()
            # would make the working directory's store a choice for ever.
            self._uri_before = os.environ.get("MLFLOW_TRACKING_URI")
            mlflow.set_tracking_uri(self.store)
            mlflow.start_run(run_id=self.run_id, nested=True)
        if self._params:
            self._record.params(self._params)
        self._record.file("environment.json", _json(described.environment()))
        if self._source is not None:
            self._record.file(f"source/{self._source[0]}", self._source[1])

    def finish(self, status: str = "FINISHED") -> None:
        """Draw what is to be drawn, write everything, and end the run."""
        record = self._recording()
        try:
            if status == "FINISHED":
                self._conclude(record)
        except BaseException:
            status = "FAILED"
            raise
        finally:
            record.end(status)
            if self._process_wide:
                self._leave(status)
        if not record.complete:
            warnings.warn(
                f"The run {self.run_id} ({self.name}) could not be written to the "
                "end. It is kept in memory: run.store_in('sqlite:///elsewhere.db') "
                "writes all of it to another store.",
                RuntimeWarning,
                stacklevel=3,
            )
        elif stores.is_remote(self.target):
            self._copy_to_server()

    def _leave(self, status: str) -> None:
        mlflow = stores.mlflow("tracked_run")
        try:
            mlflow.end_run(status)
        except Exception:
            # A store that has failed is spoken of elsewhere.
            if self._recording().complete:
                raise
        finally:
            mlflow.set_tracking_uri(self._uri_before)

    def _copy_to_server(self) -> None:
        from .stored import copy_run

        try:
            assert self._client is not None
            copy_run(self._client, self.run_id, self.target)
        except RKerasError as error:
            warnings.warn(
                f"The tracking server {self.target} cannot be reached, so the run "
                f"{self.run_id} ({self.name}) is kept in {self.store}. `rkeras sync` "
                f"or sync_runs() copies it when the server is back. [{error}]",
                RuntimeWarning,
                stacklevel=4,
            )

    def _recording(self) -> Record:
        if self._record is None:
            raise StateError(
                "The run has not begun: write `with tracked_run(...) as run:`."
            )
        return self._record

    # What is told ---------------------------------------------------------------------

    def fitting(self, model: Any, arguments: dict[str, Any]) -> Callback:
        """Write down what is about to be trained; return the callback for it."""
        from .callback import RunCallback

        return RunCallback(*self.training(model, arguments))

    def training(
        self, model: Any, arguments: Mapping[str, Any]
    ) -> tuple[Record, str, list[Any]]:
        """Write down the parameters; return what a callback writes to, and how."""
        self._fits += 1
        # A second training has other parameters under names of its own.
        prefix = "" if self._fits == 1 else f"fit{self._fits}/"
        self._recording().params(
            {
                prefix + name: value
                for name, value in described.parameters(model, arguments).items()
                if prefix + name not in self._params
            }
        )
        self._last = (model, dict(arguments))
        return self._recording(), prefix, self._histories

    def evaluated(
        self, model: Any, arguments: dict[str, Any], results: dict[str, float]
    ) -> None:
        """Write down test results, and the scores of a binary classifier."""
        record = self._recording()
        record.metrics(
            {
                f"test_{name}": value
                for name, value in results.items()
                if isinstance(value, int | float)
            }
        )
        self._scores = _scores(model, arguments.get("x"), arguments.get("y"))
        if self._last is None:
            self._last = (model, arguments)

    # At the end -----------------------------------------------------------------------

    def _conclude(self, record: Record) -> None:
        if self._last is None:
            return
        model, arguments = self._last
        scores, part = self._scores, "test"
        validation = arguments.get("validation_data")
        if scores is None and isinstance(validation, list | tuple):
            scores, part = _scores(model, *validation[:2]), "validation"
        if scores is not None:
            record.metrics({f"{part}_{n}": v for n, v in scores.summary().items()})
            table = scores.confusion_matrix()
            record.file(f"{part}/confusion_matrix.csv", table.to_csv())
            record.file(f"{part}/curves.csv", scores.curves().to_csv(index=False))
        if self._log_pictures:
            from .pictures import history_picture

            for number, history in enumerate(self._histories, 1):
                if history.metrics:
                    name = "history" if number == 1 else f"history_{number}"
                    record.file(f"pictures/{name}.png", history_picture(history).png())
            if scores is not None:
                for name in ("confusion_matrix", "curves", "scores"):
                    drawn = getattr(scores, f"plot_{name}")().png()
                    record.file(f"pictures/{part}_{name}.png", drawn)
        if self._log_model:
            from .model import model_files

            x, run_id = arguments.get("x"), self.run_id
            record.folder("model", lambda: model_files(model, x, run_id))

    # Afterwards -----------------------------------------------------------------------

    @property
    def complete(self) -> bool:
        """Whether all that the run has said so far is in its store."""
        return self._recording().complete

    def stored(self) -> Any:
        """Return the run as it stands in its store; see `stored_run`."""
        from .stored import stored_run

        return stored_run(self.run_id, self.store)

    def store_in(self, tracking_uri: str | os.PathLike[str]) -> str:
        """Write the whole run to another store; return its id there.

        Raises
        ------
        ArgumentError, StateError
            If that store cannot be written to, or fails; nothing is lost.
        """
        uri = stores.resolve(tracking_uri)
        stores.writable("store_in", uri)
        client = stores.client("store_in", uri)
        experiment = stores.experiment_id(client, uri, self.experiment)
        made = client.create_run(experiment, tags=self._tags, run_name=self.name)
        try:
            self._recording().write_to(client, made.info.run_id)
        except Exception as error:
            raise StateError(
                f"store_in(): the run could not be written to {uri} "
                f"({type(error).__name__}: {stores.first_line(error)}). It is still "
                "in memory."
            ) from error
        return str(made.info.run_id)

    def __repr__(self) -> str:
        """Say which run it is and where."""
        state = self.run_id or "not begun"
        return f"<tracked run {self.name or ''} ({state}) in {self.store}>"


def callback_mlflow(
    name: str | None = None,
    *,
    experiment: str = EXPERIMENT,
    tracking_uri: str | os.PathLike[str] | None = None,
    log_model: bool = True,
    log_pictures: bool = True,
) -> Callback:
    """Track one training: a callback for `fit`, or for plain Keras's `model.fit`.

    Inside a `tracked_run` block no callback is needed.

    Parameters
    ----------
    name, experiment, tracking_uri, log_model, log_pictures
        As in `tracked_run`. A callback does not see the data, so that there are no
        fingerprints, confusion matrices and curves.

    Returns
    -------
    keras.callbacks.Callback
        With the run as its attribute ``run``.

    Raises
    ------
    MissingDependencyError, ArgumentError, StateError
        As `tracked_run`.
    """
    from .callback import WholeRunCallback

    return WholeRunCallback(
        TrackedRun(
            name,
            experiment=experiment,
            tracking_uri=tracking_uri,
            log_model=log_model,
            log_pictures=log_pictures,
        )
    )


def _source(given: str | os.PathLike[str] | None) -> tuple[str, bytes] | None:
    """Return name and content of the script that runs, if there is one."""
    main = getattr(sys.modules.get("__main__"), "__file__", None)
    file = given if given is not None else main
    if file is None or not Path(file).is_file() or Path(file).suffix not in _SCRIPTS:
        if given is not None:
            raise ArgumentError(
                "tracked_run",
                "source",
                "must be an existing script",
                received=str(given),
                remedy=f"Its name ends in one of {', '.join(_SCRIPTS)}.",
            )
        return None
    return Path(file).name, Path(file).read_bytes()


_SCRIPTS = (".py", ".R", ".r", ".Rmd", ".rmd", ".ipynb")


def _scores(model: Any, x: Any, y: Any) -> Any:
    from .results import binary_scores, outputs

    if x is None or y is None or np.ndim(y) > 2:
        return None
    output = getattr(model, "output_shape", None)
    if not isinstance(output, tuple) or output[1:] not in ((), (1,)):
        return None
    return binary_scores(y, outputs(model, x))


def _json(value: Any) -> str:
    import json

    return json.dumps(value, indent=2)
