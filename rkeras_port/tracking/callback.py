"""The Keras callbacks of tracked runs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from rkeras_port._keras import keras
from rkeras_port.history import TrainingHistory

from .record import Record

if TYPE_CHECKING:
    from .runs import TrackedRun


class RunCallback(keras.callbacks.Callback):
    """Writes each epoch of one training to the record of a run.

    Parameters
    ----------
    record : Record
    prefix : str
        Put before the names of metrics.
    histories : list
        Where the history is put when training ends.
    """

    def __init__(self, record: Record, prefix: str, histories: list[Any]) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._write_to(record, prefix, histories)

    def _write_to(self, record: Record, prefix: str, histories: list[Any]) -> None:
        self._record, self._prefix, self._histories = record, prefix, histories
        self._history = TrainingHistory({}, {})

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Write what the model looks like."""
        lines: list[str] = []
        self.model.summary(print_fn=lambda line, **_: lines.append(line))
        self._record.file(f"{self._prefix}model_summary.txt", "\n".join(lines) + "\n")

    def on_epoch_end(self, epoch: int, logs: dict[str, Any] | None = None) -> None:
        """Write the metrics of an epoch, which are counted from 1."""
        values = {
            name: float(value)
            for name, value in (logs or {}).items()
            if getattr(value, "ndim", 0) == 0
        }
        self._record.metrics(
            {f"{self._prefix}{name}": v for name, v in values.items()},
            step=epoch + 1,
        )
        for name, value in values.items():
            self._history.metrics.setdefault(name, []).append(value)
        self._history.epoch.append(epoch)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """Write the figures of the last epoch and the best one."""
        history = self._history
        history.params = dict(self.params or {})
        final = {}
        for name, values in history.metrics.items():
            part, metric = "train", name
            if name.startswith("val_"):
                part, metric = "validation", name.removeprefix("val_")
            final[f"{self._prefix}{part}_{metric}"] = values[-1]
        if history.metrics.get("val_loss"):
            final[f"{self._prefix}best_epoch"] = history.best_epoch()
        self._record.metrics(final)
        self._record.flush()
        self._histories.append(history)


class WholeRunCallback(RunCallback):
    """A run that lasts as long as the training."""

    def __init__(self, run: TrackedRun) -> None:
        keras.callbacks.Callback.__init__(self)
        self.run = run

    def on_train_begin(self, logs: dict[str, Any] | None = None) -> None:
        """Begin the run."""
        self.run.begin()
        self._write_to(*self.run.training(self.model, self.params or {}))
        super().on_train_begin(logs)

    def on_train_end(self, logs: dict[str, Any] | None = None) -> None:
        """End the run."""
        super().on_train_end(logs)
        self.run.finish()
