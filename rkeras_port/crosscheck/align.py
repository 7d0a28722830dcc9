"""Which observation of one side is the counterpart of which of the other."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .observations import Observation

Pair = tuple[Observation | None, Observation | None]


def align(left: Sequence[Observation], right: Sequence[Observation]) -> list[Pair]:
    """Pair the observations of two sides, in the order of the left one.

    Within a kind, values are paired by name. Of all others there are running numbers
    only: as many on both sides are paired in order; otherwise those that are alike are,
    in order, and what is left over is alone.

    Parameters
    ----------
    left, right : sequence of Observation
        In the order in which they were taken.

    Returns
    -------
    list of tuple
        ``(left, right)``, None in the place of a missing one. One that only the right
        side has stands before the next that follows it there.
    """
    partner: dict[int, Observation] = {}
    kinds = dict.fromkeys(one.kind for one in (*left, *right))
    for kind in kinds:
        ours = [one for one in left if one.kind == kind]
        theirs = [one for one in right if one.kind == kind]
        pairs = _by_name if kind == "value" else _in_order
        for one, other in pairs(ours, theirs):
            partner[id(one)], partner[id(other)] = other, one
    # Those without a partner, by the next one on the right that has one.
    before: dict[int | None, list[Pair]] = {}
    alone: list[Pair] = []
    for other in right:
        if id(other) in partner:
            before[id(other)], alone = alone, []
        else:
            alone.append((None, other))
    result: list[Pair] = []
    for one in left:
        found = partner.get(id(one))
        if found is not None:
            result += before[id(found)]
        result.append((one, found))
    return result + alone


def _by_name(left: list[Observation], right: list[Observation]) -> list[Any]:
    named = {one.name: one for one in right}
    return [(one, named[one.name]) for one in left if one.name in named]


def _in_order(left: list[Observation], right: list[Observation]) -> list[Any]:
    if len(left) == len(right):
        return list(zip(left, right, strict=True))
    # The pairing in order with the greatest sum of likeness (Needleman and Wunsch).
    best = np.zeros((len(left) + 1, len(right) + 1))
    alike = np.array([[likeness(a, b) for b in right] for a in left])
    for i in range(len(left) - 1, -1, -1):
        for j in range(len(right) - 1, -1, -1):
            together = alike[i, j] + best[i + 1, j + 1]
            best[i, j] = max(together, best[i + 1, j], best[i, j + 1])
    pairs, i, j = [], 0, 0
    while i < len(left) and j < len(right):
        if alike[i, j] and best[i, j] == alike[i, j] + best[i + 1, j + 1]:
            pairs.append((left[i], right[j]))
            i, j = i + 1, j + 1
        elif best[i, j] == best[i + 1, j]:
            i += 1
        else:
            j += 1
    return pairs


def likeness(left: Observation, right: Observation) -> float:
    """Return from 0 to 2 how much two observations of a kind look alike.

    2: all the numbers are the same as well; 1: of the same form; a tenth otherwise.
    """
    if _form(left.content) != _form(right.content):
        return 0.1
    return 2.0 if _same(left.content, right.content) else 1.0


#: What tells nothing of whether two observations are of the same thing.
_NAMES = {"name", "model", "random_states", "seeds", "type", "dtype", "order", "sparse"}


def _form(value: Any) -> Any:
    """Return the structure of plain values: keys, texts, whole numbers, shapes."""
    if isinstance(value, dict):
        return {k: _form(item) for k, item in value.items() if k not in _NAMES}
    if isinstance(value, list | tuple):
        return [_form(item) for item in value]
    if isinstance(value, np.ndarray):
        return value.shape
    return None if isinstance(value, float) else value


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, dict):
        return all(_same(left[k], right[k]) for k in left if k not in _NAMES)
    if isinstance(left, list | tuple):
        return all(map(_same, left, right))
    if isinstance(left, np.ndarray):
        return bool(np.array_equal(left, right, equal_nan=left.dtype.kind == "f"))
    return bool(left == right or (left != left and right != right))
