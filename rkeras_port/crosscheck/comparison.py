"""What a comparison of two sides says: checks, differences, likely causes."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from .observations import Kind, Observation, Side


@dataclass(frozen=True)
class Difference:
    """One place where the sides differ.

    Attributes
    ----------
    where : str
        The place, in the user's terms: "layer 2 (dense_1), kernel[3, 5]",
        "epoch 4, val_loss", "row 17".
    left, right : object
        The two values; plain values that print.
    amount : float, optional
        Absolute difference, where the values are numbers.
    """

    where: str
    left: Any
    right: Any
    amount: float | None = None


@dataclass(frozen=True)
class Check:
    """One observation of one side held against its counterpart.

    Attributes
    ----------
    kind, name : str
        What was compared. If the names differ between the sides, the left one.
    rule : str
        How: "exact", or the tolerance with its reason.
    left, right : Observation, optional
        None where one side has no counterpart.
    differences : tuple of Difference
        The first few, first first. Empty if the sides agree.
    count : int
        How many differences there are in all.
    """

    kind: Kind
    name: str
    rule: str
    left: Observation | None
    right: Observation | None
    differences: tuple[Difference, ...] = ()
    count: int = 0

    @property
    def matched(self) -> bool:
        """Whether both sides have this observation."""
        return self.left is not None and self.right is not None

    @property
    def agrees(self) -> bool:
        """Whether both sides have it and nothing differs."""
        return self.matched and self.count == 0


@dataclass(frozen=True)
class Hint:
    """A likely cause of the differences: one of the known traps.

    Attributes
    ----------
    trap : str
        Short name of the trap, "column-base" for example.
    text : str
        What happened and what to change, in two sentences.
    """

    trap: str
    text: str


@dataclass
class Comparison:
    """Two sides lined up."""

    left: Side
    right: Side
    checks: list[Check] = field(default_factory=list)
    hints: list[Hint] = field(default_factory=list)

    @property
    def agrees(self) -> bool:
        """Whether both sides ran to their end, and every check agrees."""
        failed = self.left.failure or self.right.failure
        return not failed and bool(self.checks) and all(c.agrees for c in self.checks)

    @property
    def first(self) -> Check | None:
        """The first check that does not agree, if any."""
        return next((check for check in self.checks if not check.agrees), None)
