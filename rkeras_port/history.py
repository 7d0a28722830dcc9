"""What training and evaluation report, kept as plain data and printed as R prints it.

`fit` returns a :class:`TrainingHistory`, `evaluate` a :class:`NamedMetrics`. Both hold
numbers only (no model, no tensor), so they can be compared, pickled and stored.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np

from rkeras_port._r_format import format_number, format_numbers, r_name
from rkeras_port.errors import ArgumentError, ArgumentTypeError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd
    from plotnine import ggplot

_VALIDATION = "val_"

# How the name of a metric ends tells which way is better. Keras asks the metric object
# itself, which a stored history no longer has.
_BEST_IS = {
    "min": (
        *("loss", "error", "crossentropy", "hinge", "divergence", "poisson"),
        *("logcosh", "mse", "mae", "mape", "msle", "rmse", "perplexity"),
        *("false_positives", "false_negatives"),
    ),
    "max": (
        *("accuracy", "acc", "auc", "precision", "recall", "f1", "f1_score"),
        *("fbeta_score", "r2_score", "io_u", "iou", "similarity", "correlation"),
        *("sensitivity", "specificity", "true_positives", "true_negatives"),
    ),
}


class TrainingHistory:
    """The record of one call of `fit`: its parameters and the metrics of each epoch.

    R: the `keras_training_history` that `fit()` of keras3 returns.

    Parameters
    ----------
    params : mapping
        How the model was trained: ``verbose``, ``epochs`` (the number asked for),
        ``steps`` (batches per epoch), as Keras reports them.
    metrics : mapping of str to sequence of float
        One series per metric, in the order of the report, one value per epoch that was
        run; validation metrics start with ``val_``. A metric that has several values
        per epoch (such as ``F1Score(average=None)``) becomes one series per value,
        named ``f1_score[0]``, ``f1_score[1]`` and so on.
    epoch : sequence of int, optional
        The epochs that were run, counted from 0 as Keras counts them. By default the
        first ones, as many as the longest series has values.
    validation_freq : int or collection of int, default 1
        The epochs after which the validation metrics were computed: every
        `validation_freq`-th, or those listed (counted from 1), as in `fit`.

    Attributes
    ----------
    params : dict
    metrics : dict of str to list of float
    epoch : list of int
    validation_freq : int or list of int

    Raises
    ------
    ArgumentTypeError
        If `metrics` holds anything but series of numbers.
    ArgumentError
        If a series has more values than epochs were run, or `validation_freq` is not
        positive.

    Examples
    --------
    >>> history = TrainingHistory(
    ...     {"verbose": 0, "epochs": 3, "steps": 10},
    ...     {"loss": [0.51, 0.3, 0.21], "val_loss": [0.38, 0.301, 0.3123]},
    ... )
    >>> print(str(history).lstrip())
    Final epoch (plot to see history):
        loss: 0.21
    val_loss: 0.3123
    >>> history.best_epoch()
    2
    >>> history.as_data_frame().tail(2)
       epoch   value metric        data
    4      2  0.3010   loss  validation
    5      3  0.3123   loss  validation
    """

    def __init__(
        self,
        params: Mapping[str, Any],
        metrics: Mapping[str, Sequence[Any]],
        *,
        epoch: Sequence[int] | None = None,
        validation_freq: int | Iterable[int] = 1,
    ) -> None:
        self.params: dict[str, Any] = {k: _plain(v) for k, v in params.items()}
        self.metrics: dict[str, list[float]] = _scalar_series(metrics)
        longest = max(map(len, self.metrics.values()), default=0)
        self.epoch = [int(e) for e in (range(longest) if epoch is None else epoch)]
        if longest > len(self.epoch):
            raise ArgumentError(
                "TrainingHistory",
                "metrics",
                "has more values than epochs were run",
                received=f"{longest} values, {len(self.epoch)} epochs",
                remedy="Give `epoch` one entry per epoch.",
            )
        self.validation_freq: int | list[int] = _checked_freq(validation_freq)

    @classmethod
    def from_keras(
        cls, history: Any, *, validation_freq: int | Iterable[int] = 1
    ) -> Self:
        """Build a training history from the `History` of plain Keras.

        Parameters
        ----------
        history : keras.callbacks.History
            What `model.fit` of Keras returns. The model it refers to is not kept.
        validation_freq : int or collection of int, default 1
            What `model.fit` was given: Keras does not record it.

        Raises
        ------
        ArgumentTypeError
            If `history` is not a Keras history.
        """
        try:
            params, metrics = history.params or {}, history.history
        except AttributeError:
            raise ArgumentTypeError(
                "TrainingHistory.from_keras",
                "history",
                "is not a Keras history",
                received=f"an object of class {type(history).__name__}",
                remedy="Pass what `model.fit()` returned.",
            ) from None
        epoch = getattr(history, "epoch", None)
        return cls(params, metrics, epoch=epoch, validation_freq=validation_freq)

    @property
    def history(self) -> dict[str, list[float]]:
        """The metrics, under the name that Keras gives them."""
        return self.metrics

    def as_data_frame(self) -> pd.DataFrame:
        """Return the metrics in long form, one row per metric and epoch.

        R: `as.data.frame()` of a `keras_training_history`.

        Returns
        -------
        pandas.DataFrame
            Columns ``epoch`` (int, from 1), ``value`` (float), ``metric`` (categorical
            in the order of the report, without ``val_``) and ``data`` (categorical,
            ``training`` or ``validation``). Metric by metric, first all training rows,
            then all validation rows, each for every epoch that was asked for: epochs
            without a value, for instance after early stopping, have NaN.

        Notes
        -----
        Values stand at the epoch they belong to. That differs from R in two cases: with
        ``initial_epoch``, where R counts the rows from 1, and with a `validation_freq`
        other than 1, where R fails. A series that is shorter for another reason, such
        as a callback that reports now and then, fills the first epochs, since nothing
        tells where its values belong.
        """
        import pandas as pd

        epochs = max([self.params.get("epochs") or 0, *(e + 1 for e in self.epoch)])
        names = sorted(self.metrics, key=_is_validation)
        values = np.full((len(names), epochs), np.nan)
        for row, name in zip(values, names, strict=True):
            row[np.asarray(self._epochs_of(name), dtype=int) - 1] = self.metrics[name]
        data = ["validation" if _is_validation(name) else "training" for name in names]
        return pd.DataFrame(
            {
                "epoch": np.tile(np.arange(1, epochs + 1), len(names)),
                "value": values.ravel(),
                "metric": pd.Categorical(
                    np.repeat(np.array([_base(n) for n in names], object), epochs),
                    categories=list(dict.fromkeys(map(_base, self.metrics))),
                ),
                "data": pd.Categorical(
                    np.repeat(np.array(data, object), epochs),
                    categories=["training", "validation"],
                ),
            }
        )

    def best_epoch(
        self,
        metric: str = "val_loss",
        mode: Literal["auto", "min", "max"] = "auto",
    ) -> int:
        """Return the epoch, counted from 1, at which a metric was at its best.

        The first one if several are equally good; NaN is never the best.

        Parameters
        ----------
        metric : str, default "val_loss"
            Name of a series in `metrics`.
        mode : {"auto", "min", "max"}
            Whether the smallest or the largest value is the best. ``"auto"`` goes by
            the name: losses and errors are best when small, accuracies and scores when
            large.

        Returns
        -------
        int

        Raises
        ------
        ArgumentError
            If there is no such metric, it has no value other than NaN, or its name does
            not tell which way is better.
        """
        if metric not in self.metrics:
            known = ", ".join(self.metrics) or "none"
            raise ArgumentError(
                "best_epoch",
                "metric",
                f"is not in this history, which has: {known}",
                received=repr(metric),
                remedy=did_you_mean(metric, self.metrics),
            )
        if mode not in ("auto", "min", "max"):
            raise ArgumentError(
                "best_epoch",
                "mode",
                "must be 'auto', 'min' or 'max'",
                received=repr(mode),
            )
        values = np.asarray(self.metrics[metric])
        if np.isnan(values).all():
            raise ArgumentError(
                "best_epoch",
                "metric",
                "has no value at any epoch",
                received=repr(metric),
            )
        way = _best_is(metric) if mode == "auto" else mode
        best = int(np.nanargmin(values) if way == "min" else np.nanargmax(values))
        return self._epochs_of(metric)[best]

    def plot(
        self,
        metrics: str | Sequence[str] | None = None,
        *,
        smooth: bool = True,
        mark_best: bool = True,
    ) -> ggplot:
        """Plot the history; see :func:`rkeras_port.plots.plot`."""
        from rkeras_port.plots import plot

        return plot(self, metrics, smooth=smooth, mark_best=mark_best)

    def to_dict(self) -> dict[str, Any]:
        """Return a dictionary that any JSON writer takes; `from_dict` reads it back.

        NaN and infinity, which JSON does not know, become strings.

        Examples
        --------
        >>> import json
        >>> history = TrainingHistory({"epochs": 2}, {"loss": [0.5, float("inf")]})
        >>> history.to_dict()["metrics"]
        {'loss': [0.5, 'inf']}
        >>> text = json.dumps(history.to_dict())
        >>> TrainingHistory.from_dict(json.loads(text)) == history
        True
        """
        return {
            "params": dict(self.params),
            "metrics": {
                name: [v if math.isfinite(v) else str(v) for v in values]
                for name, values in self.metrics.items()
            },
            "epoch": list(self.epoch),
            "validation_freq": self.validation_freq,
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> Self:
        """Build a training history from what `to_dict` returned.

        Raises
        ------
        ArgumentError
            If `data` lacks ``params`` or ``metrics``.
        """
        missing = [key for key in ("params", "metrics") if key not in data]
        if missing:
            raise ArgumentError(
                "TrainingHistory.from_dict",
                "data",
                f"lacks {' and '.join(map(repr, missing))}",
                received=f"the keys {sorted(map(str, data))}",
                remedy="Pass what `to_dict()` returned.",
            )
        return cls(
            data["params"],
            {k: [float(v) for v in vs] for k, vs in data["metrics"].items()},
            epoch=data.get("epoch"),
            validation_freq=data.get("validation_freq", 1),
        )

    def __eq__(self, other: object) -> bool:
        """Tell whether all parts are equal, taking NaN as equal to NaN."""
        if not isinstance(other, TrainingHistory):
            return NotImplemented
        return self.to_dict() == other.to_dict()

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        """Return the metrics after the last epoch, as R prints them."""
        if not self.epoch or not self.metrics:
            return f"{self._trained_on()}\nNo epoch was run."
        width = max(map(len, self.metrics))
        lines = [f"{name:>{width}}: {self._final(name)}" for name in self.metrics]
        return "\n".join(
            [self._trained_on(), "Final epoch (plot to see history):", *lines]
        )

    def _trained_on(self) -> str:
        """Return R's first line: empty unless Keras counted the samples."""
        if self.params.get("samples") is None:
            return ""

        def count(name: str) -> str:
            value = self.params.get(name)
            return "NULL" if value is None else f"{value:,}"

        validated = ""
        if self.params.get("validation_samples") is not None:
            validated = f", validated on {count('validation_samples')} samples"
        return (
            f"Trained on {count('samples')} samples{validated} "
            f"(batch_size={count('batch_size')}, epochs={len(self.epoch):,})"
        )

    def _final(self, name: str) -> str:
        """Return the last value of a series, and its epoch if not the last one."""
        if not self.metrics[name]:
            return "NA"
        value = format_number(
            self.metrics[name][-1], digits=4, scientific=False, big_mark=","
        )
        epoch = self._epochs_of(name)[-1]
        return value if epoch == self.epoch[-1] + 1 else f"{value} (epoch {epoch})"

    def _epochs_of(self, name: str) -> list[int]:
        """Return the epochs, counted from 1, at which the values of a series stand."""
        run = [e + 1 for e in self.epoch]
        length = len(self.metrics[name])
        if length < len(run) and _is_validation(name):
            every = self.validation_freq
            due = [
                e
                for e in run
                if (e % every == 0 if isinstance(every, int) else e in every)
            ]
            if len(due) == length:
                return due
        return run[:length]


