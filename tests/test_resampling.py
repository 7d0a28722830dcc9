"""Cross-validation: folds as scikit-learn's, results as plain Keras's, no leakage."""

import numpy as np
import pandas as pd
import pytest
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.model_selection import StratifiedKFold
from sklearn.preprocessing import StandardScaler

import rkeras_port as rk
from rkeras_port import epochs
from rkeras_port._keras import keras
from rkeras_port.errors import ArgumentError, ArgumentTypeError, MissingDependencyError
from rkeras_port.fold_trainer import FoldTrainer, structure
from rkeras_port.resampling import measure

SONAR = rk.dataset_sonar()
X = SONAR.drop(columns="Class").to_numpy("float32")
Y = SONAR["Class"].cat.codes.to_numpy("float32")


def network(n_features=60, dropout=0.0, build=True):
    parts = [keras.layers.Input((n_features,))] if build else []
    parts += [keras.layers.Dense(6, activation="relu")]
    parts += [keras.layers.Dropout(dropout)] if dropout else []
    model = keras.Sequential([*parts, keras.layers.Dense(1, activation="sigmoid")])
    model.compile("adam", "binary_crossentropy", metrics=["accuracy"])
    return model


QUICK = {"folds": 3, "epochs": 2, "batch_size": 16}


@pytest.fixture(scope="module")
def result():
    return SONAR >> rk.cross_validate(
        network, metrics=("accuracy", "roc_auc", "log_loss"), **QUICK
    )


# One training -------------------------------------------------------------------------


@pytest.mark.parametrize("dropout", [0.0, 0.3])
@pytest.mark.parametrize("build", [True, False])
@pytest.mark.parametrize(("n", "shuffle"), [(43, True), (40, False), (5, True)])
def test_a_training_in_one_graph_is_that_of_keras(dropout, build, n, shuffle):
    arguments = {"epochs": 3, "batch_size": 8, "shuffle": shuffle, "verbose": 0}
    trained = []
    for train in (
        lambda model: model.fit(X[:n], Y[:n], **arguments).history,
        lambda model: epochs.train(model, X[:n], Y[:n], arguments).metrics,
    ):
        keras.utils.set_random_seed(3)
        model = network(dropout=dropout, build=build)
        trained.append((train(model), model.get_weights()))
    (history, weights), (ours, our_weights) = trained
    assert all((a == b).all() for a, b in zip(weights, our_weights, strict=True))
    for name, values in history.items():
        np.testing.assert_allclose(ours[name], values, rtol=1e-6)


def test_arguments_that_only_keras_knows_go_to_keras():
    stop = keras.callbacks.EarlyStopping("loss", min_delta=10, patience=1)
    arguments = {"epochs": 9, "callbacks": [stop], "verbose": 0}
    assert not epochs.suits(network(), arguments)
    assert len(epochs.train(network(), X, Y, arguments).epoch) == 2


def test_a_fold_is_what_plain_keras_gives_with_that_seed(result):
    for i, (train, test) in enumerate(rk.vfold_cv(SONAR, 3, strata="Class")):
        keras.utils.set_random_seed(1 + i)
        model = network()
        model.fit(X[train], Y[train], epochs=2, batch_size=16, verbose=0)
        ours = result.predictions.set_index(".row").loc[test, ".pred_R"]
        np.testing.assert_array_equal(ours, model.predict(X[test], verbose=0)[:, 0])


def test_models_of_one_structure_share_a_graph_and_no_others_do():
    assert structure(network()) == structure(network())
    assert structure(network()) != structure(network(dropout=0.1))
    slow = network()
    slow.compile(keras.optimizers.Adam(1e-4), "binary_crossentropy")
    assert structure(slow) != structure(network())
    own = network()
    own.compile("adam", lambda y, p: keras.losses.binary_crossentropy(y, p))
    assert structure(own) is None


