"""The errors of this package: one base class, messages that say what to do."""

from __future__ import annotations

import difflib
from collections.abc import Iterable


class RKerasError(Exception):
    """Base class of every error that this package raises itself."""


class _AboutArgument(RKerasError):
    """An error about one argument of one function.

    Parameters
    ----------
    function : str
        Name of the public function, without parentheses.
    argument : str
        Name of the argument at fault.
    problem : str
        What is wrong, as the rest of a sentence that starts with the argument.
    received : str, optional
        A short description of what was given (never the data themselves).
    remedy : str, optional
        What the user can do, as a full sentence.
    """

    def __init__(
        self,
        function: str,
        argument: str,
        problem: str,
        *,
        received: str | None = None,
        remedy: str | None = None,
    ) -> None:
        self.function = function
        self.argument = argument
        parts = [f"{function}(): `{argument}` {problem}."]
        if received is not None:
            parts.append(f"Received: {received}.")
        if remedy is not None:
            parts.append(remedy)
        super().__init__(" ".join(parts))


class ArgumentError(_AboutArgument, ValueError):
    """An argument has a value that cannot be right."""


class ArgumentTypeError(_AboutArgument, TypeError):
    """An argument has a type that cannot be right."""


class StateError(RKerasError, RuntimeError):
    """The object is not in the state that the call needs (e.g. not compiled)."""


class MissingDependencyError(RKerasError, ImportError):
    """An optional package or program is needed and not installed."""


class DataUnavailableError(RKerasError, OSError):
    """A data set is neither on this machine nor to be had from the network."""


#: What older versions of Keras called an argument, and scripts still do.
_FORMERLY = {"lr": "learning_rate", "nb_epoch": "epochs"}


def did_you_mean(name: str, known: Iterable[str]) -> str | None:
    """Return a hint naming the closest known names, or None.

    Examples
    --------
    >>> did_you_mean("binary_crossentropi", ["binary_crossentropy", "mse"])
    "Did you mean 'binary_crossentropy'?"
    """
    known = list(known)
    now = _FORMERLY.get(name)
    if now in known:
        return f"Did you mean {now!r}?"
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.6)
    if not close:
        return None
    return "Did you mean " + " or ".join(repr(c) for c in close) + "?"
