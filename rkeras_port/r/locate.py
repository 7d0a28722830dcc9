"""Find R and rpy2-rinterface, and say what to do when one is missing or does not fit.

Nothing here starts R. `prepare()` leaves the process ready for importing rpy2's
low-level modules: it sets the variables that the `R` start script would set, so that
neither rpy2 nor we have to start an R of our own to ask for them.

Environment variables read: ``R_HOME`` (which R), ``PATH`` (where ``R`` is looked for
when ``R_HOME`` is not set), ``RPY2_CFFI_MODE`` (left alone when set).
"""

from __future__ import annotations

import ctypes
import importlib.metadata
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from rkeras_port.errors import MissingDependencyError

Version = tuple[int, ...]

OLDEST_R: Version = (4, 1, 0)
"""The first R with the native pipe and the condition entry points that we use."""

_INSTALL_R = (
    "Install R: `apt-get install r-base-core` on Debian or Ubuntu, `brew install r` "
    "on macOS, or see https://cran.r-project.org. If R is installed somewhere "
    "unusual, set the environment variable R_HOME to what `R RHOME` prints."
)
_INSTALL_RPY2 = "Install it with: pip install 'rkeras-port[r]'"

_PLACES = (
    "/usr/lib/R",
    "/usr/lib64/R",
    "/usr/local/lib/R",
    "/Library/Frameworks/R.framework/Resources",
    "/opt/homebrew/lib/R",
)


@dataclass(frozen=True)
class RInstallation:
    """An R on this machine.

    Parameters
    ----------
    home : Path
        R's home directory, what `R RHOME` prints.
    version : tuple of int
        Its version, for example ``(4, 2, 2)``.
    library : Path
        R as a shared library.
    """

    home: Path
    version: Version
    library: Path


def parse_version(text: str) -> Version:
    """Return the leading numbers of a version string.

    Examples
    --------
    >>> parse_version("4.2.2 Patched")
    (4, 2, 2)
    """
    return tuple(int(part) for part in re.findall(r"\d+", text.split()[0])[:3])


def find_r() -> RInstallation:
    """Return the R that would be embedded.

    Raises
    ------
    MissingDependencyError
        If there is no R, if it is too old, or if it was built without the shared
        library that embedding needs.
    """
    home = _find_home()
    description = home / "library" / "base" / "DESCRIPTION"
    if not description.is_file():
        raise MissingDependencyError(
            f"There is no R at {home}: {description} does not exist. {_INSTALL_R}"
        )
    found = re.search(r"^Version:\s*(\S+)", description.read_text("utf-8"), re.M)
    version = parse_version(found.group(1)) if found else ()
    if version < OLDEST_R:
        raise MissingDependencyError(
            f"The R at {home} is version {_dotted(version)}, and "
            f"{_dotted(OLDEST_R)} or later is needed. {_INSTALL_R}"
        )
    suffix = "dylib" if sys.platform == "darwin" else "so"
    library = home / "lib" / f"libR.{suffix}"
    if not library.is_file():
        raise MissingDependencyError(
            f"The R at {home} has no shared library ({library} does not exist), so "
            "Python cannot embed it. Use your system's own R package, or build R "
            "with ./configure --enable-R-shlib."
        )
    return RInstallation(home, version, library)


def find_rpy2(r_version: Version) -> Version:
    """Return the version of rpy2-rinterface, having checked that it fits this R.

    Raises
    ------
    MissingDependencyError
        If it is not installed, or made for other versions of R.
    """
    try:
        version = parse_version(importlib.metadata.version("rpy2-rinterface"))
    except importlib.metadata.PackageNotFoundError:
        raise MissingDependencyError(
            f"The R door needs the package rpy2-rinterface. {_INSTALL_RPY2}"
        ) from None
    remedy = None
    if r_version < (4, 5) and version >= (3, 6, 6):
        # From 3.6.6 on it asks libR for R_getVar, which R has since 4.5.
        remedy = "pip install 'rpy2-rinterface==3.6.5'"
    elif r_version >= (4, 6) and version < (3, 6, 6):
        # R 4.6 dropped entry points that earlier versions of rpy2 ask for.
        remedy = "pip install 'rpy2-rinterface>=3.6.6'"
    if remedy is not None:
        raise MissingDependencyError(
            f"rpy2-rinterface {_dotted(version)} does not work with R "
            f"{_dotted(r_version)}. Mend it with: {remedy}"
        )
    return version


def prepare() -> RInstallation:
    """Check what is installed and make the process ready for importing rpy2.

    Returns
    -------
    RInstallation
        The R that importing `rpy2.rinterface` will now open.

    Raises
    ------
    MissingDependencyError
        As `find_r` and `find_rpy2`.
    """
    r = find_r()
    find_rpy2(r.version)
    os.environ["R_HOME"] = str(r.home)
    for name, value in _start_script_settings(r.home).items():
        os.environ.setdefault(name, value)
    # Hashed, R's register of preserved objects lets them go in constant time.
    os.environ.setdefault("R_HASH_PRECIOUS", "1")
    if importlib.util.find_spec("_rinterface_cffi_api") is None:
        os.environ.setdefault("RPY2_CFFI_MODE", "ABI")
    for name in ("libRblas", "libRlapack"):
        # Found here, R's own numerical libraries need no LD_LIBRARY_PATH.
        companion = r.library.with_stem(name)
        if companion.is_file():
            ctypes.CDLL(str(companion), mode=ctypes.RTLD_GLOBAL)
    return r


def _find_home() -> Path:
    if home := os.environ.get("R_HOME"):
        return Path(home)
    if program := shutil.which("R"):
        answer = subprocess.run(
            [program, "RHOME"], capture_output=True, text=True, check=False
        )
        lines = [line for line in answer.stdout.splitlines() if line.startswith("/")]
        if lines:
            return Path(lines[-1])
    for place in _PLACES:
        if Path(place, "library", "base", "DESCRIPTION").is_file():
            return Path(place)
    raise MissingDependencyError(f"R was not found on this machine. {_INSTALL_R}")


def _start_script_settings(home: Path) -> dict[str, str]:
    """Return the directories that the `R` start script exports."""
    script = home / "bin" / "R"
    text = script.read_text("utf-8", "replace") if script.is_file() else ""
    places = {"R_SHARE_DIR": "share", "R_INCLUDE_DIR": "include", "R_DOC_DIR": "doc"}
    settings = {}
    for name, folder in places.items():
        found = re.search(rf"^{name}=(\S+)", text, re.M)
        settings[name] = found.group(1) if found else str(home / folder)
    return settings


def _dotted(version: Version) -> str:
    return ".".join(map(str, version)) or "unknown"
