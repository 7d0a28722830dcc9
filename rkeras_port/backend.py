"""Which library Keras computes with."""

from __future__ import annotations

import os
import sys

from .errors import ArgumentError, StateError

_BACKENDS = ("tensorflow", "jax", "torch", "numpy", "openvino")


def use_backend(backend: str) -> None:
    """Choose the library that Keras computes with, before Keras is first used.

    R: `use_backend()` of keras3. Keras reads its choice when it is imported, from the
    environment variable ``KERAS_BACKEND``, which this sets.

    Parameters
    ----------
    backend : {"tensorflow", "jax", "torch", "numpy", "openvino"}
        A name ending in "-cpu" or "-gpu", as R takes it, means the same library.

    Raises
    ------
    ArgumentError
        If there is no such backend.
    StateError
        If Keras already runs on another one.
    """
    name = backend.removesuffix("-cpu").removesuffix("-gpu")
    if name not in _BACKENDS:
        raise ArgumentError(
            "use_backend",
            "backend",
            "must be one of " + ", ".join(_BACKENDS),
            received=repr(backend),
        )
    loaded = loaded_backend()
    if loaded is not None and loaded != name:
        raise StateError(
            f"use_backend(): Keras already runs on {loaded}. Call "
            f"use_backend({name!r}) before anything else of Keras."
        )
    os.environ["KERAS_BACKEND"] = name


def config_set_backend(backend: str) -> None:
    """Choose the library that Keras computes with: see `use_backend`.

    R: `config_set_backend()` of keras3. `keras.config.set_backend` would import Keras
    anew, and leave every object that exists without its class.
    """
    use_backend(backend)


def loaded_backend() -> str | None:
    """Return the name of Keras's backend, None as long as Keras is not imported."""
    keras = sys.modules.get("keras")
    return None if keras is None else str(keras.config.backend())
