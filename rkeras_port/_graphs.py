"""Letting go of the graphs of training steps that TensorFlow keeps for ever.

While a training step is traced, Keras's optimizers sum gradients over replicas by
`ReplicaContext.all_reduce`, which has a gradient of its own. TensorFlow notes such
gradients in a registry that lives as long as the process, and each note holds the
whole graph of its step: half a megabyte a model, however small, that neither
`clear_session` nor the garbage collector frees (tensorflow issues 61791 and 62854).
Nobody differentiates an optimizer's update, so the note can go once the step is
traced.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from typing import Any


def release_training_graphs() -> int:
    """Drop the notes of all training steps traced so far.

    Returns
    -------
    int
        How many were dropped; 0 under other backends than TensorFlow.
    """
    ops = sys.modules.get("tensorflow.python.framework.ops")
    if ops is None:
        return 0
    # The registry has no public way out.
    registry: dict[str, dict[str, Any]] = ops.gradient_registry._registry
    spent = [
        name
        for name in list(registry)
        if name.startswith("CustomGradient-") and _sums_gradients(registry[name])
    ]
    for name in spent:
        # Another thread may have been here.
        registry.pop(name, None)
    return len(spent)


def _sums_gradients(entry: dict[str, Any]) -> bool:
    return any(
        gradient.__qualname__.startswith("ReplicaContextBase.all_reduce.")
        for wrapper in _closed_over(entry["type"])
        for gradient in _closed_over(wrapper)
    )


def _closed_over(function: Callable[..., Any]) -> Iterator[Callable[..., Any]]:
    """Go through the functions that a function's closure holds."""
    for cell in getattr(function, "__closure__", None) or ():
        if hasattr(cell.cell_contents, "__qualname__"):
            yield cell.cell_contents