def test_a_fold_starts_from_nothing_an_earlier_one_left():
    trainer = FoldTrainer(network)
    arguments = {"epochs": 1, "verbose": 0}
    weights = []
    for seed in (5, 6, 5):
        model = trainer.model(seed, X, 2)
        trainer.train(model, X[:50], Y[:50], arguments)
        weights.append(model.get_weights())
    assert all((a == b).all() for a, b in zip(weights[0], weights[2], strict=True))
    assert not (weights[0][0] == weights[1][0]).all()


# Folds --------------------------------------------------------------------------------


def test_folds_are_those_of_scikit_learn():
    folds = rk.vfold_cv(SONAR, 5, strata="Class", seed=4)
    theirs = StratifiedKFold(5, shuffle=True, random_state=4).split(X, SONAR["Class"])
    for (train, test), (their_train, their_test) in zip(folds, theirs, strict=True):
        assert (train == their_train).all()
        assert (test == their_test).all()
    tested = np.concatenate([fold.test for fold in folds])
    assert sorted(tested) == list(range(208))


def test_repeats_split_anew():
    folds = rk.vfold_cv(SONAR, 2, repeats=2)
    assert folds.names[-1] == "Repeat2.Fold02"
    assert not np.array_equal(folds[0].test, folds[2].test)


# The result ---------------------------------------------------------------------------


def test_every_row_is_predicted_once_with_its_label(result):
    predictions = result.predictions
    assert predictions[".row"].to_list() == list(range(208))
    assert predictions["Class"].to_list() == SONAR["Class"].to_list()
    assert predictions.columns.to_list() == [
        ".row", ".fold", ".pred_class", ".pred_M", ".pred_R", "Class",
    ]  # fmt: skip
    total = predictions[".pred_M"] + predictions[".pred_R"]
    np.testing.assert_allclose(total, 1)
    likelier = np.where(predictions[".pred_R"] > 0.5, "R", "M")
    assert (predictions[".pred_class"] == likelier).all()


def test_metrics_are_of_the_predictions(result):
    for _, fold in result.folds.iterrows():
        rows = result.predictions[result.predictions[".fold"] == fold["fold"]]
        right = (rows[".pred_class"].astype(str) == rows["Class"].astype(str)).mean()
        assert fold["accuracy"] == pytest.approx(right)
        mines = rows.loc[rows["Class"] == "M", ".pred_R"].to_numpy()
        rocks = rows.loc[rows["Class"] == "R", ".pred_R"].to_numpy()
        above = (rocks[:, None] > mines).mean() + 0.5 * (rocks[:, None] == mines).mean()
        assert fold["roc_auc"] == pytest.approx(above)
    summary = result.summary().set_index("metric")
    values = result.folds["accuracy"]
    assert summary.loc["accuracy", "mean"] == pytest.approx(np.mean(values))
    assert summary.loc["accuracy", "std_dev"] == pytest.approx(np.std(values, ddof=1))


def test_it_prints_a_table_and_draws_box_plots(result):
    lines = repr(result).splitlines()
    assert lines[0] == "# 3-fold cross-validation, stratified"
    assert [line.split()[0] for line in lines[2:]] == [
        "Fold01", "Fold02", "Fold03", "mean", "std.",
    ]  # fmt: skip
    both = rk.resamples(first=result, second=result)
    assert "first accuracy" in repr(both)
    for drawn in (result >> rk.plot(), rk.plot(both)):
        kinds = {type(layer.geom).__name__ for layer in drawn.layers}
        assert "geom_boxplot" in kinds
        drawn.draw()


def test_a_metric_that_is_not_defined_is_nan():
    one_class = np.array([1, 1])
    values = measure(["roc_auc"], one_class, np.array([[0.2, 0.8], [0.4, 0.6]]))
    assert np.isnan(values["roc_auc"])


class Spy(BaseEstimator, TransformerMixin):
    """Keeps the rows it was fitted on."""

    fitted: list = []  # noqa: RUF012

    def fit(self, x, y=None):
        Spy.fitted.append(x.copy())
        self.scaler_ = StandardScaler().fit(x)
        return self

    def transform(self, x):
        return self.scaler_.transform(x)


