"""R functions called from Python.

An R function reaches Python as an ordinary Python function with the same argument
names, so that Keras can look at its signature. It may be called on any thread: one
that is not R's own waits for its turn (`turn`).
"""

from __future__ import annotations

import inspect
import keyword
from inspect import Parameter
from typing import Any
from weakref import WeakValueDictionary

from rkeras_port.r import capi, conditions, rside, turn
from rkeras_port.r.capi import SEXP, lib
from rkeras_port.r.handles import RObject

# By address: each keeps its R function, so no other can come to be there.
_functions: WeakValueDictionary[int, Any] = WeakValueDictionary()


def python_function(s: SEXP) -> Any:
    """Return a Python function that calls an R function.

    Parameters
    ----------
    s : SEXP
        An R closure or primitive.

    Returns
    -------
    function
        Its arguments are converted to R, its result to Python; R errors arrive as
        `RError`. Given to R it is the R function again. The same one for the same R
        function, as long as it is in use. For a function of the
        catalogue, or a class made in R, the Keras object that it stands for.
    """
    from rkeras_port.r import exports

    known = exports.stood_for(s)
    if known is not None:
        return known
    known = _functions.get(capi.address(s))
    if known is not None:
        return known
    original = RObject(s)

    def r_function(*args: Any, **kwargs: Any) -> Any:
        return call(original, args, kwargs)

    r_function.__signature__ = signature(s)  # type: ignore[attr-defined]
    r_function.__r_function__ = original  # type: ignore[attr-defined]
    # TensorFlow's AutoGraph rewrites Python source; it leaves what carries this alone.
    r_function.autograph_info__ = {}  # type: ignore[attr-defined]
    _functions[capi.address(s)] = r_function
    return r_function


def call(function: RObject, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
    """Call an R function with Python values and return its result as a Python value.

    Raises
    ------
    RError
        If the function fails.
    """
    from rkeras_port.r.to_python import to_python
    from rkeras_port.r.to_r import to_r

    args = tuple(value for value in args if value is not LEFT_TO_R)
    kwargs = {name: v for name, v in kwargs.items() if v is not LEFT_TO_R}
    with turn.taken():
        mark = capi.depth()
        try:
            values = capi.vector(capi.VECSXP, len(args) + len(kwargs))
            for i, value in enumerate((*args, *kwargs.values())):
                lib.SET_VECTOR_ELT(values, i, to_r(value))
            if kwargs:
                names = capi.strings([""] * len(args) + list(kwargs))
                lib.Rf_setAttrib(values, capi.names_symbol, names)
            return to_python(conditions.call(function.sexp, values))
        finally:
            capi.release(mark)


def signature(s: SEXP) -> inspect.Signature:
    """Return the Python signature that says what an R function's formals say."""
    mark = capi.depth()
    formals = rside.call(".formals_of", s)
    parameters: list[Parameter] = []
    way: Any = Parameter.POSITIONAL_OR_KEYWORD
    optional = False
    rest = None
    for i, name in enumerate(capi.names(formals)):
        if name == "..." or not name.isidentifier() or keyword.iskeyword(name):
            if rest is None:
                rest = len(parameters)
            way = Parameter.KEYWORD_ONLY
            continue
        default = _default(lib.VECTOR_ELT(formals, i))
        # Python wants all that follows an optional argument optional; R does not mind.
        optional = optional or default is not Parameter.empty
        if optional and default is Parameter.empty:
            default = LEFT_TO_R
        parameters.append(Parameter(name, way, default=default))
    capi.release(mark)
    if rest is not None:
        parameters.insert(rest, Parameter("args", Parameter.VAR_POSITIONAL))
        parameters.append(Parameter("kwargs", Parameter.VAR_KEYWORD))
    return inspect.Signature(parameters)


def _default(s: SEXP) -> Any:
    """Return a formal's default: a constant, or R's business."""
    from rkeras_port.r.to_python import to_python

    if s == lib.R_MissingArg:
        return Parameter.empty
    kind = capi.typeof(s)
    constant = kind == capi.NILSXP or (kind in _CONSTANTS and lib.Rf_length(s) == 1)
    return to_python(s) if constant else LEFT_TO_R


_CONSTANTS = (capi.LGLSXP, capi.INTSXP, capi.REALSXP, capi.CPLXSXP, capi.STRSXP)


class _LeftToR:
    """The default of an argument whose R default is an expression."""

    def __repr__(self) -> str:
        return "<R default>"


LEFT_TO_R = _LeftToR()
