"""`rkeras launch`: one program in several processes that train together."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections import deque
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Annotated, Any

import typer

from ._startup import OWN_LINES
from .errors import ArgumentError, StateError

#: Seconds that the others have, after one has died, to end the file that they write.
_GRACE = 5.0

#: Seconds between looks at the processes.
_PAUSE = 0.05

#: Lines of a dead process that its error repeats.
_LAST_LINES = 10

#: What the library that connects the processes says of itself.
_CONNECTED = re.compile(r"\[Gloo\] Rank \d+ is connected to")


class ProcessDied(StateError):
    """One of the processes failed, and so all were ended.

    Attributes
    ----------
    number : int
        Of the process, from 0.
    status : int
        Its exit status; minus the number of the signal that ended it.
    lines : list of str
        The last lines that it wrote.
    """

    def __init__(self, number: int, n_processes: int, status: int, lines: list[str]):
        self.number = number
        self.status = status
        self.lines = lines
        said = "".join(f"\n[{number}] {line}" for line in lines)
        super().__init__(
            f"launch(): process {number} of {n_processes} (counted from 0) "
            f"{_how_it_ended(status)}, and the others were ended with it. Checkpoints "
            "are kept. "
            + (f"The last lines that it wrote:{said}" if said else "It wrote nothing.")
        )


def _how_it_ended(status: int) -> str:
    if status >= 0:
        return f"failed with exit status {status}"
    try:
        return f"was killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"was killed by signal {-status}"


def launch(file: Path, processes: int = 2, args: Sequence[str] = ()) -> None:
    """Run a program in several processes on this machine, which JAX connects.

    Each runs the whole file, with Keras on JAX; `rkeras_port.with_distribution` in it
    makes them train together. Lines of output are passed on with the number of their
    process before them.

    Parameters
    ----------
    file : Path
        ``*.py`` or ``*.R``.
    processes : int
        How many.
    args : sequence of str
        For the program: ``sys.argv`` or `commandArgs()`.

    Raises
    ------
    ArgumentError
        If `file` is no such file, or `processes` less than 1.
    ProcessDied
        If one fails. The others are given 5 seconds to end what they write, and are
        killed then.

    Notes
    -----
    Processes find each other on a free port of the loopback interface, by Keras's
    environment variables ``KERAS_DISTRIBUTION_*``. They compute on the CPU unless
    ``JAX_PLATFORMS`` says otherwise: several GPUs of a machine are one process's to
    use, without `launch`.
    """
    command = [*_command(file), *args]
    if processes < 1:
        raise ArgumentError(
            "launch", "processes", "must be at least 1", received=str(processes)
        )
    with _ended_together() as running:
        environments = _environments(processes)
        for number, environment in enumerate(environments):
            running.append(_Process(number, command, environment))
        _wait(running)


def _command(file: Path) -> list[str]:
    kind = file.suffix.lower()
    if kind not in (".py", ".r"):
        raise ArgumentError(
            "launch",
            "file",
            "must be a Python program or an R script",
            received=f"{file.name!r}",
            remedy="Its name ends in .py or .R.",
        )
    if not file.is_file():
        raise ArgumentError(
            "launch",
            "file",
            "does not exist",
            received=str(file),
            remedy=f"The working directory is {Path.cwd()}.",
        )
    # A name that begins with a dash would be taken for an option.
    named = os.path.join(".", file) if str(file).startswith("-") else str(file)
    if kind == ".py":
        return [sys.executable, named]
    run = "import sys; from rkeras_port.cli import app; app(sys.argv[1:])"
    return [sys.executable, "-c", run, "run", named]


def _environments(n_processes: int) -> Iterator[dict[str, str]]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    for number in range(n_processes):
        yield {
            "JAX_CPU_COLLECTIVES_IMPLEMENTATION": "gloo",
            "JAX_PLATFORMS": "cpu",
            **os.environ,
            "KERAS_BACKEND": "jax",
            "KERAS_DISTRIBUTION_JOB_ADDRESSES": address,
            "KERAS_DISTRIBUTION_NUM_PROCESSES": str(n_processes),
            "KERAS_DISTRIBUTION_PROCESS_ID": str(number),
            "PYTHONUNBUFFERED": "1",
        }


class _Process:
    """A running process, whose lines are passed on as they come."""

    def __init__(self, number: int, command: list[str], env: dict[str, str]) -> None:
        self.number = number
        self.lines: deque[str] = deque(maxlen=_LAST_LINES)
        # A session of its own: what it starts is ended with it.
        self.process = subprocess.Popen(
            command,
            env=env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            errors="replace",
            start_new_session=True,
        )
        streams = (
            (self.process.stdout, sys.stdout),
            (self.process.stderr, sys.stderr),
        )
        self._readers = [
            threading.Thread(target=self._pass_on, args=pair, daemon=True)
            for pair in streams
        ]
        for reader in self._readers:
            reader.start()

    def _pass_on(self, stream: IO[str], to: IO[str]) -> None:
        for line in stream:
            if OWN_LINES.match(line) or _CONNECTED.match(line):
                continue
            self.lines.append(line.rstrip())
            to.write(f"[{self.number}] {line.rstrip()}\n")
            to.flush()

    def read_to_end(self) -> None:
        for reader in self._readers:
            reader.join(timeout=1)

    def signal(self, number: int) -> None:
        # The session may be gone already.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, number)


@contextlib.contextmanager
def _ended_together() -> Iterator[list[_Process]]:
    """Give an empty list for processes; leave none of them running, however it ends."""
    running: list[_Process] = []
    before = signal.getsignal(signal.SIGTERM)
    in_main_thread = threading.current_thread() is threading.main_thread()
    if in_main_thread:
        signal.signal(signal.SIGTERM, _leave)
    try:
        yield running
    finally:
        for one in running:
            one.signal(signal.SIGTERM)
        end = time.monotonic() + _GRACE
        while time.monotonic() < end and not _have_ended(running):
            time.sleep(_PAUSE)
        for one in running:
            one.signal(signal.SIGKILL)
            one.process.wait()
            one.read_to_end()
        if in_main_thread:
            signal.signal(signal.SIGTERM, before)


def _leave(number: int, frame: Any) -> None:
    raise SystemExit(128 + number)


def _have_ended(running: list[_Process]) -> bool:
    """Look at every process; say whether all have ended."""
    statuses = [one.process.poll() for one in running]
    return None not in statuses


def _wait(running: list[_Process]) -> None:
    """Wait until all have ended well, or one has not and the others' time is over."""
    while not _have_ended(running):
        if any(one.process.returncode for one in running):
            break
        time.sleep(_PAUSE)
    failed = [one for one in running if one.process.returncode]
    if not failed:
        return
    # A signal comes from outside; an error may be the answer to another's end.
    first = min(failed, key=lambda one: one.process.returncode)
    end = time.monotonic() + _GRACE
    while time.monotonic() < end and not _have_ended(running):
        time.sleep(_PAUSE)
    first.read_to_end()
    status = first.process.returncode
    raise ProcessDied(first.number, len(running), status, list(first.lines))


def command(
    file: Annotated[Path, typer.Argument(metavar="FILE.py|FILE.R", show_default=False)],
    args: Annotated[
        list[str] | None, typer.Argument(metavar="[ARG]...", help="For the program.")
    ] = None,
    processes: Annotated[
        int, typer.Option(metavar="N", min=1, help="How many processes.")
    ] = 2,
) -> None:
    """Run a program in several processes that train together.

    Each runs the whole file; with_distribution() in it shares out the batches. Keras
    runs on JAX. Arguments that start with a dash come after "--".
    """
    try:
        launch(file, processes, args or ())
    except ProcessDied as error:
        # Its last lines are lines here, too.
        typer.echo(f"rkeras: {error}", err=True)
        raise typer.Exit(error.status if error.status > 0 else 1) from error
