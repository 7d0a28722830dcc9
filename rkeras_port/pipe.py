"""The pipe: `>>`, the steps it applies, and how a call knows its object is there.

Two kinds of things stand on the right of ``>>``. A ``layer_*()`` call without data
is a real `keras.Layer`; `install` gives that class the one method that makes it
pipeable. A verb (`fit`, `compile`, ...) called without its object is a `Step`: its
arguments are bound and checked where they are written, and it runs when an object
arrives. ``>>`` is sugar: ``fit(model, x, y)`` and ``pipe(model, fit(x, y))`` do the
same.
"""

from __future__ import annotations

import functools
import inspect
import os
import sys
import types
import warnings
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Generic, TypeVar

from .errors import ArgumentTypeError, RKerasError, did_you_mean

T = TypeVar("T")
R = TypeVar("R")


class UnusedStepWarning(RuntimeWarning):
    """A step was written and never applied to anything."""


class BindingError(RKerasError, TypeError):
    """The arguments of a call do not fit the function's signature."""


class Step(Generic[T, R]):
    """A verb with its arguments, waiting for the object on the left of ``>>``.

    Parameters
    ----------
    verb : str
        Name of the verb, as the user wrote it.
    run : callable
        Called with the object; returns the result of the step.
    waits_for : str
        What the object must be, in words ("a model").
    described : str
        The call's arguments in short form, never their data.

    Examples
    --------
    >>> double = Step("double", lambda x: 2 * x, "a number", "")
    >>> 21 >> double
    42
    >>> double
    <step double() waiting for a number: use number >> double()>
    """

    # NumPy would otherwise broadcast `>>` over the elements of an array on the left.
    __array_ufunc__ = None

    def __init__(
        self, verb: str, run: Callable[[T], R], waits_for: str, described: str
    ) -> None:
        self._verb = verb
        self._run = run
        self._waits_for = waits_for
        self._described = described
        self._applied = False
        self._written_at = _callers_line()

    def __call__(self, object: T) -> R:
        """Apply the step to `object`."""
        self._applied = True
        if object is None:
            raise ArgumentTypeError(
                self._verb,
                "object",
                f"must be {self._waits_for}, but the left side is None",
                remedy="Did an earlier function in the pipe return nothing?",
            )
        with _named_step(f"{_describe(object)} >> {self._verb}({self._described})"):
            return self._run(object)

    def __rrshift__(self, object: T) -> R:
        return self(object)

    def __repr__(self) -> str:
        call = f"{self._verb}({self._described})"
        return f"<step {call} waiting for {self._waits_for}: use {self._usage()}>"

    def _usage(self) -> str:
        subject = self._waits_for.split()[1]
        return f"{subject} >> {self._verb}({'...' if self._described else ''})"

    def __del__(self) -> None:
        # Attributes are missing when __init__ itself failed.
        if getattr(self, "_applied", True) or sys.is_finalizing():
            return
        filename, line = self._written_at
        warnings.warn_explicit(
            f"step '{self._verb}' was never applied: write {self._usage()}, or give "
            f"{self._waits_for} as the first argument",
            UnusedStepWarning,
            filename,
            line,
        )


class _named_step:
    """Say in an error which step of a pipe it came from, and drop our own frames."""

    def __init__(self, description: str) -> None:
        self.description = description

    def __enter__(self) -> None:
        pass

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: types.TracebackType | None,
    ) -> None:
        if isinstance(error, Exception):
            note = f"in: {self.description}"
            if note not in getattr(error, "__notes__", ()):
                error.add_note(note)
            error.__traceback__ = _without_our_frames(traceback)


_OUR_FOLDER = os.path.dirname(os.path.abspath(__file__)) + os.sep
_OUR_MACHINERY = (__file__, os.path.join(_OUR_FOLDER, "catalogue", "build.py"))


def _without_our_frames(
    traceback: types.TracebackType | None,
) -> types.TracebackType | None:
    """Drop the pipe's own frames, unless Keras's traceback filtering is off."""
    keras = sys.modules.get("keras")
    if keras is not None and not keras.config.is_traceback_filtering_enabled():
        return traceback
    kept = []
    while traceback is not None:
        if traceback.tb_frame.f_code.co_filename not in _OUR_MACHINERY:
            kept.append(traceback)
        traceback = traceback.tb_next
    result = None
    for entry in reversed(kept):
        result = types.TracebackType(
            result, entry.tb_frame, entry.tb_lasti, entry.tb_lineno
        )
    return result


