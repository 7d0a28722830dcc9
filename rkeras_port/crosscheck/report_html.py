"""The report of a cross-check as one HTML page that needs no other file."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from html import escape
from itertools import zip_longest
from pathlib import Path
from typing import Any

from rkeras_port import __version__

from . import curves, page, wording
from .comparison import Check, Comparison, Difference
from .files import write_text
from .observations import Observation, Side


def write_html(comparisons: Sequence[Comparison], path: str | Path) -> None:
    """Write the report of one or several comparisons as an HTML file.

    Parameters
    ----------
    comparisons : sequence of Comparison
        One, or several with the same left side.
    path : path
        The file; it is there complete or not at all.

    Raises
    ------
    OSError
        If it cannot be written; an older file is then as it was.
    """
    write_text(Path(path), to_html(comparisons))


def to_html(comparisons: Sequence[Comparison]) -> str:
    """Return the report as the text of an HTML page."""
    sides = wording.all_sides(comparisons)
    content = [
        *_failures(sides),
        *(card for one in comparisons for card in _first_difference(one, sides)),
        *_code(comparisons, sides),
        *_histories(comparisons),
        *_models(comparisons),
        *_splits(comparisons),
        *_checks(comparisons, sides),
        *_environment(sides),
    ]
    heading = wording.verdict(comparisons[0])
    return page.fill(
        "report.html",
        title=escape(heading),
        heading=_marked(comparisons[0].agrees, heading),
        verdicts=_verdict_list(comparisons[1:]),
        content="\n".join(content),
        made_with=_made_with(sides),
    )


def _marked(agrees: bool, text: str) -> str:
    kind, mark = ("good", "✓") if agrees else ("bad", "✗")
    return f'<span class="{kind}" aria-hidden="true">{mark}</span> {escape(text)}'


def _verdict_list(comparisons: Sequence[Comparison]) -> str:
    if not comparisons:
        return ""
    items = (
        f"<li>{_marked(one.agrees, wording.verdict(one))}</li>" for one in comparisons
    )
    return f'<ul class="verdicts">{"".join(items)}</ul>'


def _failures(sides: Sequence[Side]) -> Iterator[str]:
    for side in sides:
        if side.failure is None:
            continue
        where = side.failure.where
        at = f'<p class="soft">{_link(where, sides)}</p>' if where else ""
        yield (
            f'<section class="card"><h2>{escape(side.label)} stopped</h2>'
            f"<pre>{escape(side.failure.message)}</pre>{at}</section>"
        )


def _first_difference(one: Comparison, sides: Sequence[Side]) -> Iterator[str]:
    check = one.first
    if check is None:
        return
    labels = (one.left.label, one.right.label)
    rows = [("in", escape(wording.title(check)))]
    if not check.matched:
        rows[0] = ("what", escape(_what(check, one)))
    if check.differences:
        rows += _rows_of(check.differences[0], labels)
    rows.append(("since when", escape(wording.since_when(one))))
    if at := wording.places(check):
        links = ", ".join(_link(place, sides) for place in at.split(", "))
        rows.append(("observed at", links))
    listed = "".join(f"<dt>{name}</dt><dd>{text}</dd>" for name, text in rows)
    hints = "".join(
        f"<p><b>Likely cause:</b> {escape(hint.text)} "
        f'<span class="tag">({escape(hint.trap)})</span></p>'
        for hint in one.hints
    )
    both = escape(" and ".join(labels))
    yield (
        f'<section class="card"><h2>Where {both} differ first</h2>'
        f"<dl>{listed}</dl>{hints}</section>"
    )


def _what(check: Check, one: Comparison) -> str:
    return f"{wording.title(check)}, {wording.result(check, one)}"


def _rows_of(one: Difference, labels: tuple[str, str]) -> list[tuple[str, str]]:
    rows = [("where", escape(one.where))]
    for label, value in zip(labels, (one.left, one.right), strict=True):
        rows.append((escape(label), f"<code>{escape(wording.value(value))}</code>"))
    if apart := wording.amount(one):
        rows.append(("apart by", escape(apart)))
    return rows


def _histories(comparisons: Sequence[Comparison]) -> Iterator[str]:
    found = list(_observed("history", comparisons))
    if not found:
        return
    yield "<section><h2>Training</h2>"
    for name, seen in found:
        courses = {label: _metrics(one) for label, one in seen.items()}
        pictures = [
            f"<figure><figcaption>{escape(metric)}</figcaption>{svg}</figure>"
            for metric, svg in curves.panels(courses)
        ]
        marks = (
            f"{label}: {mark}"
            for label, mark in zip(courses, curves.MARKS, strict=False)
        )
        yield (
            f"<h3>{escape(name)}</h3><p>{escape('; '.join(marks))}. Training is "
            "filled, in blue; validation is dashed and open, in orange. Dots on the "
            f'line are equal values.</p><div class="panels">{"".join(pictures)}</div>'
        )
    yield "</section>"


def _observed(
    kind: str, comparisons: Sequence[Comparison]
) -> Iterator[tuple[str, dict[str, Observation]]]:
    """Give what every side has seen of a kind, by the label of the side."""
    for row in wording.grid(comparisons):
        seen: dict[str, Observation] = {}
        name = ""
        for check, comparison in zip(row, comparisons, strict=True):
            if check is None or check.kind != kind:
                continue
            name = check.name
            for side, one in (
                (comparison.left, check.left),
                (comparison.right, check.right),
            ):
                if one is not None:
                    seen.setdefault(side.label, one)
        if seen:
            yield name, seen


def _metrics(seen: Observation) -> Mapping[str, Sequence[float]]:
    metrics = seen.content.get("metrics") or {}
    return {str(name): list(values) for name, values in metrics.items()}


def _models(comparisons: Sequence[Comparison]) -> Iterator[str]:
    found = list(_observed("model", comparisons))
    if not found:
        return
    yield "<section><h2>Layers</h2>"
    for name, seen in found:
        yield _layers(name, seen)
    yield "</section>"


def _layers(name: str, seen: Mapping[str, Observation]) -> str:
    layers = [one.content.get("layers") or [] for one in seen.values()]
    rows = []
    for position in zip_longest(*layers):
        known = next(layer for layer in position if layer)
        classes = [layer.get("class") if layer else None for layer in position]
        shapes = [str(layer.get("output_shape", "")) for layer in position if layer]
        counts = [layer.get("parameters") if layer else None for layer in position]
        rows.append(
            [
                escape(str(known.get("name", ""))),
                escape(_either(classes)),
                escape(_either(shapes)),
                *_numbers(counts),
            ]
        )
    totals = [one.content.get("parameters") for one in seen.values()]
    return page.table(
        f"{name}: parameters per layer and in all",
        ["layer", "class", "output shape", *map(escape, seen)],
        rows,
        foot=["total", "", "", *_numbers(totals)],
        numbers=range(3, 3 + len(seen)),
    )


def _either(texts: Sequence[Any]) -> str:
    return " / ".join(
        dict.fromkeys("none" if one is None else str(one) for one in texts)
    )


def _numbers(counts: Sequence[Any]) -> list[str]:
    """Write numbers, marked where they are not all the same."""
    written = [f"{one:,}" if isinstance(one, int) else "none" for one in counts]
    if len(set(written)) == 1:
        return written
    return [f'<b class="bad">{one}</b>' for one in written]


def _splits(comparisons: Sequence[Comparison]) -> Iterator[str]:
    told = [
        f"<li>{escape(wording.title(check))}: "
        f"{escape(wording.split(check, comparison))}.</li>"
        for comparison in comparisons
        for check in comparison.checks
        if check.kind == "split"
    ]
    if told:
        items = "".join(told)
        yield f"<section><h2>Held out for validation</h2><ul>{items}</ul></section>"


def _checks(comparisons: Sequence[Comparison], sides: Sequence[Side]) -> Iterator[str]:
    rows = []
    for row in wording.grid(comparisons):
        known = next(check for check in row if check is not None)
        cells = [escape(wording.title(known)), escape(known.rule)]
        for check, comparison in zip(row, comparisons, strict=True):
            if check is None:
                cells.append('<span class="soft">not compared</span>')
            else:
                cells.append(_result(check, comparison))
        at = wording.places(known)
        cells.append(", ".join(_link(p, sides) for p in at.split(", ")) if at else "")
        rows.append(cells)
    if rows:
        between = [
            escape(f"{one.left.label} : {one.right.label}") for one in comparisons
        ]
        head = ["check", "rule", *between, "observed at"]
        told = page.table("What was compared, in the order it happened", head, rows)
        yield f"<section><h2>All checks</h2>{told}</section>"


def _result(check: Check, comparison: Comparison) -> str:
    told = _marked(check.agrees, wording.result(check, comparison))
    if not check.differences:
        return told
    labels = (comparison.left.label, comparison.right.label)
    lines = "\n".join(wording.lines(check, labels))
    return f"<details><summary>{told}</summary><pre>{escape(lines)}</pre></details>"


def _code(comparisons: Sequence[Comparison], sides: Sequence[Side]) -> Iterator[str]:
    marked: dict[str, set[int]] = {}
    for one in comparisons:
        found: list[Any] = [one.left.failure, one.right.failure]
        if one.first is not None:
            found += [one.first.left, one.first.right]
        for what in found:
            place = _PLACE.fullmatch((what and what.where) or "")
            if place:
                marked.setdefault(place["source"], set()).add(int(place["line"]))
    # Two sides may have run the same file.
    texts: dict[tuple[str, str], list[int]] = {}
    for i, side in enumerate(sides):
        texts.setdefault((side.source, side.code), []).append(i)
    figures = []
    for (source, code), runs in texts.items():
        by = " and ".join(sides[i].label for i in runs)
        took = ", ".join(f"{sides[i].seconds:.1f} s" for i in runs)
        listing = page.numbered_code(
            code, page.language(source), f"side-{runs[0]}", marked.get(source, ())
        )
        figures.append(
            f"<figure><figcaption><b>{escape(by)}</b> {escape(source)}, {took}"
            f"</figcaption>{listing}</figure>"
        )
    yield (
        f'<section><h2>The code</h2><div class="sides" style="--sides: {len(figures)}">'
        f"{''.join(figures)}</div></section>"
    )


_PLACE = re.compile(r"(?P<source>.+):(?P<line>\d+)", re.DOTALL)


def _link(where: str, sides: Sequence[Side]) -> str:
    """Return a place in a file as a link to its line in the code on this page."""
    place = _PLACE.fullmatch(where)
    for i, side in enumerate(sides):
        if place and place["source"] == side.source:
            return f'<a href="#side-{i}-{place["line"]}">{escape(where)}</a>'
    return escape(where)


def _environment(sides: Sequence[Side]) -> Iterator[str]:
    names = dict.fromkeys(name for side in sides for name in side.environment)
    rows = []
    for name in names:
        values = [side.environment.get(name) for side in sides]
        written = ["none" if one is None else escape(one) for one in values]
        if len(set(values)) > 1:
            written = [f'<b class="bad">{one}</b>' for one in written]
        rows.append([escape(name), *written])
    if rows:
        head = ["", *(escape(side.label) for side in sides)]
        told = page.table("Versions and settings; what differs is bold", head, rows)
        yield f"<section><h2>Run with</h2>{told}</section>"


def _made_with(sides: Sequence[Side]) -> str:
    ran = " ".join(f"{side.label} ran for {side.seconds:.1f} s." for side in sides)
    return escape(f"rkeras_port {__version__}. {ran}")
