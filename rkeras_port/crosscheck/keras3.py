"""The third column: the same R file under R's own keras3, in R's own process."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

from rkeras_port.errors import MissingDependencyError

from .observations import Failure, Side
from .sides import language, observe_process

#: What prepares R and runs the file.
LAUNCHER = Path(__file__).with_name("keras3.R")


def run_keras3(
    file: Path, *, seed: int = 1, rscript: str | None = None, out: Path | None = None
) -> Side:
    """Run an R file with the R package keras3 and reticulate, and observe it.

    Parameters
    ----------
    file : Path
        ``*.R`` or ``*.Rmd``.
    seed : int
        As in `run_side`.
    rscript : str, optional
        The program; by default the ``Rscript`` that is found on the PATH.
    out : Path, optional
        Folder for what R prints.

    Returns
    -------
    Side
        Labelled "keras3". With `failure` set if the file failed, or keras3 is missing.

    Raises
    ------
    MissingDependencyError
        If there is no such program.
    ArgumentError
        If `file` is no R file, by its name.
    """
    program = shutil.which(rscript or "Rscript")
    if program is None:
        raise MissingDependencyError(
            f"The real keras3 is run by {rscript or 'Rscript'}, which was not found. "
            "Install R, or say with --rscript which program it is."
        )
    side = Side("keras3", file.name, "")
    if language(file) != "R":
        side.failure = Failure("keras3 runs R files only.")
        return side
    source = file.resolve()
    if not source.is_file():
        side.failure = Failure(f"{file} does not exist.")
        return side
    side.code = source.read_text("utf-8-sig", "replace")
    with tempfile.TemporaryDirectory() as folder:
        # R's Python gets this package and nothing else of this Python's.
        package = Path(folder, "rkeras_port")
        package.symlink_to(Path(__file__).resolve().parents[1])
        command = [program, "--vanilla", str(LAUNCHER)]
        command += [str(seed), "{stream}", str(source), folder]
        log = None if out is None else out / f"{file.name}.keras3.log"
        # This process's Python paths are not for R's Python.
        observe_process(side, command, {"PYTHONPATH": ""}, log)
    if side.failure is None and not side.environment:
        side.failure = Failure(
            f"{program} ended well, but has written no observations: it is not R."
        )
    return side
