"""How much of R's keras packages is here: counted, and proved by calling it.

What the packages export is in ``keras3.tsv`` (name, family, formals, the Keras object,
and why a name is R's alone) and ``keras.tsv`` (those of the older package).
"""

from __future__ import annotations

import csv
import functools
from collections.abc import Iterable
from dataclasses import dataclass, field
from importlib import resources
from typing import TYPE_CHECKING, Any

import rkeras_port

if TYPE_CHECKING:
    from rich.table import Table

    from rkeras_port.r import Session


#: The R6 classes of the older package.
_R6 = {"KerasCallback", "KerasConstraint", "KerasLayer", "KerasWrapper"}


@dataclass(frozen=True, slots=True)
class Export:
    """A function or object that keras3 exports."""

    name: str
    family: str
    formals: str
    """As R source; "(object)" for what is no function."""
    python: str
    r_only: str
    """Why Python has no such name; empty where it has."""


@dataclass
class Count:
    """What there is of one family.

    Attributes
    ----------
    exports : int
        How many names the R package has.
    python, r, formals, run_python, run_r : int
        How many of them Python has (or needs not have), R has, have the same formals,
        and gave the expected results in either door.
    missing : list of str
        What is not as it should be, in words.
    """

    exports: int = 0
    python: int = 0
    r_only: int = 0
    r: int = 0
    formals: int = 0
    run_python: int = 0
    run_r: int = 0
    missing: list[str] = field(default_factory=list)


@functools.cache
def exports() -> tuple[Export, ...]:
    """Return what keras3 exports."""
    return tuple(Export(**line) for line in _table("keras3.tsv"))


@functools.cache
def legacy_formals(only_legacy: bool = True) -> dict[str, str | None]:
    """Return what the older package keras exports: formals by name, as R source.

    They are None for its R6 classes. Without `only_legacy` the names that keras3 has
    too are among them.
    """
    return {
        line["name"]: None if line["name"] in _R6 else line["formals"]
        for line in _table("keras.tsv")
        if line["only_legacy"] == "TRUE" or not only_legacy
    }


def _table(name: str) -> Iterable[dict[str, Any]]:
    text = resources.files(__name__).joinpath(name).read_text("utf-8")
    return csv.DictReader(
        text.splitlines(), delimiter="\t", quoting=csv.QUOTE_NONE, restval=""
    )


def count(session: Session | None, run: bool = False) -> dict[str, Count]:
    """Count what is there, by family; names of the older package under "keras only".

    Parameters
    ----------
    session : Session or None
        R's; None leaves R's columns at 0.
    run : bool
        Whether to call everything and compare the results (a minute or two).
    """
    counts: dict[str, Count] = {}
    here = set(rkeras_port.__dir__())
    in_r = set() if session is None else _exported(session, "keras3")
    wanted = {e.name: e.formals for e in exports() if e.formals != "(object)"}
    wrong = wrong_formals(session, "keras3", wanted) if session is not None else set()
    failed = _failed(session) if run else None
    for export in exports():
        family = counts.setdefault(export.family, Count())
        family.exports += 1
        family.r_only += bool(export.r_only)
        if export.name in here or export.r_only:
            family.python += 1
        else:
            family.missing.append(f"{export.name}: not in Python")
        if failed is not None:
            _add_runs(family, export, failed)
        if session is None:
            continue
        if export.name in in_r:
            family.r += 1
        else:
            family.missing.append(f"{export.name}: not in R")
        if export.name in wrong:
            family.missing.append(f"{export.name}: other formals than R's package")
        else:
            family.formals += export.name in in_r
    counts["keras only"] = _legacy(session)
    return counts


def _add_runs(family: Count, export: Export, failed: dict[str, dict[str, str]]) -> None:
    for door, outcomes in failed.items():
        if export.name not in outcomes:
            if door == "r" or not export.r_only:
                family.missing.append(f"{export.name}: not called in {door}")
        elif outcomes[export.name]:
            family.missing.append(f"{export.name}: {outcomes[export.name]}")
        elif door == "r":
            family.run_r += 1
        else:
            family.run_python += 1


