"""Install the wheel into empty environments, one per extra, and use it there.

``python tools/install_test [--from-index] [CASE ...]``

Each environment holds the wheel and exactly what it asks for, so that a requirement
which is not declared is missed. By default that comes, as links, from the environment
that runs this, which takes seconds and no network; the versions are those of
``requirements.lock``. With ``--from-index`` it is resolved and installed as a user's
``pip install`` would do it.

Started with an environment of its own: PATH without R except where R is tried, an empty
HOME, another working directory than the checkout's.
"""

from __future__ import annotations

import argparse
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import venv
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.requirements import Requirement

from rkeras_port.doctor import DISTRIBUTION, OPTIONAL

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]


@dataclass(frozen=True)
class Case:
    """An environment, and what must hold in it.

    Parameters
    ----------
    uses : tuple of str
        Scripts of ``uses/`` that must run in it.
    extra : str
        The extra that is installed, if one is.
    without : tuple of str
        Packages that are taken out again, as by an installation that went wrong.
    works : bool
        Whether `rkeras doctor` must say that the Python door works.
    r : bool
        Whether R is on PATH, and `rkeras doctor` must say that the R door works.
    """

    uses: tuple[str, ...] = ()
    extra: str = ""
    without: tuple[str, ...] = ()
    works: bool = True
    r: bool = False


CASES = {
    "base": Case(("base",)),
    "base-typed": Case(("typed",)),
    "base-broken": Case(without=("keras", "scipy"), works=False),
    "r": Case(("r",), "r", r=True),
    "data": Case(("data",), "data"),
    "track": Case(("track",), "track"),
    "tables": Case(("tables",), "tables"),
    "arrow": Case(("arrow",), "arrow"),
    "jax": Case(("jax",), "jax"),
    "torch": Case(("torch",), "torch"),
    "all": Case(("r", "track"), "all", r=True),
}


