"""Start Keras for a command: with a word on the screen, without the native chatter."""

from __future__ import annotations

import os
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager


def start_keras() -> None:
    """Import Keras and open its devices, which takes some seconds."""
    from rich.console import Console

    with Console().status("Starting Keras"), _standard_error_held_back():
        from ._keras import keras

        keras.ops.zeros(1)


@contextmanager
def _standard_error_held_back() -> Iterator[None]:
    """Keep what libraries write to standard error, and show it only if they fail.

    TensorFlow reports missing graphics cards on the file descriptor itself, before it
    has read its own log level.
    """
    sys.stderr.flush()
    screen = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        except BaseException:
            held.seek(0)
            os.write(screen, held.read())
            raise
        finally:
            os.dup2(screen, 2)
            os.close(screen)
