"""Experiments: networks that differ in some respects, each tracked, all compared."""

from .grid import experiments
from .networks import dense_classifier
from .outcome import Experiments

__all__ = ["Experiments", "dense_classifier", "experiments"]
