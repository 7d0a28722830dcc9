"""Runs that are tracked: what was trained, on what, how well, and the model itself.

MLflow keeps them, in a SQLite file beside the work or wherever a tracking URI says.
It is imported when a run begins, never before, and sends nothing to anybody.
"""

from .results import BinaryScores
from .runs import TrackedRun, callback_mlflow, tracked_run
from .stored import load_tracked_model, stored_run, sync_runs

__all__ = [
    "BinaryScores",
    "TrackedRun",
    "callback_mlflow",
    "load_tracked_model",
    "stored_run",
    "sync_runs",
    "tracked_run",
]
