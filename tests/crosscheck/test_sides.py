"""Sides in processes of their own: what is kept, and how they fail."""

from __future__ import annotations

import pytest

from rkeras_port.crosscheck.sides import run_side
from rkeras_port.errors import ArgumentError

# Without Keras, so that the processes are quick; values are all there is to observe.
PYTHON = "from rkeras_port import observe\nobserve('before', 1.5)\n"
R = 'library(keras3)\nobserve("before", 1.5)\n'


@pytest.fixture
def side(tmp_path, monkeypatch):
    """Write a file and run it."""
    monkeypatch.chdir(tmp_path)

    def run(name, code, **arguments):
        file = tmp_path / name
        file.write_text(code, encoding="utf-8")
        return run_side(file, **arguments)

    return run


def kept(side):
    return [(one.name, one.content["value"], one.where) for one in side.observations]


def test_python_that_ends_well(side, tmp_path):
    code = PYTHON + "import sys\nprint('hello')\nobserve('argv', len(sys.argv))\n"
    done = side("a.py", code, out=tmp_path)
    assert done.failure is None
    assert kept(done) == [("before", 1.5, "a.py:2"), ("argv", 1, "a.py:5")]
    assert (done.label, done.source, done.code) == ("Python", "a.py", code)
    assert done.environment["seed"] == "1"
    assert (tmp_path / "a.py.log").read_text() == "hello\n"


def test_python_is_seeded(side):
    code = PYTHON + (
        "import random, numpy\n"
        "observe('python', random.random()); observe('numpy', numpy.random.rand())\n"
    )
    one, same, other = (side("a.py", code, seed=seed) for seed in (1, 1, 2))
    assert kept(one) == kept(same)
    assert kept(one)[0] == kept(other)[0]
    assert all(a != b for a, b in zip(kept(one)[1:], kept(other)[1:], strict=True))


@pytest.mark.parametrize(
    ("code", "message", "where"),
    [
        ("def f():\n    return 1 / 0\nf()", "ZeroDivisionError: division by zero", 4),
        ("import sys\nsys.exit('no data')", "The program ended itself: no data", None),
        ("import sys\nsys.exit(3)", "The program ended itself: 3", None),
        ("raise KeyboardInterrupt", "It was interrupted.", None),
    ],
)
def test_python_that_fails(side, code, message, where):
    done = side("a.py", PYTHON + code)
    assert done.failure.message == message
    assert done.failure.where == (where and f"a.py:{where}")
    assert kept(done) == [("before", 1.5, "a.py:2")]


def test_python_that_leaves_with_status_0_has_not_failed(side):
    assert side("a.py", PYTHON + "import sys\nsys.exit(0)").failure is None


def test_python_that_is_no_python(side):
    done = side("a.py", "x = 1\nx = = 2\n")
    assert done.failure.message.startswith("SyntaxError")
    assert done.failure.where == "a.py:2"


def test_a_side_that_is_killed_keeps_what_was_seen(side):
    done = side("a.py", PYTHON + "import os\nos.kill(os.getpid(), 9)")
    assert done.failure.message.startswith("The process was killed by SIGKILL")
    assert "memory" in done.failure.message
    assert kept(done) == [("before", 1.5, "a.py:2")]


def test_a_side_that_leaves_python_at_once(side):
    code = PYTHON + "import os\nprint('the end', flush=True)\nos._exit(7)"
    done = side("a.py", code)
    assert done.failure.message == "The process ended with status 7.\nthe end"


def test_missing_file(tmp_path):
    done = run_side(tmp_path / "no.R")
    assert "no.R does not exist" in done.failure.message
    assert (done.label, done.observations) == ("R", [])


def test_a_file_of_neither_language(side):
    with pytest.raises(ArgumentError, match=r"\.R, \.Rmd or \.py"):
        side("a.txt", "")


def test_r_that_fails_in_a_script(side):
    done = side("a.R", R + 'x <- runif(1)\nobserve("x", x)\nlog("a")\n', seed=7)
    assert "non-numeric argument to mathematical function" in done.failure.message
    assert done.failure.where == "a.R, line 5"
    before, drawn = kept(done)
    assert before == ("before", 1.5, "a.R:2")
    # What R's own generator gives after set.seed(7).
    assert drawn[1] == pytest.approx(0.98890930507)
    assert done.environment["r"].count(".") == 2


def test_r_that_fails_in_a_document(side, tmp_path):
    code = (
        "---\ntitle: A\noutput: html_document\n---\n\n"
        f"```{{r first}}\n{R}```\n\nText.\n\n```{{r second}}\nx <- 1\n"
        'observe("x", x)\nstop("too bad")\n```\n'
    )
    done = side("a.Rmd", code, out=tmp_path)
    assert "too bad" in done.failure.message
    assert "second" in done.failure.where
    assert kept(done) == [("before", 1.5, "a.Rmd:8"), ("x", 1, "a.Rmd:15")]
    assert not (tmp_path / "a.html").exists()


def test_r_is_missing(side, monkeypatch):
    monkeypatch.setenv("R_HOME", "/nonexistent")
    done = side("a.R", R)
    assert "There is no R at /nonexistent" in done.failure.message
    assert done.observations == []
