"""R's `experiments()`: the grid, the data and a builder written in R, for Python's."""

from __future__ import annotations

from typing import Any

from rkeras_port.r.capi import SEXP, lib
from rkeras_port.r.coercions import as_integer, coerce_by, elements_of
from rkeras_port.r.data import sparse_in_fact
from rkeras_port.r.dispatch import TABLE, lent
from rkeras_port.r.to_python import to_python
from rkeras_port.r.to_r import to_r
from rkeras_port.r.training import as_input, ready

_DATA = ("x", "y", "validation_data", "test_data")
_WHOLE = ("epochs", "batch_size", "early_stopping", "seed", "n_jobs")


def _experiments(args: SEXP) -> SEXP:
    """(grid, arguments, sparse): train and compare the networks of a grid."""
    from rkeras_port.trials import experiments

    grid = to_python(lib.VECTOR_ELT(args, 0))
    coercions = dict.fromkeys(_DATA, as_input) | dict.fromkeys(_WHOLE, as_integer)
    given = {
        name: coerce_by("experiments", name, value, coercions.get(name, to_python))
        for name, value in elements_of(lib.VECTOR_ELT(args, 1))
    }
    sparse = bool(to_python(lib.VECTOR_ELT(args, 2)))
    for name in _DATA:
        if given.get(name) is not None:
            given[name] = _prepared(given[name], sparse)
    code = given.pop("build_code", None)
    if code is not None:
        given["build"] = _builder(given["build"], code)
    with lent():
        return to_r(experiments(grid, **given))


def _prepared(value: Any, sparse: bool) -> Any:
    """Return data as Keras takes them, matrices of mostly zeros as sparse ones."""
    if isinstance(value, dict):
        value = list(value.values())
    if isinstance(value, list | tuple):
        return tuple(_prepared(one, sparse) for one in value)
    if sparse and getattr(value, "ndim", 0) == 2:
        matrix = sparse_in_fact(value)
        value = value if matrix is None else matrix
    return ready(value)


def _builder(function: Any, code: str) -> Any:
    """Return an R function as one whose code tells it from others."""

    def build(**settings: Any) -> Any:
        return function(**settings)

    build.__r_code__ = code  # type: ignore[attr-defined]
    return build


TABLE.update({b"experiments": _experiments})
