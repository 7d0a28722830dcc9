"""A model function as a scikit-learn classifier: for pipelines, folds and searches."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from . import labels as coding
from ._keras import keras
from ._sklearn import require_sklearn
from .epochs import train
from .errors import ArgumentError
from .fold_trainer import make, parameters
from .resampling import decide, prediction_frame

#: What `keras.Model.fit` takes beside the data.
_FIT = set(inspect.signature(keras.Model.fit).parameters) - {"self", "x", "y"}


class TableClassifier(keras.wrappers.SKLearnClassifier):
    """Keras's scikit-learn classifier, for labels of any type; `as_sklearn` makes it.

    Parameters
    ----------
    model : callable
        Returns a new compiled model.
    warm_start : bool
        Not supported.
    model_kwargs, fit_kwargs : dict, optional
        Arguments of `model` and of `keras.Model.fit`. Each is also a parameter by its
        own name: ``GridSearchCV(classifier, {"epochs": [50, 100]})``.
    seed : int, optional
        Set before each training.

    Attributes
    ----------
    model_ : keras.Model
        The trained model.
    classes_ : ndarray
        The labels, sorted.
    history_ : TrainingHistory
    """

    def __init__(
        self,
        model: Callable[..., Any],
        warm_start: bool = False,
        model_kwargs: dict[str, Any] | None = None,
        fit_kwargs: dict[str, Any] | None = None,
        seed: int | None = None,
    ) -> None:
        super().__init__(model, warm_start, model_kwargs, fit_kwargs)  # type: ignore[no-untyped-call]
        self.seed = seed

    def __sklearn_clone__(self) -> TableClassifier:
        """Return a new, untrained classifier with the same parameters."""
        return type(self)(
            self.model,
            self.warm_start,
            dict(self.model_kwargs or {}),
            dict(self.fit_kwargs or {}),
            self.seed,
        )

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """Return the parameters, those of the model and of `fit` by their own names."""
        own: dict[str, Any] = super().get_params(deep=False)
        return own | (self.model_kwargs or {}) | (self.fit_kwargs or {})

    def set_params(self, **params: Any) -> TableClassifier:
        """Set parameters; those of the model and of `fit` by their own names."""
        own = inspect.signature(type(self)).parameters
        for name, value in params.items():
            if name in own:
                setattr(self, name, value)
            elif name in parameters(self.model):
                self.model_kwargs = {**(self.model_kwargs or {}), name: value}
            elif name in _FIT:
                self.fit_kwargs = {**(self.fit_kwargs or {}), name: value}
            else:
                raise ArgumentError(
                    "as_sklearn",
                    name,
                    "is neither a parameter of the model function nor of fit()",
                    received=repr(value),
                )
        return self

    def fit(self, X: Any, y: Any, **kwargs: Any) -> TableClassifier:
        """Train a new model.

        Parameters
        ----------
        X : array_like or DataFrame, shape (n_samples, n_features)
        y : array_like, shape (n_samples,)
            Labels of any type.
        **kwargs
            For `keras.Model.fit`; they win over `fit_kwargs`.
        """
        from sklearn.utils.validation import validate_data

        X, y = validate_data(self, X, y, dtype=np.float32)
        self.classes_ = coding.classes_of(y)
        if len(self.classes_) < 2:
            raise ArgumentError(
                "fit", "y", "must have at least two classes",
                received=f"only {self.classes_.tolist()}",
            )  # fmt: skip
        if self.seed is not None:
            keras.utils.set_random_seed(self.seed)
        n_classes = len(self.classes_)
        model = make(self.model, X.shape[1], n_classes, **(self.model_kwargs or {}))
        if not model.built:
            model.build((None, X.shape[1]))
        target = coding.targets(
            "as_sklearn", model, coding.codes_of(y, self.classes_), n_classes
        )
        arguments = {"verbose": 0, **(self.fit_kwargs or {}), **kwargs}
        self.history_ = train(model, X, target, arguments)
        self.model_ = model
        return self

    def predict_proba(self, X: Any) -> NDArray[np.float64]:
        """Return the probability of each class, in the order of ``classes_``."""
        from sklearn.utils.validation import check_is_fitted, validate_data

        check_is_fitted(self, "model_")
        X = validate_data(self, X, reset=False, dtype=np.float32)
        return coding.probabilities(self.model_, self.model_.predict(X, verbose=0))

    def predict(self, X: Any) -> NDArray[Any]:
        """Return the likeliest label of each row."""
        return np.asarray(self.classes_[decide(self.predict_proba(X))])

    def decision_function(self, X: Any) -> NDArray[np.float64]:
        """Return the log odds of the second of two classes, or the probabilities."""
        probabilities = np.clip(self.predict_proba(X), 1e-12, 1.0)
        if probabilities.shape[1] != 2:
            return probabilities
        return np.asarray(np.log(probabilities[:, 1]) - np.log(probabilities[:, 0]))

    def predict_frame(self, X: Any) -> pd.DataFrame:
        """Return ``.pred_class`` and ``.pred_`` with each label, one row a sample."""
        return prediction_frame(self.predict_proba(X), self.classes_)


def as_sklearn(
    model_fn: Callable[..., Any], *, seed: int | None = None, **arguments: Any
) -> TableClassifier:
    """Make a scikit-learn classifier of a model function.

    Parameters
    ----------
    model_fn : callable
        Returns a new compiled model. It may take `n_features` and `n_classes`, and
        parameters of its own.
    seed : int, optional
        Set before each training, so that equal data give equal weights.
    **arguments
        Parameters of `model_fn`, and arguments of `fit` such as `epochs`.

    Returns
    -------
    TableClassifier
        Cloneable and picklable, for `Pipeline`, `cross_val_score`, `GridSearchCV`.

    Raises
    ------
    ArgumentError
        If an argument is neither of `model_fn` nor of `fit`.
    MissingDependencyError
        If scikit-learn is not installed.

    Examples
    --------
    >>> from rkeras_port import compile, keras_model_sequential, layer_dense
    >>> def small(n_features, units=3):
    ...     return (
    ...         keras_model_sequential(input_shape=n_features)
    ...         >> layer_dense(units, activation="relu")
    ...         >> layer_dense(1, activation="sigmoid")
    ...         >> compile("adam", loss="binary_crossentropy")
    ...     )
    >>> classifier = as_sklearn(small, units=2, epochs=2, seed=1)
    >>> x = [[0.0, 1.0], [1.0, 0.0], [0.1, 0.9], [0.9, 0.2]]
    >>> classifier.fit(x, ["cat", "dog", "cat", "dog"]).classes_.tolist()
    ['cat', 'dog']
    >>> classifier.predict_frame(x).columns.to_list()
    ['.pred_class', '.pred_cat', '.pred_dog']
    """
    require_sklearn("as_sklearn")
    return TableClassifier(model_fn, seed=seed).set_params(**arguments)
