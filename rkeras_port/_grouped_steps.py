"""Several of Keras's steps in one call of a compiled function: less time between them.

Keras has this as `steps_per_execution`, which a user sets in `compile`. Here it is set
for one training or evaluation where nobody can tell: the steps are Keras's own, one
after the other, and only what listens to single batches would hear less often.
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, NamedTuple

from keras.src.utils.python_utils import is_default

from ._keras import keras

#: Steps in one call, which Ctrl-C and the progress bar wait for.
_MOST = 32
#: Weights times rows that one call may work on: about a tenth of a second.
_WORK = 3e9

_HOOKS = [
    f"on_{verb}batch_{edge}"
    for verb in ("", "train_", "test_", "predict_")
    for edge in ("begin", "end")
]


#: Where a model keeps its functions: past Keras's tracking, so not in its files.
_KEPT = "_rkeras_grouped_steps"
#: Ways of feeding that a model keeps functions for: each has its graphs.
_MOST_KEPT = 6


class _Functions(NamedTuple):
    """Compiled functions of a model for one way of feeding it."""

    n_steps: int
    sums: Any
    made_for: list[Any]
    train: Any
    test: Any
    predict: Any


@contextmanager
def grouped_steps(
    model: Any,
    verb: str,
    arguments: Mapping[str, Any],
    batch_size: int,
    n_batches: int,
    sums: Any = None,
) -> Iterator[None]:
    """Have Keras's `fit` and `evaluate` do several steps a call, for a while.

    Steps are not grouped where it could be noticed: with callbacks that listen to
    batches, with numbers of steps, with models whose steps take long, run eagerly, are
    compiled by XLA or are grouped already.

    Parameters
    ----------
    model : keras.Model
        Afterwards as before.
    verb : {"fit", "evaluate", "predict"}
        Keras's method.
    arguments : mapping
        For Keras's method.
    batch_size, n_batches : int
        Of the data to go through.
    sums : hashable, optional
        How sparse batches are multiplied, which is compiled in. With it the model has
        functions of its own for the while, even for one step a call.
    """
    n_steps = 1
    if verb != "predict":
        n_steps = max(1, _n_steps(model, arguments, batch_size, n_batches))
    if n_steps == 1 and sums is None:
        yield
        return
    kept = vars(model).get(_KEPT, {}).get((n_steps, sums))
    if kept is None or not _fits(model, kept.made_for):
        kept = _Functions(n_steps, sums, [], None, None, None)
    before = _functions(model)
    steps_before = model.steps_per_execution
    if n_steps > 1:
        model.steps_per_execution = n_steps
    _set_functions(model, kept[3:])
    try:
        yield
    finally:
        made = _Functions(n_steps, sums, _identity(model), *_functions(model))
        others = {
            key: value
            for key, value in vars(model).get(_KEPT, {}).items()
            if key != (n_steps, sums) and _fits(model, value.made_for)
        }
        latest = dict(list(others.items())[1 - _MOST_KEPT :])
        vars(model)[_KEPT] = latest | {(n_steps, sums): made}
        model.steps_per_execution = steps_before
        _set_functions(model, before)


def _functions(model: Any) -> tuple[Any, Any, Any]:
    return model.train_function, model.test_function, model.predict_function


def _set_functions(model: Any, functions: tuple[Any, ...]) -> None:
    model.train_function, model.test_function, model.predict_function = functions


def _n_steps(
    model: Any, arguments: Mapping[str, Any], batch_size: int, n_batches: int
) -> int:
    counts = ("steps", "steps_per_epoch", "validation_steps")
    if (
        not model.built
        or model.steps_per_execution != 1
        or model.run_eagerly
        or model.jit_compile
        or keras.config.max_steps_per_epoch() is not None
        or any(arguments.get(name) is not None for name in counts)
        or listens_to_batches(arguments.get("callbacks"))
    ):
        return 1
    in_time = int(_WORK / max(1, model.count_params() * batch_size))
    return min(_MOST, n_batches, in_time)


def listens_to_batches(callbacks: Any) -> bool:
    """Say whether one of the callbacks does something at each batch."""
    if isinstance(callbacks, keras.callbacks.CallbackList):
        callbacks = callbacks.callbacks
    return any(
        not is_default(getattr(callback, hook))
        for callback in keras.tree.flatten(callbacks)
        if callback is not None
        for hook in _HOOKS
    )


def _identity(model: Any) -> list[Any]:
    """Return what is replaced when functions no longer fit: by `compile` and so on."""
    return [getattr(model, "_loss_tracker", None), *model.weights]


def _fits(model: Any, made_for: list[Any]) -> bool:
    now = _identity(model)
    return len(now) == len(made_for) and all(map(operator.is_, now, made_for))
