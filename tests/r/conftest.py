"""One R session for the tests of a process, and R processes of their own."""

from __future__ import annotations

import subprocess
import sys
import textwrap
from collections.abc import Callable
from typing import Any

import pytest

from rkeras_port.r import Session, session


@pytest.fixture(scope="session")
def R() -> Session:
    """The R session of this process."""
    return session()


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