def _callers_line() -> tuple[str, int]:
    """Return file and line of the first frame outside this package."""
    frame: types.FrameType | None = sys._getframe(1)
    while frame is not None:
        if not frame.f_code.co_filename.startswith(_OUR_FOLDER):
            return frame.f_code.co_filename, frame.f_lineno
        frame = frame.f_back
    return "<unknown>", 0


def _describe(value: object) -> str:
    """Describe a value in a word: data by their type and shape, never their content."""
    if value is None or isinstance(value, bool | int | float):
        return repr(value)
    if isinstance(value, str):
        return repr(value if len(value) <= 40 else value[:37] + "...")
    name = getattr(value, "name", None)
    kind = type(value).__name__
    if isinstance(name, str) and hasattr(value, "get_config"):
        return f"<{kind} {name}>"
    shape = getattr(value, "shape", None)
    if isinstance(shape, tuple):
        return f"<{kind} {'x'.join('?' if n is None else str(n) for n in shape)}>"
    if isinstance(value, list | tuple | set | dict):
        return f"<{kind} of {len(value)}>"
    return f"<{kind}>"


def describe_arguments(arguments: Mapping[str, object]) -> str:
    """Return ``name=value`` pairs in short form, as shown by `Step` and errors."""
    return ", ".join(f"{name}={_describe(value)}" for name, value in arguments.items())


def bind(
    verb: str,
    signature: inspect.Signature,
    args: Sequence[Any],
    kwargs: Mapping[str, Any],
) -> dict[str, Any]:
    """Bind a call's arguments by name; only what was supplied is in the result.

    Raises
    ------
    BindingError
        Names the verb and, for an unknown keyword, the closest known one.
    """
    try:
        bound = signature.bind(*args, **kwargs)
    except TypeError as error:
        known = [
            name
            for name, parameter in signature.parameters.items()
            if parameter.kind not in (parameter.POSITIONAL_ONLY, parameter.VAR_KEYWORD)
        ]
        unknown = [name for name in kwargs if name not in known]
        hint = did_you_mean(unknown[0], known) if unknown else None
        message = (
            f"{verb}() {error}"
            if str(error).startswith(("got", "missing"))
            else (f"{verb}(): {error}")
        )
        if hint and unknown[0] not in message:
            message += f", but got {unknown[0]!r}"
        raise BindingError(message + (f". {hint}" if hint else "")) from None
    arguments = dict(bound.arguments)
    for name, parameter in signature.parameters.items():
        if parameter.kind is parameter.VAR_KEYWORD:
            arguments.update(arguments.pop(name, {}))
    return arguments


