"""The one place that imports Keras; with it, the pipe comes onto `keras.Layer`.

Keras takes seconds to import, so only modules that are all about Keras import this
one at their top, and those are loaded when one of their functions is first used.
"""

from __future__ import annotations

import os
from typing import Any

# TensorFlow's start-up lines are not about the user's program.
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")

from ._startup import quiet_start

with quiet_start():
    import keras

from ._processes import join
from .pipe import install


def _compose(layer: Any, object: Any) -> Any:
    # Late, because that module needs this one.
    from .catalogue.compose import compose_layer

    return compose_layer(layer, object)


install(keras.Layer, _compose)

# Before JAX computes anything: it cannot find other processes afterwards.
join()

__all__ = ["keras"]
