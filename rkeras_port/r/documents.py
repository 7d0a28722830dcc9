"""`rkeras run`: R scripts as Rscript runs them, R Markdown as rmarkdown renders it."""

from __future__ import annotations

import re
import shutil
import tempfile
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from rkeras_port.errors import ArgumentError, MissingDependencyError

_REMEDIES = {
    "knitr": "the R package knitr (in R: install.packages('knitr'); on Debian or "
    "Ubuntu: apt-get install r-cran-knitr)",
    "rmarkdown": "the R package rmarkdown (in R: install.packages('rmarkdown'); on "
    "Debian or Ubuntu: apt-get install r-cran-rmarkdown)",
    "pandoc": "pandoc (apt-get install pandoc; brew install pandoc; or see "
    "https://pandoc.org/installing.html)",
}


def run(file: Path, out: Path | None = None, args: Sequence[str] = ()) -> Path | None:
    """Run an R script, or an R Markdown document to an HTML file.

    Parameters
    ----------
    file : Path
        ``*.R`` or ``*.Rmd``, in UTF-8.
    out : Path, optional
        Folder for what is made; it is made too if need be. By default pictures of a
        script go to the working directory, HTML goes beside its document.
    args : sequence of str
        For `commandArgs()` of a script.

    Returns
    -------
    Path or None
        The HTML file of a document; nothing for a script.

    Raises
    ------
    ArgumentError
        If `file` is not such a file, or `out` not a folder.
    RError
        If R code fails, with the line, and for a document with the chunk.
    MissingDependencyError
        If R, or what documents need beyond it, is missing.
    SystemExit
        If the code calls `q()`, with its status.
    """
    kind = file.suffix.lower()
    if kind not in (".r", ".rmd"):
        raise ArgumentError(
            "run", "file", "must be an R script or document", received=f"{file.name!r}",
            remedy="The name of a script ends in .R, that of a document in .Rmd.",
        )  # fmt: skip
    if not file.is_file():
        raise ArgumentError(
            "run",
            "file",
            "does not exist",
            received=str(file),
            remedy=f"The working directory is {Path.cwd()}.",
        )
    if args and kind == ".rmd":
        raise ArgumentError("run", "args", "are for scripts", received=" ".join(args))
    if kind == ".rmd":
        return render(file, _folder(out or file.parent))
    run_script(file, _folder(out or Path()), args)
    return None


def run_script(file: Path, out: Path = Path(), args: Sequence[str] = ()) -> None:
    """Run an R script as Rscript does; plots go to ``Rplots.pdf`` in `out`.

    Raises
    ------
    RError, SystemExit
        As `run`.
    """
    from rkeras_port.r import session

    code = file.read_text("utf-8-sig")
    plots = str(out.resolve() / "Rplots.pdf")
    session()._call(".run_script", code, str(file), ["", *args], plots)


def render(file: Path, out: Path) -> Path:
    """Render an R Markdown document to one HTML file in `out` that needs no others.

    The document starts with an empty global environment, as in a new R. Its own
    folder is its working directory. An HTML format that its header names is used, with
    its options; other formats are not.

    Returns
    -------
    Path
        ``<name>.html`` in `out`. It is only there, or only replaced, when all has
        gone well.

    Raises
    ------
    RError
        If a chunk fails; the message ends with the file, the chunk and the line.
    MissingDependencyError
        If knitr or rmarkdown is missing; if pandoc is, then after the document has
        been written as ``<name>.md``, with its pictures in ``<name>_files``.
    """
    from rkeras_port.r import session

    r = session()
    missing = r._call(".missing_for_documents")
    if missing and missing != ["pandoc"]:
        needed = " and ".join(_REMEDIES[name] for name in missing)
        raise MissingDependencyError(f"R documents need {needed}.")
    helper = ".knit" if missing else ".render"
    with tempfile.TemporaryDirectory() as folder, plainly_named(file) as source:
        made = Path(r._call(helper, str(file.resolve()), str(source), folder))
        target = out / (file.stem + made.suffix)
        # Beside it first, because a move between file systems is a copy.
        with tempfile.TemporaryDirectory(prefix=".writing-", dir=out) as beside:
            Path(shutil.move(made, beside)).replace(target)
        if missing:
            pictures = made.with_name(f"{made.stem}_files")
            if pictures.is_dir():
                shutil.copytree(pictures, out / pictures.name, dirs_exist_ok=True)
            raise MissingDependencyError(
                f"Wrote {target}, but no HTML: that needs {_REMEDIES['pandoc']}."
            )
    return target


@contextmanager
def plainly_named(file: Path) -> Iterator[Path]:
    """Give a document's path, or, where its name is a special one, another.

    rmarkdown quotes not all that a shell understands, and what it does quote it drops
    from the names of what it makes; R's graphics devices take ``%`` for a format. The
    other path leads to the same document among the same files.
    """
    file = file.resolve()
    if re.fullmatch(r"[\w.+-]+", file.name):
        yield file
        return
    with tempfile.TemporaryDirectory() as folder:
        for beside in file.parent.iterdir():
            Path(folder, beside.name).symlink_to(beside)
        plain = Path(folder, f"document-{uuid.uuid4().hex[:8]}{file.suffix}")
        plain.symlink_to(file)
        yield plain


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ArgumentError(
            "run",
            "out",
            "must be a folder that can be written to",
            received=f"{path} ({error.strerror})",
        ) from error
    return path


def command(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(metavar="FILE.R|FILE.Rmd", show_default=False)
    ],
    args: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ARG]...", help="For commandArgs() of a script."),
    ] = None,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where pictures and HTML are put."),
    ] = None,
) -> None:
    """Run an R script, or render an R Markdown document to HTML.

    The R code may use library(keras) or library(keras3) as it is used in R.
    """
    from rkeras_port.r import RError

    try:
        made = run(file, out, args or ())
    except RError as error:
        if context.find_root().params["debug"]:
            raise
        # R's messages may have lines of their own, such as the code at a syntax error.
        typer.echo(str(error), err=True)
        raise typer.Exit(1) from error
    if made is not None:
        typer.echo(made)
