"""The third column: how R's process is handled, with programs that stand in for R."""

from __future__ import annotations

import shutil
import sys
import textwrap

import pytest
from recorded import data, network

from rkeras_port.crosscheck.guest import Guest
from rkeras_port.crosscheck.keras3 import LAUNCHER, run_keras3
from rkeras_port.crosscheck.observations import Side
from rkeras_port.crosscheck.storage import read_stream
from rkeras_port.errors import ArgumentError, MissingDependencyError


@pytest.fixture
def script(tmp_path):
    file = tmp_path / 'it\'s an "analysis" $HOME.R'
    file.write_text("library(keras3)\n", encoding="utf-8")
    return file


@pytest.fixture
def stand_in(tmp_path):
    """Make a program that is called as Rscript is."""

    def make(code):
        program = tmp_path / "Rscript"
        program.write_text(f"#!{sys.executable}\n" + textwrap.dedent(code))
        program.chmod(0o755)
        return str(program)

    return make


WELL = """
    import os, sys
    vanilla, launcher, seed, stream, file, packages = sys.argv[1:]
    assert vanilla == "--vanilla" and launcher.endswith("keras3.R"), sys.argv
    assert os.listdir(packages) == ["rkeras_port"]
    sys.path.insert(0, packages)
    from rkeras_port.crosscheck.observations import Observation
    from rkeras_port.crosscheck.storage import Stream
    out = Stream(__import__("pathlib").Path(stream))
    out.observe(Observation("value", "file", {"value": os.path.basename(file)}))
    out.observe(Observation("value", "seed", {"value": int(seed)}))
    out.add(environment={"r": "4.5.0"})
"""


def test_success(stand_in, script):
    side = run_keras3(script, seed=5, rscript=stand_in(WELL))
    assert side.failure is None
    values = [one.content["value"] for one in side.observations]
    assert values == [script.name, 5]
    assert (side.label, side.environment) == ("keras3", {"r": "4.5.0"})


def test_failure_keeps_what_was_seen(stand_in, script):
    code = WELL + "    print('Error in fit(): no')\n    sys.exit(1)"
    side = run_keras3(script, rscript=stand_in(code))
    assert side.failure.message.endswith("Error in fit(): no")
    assert "status 1" in side.failure.message
    assert len(side.observations) == 2


def test_garbage_in_the_stream(stand_in, script):
    code = "import sys\nopen(sys.argv[4], 'wb').write(b'\\xff' * 100)"
    side = run_keras3(script, rscript=stand_in(code))
    assert "has written no observations" in side.failure.message
    code = """
        import sys
        open(sys.argv[4], 'wb').write((5).to_bytes(8, 'little') + b'12345')
    """
    side = run_keras3(script, rscript=stand_in(code))
    assert "cannot be read" in side.failure.message


def test_a_program_that_is_no_r(stand_in, script):
    side = run_keras3(script, rscript=stand_in("print('hello')"))
    assert "it is not R" in side.failure.message


def test_no_such_program(script):
    with pytest.raises(MissingDependencyError, match="--rscript"):
        run_keras3(script, rscript="/nonexistent/Rscript")


def test_only_r_files(stand_in, tmp_path):
    python = tmp_path / "a.py"
    python.write_text("")
    assert "R files only" in run_keras3(python, rscript=stand_in("")).failure.message
    with pytest.raises(ArgumentError):
        run_keras3(tmp_path / "a.txt", rscript=stand_in(""))


def test_r_without_keras3_says_what_is_missing(script, tmp_path, monkeypatch):
    program = shutil.which("Rscript")
    assert program is not None
    # An R with nothing but its own packages.
    monkeypatch.setenv("R_LIBS", str(tmp_path))
    monkeypatch.setenv("R_LIBS_SITE", str(tmp_path))
    monkeypatch.setenv("R_LIBS_USER", str(tmp_path))
    side = run_keras3(script)
    assert "This R lacks what the third column needs" in side.failure.message
    assert "keras3" in side.failure.message


def test_what_the_launcher_calls_in_python(tmp_path):
    guest = Guest(1, str(tmp_path / "stream"), "4.5.0")
    guest.observe("x", 2.5)
    network().predict(data()[0], verbose=0)
    guest.failed("Error in fit(): no")
    guest.close()
    side = Side("keras3", "a.R", "")
    read_stream(tmp_path / "stream", side)
    kinds = [one.kind for one in side.observations]
    assert kinds == ["value", "model", "compile", "weights", "prediction"]
    assert side.failure.message == "Error in fit(): no"
    assert side.environment["r"] == "4.5.0"
    assert side.environment["backend"] == "tensorflow"
    text = LAUNCHER.read_text()
    for name in ("Guest", "observe", "failed", "close"):
        assert hasattr(Guest, name) or name == "Guest"
        assert name in text
