"""The R packages that this one stands in for, found by `library()` and `::`.

R gets a private library of *skeleton packages*: a description, a namespace file and a
line of code each, written at start into R's temporary directory. Loading one sources
the real R files, which are under ``R/<package>/``. Everything that R offers for
packages (`library`, `::`, `packageVersion`, `sessionInfo`, `detach`) then works of
itself, and installed packages of the same names are shadowed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from pathlib import Path

from rkeras_port import __version__
from rkeras_port.r import capi, entry
from rkeras_port.r.capi import SEXP, ffi, lib
from rkeras_port.r.to_r import to_r


@dataclass(frozen=True)
class Package:
    """An R package that we stand in for.

    Parameters
    ----------
    name : str
        As in `library(name)`.
    version : str
        What `packageVersion()` answers: the version whose behaviour is followed.
    title : str
        One line for its description.
    imports : tuple of str
        Packages of this table whose exports its R files see.
    """

    name: str
    version: str
    title: str
    imports: tuple[str, ...] = ()


def _numbers(version: str) -> str:
    """Return the part of a version that is one in R, where all are numbers."""
    (numbers,) = re.findall(r"^\d+(?:\.\d+)+", version)
    return str(numbers)


PACKAGES = (
    Package("rkeras", _numbers(__version__), "What the packages of the door share"),
    Package("reticulate", "1.46.0", "Python objects in R", ("rkeras",)),
    Package("tfruns", "1.5.4", "Training runs and their flags", ("rkeras",)),
    Package("tensorflow", "2.20.0", "Tensors in R", ("rkeras", "reticulate", "tfruns")),
    Package(
        "tfdatasets",
        "2.18.0",
        "Input pipelines in R",
        ("rkeras", "reticulate", "tfruns", "tensorflow"),
    ),
    Package(
        "keras3",
        "1.5.1",
        "Keras in R",
        ("rkeras", "reticulate", "tensorflow", "tfruns"),
    ),
    Package(
        "keras",
        "2.16.1",
        "Keras in R, by the names and defaults of its second generation",
        ("rkeras", "reticulate", "tensorflow", "tfruns", "keras3"),
    ),
)
"""In the order in which they are loaded. All are loaded at start, because R takes a
loaded namespace before any installed package of that name."""


def source_folder() -> Path:
    """Return the folder with the R files: in the package, or beside a checkout's."""
    here = Path(__file__).resolve()
    installed = here.parent / "R"
    return installed if installed.is_dir() else here.parents[2] / "R"


def install() -> SEXP:
    """Make the packages known to the running R; return the namespace of ``rkeras``."""
    folder = source_folder()
    mark = capi.depth()
    bootstrap = _evaluate_file(folder / "bootstrap.R")
    described = to_r(
        [
            {
                "name": package.name,
                "version": package.version,
                "title": package.title,
                "imports": ["", *package.imports],
                "files": ["", *map(str, sorted((folder / package.name).glob("*.R")))],
            }
            for package in PACKAGES
        ]
    )
    namespace = capi.evaluate(lib.Rf_lang3(bootstrap, entry.pointer(), described))
    lib.R_PreserveObject(namespace)
    capi.release(mark)
    return namespace


def _evaluate_file(path: Path) -> SEXP:
    """Return the value of the one expression in an R file, protected."""
    status = ffi.new("ParseStatus *")
    text = capi.string(path.read_text("utf-8"))
    parsed = capi.protect(lib.R_ParseVector(text, -1, status, capi.nil))
    if status[0] != lib.PARSE_OK:
        raise RuntimeError(f"{path} is not valid R")
    return capi.evaluate(lib.VECTOR_ELT(parsed, 0))