class NamedMetrics(dict[str, Any]):
    """Named values, such as `evaluate` returns: a dict that prints as R's named list.

    R: the named list that `evaluate()` of keras3 returns.

    Examples
    --------
    >>> results = NamedMetrics(accuracy=0.87628, loss=0.312345678)
    >>> results["accuracy"]
    0.87628
    >>> print(str(results).rstrip())
    $accuracy
    [1] 0.87628
    <BLANKLINE>
    $loss
    [1] 0.3123457
    """

    def __repr__(self) -> str:
        """Return what R prints; it ends, as in R, with an empty line."""
        if not self:
            return "named list()"
        return "\n".join(
            f"${r_name(name)}\n{_printed(value)}\n" for name, value in self.items()
        )


def _scalar_series(metrics: Mapping[str, Sequence[Any]]) -> dict[str, list[float]]:
    """Return series of plain floats: several for a metric of several values."""
    series: dict[str, list[float]] = {}
    for name, values in metrics.items():
        try:
            table = np.asarray([np.ravel(v) for v in values], dtype=np.float64)
        except (TypeError, ValueError):
            raise ArgumentTypeError(
                "TrainingHistory",
                "metrics",
                f"must give one number per epoch for {name!r}",
                received=repr(values)[:80],
            ) from None
        if table.size == 0:
            series[name] = []
        elif table.shape[1] == 1:
            series[name] = table[:, 0].tolist()
        else:
            columns = enumerate(table.T.tolist())
            series |= {f"{name}[{i}]": column for i, column in columns}
    return series


