"""Python generators made of R functions."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from rkeras_port.r import capi, conditions, turn
from rkeras_port.r.capi import SEXP
from rkeras_port.r.handles import RObject


def from_r(function: Callable[[], Any], completed: Any = None) -> Iterator[Any]:
    """Yield what an R function returns, until it returns `completed`.

    Parameters
    ----------
    function : callable
        Called without arguments for each item.
    completed : object
        The value that ends the iteration; None stands for R's NULL.

    Examples
    --------
    >>> left = [1, 2]
    >>> list(from_r(lambda: left.pop() if left else None))
    [2, 1]
    """
    while True:
        item = function()
        if item is completed or (completed is not None and item == completed):
            return
        yield item


def batches(function: SEXP) -> Iterator[Any]:
    """Yield the batches that an R function returns, until it returns NULL.

    Parameters
    ----------
    function : SEXP
        An R function without arguments; it returns `list(x)`, `list(x, y)` or
        `list(x, y, sample_weight)`.

    Yields
    ------
    tuple
        Arrays, row by row in memory.
    """
    original = RObject(function)
    while (batch := _next_batch(original)) is not None:
        yield batch


def _next_batch(function: RObject) -> tuple[Any, ...] | None:
    from rkeras_port.r.data import as_data
    from rkeras_port.r.training import ready

    with turn.taken():
        mark = capi.depth()
        try:
            nothing = capi.vector(capi.VECSXP, 0)
            value = as_data(conditions.call(function.sexp, nothing))
            # Copies: R may reuse its memory once the value is no longer held.
            batch = ready(value)
        finally:
            capi.release(mark)
    if batch is None:
        return None
    return tuple(batch) if isinstance(batch, list | tuple) else (batch,)
