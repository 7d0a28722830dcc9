"""Tables for R: data frames in parts, and cross-validation of R's model functions."""

from __future__ import annotations

from typing import Any

import numpy as np

from rkeras_port.tables import dataset_csv, dataset_sonar


def _parts(frame: Any) -> dict[str, Any]:
    """Return a table as what R makes a data frame of, the labels apart."""
    labels = frame.iloc[:, -1]
    return {
        "x": frame.iloc[:, :-1].to_numpy(),
        "names": [str(name) for name in frame.columns[:-1]],
        "target": str(frame.columns[-1]),
        "labels": [str(label) for label in labels],
        "levels": [str(level) for level in labels.cat.categories],
    }


def sonar() -> dict[str, Any]:
    """Return the parts of `dataset_sonar`."""
    return _parts(dataset_sonar())


def csv(
    path: str, target: str | int | None, header: bool, sep: str, drop: list[str]
) -> dict[str, Any]:
    """Return the parts of `dataset_csv`."""
    frame = dataset_csv(path, target, header=header, sep=sep, drop=drop)
    return _parts(frame)


def validate(
    model_fn: Any, x: Any, codes: Any, levels: list[str], folds: int, strata: bool,
    preprocess: str | None, metrics: list[str], repeats: int, seed: int | None,
    fit: dict[str, Any],
) -> dict[str, Any]:  # fmt: skip
    """Cross-validate a model function of R's; return the parts of the result.

    Folds run one after the other: R's functions belong to R's own process.
    """
    import pandas as pd

    from rkeras_port.resampling import cross_validate

    labels = pd.Categorical.from_codes(list(codes), pd.Index(levels))
    result = cross_validate(
        model_fn, (np.asarray(x), labels), folds=folds, strata=strata,
        preprocess=preprocess, metrics=metrics, repeats=repeats, seed=seed, **fit,
    )  # fmt: skip
    table, predictions = result.folds, result.predictions
    probabilities = predictions[[f".pred_{level}" for level in levels]]
    return {
        "kind": result.kind,
        "fold": table["fold"].tolist(),
        "n_train": table["n_train"].tolist(),
        "n_test": table["n_test"].tolist(),
        "metrics": list(metrics),
        "values": {metric: table[metric].tolist() for metric in metrics},
        "row": predictions[".row"].tolist(),
        "row_fold": predictions[".fold"].tolist(),
        "code": predictions[".pred_class"].cat.codes.tolist(),
        "probabilities": probabilities.to_numpy(),
    }
