"""Which rule each kind of observation is compared by: the table rules.toml."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .environment import BUILD
from .observations import Kind


@dataclass(frozen=True)
class Rule:
    """How two numbers are held against each other.

    Attributes
    ----------
    reason : str
        Why so.
    relative, absolute : float
        They agree if they differ by at most ``absolute + relative * |value|``; 0 and 0
        mean to the last bit.
    """

    reason: str
    relative: float = 0.0
    absolute: float = 0.0

    def __str__(self) -> str:
        """Say the rule in a line."""
        if not self.relative and not self.absolute:
            return "exact"
        return (
            f"within {self.absolute:g} + {self.relative:g} of the value: {self.reason}"
        )

    def differ(self, left: NDArray[Any], right: NDArray[Any]) -> NDArray[np.bool_]:
        """Return where two arrays of numbers of one shape differ.

        NaN agrees with NaN only. Between zeros the sign counts, as the last bit does.
        """
        same = (left == right) & (np.signbit(left) == np.signbit(right))
        same |= np.isnan(left) & np.isnan(right)
        if self.relative or self.absolute:
            with np.errstate(invalid="ignore"):
                limit = self.absolute + self.relative * np.abs(right)
                same |= np.abs(left - right) <= np.where(np.isfinite(limit), limit, 0)
        different: NDArray[np.bool_] = ~same
        return different


@cache
def _table() -> dict[str, Rule]:
    text = Path(__file__).with_name("rules.toml").read_text("utf-8")
    return {kind: Rule(**row) for kind, row in tomllib.loads(text).items()}


def rule_for(kind: Kind, left: Mapping[str, str], right: Mapping[str, str]) -> Rule:
    """Return the rule for a kind of observation, given two sides' environments.

    Examples
    --------
    >>> print(rule_for("history", {"keras": "3.15.1"}, {"keras": "3.15.1"}))
    exact
    >>> print(rule_for("value", {"keras": "3.15.1"}, {"keras": "3.12.0"})) \
# doctest: +ELLIPSIS
    within 1e-07 + 1e-06 of the value: builds round float32 differently...
    """
    table = _table()
    return table["exact" if same_build(left, right) else kind]


def same_build(left: Mapping[str, str], right: Mapping[str, str]) -> bool:
    """Say whether two sides ran on the same builds, on the same kind of machine."""
    return all(left.get(name) == right.get(name) for name in BUILD)
