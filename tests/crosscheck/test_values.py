"""Plain values and arrays held against each other."""

from __future__ import annotations

import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from rkeras_port.crosscheck.values import ABSENT, compare_values, is_plain
from rkeras_port.errors import ArgumentError

NAN = float("nan")
MATRIX = np.array([[1.0, 0.0], [0.0, 3.0]])


def told(*args, **kwargs):
    return [(d.where, d.left, d.right) for d in compare_values(*args, **kwargs)]


PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=3),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
        | hnp.arrays(st.sampled_from([np.float32, np.int64, bool]), (2, 2))
    ),
    max_leaves=8,
)


@given(PLAIN)
def test_every_value_is_the_same_as_itself(value):
    assert compare_values(value, value) == []
    assert is_plain(value)


@given(PLAIN, PLAIN)
def test_the_sides_are_treated_alike(left, right):
    assert bool(compare_values(left, right)) == bool(compare_values(right, left))


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, 1.0),
        ([1.0, 2.0], (1, 2)),
        ([1, 2.0], np.array([1.0, 2.0])),
        (5.0, [5.0]),  # R has no scalars
        (np.array(5), [5]),
        ("a", ["a"]),
        (NAN, np.float32("nan")),
        ([NAN, math.inf], np.array([NAN, math.inf])),
        ([None, "a"], [None, "a"]),
        ([[1, 2], [3, 4]], np.array([[1, 2], [3, 4]], dtype=np.float32)),
        (MATRIX, sparse.csc_array(MATRIX)),
        (sparse.coo_array(MATRIX), sparse.csr_array(MATRIX)),
        (pd.DataFrame({"a": [1, 2]}), {"a": [1.0, 2.0]}),
        (pd.Series([1, 2]), [1, 2]),
        (2**70, 2**70),
        ({"a": 1, "b": 2}, {"b": 2, "a": 1}),
        (0.0, -0.0),
    ],
)
def test_the_same(left, right):
    assert compare_values(left, right) == []
    assert compare_values(right, left) == []


@pytest.mark.parametrize(
    ("left", "right", "differences"),
    [
        (1, 2, [("value", 1, 2)]),
        (True, 1, [("value", True, 1)]),
        ([True, False], [1, 0], [("[0]", True, 1), ("[1]", False, 0)]),
        (None, NAN, [("value", None, NAN)]),
        (NAN, 1.0, [("value", NAN, 1.0)]),
        (math.inf, -math.inf, [("value", math.inf, -math.inf)]),
        ("1", 1, [("value", "1", 1)]),
        (0.1, float(np.float32(0.1)), [("value", 0.1, float(np.float32(0.1)))]),
        (2**53, 2**53 + 1, [("value", 2**53, 2**53 + 1)]),
        ([1, 2], [1, 2, 3], [("shape of value", (2,), (3,))]),
        (["a"], ["a", "b"], [("length of value", 1, 2)]),
        (np.zeros((2, 1)), np.zeros((1, 2)), [("shape of value", (2, 1), (1, 2))]),
        (np.zeros((1, 1)), 0.0, [("shape of value", (1, 1), ())]),
        ({"a": 1}, {"b": 1}, [("['a']", 1, ABSENT), ("['b']", ABSENT, 1)]),
        ({"a": [1, {"b": "x"}]}, {"a": [1, {"b": "y"}]}, [("['a'][1]['b']", "x", "y")]),
        ({"a": 1}, 1, [("value", "mapping with 'a'", 1)]),
        (MATRIX, sparse.csr_array(MATRIX * 2), [("[0, 0]", 1.0, 2.0), ("[1, 1]", 3.0, 6.0)]),
        (sparse.csr_array(MATRIX), "x",
         [("value", "sparse matrix of shape (2, 2)", "x")]),
        (pd.DataFrame({"a": [1, 2]}), {"a": [1, 3]}, [("['a'][1]", 2, 3)]),
    ],
)  # fmt: skip
def test_what_differs(left, right, differences):
    assert str(told(left, right)) == str(differences)


def test_stored_zeros_and_nan_in_sparse_matrices():
    stored = sparse.coo_array(([0.0, NAN], ([0, 1], [0, 1])), shape=(2, 2))
    dense = np.array([[0, 0], [0, NAN]])
    assert compare_values(stored, dense) == []
    assert str(told(stored, MATRIX)) == "[('[0, 0]', 0.0, 1.0), ('[1, 1]', nan, 3.0)]"


def test_places_begin_with_the_name_and_amounts_are_absolute():
    (one,) = compare_values(MATRIX, MATRIX.T + [[0, 0], [0, -0.5]], where="x")
    assert (one.where, one.amount) == ("x[1, 1]", 0.5)
    assert compare_values(np.uint8(1), np.uint8(3))[0].amount == 2
    assert compare_values("a", "b")[0].amount is None


@given(
    hnp.arrays(float, 4, elements=st.floats(-1e6, 1e6)),
    st.floats(0, 1e-3),
    st.floats(0, 1e-3),
)
def test_tolerances_are_the_rule_that_is_documented(a, rtol, atol):
    b = a * (1 + 5e-4) + 1e-4
    near = np.abs(a - b) <= atol + rtol * np.maximum(np.abs(a), np.abs(b))
    places = [d.where for d in compare_values(a, b, rtol=rtol, atol=atol)]
    expected = [f"[{i}]" for i in np.flatnonzero(~near & (a != b))]
    assert places == expected
    scalars = zip(a.tolist(), b.tolist(), strict=True)
    one_by_one = [bool(compare_values(*p, rtol=rtol, atol=atol)) for p in scalars]
    assert one_by_one == list(~near & (a != b))


@given(hnp.arrays(np.float32, (3, 2)), st.integers(0, 2), st.integers(0, 1))
def test_one_changed_bit_is_found(array, row, column):
    changed = array.copy()
    changed[row, column] = np.nextafter(array[row, column], np.float32(0))
    assume(changed[row, column] != array[row, column])
    assume(not np.isnan(array[row, column]))
    (one,) = compare_values(array, changed)
    assert one.where == f"[{row}, {column}]"


@pytest.mark.parametrize("tolerance", [-1.0, NAN])
def test_a_tolerance_that_is_none(tolerance):
    with pytest.raises(ArgumentError, match="rtol"):
        compare_values(1, 1, rtol=tolerance)


def test_infinity_is_not_near_anything():
    assert told([math.inf], [1.0], atol=math.inf)
    assert told(math.inf, 1.0, rtol=1.0)


def test_what_is_not_plain():
    assert not is_plain(object())
    assert not is_plain([1, {"a": print}])
    assert not is_plain(np.array([object()]))
