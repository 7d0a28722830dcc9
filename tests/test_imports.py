"""Importing the package, or asking the command for help, loads nothing heavy."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = ["keras", "tensorflow", "rpy2", "numpy", "pandas", "plotnine", "scipy"]


def loaded_after(statement: str) -> set[str]:
    code = (
        f"import sys\n{statement}\n"
        "print(*[name for name in sys.modules if '.' not in name])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return set(done.stdout.split("\n")[-2].split())


def test_import_loads_nothing_heavy():
    assert loaded_after("import rkeras_port").isdisjoint(HEAVY)


def test_help_loads_neither_keras_nor_r():
    statement = (
        "from typer.testing import CliRunner\n"
        "from rkeras_port.cli import app\n"
        "result = CliRunner().invoke(app, ['--help'])\n"
        "assert result.exit_code == 0 and 'demo' in result.output"
    )
    assert loaded_after(statement).isdisjoint({"keras", "tensorflow", "rpy2"})


def test_listing_names_does_not_load_keras():
    statement = "import rkeras_port; assert 'layer_dense' in dir(rkeras_port)"
    assert loaded_after(statement).isdisjoint(HEAVY)


def test_every_public_name_can_be_had():
    import rkeras_port

    for name in rkeras_port.__all__:
        assert callable(getattr(rkeras_port, name)) or name == "placeholder"


def test_unknown_name_says_what_was_meant():
    import rkeras_port

    with pytest.raises(AttributeError, match="Did you mean 'layer_dense'"):
        rkeras_port.layer_dens  # noqa: B018
