"""What of Keras's global state R asks about before Keras is imported."""

from __future__ import annotations

import sys


def loaded_backend() -> str | None:
    """Return the name of Keras's backend, None as long as Keras is not imported."""
    keras = sys.modules.get("keras")
    return None if keras is None else str(keras.config.backend())
