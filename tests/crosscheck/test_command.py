"""`rkeras crosscheck`: its options, its status, and the pair of the reviews."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from recorded import record, train
from typer.testing import CliRunner

from rkeras_port.cli import app
from rkeras_port.crosscheck.compare import compare
from rkeras_port.crosscheck.rows import as_text
from rkeras_port.crosscheck.storage import load_side, save_side

ROOT = Path(__file__).parents[2]
PAIR = (
    ROOT / "R" / "01-binary-classification-imdb.Rmd",
    ROOT / "vignettes" / "01_binary_classification_imdb.py",
)


def crosscheck(*arguments):
    return CliRunner().invoke(app, ["crosscheck", *map(str, arguments)])


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """Return files of two sides that agree, and of one that does not."""
    folder = tmp_path_factory.mktemp("recorded")
    sides = {
        "left": record(train, "R"),
        "right": record(train),
        "keras3": record(train, "keras3"),
        "other": record(train, seed=2),
    }
    for name, side in sides.items():
        side.source = {"left": "a.R", "keras3": "a.R"}.get(name, "a.py")
        save_side(side, folder / f"{name}.npz")
    return folder


def replay(folder, *names):
    return [part for name in names for part in ("--replay", folder / f"{name}.npz")]


def test_sides_that_agree(recorded):
    result = crosscheck(*replay(recorded, "left", "right"))
    assert result.exit_code == 0
    assert "R and Python agree" in result.stdout


def test_sides_that_differ(recorded, tmp_path):
    files = "--json", tmp_path / "a.json", "--html", tmp_path / "a.html"
    result = crosscheck(*replay(recorded, "left", "other"), *files)
    assert result.exit_code == 1
    told = json.loads((tmp_path / "a.json").read_text())
    assert told["agrees"] is False
    (comparison,) = told["comparisons"]
    assert [hint["trap"] for hint in comparison["hints"]] == ["weight-seed"]
    assert "layer 1 (dense), kernel" in (tmp_path / "a.html").read_text()


def test_the_third_column(recorded, tmp_path):
    file = tmp_path / "a.json"
    names = ("left", "right", "keras3")
    result = crosscheck(*replay(recorded, *names), "--json", file)
    assert result.exit_code == 0
    columns = json.loads(file.read_text())["comparisons"]
    assert [one["right"]["label"] for one in columns] == ["Python", "keras3"]
    assert all(one["agrees"] for one in columns)


def test_a_recorded_side_stands_in_for_its_file(recorded, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("from rkeras_port import observe\nobserve('x', 1)\n")
    new = tmp_path / "new.npz"
    arguments = "a.R", "a.py", *replay(recorded, "left"), "--record", new
    result = crosscheck(*arguments)
    assert result.exit_code == 1
    # The R side is the recorded one, although there is no such file here.
    assert "no counterpart" in result.stdout
    side = load_side(new)
    assert [one.name for one in side.observations] == ["x"]


def test_a_side_that_fails_is_told_and_the_other_one_kept(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    Path("a.py").write_text("from rkeras_port import observe\nobserve('x', 1)\n")
    Path("b.py").write_text("raise ValueError('no data')\n")
    result = crosscheck("b.py", "a.py", "--json", "a.json")
    assert result.exit_code == 1
    assert "no data" in result.stdout
    assert "b.py:1" in result.stdout
    (comparison,) = json.loads(Path("a.json").read_text())["comparisons"]
    assert comparison["left"]["failure"]["message"] == "ValueError: no data"
    assert comparison["right"]["observations"] == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "is missing"),
        (["a.py"], "is missing"),
        (["a.py", "b.txt"], "Names end in .R, .Rmd or .py"),
        (["a.py", "b.py", "--against", "keras2"], "must be keras3"),
        (["a.py", "b.py", "--against", "keras3"], "needs an R file"),
        (["a.py", "b.py", "--record", "a.npz"], "1 files for 2 sides"),
        (["a.py", "b.py", "--replay", "none.npz"], "cannot be read as a recorded side"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line(
    arguments, message, tmp_path, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    for name in ("a.py", "b.py"):
        Path(name).write_text("")
    result = crosscheck(*arguments)
    assert result.exit_code == 1
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_a_recorded_side_of_another_file(recorded):
    result = crosscheck("a.R", "a.py", *replay(recorded, "left", "right", "other"))
    assert result.exit_code == 1
    assert "must be of a file that is compared" in result.stderr


# The reviews --------------------------------------------------------------------------


@pytest.fixture(scope="module")
def reviews(tmp_path_factory):
    """Cross-check the workflow's two documents, shortened alike on both sides.

    1,000 words and 1,000 held-out reviews instead of 10,000, and an epoch for each
    training. R's matrix is then dense and Python's sparse.
    """
    folder = tmp_path_factory.mktemp("reviews")
    files = []
    for file in PAIR:
        text = re.sub(r"epochs ?= ?\d+", "epochs=1", file.read_text("utf-8"))
        files.append(folder / file.name)
        files[-1].write_text(text.replace("10000", "1000"), "utf-8")
    recorded = [folder / "left.npz", folder / "right.npz"]
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from rkeras_port.cli import app; app()"),
            *("crosscheck", *map(str, files), "--data", "bundled"),
            *(part for file in recorded for part in ("--record", str(file))),
        ],
        cwd=folder, capture_output=True, text=True, timeout=600, check=False,
    )  # fmt: skip
    return done, [load_side(file) for file in recorded]


def test_the_workflow_is_the_same_in_r_and_python_to_the_last_bit(reviews):
    done, sides = reviews
    assert done.returncode == 0, done.stdout + done.stderr
    comparison = compare(*sides)
    assert comparison.agrees
    assert {check.rule for check in comparison.checks} == {"exact"}
    kinds = [check.kind for check in comparison.checks]
    assert [kinds.count(kind) for kind in ("model", "split", "evaluation")] == [8, 7, 1]


def test_which_reviews_are_held_out_in_each_language(reviews):
    for side in reviews[1]:
        split = next(one for one in side.observations if one.kind == "split")
        rows = split.content["held_out_rows"]
        assert np.array_equal(rows, np.arange(1000))
        held_out = {"R": "1:1000", "Python": "0:1000"}[side.label]
        assert as_text(rows, side.label) == held_out
        assert len(split.content["training_hashes"]) == 19_000


def test_lines_of_the_documents_are_known(reviews):
    for side in reviews[1]:
        where = next(one.where for one in side.observations if one.kind == "split")
        name, line = where.split(":")
        assert name == side.source
        assert "fit(" in side.code.splitlines()[int(line) - 1]
