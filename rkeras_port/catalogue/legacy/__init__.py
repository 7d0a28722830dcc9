"""What R's keras, the generation before keras3, exported and did otherwise.

The R door builds ``library(keras)`` of five tables beside this module:

``shared.tsv``
    Functions of the catalogue that both generations export, where the older one took
    other arguments, had other defaults or counted axes otherwise. The Keras object is
    that of the catalogue's own row.
``renamed.tsv``
    Objects of Keras that have another name in the catalogue, or none.
``backend.tsv``
    The ``k_`` functions: what each calls.
``modern.tsv``
    For each name that only the older generation had, what takes its place.
``gone.tsv``
    Names that nothing in Keras 3 can do, with the reason and the remedy.

Columns are those of the catalogue (`rkeras_port.catalogue`) and two more:

``sent``
    ``argument=value`` pairs, defaults of the older generation that Keras does not
    share. They are passed where the caller says nothing.
``left_out``
    Arguments that mean nothing to Keras 3. They are accepted and reported.

R's older package is 2.16.1, on Keras 2.
"""

from __future__ import annotations

import ast
import csv
import functools
from collections.abc import Callable
from dataclasses import dataclass, replace
from importlib import resources
from types import MappingProxyType
from typing import Any

from rkeras_port.catalogue import First, Row
from rkeras_port.catalogue import rows as modern_rows

#: Tells a function of this generation from its namesake in the catalogue.
PREFIX = "keras::"


@dataclass(frozen=True, slots=True)
class LegacyRow(Row):
    """One line of `shared.tsv`, `renamed.tsv` or `backend.tsv`."""

    sent: str = ""
    left_out: str = ""

    def defaults(self) -> dict[str, Any]:
        """Return the values that are passed where the caller says nothing."""
        return {
            name: _value(text)
            for name, _, text in (pair.partition("=") for pair in self.sent.split())
        }


@dataclass(frozen=True, slots=True)
class Gone:
    """A function that Keras 3 cannot stand in for."""

    name: str
    r_formals: str
    why: str
    instead: str


def _value(text: str) -> Any:
    try:
        return ast.literal_eval(text)
    except (SyntaxError, ValueError):
        return text


def _lines(table: str) -> list[dict[str, str]]:
    text = resources.files(__name__).joinpath(f"{table}.tsv").read_text("utf-8")
    return list(
        csv.DictReader(
            text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE, restval=""
        )
    )


def _shared(line: dict[str, str]) -> LegacyRow:
    row = modern_rows()[line["name"]]
    return LegacyRow(
        row.family,
        row.name,
        row.keras,
        row.first,
        r_target=row.r_target,
        r_result=row.r_result,
        **{name: value for name, value in line.items() if name != "name"},
    )


def _backend(line: dict[str, str]) -> LegacyRow:
    return LegacyRow("backend", keras="", first=First.FUNCTION, **line)


def _renamed(line: dict[str, str]) -> LegacyRow:
    row = LegacyRow("renamed", **line)  # type: ignore[arg-type]
    family = "layers" if row.first == First.LAYER else row.keras.split(".")[1]
    return replace(row, family=family, first=First(row.first))


_TABLES: dict[str, Callable[[dict[str, str]], LegacyRow]] = {
    "shared": _shared,
    "renamed": _renamed,
    "backend": _backend,
}


@functools.cache
def rows() -> MappingProxyType[str, LegacyRow]:
    """Return the rows that R functions are made of, by name.

    Examples
    --------
    >>> rows()["k_abs"].r_target
    'keras.ops.abs'
    >>> rows()["layer_conv_lstm_2d"].defaults()
    {'recurrent_activation': 'hard_sigmoid'}
    """
    return MappingProxyType(
        {
            line["name"]: make(line)
            for table, make in _TABLES.items()
            for line in _lines(table)
        }
    )


@functools.cache
def modern() -> MappingProxyType[str, str]:
    """Return what takes the place of each name that the newer generation lacks.

    Examples
    --------
    >>> modern()["save_model_hdf5"]
    'save_model()'
    """
    return MappingProxyType({line["name"]: line["modern"] for line in _lines("modern")})


def gone() -> list[Gone]:
    """Return the functions that only say why they cannot work.

    Examples
    --------
    >>> [row.instead for row in gone() if row.name == "model_to_yaml"]
    ['use model_to_json()']
    """
    return [Gone(**line) for line in _lines("gone")]
