"""Recorded sides in files: what comes back, and what is refused."""

from __future__ import annotations

import math
import os
import pickle

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from rkeras_port.crosscheck.observations import Failure, Observation, Side
from rkeras_port.crosscheck.storage import (
    Stream,
    UnreadableSideError,
    load_side,
    read_stream,
    save_side,
)

DTYPES = st.sampled_from(["f4", "f8", "u8", "?"])
SHAPES = st.sampled_from([(), (0,), (2, 2)])
plain = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | st.floats()
    | st.text(max_size=5)
    | arrays(DTYPES, SHAPES),
    lambda inner: st.lists(inner, max_size=3)
    | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=10,
)  # fmt: skip


def same(left, right):
    if isinstance(left, np.ndarray):
        return left.dtype == right.dtype and left.tobytes() == right.tobytes()
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[k], right[k]) for k in left)
    if isinstance(left, list):
        return len(left) == len(right) and all(map(same, left, right))
    if isinstance(left, float) and math.isnan(left):
        return math.isnan(right)
    return type(left) is type(right) and left == right


def a_side(content):
    return Side(
        "R", "a.R", "x <- 1\n", [Observation("value", "x", content, "a.R:1")],
        Failure("stop", "a.R:2"), {"keras": "3.15.1"}, 1.25,
    )  # fmt: skip


@given(st.dictionaries(st.text(max_size=5), plain, max_size=3))
def test_what_is_saved_comes_back(tmp_path_factory, content):
    file = tmp_path_factory.mktemp("sides") / "side.npz"
    side = a_side(content)
    save_side(side, file)
    again = load_side(file)
    assert same(again.observations[0].content, content)
    for one in (side, again):
        one.observations = []
    assert again == side


def test_saving_replaces_the_whole_file_or_nothing(tmp_path, monkeypatch):
    file = tmp_path / "side.npz"
    save_side(a_side({"value": 1}), file)

    def fail(*_):
        raise OSError("disk full")

    monkeypatch.setattr(os, "replace", fail)
    with pytest.raises(OSError, match="disk full"):
        save_side(a_side({"value": 2}), file)
    monkeypatch.undo()
    assert load_side(file).observations[0].content == {"value": 1}
    assert os.listdir(tmp_path) == ["side.npz"]


def foreign(file):
    np.savez(file, x=np.ones(3))


def objects(file):
    np.savez(file, index=np.array([{}], dtype=object))


def of_another_layout(file):
    index = np.frombuffer(b'{"format": "rkeras crosscheck 99", "tree": {}}', "u1")
    np.savez(file, index=index)


@pytest.mark.parametrize(
    "write",
    [
        lambda file: None,
        lambda file: file.write_bytes(b""),
        lambda file: file.write_bytes(b"PK\x03\x04 and then nothing"),
        lambda file: file.write_text("label,source\n"),
        lambda file: file.write_bytes(pickle.dumps({"label": "R"})),
        lambda file: file.mkdir(),
        foreign,
        objects,
        of_another_layout,
    ],
)
def test_other_files_are_refused(tmp_path, write):
    file = tmp_path / "other.npz"
    write(file)
    with pytest.raises(
        UnreadableSideError, match=r"other\.npz cannot be read as a rec"
    ):
        load_side(file)


def test_a_damaged_file_is_refused(tmp_path):
    file = tmp_path / "side.npz"
    save_side(a_side({"value": np.arange(1000.0)}), file)
    whole = file.read_bytes()
    for cut in (10, len(whole) // 2, len(whole) - 30):
        file.write_bytes(whole[:cut])
        with pytest.raises(UnreadableSideError):
            load_side(file)


@pytest.mark.parametrize("lost", [0, 1, 100])
def test_a_stream_that_is_cut_short_keeps_what_came_before(tmp_path, lost):
    file = tmp_path / "stream"
    stream = Stream(file)
    for i in range(3):
        stream.observe(Observation("value", str(i), {"value": np.full(50, i)}))
    stream.close()
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) - lost])
    side = Side("R", "a.R", "")
    read_stream(file, side)
    names = [one.name for one in side.observations]
    assert names == ["0", "1", "2"][: 2 if lost else 3]
    assert side.observations[1].content["value"].tolist() == [1] * 50


def test_a_stream_holds_settings_and_the_failure(tmp_path):
    file = tmp_path / "stream"
    stream = Stream(file)
    stream.add(environment={"keras": "3"})
    stream.add(failure={"message": "no", "where": None})
    stream.add(environment={"r": "4.2.2"})
    stream.close()
    side = Side("R", "a.R", "")
    read_stream(file, side)
    assert side.environment == {"keras": "3", "r": "4.2.2"}
    assert side.failure == Failure("no")
