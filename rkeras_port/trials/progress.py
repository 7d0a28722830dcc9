"""How far a grid of experiments is, and how long it will take."""

from __future__ import annotations

import time
from datetime import timedelta
from types import TracebackType
from typing import Self

from rich import progress as rp
from rich.console import Console

from .outcome import Experiment


class Progress:
    """A bar in a terminal, a line per experiment elsewhere; on standard error.

    Parameters
    ----------
    total, done : int
        Experiments of the grid, and those that had been trained before.
    show : bool
        Whether to say anything.
    """

    def __init__(self, total: int, done: int, show: bool = True) -> None:
        self._console = Console(stderr=True, highlight=False)
        self._total, self._done, self._before = total, done, done
        self._show = show
        self._start = time.monotonic()
        self._bar = rp.Progress(
            rp.TextColumn("experiments"),
            rp.MofNCompleteColumn(),
            rp.BarColumn(),
            rp.TextColumn("{task.fields[left]}"),
            rp.TextColumn("{task.description}", table_column=None),
            console=self._console,
            disable=not (show and self._console.is_terminal),
        )
        self._task = self._bar.add_task("", total=total, completed=done, left="")

    def __enter__(self) -> Self:
        if self._show and self._before:
            self._console.print(
                f"{self._before} of {self._total} experiments had been trained before."
            )
        self._bar.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._bar.stop()

    def trained(self, one: Experiment) -> None:
        """Tell of an experiment that has been trained now."""
        self._done += 1
        left = time_left(
            time.monotonic() - self._start,
            self._done - self._before,
            self._total - self._done,
        )
        text = one.name + _loss(one)
        self._bar.update(self._task, completed=self._done, description=text, left=left)
        if self._show and not self._console.is_terminal:
            self._console.print(
                f"{self._done}/{self._total} {text}; {left}", soft_wrap=True
            )


def time_left(seconds: float, trained: int, left: int) -> str:
    """Say how long the rest takes if it goes on as it went.

    Examples
    --------
    >>> time_left(60, trained=2, left=3)
    '0:01:30 left'
    >>> time_left(60, trained=2, left=0)
    'done'
    """
    if not left:
        return "done"
    return f"{timedelta(seconds=round(seconds / trained * left))} left"


def _loss(one: Experiment) -> str:
    losses = one.history.metrics.get("val_loss")
    if not losses:
        return ""
    return f": val_loss {min(losses):.4f} at epoch {one.history.best_epoch()}"
