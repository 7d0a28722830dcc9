"""A model function as a scikit-learn classifier, in scikit-learn's own tools."""

import pickle

import numpy as np
import pytest
from sklearn.base import clone
from sklearn.model_selection import GridSearchCV, StratifiedKFold, cross_val_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import rkeras_port as rk
from rkeras_port._keras import keras
from rkeras_port.errors import ArgumentError


def network(n_features, units=4, loss="binary_crossentropy"):
    model = keras.Sequential(
        [
            keras.layers.Input((n_features,)),
            keras.layers.Dense(units, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    model.compile("adam", loss)
    return model


def two_units(n_features, loss):
    model = keras.Sequential(
        [
            keras.layers.Input((n_features,)),
            keras.layers.Dense(2, activation="softmax"),
        ]
    )
    model.compile("adam", loss)
    return model


X = np.random.default_rng(0).normal(size=(40, 3))
WORDS = np.where(X[:, 0] > 0, "rock", "mine")


@pytest.mark.parametrize(
    "y",
    [WORDS, WORDS == "rock", np.where(WORDS == "rock", 7, 2)],
    ids=["words", "truth", "numbers"],
)
def test_labels_of_any_type_come_back(y):
    classifier = rk.as_sklearn(network, epochs=80, batch_size=8, seed=1).fit(X, y)
    assert classifier.classes_.tolist() == np.unique(y).tolist()
    assert classifier.predict(X).dtype.kind == y.dtype.kind
    # Data that a line separates.
    assert classifier.score(X, y) > 0.8
    assert (classifier.predict_frame(X)[".pred_class"] == classifier.predict(X)).all()


def test_probabilities_are_those_of_keras():
    classifier = rk.as_sklearn(network, epochs=2, seed=1).fit(X, WORDS)
    keras.utils.set_random_seed(1)
    model = network(3)
    y = (WORDS == "rock").astype("float32")
    model.fit(X.astype("float32"), y, epochs=2, verbose=0)
    rock = model.predict(X.astype("float32"), verbose=0)[:, 0]
    np.testing.assert_array_equal(classifier.predict_proba(X)[:, 1], rock)


@pytest.mark.parametrize(
    "loss", ["sparse_categorical_crossentropy", "categorical_crossentropy"]
)
def test_two_units_get_the_targets_that_their_loss_needs(loss):
    classifier = rk.as_sklearn(two_units, loss=loss, seed=1).fit(X, WORDS)
    assert classifier.predict_proba(X).shape == (40, 2)


def test_it_is_cloned_and_pickled_whole():
    classifier = rk.as_sklearn(network, units=5, epochs=2, seed=3)
    copy = clone(classifier)
    assert copy.get_params() == classifier.get_params()
    assert copy.fit_kwargs is not classifier.fit_kwargs
    classifier.fit(X, WORDS)
    again = pickle.loads(pickle.dumps(classifier))
    assert (again.predict_proba(X) == classifier.predict_proba(X)).all()
    assert (copy.fit(X, WORDS).predict_proba(X) == again.predict_proba(X)).all()


def test_pipelines_folds_and_searches():
    line = make_pipeline(StandardScaler(), rk.as_sklearn(network, epochs=1, seed=1))
    scores = cross_val_score(line, X, WORDS, cv=StratifiedKFold(2), scoring="roc_auc")
    assert scores.shape == (2,)
    assert np.isfinite(scores).all()
    search = GridSearchCV(
        rk.as_sklearn(network, seed=1), {"units": [2, 3], "epochs": [1]}, cv=2
    ).fit(X, WORDS)
    best = search.best_estimator_
    assert best.model_.layers[0].units == search.best_params_["units"]
    assert len(best.history_.epoch) == 1


def test_arguments_that_nobody_takes_and_one_class_are_refused():
    with pytest.raises(ArgumentError, match="`epoch` is neither"):
        rk.as_sklearn(network, epoch=3)
    with pytest.raises(ArgumentError, match="at least two classes"):
        rk.as_sklearn(network).fit(X, ["one"] * 40)
