"""The fixture that holds R code against Python code, in tests of somebody else."""

from __future__ import annotations

import os
import subprocess
import sys
import textwrap
import tomllib
from pathlib import Path

import numpy as np
import pytest

from rkeras_port.errors import ArgumentError
from rkeras_port.r import RError

ROOT = Path(__file__).parents[2]


def test_the_same(crosscheck):
    crosscheck.assert_same(
        r="scale(matrix(1:6, 2))[, ]",
        python=lambda: np.array([[-1, -1, -1], [1, 1, 1]]) / np.sqrt(2),
        rtol=1e-15,
    )
    crosscheck.assert_same(r="list(a = 1L, b = NULL)", python=lambda: {"a": 1, "b": None})


def test_the_first_difference_is_named(crosscheck):
    with pytest.raises(AssertionError) as caught:
        crosscheck.assert_same(
            r="m <- matrix(as.double(1:6), 2); m[2, 3] <- 0.5; m",
            python=lambda: [[1, 3, 5], [2, 4, 6]],
        )
    assert str(caught.value) == (
        "R and Python differ in 1 place.\n"
        "First difference: [1, 2]\n"
        "  R         0.5\n"
        "  Python    6\n"
        "  apart by  5.5 (relative: 0.92)"
    )


def test_many_differences_are_counted(crosscheck):
    with pytest.raises(AssertionError) as caught:
        crosscheck.assert_same(
            r="as.double(1:20)", python=lambda: np.arange(20.0), atol=0.5
        )
    told = str(caught.value).splitlines()
    assert told[0] == "R and Python differ in 20 places beyond rtol=0, atol=0.5."
    assert told[-1] == "and 15 more places"
    assert sum(line.startswith("Then") for line in told) == 4


def test_nan_and_na(crosscheck):
    crosscheck.assert_same(r="c(NaN, 1)", python=lambda: [float("nan"), 1])
    with pytest.raises(AssertionError, match="Python +nan"):
        crosscheck.assert_same(r="c(0, 1)", python=lambda: [float("nan"), 1])
    with pytest.raises(AssertionError, match="R +None"):
        crosscheck.assert_same(r="NA", python=lambda: float("nan"))


def test_code_leaves_no_variables_and_sees_none_of_another(crosscheck):
    assert crosscheck.r("left_behind <- 1; left_behind") == 1
    with pytest.raises(RError, match="left_behind"):
        crosscheck.r("left_behind")


def test_methods_of_the_code_are_found(crosscheck):
    code = "mean.mine <- function(x, ...) 42\nmean(structure(1, class = 'mine'))"
    assert crosscheck.r(code) == 42


def test_an_error_in_r_is_rs_message(crosscheck):
    with pytest.raises(RError, match="no such thing"):
        crosscheck.assert_same(r="stop('no such thing')", python=lambda: 1)
    with pytest.raises(ZeroDivisionError):
        crosscheck.assert_same(r="1", python=lambda: 1 / 0)


@pytest.fixture
def files(tmp_path) -> tuple[Path, Path]:
    r, python = tmp_path / "büro.R", tmp_path / "analysis.py"
    r.write_text(
        "double <- function(x) 2 * x\nx <- double(c(1, 2))\ntext <- 'ü'\nonly <- 1\n",
        encoding="utf-8",
    )
    python.write_text(
        "import math\n\ndef double(x):\n    return 2 * x\n\n"
        "x = [double(1), double(2)]\ntext = 'ü'\nhere = 1\n_hidden = 2\n",
        encoding="utf-8",
    )
    return r, python


def test_two_files_by_the_variables_that_both_have(crosscheck, files):
    r, python = files
    assert crosscheck.r(r) == {"x": [2, 4], "text": "ü", "only": 1}
    assert crosscheck.python(python) == {"x": [2, 4], "text": "ü", "here": 1}
    crosscheck.assert_same(r=r, python=python)
    python.write_text(python.read_text("utf-8").replace("double(2)", "5"), "utf-8")
    with pytest.raises(AssertionError, match=r"First difference: \['x'\]\[1\]"):
        crosscheck.assert_same(r=r, python=python)
    crosscheck.assert_same(r=r, python=python, names=["text"])