def verb(
    takes: type | tuple[type, ...],
    waits_for: str,
    like: Callable[..., Any] | None = None,
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Make a data-first function callable in a pipe.

    The decorated function runs at once when its first positional argument (or the
    keyword ``object``) is one of `takes`; else the call binds what it has been given
    and returns a `Step`. Only arguments that the caller supplied are passed on, by
    keyword.

    Parameters
    ----------
    takes : type or tuple of type
        What counts as the verb's object.
    waits_for : str
        The object in words, for messages ("a model").
    like : callable, optional
        The method whose signature the verb mirrors (its first parameter stands for
        the object). The decorated function then takes ``**arguments``.
    """

    def decorate(function: Callable[..., Any]) -> Callable[..., Any]:
        name = function.__name__
        parameters = list(inspect.signature(like or function).parameters.values())
        own = inspect.Signature(parameters[1:])

        def run(object: Any, arguments: dict[str, Any]) -> Any:
            if not isinstance(object, takes):
                raise ArgumentTypeError(
                    name,
                    "object",
                    f"must be {waits_for}",
                    received=_describe(object),
                )
            return function(object, **arguments)

        @functools.wraps(function)
        def call_verb(*args: Any, **kwargs: Any) -> Any:
            if "object" in kwargs:
                return run(kwargs.pop("object"), bind(name, own, args, kwargs))
            if args and isinstance(args[0], takes):
                return run(args[0], bind(name, own, args[1:], kwargs))
            if args and args[0] is None:
                raise ArgumentTypeError(
                    name,
                    "object",
                    f"must be {waits_for}, not None",
                    remedy="Did an earlier function return nothing? In a pipe, leave "
                    "the argument out.",
                )
            try:
                arguments = bind(name, own, args, kwargs)
            except BindingError as error:
                if args:
                    error.add_note(
                        f"{_describe(args[0])} is not {waits_for}, so this was read "
                        f"as {waits_for.split()[1]} >> {name}(...)"
                    )
                raise
            return Step(
                name,
                lambda object: run(object, arguments),
                waits_for,
                describe_arguments(arguments),
            )

        subject = parameters[0].replace(name="object")
        call_verb.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
            [subject, *own.parameters.values()]
        )
        call_verb.__verb__ = function  # type: ignore[attr-defined]
        del call_verb.__wrapped__
        return call_verb

    return decorate


class _Placeholder:
    """Stands for the piped object inside `call`."""

    def __repr__(self) -> str:
        return "_"


#: Where the piped object goes in `call(function, ...)`, when it is not the first.
placeholder = _Placeholder()


def call(function: Callable[..., R], *args: Any, **kwargs: Any) -> Step[Any, R]:
    """Make a step of any function: the piped object becomes its first argument.

    Parameters
    ----------
    function : callable
        Any function.
    *args, **kwargs
        Its other arguments. Write `placeholder` where the piped object belongs, if
        that is not the first position.

    Examples
    --------
    >>> [3, 1, 2] >> call(sorted, reverse=True)
    [3, 2, 1]
    >>> 2 >> call(pow, 10, placeholder)
    100
    """
    name = getattr(function, "__name__", type(function).__name__)

    def run(object: Any) -> R:
        def fill(value: Any) -> Any:
            return object if value is placeholder else value

        if any(value is placeholder for value in (*args, *kwargs.values())):
            return function(
                *map(fill, args),
                **{name: fill(value) for name, value in kwargs.items()},
            )
        return function(object, *args, **kwargs)

    described = [_describe(value) for value in args]
    if kwargs:
        described.append(describe_arguments(kwargs))
    return Step(name, run, "an object", ", ".join(described))


def pipe(object: Any, *steps: Callable[[Any], Any]) -> Any:
    """Send an object through steps, layers and functions, without operators.

    ``pipe(model, a, b)`` is ``model >> a >> b``.

    Parameters
    ----------
    object : Any
        What goes in: a model, a tensor, an array, a history, ...
    *steps : Step, keras.Layer or callable
        Applied in order.

    Examples
    --------
    >>> pipe([3, 1, 2], sorted, call(list.index, 3))
    2
    """
    for step in steps:
        object = step(object) if isinstance(step, Step) else _apply(step, object)
    return object


#: How an object enters a layer, for the layer class that `install` was given.
_composers: dict[type, Callable[[Any, Any], Any]] = {}


def _apply(function: Callable[[Any], Any], object: Any) -> Any:
    for layer_class, compose in _composers.items():
        if isinstance(function, layer_class):
            with _named_step(f"{_describe(object)} >> {_describe(function)}"):
                return compose(function, object)
    return function(object)


def install(layer_class: Any, compose: Callable[[Any, Any], Any]) -> None:
    """Make every layer usable on the right of ``>>``.

    A reflected method is put on `keras.Layer`, and a direct one for a layer on the
    left: Python asks no reflected method when both sides have the same type (one
    Sequential model piped into another). They change only expressions that raised
    `TypeError` before, and nothing of them is in a saved model. The environment
    variable ``RKERAS_PORT_NO_PATCH=1`` leaves Keras untouched (`pipe` and nested
    calls then take the place of ``>>`` for layers).

    Parameters
    ----------
    layer_class : type
        `keras.Layer`.
    compose : callable
        ``compose(layer, object)``: what ``object >> layer`` gives.
    """
    _composers[layer_class] = compose
    if os.environ.get("RKERAS_PORT_NO_PATCH") == "1":
        return

    def layer_on_the_left(self: Any, other: Any) -> Any:
        # A `Step` on the right has its own reflected method.
        return _apply(other, self) if isinstance(other, layer_class) else NotImplemented

    def layer_on_the_right(self: Any, other: Any) -> Any:
        return _apply(self, other)

    layer_class.__rshift__ = layer_on_the_left
    layer_class.__rrshift__ = layer_on_the_right
    layer_class.__array_ufunc__ = None
