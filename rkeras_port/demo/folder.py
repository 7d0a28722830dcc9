"""The folder of results: complete or untouched, and never over somebody's files."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from rkeras_port.errors import ArgumentError

#: What a demo leaves.
FILES = {
    "report.html": "the whole story, with its pictures in it",
    "history.png": "loss and accuracy by epoch",
    "history.csv": "the same as a table",
    "metrics.csv": "the figures that the story is told from",
    "model.keras": "the network; plain Keras loads it too",
}

#: Stands in the head of a report; the folder around it may be written into again.
MARK = '<meta name="generator" content="rkeras demo">'


@contextmanager
def results_folder(out: Path) -> Iterator[Path]:
    """Give a folder to write to whose files go to `out` once all are written.

    Parameters
    ----------
    out : path
        It is made if need be. What an earlier demo left there is replaced; other
        files stay.

    Raises
    ------
    ArgumentError
        Before anything is done, if `out` holds files with the demo's names that are
        not an earlier demo's, or cannot be written to.
    """
    _refuse_foreign(out)
    try:
        out.mkdir(parents=True, exist_ok=True)
        # Inside `out`, so that moving is renaming.
        temporary = tempfile.TemporaryDirectory(prefix=".unfinished-", dir=out)
    except OSError as error:
        raise ArgumentError(
            "demo",
            "out",
            "must be a folder that can be written to",
            received=f"{out} ({error.strerror})",
        ) from error
    with temporary as name:
        yield Path(name)
        for file in FILES:
            os.replace(Path(name, file), out / file)


def _refuse_foreign(out: Path) -> None:
    present = [file for file in FILES if (out / file).exists()]
    if present and not _is_ours(out / "report.html"):
        raise ArgumentError(
            "demo",
            "out",
            "holds files that are not an earlier demo's and would be overwritten",
            received=f"{out} with {', '.join(present)}",
            remedy="Choose another folder.",
        )


def _is_ours(report: Path) -> bool:
    if not report.is_file():
        return False
    with report.open(encoding="utf-8", errors="replace") as file:
        return MARK in file.read(1000)
