"""Which rows of the whole data a split holds out, found by the rows' hashes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .observations import Observation


def located(observations: Sequence[Observation]) -> list[Observation]:
    """Return the observations, with ``held_out_rows`` in splits: which rows those are.

    Rows are numbered from 0 in the largest data of the same run that has all rows of
    the split: what another call of `fit` is given, for example. A split whose whole
    data were never seen is numbered by `fit`'s own argument if ``validation_split``
    decided, and not at all otherwise.
    """
    wholes = [
        hashes for one in observations if (hashes := _hashes(_rows(one))) is not None
    ]
    wholes.sort(key=len, reverse=True)
    return [
        _located(one, wholes) if one.kind == "split" else one for one in observations
    ]


def _located(split: Observation, wholes: list[NDArray[np.uint64]]) -> Observation:
    training = _hashes(split.content.get("training"))
    held_out = _hashes(split.content.get("held_out"))
    if training is None or held_out is None:
        return split
    used = np.concatenate([training, held_out])
    for whole in wholes:
        if len(whole) >= len(used) and np.isin(used, whole).all():
            rows = find_rows(held_out, whole)
            return replace(split, content={**split.content, "held_out_rows": rows})
    return split


def _rows(one: Observation) -> Any:
    return one.content.get("training" if one.kind == "split" else "data")


def _hashes(data: Any) -> NDArray[np.uint64] | None:
    return data.get("hashes") if isinstance(data, Mapping) else None


def find_rows(some: NDArray[np.uint64], whole: NDArray[np.uint64]) -> NDArray[np.int64]:
    """Return where rows are in the whole, by their hashes; all of them must be in it.

    Rows that occur several times are taken where they lie side by side, if they do,
    and otherwise from the first on.

    Examples
    --------
    >>> whole = np.array([7, 8, 7, 9], "u8")
    >>> find_rows(np.array([7, 9], "u8"), whole).tolist()
    [2, 3]
    >>> find_rows(np.array([9, 7, 7], "u8"), whole).tolist()
    [3, 0, 2]
    """
    n = len(some)
    if not n:
        return np.array([], np.int64)
    begins = np.flatnonzero(whole[: len(whole) - n + 1] == some[0])
    for start in begins[:100]:
        if (whole[start : start + n] == some).all():
            return np.arange(start, start + n)
    places: dict[int, list[int]] = {}
    for place in range(len(whole) - 1, -1, -1):
        places.setdefault(int(whole[place]), []).append(place)
    rows = []
    for one in some.tolist():
        left = places[one]
        rows.append(left.pop() if len(left) > 1 else left[0])
    return np.array(rows, np.int64)


def as_text(rows: Sequence[int] | NDArray[np.int64], language: str) -> str:
    """Return rows as one writes them in a language; given are rows from 0.

    Examples
    --------
    >>> as_text(range(10), "R"), as_text(range(10), "Python")
    ('1:10', '0:10')
    >>> as_text([0, 2, 3], "R")
    'c(1, 3:4)'
    """
    numbers = np.asarray(rows, np.int64)
    breaks = np.flatnonzero(np.diff(numbers) != 1) + 1
    runs = [run for run in np.split(numbers, breaks) if len(run)]
    in_r = language != "Python"
    texts = [_run(int(run[0]), int(run[-1]), in_r) for run in runs[:5]]
    if len(runs) > 5:
        texts.append("...")
    if len(texts) == 1:
        return texts[0]
    joined = ", ".join(texts)
    return f"c({joined})" if in_r else f"[{joined}]"


def _run(first: int, last: int, in_r: bool) -> str:
    if first == last:
        return str(first + in_r)
    return f"{first + 1}:{last + 1}" if in_r else f"{first}:{last + 1}"
