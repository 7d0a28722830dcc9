"""The R door: R embedded in this Python process, with our Keras behind R's names.

>>> from rkeras_port import r
>>> r.run("x <- c(a = 1, b = 2); print(sum(x))")
[1] 3

Nothing of R is loaded before the first call.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rkeras_port.r.errors import RError
from rkeras_port.r.session import Session, attach, session

__all__ = ["RError", "Session", "attach", "eval", "run", "session", "source"]


def run(code_or_file: str | Path) -> None:
    """Run R code or an R file in the session of this process; see `Session.run`."""
    session().run(code_or_file)


def source(file: str | Path) -> None:
    """Run an R file in the session of this process; see `Session.source`."""
    session().source(file)


def eval(code: str) -> Any:
    """Return the value of R code as a Python value; see `Session.eval`."""
    return session().eval(code)


def load_ipython_extension(shell: Any) -> None:
    """Add the magics ``%%R`` and ``%R``: what ``%load_ext rkeras_port.r`` calls."""
    from rkeras_port.r.notebook import load_ipython_extension as load

    load(shell)
