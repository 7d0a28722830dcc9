"""Callbacks written in R: epochs and batches from 1, what they return into the logs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

Logs = dict[str, Any] | None


def counted(function: Callable[..., Any]) -> Callable[..., None]:
    """Return ``f(index, logs)`` for an R function that counts from 1.

    Examples
    --------
    >>> logs = {"loss": 0.5}
    >>> counted(lambda e, logs: {"epoch": e, "twice": 2 * logs["loss"]})(0, logs)
    >>> logs
    {'loss': 0.5, 'epoch': 1, 'twice': 1.0}
    """
    arguments = number_of_arguments(function)

    def on_index(index: int, logs: Logs = None) -> None:
        _merge(function(*(index + 1, logs or {})[:arguments]), logs)

    return on_index


def plain(function: Callable[..., Any]) -> Callable[..., None]:
    """Return ``f(logs)`` for an R function."""
    arguments = number_of_arguments(function)

    def on_logs(logs: Logs = None) -> None:
        _merge(function(*(logs or {},)[:arguments]), logs)

    return on_logs


def counted_method(method: Callable[..., Any]) -> Callable[..., None]:
    """Return the method of a callback that calls an R method, counting from 1."""
    arguments = number_of_arguments(method) - 1

    def on_index(self: Any, index: int, logs: Logs = None) -> None:
        _merge(method(self, *(index + 1, logs or {})[:arguments]), logs)

    return on_index


def plain_method(method: Callable[..., Any]) -> Callable[..., None]:
    """Return the method of a callback that calls an R method with the logs."""
    arguments = number_of_arguments(method) - 1

    def on_logs(self: Any, logs: Logs = None) -> None:
        _merge(method(self, *(logs or {},)[:arguments]), logs)

    return on_logs


def number_of_arguments(function: Callable[..., Any]) -> int:
    """Return how many arguments a function takes by position."""
    parameters = inspect.signature(function).parameters.values()
    if any(p.kind is p.VAR_POSITIONAL for p in parameters):
        return 99
    return sum(p.kind is p.POSITIONAL_OR_KEYWORD for p in parameters)


def _merge(returned: Any, logs: Logs) -> None:
    if isinstance(returned, dict) and logs is not None:
        logs.update(returned)
