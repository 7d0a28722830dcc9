"""Sequences: what a list of lists, or an array of them, would answer."""

from __future__ import annotations

import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import rkeras_port as rk
from rkeras_port._ragged import compact
from rkeras_port._sequences import Sequences

lists = st.lists(st.lists(st.integers(0, 30), max_size=6), max_size=12)


def make(rows):
    return Sequences(compact("f", "x", rows))


@given(lists, st.slices(12))
def test_reads_as_a_list_does(rows, key):
    x = make(rows)
    assert list(x) == x.tolist() == rows
    assert len(x) == len(rows)
    assert [x[i] for i in range(-len(rows), len(rows))] == rows + rows
    assert x[key].tolist() == rows[key]
    assert pickle.loads(pickle.dumps(x)).tolist() == rows


@given(lists, st.data())
def test_selects_as_an_array_does(rows, data):
    x = make(rows)
    mask = data.draw(st.lists(st.booleans(), min_size=len(x), max_size=len(x)))
    array = np.asarray(x)
    assert array.dtype == object
    assert array.shape == x.shape == (len(rows),)
    assert x[np.array(mask, bool)].tolist() == array[np.array(mask, bool)].tolist()
    places = [i for i, kept in enumerate(mask) if kept]
    assert x[places].tolist() == [rows[i] for i in places]


@given(lists)
def test_encodes_as_lists_do(rows):
    one = rk.vectorize_sequences(make(rows), 31)
    two = rk.vectorize_sequences(rows, 31)
    assert (one != two).nnz == 0
    if rows:
        np.testing.assert_array_equal(
            rk.pad_sequences(make(rows), 4), rk.pad_sequences(rows, 4)
        )


def test_is_compact_and_read_only():
    x = make([[1, 2], [3]])
    assert x.rows.values.dtype == np.int32
    assert make([[2**40]])[0] == [2**40]
    with pytest.raises(TypeError):
        x[0] = [1]
    with pytest.raises(IndexError):
        x[2]


def test_shows_its_beginning():
    assert repr(make([])) == "<0 sequences>"
    shown = repr(make([list(range(20))] * 4))
    assert shown.startswith("<4 sequences of 20 to 20 whole numbers: [0, 1, 2,")
    assert shown.endswith("9, ...], ...>")
