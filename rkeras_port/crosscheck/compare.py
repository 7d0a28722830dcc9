"""Hold two sides against each other, observation by observation, number by number."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

import numpy as np

from .align import align
from .comparison import Check, Comparison, Difference
from .observations import Kind, Observation, Side
from .rules import Rule, rule_for
from .traps import find_traps

#: Differences that a check lists; all are counted.
LISTED = 5


def compare(left: Side, right: Side) -> Comparison:
    """Line two sides up, compare them by the rules, and name likely causes.

    Parameters
    ----------
    left, right : Side
        What was observed.

    Returns
    -------
    Comparison
        The checks in the order of the left side.

    Examples
    --------
    >>> half, quarter = (
    ...     Observation("value", "mean", {"value": x}) for x in (0.5, 0.25)
    ... )
    >>> sides = Side("R", "a.R", "", [half]), Side("Python", "a.py", "", [quarter])
    >>> compare(*sides).first.differences
    (Difference(where='value', left=0.5, right=0.25, amount=0.25),)
    """
    pairs = align(left.observations, right.observations)
    checks = [_check(*pair, left, right) for pair in pairs]
    comparison = Comparison(left, right, checks)
    if not comparison.agrees:
        comparison.hints = find_traps(comparison)
    return comparison


def _check(
    one: Observation | None, other: Observation | None, left: Side, right: Side
) -> Check:
    either = one or other
    assert either is not None
    kind: Kind = either.kind
    rule = rule_for(kind, left.environment, right.environment)
    if one is None or other is None:
        return Check(kind, either.name, str(rule), one, other)
    found = list(_DIFFERENCES[kind](one.content, other.content, rule))
    total = sum(count for _, count in found)
    first = [difference for difference, _ in found][:LISTED]
    return Check(kind, one.name, str(rule), one, other, tuple(first), total)


#: A difference, and how many it stands for: of arrays only the first are made.
_Found = Iterator[tuple[Difference, int]]


# By kind ------------------------------------------------------------------------------


def _model(left: Mapping[str, Any], right: Mapping[str, Any], rule: Rule) -> _Found:
    yield from _values("class", left["class"], right["class"], rule)
    yield from _values("name", left["pattern"], right["pattern"], rule)
    ours, theirs = left["layers"], right["layers"]
    yield from _values("number of layers", len(ours), len(theirs), rule)
    for i, (one, other) in enumerate(zip(ours, theirs, strict=False), 1):
        where = f"layer {i} ({one['name']})"
        yield from _values(f"{where}, name", one["pattern"], other["pattern"], rule)
        for key in ("class", "output_shape", "parameters", "trainable", "settings"):
            what = f"{where}, {key.replace('_', ' ')}"
            yield from _values(what, one[key], other[key], rule)
    yield from _values("parameters", left["parameters"], right["parameters"], rule)


def _compile(left: Mapping[str, Any], right: Mapping[str, Any], rule: Rule) -> _Found:
    for key in ("optimizer", "loss", "metrics", "weighted_metrics", "loss_weights"):
        yield from _values(key, left.get(key), right.get(key), rule)


def _weights(left: Mapping[str, Any], right: Mapping[str, Any], rule: Rule) -> _Found:
    yield from _values("taken", left["when"], right["when"], rule)
    ours, theirs = left["weights"], right["weights"]
    yield from _values("number of weights", len(ours), len(theirs), rule)
    for one, other in zip(ours, theirs, strict=False):
        where = f"layer {one['layer'] + 1} ({one['name']}), {one['weight']}"
        yield from _values(where, one["value"], other["value"], rule)


def _split(left: Mapping[str, Any], right: Mapping[str, Any], rule: Rule) -> _Found:
    for key, what in (("training", "training"), ("held_out", "held out")):
        yield from _data(what, left.get(key), right.get(key), rule)
    yield from _values("epochs", left["epochs"], right["epochs"], rule)
    for key, value in left["arguments"].items():
        other = right["arguments"].get(key)
        yield from _values(key.replace("_", " "), value, other, rule)


def _data(what: str, left: Any, right: Any, rule: Rule) -> _Found:
    """Compare rows: their number, their contents, their targets."""
    if left is None or right is None or "n" not in left or "n" not in right:
        yield from _values(f"{what} rows", _told(left), _told(right), rule)
        return
    yield from _values(f"number of {what} rows", left["n"], right["n"], rule)
    if left["n"] != right["n"]:
        return
    different = np.flatnonzero(left["hashes"] != right["hashes"])
    if len(different):
        yield _first_row(what, left, right, different), len(different)
    yield from _values(f"{what} targets", left["targets"], right["targets"], rule)


def _told(data: Any) -> Any:
    if data is None:
        return "none"
    return f"{data['n']} rows" if "n" in data else data.get("not_seen")


def _first_row(what: str, left: Any, right: Any, rows: np.ndarray) -> Difference:
    if np.array_equal(np.sort(left["hashes"]), np.sort(right["hashes"])):
        return Difference(
            f"{what} rows, from {_row(int(rows[0]))} on: the same, in another order",
            left="one order", right="another",
        )  # fmt: skip
    row = int(rows[0])
    where = f"{what} rows, {_row(row)}"
    ours, theirs = left["sample"], right["sample"]
    if ours.shape != theirs.shape:
        return Difference(
            f"{where}, shape", list(ours.shape[1:]), list(theirs.shape[1:])
        )
    if row < len(ours):
        places = np.argwhere(ours[row] != theirs[row])
        if len(places):
            place = tuple(int(i) for i in places[0])
            a, b = float(ours[row][place]), float(theirs[row][place])
            return Difference(f"{where}, {_column(place)}", a, b, abs(a - b))
    return Difference(where, "these numbers", "others")


def _row(index: int) -> str:
    return f"row {index} ({index + 1} in R)"


def _column(place: tuple[int, ...]) -> str:
    if len(place) == 1:
        return f"column {place[0]} ({place[0] + 1} in R)"
    return f"at {list(place)}"


def _history(left: Mapping[str, Any], right: Mapping[str, Any], rule: Rule) -> _Found:
    """Compare epoch by epoch: where they part is the first thing to know."""
    ours, theirs = left["metrics"], right["metrics"]
    yield from _values("metrics", sorted(ours), sorted(theirs), rule)
    yield from _values(
        "number of epochs", len(left["epochs"]), len(right["epochs"]), rule
    )
    common = [name for name in ours if name in theirs]
    found = []
    for name in common:
        one, other = np.asarray(ours[name], float), np.asarray(theirs[name], float)
        n = min(len(one), len(other))
        epochs = np.flatnonzero(rule.differ(one[:n], other[:n])).tolist()
        found += [
            (epoch, name, float(one[epoch]), float(other[epoch])) for epoch in epochs
        ]
    for epoch, name, a, b in sorted(found, key=lambda f: f[0]):
        yield Difference(f"epoch {epoch + 1}, {name}", a, b, abs(a - b)), 1


def _evaluation(
    left: Mapping[str, Any], right: Mapping[str, Any], rule: Rule
) -> _Found:
    yield from _data("evaluated", left["data"], right["data"], rule)
    yield from _values("", left["metrics"], right["metrics"], rule)


def _prediction(
    left: Mapping[str, Any], right: Mapping[str, Any], rule: Rule
) -> _Found:
    yield from _data("given", left["data"], right["data"], rule)
    yield from _values("outputs", left["values"], right["values"], rule)


def _draw(left: Mapping[str, Any], right: Mapping[str, Any], rule: Rule) -> _Found:
    yield from _values("function", left["function"], right["function"], rule)
    yield from _values("numbers", left["values"], right["values"], rule)


def _value(left: Mapping[str, Any], right: Mapping[str, Any], rule: Rule) -> _Found:
    yield from _values("value", left["value"], right["value"], rule)


_DIFFERENCES: dict[Kind, Callable[[Any, Any, Rule], _Found]] = {
    "model": _model,
    "compile": _compile,
    "weights": _weights,
    "split": _split,
    "history": _history,
    "evaluation": _evaluation,
    "prediction": _prediction,
    "draw": _draw,
    "value": _value,
}


# Plain values and arrays --------------------------------------------------------------


def _values(where: str, left: Any, right: Any, rule: Rule) -> _Found:
    """Compare values of any kind, by their places in them.

    Numbers are compared as numbers, whatever type holds them, and one of R's vectors of
    length one is its element.
    """
    if isinstance(left, Mapping) and isinstance(right, Mapping):
        yield from _mappings(where, left, right, rule)
        return
    ours, theirs = _numbers(left), _numbers(right)
    if ours is not None and theirs is not None:
        yield from _arrays(where, ours, theirs, rule)
    elif isinstance(left, list) and isinstance(right, list) and len(left) == len(right):
        for i, (one, other) in enumerate(zip(left, right, strict=True)):
            yield from _values(f"{where}[{i}]", one, other, rule)
    elif _plain(left) != _plain(right):
        yield Difference(where, _shown(left), _shown(right)), 1


def _mappings(
    where: str, left: Mapping[str, Any], right: Mapping[str, Any], rule: Rule
) -> _Found:
    for key in dict.fromkeys([*left, *right]):
        name = f"{where}, {key}" if where else key
        if key not in left or key not in right:
            yield Difference(name, _side(left, key), _side(right, key)), 1
        else:
            yield from _values(name, left[key], right[key], rule)


def _side(mapping: Mapping[str, Any], key: str) -> Any:
    return _shown(mapping[key]) if key in mapping else "missing"


def _numbers(value: Any) -> np.ndarray | None:
    if isinstance(value, bool | int | float | np.number | np.ndarray) or (
        isinstance(value, list) and value and all(map(_is_number, value))
    ):
        array = np.asarray(value)
    else:
        return None
    if array.dtype.kind not in "biuf":
        return None
    return array.reshape(()) if array.shape == (1,) else array


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | np.number)


def _arrays(where: str, left: np.ndarray, right: np.ndarray, rule: Rule) -> _Found:
    if left.shape != right.shape:
        shapes = list(left.shape), list(right.shape)
        yield Difference(f"{where}, shape" if where else "shape", *shapes), 1
        return
    if left.dtype != right.dtype or left.dtype.kind != "f":
        left, right = _common(left, right)
    places = np.argwhere(rule.differ(left, right))
    for count, place in enumerate(places[:LISTED].tolist()):
        at = tuple(place)
        a, b = left[at].item(), right[at].item()
        index = str(place) if place else ""
        # The last one that is listed stands for those that are not.
        rest = len(places) - LISTED + 1 if count == LISTED - 1 else 1
        yield Difference(where + index, a, b, abs(a - b)), rest


def _common(left: np.ndarray, right: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Return arrays of numbers of different types as doubles, integers as they are."""
    if left.dtype.kind in "bui" and right.dtype.kind in "bui":
        return left.astype(np.int64), right.astype(np.int64)
    return left.astype(np.float64), right.astype(np.float64)


def _plain(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return value.tolist()
    # Nothing, an empty list and R's NULL are the same.
    return None if isinstance(value, list | dict) and not value else value


def _shown(value: Any) -> Any:
    if isinstance(value, np.ndarray):
        return f"an array of shape {list(value.shape)}"
    return value


def failures(comparisons: Iterable[Comparison]) -> list[tuple[Side, str]]:
    """Return the sides that failed, each once, with what to print of it."""
    found: dict[int, tuple[Side, str]] = {}
    for comparison in comparisons:
        for side in (comparison.left, comparison.right):
            if side.failure is not None:
                where = f" ({side.failure.where})" if side.failure.where else ""
                text = f"{side.label}: {side.source}: {side.failure.message}{where}"
                found[id(side)] = (side, text)
    return list(found.values())
