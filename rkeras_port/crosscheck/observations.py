"""What was observed while one side ran, in order: models, weights, splits, ..."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

Kind = Literal[
    "model",
    "compile",
    "weights",
    "split",
    "history",
    "evaluation",
    "prediction",
    "draw",
    "value",
]


@dataclass(frozen=True)
class Observation:
    """One thing that was seen.

    Attributes
    ----------
    kind : str
        What it is; decides by which rule it is compared.
    name : str
        Its name: given by `observe`, or the kind with a running number, from 1
        ("history 1"). Names are unique within a kind on one side.
    content : mapping of str to plain values and arrays
        What was seen: strings, numbers, None, lists, mappings and NumPy arrays.
    where : str, optional
        File and line of the user's call, "analysis.R:12", where that is known.
    """

    kind: Kind
    name: str
    content: Mapping[str, Any]
    where: str | None = None


@dataclass(frozen=True)
class Failure:
    """Why a side ended early: its own message, and the file and line if known."""

    message: str
    where: str | None = None


@dataclass
class Side:
    """One language's run of its file.

    Attributes
    ----------
    label : str
        "R", "Python", "keras3" or what the user called it.
    source : str
        Name of the file that ran.
    code : str
        Its text.
    observations : list of Observation
        In the order in which they were taken.
    failure : Failure, optional
        Set if the run ended with an error. What was seen before it is kept.
    environment : mapping of str to str
        Versions and settings that explain differences: python, keras, backend,
        tensorflow, numpy, r, oneDNN, threads, seed ...
    seconds : float
        How long it ran.
    """

    label: str
    source: str
    code: str
    observations: list[Observation] = field(default_factory=list)
    failure: Failure | None = None
    environment: dict[str, str] = field(default_factory=dict)
    seconds: float = 0.0
