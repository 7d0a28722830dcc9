"""Record what a program does with Keras, as it does it, without changing the program.

Keras's own methods are what is listened at, so it makes no difference whether Python,
R in this process, or R's keras3 in another one calls them.
"""

from __future__ import annotations

import contextlib
import functools
import importlib.abc
import importlib.util
import inspect
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from importlib.machinery import ModuleSpec
from pathlib import Path
from typing import Any
from weakref import WeakKeyDictionary

import numpy as np

from rkeras_port.errors import ArgumentError, RKerasError
from rkeras_port.splits import validation_rows

from . import looking
from .observations import Kind, Observation
from .observe import taken_by

#: Functions of `keras.random` whose results are recorded when the user calls them.
_DRAWS = [
    "beta",
    "binomial",
    "categorical",
    "gamma",
    "normal",
    "randint",
    "shuffle",
    "truncated_normal",
    "uniform",
]


class Recorder:
    """Takes observations while it is active.

    Parameters
    ----------
    add : callable
        Is given each `Observation` as soon as it is taken.
    place : callable, optional
        Returns the user's file and line, or None; by default they are unknown.
    """

    def __init__(
        self,
        add: Callable[[Observation], None],
        place: Callable[[], str | None] = lambda: None,
    ) -> None:
        self._add = add
        self._place = place
        self._numbers: Counter[str] = Counter()
        self._values: set[str] = set()
        self._inside = threading.local()
        self._models: WeakKeyDictionary[Any, set[str]] = WeakKeyDictionary()

    # Taking -------------------------------------------------------------------

    def take(self, kind: Kind, content: Mapping[str, Any]) -> None:
        """Add an observation; it is named by its kind and a running number."""
        self._numbers[kind] += 1
        name = f"{kind} {self._numbers[kind]}"
        self._add(Observation(kind, name, content, self._place()))

    def take_value(self, name: str, value: Any) -> None:
        """Add a value that the program names itself.

        Raises
        ------
        ArgumentError
            If the name has been used.
        """
        if name in self._values:
            raise ArgumentError(
                "observe",
                "name",
                "must be new",
                received=repr(name),
                remedy="In a loop, make the name with the loop's counter.",
            )
        self._values.add(name)
        content = {"value": looking.value(value)}
        self._add(Observation("value", name, content, self._place()))

    @contextlib.contextmanager
    def outermost(self) -> Iterator[bool]:
        """Tell whether a call is the program's own, not one made by another of them."""
        depth = getattr(self._inside, "depth", 0)
        self._inside.depth = depth + 1
        try:
            yield depth == 0
        finally:
            self._inside.depth = depth

    def see_model(self, model: Any) -> bool:
        """Record a model and its initial weights, once it has weights; return that."""
        seen = self._models.setdefault(model, set())
        if not model.built:
            return False
        if "model" not in seen:
            seen.add("model")
            self.take("model", looking.model(model))
        return True

    def see_initial_weights(self, model: Any) -> None:
        """Record the weights that a model has when it is first used."""
        if "weights" in self._models.setdefault(model, set()):
            return
        with _outside_of_graphs():
            if self.see_model(model):
                self._models[model].add("weights")
                self.take("weights", looking.weights(model, "initial"))

    # Keras's methods ----------------------------------------------------------

    def compile(
        self, model: Any, call: Callable[[], Any], given: dict[str, Any]
    ) -> Any:
        """Record a compilation."""
        result = call()
        self.see_model(model)
        self.take("compile", looking.compiled(model, given))
        return result

    def fit(self, model: Any, call: Callable[[], Any], given: dict[str, Any]) -> Any:
        """Record the split before, the history and the weights after."""
        if model.built:
            self.see_initial_weights(model)
        self.take("split", _split(given))
        result = call()
        history = getattr(result, "history", {})
        series = {name: looking.value(list(v)) for name, v in history.items()}
        self.take(
            "history",
            {"model": model.name, "epochs": list(getattr(result, "epoch", [])),
             "metrics": series},
        )  # fmt: skip
        self.see_model(model)
        self.take("weights", looking.weights(model, "final"))
        return result

    def evaluate(
        self, model: Any, call: Callable[[], Any], given: dict[str, Any]
    ) -> Any:
        """Record the metrics, and what they were computed of."""
        if model.built:
            self.see_initial_weights(model)
        result = call()
        self.see_initial_weights(model)
        content = {"metrics": looking.metrics(model, result)}
        self._take_result("evaluation", model, given, content)
        return result

    def predict(
        self, model: Any, call: Callable[[], Any], given: dict[str, Any]
    ) -> Any:
        """Record the outputs, and what they were computed of."""
        result = call()
        self.see_initial_weights(model)
        content = {"values": looking.value(result)}
        self._take_result("prediction", model, given, content)
        return result

    def _take_result(
        self, kind: Kind, model: Any, given: dict[str, Any], content: dict[str, Any]
    ) -> None:
        x, y = looking.unwrapped(given.get("x"), given.get("y"))
        self.take(kind, {"model": model.name, **content, "data": looking.data(x, y)})