def test_preparation_sees_the_training_rows_only():
    Spy.fitted.clear()
    spied = rk.cross_validate(network, SONAR, preprocess=Spy(), **QUICK)
    named = rk.cross_validate(network, SONAR, preprocess="standardize", **QUICK)
    x = SONAR.drop(columns="Class").to_numpy()
    folds = rk.vfold_cv(SONAR, 3, strata="Class")
    for fold, seen in zip(folds, Spy.fitted, strict=True):
        np.testing.assert_array_equal(seen, x[fold.train])
    pd.testing.assert_frame_equal(spied.predictions, named.predictions)


def test_workers_give_what_one_process_gives(result):
    ours = rk.cross_validate(network, SONAR, n_jobs=2, **QUICK)
    columns = [".pred_M", ".pred_R", ".fold"]
    pd.testing.assert_frame_equal(
        ours.predictions[columns], result.predictions[columns]
    )


def test_three_classes_and_x_y_instead_of_a_frame():
    rng = np.random.default_rng(0)
    y = np.repeat([3, 5, 9], 10)

    def three(n_features, n_classes):
        model = keras.Sequential(
            [
                keras.layers.Input((n_features,)),
                keras.layers.Dense(n_classes, activation="softmax"),
            ]
        )
        model.compile("adam", "sparse_categorical_crossentropy")
        return model

    x = rng.normal(size=(30, 4))
    result = rk.cross_validate(three, (x, y), folds=2, metrics=["accuracy", "roc_auc"])
    assert ".pred_9" in result.predictions.columns
    assert set(result.predictions["Class"]) == {3, 5, 9}


# Bad input ----------------------------------------------------------------------------

SMALL = pd.DataFrame({"a": np.arange(6.0), "k": list("uuuuuv")})


def never():
    raise AssertionError("nothing may be trained")


@pytest.mark.parametrize(
    ("data", "arguments", "says"),
    [
        (SMALL, {"folds": 2}, "2 folds, 1 rows of 'v'"),
        (SMALL, {"folds": 7, "strata": False}, "7 folds, 6 rows"),
        (SMALL, {"folds": 3, "strata": False}, "tests 'v', which is not among"),
        (SMALL, {"folds": [([0, 1], [5])]}, "Fold01 tests 'v'"),
        (SMALL.assign(a=[1, 2, None, 4, 5, 6]), {}, "1 missing, the first in row 2"),
        (SMALL[:5], {}, "at least two classes"),
        (SMALL, {"metrics": "accurac"}, "Did you mean 'accuracy'"),
        (SMALL, {"preprocess": "standardise"}, "Did you mean 'standardize'"),
        ((np.zeros((3, 1)), [0, 1]), {}, "3 rows, 2 labels"),
    ],
)
def test_bad_input_is_refused_before_any_training(data, arguments, says):
    with pytest.raises(ArgumentError, match=says):
        rk.cross_validate(never, data, **arguments)


def test_a_model_that_does_not_fit_is_refused():
    def three():
        model = keras.Sequential([keras.layers.Input((60,)), keras.layers.Dense(3)])
        model.compile("adam", "mse")
        return model

    with pytest.raises(ArgumentError, match="must end in 2 units for 2 classes"):
        rk.cross_validate(three, SONAR, folds=2)
    with pytest.raises(ArgumentTypeError, match="must return a compiled model"):
        rk.cross_validate(lambda: keras.Sequential(), SONAR, folds=2)


def test_backends_that_are_not_there_are_named():
    with pytest.raises(ArgumentError, match="threads share"):
        rk.cross_validate(network, SONAR, backend="threading", **QUICK)
    with pytest.raises(ArgumentError, match="none that joblib knows"):
        rk.cross_validate(network, SONAR, backend="nowhere", **QUICK)


def test_without_scikit_learn_the_extra_is_named(monkeypatch):
    monkeypatch.setattr("rkeras_port._sklearn.find_spec", lambda name: None)
    for call in (
        lambda: rk.cross_validate(network, SONAR),
        lambda: rk.vfold_cv(SONAR),
        lambda: rk.as_sklearn(network),
    ):
        with pytest.raises(MissingDependencyError, match=r"rkeras_port\[tables\]"):
            call()
