"""What a comparison says, in words: the same in a terminal, on a page, in a test."""

from __future__ import annotations

import reprlib
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np

from .comparison import Check, Comparison, Difference
from .observations import Observation, Side

_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = _SHORT.maxlong = 60


def verdict(comparison: Comparison) -> str:
    """Say in one line whether the sides agree.

    Examples
    --------
    >>> sides = Side("R", "a.R", ""), Side("Python", "a.py", "")
    >>> seen = Observation("value", "x", {"value": 1})
    >>> verdict(Comparison(*sides, [Check("value", "x", "exact", seen, seen)]))
    'R and Python agree: 1 check, to the last bit'
    """
    left, right, checks = comparison.left, comparison.right, comparison.checks
    both = f"{left.label} and {right.label}"
    failed = [side.label for side in (left, right) if side.failure]
    total = _count(len(checks), "check")
    if comparison.agrees:
        return f"{both} agree: {total}, {_how_exactly(checks)}"
    found = []
    differing = sum(check.matched and not check.agrees for check in checks)
    unmatched = sum(not check.matched for check in checks)
    if differing:
        found.append(f"{differing} of {total} differ{'s' * (differing == 1)}")
    if unmatched:
        have = "has" if unmatched == 1 else "have"
        found.append(f"{unmatched} of {total} {have} no counterpart")
    if failed:
        stopped = f"{' and '.join(failed)} stopped with an error"
        if not found and checks:
            found.append(f"{total} before it agree{'s' * (len(checks) == 1)}")
        return f"{both}: {', '.join([stopped, *found])}"
    if not checks:
        return f"{both} cannot be compared: nothing was observed"
    return f"{both} differ: {', '.join(found)}"


def _how_exactly(checks: Sequence[Check]) -> str:
    within = sum(check.rule != "exact" for check in checks)
    if not within:
        return "to the last bit"
    if within == len(checks):
        return "within tolerance"
    return f"{len(checks) - within} to the last bit and {within} within tolerance"


def result(check: Check, comparison: Comparison) -> str:
    """Say in a word or two how one check went."""
    if check.left is None:
        return f"only in {comparison.right.label}"
    if check.right is None:
        return f"only in {comparison.left.label}"
    if check.count:
        return f"differs ({_count(check.count, 'place')})"
    return "same"


def since_when(comparison: Comparison) -> str:
    """Say what agreed before the first check that does not."""
    before = position_of_first(comparison)
    if not before:
        return "from the first check on"
    last = title(comparison.checks[before - 1])
    if before == 1:
        return f"the check before it agrees: {last}"
    return f"the {before:,} checks before it agree, the last of them: {last}"


def position_of_first(comparison: Comparison) -> int | None:
    """Return which check, counted from 0, is the first that does not agree."""
    disagreeing = (i for i, one in enumerate(comparison.checks) if not one.agrees)
    return next(disagreeing, None)


def title(check: Check) -> str:
    """Return the kind and the name of a check, once each."""
    if check.kind in check.name.split():
        return check.name
    return f"{check.kind} {check.name}"


def places(check: Check) -> str | None:
    """Return where the two sides were observed, as ``analysis.R:12, analysis.py:9``."""
    known = [one.where for one in (check.left, check.right) if one and one.where]
    return ", ".join(known) or None


def value(what: Any) -> str:
    """Write a value in full precision, if it is short, and else its beginning.

    Examples
    --------
    >>> value(0.1), value("a"), value(np.float32(0.1)), value(range(3))
    ('0.1', "'a'", '0.1', 'range(0, 3)')
    """
    if isinstance(what, np.ndarray):
        return f"array of shape {what.shape}, {what.dtype}"
    if isinstance(what, np.generic):
        return str(what)
    return _SHORT.repr(what)


def amount(difference: Difference) -> str | None:
    """Write how far apart two numbers are, and relative to the larger.

    Examples
    --------
    >>> amount(Difference("x", 0.2386, 0.2387, 0.0001))
    '0.0001 (relative: 0.00042)'
    """
    if difference.amount is None:
        return None
    text = f"{difference.amount:,.6g}"
    try:
        larger = max(abs(float(difference.left)), abs(float(difference.right)))
    except (TypeError, ValueError):
        return text
    if larger and np.isfinite(larger) and np.isfinite(difference.amount):
        text += f" (relative: {difference.amount / larger:.2g})"
    return text


def lines(check: Check, labels: tuple[str, str]) -> Iterator[str]:
    """Give the differences of a check as lines of plain text, the first first."""
    width = max(map(len, (*labels, "apart by")))
    for i, one in enumerate(check.differences):
        yield f"{'First difference' if i == 0 else 'Then'}: {one.where}"
        if i == 0:
            rows = [*zip(labels, (value(one.left), value(one.right)), strict=True)]
            apart = amount(one)
            for label, text in [*rows, ("apart by", apart)] if apart else rows:
                yield f"  {label:<{width}}  {text}"
        else:
            yield f"  {value(one.left)} and {value(one.right)}"
    more = check.count - len(check.differences)
    if more > 0:
        yield f"and {_count(more, 'more place')}"


