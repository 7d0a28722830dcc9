"""What is given to strangers: the wheel, the source archive, and their version."""

from __future__ import annotations

import email
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

import rkeras_port as rk
from rkeras_port import doctor
from rkeras_port.r import session

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "rkeras_port"
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]


def build(source, folder, *targets):
    command = [sys.executable, "-m", "hatchling", "build", "-d", folder]
    for target in targets:
        command += ["-t", target]
    subprocess.run(command, cwd=source, check=True, capture_output=True)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The folder with both archives of this checkout."""
    folder = tmp_path_factory.mktemp("dist")
    build(ROOT, folder, "sdist", "wheel")
    return folder


@pytest.fixture(scope="module")
def wheel(built):
    (path,) = built.glob("*.whl")
    return path


@pytest.fixture(scope="module")
def metadata(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith("/METADATA"))
        return email.message_from_bytes(archive.read(name))


# What is in them ----------------------------------------------------------------------


def test_the_wheel_holds_the_package_and_its_r_half_and_nothing_else(wheel):
    with zipfile.ZipFile(wheel) as archive:
        held = {name for name in archive.namelist() if ".dist-info/" not in name}
    own = {
        path.relative_to(ROOT).as_posix()
        for path in PACKAGE.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    r_half = {
        f"rkeras_port/r/R/{path.relative_to(ROOT / 'R').as_posix()}"
        for path in (ROOT / "R").rglob("*.R")
    }
    assert held == own | r_half
    kinds = {Path(name).suffix or name for name in held}
    assert kinds == {
        *(".py", ".pyi", ".R", ".tsv", ".toml", ".html", ".css", ".csv", ".md"),
        ".typed",
    }


@pytest.mark.parametrize(
    "name",
    [
        "rkeras_port/__init__.pyi",
        "rkeras_port/py.typed",
        "rkeras_port/data/sonar.csv",
        "rkeras_port/catalogue/layers.tsv",
        "rkeras_port/catalogue/differences.toml",
        "rkeras_port/crosscheck/report.html",
        "rkeras_port/demo/report.html",
        "rkeras_port/r/R/bootstrap.R",
        "rkeras_port/r/R/keras3/models.R",
        "rkeras_port/r/R/keras/saving.R",
    ],
)
def test_the_wheel_holds(wheel, name):
    with zipfile.ZipFile(wheel) as archive:
        assert archive.getinfo(name).file_size == 0 or len(archive.read(name)) > 100
        assert (archive.getinfo(name).file_size == 0) is (name.endswith("py.typed"))


def test_the_source_archive_builds_the_same_wheel(built, wheel, tmp_path):
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        opened.extractall(tmp_path, filter="data")
    (source,) = tmp_path.iterdir()
    build(source, tmp_path / "dist", "wheel")
    (again,) = (tmp_path / "dist").glob("*.whl")
    assert again.name == wheel.name
    assert again.read_bytes() == wheel.read_bytes()


def test_the_source_archive_holds_what_checks_and_documents_the_package(built):
    (archive,) = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        held = {name.partition("/")[2] for name in opened.getnames()}
    here = Path(__file__).resolve().relative_to(ROOT).as_posix()
    for name in (
        *(here, "Makefile", ".ci/run", "requirements.lock", "README.md", "LICENSE"),
        *("R/01-binary-classification-imdb.Rmd", "docs/reference/README.md"),
        *("vignettes/01_binary_classification_imdb.py", "tools/apt-packages.txt"),
    ):
        assert name in held
    folders = {name.partition("/")[0] for name in held}
    assert not folders & {".git", ".venv", "dist", "build", "demo-output"}
    assert not [name for name in held if "__pycache__" in name]


# What they say of themselves ----------------------------------------------------------


def test_commands_and_the_pytest_plugin_are_named(wheel):
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (n for n in archive.namelist() if n.endswith("/entry_points.txt"))
        text = archive.read(name).decode()
    assert "rkeras = rkeras_port.cli:app" in text
    assert "rkeras_crosscheck = rkeras_port.crosscheck.pytest_plugin" in text


def test_pythons_that_are_named_are_those_that_are_allowed(metadata):
    allowed = SpecifierSet(metadata["Requires-Python"])
    named = re.findall(
        r"Python :: (3\.\d+)$", "\n".join(metadata.get_all("Classifier")), re.M
    )
    assert named
    assert all(allowed.contains(f"{version}.5") for version in named)
    oldest = min(named, key=lambda version: int(version.partition(".")[2]))
    assert not allowed.contains(f"3.{int(oldest.partition('.')[2]) - 1}.9")


def test_extras_of_the_wheel_are_those_of_the_project(metadata):
    extras = set(metadata.get_all("Provides-Extra"))
    assert extras == set(PROJECT["optional-dependencies"])


# The version --------------------------------------------------------------------------


def test_the_version_is_written_in_one_place():
    assert "version" in PROJECT["dynamic"]
    written = [
        path.relative_to(ROOT).as_posix()
        for pattern in ("*.py", "*.pyi", "*.R", "*.toml", "*.tsv", "*.html")
        for folder in (PACKAGE, ROOT / "R")
        for path in folder.rglob(pattern)
        if rk.__version__ in path.read_text("utf-8")
    ]
    assert written == ["rkeras_port/__init__.py"]


def test_the_version_is_that_of_the_wheel_of_r_and_of_the_doctor(metadata):
    assert metadata["Version"] == rk.__version__
    numbers = re.match(r"[\d.]*\d", rk.__version__)[0]
    in_r = session().eval("as.character(packageVersion('rkeras'))")
    assert in_r == numbers
    (line,) = (check for check in doctor.CHECKS if check.name == "rkeras_port")
    assert line.examine().text == rk.__version__


def test_the_changelog_has_an_entry_for_the_version():
    numbers = re.match(r"[\d.]*\d", rk.__version__)[0]
    changelog = (ROOT / "CHANGELOG.md").read_text("utf-8")
    newest = re.search(r"^## (\d+\.\d+\.\d+)", changelog, re.M)
    assert newest[1] == numbers
