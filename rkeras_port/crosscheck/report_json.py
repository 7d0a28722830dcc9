"""The report of a cross-check for machines: JSON with a stable schema."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from . import wording
from .comparison import Check, Comparison, Difference
from .files import write_text
from .observations import Observation, Side

#: Raised when a key changes its meaning or goes; new keys may come without.
SCHEMA = 1


def to_json(comparisons: Sequence[Comparison]) -> dict[str, Any]:
    """Return comparisons as what `json.dumps` takes.

    Returns
    -------
    dict
        ``schema``: 1. ``agrees``: whether every comparison does. ``comparisons``: a
        list with these keys for each:

        ``agrees`` (bool), ``verdict`` (one line of text), ``left`` and ``right`` (the
        sides), ``checks`` (list), ``first`` (index in ``checks`` of the first that does
        not agree, or null), ``hints`` (list of ``trap`` and ``text``).

        A side has ``label``, ``source``, ``code``, ``seconds``, ``environment``,
        ``observations`` (how many) and ``failure`` (null, or ``message`` and
        ``where``).

        A check has ``kind``, ``name``, ``rule``, ``matched``, ``agrees``, ``count``
        (of all differences), ``differences`` (list of ``where``, ``left``, ``right``
        and ``amount``, the first few), ``left`` and ``right`` (null, or ``name``,
        ``where`` and ``content``).

    Notes
    -----
    Numbers that JSON has not are the texts ``"NaN"``, ``"Infinity"`` and
    ``"-Infinity"``. Where an array was, there is ``{"array": {"shape", "dtype",
    "digest"}}``, and for a sparse matrix ``"stored"`` too; arrays with the same shape,
    dtype and elements have the same digest. Other objects are their type and text,
    ``{"object": {"type", "text"}}``.

    Examples
    --------
    >>> sides = Side("R", "a.R", ""), Side("Python", "a.py", "")
    >>> report = to_json([Comparison(*sides)])
    >>> report["agrees"], report["comparisons"][0]["verdict"]
    (False, 'R and Python cannot be compared: nothing was observed')
    """
    return {
        "schema": SCHEMA,
        "agrees": bool(comparisons) and all(one.agrees for one in comparisons),
        "comparisons": [_comparison(one) for one in comparisons],
    }


def write_json(comparisons: Sequence[Comparison], path: str | Path) -> None:
    """Write `to_json` to a file; it is there complete or not at all.

    Raises
    ------
    OSError
        If it cannot be written; an older file is then as it was.
    """
    write_text(Path(path), json.dumps(to_json(comparisons), indent=1) + "\n")


def _comparison(one: Comparison) -> dict[str, Any]:
    return {
        "agrees": one.agrees,
        "verdict": wording.verdict(one),
        "left": _side(one.left),
        "right": _side(one.right),
        "first": wording.position_of_first(one),
        "checks": [_check(check) for check in one.checks],
        "hints": [{"trap": hint.trap, "text": hint.text} for hint in one.hints],
    }


def _side(side: Side) -> dict[str, Any]:
    failure = side.failure
    return {
        "label": side.label,
        "source": side.source,
        "code": side.code,
        "seconds": plain(side.seconds),
        "environment": plain(side.environment),
        "observations": len(side.observations),
        "failure": failure and {"message": failure.message, "where": failure.where},
    }


def _check(check: Check) -> dict[str, Any]:
    return {
        "kind": check.kind,
        "name": check.name,
        "rule": check.rule,
        "matched": check.matched,
        "agrees": check.agrees,
        "count": check.count,
        "differences": [_difference(one) for one in check.differences],
        "left": _observation(check.left),
        "right": _observation(check.right),
    }


def _difference(one: Difference) -> dict[str, Any]:
    return {
        "where": one.where,
        "left": plain(one.left),
        "right": plain(one.right),
        "amount": plain(one.amount),
    }


def _observation(seen: Observation | None) -> dict[str, Any] | None:
    if seen is None:
        return None
    return {"name": seen.name, "where": seen.where, "content": plain(seen.content)}


def plain(value: Any) -> Any:
    """Return a value as what JSON has.

    Examples
    --------
    >>> plain({"a": (1, float("nan")), 2: np.float32(0.5)})
    {'a': [1, 'NaN'], '2': 0.5}
    """
    if isinstance(value, np.generic):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return "NaN" if math.isnan(value) else f"{'-' * (value < 0)}Infinity"
    if value is None or isinstance(value, str | bool | int | float):
        return value
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one) for one in value]
    if isinstance(value, np.ndarray):
        return {"array": _summary(value, _digest(value))}
    if hasattr(value, "tocoo") and hasattr(value, "nnz"):
        return {
            "array": {**_summary(value, _sparse_digest(value)), "stored": value.nnz}
        }
    return {"object": {"type": type(value).__name__, "text": str(value)}}


def _summary(array: Any, digest: str) -> dict[str, Any]:
    return {"shape": list(array.shape), "dtype": str(array.dtype), "digest": digest}


def _digest(array: np.ndarray, also: bytes = b"") -> str:
    if array.dtype == object:
        content = json.dumps(plain(array.tolist())).encode()
    else:
        little_endian = array.astype(array.dtype.newbyteorder("<"), copy=False)
        content = little_endian.tobytes()
    head = f"{array.dtype.name} {array.shape} ".encode()
    return f"sha256:{hashlib.sha256(head + also + content).hexdigest()}"


def _sparse_digest(matrix: Any) -> str:
    rows = matrix.tocsr(copy=True)
    rows.sum_duplicates()
    places = (*matrix.shape, *rows.indptr.tolist(), *rows.indices.tolist())
    return _digest(rows.data, also=json.dumps(places).encode())
