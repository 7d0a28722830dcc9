"""A pytest fixture that holds R code against Python code, for anybody's tests.

Once this package is installed, pytest has the fixture `crosscheck`::

    def test_scale(crosscheck):
        crosscheck.assert_same(
            r="scale(c(1, 2, 3))[, 1]",
            python=lambda: [-1.0, 0.0, 1.0],
        )

    def test_the_analysis(crosscheck):
        crosscheck.assert_same(
            r=Path("analysis.R"), python=Path("analysis.py"), names=["loss", "accuracy"]
        )

R runs in the process of the tests. pytest itself starts neither R nor Keras: a test
that uses the fixture does. ``-p no:rkeras_crosscheck`` turns the plugin off.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def crosscheck() -> CrossCheck:
    """Run R code and Python code, and assert that they give the same."""
    return CrossCheck()


class CrossCheck:
    """What the fixture `crosscheck` gives."""

    def r(self, code: str | Path, *, fresh_process: bool = False) -> Any:
        """Return what R gives, as a Python value.

        Parameters
        ----------
        code : str or Path
            R code, whose value is that of its last expression; or a file, whose value
            is a mapping of its variables by name, functions left out. What is assigned
            goes when it has run; packages stay attached.
        fresh_process : bool, default False
            Whether R runs in a process of its own, with nothing attached. What it
            returns must then be plain data: no models, no functions.

        Raises
        ------
        RError
            If the R code fails.
        MissingDependencyError
            If R or rpy2-rinterface is missing.
        """
        from rkeras_port.crosscheck import twins

        return twins.in_new_process(code) if fresh_process else twins.run_r(code)

    def python(self, code: Callable[[], Any] | Path) -> Any:
        """Return what a function returns, or the variables that a file leaves, by name.

        Modules, functions, classes and names with a leading underscore are left out.
        """
        from rkeras_port.crosscheck import twins

        return twins.run_python(code)

    def assert_same(
        self,
        *,
        r: str | Path,
        python: Callable[[], Any] | Path,
        names: Sequence[str] | None = None,
        rtol: float = 0.0,
        atol: float = 0.0,
        fresh_process: bool = False,
    ) -> None:
        """Fail with the first difference unless R and Python give the same.

        Parameters
        ----------
        r : str or Path
            R code or a file, as for the method `r`.
        python : callable or Path
            A function without arguments, or a file.
        names : sequence of str, optional
            Which variables or elements are compared. By default all there are; of two
            files, those variables of plain data that both have.
        rtol, atol : float, default 0
            Tolerances of `rkeras_port.crosscheck.values.compare_values`, which says
            what is the same. By default numbers must be equal to the last bit.
        fresh_process : bool, default False
            As for the method `r`.

        Raises
        ------
        AssertionError
            If they differ; it names the first place, both values and how far apart
            they are.
        ArgumentError
            If there is nothing to compare: a name that neither has, or two files
            without a common variable.
        """
        __tracebackhide__ = True
        from rkeras_port.crosscheck import twins

        values = self.r(r, fresh_process=fresh_process), self.python(python)
        left, right = twins.chosen(values, names, files=(r, python))
        told = twins.first_difference(left, right, rtol=rtol, atol=atol)
        if told:
            raise AssertionError(told)
