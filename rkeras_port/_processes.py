"""Find the other processes of one training, before JAX computes anything."""

from __future__ import annotations

import os

import keras

from .errors import StateError


def join() -> None:
    """Connect to the other processes, if the environment says that there are any.

    `rkeras launch` sets Keras's own variables, ``KERAS_DISTRIBUTION_*``. Other
    backends than JAX have nothing to connect.

    Raises
    ------
    StateError
        If JAX has already computed something.
    """
    several = int(os.environ.get("KERAS_DISTRIBUTION_NUM_PROCESSES", 1)) > 1
    if not several or keras.backend.backend() != "jax":
        return
    import jax

    if jax.distributed.is_initialized():
        return
    try:
        keras.distribution.initialize()
    except RuntimeError as error:
        raise StateError(
            "with_distribution(): the other processes cannot be joined, because JAX "
            "has already computed something in this one. Import rkeras_port before "
            "Keras is used, or call keras.distribution.initialize() first."
        ) from error
