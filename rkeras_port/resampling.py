"""Cross-validation: folds, a fresh model on each, and what all of them say together."""

from __future__ import annotations

import math
import time
import uuid
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from . import labels as coding
from ._arguments import one_of, optional_whole_number
from ._sklearn import require_sklearn
from .errors import ArgumentError, MissingDependencyError
from .folds import Fold, Folds, as_folds
from .history import TrainingHistory
from .pipe import verb
from .tables import split_table

if TYPE_CHECKING:
    from plotnine import ggplot

    from .fold_trainer import FoldTrainer


# The result ---------------------------------------------------------------------------


@dataclass(repr=False)
class CrossValidation:
    """What a model did on each fold.

    Attributes
    ----------
    folds : pandas.DataFrame
        One row a fold: ``fold``, ``n_train``, ``n_test``, a column for each metric, and
        ``seconds``.
    predictions : pandas.DataFrame
        One row for each prediction, in the order of the table: ``.row`` (from 0),
        ``.fold``, ``.pred_class``, ``.pred_`` and each label (the probability), and
        the column of the labels itself.
    histories : list of TrainingHistory
        Of the trainings, in the order of the folds.
    metrics : list of str
        The names of the metrics.
    """

    folds: pd.DataFrame
    predictions: pd.DataFrame
    metrics: list[str]
    kind: str = ""
    histories: list[TrainingHistory] = field(default_factory=list)

    def summary(self) -> pd.DataFrame:
        """Return mean, standard deviation and standard error of each metric."""
        values = self.folds[self.metrics]
        deviation = values.std(ddof=1)
        return pd.DataFrame(
            {
                "metric": self.metrics,
                "mean": values.mean().to_numpy(),
                "std_dev": deviation.to_numpy(),
                "std_err": deviation.to_numpy() / math.sqrt(len(values)),
                "n": len(values),
            }
        )

    def __repr__(self) -> str:
        """Return the table of the folds, with mean and standard deviation."""
        width = max(len("std. dev."), *(len(name) for name in self.folds["fold"]))
        columns = [max(8, len(name)) for name in self.metrics]

        def line(name: str, values: Iterable[str]) -> str:
            cells = [f"{v:>{w}}" for v, w in zip(values, columns, strict=True)]
            return "  ".join([f"{name:<{width}}", *cells])

        rows = [self.folds[self.metrics].iloc[i] for i in range(len(self.folds))]
        summary = self.summary()
        lines = [f"# {self.kind}", line("", self.metrics)]
        for name, row in zip(self.folds["fold"], rows, strict=True):
            lines.append(line(name, (f"{value:.4f}" for value in row)))
        lines.append(line("mean", (f"{value:.4f}" for value in summary["mean"])))
        lines.append(line("std. dev.", (f"{v:.4f}" for v in summary["std_dev"])))
        return "\n".join(lines)

    def plot(self) -> ggplot:
        """Draw the metrics of the folds as box plots."""
        return Resamples({"model": self}).plot()


@dataclass(repr=False)
class Resamples:
    """Several cross-validations beside each other; `resamples` makes it."""

    results: dict[str, CrossValidation]

    def as_data_frame(self) -> pd.DataFrame:
        """Return one row for each model, fold and metric."""
        parts = [
            result.folds.melt(
                id_vars="fold", value_vars=result.metrics, var_name="metric"
            ).assign(model=name)
            for name, result in self.results.items()
        ]
        frame = pd.concat(parts, ignore_index=True)
        frame["model"] = pd.Categorical(frame["model"], categories=list(self.results))
        return frame[["model", "fold", "metric", "value"]]

    def summary(self) -> pd.DataFrame:
        """Return mean, standard deviation and standard error by model and metric."""
        parts = [
            result.summary().assign(model=name) for name, result in self.results.items()
        ]
        frame = pd.concat(parts, ignore_index=True)
        return frame[["model", *(n for n in frame.columns if n != "model")]]

    def __repr__(self) -> str:
        """Return the table of means."""
        return self.summary().round(4).to_string(index=False)

    def plot(self) -> ggplot:
        """Draw a box plot for each model, a row for each metric."""
        import plotnine as p9

        frame = self.as_data_frame()
        n_metrics = frame["metric"].nunique()
        return (
            p9.ggplot(frame, p9.aes("model", "value"))
            + p9.geom_boxplot(width=0.5, outlier_shape="", color="#0072B2")
            + p9.geom_jitter(width=0.1, height=0, alpha=0.5, random_state=1)
            + p9.facet_wrap("metric", ncol=1, scales="free_y")
            + p9.labs(x="", y="value on the held-out fold")
            + p9.theme_bw(base_size=11)
            + p9.theme(
                figure_size=(7, 1.1 + 3 * n_metrics),
                panel_grid_minor=p9.element_blank(),
                strip_background=p9.element_blank(),
                strip_text=p9.element_text(ha=0, weight="bold"),
            )
        )


