"""Tables for classification: a data frame with one column of labels."""

from __future__ import annotations

import os
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from .errors import ArgumentError, ArgumentTypeError, did_you_mean

if TYPE_CHECKING:
    import pandas as pd

#: Fields that mean "no value", beside an empty one.
_MISSING = ["", "NA", "NaN", "nan", "N/A", "?", "NULL", "null"]


def dataset_sonar() -> pd.DataFrame:
    """Return the Sonar data: 208 echoes of a metal cylinder or of rocks.

    Returns
    -------
    pandas.DataFrame, shape (208, 61)
        Columns ``V1`` to ``V60`` (float64, 0 to 1): the energy of the echo in 60
        frequency bands. Column ``Class`` (categorical): ``M``, a mine (a metal
        cylinder, 111 rows), or ``R``, a rock (97 rows). All rocks come first, in the
        order of the source.

    Notes
    -----
    R: `Sonar` of the package mlbench, whose column names these are.

    The data are "Connectionist Bench (Sonar, Mines vs. Rocks)", UCI Machine Learning
    Repository, https://doi.org/10.24432/C5T01Q, licensed CC BY 4.0; R. P. Gorman and
    T. J. Sejnowski, Analysis of hidden units in a layered network trained to classify
    sonar targets, Neural Networks 1 (1988) 75-89.

    Examples
    --------
    >>> sonar = dataset_sonar()
    >>> sonar.shape
    (208, 61)
    >>> sonar["Class"].value_counts().to_dict()
    {'M': 111, 'R': 97}
    """
    import pandas as pd

    with (files(__package__) / "data" / "sonar.csv").open("rb") as file:
        frame = pd.read_csv(file, header=None)
    frame.columns = pd.Index([*(f"V{i}" for i in range(1, 61)), "Class"])
    frame["Class"] = frame["Class"].astype("category")
    return frame


def dataset_csv(
    path: str | os.PathLike[str],
    target: str | int | None = None,
    *,
    header: bool = True,
    sep: str = ",",
    drop: Sequence[str] = (),
) -> pd.DataFrame:
    r"""Read a table of numbers with one column of labels.

    Parameters
    ----------
    path : path-like
        The file: text, one row a line.
    target : str or int, optional
        The column with the labels, by its name or its place (from 0, or from the end
        with -1). By default the only column that does not hold numbers.
    header : bool
        Whether the first line has the names. Else they are ``V1``, ``V2``, ... and
        ``Class``.
    sep : str
        What stands between two fields.
    drop : sequence of str
        Columns to leave out, for example identifiers.

    Returns
    -------
    pandas.DataFrame, shape (n_samples, n_features + 1)
        The features as float64, the labels last, as a categorical: it remembers the
        labels of the file, in sorted order, beside their codes from 0.

    Raises
    ------
    ArgumentError
        If there is no such file or column, if a value is missing (empty, ``NA``,
        ``?``, ...), if there are no rows, or if it is not clear which column has the
        labels.
    ArgumentTypeError
        If a feature does not hold numbers.

    Examples
    --------
    >>> import tempfile
    >>> from pathlib import Path
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = Path(folder, "cats.csv")
    ...     _ = file.write_text("weight,kind\n4.1,cat\n30,dog\n")
    ...     table = dataset_csv(file)
    >>> table["kind"].cat.categories.to_list(), table["kind"].cat.codes.to_list()
    (['cat', 'dog'], [0, 1])
    """
    import pandas as pd

    function = "dataset_csv"
    file = Path(path).expanduser()
    if not file.is_file():
        raise ArgumentError(
            function, "path", "must be a file", received=f"{str(path)!r}"
        )
    try:
        frame = pd.read_csv(
            file,
            sep=sep,
            header=0 if header else None,
            na_values=_MISSING,
            keep_default_na=False,
            skipinitialspace=True,
        )
    except (pd.errors.ParserError, pd.errors.EmptyDataError, UnicodeError) as error:
        raise ArgumentError(
            function,
            "path",
            "cannot be read as a table",
            received=f"{file.name}: {error}",
            remedy="Every line must have as many fields; check `sep`.",
        ) from error
    if not header:
        frame.columns = pd.Index([f"V{i + 1}" for i in range(frame.shape[1])])
    _check_known(function, "drop", list(drop), frame)
    frame = frame.drop(columns=list(drop))
    if not len(frame):
        raise ArgumentError(
            function, "path", "has no rows", received=f"{file.name}, {sep=}"
        )
    _refuse_missing(function, "path", frame, first_line=2 if header else 1)
    name = target_column(function, frame, target)
    if not header and name == frame.columns[-1]:
        frame = frame.rename(columns={name: "Class"})
        name = "Class"
    labels = frame.pop(name)
    frame = frame.astype(dict.fromkeys(_numeric(function, frame), np.float64))
    frame[name] = labels.astype("category")
    return frame


