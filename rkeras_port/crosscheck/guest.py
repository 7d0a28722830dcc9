"""The recorder inside another program's Python: that of R's reticulate, for example."""

from __future__ import annotations

from contextlib import ExitStack
from pathlib import Path
from typing import Any

from .environment import observe_environment
from .recorder import recording
from .storage import Stream


class Guest:
    """Records from its making to `close`.

    Parameters
    ----------
    seed : int
        Seeds Keras and its backend.
    stream : str
        The file for the observations.
    r : str
        The version of the R that this Python runs in.
    """

    def __init__(self, seed: int, stream: str, r: str) -> None:
        import keras

        self._seed, self._r = int(seed), r
        self._stream = Stream(Path(stream))
        self._stack = ExitStack()
        keras.utils.set_random_seed(self._seed)
        self._recorder = self._stack.enter_context(recording(self._stream.observe))
        self._tell_environment()

    def observe(self, name: str, value: Any) -> None:
        """Record a value of R's under its name."""
        self._recorder.take_value(name, value)

    def failed(self, message: str) -> None:
        """Record that the program has failed."""
        self._stream.add(failure={"message": message, "where": None})

    def close(self) -> None:
        """Stop recording."""
        self._stack.close()
        self._tell_environment()
        self._stream.close()

    def _tell_environment(self) -> None:
        environment = observe_environment(self._seed) | {"r": self._r}
        self._stream.add(environment=environment)
