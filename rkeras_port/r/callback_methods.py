"""Callbacks written in R: epochs and batches from 1, what they return into the logs."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from rkeras_port.errors import ArgumentError

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


def schedule(function: Callable[..., Any]) -> Callable[..., float]:
    """Return ``f(epoch, rate)`` for an R function of the epoch, from 0, and the rate.

    It may take the epoch alone.

    Raises
    ------
    ArgumentError
        By the result: if the R function returns no single number.

    Examples
    --------
    >>> schedule(lambda epoch: 1 / (epoch + 1))(1, 0.1)
    0.5
    """
    arguments = number_of_arguments(function)

    def of_epoch(epoch: int, *rate: float) -> float:
        returned = function(*(epoch, *rate)[:arguments])
        if isinstance(returned, bool) or not isinstance(returned, int | float):
            raise ArgumentError(
                "callback_learning_rate_scheduler",
                "schedule",
                "must return a number, the learning rate",
                received=f"{returned!r:.40}",
            )
        return float(returned)

    return of_epoch


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