def split_table(
    function: str, frame: pd.DataFrame, target: str | int | None = None
) -> tuple[NDArray[np.float64], NDArray[Any], str]:
    """Return the features, the labels and the name of the labels' column.

    Parameters
    ----------
    function : str
        For messages.
    frame : pandas.DataFrame
        As `dataset_csv` returns it.
    target : str or int, optional
        As for `dataset_csv`.

    Returns
    -------
    x : ndarray of float64, shape (n_samples, n_features)
    y : ndarray, shape (n_samples,)
        The labels themselves, not their codes.
    name : str

    Raises
    ------
    ArgumentError, ArgumentTypeError
        As `dataset_csv`.
    """
    _refuse_missing(function, "data", frame, first_line=0)
    name = target_column(function, frame, target)
    features = frame.drop(columns=name)
    _numeric(function, features)
    return features.to_numpy(dtype=np.float64), frame[name].to_numpy(), name


def target_column(function: str, frame: pd.DataFrame, target: str | int | None) -> str:
    """Return the name of the column that holds the labels.

    Raises
    ------
    ArgumentError
        If there is no such column, or several could be meant.
    """
    if isinstance(target, str):
        _check_known(function, "target", [target], frame)
        return target
    if target is not None:
        if not -frame.shape[1] <= target < frame.shape[1]:
            raise ArgumentError(
                function,
                "target",
                f"must be a place among {frame.shape[1]} columns, from 0",
                received=repr(target),
            )
        return str(frame.columns[target])
    texts = [str(name) for name in frame.columns if not _holds_numbers(frame[name])]
    if len(texts) == 1:
        return texts[0]
    raise ArgumentError(
        function,
        "target",
        "must name the column with the labels",
        received="no column of text" if not texts else f"text in {', '.join(texts)}",
        remedy=f"For example target={str(frame.columns[-1])!r}.",
    )


def _holds_numbers(column: pd.Series[Any]) -> bool:
    return getattr(column.dtype, "kind", "O") in "biuf"


def _numeric(function: str, features: pd.DataFrame) -> list[str]:
    refused = [str(n) for n in features.columns if not _holds_numbers(features[n])]
    if refused:
        raise ArgumentTypeError(
            function,
            "data",
            "must have numbers in all columns but that of the labels",
            received="not numeric: " + ", ".join(refused[:5]),
            remedy="Encode those columns first (pandas.get_dummies) or drop them.",
        )
    return list(features.columns)


def _check_known(
    function: str, argument: str, names: list[str], frame: pd.DataFrame
) -> None:
    known = [str(name) for name in frame.columns]
    for name in names:
        if name not in known:
            raise ArgumentError(
                function,
                argument,
                "names no column of the table",
                received=repr(name),
                remedy=did_you_mean(name, known)
                or f"Its columns: {', '.join(known[:8])}.",
            )


def _refuse_missing(
    function: str, argument: str, frame: pd.DataFrame, first_line: int
) -> None:
    missing = frame.isna().to_numpy()
    if not missing.any():
        return
    row, column = np.argwhere(missing)[0]
    place = f"line {row + first_line}" if first_line else f"row {row}"
    raise ArgumentError(
        function,
        argument,
        "must not have missing values",
        received=f"{int(missing.sum())} missing, the first in {place}, column "
        f"{str(frame.columns[column])!r}",
        remedy="Drop those rows, or fill them in, first.",
    )