def main() -> int:
    """Try the cases that are asked for, two at a time; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--from-index", action="store_true")
    parser.add_argument("cases", nargs="*", metavar="CASE", help=", ".join(CASES))
    options = parser.parse_args()
    if unknown := set(options.cases) - set(CASES):
        parser.error(f"no such case: {', '.join(unknown)}")
    with tempfile.TemporaryDirectory(prefix="rkeras-install-") as folder:
        wheel = build(Path(folder))

        def attempt(name: str) -> str:
            begin = time.monotonic()
            environment = Environment(Path(folder, name), options.from_index)
            problem = environment.attempt(CASES[name], wheel)
            shutil.rmtree(environment.folder, ignore_errors=True)
            print(f"{time.monotonic() - begin:6.1f} s  {name}: {problem or 'good'}")
            return problem

        with ThreadPoolExecutor(2) as pool:
            problems = [*pool.map(attempt, options.cases or CASES)]
    wrong = [one for one in problems if one and not one.startswith("left out")]
    print(f"{len(problems) - len(wrong)} of {len(problems)} environments are good.")
    return bool(wrong)


def build(folder: Path) -> Path:
    """Build the wheel of the checkout and return where it is."""
    command = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


class Environment:
    """An environment of Python that is made for one case, and its HOME beside it."""

    def __init__(self, folder: Path, from_index: bool) -> None:
        self.folder = folder
        self.from_index = from_index
        self.home = folder / "home"
        self.bin = folder / "venv" / "bin"

    @property
    def site(self) -> Path:
        """Where its packages are."""
        (site,) = (self.folder / "venv" / "lib").glob("python3*/site-packages")
        return site

    def attempt(self, case: Case, wheel: Path) -> str:
        """Install, use, and ask the doctor; return what went wrong, "" if nothing."""
        venv.create(self.folder / "venv", with_pip=False, symlinks=True)
        self.home.mkdir()
        wanted = f"{wheel}[{case.extra}]" if case.extra else str(wheel)
        try:
            if self.from_index:
                self._install(wanted)
            else:
                self._install(str(wheel), "--no-deps", "--offline")
                self._link(case.extra)
        except PackageNotFoundError as error:
            if case.extra == error.name:
                return f"left out, because {error.name} is not installed here"
            return f"requirement {error.name} is not installed here"
        except (ValueError, subprocess.CalledProcessError) as error:
            return str(getattr(error, "stderr", "") or error)
        for name in case.without:
            shutil.rmtree(self.site / name)
            (record,) = self.site.glob(f"{name}-*.dist-info")
            shutil.rmtree(record)
        problems = [self._use(name, case) for name in case.uses]
        problems += self._doctor(case)
        return "\n".join(filter(None, problems))

    def _install(self, *arguments: str) -> None:
        command = ["-m", "uv", "pip", "install", "--quiet", "--python"]
        subprocess.run(
            [sys.executable, *command, self.bin / "python", *arguments],
            check=True, capture_output=True, text=True,
        )  # fmt: skip

    def _link(self, extra: str) -> None:
        """Put what the wheel asks for into the environment."""
        (own,) = Distribution.discover(name=DISTRIBUTION, path=[str(self.site)])
        for needed in closure(own, extra):
            for file in needed.files or ():
                if ".." in file.parts:
                    continue  # Scripts; those of requirements are not needed.
                target = self.site / file
                target.parent.mkdir(parents=True, exist_ok=True)
                _link(Path(str(needed.locate_file(file))), target)

    def _run(self, *command: str | Path, r: bool) -> subprocess.CompletedProcess[str]:
        folder = Path(tempfile.mkdtemp(dir=self.folder))
        places = [str(self.bin), *(["/usr/local/bin", "/usr/bin", "/bin"] if r else [])]
        environment = {"PATH": os.pathsep.join(places), "HOME": str(self.home)}
        if not r:
            environment["R_HOME"] = str(folder / "no-R-here")
        return subprocess.run(
            command, cwd=folder, env=environment | {"LC_ALL": "C.UTF-8"}, timeout=300,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
        )  # fmt: skip

    def _use(self, name: str, case: Case) -> str:
        script = HERE / "uses" / f"{name}.py"
        if name == "typed":
            # By the mypy that runs this, of what is installed there.
            mypy = [sys.executable, "-m", "mypy", "--strict", "--config-file="]
            done = self._run(
                *mypy, "--python-executable", self.bin / "python", script, r=False
            )
        else:
            done = self._run(
                self.bin / "python", "-P", script, ROOT / "README.md", r=case.r
            )
        if done.returncode == 0:
            return ""
        return f"{name}.py ended with {done.returncode}:\n{done.stdout[-3000:]}"

    def _doctor(self, case: Case) -> Iterable[str]:
        done = self._run(self.bin / "rkeras", "doctor", r=case.r)
        said = done.stdout
        if done.returncode != (0 if case.works else 1):
            yield f"rkeras doctor ended with {done.returncode}:\n{said}"
        for door, works in (("Python", case.works), ("R", case.r)):
            verdict = "works" if works else "does not work"
            if f"The {door} door {verdict}." not in said:
                yield f"rkeras doctor does not say that the {door} door {verdict}"
        for name in case.without:
            if not re.search(rf"pip install .*'{name}[<>=]", said):
                yield f"rkeras doctor does not say how to install {name}"
        for shown, package, _, _ in OPTIONAL:
            here = [*Distribution.discover(name=package, path=[str(self.site)])]
            line = re.search(rf"^ *. +{re.escape(shown)} +(.+)", said, re.M)
            says = line is not None and "not installed" not in line[1]
            if says != bool(here):
                yield f"rkeras doctor is wrong about {shown}"


def closure(own: Distribution, extra: str) -> Iterable[Distribution]:
    """Go through what a distribution asks for, and what that asks for, and so on.

    Raises
    ------
    PackageNotFoundError
        If something is not installed in the environment that runs this.
    ValueError
        If it is, in a version that will not do.
    """
    seen = {(DISTRIBUTION, extra)}
    yielded = {DISTRIBUTION}
    waiting = [(own, "")] + ([(own, extra)] if extra else [])
    while waiting:
        asking, asked = waiting.pop()
        for line in asking.requires or ():
            needed = Requirement(line)
            if needed.marker and not needed.marker.evaluate({"extra": asked}):
                continue
            itself = needed.name == DISTRIBUTION
            found = own if itself else distribution(needed.name)
            if not itself and not needed.specifier.contains(found.version, True):
                raise ValueError(f"{line}: {found.version} is installed here")
            for one in ("", *needed.extras):
                if (needed.name, one) not in seen:
                    seen.add((needed.name, one))
                    waiting.append((found, one))
            if needed.name not in yielded:
                yielded.add(needed.name)
                yield found


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileExistsError:
        pass  # Packages that share a folder.
    except OSError:
        shutil.copy2(source, target)  # On another file system.


if __name__ == "__main__":
    sys.exit(main())