#: How the methods of `keras.Model` are recorded: by which of the recorder's.
_METHODS: dict[str, Callable[..., Any]] = {
    "compile": Recorder.compile,
    "fit": Recorder.fit,
    "evaluate": Recorder.evaluate,
    "predict": Recorder.predict,
    "train_on_batch": Recorder.evaluate,
    "test_on_batch": Recorder.evaluate,
    "predict_on_batch": Recorder.predict,
}


#: Methods that `fit` calls when it has built a model, and before it changes a weight:
#: which one is the first depends on the backend.
_ONCE_BUILT = ("make_train_function", "_compute_loss")


def _outside_of_graphs() -> contextlib.AbstractContextManager[Any]:
    """Return what lets variables be read while TensorFlow traces a function."""
    if sys.modules["keras"].backend.backend() != "tensorflow":
        return contextlib.nullcontext()
    scope: contextlib.AbstractContextManager[Any]
    scope = sys.modules["tensorflow"].init_scope()
    return scope


def _split(given: dict[str, Any]) -> dict[str, Any]:
    """Return which rows a call of `fit` trains on, and which it holds out."""
    content = _split_settings(given)
    training, out = _training_and_held_out(given, content)
    content |= {"training": training, "held_out": out}
    content["training_hashes"] = training.get("hashes")
    content["validation_hashes"] = None if out is None else out.get("hashes")
    return content


def _split_settings(given: dict[str, Any]) -> dict[str, Any]:
    return {
        "arguments": {
            "batch_size": given.get("batch_size") or 32,
            "shuffle": given.get("shuffle", True) is not False,
            "class_weight": looking.value(given.get("class_weight")),
            "initial_epoch": given.get("initial_epoch", 0),
        },
        "epochs": given.get("epochs", 1),
        "held_out_by": None,
        "validation_split": given.get("validation_split") or 0.0,
        "random_states": looking.random_states(),
    }


def _training_and_held_out(
    given: dict[str, Any], content: dict[str, Any]
) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """Look at both parts of the data; say in `content` what decided."""
    x, y = looking.unwrapped(given.get("x"), given.get("y"))
    held_out = given.get("validation_data")
    if held_out is not None:
        parts = held_out if isinstance(held_out, list | tuple) else [held_out]
        content["held_out_by"] = "validation_data"
        out = looking.data(*looking.unwrapped(*parts[:2]))
        return looking.data(x, y), out
    n = looking.rows_of(x)
    if not content["validation_split"] or n is None:
        return looking.data(x, y), None
    try:
        first, last = validation_rows(n, content["validation_split"])
    except RKerasError as error:
        # Keras refuses it too, in a moment; its message is the program's.
        return {"not_seen": str(error)}, None
    content["held_out_by"] = "validation_split"
    content["held_out_rows"] = np.arange(last.start, last.stop)
    return (
        looking.data(x, y, slice(0, first.stop)),
        looking.data(x, y, slice(last.start, last.stop)),
    )


# Installing ---------------------------------------------------------------------------


@contextlib.contextmanager
def recording(
    add: Callable[[Observation], None],
    place: Callable[[], str | None] = lambda: None,
) -> Iterator[Recorder]:
    """Record what Keras does within the block.

    Parameters
    ----------
    add, place
        As of `Recorder`.

    Examples
    --------
    >>> import keras
    >>> seen = []
    >>> with recording(seen.append):
    ...     model = keras.Sequential([keras.Input((2,)), keras.layers.Dense(1)])
    ...     model.compile("sgd", "mse")
    >>> [one.name for one in seen]
    ['model 1', 'compile 1']
    """
    recorder = Recorder(add, place)
    with values_taken(recorder), keras_observed(recorder):
        yield recorder


