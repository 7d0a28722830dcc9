import copy
import inspect
import json
import math
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rkeras_port.errors import ArgumentError, ArgumentTypeError
from rkeras_port.history import NamedMetrics, TrainingHistory

# What keras3 in R reported for a small model; `PRINTED` is what R's print() wrote
# (but for the space that R leaves at the very end).
METRICS = {
    "loss": [4, 2.5600001811981201, 1.6383999586105347],
    "mae": [2, 1.6000000238418579, 1.2799999713897705],
    "val_loss": [6.7599992752075195, 5.1984000205993652, 4.0965757369995117],
    "val_mae": [2.5999999046325684, 2.2799999713897705, 2.0239999294281006],
}
PARAMS = {"verbose": 0, "epochs": 3, "steps": 1}
PRINTED = """
Final epoch (plot to see history):
    loss: 1.638
     mae: 1.28
val_loss: 4.097
 val_mae: 2.024"""


@pytest.fixture
def history():
    return TrainingHistory(PARAMS, METRICS)


def series(frame, metric, data):
    rows = frame[(frame["metric"] == metric) & (frame["data"] == data)]
    return rows["value"].tolist()


def same(left, right):
    return np.array_equal(left, right, equal_nan=True)


# The parts ---------------------------------------------------------------------------


def test_parts_have_the_names_of_r_and_of_keras(history):
    assert history.params == PARAMS
    assert history.metrics == METRICS
    assert list(history.metrics) == list(METRICS)
    assert history.history is history.metrics
    assert history.epoch == [0, 1, 2]


def test_the_history_does_not_change_with_what_it_was_made_of():
    losses = [1.0, 2.0]
    history = TrainingHistory({"epochs": 2}, {"loss": losses})
    losses.append(3.0)
    assert history.metrics == {"loss": [1.0, 2.0]}


def test_numpy_scalars_become_python_numbers():
    history = TrainingHistory({"epochs": np.int64(1)}, {"loss": [np.float32(0.5)]})
    assert type(history.params["epochs"]) is int
    assert type(history.metrics["loss"][0]) is float


def test_a_metric_of_several_values_becomes_several_series():
    values = [np.array([0.1, 0.2]), np.array([0.3, 0.4])]
    history = TrainingHistory({"epochs": 2}, {"f1": values, "val_f1": values})
    assert history.metrics == {
        "f1[0]": [0.1, 0.3],
        "f1[1]": [0.2, 0.4],
        "val_f1[0]": [0.1, 0.3],
        "val_f1[1]": [0.2, 0.4],
    }
    assert history.best_epoch("val_f1[1]") == 2


def test_a_metric_of_one_value_in_an_array_stays_one_series():
    history = TrainingHistory({"epochs": 1}, {"f1": [np.array([0.25])]})
    assert history.metrics == {"f1": [0.25]}


@pytest.mark.parametrize("loss", [["a", "b"], 0.5, [[1.0], [1.0, 2.0]]])
def test_what_is_not_a_series_of_numbers_is_refused(loss):
    with pytest.raises(ArgumentTypeError, match=r"`metrics`.*'loss'"):
        TrainingHistory({"epochs": 2}, {"loss": loss})


def test_more_values_than_epochs_are_refused():
    with pytest.raises(ArgumentError, match="3 values, 2 epochs"):
        TrainingHistory({"epochs": 3}, {"loss": [1, 2, 3]}, epoch=[0, 1])


@pytest.mark.parametrize("freq", [0, -1, [0, 2]])
def test_a_validation_freq_that_is_not_positive_is_refused(freq):
    with pytest.raises(ArgumentError, match="`validation_freq` must be a positive"):
        TrainingHistory({"epochs": 1}, {"loss": [1]}, validation_freq=freq)


# Printing ----------------------------------------------------------------------------


def test_prints_as_r_does(history):
    assert repr(history) == PRINTED


