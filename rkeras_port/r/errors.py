"""R errors in Python."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rkeras_port.errors import RKerasError

if TYPE_CHECKING:
    from rkeras_port.r.handles import RObject


class RError(RKerasError, RuntimeError):
    """An R error. Its cause is the Python exception where it began in Python.

    Parameters
    ----------
    message : str
        R's message, with the call and the place when known.
    condition : RObject, optional
        The R condition itself; given back to R it is raised as it was.
    r_class : iterable of str
        The class vector of the condition.

    Attributes
    ----------
    condition : RObject or None
        As given.
    r_class : tuple of str
        As given, e.g. ``("simpleError", "error", "condition")``.
    """

    def __init__(
        self,
        message: str,
        condition: RObject | None = None,
        r_class: Iterable[str] = (),
    ) -> None:
        super().__init__(message)
        self.condition = condition
        self.r_class = tuple(r_class)


class ConversionError(RKerasError, ValueError):
    """A value of one language is none in the other."""
