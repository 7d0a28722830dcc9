"""Bad sparse matrices: put right, or refused in words."""

from __future__ import annotations

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given
from hypothesis import strategies as st

import rkeras_port as rk
from rkeras_port.errors import ArgumentError, ArgumentTypeError
from rkeras_port.sparse_rows import canonical


def csr(data, indices, indptr, shape):
    """Make a matrix of arrays as they are, unchecked."""
    matrix = sp.csr_matrix(shape, dtype=np.float32)
    matrix.data = np.asarray(data, np.float32)
    matrix.indices, matrix.indptr = np.asarray(indices), np.asarray(indptr)
    return matrix


@given(
    places=st.lists(st.tuples(st.integers(0, 5), st.integers(0, 7)), max_size=40),
    form=st.sampled_from(["csr", "csc", "coo", "lil", "dok", "bsr", "dia"]),
    wide=st.booleans(),
)
def test_any_matrix_keeps_its_values(places, form, wide):
    rows, columns = np.array(places or np.empty((0, 2)), int).reshape(-1, 2).T
    values = np.arange(1.0, len(places) + 1)
    dense = np.zeros((6, 8))
    np.add.at(dense, (rows, columns), values)
    matrix = sp.coo_matrix((values, (rows, columns)), (6, 8)).asformat(form)
    if wide and form in ("csr", "csc"):
        matrix.indices = matrix.indices.astype(np.int64)
        matrix.indptr = matrix.indptr.astype(np.int64)
    result = canonical("fit", "x", matrix)
    np.testing.assert_array_equal(result.toarray(), dense.astype(np.float32))
    for start, end in zip(result.indptr[:-1], result.indptr[1:], strict=True):
        assert (np.diff(result.indices[start:end]) > 0).all()


def test_duplicates_out_of_order_are_summed_and_the_callers_matrix_stays():
    matrix = csr([1, 2, 4, 8], [3, 0, 3, 1], [0, 3, 3, 4], (3, 5))
    assert matrix.has_canonical_format in (True, False)
    result = canonical("fit", "x", matrix)
    expected = [[2, 0, 0, 5, 0], [0] * 5, [0, 8, 0, 0, 0]]
    np.testing.assert_array_equal(result.toarray(), expected)
    np.testing.assert_array_equal(matrix.indices, [3, 0, 3, 1])


def test_a_matrix_changed_after_scipy_looked_is_looked_at_again():
    matrix = csr([1, 2], [0, 1], [0, 2], (1, 3))
    assert matrix.has_canonical_format
    matrix.indices[:] = [2, 0]
    np.testing.assert_array_equal(canonical("fit", "x", matrix).indices, [0, 2])


OUTSIDE = [
    csr([1, 1], [0, 5], [0, 1, 2], (2, 5)),
    csr([1, 1], [0, -1], [0, 1, 2], (2, 5)),
    csr([1, 1], [0, 2**40], [0, 1, 2], (2, 5)),
    csr([1, 1], [0, 1], [0, 2, 1], (2, 5)),
    csr([1, 1], [0, 1], [0, 1, 7], (2, 5)),
]


@pytest.mark.parametrize("matrix", OUTSIDE)
def test_indices_that_lead_outside_are_refused(matrix):
    with pytest.raises(ArgumentError, match=r"fit\(\): `x` is a broken sparse matrix"):
        canonical("fit", "x", matrix)


def test_coordinates_that_lead_outside_are_refused():
    matrix = sp.coo_matrix(([1.0], ([0], [1])), (2, 2))
    matrix.col[:] = 2
    with pytest.raises(ArgumentError, match="2 to 2 on axis 1"):
        canonical("fit", "x", matrix)


@pytest.mark.parametrize(
    ("matrix", "error", "message"),
    [
        (sp.csr_matrix((0, 4)), ArgumentError, "must have rows"),
        (sp.csr_matrix(np.eye(4) * 1j), ArgumentTypeError, "real numbers"),
        (sp.csr_matrix(np.diag([1, np.nan, 1, 1])), ArgumentError, "NaN"),
        (sp.coo_array(np.ones(4)), ArgumentError, "two axes"),
        (OUTSIDE[0], ArgumentError, "broken"),
    ],
)
def test_training_verbs_refuse_what_they_cannot_use(matrix, error, message):
    model = rk.keras_model_sequential(input_shape=4) >> rk.layer_dense(1)
    model >> rk.compile("sgd", loss="mse")
    y = np.ones(matrix.shape[0])
    for call in (rk.fit(matrix, y), rk.evaluate(matrix, y), rk.predict(matrix)):
        with pytest.raises(error, match=message):
            model >> call
