"""The report for machines."""

from __future__ import annotations

import json
import math

import handmade
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from scipy import sparse

from rkeras_port.crosscheck.report_json import plain, to_json, write_json


def refuse(constant):
    raise AssertionError(f"{constant} is not JSON")


def test_the_file_is_strict_json_and_complete(tmp_path):
    file = tmp_path / "report.json"
    comparisons = [handmade.differing(), handmade.failed()]
    write_json(comparisons, file)
    read = json.loads(file.read_text(encoding="utf-8"), parse_constant=refuse)
    assert read == to_json(comparisons)
    assert list(tmp_path.iterdir()) == [file]


def test_keys_are_those_of_the_classes():
    report = to_json([handmade.differing()])
    assert (report["schema"], report["agrees"]) == (1, False)
    (one,) = report["comparisons"]
    assert list(one) == [
        "agrees", "verdict", "left", "right", "first", "checks", "hints"
    ]  # fmt: skip
    assert one["first"] == 0
    assert one["hints"][0]["trap"] == "column-base"
    assert one["right"]["environment"]["keras"] == "3.14.1"
    assert one["left"]["code"] == handmade.R_CODE
    history, draw, value = one["checks"][3:]
    assert history["rule"].startswith("within")
    assert history["count"] == 2
    assert history["differences"][1] == {
        "where": "epoch 4, val_loss", "left": 0.3051, "right": "NaN", "amount": "NaN"
    }  # fmt: skip
    assert (draw["matched"], draw["agrees"], draw["right"]) == (False, False, None)
    assert draw["left"]["where"] == "analysis.R:8"
    assert value["differences"][0]["left"] == "<script>alert('R & ü')</script>"


def test_agreement_and_failure():
    assert to_json([handmade.agreeing()])["agrees"] is True
    assert to_json(handmade.third())["agrees"] is False
    assert to_json([])["agrees"] is False
    (one,) = to_json([handmade.failed()])["comparisons"]
    assert one["right"]["failure"]["where"] == "analysis.py:10"
    assert one["left"]["failure"] is None
    assert one["first"] is None


def test_arrays_are_summarised():
    content = to_json([handmade.agreeing()])["comparisons"][0]["checks"][1]["left"]
    kernel = content["content"]["variables"]["dense/kernel"]["array"]
    assert (kernel["shape"], kernel["dtype"]) == ([4, 3], "float32")
    assert kernel["digest"].startswith("sha256:")


@given(hnp.arrays(st.sampled_from([np.float32, np.int64, bool]), (3, 2)))
def test_the_digest_depends_on_elements_and_not_on_layout(array):
    same = np.asfortranarray(array)
    swapped = array.astype(array.dtype.newbyteorder(">"))
    assert plain(array)["array"]["digest"] == plain(same)["array"]["digest"]
    assert plain(array)["array"]["digest"] == plain(swapped)["array"]["digest"]
    other = array.copy()
    other[1, 1] = not other[1, 1]
    assert plain(array)["array"]["digest"] != plain(other)["array"]["digest"]
    turned = array.reshape(2, 3)
    assert plain(array)["array"]["digest"] != plain(turned)["array"]["digest"]


def test_sparse_matrices_of_any_format_have_the_same_digest():
    dense = np.array([[0, 2.0], [0, 0], [3, 0]])
    told = [plain(kind(dense)) for kind in (sparse.csr_array, sparse.coo_array)]
    assert told[0] == told[1]
    assert told[0]["array"]["stored"] == 2
    assert plain(sparse.csr_array(dense[::-1])) != told[0]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (math.nan, "NaN"),
        (-math.inf, "-Infinity"),
        (np.float64("inf"), "Infinity"),
        (np.int64(3), 3),
        (True, True),
        (None, None),
        ((1, [2.5]), [1, [2.5]]),
        ({1: "ü"}, {"1": "ü"}),
        (1 + 2j, {"object": {"type": "complex", "text": "(1+2j)"}}),
    ],
)
def test_values(value, written):
    assert plain(value) == written


def test_an_older_file_stays_if_the_new_one_cannot_be_written(tmp_path, monkeypatch):
    file = tmp_path / "report.json"
    file.write_text("older")

    def full(*args, **kwargs):
        raise OSError("no space left")

    monkeypatch.setattr("pathlib.Path.write_text", full)
    with pytest.raises(OSError, match="no space"):
        write_json([handmade.agreeing()], file)
    assert file.read_text() == "older"
    assert list(tmp_path.iterdir()) == [file]