def _checked_freq(validation_freq: int | Iterable[int]) -> int | list[int]:
    """Return the frequency as Keras takes it: a positive number, or a list of them."""
    freq: int | list[int]
    if isinstance(validation_freq, Iterable):
        freq = [int(epoch) for epoch in validation_freq]
        lowest = min(freq, default=1)
    else:
        lowest = freq = int(validation_freq)
    if lowest < 1:
        raise ArgumentError(
            "TrainingHistory",
            "validation_freq",
            "must be a positive number of epochs, or epochs counted from 1",
            received=repr(validation_freq),
        )
    return freq


def _plain(value: Any) -> Any:
    """Return a NumPy scalar as the Python number that JSON knows."""
    return value.item() if isinstance(value, np.generic) else value


def _is_validation(name: str) -> bool:
    return name.startswith(_VALIDATION)


def _base(name: str) -> str:
    return name.removeprefix(_VALIDATION)


def _best_is(metric: str) -> str:
    """Return "min" or "max", going by how the name of the metric ends."""
    # Keras numbers a name used twice (auc_1); a series of several carries its index.
    name = re.sub(r"(_\d+|\[\d+\])$", "", metric.lower())
    for way, endings in _BEST_IS.items():
        if any(f"_{name}".endswith(f"_{ending}") for ending in endings):
            return way
    raise ArgumentError(
        "best_epoch",
        "mode",
        f"cannot be told from the name {metric!r}",
        received="'auto'",
        remedy="Pass mode='min' if small values are good, mode='max' if large ones.",
    )


def _printed(value: Any) -> str:
    """Return the line that R prints for one number or a few."""
    array = np.ravel(value)
    if array.dtype.kind not in "fiu":
        return repr(value)
    return " ".join(["[1]", *format_numbers(array.tolist())])
