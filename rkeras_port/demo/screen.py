"""How the demo looks in a terminal: headings, tables, the course of a training."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from rich.console import Console
from rich.markup import escape
from rich.padding import Padding
from rich.panel import Panel
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn
from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from .narrative import percent, shorten
from .steps import Layer, Verdict, Watcher

_WIDTH = 80
_BAR = 24
_REVIEW = 42


class Screen:
    """A terminal, or whatever takes its place, that the demo is told on.

    Parameters
    ----------
    console : rich.console.Console, optional
        By default standard output, at most 80 columns wide.
    """

    def __init__(self, console: Console | None = None) -> None:
        self._console = console or Console(highlight=False)
        self._console.width = min(self._console.width, _WIDTH)
        self._steps = 0

    def title(self, title: str, subtitle: str) -> None:
        """Open with a title."""
        text = Text.assemble((title, "bold"), "\n", (subtitle, "dim"))
        self._console.print(Panel(text, border_style="cyan", padding=(0, 2)))

    def step(self, title: str) -> None:
        """Begin the next step with a numbered heading."""
        self._steps += 1
        self._console.print()
        self._console.rule(
            f"[bold cyan]{self._steps}[/]  [bold]{title}[/]", align="left", style="dim"
        )

    def say(self, *sentences: str) -> None:
        """Tell a paragraph."""
        self._indented(Text(" ".join(sentences)))

    def code(self, code: str) -> None:
        """Show lines of Python."""
        self._indented(
            Syntax(code, "python", theme="ansi_dark", background_color="default")
        )

    def layers(self, layers: Sequence[Layer]) -> None:
        """Show the table of a network's layers and their parameters."""
        total = sum(layer.parameters for layer in layers)
        table = Table(
            box=None, show_footer=True, header_style="dim", padding=(0, 3, 0, 0)
        )
        table.add_column("layer", "total", footer_style="bold")
        table.add_column("activation")
        table.add_column("inputs · units + units", justify="right", style="dim")
        table.add_column(
            "parameters", f"{total:,}", justify="right", footer_style="bold"
        )
        for layer in layers:
            table.add_row(
                layer.name, layer.activation, layer.sum, f"{layer.parameters:,}"
            )
        self._indented(table)

    def epochs(self, total: int, *, validated: bool) -> Watcher:
        """Return what shows each epoch as a line, when it has ended."""
        heading = f"{'epoch':>7}{'loss':>8}{'accuracy':>10}"
        if validated:
            heading += f"{'val_loss':>11}{'val_accuracy':>14}  full bar: guessing"
        self._console.print(f"\n  [dim]{heading}[/]")

        def show(epoch: int, metrics: dict[str, float]) -> None:
            line = f"{f'{epoch}/{total}':>7}{metrics['loss']:>8.3f}"
            line += f"{percent(metrics['accuracy']):>10}"
            if validated:
                line += f"{metrics['val_loss']:>11.3f}"
                line += f"{percent(metrics['val_accuracy']):>14}"
                line += f"  [cyan]{loss_bar(metrics['val_loss'])}[/]"
            self._console.print(f"  {line}")

        return show

    @contextmanager
    def progress(self, total: int) -> Iterator[Watcher]:
        """Give what moves a bar on, where there is a terminal, until training ends."""
        columns = (TextColumn("  epoch"), MofNCompleteColumn(), BarColumn())
        with Progress(
            *columns,
            console=self._console,
            transient=True,
            disable=not self._console.is_terminal,
        ) as progress:
            task = progress.add_task("", total=total)
            yield lambda epoch, _: progress.update(task, completed=epoch)

    def verdicts(self, verdicts: Sequence[Verdict]) -> None:
        """Show what the network says about reviews."""
        table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
        table.add_column("review", width=_REVIEW, no_wrap=True)
        table.add_column("P(positive)", justify="right")
        table.add_column("verdict")
        known = any(one.right is not None for one in verdicts)
        table.add_column("" if known else "unknown")
        for one in verdicts:
            truth = "[dim]right[/]" if one.right else "[bold red]wrong[/]"
            table.add_row(
                escape(shorten(one.beginning, _REVIEW)),
                f"{one.probability:.3f}",
                "[green]positive[/]" if one.positive else "[magenta]negative[/]",
                truth if known else f"{one.unknown_words} of {one.words}",
            )
        self._indented(table)

    def files(self, folder: Path, files: Mapping[str, str]) -> None:
        """Say what was left in which folder."""
        self._console.print(f"\n  [bold]{escape(str(folder))}[/]")
        for name, content in files.items():
            self._console.print(f"    {name:<14}[dim]{content}[/]")
        self._console.print()

    def _indented(self, what: Text | Syntax | Table) -> None:
        self._console.print(Padding(what, (1, 2, 0, 2)))


def loss_bar(loss: float) -> str:
    """Draw a loss; the loss of guessing, log 2, is a full bar.

    Examples
    --------
    >>> loss_bar(0.0), loss_bar(0.1), len(loss_bar(math.log(2))), len(loss_bar(99.0))
    ('', '███▌', 24, 24)
    """
    if not math.isfinite(loss):
        return "?"
    eighths = round(8 * _BAR * min(loss / math.log(2), 1))
    return "█" * (eighths // 8) + " ▏▎▍▌▋▊▉"[eighths % 8].strip()
