"""What a contributor or a container sets up is what the Makefile sets up."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest
import yaml
from packaging.specifiers import SpecifierSet

from rkeras_port import doctor

ROOT = Path(__file__).parents[1]
DOCKERFILE = (ROOT / "Dockerfile").read_text("utf-8")
MAKEFILE = (ROOT / "Makefile").read_text("utf-8")
TARGETS = set(re.findall(r"^([a-z-]+):", MAKEFILE, re.M))
DEBIAN = [
    line.split()
    for line in (ROOT / "tools" / "apt-packages.txt").read_text().splitlines()
    if line and not line.startswith("#")
]


def instructions(name):
    """What follows an instruction of the Dockerfile, its continued lines joined."""
    joined = DOCKERFILE.replace("\\\n", " ")
    return re.findall(rf"^{name} +(.*)$", joined, re.M)


# Debian's packages --------------------------------------------------------------------


def test_each_group_of_debian_packages_is_installed_somewhere():
    groups = {group for group, _ in DEBIAN}
    sources = [MAKEFILE, DOCKERFILE, (ROOT / ".ci" / "run").read_text()]
    used = {
        g for text in sources for g in re.findall(r"sh \S*install_apt\.sh (\w+)", text)
    }
    assert used == groups


def test_what_the_doctor_looks_for_is_among_them():
    packages = {package for _, package in DEBIAN}
    wanted = {f"r-cran-{name}" for name in doctor.R_PACKAGES}
    assert wanted | {"r-base-core", "pandoc", "chromium"} <= packages


def test_they_are_listed_in_one_place():
    for name in ("Makefile", "Dockerfile", ".ci/run", ".github/workflows/ci.yml"):
        text = (ROOT / name).read_text("utf-8")
        assert "apt-get install" not in text, name
        assert "r-cran-" not in text, name


def test_the_installer_needs_nothing_where_all_is_there():
    # As make setup starts it; with R on PATH it says nothing and succeeds.
    done = subprocess.run(
        ["sh", ROOT / "tools" / "install_apt.sh", "no-such-group"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# Containers ---------------------------------------------------------------------------


def test_the_image_is_set_up_by_the_makefile():
    runs = " && ".join(instructions("RUN"))
    assert "make setup" in runs
    assert "sh tools/install_apt.sh r" in runs
    # Where the Makefile puts the packages is first on PATH.
    (settings,) = instructions("ENV")
    folder = re.search(r"VENV=(\S+)", settings)[1]
    assert f"PATH={folder}/bin:$PATH" in settings
    assert "VENV ?=" in MAKEFILE
    assert "-c requirements.lock" in runs


def test_what_the_image_copies_is_there():
    for line in instructions("COPY"):
        *sources, _ = [part for part in line.split() if not part.startswith("--")]
        assert all((ROOT / source).exists() for source in sources), line


def test_the_image_has_a_python_that_is_allowed_and_the_lock_is_for():
    (image,) = (line for line in instructions("FROM") if line.startswith("python:"))
    version = re.match(r"python:(\d+\.\d+)-", image)[1]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert SpecifierSet(project["requires-python"]).contains(version)
    assert f"--python-version {version}" in MAKEFILE


def test_nothing_in_the_image_runs_as_root():
    stages = re.split(r"^FROM .*$", DOCKERFILE, flags=re.M)[1:]
    users = [re.findall(r"^USER +(\S+)", stage, re.M) for stage in stages]
    assert all(not stage or stage[-1] == "1000" for stage in users)
    assert users[0]


def test_the_dev_container_is_a_stage_of_the_image():
    folder = ROOT / ".devcontainer"
    settings = json.loads((folder / "devcontainer.json").read_text("utf-8"))
    assert (folder / settings["build"]["dockerfile"]).resolve() == ROOT / "Dockerfile"
    assert (folder / settings["build"]["context"]).resolve() == ROOT
    assert f" AS {settings['build']['target']}\n" in DOCKERFILE
    user = settings["remoteUser"]
    assert re.search(rf"useradd --uid 1000 .* {user} ", DOCKERFILE)
    command = settings["postCreateCommand"].split()
    assert command[:1] == ["make"]
    assert command[1] in TARGETS


# Contributors -------------------------------------------------------------------------


def test_targets_that_are_named_exist():
    ci = (ROOT / ".github" / "workflows" / "ci.yml").read_text("utf-8")
    texts = [(ROOT / "CONTRIBUTING.md").read_text("utf-8"), ci]
    texts += [(ROOT / ".ci" / "run").read_text()]
    named = {
        n for text in texts for n in re.findall(r"make ((?:test|[a-z]+)-?\w*)", text)
    }
    matrix = yaml.safe_load(ci)["jobs"]["versions"]["strategy"]["matrix"]["include"]
    named |= {one["target"] for one in matrix}
    assert {"setup", "test", "dist", "lock", "test-lowest"} <= named
    assert named - {"s"} <= TARGETS, named - TARGETS


def test_the_versions_of_python_that_are_named_are_tried():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = re.findall(r"Python :: (3\.\d+)$", "\n".join(project["classifiers"]), re.M)
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    tried = {one["python"] for one in jobs["versions"]["strategy"]["matrix"]["include"]}
    assert tried == set(named)


def test_ci_ends_with_the_tests():
    lines = (ROOT / ".ci" / "run").read_text().splitlines()
    assert lines[-1] == "make test"
    jobs = yaml.safe_load((ROOT / ".github/workflows/ci.yml").read_text())["jobs"]
    assert jobs["all"]["steps"][-1] == {"run": ".ci/run"}


@pytest.mark.parametrize("name", ["bug", "parity"])
def test_reports_ask_for_what_the_doctor_says(name):
    form = yaml.safe_load((ROOT / f".github/ISSUE_TEMPLATE/{name}.yml").read_text())
    (asked,) = (part for part in form["body"] if part.get("id") == "doctor")
    assert "rkeras doctor" in asked["attributes"]["label"]
    assert asked["validations"]["required"] is True


def test_hooks_run_tools_of_the_locked_environment():
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    entries = [hook["entry"].split() for repo in hooks for hook in repo["hooks"]]
    lock = (ROOT / "requirements.lock").read_text()
    for program, *_ in entries:
        assert program.startswith(".venv/bin/")
        tool = Path(program).name
        assert tool == "python" or f"\n{tool}==" in lock
    tested = [part for entry in entries for part in entry if part.startswith("tests/")]
    assert all((ROOT / part).is_file() for part in tested)
    catalogue = (ROOT / "tests/test_catalogue.py").read_text()
    assert "def test_stub_is_not_stale" in catalogue
    assert "reference" in catalogue


@pytest.mark.parametrize(
    "column",
    re.findall(r"^\| `(\w+)` \|", (ROOT / "CONTRIBUTING.md").read_text(), re.M),
)
def test_columns_that_are_explained_are_those_of_the_tables(column):
    header = (ROOT / "rkeras_port/catalogue/layers.tsv").read_text().splitlines()[0]
    assert column in header.split("\t")