def rows_counting_from(side: Side) -> int:
    """Return the number of a side's first row: 1 in R's files, 0 in Python's."""
    return 1 if side.source.lower().endswith((".r", ".rmd")) else 0


def split(check: Check, comparison: Comparison) -> str:
    """Say which rows each side holds out for validation, and whether they are the same.

    Examples
    --------
    >>> sides = Side("R", "a.R", ""), Side("Python", "a.py", "")
    >>> seen = Observation("split", "split 1", {
    ...     "held_out_rows": [0, 1, 2],
    ...     "training_hashes": [1, 2], "validation_hashes": [3, 4, 5]})
    >>> check = Check("split", "split 1", "exact", seen, seen)
    >>> split(check, Comparison(*sides))
    'rows 1 to 3 of 5 held out in R; rows 0 to 2 in Python: the same rows'
    """
    told: list[str] = []
    pairs = ((check.left, comparison.left), (check.right, comparison.right))
    for seen, side in pairs:
        if seen is None:
            told.append(f"nothing in {side.label}")
            continue
        total = "" if told and _total(seen) == _total(check.left) else _of(seen)
        held_out = "" if told else " held out"
        told.append(f"{_rows(seen, side)}{total}{held_out} in {side.label}")
    if check.agrees:
        same = "the same rows"
    elif _shared(check) is not None:
        same = f"{_shared(check)} rows in common"
    else:
        same = "not the same"
    return f"{'; '.join(told)}: {same}"


def _rows(seen: Observation, side: Side) -> str:
    rows = seen.content.get("held_out_rows")
    if rows is None:
        count = len(_hashes(seen, "validation_hashes"))
        return _count(count, "row")
    numbers = np.sort(np.asarray(rows, dtype=np.int64)) + rows_counting_from(side)
    if not len(numbers):
        return "no rows"
    starts = np.flatnonzero(np.diff(numbers, prepend=numbers[0] - 2) != 1)
    ends = np.append(starts[1:], len(numbers)) - 1
    ranges = [
        f"{numbers[a]:,}" if a == b else f"{numbers[a]:,} to {numbers[b]:,}"
        for a, b in zip(starts, ends, strict=True)
    ]
    if len(ranges) > 3:
        first, second, *_ = ranges
        return f"{len(numbers):,} rows ({first}, {second}, …, {ranges[-1]})"
    return f"row{'s' * (len(numbers) > 1)} {', '.join(ranges)}"


def _of(seen: Observation) -> str:
    total = _total(seen)
    return f" of {total:,}" if total else ""


def _total(seen: Observation | None) -> int:
    if seen is None:
        return 0
    keys = ("training_hashes", "validation_hashes")
    return sum(len(_hashes(seen, key)) for key in keys)


def _shared(check: Check) -> int | None:
    """Count the rows that both hold out, where the rows themselves are known."""
    if check.left is None or check.right is None:
        return None
    a, b = (_hashes(seen, "validation_hashes") for seen in (check.left, check.right))
    return len(np.intersect1d(a, b)) if len(a) and len(b) else None


def _hashes(seen: Observation, key: str) -> np.ndarray:
    hashes = seen.content.get(key)
    return np.asarray([] if hashes is None else hashes, dtype=np.uint64)


def environments(comparisons: Sequence[Comparison]) -> dict[str, list[str | None]]:
    """Return the settings that are not the same on all sides, by name, side by side."""
    sides = all_sides(comparisons)
    names = dict.fromkeys(name for side in sides for name in side.environment)
    table = {name: [side.environment.get(name) for side in sides] for name in names}
    return {name: row for name, row in table.items() if len(set(row)) > 1}


def all_sides(comparisons: Sequence[Comparison]) -> list[Side]:
    """Return the sides of all comparisons, each once, the first left one first."""
    sides: dict[tuple[str, str], Side] = {}
    for comparison in comparisons:
        for side in (comparison.left, comparison.right):
            sides.setdefault((side.label, side.source), side)
    return list(sides.values())


def grid(comparisons: Sequence[Comparison]) -> list[list[Check | None]]:
    """Return a row per check with a column per comparison; None where it has none.

    Checks are matched by kind and name, and stay in the order of the first comparison
    that has them.
    """
    rows: dict[tuple[str, str], list[Check | None]] = {}
    for column, comparison in enumerate(comparisons):
        for check in comparison.checks:
            key = (check.kind, check.name)
            row = rows.setdefault(key, [None] * len(comparisons))
            row[column] = check
    return list(rows.values())


def _count(number: int, what: str) -> str:
    return f"{number:,} {what}{'s' * (number != 1)}"
