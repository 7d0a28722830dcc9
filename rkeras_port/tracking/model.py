"""A Keras model as MLflow keeps it: the file, its signature, an input, its needs."""

from __future__ import annotations

import logging
import tempfile
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

#: Columns of an example beyond which it would be a burden.
_WIDEST = 100_000


def model_files(model: Any, x: Any, run_id: str) -> dict[str, bytes]:
    """Return the files of a model in MLflow's layout, by their paths.

    Parameters
    ----------
    model : keras.Model
        Built.
    x : array or SciPy sparse matrix, optional
        The data whose first row is the example.
    run_id : str
        The run that made it.
    """
    import mlflow.keras
    from mlflow.keras.utils import get_model_signature
    from mlflow.models import Model

    example = _example(x)
    signature = None
    if getattr(model, "inputs", None) and len(model.inputs) == 1:
        signature = get_model_signature(model)  # type: ignore[no-untyped-call]
    logger = logging.getLogger("mlflow")
    level = logger.level
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model")
        logger.setLevel(logging.ERROR)
        try:
            mlflow.keras.save_model(
                model,
                str(path),
                mlflow_model=Model(artifact_path="model", run_id=run_id),
                signature=signature,
                pip_requirements=_requirements(),
            )
            if example is not None:
                _write_example(path, example)
        finally:
            logger.setLevel(level)
        return {
            str(file.relative_to(path)): file.read_bytes()
            for file in path.rglob("*")
            if file.is_file()
        }


def _write_example(path: Path, example: np.ndarray) -> None:
    """Write an example beside a model; MLflow would run the model on it first."""
    from mlflow.models import Model
    from mlflow.models.utils import _Example

    saved = Model.load(str(path))
    made = _Example(example)
    saved.saved_input_example_info = made.info
    made.save(str(path))
    saved.save(str(path / "MLmodel"))


def _example(x: Any) -> np.ndarray | None:
    """Return the first row of x as a dense array of float32."""
    if len(getattr(x, "shape", ())) < 2 or not 0 < np.prod(x.shape[1:]) <= _WIDEST:
        return None
    row = x[:1]
    row = row.toarray() if hasattr(row, "toarray") else np.asarray(row)
    return row.astype(np.float32) if row.dtype.kind in "biuf" else None


def _requirements() -> list[str]:
    """Return what the model needs to be loaded, by its exact versions."""
    from rkeras_port._keras import keras

    needed = []
    for name in ("keras", keras.backend.backend(), "numpy"):
        try:
            needed.append(f"{name}=={version(name)}")
        except PackageNotFoundError:
            needed.append(name)
    return needed
