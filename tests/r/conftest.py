"""One R session for the tests of a process, and R processes of their own."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable, Iterator
from typing import Any

import pytest

import rkeras_port as rk
from rkeras_port.r import Session, session


@pytest.fixture(scope="session")
def R() -> Session:
    """The R session of this process."""
    return session()


@pytest.fixture(autouse=True, scope="module")
def as_it_was() -> Iterator[None]:
    """Leave to the next file no variables, no packages, and no used names of layers."""
    yield
    started = sys.modules["rkeras_port.r.session"]._current
    if isinstance(started, Session):
        started.run(LEAVE_NOTHING)
    if "rkeras_port._keras" in sys.modules:
        rk.clear_session()


LEAVE_NOTHING = """
local({
  rm(list = ls(globalenv()), envir = globalenv())
  ours <- c("keras", "keras3", "reticulate", "tensorflow", "tfdatasets", "tfruns")
  for (attached in intersect(paste0("package:", ours), search()))
    detach(attached, character.only = TRUE)
})
"""


@pytest.fixture
def fresh() -> Callable[..., subprocess.CompletedProcess[str]]:
    """Run Python code in a process of its own; its output is what was printed."""

    def run(code: str, **kwargs: Any) -> subprocess.CompletedProcess[str]:
        settings: dict[str, Any] = {"timeout": 120, "check": False} | kwargs
        return subprocess.run(
            [sys.executable, "-c", textwrap.dedent(code)],
            capture_output=True,
            text=True,
            **settings,
        )

    return run
