"""Train a fresh model on each fold, compiled once for all folds of a process."""

from __future__ import annotations

import inspect
import json
from collections.abc import Callable, Mapping
from typing import Any

from ._keras import keras
from .epochs import compiled_loop, suits, train
from .errors import ArgumentTypeError
from .history import TrainingHistory

ModelFunction = Callable[..., Any]


class FoldTrainer:
    """Trains what a model function makes, again and again from the start.

    Each training gives the weights that a new model would get with that seed: what is
    kept between trainings is only the compiled graph. The model, its weights and the
    state of its optimizer are those that the model function just made; they are
    written into the first model, if the two have the same structure and settings.

    Parameters
    ----------
    model_fn : callable
        Returns a compiled model; it may take `n_features` and `n_classes`.
    """

    def __init__(self, model_fn: ModelFunction) -> None:
        self.model_fn = model_fn
        self._model: Any = None
        self._key: str | None = None
        self._loop: Any = None

    def model(self, seed: int | None, x: Any, n_classes: int) -> Any:
        """Return a new model, or the first one made new; built, compiled, untrained."""
        if seed is not None:
            keras.utils.set_random_seed(seed)
        model = make(self.model_fn, x.shape[1], n_classes)
        if not model.built:
            model.build((None, *x.shape[1:]))
        key = structure(model)
        if key is None or key != self._key:
            self._model, self._key, self._loop = model, key, None
            return model
        _renew(self._model, model)
        return self._model

    def train(
        self, model: Any, x: Any, y: Any, arguments: Mapping[str, Any]
    ) -> TrainingHistory:
        """Train what `model` returned, with arguments of `keras.Model.fit`."""
        if suits(model, arguments) and self._loop is None:
            self._loop = compiled_loop(model)
        return train(model, x, y, arguments, self._loop)


def make(model_fn: ModelFunction, n_features: int, n_classes: int, **more: Any) -> Any:
    """Call a model function with those of the two numbers that it has parameters for.

    Raises
    ------
    ArgumentTypeError
        If it returns no compiled model.
    """
    known = {"n_features": n_features, "n_classes": n_classes}
    takes = parameters(model_fn)
    model = model_fn(**{n: v for n, v in known.items() if n in takes}, **more)
    if not isinstance(model, keras.Model) or not model.compiled:
        raise ArgumentTypeError(
            "cross_validate",
            "model_fn",
            "must return a compiled model",
            received=type(model).__name__
            + (", not compiled" if isinstance(model, keras.Model) else ""),
            remedy="End it in `return model`, after model >> compile(...).",
        )
    return model


def parameters(function: ModelFunction) -> list[str]:
    """Return the names of a function's parameters; none if it does not tell."""
    try:
        return list(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return []


def structure(model: Any) -> str | None:
    """Return what two models have in common if one's graph serves the other.

    None for models that cannot be compared: with functions or classes of the user's,
    whose settings no configuration shows.
    """
    if type(model).__name__ not in ("Sequential", "Functional"):
        return None
    try:
        settings = [model.get_config(), model.get_compile_config()]
        text = json.dumps(settings, sort_keys=True)
    except (TypeError, ValueError, NotImplementedError, AttributeError):
        return None
    if '"registered_name": "' in text or "__lambda__" in text:
        return None
    layers = list(model._flatten_layers())
    if any(not type(layer).__module__.startswith("keras.") for layer in layers):
        return None
    # Automatic names count up; their places do not.
    for place, layer in enumerate(layers):
        text = text.replace(json.dumps(layer.name), f'"<{place}>"')
    optimizer = json.dumps(model.optimizer.name)
    return text.replace(optimizer, '"<optimizer>"')


def _renew(model: Any, fresh: Any) -> None:
    """Give a trained model the weights and the optimizer state of a fresh one."""
    fresh.optimizer.build(fresh.trainable_variables)
    model.optimizer.build(model.trainable_variables)
    for old, new in zip(_state(model), _state(fresh), strict=True):
        old.assign(new)
    model.stop_training = False


def _state(model: Any) -> list[Any]:
    return [*model.variables, *model.optimizer.variables]