def test_names_choose_what_is_compared(crosscheck, files):
    r, python = files
    with pytest.raises(AssertionError, match="absent"):
        crosscheck.assert_same(r=r, python=python, names=["text", "only"])
    for names in (["nowhere"], []):
        with pytest.raises(ArgumentError, match="There are: here, only, text, x"):
            crosscheck.assert_same(r=r, python=python, names=names)
    crosscheck.assert_same(
        r="list(a = 1, b = 2)", python=lambda: {"a": 1, "b": 3}, names=["a"]
    )


def test_files_that_have_nothing_in_common_or_do_not_exist(crosscheck, files):
    r, python = files
    python.write_text("y = 1\n")
    with pytest.raises(ArgumentError, match="y, and in R"):
        crosscheck.assert_same(r=r, python=python)
    for missing in ({"r": Path("none.R")}, {"python": Path("none.py")}):
        with pytest.raises(ArgumentError, match=r"none\.(R|py)"):
            crosscheck.assert_same(**{"r": r, "python": python} | missing)


def test_a_process_of_its_own(crosscheck, files):
    crosscheck.r("options(rkeras.mark = 1)")
    code = "list(is.null(getOption('rkeras.mark')), matrix(c(1, NaN), 1), 'ü')"
    crosscheck.assert_same(
        r=code,
        python=lambda: [True, np.array([[1, np.nan]]), "ü"],
        fresh_process=True,
    )
    with pytest.raises(RError, match="no such thing"):
        crosscheck.r("stop('no such thing')", fresh_process=True)


RUN = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]


def pytest_run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run the tests of a folder, which can import the package."""
    paths = os.pathsep.join([str(folder), str(ROOT)])
    return subprocess.run(
        [*RUN, "--rootdir", str(folder), *arguments, str(folder)],
        capture_output=True,
        text=True,
        check=False,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": paths},
    )


LOADED = """
import sys

def test_nothing_heavy_is_loaded(request):
    assert request.config.pluginmanager.has_plugin("rkeras_crosscheck")
    heavy = {"keras", "tensorflow", "rpy2", "pandas", "numpy", "rich", "plotnine"}
    assert heavy.isdisjoint(sys.modules)
"""


def installed(folder: Path) -> None:
    """Have the entry point in a folder, as an installed package has it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    ((name, module),) = project["entry-points"]["pytest11"].items()
    info = folder / "as_installed-1.0.dist-info"
    info.mkdir()
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: as-installed\n")
    (info / "entry_points.txt").write_text(f"[pytest11]\n{name} = {module}\n")


def test_the_installed_plugin_costs_nothing_until_it_is_used(tmp_path):
    installed(tmp_path)
    (tmp_path / "test_a.py").write_text(LOADED)
    done = pytest_run(tmp_path)
    assert "1 passed" in done.stdout, done.stdout + done.stderr


def test_it_is_registered_once_where_it_is_installed_too(tmp_path):
    installed(tmp_path)
    own = (ROOT / "conftest.py").read_text("utf-8")
    (tmp_path / "conftest.py").write_text(own)
    (tmp_path / "test_a.py").write_text(LOADED)
    done = pytest_run(tmp_path)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    off = pytest_run(tmp_path, "-p", "no:rkeras_crosscheck", "--fixtures")
    assert "already registered" not in off.stdout + off.stderr


def test_a_failing_test_shows_the_difference_and_not_the_plugins_code(tmp_path):
    installed(tmp_path)
    (tmp_path / "test_a.py").write_text(
        textwrap.dedent(
            """
            def test_sum(crosscheck):
                crosscheck.assert_same(r="sum(1:4)", python=lambda: 11)
            """
        )
    )
    done = pytest_run(tmp_path)
    assert done.returncode == 1
    assert "E       AssertionError: R and Python differ in 1 place." in done.stdout
    assert "E         R         10" in done.stdout
    assert "E         Python    11" in done.stdout
    assert "__tracebackhide__" not in done.stdout
