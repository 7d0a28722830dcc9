"""Compare the answers of a parity case, as run_case.R writes them, with recorded ones.

Exact for types, classes, dimensions, names, levels, texts, integers, logicals and NA
against NaN; doubles within the case's tolerances.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

ATTRIBUTES = ("type", "class", "dim", "dimnames", "names", "levels")

Node = dict[str, Any]


def differences(recorded: Node, observed: Node) -> dict[str, str]:
    """Return where two answers differ: by field, what was and what is."""
    rtol, atol = recorded.get("rtol", 1e-6), recorded.get("atol", 1e-9)
    if not observed["ok"]:
        return {"result": f"failed: {observed['error']}"}
    found = _walk(recorded["result"], observed["result"], "", float(rtol), float(atol))
    return dict(found)


def _walk(
    recorded: Node, observed: Node, path: str, rtol: float, atol: float
) -> Iterator[tuple[str, str]]:
    for attribute in ATTRIBUTES:
        was, is_now = recorded.get(attribute), observed.get(attribute)
        if was != is_now:
            yield path, f"{attribute}: recorded {was}, observed {is_now}"
            return
    if recorded["type"] == "NULL":
        return
    before, after = recorded["value"], observed["value"]
    if len(before) != len(after):
        yield path, f"length: recorded {len(before)}, observed {len(after)}"
    elif recorded["type"] == "list":
        names = recorded.get("names") or [""] * len(before)
        for i, (name, *pair) in enumerate(zip(names, before, after, strict=True)):
            place = name or f"[[{i + 1}]]"
            yield from _walk(*pair, f"{path}${place}".lstrip("$"), rtol, atol)
    elif not all(
        _equal(recorded["type"], *pair, rtol, atol)
        for pair in zip(before, after, strict=True)
    ):
        yield path, f"recorded {before}, observed {after}"[:600]


def _equal(kind: str, was: Any, is_now: Any, rtol: float, atol: float) -> bool:
    if kind == "complex":
        parts = zip(was, is_now, strict=True)
        return all(_equal("double", *pair, rtol, atol) for pair in parts)
    if kind != "double" or isinstance(was, str) or isinstance(is_now, str):
        return type(was) is type(is_now) and was == is_now
    return abs(is_now - was) <= atol + rtol * abs(was)
