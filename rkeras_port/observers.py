"""Who is told of training: the runs that are active, asked by the verbs of both doors.

Nothing here imports Keras or MLflow, so that the verbs pay nothing while nobody looks.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol


class Observer(Protocol):
    """What an active run does when a model is trained or measured."""

    def fitting(self, model: Any, arguments: dict[str, Any]) -> Any:
        """Return the callback to train with, knowing the arguments of `fit`."""

    def evaluated(
        self, model: Any, arguments: dict[str, Any], results: dict[str, float]
    ) -> None:
        """Take notice of the results of `evaluate` and of its arguments."""


_active: list[Observer] = []


@contextmanager
def observing(observer: Observer) -> Iterator[None]:
    """Tell `observer` of every fit and evaluate until the block ends."""
    add(observer)
    try:
        yield
    finally:
        remove(observer)


def add(observer: Observer) -> None:
    """Tell `observer` from now on."""
    _active.append(observer)


def remove(observer: Observer) -> None:
    """Tell it no more; nothing happens if it was not told."""
    # By identity: the newest first, as blocks are nested.
    for place in reversed(range(len(_active))):
        if _active[place] is observer:
            del _active[place]
            return


def fitting(model: Any, arguments: dict[str, Any]) -> None:
    """Add the callbacks of the active runs to the arguments of `fit`, in place."""
    if not _active:
        return
    told = [observer.fitting(model, arguments) for observer in _active]
    given = arguments.get("callbacks") or []
    given = list(given) if isinstance(given, list | tuple) else [given]
    arguments["callbacks"] = [*given, *told]


def evaluated(model: Any, arguments: dict[str, Any], results: dict[str, Any]) -> None:
    """Tell the active runs what `evaluate` has found."""
    for observer in _active:
        observer.evaluated(model, arguments, results)
