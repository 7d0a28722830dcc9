"""The known traps of porting between R and Python: how each shows, and what to do."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from .comparison import Check, Comparison, Hint
from .environment import BUILD, SETTINGS

#: Difference, relative to the largest number, that float32's rounding makes.
_ROUNDING = 1e-5


@dataclass(frozen=True)
class Trap:
    """A way in which two languages differ although their code looks the same.

    Attributes
    ----------
    name : str
        Short name, of `Hint`.
    shows : callable
        Given a comparison that does not agree, returns what fills the text's braces if
        the observations show this trap, and None if not.
    text : str
        What happened and what to change, in two sentences.
    """

    name: str
    shows: Callable[[Comparison], dict[str, Any] | None]
    text: str


def find_traps(comparison: Comparison) -> list[Hint]:
    """Return the traps that the differences of two sides come from, as it seems."""
    hints = []
    for trap in TRAPS:
        details = trap.shows(comparison)
        if details is not None:
            left, right = comparison.left.label, comparison.right.label
            text = trap.text.format(left=left, right=right, **details)
            hints.append(Hint(trap.name, text))
    return hints


# What the observations hold -----------------------------------------------------------


def _pairs(comparison: Comparison, kind: str) -> Iterator[Check]:
    """Give the checks of a kind that have both sides."""
    return (c for c in comparison.checks if c.kind == kind and c.matched)


def _contents(check: Check) -> tuple[Any, Any]:
    assert check.left is not None
    assert check.right is not None
    return check.left.content, check.right.content


def _data(comparison: Comparison) -> Iterator[tuple[Any, Any]]:
    """Give pairs of data that both sides could look at, of splits and of results."""
    for check in comparison.checks:
        if not check.matched:
            continue
        left, right = _contents(check)
        for key in ("training", "data"):
            one, other = left.get(key), right.get(key)
            if one and other and "n" in one and "n" in other:
                yield one, other


def _differing_samples(comparison: Comparison) -> Iterator[tuple[Any, Any]]:
    """Give pairs of data whose rows differ, one by one as many."""
    for one, other in _data(comparison):
        same_size = one["n"] == other["n"] and one["n"]
        if same_size and not np.array_equal(one["hashes"], other["hashes"]):
            yield one, other


def _as_rows(sample: np.ndarray) -> np.ndarray:
    return sample.reshape(len(sample), -1)


def _settings(comparison: Comparison, names: tuple[str, ...]) -> str:
    """Return how two environments differ in some entries, "" if they do not."""
    left, right = comparison.left.environment, comparison.right.environment
    return ", ".join(
        f"{name} {left[name] or 'unset'} against {right[name] or 'unset'}"
        for name in names
        if name in left and name in right and left[name] != right[name]
    )


def _initial_weights(comparison: Comparison) -> Iterator[Check]:
    for check in _pairs(comparison, "weights"):
        if all(content["when"] == "initial" for content in _contents(check)):
            yield check


# Detectors ----------------------------------------------------------------------------


def _column_base(comparison: Comparison) -> dict[str, Any] | None:
    for one, other in _differing_samples(comparison):
        left, right = _as_rows(one["sample"]), _as_rows(other["sample"])
        if left.shape != right.shape or left.shape[1] < 3 or not left.any():
            continue
        if _is_shifted(left, right):
            return {"ahead": comparison.left.label, "behind": comparison.right.label}
        if _is_shifted(right, left):
            return {"ahead": comparison.right.label, "behind": comparison.left.label}
    return None


def _is_shifted(ahead: np.ndarray, behind: np.ndarray) -> bool:
    return bool(
        np.array_equal(ahead[:, :-1], behind[:, 1:])
        and not np.array_equal(ahead, behind)
    )


def _reshape_order(comparison: Comparison) -> dict[str, Any] | None:
    for one, other in _differing_samples(comparison):
        left, right = one["sample"], other["sample"]
        if left.shape != right.shape or left.ndim < 2:
            continue
        if _each_row_reordered(left, right):
            return {}
        for a, b in ((one, other), (other, one)):
            # The whole data filled row by row on one side, column by column on the
            # other: the first row of one begins as the first column of the other does.
            by_row, by_column = _as_rows(a["sample"]).ravel(), b["first_column"]
            m = min(len(by_row), len(by_column))
            begin = by_row[:m]
            if m > 2 and len(np.unique(begin)) > 1 and (begin == by_column[:m]).all():
                return {}
    return None


def _each_row_reordered(left: np.ndarray, right: np.ndarray) -> bool:
    if left.ndim < 3:
        return False
    column_major = np.stack([row.ravel(order="F") for row in left])
    other_way = np.stack([row.ravel(order="F") for row in right])
    return bool(
        np.array_equal(column_major, _as_rows(right))
        or np.array_equal(other_way, _as_rows(left))
    )


def _factor_levels(comparison: Comparison) -> dict[str, Any] | None:
    for one, other in _data(comparison):
        left, right = one["targets"], other["targets"]
        if not isinstance(left, np.ndarray) or not isinstance(right, np.ndarray):
            continue
        if left.shape != right.shape or not np.array_equal(
            one["hashes"], other["hashes"]
        ):
            continue
        ours, theirs = _codes(left), _codes(right)
        if ours is None or theirs is None or np.array_equal(ours, theirs):
            continue
        # Each code of one side is one and the same other code on the other side.
        mapped = {(a, b) for a, b in zip(ours.tolist(), theirs.tolist(), strict=True)}
        if len(mapped) == len({a for a, _ in mapped}) == len({b for _, b in mapped}):
            changed = sorted((a, b) for a, b in mapped if a != b)
            shown = ", ".join(f"{a} here is {b} there" for a, b in changed[:3])
            return {"codes": shown}
    return None


def _codes(targets: np.ndarray) -> np.ndarray | None:
    """Return class codes, of one-hot rows too; None of anything else."""
    if targets.ndim == 2 and targets.shape[1] > 1:
        if not ((targets == 0) | (targets == 1)).all():
            return None
        return np.asarray(targets.argmax(axis=1))
    flat = targets.reshape(-1)
    if flat.dtype.kind not in "biuf" or (flat != np.round(flat)).any():
        return None
    codes = flat.astype(np.int64)
    return codes if len(np.unique(codes)) <= 1000 else None


def _rounding(comparison: Comparison) -> dict[str, Any] | None:
    for one, other in _differing_samples(comparison):
        left, right = one["sample"], other["sample"]
        if left.shape != right.shape or np.array_equal(left, right):
            continue
        # Differences of large numbers keep the rounding of the large ones.
        if np.abs(left - right).max() <= _ROUNDING * np.abs(left).max():
            return {"ours": _dtype(one), "theirs": _dtype(other)}
    return None


def _dtype(data: Any) -> str:
    form = data["x"]
    return str(form.get("dtype", "unknown")) if isinstance(form, dict) else "several"


def _epochs_default(comparison: Comparison) -> dict[str, Any] | None:
    for check in _pairs(comparison, "split"):
        epochs = tuple(content["epochs"] for content in _contents(check))
        if sorted(epochs) == [1, 10]:
            label = comparison.left.label if epochs[0] == 10 else comparison.right.label
            return {"ten": label}
    return None


def _split_rounding(comparison: Comparison) -> dict[str, Any] | None:
    for check in _pairs(comparison, "split"):
        parts = [
            (content.get("training") or {}, content.get("held_out") or {})
            for content in _contents(check)
        ]
        if not all("n" in part for pair in parts for part in pair):
            continue
        (ours, ours_out), (theirs, theirs_out) = parts
        if abs(ours["n"] - theirs["n"]) != 1:
            continue
        left = np.concatenate([ours["hashes"], ours_out["hashes"]])
        right = np.concatenate([theirs["hashes"], theirs_out["hashes"]])
        if np.array_equal(left, right):
            return {"ours": ours["n"], "theirs": theirs["n"]}
    return None


def _layer_order(comparison: Comparison) -> dict[str, Any] | None:
    return _seeds(comparison, same_set=True)


def _weight_seed(comparison: Comparison) -> dict[str, Any] | None:
    return _seeds(comparison, same_set=False)


def _seeds(comparison: Comparison, same_set: bool) -> dict[str, Any] | None:
    """Look at the first initial weights that differ, and the seeds that made them."""
    for check in _initial_weights(comparison):
        if check.agrees:
            continue
        left, right = (_seeds_of(comparison, one) for one in (check.left, check.right))
        if not left or not right or left == right:
            return None
        everywhere = [_all_seeds(side.observations) for side in _sides(comparison)]
        reordered = (
            sorted(left) == sorted(right)
            or sorted(everywhere[0]) == sorted(everywhere[1])
            # Both draw from the same sequence, one model sooner than the other.
            or bool({*left} & {*everywhere[1]} and {*right} & {*everywhere[0]})
        )
        return (
            {"model": _contents(check)[0]["model"]} if reordered == same_set else None
        )
    return None


def _sides(comparison: Comparison) -> tuple[Any, Any]:
    return comparison.left, comparison.right


def _seeds_of(comparison: Comparison, weights: Any) -> list[int]:
    """Return the seeds of the model that initial weights are of."""
    for side in _sides(comparison):
        if any(one is weights for one in side.observations):
            for one in side.observations:
                if (
                    one.kind == "model"
                    and one.content["name"] == weights.content["model"]
                ):
                    return _model_seeds(one)
    return []


def _model_seeds(model: Any) -> list[int]:
    return [seed for layer in model.content["layers"] for seed in layer["seeds"]]


def _all_seeds(observations: Any) -> list[int]:
    models = (one for one in observations if one.kind == "model")
    return [seed for one in models for seed in _model_seeds(one)]


def _shuffle_seed(comparison: Comparison) -> dict[str, Any] | None:
    """Look for the same start and the same rows, but another seed of their order."""
    for check in _pairs(comparison, "split"):
        left, right = _contents(check)
        starts = list(_initial_weights(comparison))
        if not check.agrees or not all(one.agrees for one in starts):
            return None
        one, other = left["random_states"], right["random_states"]
        backend = comparison.left.environment.get("backend", "tensorflow")
        decisive = "tensorflow" if backend == "tensorflow" else "numpy"
        if left["arguments"]["shuffle"] and one.get(decisive) != other.get(decisive):
            return {}
    return None


def _machine_settings(comparison: Comparison) -> dict[str, Any] | None:
    differing = _settings(comparison, SETTINGS)
    return {"settings": differing} if differing else None


def _builds(comparison: Comparison) -> dict[str, Any] | None:
    differing = _settings(comparison, (*BUILD, "numpy"))
    return {"versions": differing} if differing else None


TRAPS = (
    Trap(
        "column-base",
        _column_base,
        "The columns of the input are shifted by one: what {ahead} has in a column, "
        "{behind} has in the next. R counts columns from 1, so index k is put into "
        "column k there and into column k + 1 here; in Python, "
        "`vectorize_sequences(..., first_index=1)` makes R's matrix.",
    ),
    Trap(
        "reshape-order",
        _reshape_order,
        "Both sides have the same numbers in another order: one filled its array row "
        "by row, the other column by column. R's `dim<-` and `matrix()` go by "
        "columns: use `array_reshape()` in R, or `order='F'` in NumPy.",
    ),
    Trap(
        "factor-levels",
        _factor_levels,
        "The targets are the same classes with other codes ({codes}). R sorts a "
        "factor's levels by the alphabet unless `levels =` is given, so give both "
        "sides the same order.",
    ),
    Trap(
        "input-precision",
        _rounding,
        "The inputs differ by no more than rounding (x is {ours} in {left}, {theirs} "
        "in {right}): one side computed them in single precision. R computes in "
        "double precision, so compute in float64 in Python too and let Keras round at"
        " the end.",
    ),
    Trap(
        "epochs-default",
        _epochs_default,
        "{ten} trained for 10 epochs and the other side for 1. `fit()` of R's legacy "
        "package keras has the default 10, Keras and keras3 have 1: give `epochs`.",
    ),
    Trap(
        "split-rounding",
        _split_rounding,
        "Both sides have the same rows, but {left} trains on {ours} of them and "
        "{right} on {theirs}. Keras trains on floor(n * (1 - validation_split)) "
        "computed in floating point; use `validation_split` itself, or "
        "`validation_rows()`.",
    ),
    Trap(
        "layer-order",
        _layer_order,
        "The model {model} starts from other weights, made from the same seeds dealt "
        "out in another order. A layer draws its seed when it is created, so create "
        "models and layers in the same order on both sides.",
    ),
    Trap(
        "weight-seed",
        _weight_seed,
        "The model {model} starts from other weights: the sides drew other seeds for "
        "its layers. Call `set_random_seed()` with the same number at the same place "
        "in both files, before the first layer.",
    ),
    Trap(
        "shuffle-seed",
        _shuffle_seed,
        "Weights and rows are the same before training, but the rows are shuffled "
        "otherwise: the backend's seed differs. Call `set_random_seed()` (not only "
        "`set.seed()` or `numpy.random.seed()`) with the same number in both files.",
    ),
    Trap(
        "settings",
        _machine_settings,
        "The sides ran with other settings: {settings}. They change the order in "
        "which sums are rounded, so run both with the same ones.",
    ),
    Trap(
        "builds",
        _builds,
        "The sides ran on other builds: {versions}. Builds round in another order, so"
        " agreement to the last bit needs the same versions and the same kind of "
        "machine.",
    ),
)
