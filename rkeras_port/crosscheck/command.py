"""`rkeras crosscheck`: run an R file and its Python twin; say whether they agree."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from rkeras_port.errors import ArgumentError

if TYPE_CHECKING:
    from .comparison import Comparison
    from .observations import Side


def command(
    left: Annotated[
        Path | None, typer.Argument(metavar="LEFT", show_default=False)
    ] = None,
    right: Annotated[
        Path | None, typer.Argument(metavar="RIGHT", show_default=False)
    ] = None,
    seed: Annotated[
        int,
        typer.Option(metavar="N", min=0, max=2**31 - 1, help="Seed of both sides."),
    ] = 1,
    out: Annotated[
        Path | None,
        typer.Option(metavar="DIR", help="Where output and HTML of the sides are put."),
    ] = None,
    json_file: Annotated[
        Path | None,
        typer.Option("--json", metavar="FILE", help="Write the result as JSON."),
    ] = None,
    html: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a report as HTML.")
    ] = None,
    record: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Keep what was observed of a side that is run; once for each.",
        ),
    ] = None,
    replay: Annotated[
        list[Path] | None,
        typer.Option(
            metavar="FILE",
            help="Take a recorded side in the place of one that would be run.",
        ),
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            metavar="keras3",
            help="Run the R file under R's own keras3 too, as a third column.",
        ),
    ] = None,
    rscript: Annotated[
        str | None,
        typer.Option(metavar="PROGRAM", help="The Rscript with the real keras3."),
    ] = None,
    data: Annotated[
        str | None,
        typer.Option(
            metavar="bundled|PATH",
            help="The reviews that both sides' dataset_imdb() gives, as the "
            "environment variable RKERAS_IMDB does.",
        ),
    ] = None,
) -> None:
    """Run an R file and its Python twin, and compare them number by number.

    LEFT and RIGHT are R scripts, R Markdown documents or Python scripts.
    Each side runs in a process of its own, from the same seed. Models, settings,
    weights, splits, histories, metrics, predictions and what observe() names are
    compared. The exit status is 0 only if all agree.
    """
    if against not in (None, "keras3"):
        raise ArgumentError(
            "crosscheck", "against", "must be keras3", received=repr(against)
        )
    if data is not None:
        reviews = data if data == "bundled" else str(Path(data).expanduser().resolve())
        os.environ["RKERAS_IMDB"] = reviews
    from .compare import compare
    from .storage import load_side, save_side

    recorded = [load_side(file) for file in replay or []]
    plan = _plan([left, right], recorded, third=against is not None)
    to_run = [one for one in plan if isinstance(one, Path)]
    if record and len(record) != len(to_run):
        raise ArgumentError(
            "crosscheck",
            "record",
            "must be given once for each side that is run",
            received=f"{len(record)} files for {len(to_run)} sides",
        )
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
    files = iter(record or [])
    sides = []
    for column, one in enumerate(plan):
        if isinstance(one, Path):
            side = _run(one, seed, out, rscript, keras3=column == 2)
            if record:
                save_side(side, next(files))
            sides.append(side)
        else:
            sides.append(one)
    comparisons = [compare(sides[0], other) for other in sides[1:]]
    _report(comparisons, json_file, html)
    if not all(comparison.agrees for comparison in comparisons):
        raise typer.Exit(1)


def _plan(
    files: Sequence[Path | None], recorded: Sequence[Side], third: bool
) -> list[Path | Side]:
    """Return for each column what to run, or what was recorded.

    A recorded side stands in for the file of its name, or where no file is named.

    Raises
    ------
    ArgumentError
        If a column is empty, or there are more sides than columns.
    """
    columns: list[Path | Side | None] = [*files]
    keras3: Path | Side | None = None
    for side in recorded:
        names = [one.name if isinstance(one, Path) else None for one in columns]
        if side.label == "keras3":
            keras3, third = side, True
        elif side.source in names:
            columns[names.index(side.source)] = side
        elif None in columns:
            columns[columns.index(None)] = side
        else:
            raise ArgumentError(
                "crosscheck",
                "replay",
                "must be of a file that is compared",
                received=f"a side of {side.source}",
            )
    plan = [one for one in columns if one is not None]
    if len(plan) < 2:
        raise ArgumentError(
            "crosscheck",
            "right",
            "is missing",
            remedy="Name two files, or a recorded side with --replay.",
        )
    if third:
        in_r = (one for one in files if one and one.suffix.lower() in (".r", ".rmd"))
        keras3 = keras3 or next(in_r, None)
        if keras3 is None:
            raise ArgumentError(
                "crosscheck", "against", "needs an R file on one of the sides"
            )
        plan.append(keras3)
    return plan


def _run(
    file: Path, seed: int, out: Path | None, rscript: str | None, keras3: bool
) -> Side:
    typer.echo(f"Running {file}{' under keras3' if keras3 else ''} ...", err=True)
    if keras3:
        from .keras3 import run_keras3

        return run_keras3(file, seed=seed, rscript=rscript, out=out)
    from .sides import run_side

    return run_side(file, seed=seed, out=out)


def _report(
    comparisons: list[Comparison], json_file: Path | None, html: Path | None
) -> None:
    from .report_terminal import show

    show(comparisons)
    if json_file is not None:
        from .report_json import write_json

        write_json(comparisons, json_file)
    if html is not None:
        from .report_html import write_html

        write_html(comparisons, html)
