"""The subcommands about runs: experiment, reproduce, predict, sync, ui."""

from __future__ import annotations

from typing import Annotated, Any

import typer

_URI = Annotated[
    str | None,
    typer.Option(
        "--tracking-uri",
        metavar="URI|FILE",
        help="Where runs are kept; by default mlflow.db in the working directory.",
    ),
]
_RUN = "The run's id, or its beginning."


def add_to(app: typer.Typer) -> None:
    """Give the command line these subcommands."""
    for command in (experiment, reproduce, predict, sync, ui):
        app.command(command.__name__)(command)


def experiment(
    hidden_layers: Annotated[
        list[int] | None,
        typer.Option(
            metavar="N", min=0, max=20, help="Hidden layers; may be repeated."
        ),
    ] = None,
    units: Annotated[
        list[int] | None,
        typer.Option(metavar="N", min=1, help="Units of each; may be repeated."),
    ] = None,
    loss: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Loss, such as mse; may be repeated."),
    ] = None,
    activation: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Of hidden layers; may be repeated."),
    ] = None,
    optimizer: Annotated[
        list[str] | None,
        typer.Option(metavar="NAME", help="Optimizer; may be repeated."),
    ] = None,
    epochs: Annotated[
        int, typer.Option(metavar="N", min=1, help="Epochs of every training.")
    ] = 20,
    batch_size: Annotated[
        int, typer.Option(metavar="N", min=1, help="Reviews per step.")
    ] = 512,
    seed: Annotated[
        int, typer.Option(metavar="N", min=0, max=2**32 - 1, help="Of each training.")
    ] = 1,
    data: Annotated[
        str,
        typer.Option(
            metavar="PATH|bundled|download", help="The reviews, as in `rkeras demo`."
        ),
    ] = "bundled",
    name: Annotated[
        str, typer.Option(metavar="NAME", help="What the runs belong to.")
    ] = "imdb",
    tracking_uri: _URI = None,
    again: Annotated[
        bool, typer.Option("--again", help="Train also what has been trained before.")
    ] = False,
) -> None:
    """Train a baseline and variations of it on movie reviews, and compare them.

    The baseline has two hidden layers of 16 units and binary crossentropy. Values that
    are named are tried in all their combinations; without any, the usual variations
    are. Every training is tracked; what was trained before is not trained again.
    """
    from .trials.imdb import Settings, rows, run_experiments

    baseline = Settings(epochs=epochs, batch_size=batch_size)
    given: dict[str, list[Any]] = {
        "hidden_layers": hidden_layers or [],
        "units": units or [],
        "loss": loss or [],
        "activation": activation or [],
        "optimizer": optimizer or [],
    }
    made = run_experiments(
        rows(given, baseline),
        data=data,
        seed=seed,
        name=name,
        tracking_uri=tracking_uri,
        resume=not again,
    )
    _show(made)


def _show(made: Any) -> None:
    from rich.console import Console
    from rich.table import Table

    from .demo.narrative import percent

    table = Table(box=None, header_style="dim", padding=(0, 2, 0, 0))
    frame = made.table
    dull = [c for c in ("batch_size", "data", "seed") if frame[c].nunique() == 1]
    frame = frame.drop(columns=dull)
    for column in frame:
        text = frame[column].dtype == object or column in ("loss", "run_id")
        table.add_column(column, justify="left" if text else "right")
    for row in frame.to_dict("records"):
        cells = {
            key: percent(value)
            if key.endswith("accuracy")
            else f"{value:.4f}"
            if isinstance(value, float)
            else "-"
            if value is None or value != value or str(value) == "<NA>"
            else str(value)
            for key, value in row.items()
        }
        cells["run_id"] = cells["run_id"][:8]
        table.add_row(*cells.values())
    console = Console(highlight=False)
    if not console.is_terminal:
        console.width = 200
    console.print(table)
    best = made.best()
    console.print(
        f"\nLowest validation loss: run {best.run_id[:8]}. "
        f'rkeras predict --run {best.run_id[:8]} --review "..." asks its network; '
        "rkeras ui shows all runs.",
        soft_wrap=True,
    )


def reproduce(
    run_id: Annotated[str, typer.Argument(metavar="RUN_ID", help=_RUN)],
    tracking_uri: _URI = None,
    tolerance: Annotated[
        float,
        typer.Option(
            metavar="X", min=0, help="Largest difference of figures that agree."
        ),
    ] = 1e-6,
) -> None:
    """Train again from a run's logged parameters, and check that the figures agree."""
    from .trials import imdb

    found = imdb.reproduce(run_id, tracking_uri)
    text = (
        f"{found.compared} figures of run {found.run_id[:8]} compared; the largest "
        f"difference is {found.largest:.3g}"
    )
    if found.largest <= tolerance:
        typer.echo(f"{text}. They agree.")
        return
    typer.echo(f"{text} ({found.worst}). They do not agree.")
    for name, (then, now) in found.changed.items():
        typer.echo(f"  {name} was {then} and is {now}")
    raise typer.Exit(1)


def predict(
    run: Annotated[str, typer.Option("--run", metavar="RUN_ID", help=_RUN)],
    review: Annotated[
        list[str], typer.Option(metavar="TEXT", help="A review; may be repeated.")
    ],
    tracking_uri: _URI = None,
) -> None:
    """Judge typed reviews by the network of a run."""
    from .demo.screen import Screen
    from .trials import imdb

    Screen().verdicts(imdb.judge(run, review, tracking_uri))


def sync(
    tracking_uri: Annotated[
        str | None,
        typer.Option(
            metavar="URL",
            help="The server; by default the one that each run was meant for.",
        ),
    ] = None,
    store: Annotated[
        str | None,
        typer.Option(
            metavar="FILE", help="Where the runs are; by default mlflow.db here."
        ),
    ] = None,
    run: Annotated[
        str | None, typer.Option("--run", metavar="RUN_ID", help="Only this run.")
    ] = None,
) -> None:
    """Copy runs that are kept here to a tracking server."""
    from .tracking import sync_runs

    copied = sync_runs(tracking_uri, store, run)
    for here, there in copied.items():
        typer.echo(f"{here} copied as {there}")
    if not copied:
        typer.echo("There is nothing to copy.")


def ui(
    tracking_uri: _URI = None,
    port: Annotated[
        int, typer.Option(metavar="N", min=0, max=65535, help="0 for any free one.")
    ] = 5000,
    browser: Annotated[
        bool, typer.Option("--browser/--no-browser", help="Open the page.")
    ] = True,
) -> None:
    """Show the runs on MLflow's web page, on this machine only, until interrupted."""
    from .tracking import page

    page.serve(tracking_uri, port, open_browser=browser, say=typer.echo)