def resamples(**results: CrossValidation) -> Resamples:
    """Put cross-validations beside each other, to print and to plot.

    Parameters
    ----------
    **results : CrossValidation
        By the name of the model.

    Returns
    -------
    Resamples

    Notes
    -----
    R: `resamples()` of caret.
    """
    if not results:
        raise ArgumentError("resamples", "results", "must be given by name")
    return Resamples(dict(results))


# The work -----------------------------------------------------------------------------

#: Preparations that have a name.
PREPARATIONS = {"standardize": "StandardScaler", "range": "MinMaxScaler"}

#: Metrics: by labels, or by probabilities of the second class.
METRICS = (
    "accuracy", "balanced_accuracy", "precision", "recall", "f1", "roc_auc", "log_loss",
)  # fmt: skip


def cross_validate(model_fn: Any, data: Any = None, **arguments: Any) -> Any:
    """Train a fresh model on each fold and measure it on the rows held out.

    Parameters
    ----------
    model_fn : callable
        Returns a new compiled model. It may take `n_features` and `n_classes`.
    data : pandas.DataFrame or tuple (x, y)
        The table, as `dataset_csv` returns it. Left out, the call is a step that waits
        for the table: ``dataset_sonar() >> cross_validate(model_fn, folds=10)``.
    folds : int, Folds, or anything that scikit-learn takes as ``cv``
        Default 10.
    strata : bool or str
        Whether each fold has the classes in the same shares (default), or by which
        column.
    target : str or int, optional
        The column of the labels, by default the only one without numbers.
    preprocess : scikit-learn transformer or str, optional
        Fitted on the training rows of each fold only; ``"standardize"`` (mean 0,
        standard deviation 1) or ``"range"`` (0 to 1) by name.
    metrics : sequence of str
        Of "accuracy" (default), "balanced_accuracy", "precision", "recall", "f1",
        "roc_auc" and "log_loss". The second class counts as the positive one.
    repeats : int
        How often the rows are split anew.
    seed : int, optional
        Of the folds; fold ``i`` (from 0) is trained with seed ``seed + i``. None: with
        no seed.
    n_jobs : int, optional
        Folds that run at the same time, in worker processes that are used again: -1
        for as many as there are processors. By default one after the other.
    backend : str, optional
        Of joblib, by name: "loky" (default), "multiprocessing", "dask", "ray".
    epochs, batch_size, ...
        As for `fit`.

    Returns
    -------
    CrossValidation

    Raises
    ------
    ArgumentError
        If a value is missing, a fold's test rows have a class that its training rows
        lack, there are more folds than rows of the smallest class, or the model's last
        layer does not fit the classes. Nothing has been trained then.
    MissingDependencyError
        If scikit-learn, or what a backend needs, is not installed.

    Notes
    -----
    The model is compiled once for all folds of a process and made new for each: a fold
    has the weights that ``set_random_seed(seed + i)``, ``model_fn()`` and ``fit`` give.
    """
    if data is None:
        return _step(model_fn, **arguments)
    if isinstance(data, tuple):
        data = _as_frame(*data)
        arguments.setdefault("target", -1)
    return _step(data, model_fn, **arguments)


def _as_frame(x: Any, y: Any) -> pd.DataFrame:
    frame = pd.DataFrame(np.asarray(x))
    frame.columns = pd.Index([f"V{i + 1}" for i in range(frame.shape[1])])
    if len(frame) != len(y):
        raise ArgumentError(
            "cross_validate",
            "data",
            "must be (x, y) with as many labels as rows",
            received=f"{len(frame)} rows, {len(y)} labels",
        )
    labels = y if isinstance(y, pd.Categorical) else np.asarray(y)
    return frame.assign(Class=labels)


