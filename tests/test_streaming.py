"""Rows from Parquet and Arrow files: those of memory, in memory that does not grow."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import keras
import numpy as np
import pyarrow as pa
import pyarrow.feather
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import rkeras_port as rk
from rkeras_port.errors import ArgumentError, ArgumentTypeError

COLUMNS = 50


def random_rows(n=137, seed=0):
    rng = np.random.default_rng(seed)
    x = [rng.integers(0, COLUMNS, rng.integers(0, 12)).tolist() for _ in range(n)]
    return x, rng.integers(0, 2, n)


@pytest.fixture
def file(tmp_path):
    """A file of several row groups, of a size that no batch has."""
    x, y = random_rows()
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"x": x, "y": y}), path, row_group_size=23)
    return path


def model(sparse=False):
    keras.utils.clear_session()
    keras.utils.set_random_seed(5)
    network = keras.Sequential(
        [
            keras.Input((COLUMNS,), sparse=sparse),
            keras.layers.Dense(4, activation="relu"),
            keras.layers.Dense(1, activation="sigmoid"),
        ]
    )
    network.compile("rmsprop", loss="binary_crossentropy", metrics=["accuracy"])
    return network


@pytest.mark.parametrize("sparse", [False, True])
def test_training_equals_that_in_memory_on_the_same_rows_in_order(file, sparse):
    x, y = random_rows()
    in_memory = rk.vectorize_sequences(x, COLUMNS)
    rows = rk.parquet_multi_hot(file, COLUMNS, batch_size=32)
    ours, theirs = model(sparse), model(sparse)
    history = rk.fit(ours, rows, epochs=3, validation_data=rows, verbose=0)
    expected = rk.fit(
        theirs,
        in_memory,
        y,
        epochs=3,
        batch_size=32,
        shuffle=False,
        validation_data=(in_memory, y),
        verbose=0,
    )
    assert len(expected.metrics) == 4
    for name, values in expected.metrics.items():
        np.testing.assert_allclose(history.metrics[name], values, rtol=1e-5)
    np.testing.assert_allclose(
        rk.predict(ours, rows), rk.predict(theirs, in_memory), rtol=1e-5
    )
    expected_loss = rk.evaluate(theirs, in_memory, y)["loss"]
    assert rk.evaluate(ours, rows)["loss"] == pytest.approx(expected_loss, rel=1e-5)


@settings(max_examples=40, deadline=None)
@given(
    x=st.lists(st.lists(st.integers(1, COLUMNS - 1), max_size=6), min_size=1),
    batch_size=st.integers(1, 9),
    group=st.integers(1, 9),
    shuffle=st.integers(0, 20),
    first_index=st.sampled_from([0, 1]),
    large=st.booleans(),
)
def test_batches_hold_each_row_once(
    tmp_path_factory, x, batch_size, group, shuffle, first_index, large
):
    path = tmp_path_factory.mktemp("rows") / "rows.parquet"
    kind = (pa.large_list if large else pa.list_)(pa.int32())
    table = pa.table({"x": pa.array(x, kind), "y": list(range(len(x)))})
    pq.write_table(table, path, row_group_size=group)
    batches = rk.parquet_multi_hot(
        path, COLUMNS, batch_size=batch_size, shuffle=shuffle, first_index=first_index
    ).batches
    parts = [batches[i] for i in range(len(batches))]
    sizes = [len(y) for _, y in parts]
    full, rest = divmod(len(x), batch_size)
    assert sizes == [batch_size] * full + [rest] * bool(rest)
    rows = np.vstack([part.toarray() for part, _ in parts])
    numbers = np.concatenate([y for _, y in parts])
    assert sorted(numbers) == list(range(len(x)))
    if not shuffle:
        assert numbers.tolist() == list(range(len(x)))
    for row, number in zip(rows, numbers, strict=True):
        expected = {index - first_index for index in x[number]}
        assert set(np.flatnonzero(row)) == expected


def test_any_batch_can_be_asked_for(file):
    x, y = random_rows()
    batches = rk.parquet_multi_hot(file, COLUMNS, batch_size=32).batches
    for number in (3, 1, 1, 4):
        rows = slice(32 * number, 32 * number + 32)
        part, labels = batches[number]
        expected = rk.vectorize_sequences(x[rows], COLUMNS, sparse=False)
        np.testing.assert_array_equal(part.toarray(), expected)
        np.testing.assert_array_equal(labels, y[rows])


def test_texts_arrow_files_several_files_and_booleans(tmp_path):
    index = {"good": 1, "bad": 2}
    for name, text in (("a", "good good"), ("b", "bad")):
        table = pa.table({"text": [text], "positive": [name == "a"]})
        pyarrow.feather.write_feather(table, tmp_path / f"{name}.arrow")
    rows = rk.parquet_multi_hot(
        [tmp_path / "a.arrow", tmp_path / "b.arrow"],
        8,
        x="text",
        y="positive",
        word_index=index,
    )
    x, y = rows.batches[0]
    # 1 is the start of a review; words begin at 4.
    assert [np.flatnonzero(row).tolist() for row in x.toarray()] == [[1, 4], [1, 5]]
    assert y.tolist() == [1.0, 0.0]
    assert y.dtype == np.float32


def test_shuffling_follows_the_seed_and_changes_by_epoch(file):
    batches = rk.parquet_multi_hot(file, COLUMNS, shuffle=137).batches
    orders = []
    for seed in (1, 1, None):
        if seed is not None:
            keras.utils.set_random_seed(seed)
        orders.append(np.concatenate([batches[i][1] for i in range(len(batches))]))
    np.testing.assert_array_equal(orders[0], orders[1])
    assert (orders[1] != orders[2]).any()


BAD_SCHEMAS = [
    ({"a": [[1]], "y": [1]}, ArgumentError, r"`x` must be a column.*\['a', 'y'\]"),
    ({"x": [[1]], "b": [1]}, ArgumentError, r"`y` must be a column.*\['x', 'b'\]"),
    ({"x": [1], "y": [1]}, ArgumentTypeError, "`x` must be.*lists.*int64"),
    ({"x": [[0.5]], "y": [1]}, ArgumentTypeError, "`x` must be.*whole numbers"),
    ({"x": [[1]], "y": ["pos"]}, ArgumentTypeError, "`y` must be.*numbers.*string"),
    ({"x": pa.array([], pa.list_(pa.int64())), "y": pa.array([], pa.int64())},
     ArgumentError, "must have rows"),
]  # fmt: skip


@pytest.mark.parametrize(("columns", "error", "message"), BAD_SCHEMAS)
def test_a_wrong_schema_is_refused_at_once(tmp_path, columns, error, message):
    path = tmp_path / "bad.parquet"
    pq.write_table(pa.table(columns), path)
    with pytest.raises(error, match=message):
        rk.parquet_multi_hot(path, COLUMNS)


BAD_ROWS = [
    ({"x": [[1]] * 700 + [[2, 99]], "y": [1] * 701}, "0 to 49.*99 in row 700"),
    ({"x": [[1], [-1]], "y": [1, 0]}, "-1 in row 1"),
    ({"x": [[1], None], "y": [1, 0]}, "null in row 1 of column 'x'"),
    ({"x": [[1], [2, None]], "y": [1, 0]}, "null in row 1 of column 'x'"),
    ({"x": [[1], [2]], "y": [None, 0]}, "null in row 0 of column 'y'"),
    ({"x": [[1], [2]], "y": [1.0, float("nan")]}, "null in row 1 of column 'y'"),
]


@pytest.mark.parametrize(("columns", "message"), BAD_ROWS)
def test_a_wrong_row_ends_training_with_an_error_that_names_it(
    tmp_path, columns, message
):
    path = tmp_path / "bad.parquet"
    pq.write_table(pa.table(columns), path)
    rows = rk.parquet_multi_hot(path, COLUMNS)
    with pytest.raises(ArgumentError, match=message):
        rk.fit(model(), rows, verbose=0)


def test_no_file_and_no_parquet_file(tmp_path):
    with pytest.raises(ArgumentError, match=r"must be Parquet files.*none\.parquet"):
        rk.parquet_multi_hot(tmp_path / "none.parquet")
    (tmp_path / "text.parquet").write_text("x,y")
    with pytest.raises(ArgumentError, match="must be Parquet files"):
        rk.parquet_multi_hot(tmp_path / "text.parquet")


@pytest.mark.parametrize(
    "beside", [{"y": np.zeros(137)}, {"batch_size": 3}, {"validation_split": 0.2}]
)
def test_what_would_have_no_effect_is_refused(file, beside):
    rows = rk.parquet_multi_hot(file, COLUMNS)
    with pytest.raises(ArgumentError, match=f"`{next(iter(beside))}` has no effect"):
        rk.fit(model(), rows, verbose=0, **beside)


#: Prints by how many MB two epochs raise the peak of a process that is warm.
CHILD = """
import resource, sys
import numpy as np
import rkeras_port as rk

