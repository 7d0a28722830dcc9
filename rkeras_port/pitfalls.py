"""Pitfalls of binary classification: a table of them, and when each is looked for.

`PITFALLS` has one row for each: its name, when it shows, what finds it and what is
said. `compile` and `fit` go through the table by themselves, on the settings, the
labels and a sample of the rows; `check_model` does so on request. What an argument can
never be is an error and is refused in `checks` and `inputs`; a pitfall is what Keras
accepts.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from . import _pitfall_detectors as find
from ._keras import keras
from ._pitfall_detectors import Case, remember
from .pipe import _callers_line, verb


class PitfallWarning(UserWarning):
    """Something that Keras accepts and that hardly ever is what was meant.

    Attributes
    ----------
    pitfall : str
        Name of the row of `PITFALLS`.
    """

    def __init__(self, message: str, pitfall: str = "") -> None:
        super().__init__(message)
        self.pitfall = pitfall


class Pitfall(NamedTuple):
    """A row of the table.

    Attributes
    ----------
    id : str
        Its name.
    when : {"compile", "fit", "trained"}
        What must be known: the settings; the data too; the history too.
    detect : callable
        Takes a `Case`; returns what fills the message, or None.
    message : str
        What, why, and the line to change.
    """

    id: str
    when: Literal["compile", "fit", "trained"]
    detect: Callable[[Case], dict[str, Any] | None]
    message: str


class Finding(NamedTuple):
    """A pitfall that was found, with its message."""

    id: str
    message: str


PITFALLS = (
    Pitfall(
        "softmax_one_unit", "compile", find.softmax_one_unit,
        "softmax over one unit is always 1, so nothing can be learned: write "
        'layer_dense(1, activation="sigmoid")',
    ),
    Pitfall(
        "sigmoid_categorical", "compile", find.sigmoid_categorical,
        "{loss} needs a softmax over one unit for each class, and the last layer is a "
        'sigmoid: write loss="binary_crossentropy"',
    ),
    Pitfall(
        "linear_without_logits", "compile", find.linear_without_logits,
        "the last layer is linear and {loss} expects probabilities, so values outside "
        '0 to 1 are cut off: write activation="{activation}" in the last layer, or '
        "{loss_call}(from_logits=True)",
    ),
    Pitfall(
        "logits_twice", "compile", find.logits_twice,
        "the last layer is a {activation} and from_logits=True applies another one: "
        "leave from_logits out, or make the last layer linear",
    ),
    Pitfall(
        "layers_twice", "compile", find.layers_twice,
        "the output layer is in the model twice (layers {first!r} and {second!r}), as "
        "when a cell that adds layers is run again: start the cell with a new "
        "keras_model_sequential()",
    ),
    Pitfall(
        "trained_before", "fit", find.trained_before,
        "the model was compiled again but keeps the weights of its earlier training "
        "({epochs} epochs), so the results look too good: build the model anew before "
        "compile()",
    ),
    Pitfall(
        "labels_text", "fit", find.labels_text,
        "labels are text ({values}) and a loss needs numbers: recode them, as in "
        "y = (y == {last!r}).astype('float32')",
    ),
    Pitfall(
        "labels_wrong_form", "fit", find.labels_wrong_form,
        "the last layer has {units} unit(s), the loss is {loss}, and labels have the "
        "shape {shape}: {remedy}",
    ),
    Pitfall(
        "labels_not_from_zero", "fit", find.labels_not_from_zero,
        "labels are {values}, and {loss} needs {needed}: recode them, as in {remedy}",
    ),
    Pitfall(
        "labels_constant", "fit", find.labels_constant,
        "all labels are {value}, so there is nothing to tell apart and accuracy will "
        "look perfect: check how y was made",
    ),
    Pitfall(
        "validation_tail", "fit", find.validation_tail,
        "validation_split={split:g} holds out the last {n} rows, which all have the "
        "label {value}: the rows are sorted by label; shuffle x and y together first",
    ),
    Pitfall(
        "inputs_not_scaled", "fit", find.inputs_not_scaled,
        "inputs are not scaled ({received}), so the largest columns rule the training: "
        "standardise them, as in (x - x.mean(axis=0)) / x.std(axis=0), or begin with "
        "layer_normalization()",
    ),
    Pitfall(
        "rows_shared", "fit", find.rows_shared,
        "about {share:.0%} of the validation rows are also training rows, so "
        "validation looks too good: drop duplicates before splitting",
    ),
    Pitfall(
        "loss_nan", "trained", find.loss_nan,
        "the loss became NaN in epoch {epoch}: scale the inputs, look for NaN in x, or "
        "lower the learning rate, as in optimizer_rmsprop(learning_rate=1e-4)",
    ),
    Pitfall(
        "accuracy_constant", "trained", find.accuracy_constant,
        "{metric} was {value:.4f} in all {epochs} epochs: the model always answers the "
        "same; check the labels, the last layer and the learning rate",
    ),
    Pitfall(
        "predictions_constant", "trained", find.predictions_constant,
        "the model gives {value:.4g} for every row: nothing was learned; scale the "
        "inputs, lower the learning rate, or build the model anew",
    ),
)  # fmt: skip


# Looking ------------------------------------------------------------------------------

#: The environment variable that turns the automatic checks off.
SWITCH = "RKERAS_PITFALLS"

_on: ContextVar[bool | None] = ContextVar("_on", default=None)
_collected: ContextVar[list[Finding] | None] = ContextVar("_collected", default=None)


class pitfall_checks:
    """Turn the checks that `compile` and `fit` make off or on, inside a `with` block.

    The environment variable ``RKERAS_PITFALLS=0`` turns them off everywhere; in R,
    ``options(rkeras.checks = FALSE)``.

    Parameters
    ----------
    on : bool
        Whether they are made.

    Examples
    --------
    >>> with pitfall_checks(False):
    ...     pass
    """

    def __init__(self, on: bool = True) -> None:
        self._wanted = bool(on)

    def __enter__(self) -> None:
        self._token = _on.set(self._wanted)

    def __exit__(self, *_: object) -> None:
        _on.reset(self._token)


def checks_are_on() -> bool:
    """Say whether `compile` and `fit` look for pitfalls."""
    wanted = _on.get()
    if wanted is not None:
        return wanted
    return os.environ.get(SWITCH, "1").lower() not in ("0", "false", "no", "off")


@contextmanager
def collecting() -> Iterator[list[Finding]]:
    """Put what is found into a list instead of warning."""
    found: list[Finding] = []
    token = _collected.set(found)
    try:
        yield found
    finally:
        _collected.reset(token)


def look(when: Literal["compile", "fit", "trained"], case: Case) -> list[Finding]:
    """Return the findings of one part of the table."""
    return [
        Finding(row.id, row.message.format_map(filling))
        for row in PITFALLS
        if row.when == when and (filling := row.detect(case)) is not None
    ]


def tell(function: str, found: list[Finding]) -> None:
    """Warn of findings at the caller's line, or put them where they are collected."""
    collected = _collected.get()
    for one in found:
        message = f"{function}(): {one.message}"
        if collected is not None:
            collected.append(Finding(one.id, message))
            continue
        filename, line = _callers_line()
        warning = PitfallWarning(message, one.id)
        # With a registry of its own, each is told at each call.
        warnings.warn_explicit(warning, PitfallWarning, filename, line, registry={})