def _legacy(session: Session | None) -> Count:
    formals = legacy_formals()
    found = Count(exports=len(formals), r_only=len(formals), python=len(formals))
    if session is None:
        return found
    in_r = _exported(session, "keras")
    functions = {name: text for name, text in formals.items() if text is not None}
    wrong = wrong_formals(session, "keras", functions)
    for name in formals:
        if name not in in_r:
            found.missing.append(f"{name}: not in R")
            continue
        found.r += 1
        if name in wrong:
            found.missing.append(f"{name}: other formals than R's package")
        else:
            found.formals += 1
    return found


def _exported(session: Session, package: str) -> set[str]:
    """Return the names that an R package of ours exports."""
    names: Any = session.eval(f'getNamespaceExports("{package}")')
    return set(names)


def wrong_formals(session: Session, package: str, wanted: dict[str, str]) -> set[str]:
    """Return the functions whose formals in R differ from those that are wanted.

    R compares its own parse of both, so spelling does not matter.
    """
    different: Any = session.eval(
        "function(package, wanted) {\n"
        "  exported <- getNamespaceExports(package)\n"
        "  same <- function(name, formals) {\n"
        "    if (!name %in% exported) return(TRUE)\n"
        "    wanted <- eval(parse(text = paste0('function(', formals, ') NULL')))\n"
        "    identical(formals(args(getExportedValue(package, name))),\n"
        "              formals(wanted))\n"
        "  }\n"
        "  as.list(names(wanted)[!mapply(same, names(wanted), wanted)])\n"
        "}"
    )
    return set(different(package, wanted))


def _failed(session: Session | None) -> dict[str, dict[str, str]]:
    """Run the cases; return by door and name the first failure, "" for none."""
    from rkeras_port._keras import keras

    from . import smoke

    outcomes: dict[str, dict[str, str]] = {"python": {}}
    if session is not None:
        outcomes["r"] = {}
        smoke.prepare_r(session)
    for case in smoke.cases():
        if case.backend not in ("", keras.config.backend()):
            continue
        for door, found in outcomes.items():
            if door == "python" and not case.python:
                continue
            before = found.get(case.name, "")
            found[case.name] = before or _failure(case, door, session)
    return outcomes


def _failure(case: Any, door: str, session: Any) -> str:
    from . import smoke

    try:
        if door == "r":
            smoke.run_r(case, session)
        else:
            smoke.run_python(case)
    except Exception as error:
        first = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return f"{case.python if door == 'python' else case.r or case.python}: {first}"
    return ""


def table(counts: dict[str, Count], with_r: bool, run: bool) -> Table:
    """Return the counts as a table for a terminal."""
    from rich.table import Table

    result = Table("family", title="R's keras, here", title_justify="left")
    titles = ["exports", "in Python", "R's own"]
    titles += ["in R", "same formals"] if with_r else []
    titles += ["run in Python"] if run else []
    titles += ["run in R"] if run and with_r else []
    for title in titles:
        result.add_column(title, justify="right")
    columns = ["exports", "python", "r_only"]
    columns += ["r", "formals"] if with_r else []
    columns += ["run_python"] if run else []
    columns += ["run_r"] if run and with_r else []
    legacy = counts.get("keras only", Count())
    for family, one in sorted(counts.items()):
        if one is not legacy:
            result.add_row(family, *_cells(one, columns))
    total = Count()
    for one in counts.values():
        for column in columns:
            if one is not legacy:
                setattr(total, column, getattr(total, column) + getattr(one, column))
    result.add_section()
    result.add_row("keras3", *_cells(total, columns))
    result.add_row("keras only", *_cells(legacy, columns))
    return result


def _cells(one: Count, columns: list[str]) -> list[str]:
    values = {name: getattr(one, name) for name in columns}
    values["python"] -= one.r_only
    if one.exports and one.r_only == one.exports:
        values |= dict.fromkeys({"python", "run_python"} & values.keys(), "")
    return [str(values[name]) for name in columns]