def peak():
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024

rk.set_random_seed(1)
model = (
    rk.keras_model_sequential(input_shape=1000)
    >> rk.layer_dense(4, activation="relu")
    >> rk.layer_dense(1, activation="sigmoid")
    >> rk.compile("rmsprop", loss="binary_crossentropy")
)
rk.fit(model, rk.parquet_multi_hot(sys.argv[1], 1000, batch_size=512), verbose=0)
before = peak()
rows = rk.parquet_multi_hot(sys.argv[2], 1000, batch_size=512)
history = rk.fit(model, rows, verbose=0)
assert history.metrics["loss"][0] < 0.7
print(rows.n_rows, peak() - before)
"""


def test_ten_times_the_reviews_take_no_more_memory(tmp_path):
    train = rk.dataset_imdb(num_words=1000, source="bundled").train
    table = pa.table({"x": train.x[:5000].tolist(), "y": train.y[:5000]})
    small, large = tmp_path / "small.parquet", tmp_path / "large.parquet"
    pq.write_table(table, small)
    with pq.ParquetWriter(large, table.schema) as writer:
        for seed in range(10):
            order = np.random.default_rng(seed).permutation(len(table))
            writer.write_table(table.take(order))
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(CHILD), small, large],
        capture_output=True,
        text=True,
        check=True,
    )
    n_rows, growth = done.stdout.split()
    assert int(n_rows) == 50_000
    # Its word indices alone are 12 million: 90 MB, and 50 MB as a sparse matrix's.
    in_memory = 10 * table.column("x").nbytes / 2**20
    assert in_memory > 80
    assert float(growth) < in_memory / 4
