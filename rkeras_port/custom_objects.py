"""Custom objects under the names by which Keras saves and finds them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ._keras import keras
from .errors import ArgumentError


def custom_metric(name: str, metric_fn: Callable[..., Any]) -> Callable[..., Any]:
    """Give a metric function the name under which its values are shown.

    R: `custom_metric()` of keras3.

    Parameters
    ----------
    name : str
        Shown while training, and the name in the history.
    metric_fn : callable
        ``metric_fn(y_true, y_pred)``, both of shape ``(n_samples, ...)``; returns a
        tensor of shape ``(n_samples,)`` or a scalar.

    Examples
    --------
    >>> custom_metric("largest", lambda y_true, y_pred: y_pred).__name__
    'largest'
    """

    def metric(y_true: Any, y_pred: Any) -> Any:
        return metric_fn(y_true, y_pred)

    metric.__name__ = metric.__qualname__ = name
    return metric


def register_keras_serializable(
    object: Any = None, name: str | None = None, package: str = "Custom"
) -> Any:
    """Make a class or function known to Keras as ``package>name``.

    R: `register_keras_serializable()` of keras3. Without an object it is a decorator,
    as `keras.saving.register_keras_serializable` is.

    Parameters
    ----------
    object : class or function, optional
        What saved models may contain.
    name : str, optional
        By default the object's own.
    package : str
        Keeps equal names of different projects apart.

    Returns
    -------
    class or function
        The object itself; or the decorator.
    """
    register = keras.saving.register_keras_serializable(package=package, name=name)
    return register if object is None else register(object)


def with_custom_object_scope(objects: Any) -> Any:
    """Return a context in which Keras finds objects by their names.

    R: `with_custom_object_scope()` of keras3, whose second argument is the block.

    Parameters
    ----------
    objects : dict, object, or list of objects
        Classes and functions by name; without names, each has its own.

    Returns
    -------
    keras.saving.CustomObjectScope
        For ``with``.

    Raises
    ------
    ArgumentError
        If an object has no name.

    Examples
    --------
    >>> with with_custom_object_scope({"twice": lambda x: 2 * x}):
    ...     keras.saving.get_registered_object("twice")(4)
    8
    """
    return keras.saving.CustomObjectScope(_by_name("with_custom_object_scope", objects))


def set_custom_objects(objects: Any = None, clear: bool = True) -> dict[str, Any]:
    """Set what Keras finds by name in this process; return what it was before.

    R: `set_custom_objects()` of keras3.

    Parameters
    ----------
    objects : dict, object, or list of objects, optional
        As in `with_custom_object_scope`.
    clear : bool
        Whether what was registered before is forgotten.

    Raises
    ------
    ArgumentError
        If an object has no name.
    """
    new = _by_name("set_custom_objects", {} if objects is None else objects)
    registry = keras.saving.get_custom_objects()
    before = dict(registry)
    if clear:
        registry.clear()
    registry.update(new)
    return before


def _by_name(function: str, objects: Any) -> dict[str, Any]:
    if isinstance(objects, Mapping):
        return dict(objects)
    several = isinstance(objects, Iterable) and not isinstance(objects, type)
    found = list(objects) if several else [objects]
    for value in found:
        if not hasattr(value, "__name__"):
            raise ArgumentError(
                function,
                "objects",
                "must have names where they cannot be told from the object",
                received=f"one of type {type(value).__name__} without a name",
                remedy="Pass a dictionary, {'name': object}.",
            )
    return {value.__name__: value for value in found}


def from_config(config: Mapping[str, Any], custom_objects: Any = None) -> Any:
    """Make an object from what `get_config` returned.

    R: `from_config()` of keras3.

    Parameters
    ----------
    config : Mapping
        As `get_config` returns it; it knows the class that it belongs to.
    custom_objects : dict, object, or list of objects, optional
        As in `with_custom_object_scope`.

    Raises
    ------
    ArgumentError
        If the configuration does not come from `get_config`.

    Examples
    --------
    >>> from_config(get_config(keras.layers.Dense(4))).units
    4
    """
    if not isinstance(config, Config):
        raise ArgumentError(
            "from_config",
            "config",
            "must come from get_config(), which notes its class",
            received=type(config).__name__,
            remedy="For a plain dictionary there is the class's own from_config().",
        )
    with with_custom_object_scope({} if custom_objects is None else custom_objects):
        return config.of.from_config(dict(config))


class Config(dict[str, Any]):
    """The configuration of a Keras object: a dictionary that knows the class.

    Attributes
    ----------
    of : type
        The class of the object.
    """

    def __init__(self, of: Any, values: Mapping[str, Any]) -> None:
        super().__init__(values)
        self.of = of


def get_config(object: Any) -> Config:
    """Return the arguments that an object was made with.

    R: `get_config()` of keras3.

    Parameters
    ----------
    object : keras.Layer, keras.Model, keras.optimizers.Optimizer, ...
        Anything of Keras that has a configuration.

    Returns
    -------
    Config
        A dictionary; `from_config` makes another object of it.

    Raises
    ------
    ArgumentError
        If the object has no configuration.
    """
    if not hasattr(object, "get_config"):
        raise ArgumentError(
            "get_config",
            "object",
            "must be an object of Keras that has a configuration",
            received=type(object).__name__,
        )
    return Config(type(object), object.get_config())