def _validate(
    data: pd.DataFrame,
    model_fn: Callable[..., Any],
    folds: Any = 10,
    strata: str | bool = True,
    target: str | int | None = None,
    *,
    preprocess: Any = None,
    metrics: str | Sequence[str] = ("accuracy",),
    repeats: int = 1,
    seed: int | None = 1,
    n_jobs: int | None = None,
    backend: str | None = None,
    **fit: Any,
) -> CrossValidation:
    function = "cross_validate"
    require_sklearn(function)
    metrics = [metrics] if isinstance(metrics, str) else list(metrics)
    for metric in metrics:
        one_of(function, "metrics", metric, METRICS)
    seed = optional_whole_number(function, "seed", seed, minimum=0)
    transformer = _transformer(preprocess)
    x, y, name = split_table(function, data, target)
    classes = coding.classes_of(data[name])
    codes = coding.codes_of(y, classes)
    if len(classes) < 2:
        raise ArgumentError(
            function, "data", "must have at least two classes",
            received=f"only {classes.tolist()}",
        )  # fmt: skip
    splits = as_folds(function, folds, data, codes, name, strata, repeats, seed)
    _check_classes(function, splits, codes, classes)
    work = _Work(
        uuid.uuid4().hex, model_fn, x, codes, len(classes), transformer,
        {"verbose": 0, "epochs": 1, **fit}, metrics,
    )  # fmt: skip
    seeds = [None if seed is None else seed + i for i in range(len(splits))]
    done = _run(function, work, splits, seeds, n_jobs, backend)
    frame = pd.DataFrame(
        {
            "fold": splits.names,
            "n_train": [len(split.train) for split in splits],
            "n_test": [len(split.test) for split in splits],
            **{metric: [one.metrics[metric] for one in done] for metric in metrics},
            "seconds": [one.seconds for one in done],
        }
    )
    tables = []
    for one, split, fold in zip(done, splits, splits.names, strict=True):
        table = prediction_frame(one.probabilities, classes)
        table.insert(0, ".row", split.test)
        table.insert(1, ".fold", fold)
        tables.append(table)
    predictions = pd.concat(tables).sort_values([".row", ".fold"], ignore_index=True)
    predictions[name] = pd.Categorical(
        y[predictions[".row"]], categories=pd.Index(classes)
    )
    return CrossValidation(
        frame, predictions, metrics, splits.kind, [one.history for one in done]
    )


_validate.__name__ = "cross_validate"
_step = verb(pd.DataFrame, "a data frame")(_validate)


def prediction_frame(
    probabilities: NDArray[np.float64], classes: NDArray[Any]
) -> pd.DataFrame:
    """Return predictions as tidymodels names them.

    Parameters
    ----------
    probabilities : ndarray, shape (n_samples, n_classes)
    classes : ndarray, shape (n_classes,)
        The labels.

    Returns
    -------
    pandas.DataFrame
        ``.pred_class`` (categorical), and ``.pred_`` with each label.

    Examples
    --------
    >>> prediction_frame(np.array([[0.25, 0.75]]), np.array(["M", "R"]))
      .pred_class  .pred_M  .pred_R
    0           R     0.25     0.75
    """
    codes = decide(probabilities)
    columns = {f".pred_{label}": probabilities[:, i] for i, label in enumerate(classes)}
    predicted = pd.Categorical.from_codes(codes.tolist(), pd.Index(classes))
    return pd.DataFrame({".pred_class": predicted, **columns})


def decide(probabilities: NDArray[np.float64]) -> NDArray[np.int64]:
    """Return the likeliest class; of two, the second only if above one half."""
    if probabilities.shape[1] == 2:
        return (probabilities[:, 1] > 0.5).astype(np.int64)
    return probabilities.argmax(axis=1)


def _check_classes(
    function: str, splits: Folds, codes: NDArray[np.int64], classes: NDArray[Any]
) -> None:
    for fold, (train, test) in zip(splits.names, splits.splits, strict=True):
        unseen = np.setdiff1d(codes[test], codes[train])
        if unseen.size:
            raise ArgumentError(
                function,
                "folds",
                "must train on every class that they test",
                received=f"{fold} tests {classes[unseen[0]]!r}, which is not among its "
                "training rows",
                remedy="Use fewer folds, or strata=True.",
            )


def _transformer(preprocess: Any) -> Any:
    if not isinstance(preprocess, str):
        return preprocess
    one_of("cross_validate", "preprocess", preprocess, tuple(PREPARATIONS))
    from sklearn import preprocessing

    return getattr(preprocessing, PREPARATIONS[preprocess])()


