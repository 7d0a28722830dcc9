"""The report of a cross-check in a terminal: the verdict, what differs, every check."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console
from rich.padding import Padding
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from . import wording
from .comparison import Comparison


def show(comparisons: Sequence[Comparison], console: Console | None = None) -> None:
    """Print what was compared and how it went.

    First the verdict of each comparison, then what stopped a side, the first difference
    with its likely cause, and a table of all checks with a column per comparison.

    Parameters
    ----------
    comparisons : sequence of Comparison
        One, or several with the same left side, such as R against Python and R against
        another R.
    console : rich.console.Console, optional
        By default standard output. Nothing is told by colour alone.

    Examples
    --------
    >>> from rkeras_port.crosscheck.comparison import Check
    >>> from rkeras_port.crosscheck.observations import Observation, Side
    >>> seen = Observation("value", "x", {"value": 1})
    >>> check = Check("value", "x", "exact", seen, seen)
    >>> sides = Side("R", "a.R", ""), Side("Python", "a.py", "")
    >>> show([Comparison(*sides, [check])])  # doctest: +NORMALIZE_WHITESPACE
    ✓ R and Python agree: 1 check, to the last bit
    <BLANKLINE>
      check    rule   R : Python
      value x  exact  same
    <BLANKLINE>
    R: a.R, 0.0 s. Python: a.py, 0.0 s.
    """
    console = console or Console(highlight=False)
    for comparison in comparisons:
        mark, style = ("✓", "green") if comparison.agrees else ("✗", "red")
        _print(console, Text(f"{mark} {wording.verdict(comparison)}", f"bold {style}"))
    _failures(console, comparisons)
    for comparison in comparisons:
        _first_difference(console, comparison)
    _checks(console, comparisons)
    _environments(console, comparisons)
    console.print()
    sides = wording.all_sides(comparisons)
    ran = (f"{side.label}: {side.source}, {side.seconds:.1f} s." for side in sides)
    _print(console, Text(" ".join(ran), "dim"))


def _print(console: Console, text: Text) -> None:
    console.print(text, highlight=False)


def _failures(console: Console, comparisons: Sequence[Comparison]) -> None:
    for side in wording.all_sides(comparisons):
        if side.failure is None:
            continue
        text = Text(side.failure.message)
        if side.failure.where:
            text.append(f"\n{side.failure.where}", "dim")
        title = Text(f"{side.label} stopped")
        console.print()
        console.print(Panel(text, title=title, title_align="left", border_style="red"))


def _first_difference(console: Console, comparison: Comparison) -> None:
    check = comparison.first
    if check is None:
        return
    text = Text.assemble((wording.title(check), "bold"))
    if not check.matched:
        text.append(f": {wording.result(check, comparison)}")
    labels = (comparison.left.label, comparison.right.label)
    for line in wording.lines(check, labels):
        text.append(f"\n{line}")
    text.append(f"\n{_sentence(wording.since_when(comparison))}", "dim")
    if places := wording.places(check):
        text.append(f"\nObserved at {places}", "dim")
    console.print()
    title = Text(f"{' and '.join(labels)} differ first in")
    console.print(Panel(text, title=title, title_align="left", border_style="yellow"))
    for hint in comparison.hints:
        likely = Text.assemble(("Likely cause: ", "bold"), hint.text)
        likely.append(f" ({hint.trap})", "dim")
        console.print(Padding(likely, (0, 2)))


def _checks(console: Console, comparisons: Sequence[Comparison]) -> None:
    rows = wording.grid(comparisons)
    if not rows:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("check", overflow="fold")
    table.add_column("rule", style="dim", overflow="fold")
    for comparison in comparisons:
        heading = Text(f"{comparison.left.label} : {comparison.right.label}")
        table.add_column(heading, min_width=12, overflow="fold")
    for row in rows:
        known = next(check for check in row if check is not None)
        cells = [Text(wording.title(known)), Text(known.rule)]
        for check, comparison in zip(row, comparisons, strict=True):
            if check is None:
                cells.append(Text("not compared", "dim"))
                continue
            style = "" if check.agrees else "bold red"
            cells.append(Text(wording.result(check, comparison), style))
        table.add_row(*cells)
    console.print()
    console.print(Padding(table, (0, 0, 0, 2)))


def _environments(console: Console, comparisons: Sequence[Comparison]) -> None:
    differing = wording.environments(comparisons)
    if not differing:
        return
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim", pad_edge=False)
    table.add_column("run with", overflow="fold")
    for side in wording.all_sides(comparisons):
        table.add_column(Text(side.label), overflow="fold")
    for name, row in differing.items():
        table.add_row(
            Text(name), *(Text("none" if one is None else one) for one in row)
        )
    console.print()
    console.print(Padding(table, (0, 0, 0, 2)))


def _sentence(text: str) -> str:
    return text[:1].upper() + text[1:]
