"""R's interface to Keras, living in Python: plain Keras objects, in R's pipe style.

Importing this package imports neither Keras nor R: a name brings in what it needs
when it is first used.
"""

from __future__ import annotations

import importlib
from typing import Any

# The function `pipe` shares its module's name: loading the module first, here,
# leaves the function under that name.
from .pipe import Step as Step
from .pipe import UnusedStepWarning as UnusedStepWarning
from .pipe import call as call
from .pipe import pipe as pipe
from .pipe import placeholder as placeholder

__version__ = "0.1.0.dev0"

#: The module that each name lives in. Names of the catalogue are not listed here.
_HOME = {
    name: module
    for module, names in {
        "crosscheck.observe": "observe",
        "applications": "application_decode_predictions application_preprocess_inputs",
        "backend": "config_set_backend use_backend",
        "custom_objects": "custom_metric from_config get_config "
        "register_keras_serializable set_custom_objects with_custom_object_scope",
        "datasets": "dataset_imdb dataset_imdb_word_index",
        "distribution": "with_distribution",
        "encoding": "normalize pad_sequences to_categorical vectorize_sequences",
        "errors": "ArgumentError ArgumentTypeError DataUnavailableError "
        "MissingDependencyError RKerasError StateError",
        "history": "NamedMetrics TrainingHistory",
        "keras_datasets": "dataset_boston_housing dataset_california_housing "
        "dataset_cifar10 dataset_cifar100 dataset_fashion_mnist dataset_mnist "
        "dataset_reuters dataset_reuters_word_index",
        "models": "clear_session clone_model count_params freeze_weights get_layer "
        "get_weights keras_model keras_model_sequential pop_layer set_random_seed "
        "set_weights summary unfreeze_weights",
        "training": "compile evaluate fit predict predict_on_batch test_on_batch "
        "train_on_batch",
        "saving": "export_savedmodel load_model load_model_config load_model_weights "
        "save_model save_model_config save_model_weights",
        "states": "adapt get_state_tree get_vocabulary quantize_weights reset_state "
        "set_state_tree set_vocabulary",
        "plots": "plot",
        "tables": "dataset_csv dataset_sonar",
        "folds": "Folds vfold_cv",
        "resampling": "CrossValidation Resamples cross_validate resamples",
        "estimators": "as_sklearn",
        "pitfalls": "Findings PitfallWarning check_model pitfall_checks",
        "tracking": "callback_mlflow load_tracked_model stored_run sync_runs "
        "tracked_run",
        "trials": "Experiments dense_classifier experiments",
        "splits": "row_hashes split_rows validation_rows",
        "streaming": "parquet_multi_hot",
        "text": "decode_review encode_review text_to_word_sequence",
    }.items()
    for name in names.split()
}

_ALWAYS = ["Step", "UnusedStepWarning", "call", "pipe", "placeholder"]


def _names() -> list[str]:
    from .catalogue import rows

    return sorted({*_ALWAYS, *_HOME, *rows()})


def __getattr__(name: str) -> Any:
    if name == "__all__":
        return _names()
    if name in _HOME:
        value = getattr(importlib.import_module(f".{_HOME[name]}", __name__), name)
    elif name.startswith("_"):
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    else:
        from .catalogue import function, rows
        from .errors import did_you_mean

        if name not in rows():
            hint = did_you_mean(name, _names())
            raise AttributeError(
                f"module {__name__!r} has no attribute {name!r}"
                + (f". {hint}" if hint else "")
            )
        value = function(name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return _names()