class _Work(NamedTuple):
    """What is the same for all folds."""

    token: str
    model_fn: Callable[..., Any]
    x: NDArray[np.float64]
    codes: NDArray[np.int64]
    n_classes: int
    preprocess: Any
    fit: Mapping[str, Any]
    metrics: list[str]


class _Done(NamedTuple):
    """What one fold gives."""

    probabilities: NDArray[np.float64]
    metrics: dict[str, float]
    history: TrainingHistory
    seconds: float


def _run(
    function: str, work: _Work, splits: Folds, seeds: list[int | None],
    n_jobs: int | None, backend: str | None,
) -> list[_Done]:  # fmt: skip
    import joblib

    jobs = list(zip(splits, seeds, strict=True))
    if n_jobs in (None, 1) and backend is None:
        try:
            return [run_fold(work, split, seed) for split, seed in jobs]
        finally:
            _trainers.clear()
    if backend == "threading":
        raise ArgumentError(
            function, "backend", "must be one of processes",
            received="'threading': threads share Keras's random state",
        )  # fmt: skip
    try:
        with joblib.parallel_config(backend=backend or "loky", n_jobs=n_jobs or -1):
            parallel = joblib.Parallel()
            return list(parallel(joblib.delayed(run_fold)(work, *job) for job in jobs))
    except ImportError as error:
        raise MissingDependencyError(
            f"{function}(): backend={backend!r} needs a package that is not installed: "
            f"{error}."
        ) from error
    except ValueError as error:
        if "Invalid backend" not in str(error):
            raise
        raise ArgumentError(
            function, "backend", "is none that joblib knows",
            received=f"{backend!r}: {error}",
        ) from error  # fmt: skip


#: The trainer of the cross-validation that runs in this process, by its token.
_trainers: dict[str, FoldTrainer] = {}


def run_fold(work: _Work, split: Fold, seed: int | None) -> _Done:
    """Train and measure one fold, in whatever process this is."""
    from .fold_trainer import FoldTrainer

    start = time.perf_counter()
    if work.token not in _trainers:
        _trainers.clear()
        _trainers[work.token] = FoldTrainer(work.model_fn)
    trainer = _trainers[work.token]
    x_train, x_test = work.x[split.train], work.x[split.test]
    if work.preprocess is not None:
        from sklearn.base import clone

        fitted = clone(work.preprocess).fit(x_train, work.codes[split.train])
        x_train, x_test = fitted.transform(x_train), fitted.transform(x_test)
    x_train, x_test = np.asarray(x_train, np.float32), np.asarray(x_test, np.float32)
    model = trainer.model(seed, x_train, work.n_classes)
    y_train = coding.targets(
        "cross_validate", model, work.codes[split.train], work.n_classes
    )
    history = trainer.train(model, x_train, y_train, work.fit)
    outputs = model.predict(x_test, batch_size=max(32, len(x_test)), verbose=0)
    probabilities = coding.probabilities(model, outputs)
    return _Done(
        probabilities,
        measure(work.metrics, work.codes[split.test], probabilities),
        history,
        time.perf_counter() - start,
    )


def measure(
    metrics: Sequence[str], codes: NDArray[np.int64], probabilities: NDArray[np.float64]
) -> dict[str, float]:
    """Compute metrics of predicted probabilities; NaN where one is not defined."""
    from sklearn import metrics as sk

    predicted = decide(probabilities)
    n_classes = probabilities.shape[1]
    binary = n_classes == 2
    average = {"average": "binary" if binary else "macro", "zero_division": np.nan}
    present = np.unique(codes).size
    values: dict[str, float] = {}
    for metric in metrics:
        if metric == "log_loss":
            value = sk.log_loss(codes, probabilities, labels=list(range(n_classes)))
        elif metric == "roc_auc":
            scores = probabilities[:, 1] if binary else probabilities
            value = (
                sk.roc_auc_score(codes, scores, multi_class="ovr")
                if present == n_classes
                else math.nan
            )
        elif metric in ("precision", "recall", "f1"):
            value = getattr(sk, f"{metric}_score")(codes, predicted, **average)
        else:
            value = getattr(sk, f"{metric}_score")(codes, predicted)
        values[metric] = float(value)
    return values