def test_samples_are_told_where_keras_counted_them():
    params = {"samples": 15000, "validation_samples": 10000, "batch_size": 512}
    history = TrainingHistory(params | {"epochs": 4}, {"loss": [0.25, 0.125]})
    assert repr(history).splitlines() == [
        "Trained on 15,000 samples, validated on 10,000 samples "
        "(batch_size=512, epochs=2)",
        "Final epoch (plot to see history):",
        "loss: 0.125",
    ]


def test_counts_that_are_missing_are_null_as_in_r():
    history = TrainingHistory({"samples": 10, "epochs": 1}, {"loss": [0.5]})
    assert repr(history).startswith("Trained on 10 samples (batch_size=NULL, epochs=1)")


def test_a_series_without_a_value_is_not_available():
    history = TrainingHistory({"epochs": 1}, {"loss": [0.5], "val_loss": []})
    assert repr(history).endswith("\n    loss: 0.5\nval_loss: NA")


@pytest.mark.parametrize(
    ("value", "printed"),
    [
        (1.0486, "1.049"),
        (1e-5, "0.00001"),
        (123456.789, "123,457"),
        (math.nan, "NaN"),
        (math.inf, "Inf"),
    ],
)
def test_values_have_four_digits_and_no_exponent(value, printed):
    history = TrainingHistory({"epochs": 1}, {"loss": [value]})
    assert repr(history).endswith(f"\nloss: {printed}")


def test_a_value_of_an_earlier_epoch_says_so():
    metrics = {"loss": [5, 4, 3, 2, 1], "val_loss": [0.5, 0.25]}
    history = TrainingHistory({"epochs": 5}, metrics, validation_freq=2)
    assert repr(history).splitlines()[-2:] == [
        "    loss: 1",
        "val_loss: 0.25 (epoch 4)",
    ]


def test_a_history_of_nothing_prints():
    assert repr(TrainingHistory({"epochs": 2}, {})) == "\nNo epoch was run."


# The data frame ----------------------------------------------------------------------


def test_data_frame_is_the_one_of_r(history):
    frame = history.as_data_frame()
    assert list(frame.columns) == ["epoch", "value", "metric", "data"]
    assert frame["epoch"].tolist() == [1, 2, 3] * 4
    assert frame["value"].tolist() == [v for vs in METRICS.values() for v in vs]
    assert frame["metric"].tolist() == (["loss"] * 3 + ["mae"] * 3) * 2
    assert frame["data"].tolist() == ["training"] * 6 + ["validation"] * 6
    assert frame["metric"].cat.categories.tolist() == ["loss", "mae"]
    assert frame["data"].cat.categories.tolist() == ["training", "validation"]
    assert frame["epoch"].dtype.kind == "i"
    assert frame["value"].dtype == np.float64


def test_training_rows_come_first_whatever_the_order_of_the_report():
    metrics = {"val_b": [1], "a": [2], "b": [3], "val_a": [4]}
    frame = TrainingHistory({"epochs": 1}, metrics).as_data_frame()
    assert frame["value"].tolist() == [2, 3, 1, 4]
    assert frame["metric"].tolist() == ["a", "b", "b", "a"]
    assert frame["metric"].cat.categories.tolist() == ["b", "a"]


def test_epochs_after_early_stopping_have_no_value():
    metrics = {"loss": [float(v) for v in range(9)], "val_loss": [0.5] * 9}
    frame = TrainingHistory({"epochs": 30}, metrics).as_data_frame()
    assert len(frame) == 60
    assert frame["value"].isna().sum() == 42
    assert same(series(frame, "loss", "training"), [*range(9), *[math.nan] * 21])


def test_values_stand_at_their_epoch_when_training_was_resumed():
    history = TrainingHistory({"epochs": 6}, {"loss": [3, 2, 1]}, epoch=[3, 4, 5])
    frame = history.as_data_frame()
    nan = math.nan
    assert same(series(frame, "loss", "training"), [nan, nan, nan, 3, 2, 1])


