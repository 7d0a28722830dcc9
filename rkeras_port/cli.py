"""The command `rkeras`: its subcommands, their options, and how they fail.

Only what parses the command line is imported here, so that ``rkeras --help`` answers
at once. A command imports what it runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup

from . import __version__, commands, doctor, launch
from .coverage import command as coverage
from .crosscheck import command as crosscheck
from .errors import RKerasError
from .r import documents


class _ErrorsInOneLine(TyperGroup):
    """Show our own errors as one line and fail; ``--debug`` lets the traceback out."""

    def invoke(self, ctx: Any) -> Any:
        try:
            return super().invoke(ctx)
        except RKerasError as error:
            if ctx.params["debug"]:
                raise
            typer.echo(f"rkeras: {' '.join(str(error).split())}", err=True)
            raise typer.Exit(1) from error


app = typer.Typer(
    cls=_ErrorsInOneLine,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    # Python's own traceback: it can be searched for and pasted into a report.
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"rkeras_port {__version__}")
        raise typer.Exit


@app.callback()
def main(
    debug: Annotated[
        bool,
        typer.Option(
            "--debug",
            envvar="RKERAS_DEBUG",
            help="Show the whole traceback of an error.",
        ),
    ] = False,
    version: Annotated[
        bool,
        typer.Option(
            "--version",
            callback=_show_version,
            is_eager=True,
            help="Print the version and exit.",
        ),
    ] = False,
) -> None:
    """R's interface to Keras, living in Python."""


@app.command()
def demo(
    data: Annotated[
        str,
        typer.Option(
            metavar="PATH|bundled|download",
            help="The reviews: an imdb.npz file; the real reviews that come with the "
            "extra 'data'; or Keras's own copy, downloaded if need be.",
        ),
    ] = "bundled",
    epochs: Annotated[
        int, typer.Option(metavar="N", min=1, help="Epochs of the first training.")
    ] = 20,
    seed: Annotated[
        int,
        typer.Option(
            metavar="N", min=0, max=2**32 - 1, help="Seed of all random numbers."
        ),
    ] = 1,
    out: Annotated[
        Path, typer.Option(metavar="FOLDER", help="Where the results are put.")
    ] = Path("demo-output"),
    review: Annotated[
        list[str] | None,
        typer.Option(
            metavar="TEXT", help="A review of your own to judge; may be repeated."
        ),
    ] = None,
) -> None:
    """Classify movie reviews in seven steps, and leave a report.

    Prepares the reviews, builds and trains a network, retrains it for the right time,
    judges reviews that it has not seen, tries one change, saves and reloads.
    """
    from rich.console import Console

    with Console().status("Starting Keras"):
        from .demo import run

    run(data=data, epochs=epochs, seed=seed, out=out, reviews=review or [])


app.command("run")(documents.command)
app.command("launch")(launch.command)
app.command("crosscheck")(crosscheck.command)
app.command("doctor")(doctor.command)
app.command("coverage")(coverage.command)
commands.add_to(app)
