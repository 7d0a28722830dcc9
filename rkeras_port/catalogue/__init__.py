"""What R exports and what it is in Keras: one table per family, read here.

A family is a file ``<family>.tsv`` beside this module, a function is a line in it:

``name``
    R's name, which is also the name in Python.
``keras``
    Dotted path of the Keras object. Losses and metrics that are both a class and a
    function name both, the class first.
``first``
    How the first argument is taken: see `First`.
``r_formals``
    The formals of the R function, as R source.
``r_coercions``
    What the R door does to arguments, as ``argument:coercion`` pairs; ``...`` stands
    for those without a name.
``r_names``
    Where R names an argument otherwise than Keras, as ``r_name:keras_name`` pairs.
``r_target``
    Dotted path of what R calls instead, where R's function does more than Keras's.
``r_result``
    What the R door does to the result: see `rkeras_port.r.operations`.

Adding a family is adding a table; nothing here imports Keras.
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from importlib import resources
from types import MappingProxyType
from typing import Any


class First(StrEnum):
    """How a function takes its first argument."""

    LAYER = "layer"
    """Data or nothing: with data the layer is applied, without it is returned."""
    MERGE = "merge"
    """As LAYER, where data are several tensors, in a list or one after the other."""
    OBJECT = "object"
    """Arguments of a constructor."""
    FUNCTION = "function"
    """Arguments of a plain function."""
    APPLICATION = "application"
    """As FUNCTION; it is noted which function made the model."""
    EITHER = "either"
    """With `y_true` and `y_pred` the function is called, else the object is made."""


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a catalogue table."""

    family: str
    name: str
    keras: str
    first: First
    r_formals: str
    r_coercions: str
    r_names: str = ""
    r_target: str = ""
    r_result: str = ""

    @property
    def targets(self) -> list[str]:
        """Dotted paths of the Keras objects: the class, then the function, if any."""
        return self.keras.split()

    def coerced(self, *coercions: str) -> list[str]:
        """Return the names of the arguments that the R door coerces in these ways."""
        pairs = (pair.split(":") for pair in self.r_coercions.split())
        return [argument for argument, coercion in pairs if coercion in coercions]


#: Columns that a table may leave out.
_R_COLUMNS = ("r_coercions", "r_names", "r_target", "r_result")


def families() -> list[str]:
    """Return the families' names, in alphabetical order."""
    folder = resources.files(__name__)
    return sorted(
        file.name.removesuffix(".tsv")
        for file in folder.iterdir()
        if file.name.endswith(".tsv")
    )


def read_family(family: str) -> list[Row]:
    """Return the rows of one family's table, in file order.

    Examples
    --------
    >>> [row.keras for row in read_family("schedules")][0]
    'keras.optimizers.schedules.CosineDecay'
    """
    text = resources.files(__name__).joinpath(f"{family}.tsv").read_text("utf-8")
    lines = csv.DictReader(
        text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE, restval=""
    )
    return [
        Row(
            family,
            line["name"],
            line["keras"],
            First(line["first"]),
            line["r_formals"],
            *(line.get(column, "") for column in _R_COLUMNS),
        )
        for line in lines
    ]


@functools.cache
def rows() -> MappingProxyType[str, Row]:
    """Return every row of every family by its function's name."""
    return MappingProxyType(
        {row.name: row for family in families() for row in read_family(family)}
    )


def function(name: str) -> Callable[..., Any]:
    """Build the Python function of a row (this imports Keras).

    Raises
    ------
    KeyError
        If no table has a function of that name.
    """
    row = rows()[name]
    from .build import build

    return build(row)
