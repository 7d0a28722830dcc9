"""Which rows are held out: against Keras's own rule and what a model really sees."""

from __future__ import annotations

import math
import struct

import keras
import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from keras.src.trainers.data_adapters.array_slicing import train_validation_split

from rkeras_port.errors import ArgumentError, ArgumentTypeError
from rkeras_port.splits import row_hashes, split_rows, validation_rows

#: Where rounding, or another form of the expression, gives another number of rows:
#: n, fraction, and the rows that Keras trains on.
TRAPS = [
    (100, 0.55, 44),
    (10, 0.1, 9),
    (10, 0.3, 7),
    (10, 0.7, 3),
    (11, 0.2, 8),
    (3, 1 / 3, 2),
    (1000, 0.999, 1),
    (25_000, 0.4, 15_000),
    (7, 0.5, 3),
]


class Recorder(keras.Model):
    """Learns nothing; keeps the first number of each row it trains or validates on."""

    def __init__(self):
        super().__init__()
        self.trained, self.validated = [], []

    def call(self, x):
        return x

    def train_step(self, data):
        self.trained.extend(first_column(data[0]))
        return {"loss": 0.0}

    def test_step(self, data):
        self.validated.extend(first_column(data[0]))
        return {"loss": 0.0}


def first_column(batch):
    dense = keras.ops.convert_to_tensor(batch, sparse=False)
    return keras.ops.convert_to_numpy(dense)[:, 0].tolist()


def what_keras_uses(x, y, **arguments):
    model = Recorder()
    model.compile(run_eagerly=True)
    model.fit(x, y, verbose=0, **arguments)
    return sorted(model.trained), sorted(model.validated)


class TestValidationRows:
    @pytest.mark.parametrize(("n", "fraction", "trained"), TRAPS)
    def test_traps(self, n, fraction, trained):
        training, validation = validation_rows(n, fraction)
        assert (len(training), len(validation)) == (trained, n - trained)

    @given(st.integers(0, 100_000), st.floats(0, 1, exclude_min=True, exclude_max=True))
    def test_equals_keras(self, n, fraction):
        rows = np.arange(n)
        try:
            expected = train_validation_split((rows,), fraction)
        except ValueError:
            with pytest.raises(ArgumentError, match="leaves no row"):
                validation_rows(n, fraction)
        else:
            (trained,), (validated,) = expected
            training, validation = validation_rows(n, fraction)
            assert [*training] == trained.tolist()
            assert [*validation] == validated.tolist()

    @given(st.integers(2, 1000), st.integers(1, 99))
    def test_equals_keras_for_percentages(self, n, percent):
        fraction = percent / 100
        expected = math.floor(n * (1.0 - fraction))
        if expected in (0, n):
            return
        (trained,), _ = train_validation_split((np.arange(n),), fraction)
        training, _ = validation_rows(n, fraction)
        assert len(training) == len(trained)

    def test_nothing_held_out(self):
        training, validation = validation_rows(5, 0.0)
        assert [*training] == [0, 1, 2, 3, 4]
        assert not validation

    @pytest.mark.parametrize("fraction", [-0.1, 1, 1.5, math.nan, math.inf])
    def test_no_fraction(self, fraction):
        with pytest.raises(ArgumentError, match="from 0 to below 1"):
            validation_rows(10, fraction)

    def test_no_number(self):
        with pytest.raises(ArgumentTypeError, match="validation_split"):
            validation_rows(10, "0.2")
        with pytest.raises(ArgumentError, match="`n`"):
            validation_rows(10.5, 0.2)


class TestSplitRows:
    @pytest.mark.parametrize(("n", "fraction", "trained"), TRAPS[:-2])
    def test_is_what_keras_uses(self, n, fraction, trained):
        x = np.column_stack([np.arange(n), np.ones(n)]).astype("float32")
        y = np.arange(n) % 2
        report = split_rows(x, y, validation_split=fraction)
        used = what_keras_uses(x, y, validation_split=fraction, shuffle=True)
        assert used == ([*report.training], [*report.validation])
        assert len(report.training) == trained
        assert report.held_out_by == "validation_split"

    def test_is_what_keras_uses_of_sparse_rows(self):
        x = scipy.sparse.csr_matrix(np.arange(1, 12, dtype="float32")[:, None])
        y = np.zeros(11)
        trained, validated = what_keras_uses(x, y, validation_split=0.2)
        report = split_rows(x, y, validation_split=0.2)
        for rows, hashes in (
            (trained, report.training_hashes),
            (validated, report.validation_hashes),
        ):
            seen = row_hashes(np.array(rows)[:, None], np.zeros(len(rows)))
            assert hashes.tolist() == seen.tolist()

    def test_validation_data_wins_as_in_keras(self):
        x, y = np.arange(10.0)[:, None], np.zeros(10)
        held_out = (np.array([[77.0], [78.0]]), np.zeros(2))
        report = split_rows(x, y, validation_split=0.5, validation_data=held_out)
        used = what_keras_uses(x, y, validation_split=0.5, validation_data=held_out)
        assert used == (x[[*report.training], 0].tolist(), [77.0, 78.0])
        assert report.held_out_by == "validation_data"
        assert report.validation_hashes.tolist() == row_hashes(*held_out).tolist()
        assert "validation_split=0.5 has no effect" in str(report)

    def test_nothing_held_out(self):
        report = split_rows(np.ones((3, 2)))
        assert report.held_out_by is None
        assert len(report.training_hashes) == 3
        assert len(report.validation_hashes) == 0
        assert str(report) == "training: rows 0 to 2; nothing is held out"

    def test_weights_do_not_count(self):
        x, y = np.ones((4, 2)), np.zeros(4)
        with_weights = split_rows(x, y, validation_data=(x, y, np.full(4, 0.5)))
        without = split_rows(x, y, validation_data=(x, y))
        assert (with_weights.validation_hashes == without.validation_hashes).all()


