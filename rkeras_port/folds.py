"""Folds: which rows of a table are trained on, and which are tested, each in turn."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from ._arguments import whole_number
from ._sklearn import require_sklearn
from .errors import ArgumentError
from .pipe import verb
from .tables import target_column


class Fold(NamedTuple):
    """One split of the rows: row numbers, from 0."""

    train: NDArray[np.int64]
    test: NDArray[np.int64]


@dataclass(frozen=True, repr=False)
class Folds(Sequence[Fold]):
    """Splits of the rows of a table; scikit-learn takes them as ``cv=``.

    Attributes
    ----------
    splits : list of Fold
    names : list of str
        ``Fold01``, ..., with repeats ``Repeat1.Fold01``.
    kind : str
        What they are, for print.
    """

    splits: list[Fold]
    names: list[str]
    kind: str

    def __len__(self) -> int:
        """Return the number of splits."""
        return len(self.splits)

    def __getitem__(self, place: Any) -> Any:
        """Return one split."""
        return self.splits[place]

    def __repr__(self) -> str:
        """Say how many rows are trained on and tested in each fold."""
        lines = [f"# {self.kind}"]
        for name, (train, test) in zip(self.names, self.splits, strict=True):
            lines.append(f"{name}  train {len(train):,}  test {len(test):,}")
        return "\n".join(lines)


@verb(pd.DataFrame, "a data frame")
def vfold_cv(
    data: pd.DataFrame,
    v: int = 10,
    repeats: int = 1,
    strata: str | bool | None = None,
    *,
    seed: int | None = 1,
) -> Folds:
    """Split the rows of a table into folds, each the test set once.

    Parameters
    ----------
    object : pandas.DataFrame
        The table.
    v : int
        Number of folds.
    repeats : int
        How often the rows are split anew.
    strata : str or bool, optional
        A column of labels whose shares are the same in each fold; True for the column
        of the labels.
    seed : int, optional
        Of the shuffling. None: another one each time.

    Returns
    -------
    Folds
        Pairs of row numbers ``(train, test)``, shuffled.

    Raises
    ------
    ArgumentError
        If there are more folds than rows, or than rows of the smallest class.
    MissingDependencyError
        If scikit-learn is not installed.

    Notes
    -----
    R: `vfold_cv()` of rsample.

    Examples
    --------
    >>> table = pd.DataFrame({"a": [1.0, 2, 3, 4], "kind": ["x", "y", "x", "y"]})
    >>> table >> vfold_cv(v=2, strata="kind")
    # 2-fold cross-validation, stratified
    Fold01  train 2  test 2
    Fold02  train 2  test 2
    """
    function = "vfold_cv"
    strata = target_column(function, data, None) if strata is True else strata
    if strata:
        strata = target_column(function, data, strata)
    by = data[strata] if strata else None
    return make_folds(function, len(data), v, repeats, by, seed)


def make_folds(
    function: str, n: int, v: int, repeats: int, by: Any, seed: int | None
) -> Folds:
    """Split `n` rows, stratified by the labels `by` if there are any."""
    require_sklearn(function)
    from sklearn.model_selection import KFold, StratifiedKFold

    argument = "v" if function == "vfold_cv" else "folds"
    v = whole_number(function, argument, v, minimum=2)
    repeats = whole_number(function, "repeats", repeats, minimum=1)
    if v > n:
        raise ArgumentError(
            function, argument, "must not exceed the number of rows",
            received=f"{v} folds, {n} rows",
        )  # fmt: skip
    if by is not None:
        counts = pd.Series(np.asarray(by)).value_counts()
        if v > counts.min():
            raise ArgumentError(
                function,
                argument,
                "must not exceed the number of rows of the smallest class",
                received=f"{v} folds, {counts.min()} rows of {counts.idxmin()!r}",
                remedy=f"Use {counts.min()} folds or fewer, or strata=False."
                if counts.min() > 1
                else "Leave that class out, or use strata=False.",
            )
    random = np.random.RandomState(seed)
    maker = KFold if by is None else StratifiedKFold
    splits, names = [], []
    for repeat in range(repeats):
        state = seed if repeats == 1 else random.randint(2**31)
        splitter = maker(v, shuffle=True, random_state=state)
        for i, (train, test) in enumerate(splitter.split(np.zeros(n), by)):
            splits.append(Fold(train, test))
            prefix = f"Repeat{repeat + 1}." if repeats > 1 else ""
            names.append(f"{prefix}Fold{i + 1:0{max(2, len(str(v)))}}")
    kind = f"{v}-fold cross-validation"
    kind += f", {repeats} times" if repeats > 1 else ""
    return Folds(splits, names, kind + (", stratified" if by is not None else ""))


def as_folds(
    function: str, folds: Any, data: pd.DataFrame, codes: NDArray[np.int64],
    name: str, strata: str | bool, repeats: int, seed: int | None,
) -> Folds:  # fmt: skip
    """Return folds that are given as such, as a number, as pairs or as a splitter."""
    if isinstance(folds, Folds):
        return folds
    if isinstance(folds, int | float | np.integer):
        by = None
        if strata:
            column = name if strata is True else target_column(function, data, strata)
            by = data[column]
        return make_folds(function, len(data), int(folds), repeats, by, seed)
    splits: Iterator[Any]
    splits = folds.split(np.zeros(len(codes)), codes) if hasattr(folds, "split") else (
        iter(folds)
    )  # fmt: skip
    made = [Fold(np.asarray(train), np.asarray(test)) for train, test in splits]
    names = [f"Fold{i + 1:02}" for i in range(len(made))]
    return Folds(made, names, f"{len(made)} splits")