def check_compile(model: Any) -> None:
    """Look for pitfalls of settings; `compile` calls this."""
    if checks_are_on():
        tell("compile", look("compile", Case(model)))


@contextmanager
def checking_fit(
    model: Any, arguments: Mapping[str, Any]
) -> Iterator[Callable[[Any], None]]:
    """Look for pitfalls before and after a training; `fit` calls this.

    Yields
    ------
    callable
        To be called with the history's metrics when the training is done.
    """
    if not checks_are_on():
        yield lambda metrics: None
        return
    case = Case(model, arguments.get("x"), arguments.get("y"), arguments)
    tell("fit", look("fit", case))

    def after(metrics: Mapping[str, Any]) -> None:
        case.metrics = find.numbers_only(metrics)
        tell("fit", look("trained", case))
        remember(model, len(case.metrics.get("loss", ())))

    yield after


@dataclass(frozen=True, repr=False)
class Findings:
    """What `check_model` found; prints one line for each, and is true if any."""

    rows: list[Finding] = field(default_factory=list)

    def __iter__(self) -> Iterator[Finding]:
        """Go through the findings."""
        return iter(self.rows)

    def __len__(self) -> int:
        """Return their number."""
        return len(self.rows)

    def __repr__(self) -> str:
        """Return one line for each."""
        lines = [f"{one.id}: {one.message}" for one in self.rows]
        return "\n".join(lines) or "No pitfall found."


@verb(keras.Model, "a model")
def check_model(
    model: Any,
    x: Any = None,
    y: Any = None,
    *,
    validation_split: float = 0.0,
    validation_data: Any = None,
) -> Findings:
    """Look for the pitfalls of a classification, before any training.

    Parameters
    ----------
    object : keras.Model
        A compiled model.
    x, y : array_like, optional
        What `fit` would be given. Without them only the settings are looked at.
    validation_split, validation_data
        As for `fit`.

    Returns
    -------
    Findings
        One line for each pitfall: what, why, and the line to change. Empty, and so
        false, if there is none.

    Examples
    --------
    >>> from rkeras_port import compile, keras_model_sequential, layer_dense
    >>> with pitfall_checks(False):
    ...     model = (
    ...         keras_model_sequential(input_shape=4)
    ...         >> layer_dense(1, activation="softmax")
    ...         >> compile("adam", loss="binary_crossentropy")
    ...     )
    >>> [finding.id for finding in check_model(model)]
    ['softmax_one_unit']
    """
    settings = {
        "validation_split": validation_split,
        "validation_data": validation_data,
    }
    case = Case(model, x, y, settings)
    return Findings([*look("compile", case), *look("fit", case)])
