"""The R session: one R in this Python process, started when it is first needed.

>>> from rkeras_port import r
>>> with r.session() as R:
...     R.run("library(keras3); model <- keras_model_sequential(name = 'mine')")
...     R["model"]
<Sequential name=mine, built=False>

R cannot be started twice in a process: every `session()` is the same one.
"""

from __future__ import annotations

import os
import signal
import threading
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from rkeras_port.errors import ArgumentError, StateError

_current: Session | None = None
_starting = threading.Lock()


class Session:
    """R on the thread that started it. Get one with `session()`.

    Use it as a context manager or not: R goes on until the process ends.
    """

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """Leave R running: it cannot be started again in the same process."""

    def run(self, code_or_file: str | Path) -> None:
        """Run R code as a script: visible values are printed, warnings are given.

        Parameters
        ----------
        code_or_file : str or Path
            A Path is a file. A str is a file when it names one that exists or ends in
            ``.R``, else R code.

        Raises
        ------
        RError
            If the code does not parse, with the line, or fails; R goes on living.
        SystemExit
            If it calls `q()`.
        KeyboardInterrupt
            If it is interrupted.
        """
        file = _as_file(code_or_file)
        if file is None:
            self._call(".run_code", str(code_or_file), "")
        else:
            self._call(".run_code", _read(file, "run"), str(file))

    def source(self, file: str | Path) -> None:
        """Run an R file, as `run` does, whatever its name.

        Raises
        ------
        FileNotFoundError, RError
            If there is no such file, or as `run`.
        """
        self._call(".run_code", _read(Path(file), "source"), str(file))

    def eval(self, code: str) -> Any:
        """Return the value of R code as a Python value; nothing is printed for it.

        Examples
        --------
        >>> session().eval("sum(1:10)")
        55
        """
        return self._call(".eval_code", code)

    def __getitem__(self, name: str) -> Any:
        """Return the R object of that name, converted."""
        return self._call(".get_global", name)

    def __setitem__(self, name: str, value: Any) -> None:
        """Assign a Python value to a name in R."""
        self._call(".set_global", name, value)

    def attach(self, package: str) -> None:
        """Do `library(package)`."""
        self._call(".attach", package)

    def _call(self, helper: str, *args: Any) -> Any:
        """Call one of our R functions with converted arguments."""
        from rkeras_port.r import callbacks, console, handles, interrupts, rside, turn
        from rkeras_port.r.handles import RObject

        turn.check_home("the R session")
        with interrupts.handled(), turn.taken(), console.python_prints_through_r():
            handles.drain()
            return callbacks.call(RObject(rside.function(helper)), args, {})


def session(dedicated_thread: bool = False) -> Session:
    """Return the R session of this process, starting R if it does not run.

    Parameters
    ----------
    dedicated_thread : bool
        True runs R on a thread of its own and serves calls from any thread; False
        runs it on the calling thread, and calls from others are refused.

    Raises
    ------
    MissingDependencyError
        If R or rpy2-rinterface is missing or does not fit, with the remedy.
    StateError
        If R runs already in the other way.
    """
    global _current
    with _starting:
        if _current is None:
            if dedicated_thread:
                from rkeras_port.r.worker import DedicatedSession

                _current = DedicatedSession()
            else:
                start()
                _current = Session()
        dedicated = type(_current) is not Session
        if dedicated != dedicated_thread:
            raise StateError(
                "R runs already, "
                + ("on a thread of its own" if dedicated else "on the starting thread")
                + "; a process has one R, so decide before the first use"
            )
        return _current


def attach(package: str | None = None) -> Session:
    """Make the R of this process know Keras, also one that rpy2 has started.

    Afterwards `library(keras)` works in whatever R code runs in this process.

    Parameters
    ----------
    package : str, optional
        A package to attach at once, e.g. ``"keras3"``.
    """
    joined = session()
    if package is not None:
        joined.attach(package)
    return joined


def start() -> None:
    """Start R, or join one that rpy2 has started, on the calling thread."""
    from rkeras_port.r import capi

    _start_r(capi.lib)
    capi.bind()
    from rkeras_port.r import (
        classes,
        conditions,
        console,
        entry,
        handles,
        interrupts,
        packages,
        rside,
        turn,
    )

    turn.settle()
    entry.bind()
    console.bind()
    interrupts.bind()
    with turn.taken():
        rside.bind(packages.install())
        conditions.bind(rside.function(".guard"))
        handles.bind(rside.function(".callable"))
        classes.bind(rside.call(".py_to_r_methods"))
        rside.call(".finish_start")


def _start_r(lib: Any) -> None:
    import rpy2.rinterface as ri

    # rpy2 would start another R to ask it for the variables of its start script, which
    # `locate` has set already.
    asking = ri._setrenvvars
    ri._setrenvvars = lambda action_map: None
    try:
        with _python_keeps_sigint(), warnings.catch_warnings():
            warnings.filterwarnings("ignore", "R is not initialized by the main thread")
            ri.initr(interactive=False)
    finally:
        ri._setrenvvars = asking


@contextmanager
def _python_keeps_sigint() -> Iterator[None]:
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    handler = signal.getsignal(signal.SIGINT)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, handler)


def _as_file(code_or_file: str | Path) -> Path | None:
    if isinstance(code_or_file, os.PathLike):
        return Path(code_or_file)
    if "\n" in code_or_file or len(code_or_file) > 4096:
        return None
    named = Path(code_or_file)
    if named.suffix in (".R", ".r"):
        return named
    try:
        return named if named.is_file() else None
    except OSError:  # Longer than a file's name can be.
        return None


def _read(file: Path, function: str) -> str:
    try:
        return file.read_text("utf-8-sig")
    except FileNotFoundError:
        raise ArgumentError(
            function,
            "file",
            "does not exist",
            received=str(file),
            remedy=f"The working directory is {Path.cwd()}.",
        ) from None
