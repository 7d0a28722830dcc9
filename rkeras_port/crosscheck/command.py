"""`rkeras crosscheck`: run an R file and its Python twin, and say whether they agree."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from rkeras_port.errors import ArgumentError

if TYPE_CHECKING:
    from .comparison import Comparison
    from .observations import Side


def command(
    left: Annotated[
        Path, typer.Argument(metavar="LEFT.R|.Rmd|.py", show_default=False)
    ],
    right: Annotated[
        Path | None, typer.Argument(metavar="RIGHT.py|.R|.Rmd", show_default=False)
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
            help="Keep what was observed of a side that was run; once for each, in order.",
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

    Each side runs in a process of its own, from the same seed. Models, settings,
    weights, splits, histories, metrics, predictions and what observe() names are
    compared. The exit status is 0 only if all agree.
    """
    if data is not None:
        import os

        path = Path(data).expanduser()
        os.environ["RKERAS_IMDB"] = data if data == "bundled" else str(path.resolve())
    for folder in (out,):
        if folder is not None:
            folder.mkdir(parents=True, exist_ok=True)
    sides = _sides(left, right, seed, out, against, rscript, replay or [], record or [])
    from .compare import compare

    comparisons = [compare(sides[0], other) for other in sides[1:]]
    _report(comparisons, json_file, html)
    if not all(comparison.agrees for comparison in comparisons):
        raise typer.Exit(1)


def _sides(
    left: Path,
    right: Path | None,
    seed: int,
    out: Path | None,
    against: str | None,
    rscript: str | None,
    replay: list[Path],
    record: list[Path],
) -> list[Side]:
    """Return the sides: recorded ones first, in the place that their files say."""
    raise NotImplementedError


def _report(
    comparisons: list[Comparison], json_file: Path | None, html: Path | None
) -> None:
    from .report_terminal import show

    show(comparisons)
    if json_file is not None:
        from .report_json import to_json

        text = json.dumps(to_json(comparisons), indent=2, ensure_ascii=False)
        json_file.write_text(text + "\n", encoding="utf-8")
    if html is not None:
        from .report_html import write_html

        write_html(comparisons, html)


_ = (ArgumentError, Literal)