@contextlib.contextmanager
def values_taken(recorder: Recorder) -> Iterator[None]:
    """Record what the program observes by name; this needs no Keras."""
    taken_by(recorder.take_value)
    try:
        yield
    finally:
        taken_by(None)


@contextlib.contextmanager
def keras_observed(recorder: Recorder) -> Iterator[None]:
    """Record what Keras does."""
    import keras

    wraps = {name: _method(recorder, name) for name in _METHODS}
    wraps |= dict.fromkeys(_ONCE_BUILT, _building(recorder))
    undo = [
        # Where it is defined: Keras asks whether a model's class overrides it.
        _replace(_definer(keras.Model, name), name, wrap)
        for name, wrap in wraps.items()
        if hasattr(keras.Model, name)
    ]
    undo += [_replace(keras.random, n, _draw(recorder, n)) for n in _DRAWS]
    try:
        yield
    finally:
        for restore in undo:
            restore()


def _replace(
    owner: Any, name: str, make: Callable[[Callable[..., Any]], Callable[..., Any]]
) -> Callable[[], None]:
    """Put a wrapped function in place of one; return what undoes that."""
    original = getattr(owner, name)
    setattr(owner, name, make(original))
    return functools.partial(setattr, owner, name, original)


def _definer(kind: type, name: str) -> type:
    return next(owner for owner in kind.__mro__ if name in vars(owner))


def _method(
    recorder: Recorder, name: str
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        order = list(inspect.signature(original).parameters)[1:]

        @functools.wraps(original)
        def method(model: Any, *args: Any, **kwargs: Any) -> Any:
            with recorder.outermost() as own:
                if not own:
                    return original(model, *args, **kwargs)
                given = dict(zip(order, args, strict=False)) | kwargs
                call = functools.partial(original, model, *args, **kwargs)
                return _METHODS[name](recorder, model, call, given)

        return method

    return wrap


def _building(
    recorder: Recorder,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Listen where `fit` has built the model and not begun to train."""

    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def method(model: Any, *args: Any, **kwargs: Any) -> Any:
            recorder.see_initial_weights(model)
            return original(model, *args, **kwargs)

        return method

    return wrap


def _draw(
    recorder: Recorder, name: str
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    def wrap(original: Callable[..., Any]) -> Callable[..., Any]:
        @functools.wraps(original)
        def function(*args: Any, **kwargs: Any) -> Any:
            with recorder.outermost() as own:
                result = original(*args, **kwargs)
                # While a graph is traced there are no numbers yet.
                if own and hasattr(result, "__array__") and _has_numbers(result):
                    values = looking.value(result)
                    recorder.take("draw", {"function": name, "values": values})
            return result

        return function

    return wrap


def _has_numbers(tensor: Any) -> bool:
    kind = type(tensor).__name__
    return hasattr(tensor, "numpy") or kind in ("ndarray", "ArrayImpl")


def when_imported(name: str, then: Callable[[], None]) -> None:
    """Call `then` as soon as a module has been imported, now if it has been."""
    if name in sys.modules:
        then()
    else:
        sys.meta_path.insert(0, _Watch(name, then))


class _Watch(importlib.abc.MetaPathFinder):
    """Finds nothing itself; adds a step to the loading of one module."""

    def __init__(self, name: str, then: Callable[[], None]) -> None:
        self._name, self._then = name, then

    def find_spec(
        self, fullname: str, path: Any = None, target: Any = None
    ) -> ModuleSpec | None:
        if fullname != self._name:
            return None
        sys.meta_path.remove(self)
        spec = importlib.util.find_spec(fullname)
        if spec is None or spec.loader is None:
            return spec
        load = spec.loader.exec_module

        def exec_module(module: Any) -> None:
            load(module)
            self._then()

        spec.loader.exec_module = exec_module  # type: ignore[method-assign]
        return spec


def caller(file: Path) -> Callable[[], str | None]:
    """Return what finds the line of a Python file that runs, for `Recorder`."""

    def place() -> str | None:
        frame: Any = sys._getframe()
        while frame is not None:
            if frame.f_code.co_filename == str(file):
                return f"{file.name}:{frame.f_lineno}"
            frame = frame.f_back
        return None

    return place
