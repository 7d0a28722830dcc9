"""Tables: the Sonar data as published, files of the user's, and clear refusals."""

import numpy as np
import pandas as pd
import pytest

import rkeras_port as rk
from rkeras_port.errors import ArgumentError, ArgumentTypeError
from rkeras_port.tables import split_table


def test_sonar_is_the_published_data():
    sonar = rk.dataset_sonar()
    assert sonar.shape == (208, 61)
    assert sonar["Class"].value_counts().to_dict() == {"M": 111, "R": 97}
    x = sonar.drop(columns="Class").to_numpy()
    assert x.dtype == np.float64
    assert (x.min(), x.max()) == (0.0, 1.0)
    assert x[0, :3].tolist() == [0.0200, 0.0371, 0.0428]
    assert sonar["Class"].iloc[0] == "R"
    # Means and deviations as pandas's describe() of the data shows them in print.
    published = [0.029164, 0.038437, 0.043832, 0.053892, 0.075202]
    assert x[:, :5].mean(axis=0).round(6).tolist() == published
    assert x[:, :3].std(axis=0, ddof=1).round(6).tolist() == [
        0.022991,
        0.032960,
        0.038428,
    ]
    assert x[:, -2:].mean(axis=0).round(6).tolist() == [0.007941, 0.006507]


@pytest.fixture
def written(tmp_path):
    def write(text):
        file = tmp_path / "table.csv"
        file.write_text(text, encoding="utf-8")
        return file

    return write


def test_a_file_keeps_its_labels_and_gets_numbers(written):
    table = rk.dataset_csv(written("kind,a,b\ndog,1,2.5\ncat,3,4\n"))
    assert table.columns.to_list() == ["a", "b", "kind"]
    assert table["kind"].to_list() == ["dog", "cat"]
    assert table["kind"].cat.codes.to_list() == [1, 0]
    assert table["a"].dtype == np.float64


def test_a_file_without_header_and_labels_of_numbers(written):
    file = written("1,2,5\n3,4,6\n")
    table = rk.dataset_csv(file, target=-1, header=False)
    assert table.columns.to_list() == ["V1", "V2", "Class"]
    assert table["Class"].cat.categories.to_list() == [5, 6]
    assert rk.dataset_csv(file, "V1", header=False).columns[-1] == "V1"


def test_columns_can_be_left_out(written):
    file = written("id;a;kind\nx1;1;u\nx2;2;v\n")
    assert rk.dataset_csv(file, sep=";", drop=["id"]).shape == (2, 2)


@pytest.mark.parametrize(
    ("text", "arguments", "says"),
    [
        ("a,k\n1,u\n,v\n", {}, "1 missing, the first in line 3, column 'a'"),
        ("a,k\n1,u\n?,v\nNA,v\n", {}, "2 missing, the first in line 3, column 'a'"),
        ("1,u\n2,\n", {"header": False}, "the first in line 2, column 'V2'"),
        ("a,b\n1,2\n", {}, "no column of text"),
        ("a,b\nx,y\n", {}, "text in a, b"),
        ("aa,k\n1,u\n", {"target": "kk"}, "names no column"),
        ("aa,k\n1,u\n", {"target": 7}, "must be a place among 2 columns"),
        ("a,k\n", {}, "has no rows"),
        ("a,k\n1,u,3,4\n1\n1,2,3,4,5,6\n", {}, "cannot be read as a table"),
        ("", {}, "cannot be read as a table"),
    ],
)
def test_a_file_that_cannot_be_right_is_refused(written, text, arguments, says):
    with pytest.raises(ArgumentError, match=says.replace("?", r"\?")):
        rk.dataset_csv(written(text), **arguments)


def test_text_among_the_features_is_refused(written):
    with pytest.raises(ArgumentTypeError, match="not numeric: b"):
        rk.dataset_csv(written("a,b,k\n1,x,u\n2,y,v\n"), target="k")


def test_no_such_file():
    with pytest.raises(ArgumentError, match="must be a file"):
        rk.dataset_csv("nowhere.csv")


def test_a_frame_with_missing_values_is_refused():
    frame = pd.DataFrame({"a": [1.0, None], "k": ["u", "v"]})
    with pytest.raises(ArgumentError, match="the first in row 1, column 'a'"):
        split_table("cross_validate", frame)
