"""Comparing: what counts as a difference, where it is, what is left over."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from recorded import data, network, record, train

from rkeras_port.crosscheck.align import align
from rkeras_port.crosscheck.compare import LISTED, compare
from rkeras_port.crosscheck.observations import Failure, Observation, Side
from rkeras_port.crosscheck.rows import find_rows


def values(label="R", **named):
    seen = [Observation("value", name, {"value": v}) for name, v in named.items()]
    return Side(label, "a", "", seen)


def differences(left, right):
    comparison = compare(values(x=left), values("Python", x=right))
    (check,) = comparison.checks
    assert comparison.agrees == (check.count == 0)
    return [(d.where, d.left, d.right) for d in check.differences]


@pytest.mark.parametrize(
    ("left", "right"),
    [
        (1, 1.0),
        (True, 1),
        (np.float32(0.1), float(np.float32(0.1))),
        ([1, 2], np.array([1.0, 2.0])),
        (np.array([3.0]), 3),
        (math.nan, math.nan),
        ({"a": [1, "x"]}, {"a": [1, "x"]}),
        (None, []),
        (math.inf, math.inf),
    ],
)
def test_same_in_both_languages(left, right):
    assert differences(left, right) == []


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        (1.0, np.nextafter(1.0, 2), [("value", 1.0, np.nextafter(1.0, 2))]),
        (0.0, -0.0, [("value", 0.0, -0.0)]),
        ("a", "b", [("value", "a", "b")]),
        (None, 1.0, [("value", None, 1.0)]),
        ([1, 2], [1, 3], [("value[1]", 2, 3)]),
        (np.eye(2), np.ones((2, 2)), [("value[0, 1]", 0, 1), ("value[1, 0]", 0, 1)]),
        (np.ones(2), np.ones(3), [("value, shape", [2], [3])]),
        ({"a": 1}, {"b": 1}, [("value, a", 1, "missing"), ("value, b", "missing", 1)]),
        (math.inf, 1.0, [("value", math.inf, 1.0)]),
    ],
)
def test_different(left, right, expected):
    assert differences(left, right) == expected


def test_nan_on_one_side_only():
    ((where, left, right),) = differences(np.array([1.0, 2.0]), [1.0, math.nan])
    assert (where, left) == ("value[1]", 2.0)
    assert math.isnan(right)


def test_all_differences_are_counted_and_the_first_listed():
    comparison = compare(values(x=np.zeros(100)), values("Python", x=np.ones(100)))
    assert comparison.checks[0].count == 100
    assert len(comparison.checks[0].differences) == LISTED


def test_other_builds_have_tolerances_with_reasons():
    def side(x, keras):
        side = values(x=x)
        side.environment = {"keras": keras}
        return side

    near = compare(side(1.0, "3.15.1"), side(1.0 + 1e-7, "3.12.0"))
    assert near.agrees
    assert "1e-06" in near.checks[0].rule
    assert not compare(side(1.0, "3.15.1"), side(1.001, "3.12.0")).agrees
    assert not compare(side(1.0, "3.15.1"), side(1.0 + 1e-7, "3.15.1")).agrees
    assert not compare(side(math.nan, "3.15.1"), side(1.0, "3.12.0")).agrees
    assert not compare(side(math.inf, "3.15.1"), side(1.0, "3.12.0")).agrees


def test_a_failed_side_never_agrees():
    side = values(x=1)
    side.failure = Failure("no")
    comparison = compare(values(x=1), side)
    assert comparison.first is None
    assert not comparison.agrees
    assert not compare(Side("R", "a", ""), Side("Python", "a", "")).agrees


def test_first_difference_is_the_earliest_epoch():
    left, right = record(train, "R"), record(train)
    for one in right.observations:
        if one.kind == "history":
            one.content["metrics"]["loss"][1] += 0.5
            one.content["metrics"]["accuracy"][0] += 0.25
    first = compare(left, right).first
    places = [difference.where for difference in first.differences]
    assert places == ["epoch 1, accuracy", "epoch 2, loss"]
    assert first.differences[0].amount == 0.25


def test_place_of_a_weight_and_of_a_row():
    x, y = data()
    other = x.copy()
    other[7, 2] += 1
    left, right = (record(lambda x=x: train(x, y)) for x in (x, other))
    split = next(c for c in compare(left, right).checks if c.kind == "split")
    assert split.differences[0].where == (
        "training rows, row 7 (8 in R), column 2 (3 in R)"
    )
    assert split.count == 1
    right = record(lambda: train(x, y))
    right.observations[-1].content["weights"][2]["value"][2, 0] += 1
    (changed,) = [c for c in compare(left, right).checks if not c.agrees]
    assert changed.kind == "weights"
    assert changed.differences[0].where == "layer 2 (dense_1), kernel[2, 0]"


def test_rows_in_another_order():
    x, y = data()
    order = np.random.default_rng(0).permutation(60)
    left = record(lambda: train(x, y))
    right = record(lambda: train(x[order], y[order]))
    split = next(c for c in compare(left, right).checks if c.kind == "split")
    assert "the same, in another order" in split.differences[0].where


def test_architectures_that_differ():
    left, right = (record(lambda n=n: network(units=n)) for n in (3, 4))
    first = compare(left, right).first
    where = {d.where: (d.left, d.right) for d in first.differences}
    assert where["layer 1 (dense), output shape[1]"] == (3, 4)
    assert where["layer 1 (dense), parameters"] == (18, 24)


# Lining up ----------------------------------------------------------------------------


def histories(*lengths):
    return [
        Observation("history", f"history {i}", {
            "model": "m", "epochs": [*range(n)], "metrics": {"loss": np.full(n, 1.0)}})
        for i, n in enumerate(lengths, 1)
    ]  # fmt: skip


def lined_up(left, right):
    return [
        tuple(one and len(one.content["epochs"]) for one in pair)
        for pair in align(histories(*left), histories(*right))
    ]


def test_as_many_are_paired_in_order():
    assert lined_up([3, 5], [5, 3]) == [(3, 5), (5, 3)]


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ([3, 4, 5], [3, 5], [(3, 3), (4, None), (5, 5)]),
        ([4, 5], [3, 4, 5], [(None, 3), (4, 4), (5, 5)]),
        ([], [3], [(None, 3)]),
        ([3, 3, 4], [4], [(3, None), (3, None), (4, 4)]),
    ],
)
def test_otherwise_those_that_are_alike(left, right, expected):
    assert lined_up(left, right) == expected


@given(st.lists(st.integers(1, 4), max_size=6), st.lists(st.integers(1, 4), max_size=6))
def test_nothing_is_lost_or_doubled(left, right):
    pairs = lined_up(left, right)
    assert [a for a, _ in pairs if a] == left
    assert [b for _, b in pairs if b] == right


def test_values_are_paired_by_name():
    left, right = values(a=1, b=2), values("Python", b=2, c=3)
    comparison = compare(left, right)
    told = {c.name: (c.matched, c.agrees) for c in comparison.checks}
    assert told == {"a": (False, False), "b": (True, True), "c": (False, False)}


@given(st.lists(st.integers(0, 3), min_size=1, max_size=12), st.data())
def test_rows_are_found_where_their_contents_are(whole, draw):
    hashes = np.array(whole, np.uint64)
    order = draw.draw(st.permutations(range(len(whole))))
    count = draw.draw(st.integers(1, len(whole)))
    chosen = hashes[list(order)[:count]]
    rows = find_rows(chosen, hashes)
    assert hashes[rows].tolist() == chosen.tolist()
    assert len({*rows.tolist()}) == count