@pytest.mark.parametrize(
    ("freq", "epochs"), [(2, [2, 4]), ([1, 5], [1, 5]), ((2, 3), [2, 3])]
)
def test_validation_values_stand_at_the_epochs_of_validation(freq, epochs):
    metrics = {"loss": [5, 4, 3, 2, 1], "val_loss": [0.5, 0.25]}
    history = TrainingHistory({"epochs": 5}, metrics, validation_freq=freq)
    frame = history.as_data_frame()
    expected = np.full(5, math.nan)
    expected[np.array(epochs) - 1] = [0.5, 0.25]
    assert same(series(frame, "loss", "validation"), expected)
    assert history.best_epoch() == epochs[1]


def test_a_short_series_of_unknown_epochs_fills_the_first_ones():
    metrics = {"loss": [3, 2, 1], "now_and_then": [7.0]}
    frame = TrainingHistory({"epochs": 3}, metrics).as_data_frame()
    nan = math.nan
    assert same(series(frame, "now_and_then", "training"), [7.0, nan, nan])


def test_the_frame_of_nothing_has_the_same_columns():
    frame = TrainingHistory({"epochs": 2}, {}).as_data_frame()
    assert list(frame.columns) == ["epoch", "value", "metric", "data"]
    assert len(frame) == 0


# The best epoch ----------------------------------------------------------------------


def test_best_epoch_counts_from_one_and_takes_the_first():
    metrics = {"val_loss": [3, 1, 1, 2], "val_accuracy": [0.1, 0.9, 0.2, 0.9]}
    history = TrainingHistory({"epochs": 4}, metrics)
    assert history.best_epoch() == 2
    assert history.best_epoch("val_accuracy") == 2
    assert history.best_epoch("val_loss", mode="max") == 1
    assert history.best_epoch("val_accuracy", mode="min") == 1


def test_best_epoch_is_the_one_of_the_whole_training_and_never_nan():
    history = TrainingHistory(
        {"epochs": 9}, {"val_loss": [math.nan, 3, 1]}, epoch=[6, 7, 8]
    )
    assert history.best_epoch() == 9


def test_the_direction_is_the_one_that_keras_gives_its_metrics():
    from rkeras_port._keras import keras

    arguments = {
        "num_classes": 2,
        "target_class_ids": [0],
        **dict.fromkeys(("specificity", "sensitivity", "recall", "precision"), 0.5),
    }
    base = {"Mean", "Metric", "MeanMetricWrapper", "Sum"}
    checked = 0
    for name in dir(keras.metrics):
        metric_class = getattr(keras.metrics, name)
        if not isinstance(metric_class, type) or name in base:
            continue
        takes = inspect.signature(metric_class).parameters
        keras.utils.clear_session()  # or names are numbered: auc_1, auc_2
        metric = metric_class(**{k: v for k, v in arguments.items() if k in takes})
        best = {"up": 2, "down": 1}.get(getattr(metric, "_direction", None))
        if best is None:
            continue
        for key in (metric.name, f"val_{metric.name}", f"head_{metric.name}_1"):
            history = TrainingHistory({"epochs": 2}, {key: [1.0, 2.0]})
            assert history.best_epoch(key) == best, key
        checked += 1
    assert checked > 25


@pytest.mark.parametrize(
    ("metric", "best"),
    [("loss", 1), ("pair_loss", 1), ("total_mae", 1), ("acc", 2), ("val_AUC_1", 2)],
)
def test_the_direction_goes_by_how_the_name_ends(metric, best):
    history = TrainingHistory({"epochs": 2}, {metric: [1.0, 2.0]})
    assert history.best_epoch(metric) == best


def test_an_unknown_metric_names_the_known_ones(history):
    with pytest.raises(ArgumentError, match=r"loss, mae.*Did you mean 'val_loss'"):
        history.best_epoch("val_los")


@pytest.mark.parametrize("name", ["custom", "floss"])
def test_a_name_that_does_not_tell_needs_a_mode(name):
    history = TrainingHistory({"epochs": 2}, {name: [1.0, 2.0]})
    with pytest.raises(ArgumentError, match=r"`mode` cannot be told.*mode='min'"):
        history.best_epoch(name)
    assert history.best_epoch(name, mode="max") == 2


def test_a_wrong_mode_is_refused(history):
    with pytest.raises(ArgumentError, match="`mode` must be"):
        history.best_epoch(mode="highest")


