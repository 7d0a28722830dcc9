"""Finding R and rpy2, and what is said when one is missing or does not fit."""

from __future__ import annotations

import importlib.metadata
import shutil
import sys

import pytest

from rkeras_port.errors import MissingDependencyError
from rkeras_port.r import locate


def fake_r(folder, version="4.4.1", shared=True):
    description = folder / "library" / "base" / "DESCRIPTION"
    description.parent.mkdir(parents=True)
    description.write_text(f"Package: base\nVersion: {version}\n")
    if shared:
        suffix = "dylib" if sys.platform == "darwin" else "so"
        (folder / "lib").mkdir()
        (folder / "lib" / f"libR.{suffix}").touch()
    return folder


def test_the_r_of_this_machine():
    found = locate.find_r()
    assert found.version >= locate.OLDEST_R
    assert found.library.is_file()


def test_r_home_names_the_r(tmp_path, monkeypatch):
    monkeypatch.setenv("R_HOME", str(fake_r(tmp_path)))
    found = locate.find_r()
    assert (found.home, found.version) == (tmp_path, (4, 4, 1))


def test_r_home_without_an_r(tmp_path, monkeypatch):
    monkeypatch.setenv("R_HOME", str(tmp_path))
    with pytest.raises(
        MissingDependencyError, match=r"There is no R at .*apt-get install"
    ):
        locate.find_r()


def test_no_r_at_all(monkeypatch, tmp_path):
    monkeypatch.delenv("R_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(locate, "_PLACES", ())
    with pytest.raises(MissingDependencyError, match=r"R was not found.*R_HOME"):
        locate.find_r()


def test_an_old_r(tmp_path, monkeypatch):
    monkeypatch.setenv("R_HOME", str(fake_r(tmp_path, "3.6.3")))
    with pytest.raises(
        MissingDependencyError, match=r"version 3\.6\.3, and 4\.1\.0 or"
    ):
        locate.find_r()


def test_an_r_that_cannot_be_embedded(tmp_path, monkeypatch):
    monkeypatch.setenv("R_HOME", str(fake_r(tmp_path, shared=False)))
    with pytest.raises(
        MissingDependencyError, match=r"no shared library.*enable-R-shlib"
    ):
        locate.find_r()


@pytest.mark.parametrize(
    ("rpy2", "r", "remedy"),
    [
        ("3.6.5", (4, 2, 2), None),
        ("3.6.6", (4, 2, 2), "rpy2-rinterface==3.6.5"),
        ("3.6.7", (4, 4, 3), "rpy2-rinterface==3.6.5"),
        ("3.6.6", (4, 5, 0), None),
        ("3.6.5", (4, 6, 0), "rpy2-rinterface>=3.6.6"),
        ("3.6.7", (4, 6, 0), None),
    ],
)
def test_rpy2_must_fit_r(monkeypatch, rpy2, r, remedy):
    monkeypatch.setattr(importlib.metadata, "version", lambda name: rpy2)
    if remedy is None:
        assert locate.find_rpy2(r) == locate.parse_version(rpy2)
    else:
        with pytest.raises(MissingDependencyError, match=remedy):
            locate.find_rpy2(r)


def test_no_rpy2(monkeypatch):
    def missing(name):
        raise importlib.metadata.PackageNotFoundError(name)

    monkeypatch.setattr(importlib.metadata, "version", missing)
    with pytest.raises(MissingDependencyError, match=r"pip install 'rkeras-port\[r\]'"):
        locate.find_rpy2((4, 2, 2))


def test_r_found_without_the_r_program(fresh):
    """Some have R as a library only; the start script is read, not run."""
    home = locate.find_r().home
    done = fresh(
        "from rkeras_port import r; print(r.eval('R.home(\"share\")'))",
        env={"R_HOME": str(home), "PATH": "/nowhere"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == shutil.os.environ.get(
        "R_SHARE_DIR", "/usr/share/R/share"
    )


def test_starting_without_r_says_what_to_do(fresh, tmp_path):
    done = fresh(
        f"""
        import os; os.environ["R_HOME"] = {str(tmp_path)!r}
        from rkeras_port import r
        r.session()
        """
    )
    assert "MissingDependencyError: There is no R at" in done.stderr
    assert "apt-get install r-base-core" in done.stderr
