"""Custom objects written in R, under the names by which Keras saves and finds them."""

from __future__ import annotations

from typing import Any

from rkeras_port._keras import keras
from rkeras_port.errors import ArgumentError


def by_name(objects: list[Any], names: list[str]) -> dict[str, Any]:
    """Return objects by their names; a name that is not given is the object's own.

    Raises
    ------
    ArgumentError
        If an object has no name of its own.
    """
    named = {}
    for value, name in zip(objects, names, strict=True):
        known = name or getattr(value, "__name__", "")
        if not known or (hasattr(value, "__r_function__") and not name):
            raise ArgumentError(
                "custom_objects",
                "custom_objects",
                "must have names where they cannot be told from the object",
                received=f"one of type {type(value).__name__} without a name",
                remedy="Write list(name = object).",
            )
        named[known] = value
    return named


def register(value: Any, name: str | None, package: str) -> Any:
    """Make an object known to Keras under ``package>name`` and return it.

    An R function becomes a Python function that is kept: Keras tells functions apart
    by their identity.

    Raises
    ------
    ArgumentError
        If an R function is registered without a name.
    """
    if hasattr(value, "__r_function__"):
        if name is None:
            raise ArgumentError(
                "register_keras_serializable",
                "name",
                "must be given for a function",
                remedy='For example name = "my_activation".',
            )
        value = _kept(value, name)
    return keras.saving.register_keras_serializable(package=package, name=name)(value)


def _kept(function: Any, name: str) -> Any:
    def call(*args: Any, **kwargs: Any) -> Any:
        return function(*args, **kwargs)

    call.__name__ = call.__qualname__ = name
    call.autograph_info__ = {}  # type: ignore[attr-defined]
    return call
