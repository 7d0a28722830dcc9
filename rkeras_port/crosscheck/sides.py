"""Run a file as one side of a comparison: a clean process, observed from outside."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from rkeras_port.errors import ArgumentError

from .observations import Failure, Side
from .rows import located
from .storage import read_stream

#: By how a file's name ends, the language that it is run in.
LANGUAGES = {".r": "R", ".rmd": "R", ".py": "Python"}

#: Lines of a side's error output that explain its end where nothing else does.
_LAST_LINES = 12


def run_side(
    file: Path,
    *,
    seed: int = 1,
    label: str | None = None,
    out: Path | None = None,
) -> Side:
    """Run an R or Python file in a process of its own and return what was observed.

    The process starts from `seed`, in the current folder, with this process's
    environment; so two sides differ in nothing but what their files do.

    Parameters
    ----------
    file : Path
        ``*.R`` or ``*.Rmd``, run by the R door, or ``*.py``.
    seed : int
        Seeds Python, NumPy, Keras with its backend, and R. A seed that the file sets
        itself takes effect from there on.
    label : str, optional
        What the side is called; the language by default.
    out : Path, optional
        Folder for what the side prints, in ``<name>.log``, and for the HTML of a
        document.

    Returns
    -------
    Side
        With `failure` set, and all that was seen before, if the file failed.

    Raises
    ------
    ArgumentError
        If the name ends in none of these ways.
    """
    label = label or language(file)
    source = file.resolve()
    if not source.is_file():
        problem = f"{file} does not exist. The working directory is {Path.cwd()}."
        return Side(label, file.name, "", failure=Failure(problem))
    side = Side(label, file.name, source.read_text("utf-8-sig", "replace"))
    command = [
        *(sys.executable, "-m", "rkeras_port.crosscheck.child"),
        *(str(seed), "{stream}", str(source)),
        *([] if out is None else [str(out.resolve())]),
    ]
    log = None if out is None else out / f"{file.name}.log"
    observe_process(side, command, _package_path(), log)
    return side


def language(file: Path) -> str:
    """Return the language of a file, by its name.

    Examples
    --------
    >>> language(Path("a.Rmd")), language(Path("a.py"))
    ('R', 'Python')
    """
    try:
        return LANGUAGES[file.suffix.lower()]
    except KeyError:
        raise ArgumentError(
            "crosscheck",
            "file",
            "must be an R script, an R Markdown document or a Python script",
            received=repr(file.name),
            remedy="Names end in .R, .Rmd or .py.",
        ) from None


def observe_process(
    side: Side, command: Sequence[str], environment: Mapping[str, str], log: Path | None
) -> None:
    """Run a command that writes a stream of observations, and fill a side from it.

    Parameters
    ----------
    side : Side
        Is given observations, environment, seconds, and a failure where there is one.
    command : sequence of str
        In it the part ``{stream}`` stands for the file to write to.
    environment : mapping
        Environment variables besides those of this process.
    log : Path, optional
        Where what the command prints is kept.
    """
    with tempfile.TemporaryDirectory() as folder:
        stream = Path(folder, "stream")
        said = log or Path(folder, "log")
        # A file of the user's may have that in its name.
        command = [str(stream) if part == "{stream}" else part for part in command]
        start = time.monotonic()
        with said.open("wb") as output:
            status = _wait(command, {**os.environ, **environment}, output.fileno())
        side.seconds = time.monotonic() - start
        try:
            if stream.exists():
                read_stream(stream, side)
        except (ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            side.failure = Failure(f"What it has written cannot be read: {error}")
        side.observations = located(side.observations)
        if status != 0 and side.failure is None:
            side.failure = Failure(_ending(status, said))


def _wait(command: Sequence[str], environment: Mapping[str, str], output: int) -> int:
    process = subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
    )
    try:
        return process.wait()
    finally:
        # After an interrupt, or whatever else ends the waiting.
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=5)
            process.kill()
            process.wait()


def _ending(status: int, said: Path) -> str:
    if status < 0:
        name = signal.Signals(-status).name
        text = f"The process was killed by {name}."
        if name == "SIGKILL":
            text += " Systems that run out of memory do that."
    else:
        text = f"The process ended with status {status}."
    lines = said.read_text("utf-8", "replace").splitlines()[-_LAST_LINES:]
    return "\n".join([text, *lines])


def _package_path() -> dict[str, str]:
    """Return what lets the child find this package where it is."""
    here = str(Path(__file__).resolve().parents[2])
    known = os.environ.get("PYTHONPATH")
    return {"PYTHONPATH": os.pathsep.join([here, known] if known else [here])}
