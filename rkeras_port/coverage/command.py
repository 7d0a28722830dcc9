"""The command `rkeras coverage`."""

from __future__ import annotations

from typing import Annotated

import typer


def command(
    run: Annotated[
        bool,
        typer.Option(
            "--run", help="Call every function in both doors and compare the results."
        ),
    ] = False,
) -> None:
    """Count what is here of R's packages keras3 and keras.

    Fails if anything is missing, has other formals, or, with --run, gives another
    result than expected.
    """
    from rich.console import Console

    from rkeras_port.errors import MissingDependencyError

    from . import count, table

    console = Console()
    try:
        from rkeras_port.r import session

        with console.status("Starting R"):
            started = session()
    except MissingDependencyError as error:
        started = None
        console.print(f"Without R: {error}", highlight=False)
    with console.status("Calling everything" if run else "Counting"):
        counts = count(started, run)
    console.print(table(counts, started is not None, run))
    missing = [what for one in counts.values() for what in one.missing]
    for what in missing:
        console.print(what, markup=False, highlight=False)
    if missing:
        raise typer.Exit(1)