numbers = st.sampled_from([0.0, -0.0, 1.0, -2.5, 1e30, math.nan])
matrices = arrays(
    np.float64, st.tuples(st.integers(0, 6), st.integers(1, 5)), elements=numbers
)


class TestRowHashes:
    @given(matrices)
    def test_same_for_every_form(self, x):
        expected = row_hashes(x).tolist()
        forms = [
            np.asfortranarray(x),
            x[:, :, None],
            pd.DataFrame(x),
            scipy.sparse.csr_matrix(x),
            scipy.sparse.csc_matrix(x),
            scipy.sparse.coo_array(x),
        ]
        for form in forms:
            assert row_hashes(form).tolist() == expected

    def test_same_for_every_dtype(self):
        x = np.array([[0, 1, 1], [1, 0, 0]])
        expected = row_hashes(x).tolist()
        for dtype in ("bool", "uint8", "int64", "float32", "float64"):
            assert row_hashes(x.astype(dtype)).tolist() == expected

    def test_same_for_entries_that_are_stored_oddly(self):
        # A stored zero, columns out of order, and an entry in two parts.
        odd = scipy.sparse.csr_matrix(
            ([3.0, 1.0, 0.0, 0.5, 0.5], [2, 0, 1, 1, 1], [0, 3, 5]), (2, 3)
        )
        assert row_hashes(odd).tolist() == row_hashes([[1, 0, 3], [0, 1, 0]]).tolist()

    def test_same_for_every_nan(self):
        other = np.array([0xFFF8_0000_0000_0001], "u8").view("f8")
        assert np.isnan(other).all()
        assert row_hashes(other).tolist() == row_hashes([np.nan]).tolist()

    @given(matrices, matrices)
    def test_differ_where_rows_differ(self, one, other):
        hashes = [*row_hashes(one).tolist(), *row_hashes(other).tolist()]
        rows = [(len(row), str((row + 0.0).tolist())) for row in [*one, *other]]
        assert len(set(hashes)) == len(set(rows))

    def test_more_rows_than_a_block(self):
        x = np.arange(3000.0)[:, None]
        hashes = row_hashes(x)
        assert len(set(hashes.tolist())) == 3000
        assert hashes[2900:].tolist() == row_hashes(x[2900:]).tolist()

    def test_labels_are_part_of_a_row(self):
        x = np.ones((2, 3))
        one, other = row_hashes(x, [0, 1])
        assert one != other
        assert row_hashes(x, [0, 0])[0] == one
        assert row_hashes(x, np.array([[0.0], [1.0]])).tolist() == [one, other]
        assert row_hashes(x)[0] not in (one, other)

    def test_several_inputs(self):
        x, z = np.ones((2, 3)), np.array([[1.0], [2.0]])
        hashes = row_hashes([x, z])
        assert hashes[0] != hashes[1]
        assert row_hashes({"x": x, "z": z}).tolist() == hashes.tolist()

    def test_stay_the_same_over_versions(self):
        # By hand, in Python's own integers.
        def mixed(word):
            word = (word ^ word >> 30) * 0xBF58476D1CE4E5B9 % 2**64
            word = (word ^ word >> 27) * 0x94D049BB133111EB % 2**64
            return word ^ word >> 31

        def spread(value):
            (word,) = struct.unpack("<Q", struct.pack("<d", value))
            word = (word ^ word >> 32) * 0xD6E8FEB86659FD93 % 2**64
            return word ^ word >> 32

        next_ = 0x9E3779B97F4A7C15
        keys = [mixed(column * next_ % 2**64) | 1 for column in (1, 2, 3)]
        total = spread(1.0) * keys[0] + spread(-2.5) * keys[2]
        expected = mixed((next_ + mixed((total + 3) % 2**64)) % 2**64)
        assert row_hashes([[1.0, 0.0, -2.5]]).tolist() == [expected]

    def test_no_two_of_many_rows_are_taken_for_the_same(self):
        rng = np.random.default_rng(3)
        few = (rng.random((20_000, 500)) < 0.02).astype("f4")
        many = rng.integers(0, 3, (20_000, 40)).astype("f8")
        for x in (few, many):
            distinct = len(np.unique(x, axis=0))
            assert len(np.unique(row_hashes(x))) == distinct
            sparse = scipy.sparse.csr_matrix(x)
            assert (row_hashes(sparse) == row_hashes(np.asfortranarray(x))).all()

    def test_bad_rows(self):
        with pytest.raises(
            ArgumentError, match=r"`y` must have as many rows.*2 rows, and 3"
        ):
            row_hashes(np.ones((3, 1)), [0, 1])
        with pytest.raises(ArgumentTypeError, match="`x` must be an array of numbers"):
            row_hashes([["a"], ["b"]])
        with pytest.raises(ArgumentTypeError, match="array of numbers"):
            row_hashes(3)