@pytest.mark.parametrize("values", [[], [math.nan, math.nan]])
def test_a_metric_without_values_has_no_best_epoch(values):
    history = TrainingHistory({"epochs": 2}, {"val_loss": values})
    with pytest.raises(ArgumentError, match="no value"):
        history.best_epoch()


# Storing and comparing ---------------------------------------------------------------

histories = st.builds(
    lambda columns, epochs, freq: TrainingHistory(
        {"epochs": epochs, "verbose": "auto", "steps": None},
        columns,
        validation_freq=freq,
    ),
    st.integers(0, 4).flatmap(
        lambda n: st.dictionaries(
            st.sampled_from(["loss", "val_loss", "auc"]),
            st.lists(st.floats(), min_size=n, max_size=n),
        )
    ),
    st.integers(1, 9),
    st.one_of(st.integers(1, 3), st.lists(st.integers(1, 9))),
)


@given(histories)
def test_survives_json_pickle_and_copies(history):
    text = json.dumps(history.to_dict(), allow_nan=False)
    assert TrainingHistory.from_dict(json.loads(text)) == history
    assert pickle.loads(pickle.dumps(history)) == history
    assert copy.deepcopy(history) == history


@pytest.mark.parametrize(
    "other",
    [
        TrainingHistory(PARAMS | {"epochs": 4}, METRICS),
        TrainingHistory(PARAMS, METRICS | {"loss": [4, 2, 1]}),
        TrainingHistory(PARAMS, METRICS, epoch=[1, 2, 3]),
        TrainingHistory(PARAMS, METRICS, validation_freq=2),
        METRICS,
    ],
)
def test_histories_that_differ_in_one_part_are_unequal(history, other):
    assert history != other


def test_from_dict_says_what_is_missing():
    with pytest.raises(ArgumentError, match="lacks 'metrics'"):
        TrainingHistory.from_dict({"params": {}})


# Keras -------------------------------------------------------------------------------


def test_from_keras_takes_over_what_keras_recorded():
    from rkeras_port._keras import keras

    model = keras.Sequential([keras.Input((1,)), keras.layers.Dense(1)])
    model.compile("sgd", "mse", metrics=["mae"])
    x = np.ones((8, 1), "float32")
    fitted = model.fit(
        x,
        x,
        epochs=6,
        initial_epoch=1,
        validation_data=(x, x),
        validation_freq=2,
        verbose=0,
    )
    history = TrainingHistory.from_keras(fitted, validation_freq=2)
    assert history.metrics == fitted.history
    assert list(history.metrics) == list(fitted.history)
    assert history.params == fitted.params
    assert history.epoch == [1, 2, 3, 4, 5]
    at = np.isfinite(series(history.as_data_frame(), "mae", "validation"))
    assert at.tolist() == [False, True, False, True, False, True]


def test_from_keras_refuses_anything_else():
    with pytest.raises(ArgumentTypeError, match="object of class dict"):
        TrainingHistory.from_keras({"loss": [1.0]})


# What evaluate returns ---------------------------------------------------------------


def test_named_metrics_print_as_a_named_list_of_r():
    results = NamedMetrics(
        {"accuracy": 0.876280009746552, "loss": 0.3123, "f1[0]": np.float32([0, 0.5])}
    )
    assert repr(results) == (
        "$accuracy\n[1] 0.87628\n\n$loss\n[1] 0.3123\n\n$`f1[0]`\n[1] 0.0 0.5\n"
    )
    assert str(results) == repr(results)


def test_named_metrics_are_a_dictionary():
    results = NamedMetrics(loss=0.25, accuracy=0.9)
    assert results == {"loss": 0.25, "accuracy": 0.9}
    assert list(results) == ["loss", "accuracy"]
    assert pickle.loads(pickle.dumps(results)) == results
    assert json.loads(json.dumps(results)) == results


def test_named_metrics_print_whatever_they_hold():
    assert repr(NamedMetrics()) == "named list()"
    assert repr(NamedMetrics(a="x", b=None)) == "$a\n'x'\n\n$b\nNone\n"
