"""R's calls of catalogue functions: arguments coerced by the row, then the Python door.

The R functions are closures that ``R/keras3/exports.R`` makes of the rows: with R's
formals, and a body that names the row. They send what the caller supplied, and only
that, so that Keras's own defaults apply.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

from rkeras_port.catalogue import First, Row, function, rows
from rkeras_port.catalogue import legacy as legacy_tables
from rkeras_port.catalogue.legacy import LegacyRow
from rkeras_port.errors import ArgumentError
from rkeras_port.r import capi, explanations, legacy, rside
from rkeras_port.r.capi import SEXP, lib
from rkeras_port.r.coercions import coerce, elements_of
from rkeras_port.r.dispatch import TABLE, find, lent
from rkeras_port.r.errors import RError
from rkeras_port.r.to_python import to_python
from rkeras_port.r.to_r import to_r

#: What every layer whose R function has `...` coerces too.
_LAYER_DOTS = {
    "input_shape": "normalize_shape",
    "batch_size": "as_integer",
    "batch_input_shape": "normalize_shape",
    "input_length": "as_integer",
}


#: Modules whose functions are arguments of layers and of `compile()`.
_USED_UNCALLED = {"activations", "losses", "metrics"}

#: Asks for positions as Python counts them; R's own argument, Keras never sees it.
_ZERO_INDEXED = "zero_indexed"


def _exports(_: SEXP) -> SEXP:
    """() -> what R needs to make its functions: names, formals and kinds."""
    table = rows().values()
    return to_r(
        {
            "name": [row.name for row in table],
            "formals": [row.r_formals for row in table],
            "first": [str(row.first) for row in table],
            "silent": [row.r_result == "silent" for row in table],
        }
    )


def _export(args: SEXP) -> SEXP:
    """(name, arguments): call a function of the catalogue."""
    name = capi.text(lib.STRING_ELT(lib.VECTOR_ELT(args, 0), 0)) or ""
    return to_r(call(name, lib.VECTOR_ELT(args, 1)))


TABLE.update({b"exports": _exports, b"export": _export})


def row_of(name: str) -> Row:
    """Return the row of a function; the older generation's begin with ``keras::``."""
    if name.startswith(legacy_tables.PREFIX):
        return legacy_tables.rows()[name.removeprefix(legacy_tables.PREFIX)]
    return rows()[name]


def stood_for(s: SEXP) -> Any:
    """Return the Keras object that an R function stands for when it is not called.

    Parameters
    ----------
    s : SEXP
        An R function.

    Returns
    -------
    object
        What the row names, such as `keras.activations.relu` for `activation_relu`; a
        class made in R, for its constructor; None for any other function. Operations
        stay R functions, because R counts axes and positions from 1.
    """
    mark = capi.depth()
    found = to_python(rside.call(".stands_for", s))
    capi.release(mark)
    if not isinstance(found, str):
        return found
    row = row_of(found)
    if row.first is First.FUNCTION and not _USED_UNCALLED & set(row.keras.split(".")):
        return None
    return find(row.targets[-1])


def keras_class(name: str) -> Any:
    """Return the Keras class that a function of the catalogue makes objects of."""
    return find(row_of(name).targets[0])


def call(name: str, args: SEXP) -> Any:
    """Call a function of the catalogue with an R list of arguments.

    Parameters
    ----------
    name : str
        The row's name.
    args : SEXP
        What the caller supplied, named by the formals; what came through `...`
        without a name is unnamed.

    Raises
    ------
    ArgumentError
        If an argument cannot be coerced, or a value without a name is left over.
    """
    row = row_of(name)
    named, unnamed, zero_indexed = _coerced(row, args)
    if row.first in (First.LAYER, First.MERGE):
        first = row.r_formals.partition(",")[0]
        named["object"] = named.pop(first, None)
        if row.first is First.MERGE:
            named["object"] = _gathered(named["object"], unnamed)
            unnamed = []
    if isinstance(row, LegacyRow):
        target = legacy.target(row.name)
    else:
        target = find(row.r_target) if row.r_target else function(name)
    positional = _positional(row.name, target, named, unnamed) if unnamed else []
    with lent():
        try:
            if isinstance(row, LegacyRow):
                result = legacy.call(row, positional, named)
            else:
                result = target(*positional, **named)
        except Exception as error:
            better = _explained(row, named, zero_indexed, error)
            if better is None:
                raise
            raise better from error
        return _finished(row, result, zero_indexed)


def _explained(
    row: Row, named: dict[str, Any], zero_indexed: bool, error: Exception
) -> Exception | None:
    if isinstance(error, RError):
        return None
    axes = row.coerced("as_axis")
    positions = [*row.coerced("as_index"), *row.coerced("as_starts")]
    indices = [] if zero_indexed else positions
    renamed = dict(pair.split(":") for pair in row.r_names.split())
    kept = {keras: r for r, keras in renamed.items()}
    arguments = {kept.get(name, name): value for name, value in named.items()}
    return explanations.explained(row.name, arguments, axes, indices, error)


def _coerced(row: Row, args: SEXP) -> tuple[dict[str, Any], list[Any], bool]:
    """Return the arguments by Keras's names, those without one, and `zero_indexed`."""
    given = elements_of(args)
    zero_indexed = any(
        name == _ZERO_INDEXED and bool(to_python(value)) for name, value in given
    )
    coercions = _coercions(row)
    if zero_indexed:
        plain = dict.fromkeys(("as_index", "as_class"), "as_integer_array")
        coercions = {name: plain.get(c, c) for name, c in coercions.items()}
    renamed = dict(pair.split(":") for pair in row.r_names.split())
    named: dict[str, Any] = {}
    unnamed: list[Any] = []
    for argument, value in given:
        if argument == _ZERO_INDEXED and argument in row.r_formals:
            continue
        coerced = coerce(row.name, argument, value, coercions.get(argument or "..."))
        if argument:
            named[renamed.get(argument, argument)] = coerced
        else:
            unnamed.append(coerced)
    return named, unnamed, zero_indexed


def _positional(
    name: str, target: Callable[..., Any], named: dict[str, Any], unnamed: list[Any]
) -> list[Any]:
    """Return what to pass by position: all up to ``*operands``, if there are such."""
    parameters = inspect.signature(target).parameters.values()
    if not any(p.kind is p.VAR_POSITIONAL for p in parameters):
        raise ArgumentError(
            name,
            "...",
            "takes only arguments with names",
            received=f"{len(unnamed)} without a name",
        )
    before = [p.name for p in parameters if p.kind is p.POSITIONAL_OR_KEYWORD]
    return [*(named.pop(p) for p in before if p in named), *unnamed]


def _finished(row: Row, result: Any, zero_indexed: bool) -> Any:
    """Make the result what R's function returns."""
    if row.r_result:
        from rkeras_port.r import operations

        results = operations.RESULTS
        if zero_indexed:
            results = results | operations.UNSHIFTED
        return results[row.r_result](result)
    if isinstance(result, tuple) and hasattr(result, "_fields"):
        return tuple(result)
    return result


def _coercions(row: Row) -> dict[str, str]:
    pairs = dict(pair.split(":") for pair in row.r_coercions.split())
    if row.first in (First.LAYER, First.MERGE):
        return _LAYER_DOTS | pairs
    return pairs


def _gathered(inputs: Any, more: list[Any]) -> Any:
    """Return the tensors of a merging layer: one, a list, or None to get the layer."""
    if not more:
        return inputs
    first = inputs if isinstance(inputs, list) else [inputs]
    return [tensor for tensor in (*first, *more) if tensor is not None]
