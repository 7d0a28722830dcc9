"""What files of others cannot do, and what is written where."""

from __future__ import annotations

import ast
import json
import os
import re
import stat
import subprocess
import sys
import textwrap
from pathlib import Path

import keras
import pytest

import rkeras_port as rk
from rkeras_port import saving
from rkeras_port.errors import ArgumentError
from rkeras_port.r import session

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "rkeras_port"
SOURCES = {path: path.read_text("utf-8") for path in PACKAGE.rglob("*.py")}
TREES = {path: ast.parse(text) for path, text in SOURCES.items()}
R_SOURCES = {path: path.read_text("utf-8") for path in (ROOT / "R").rglob("*.R")}


def calls(*names):
    """The calls of functions of these names in the package: file name, call."""
    for path, tree in TREES.items():
        for node in ast.walk(tree):
            if isinstance(node, ast.Call):
                name = getattr(node.func, "attr", getattr(node.func, "id", ""))
                if name in names:
                    yield path.relative_to(PACKAGE).as_posix(), node


# Code in files ------------------------------------------------------------------------


@pytest.fixture(scope="module")
def with_code(tmp_path_factory):
    """A folder with one model of a Python lambda, in every kind of file."""
    folder = tmp_path_factory.mktemp("code")
    model = keras.Sequential(
        [keras.Input((2,)), keras.layers.Lambda(lambda x: x * 2), keras.layers.Dense(1)]
    )
    model.compile("sgd", "mean_squared_error")
    rk.save_model(model, folder / "model.keras")
    rk.save_model(model, folder / "model.h5")
    rk.save_model_config(model, folder / "model.json")
    return folder


@pytest.mark.parametrize(
    ("load", "name"),
    [
        (rk.load_model, "model.keras"),
        (rk.load_model, "model.h5"),
        (rk.load_model_config, "model.json"),
    ],
)
def test_code_in_a_file_is_refused_in_python(with_code, load, name):
    with pytest.raises(ArgumentError, match="holds code"):
        load(with_code / name)


@pytest.mark.parametrize(
    "code",
    [
        "keras3::load_model(file.path(place, 'model.keras'))",
        "keras3::load_model(file.path(place, 'model.h5'))",
        "keras3::load_model_config(file.path(place, 'model.json'))",
        "keras3::load_model(readBin(file.path(place, 'model.keras'), 'raw', 1e6))",
        "keras::load_model_hdf5(file.path(place, 'model.h5'))",
        "keras::load_model_tf(file.path(place, 'model.keras'))",
        "path <- file.path(place, 'model.keras');"
        "keras::unserialize_model(readBin(path, 'raw', 1e6))",
        "keras::model_from_json(readLines(file.path(place, 'model.json')))",
    ],
)
def test_code_in_a_file_is_refused_in_r(with_code, code):
    R = session()
    R["place"] = str(with_code)
    with pytest.raises(RuntimeError, match=r"lambda|holds code"):
        R.eval(code)


def test_safe_mode_is_off_for_nobody_who_does_not_say_so(with_code):
    # Given on by load_model(), whose default is True, and nowhere else.
    for name, call in calls("load_model", "deserialize_keras_object", "from_config"):
        for keyword in call.keywords:
            if keyword.arg == "safe_mode":
                assert isinstance(keyword.value, ast.Name), name
                assert name == "saving.py"
    assert saving.load_model.__defaults__[-1] is True
    for path, text in R_SOURCES.items():
        for given in re.findall(r"safe_mode\s*=\s*(\w+)", text):
            assert given in ("TRUE", "safe_mode"), path
    assert [*calls("enable_unsafe_deserialization")] == []
    assert keras.src.saving.serialization_lib.in_safe_mode() is not False


def test_nothing_of_others_is_unpickled():
    # But an answer that a process of our own has just written.
    for name, call in calls("load", "loads"):
        owner = getattr(getattr(call.func, "value", None), "id", "")
        if owner in ("pickle", "torch", "joblib", "dill", "cloudpickle"):
            assert name == "crosscheck/twins.py", owner
        if owner in ("np", "numpy"):
            assert [
                keyword.value.value
                for keyword in call.keywords
                if keyword.arg == "allow_pickle"
            ] == [False], name


# Code from values ---------------------------------------------------------------------


def test_no_shell_reads_a_value():
    for name, call in calls("system", "popen", "getoutput", "getstatusoutput"):
        assert getattr(call.func.value, "id", "") == "platform", name
    for name, call in calls("run", "Popen", "check_call", "check_output"):
        assert not [k for k in call.keywords if k.arg == "shell"], name
    for path, text in R_SOURCES.items():
        assert not re.search(r"\b(system2?|shell|pipe)\(", text), path


def test_code_of_r_is_not_pasted_from_values():
    pasted = [
        (name, call)
        for name, call in calls("run", "eval")
        if call.args and isinstance(call.args[0], ast.JoinedStr)
    ]
    # A number, the names of the package's own tables.
    assert {name for name, _ in pasted} <= {
        *("crosscheck/child.py", "coverage/__init__.py", "coverage/smoke.py"),
    }


# Files --------------------------------------------------------------------------------

JOB = """
    import numpy as np
    import rkeras_port as rk
    x = np.eye(4, 2)
    model = (rk.keras_model_sequential(input_shape=2) >> rk.layer_dense(1)
             >> rk.compile("sgd", "mse"))
    history = model >> rk.fit(x, x[:, 0], epochs=2, verbose=0,
                              callbacks=[rk.callback_csv_logger("log.csv")])
    history.plot().save("history.png", verbose=False)
    model >> rk.save_model("model.keras")
    rk.load_model("model.keras")
    from rkeras_port import r
    r.run('''
        library(keras3)
        model <- load_model("model.keras")
        fit(model, matrix(0, 4, 2), c(0, 1, 0, 1), verbose = 0)
        save_model(model, "again.keras")
        save_model_config(model, "again.json")
    ''')
"""


def test_a_job_writes_what_it_names_and_nothing_else(tmp_path):
    for name in ("home", "temporary", "work"):
        (tmp_path / name).mkdir()
    environment = os.environ | {
        "HOME": str(tmp_path / "home"),
        "TMPDIR": str(tmp_path / "temporary"),
        "PYTHONPATH": str(ROOT),
    }
    for name in ("MPLCONFIGDIR", "KERAS_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME"):
        environment.pop(name, None)
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(JOB)],
        cwd=tmp_path / "work",
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    written = {
        path.relative_to(tmp_path).as_posix()
        for path in tmp_path.rglob("*")
        if path.is_file()
    }
    own = {path for path in written if not path.startswith("home/")}
    assert own == {
        *("work/log.csv", "work/history.png", "work/model.keras"),
        *("work/again.keras", "work/again.json"),
    }
    # Keras's settings, and the list of fonts of matplotlib.
    for path in written - own:
        assert re.match(r"home/(\.keras/keras\.json|\.cache/|\.config/)", path), path
    assert list((tmp_path / "temporary").iterdir()) == []


def test_what_is_being_written_is_not_for_others(tmp_path, monkeypatch):
    seen = []

    def replace(self, target):
        seen.append(stat.S_IMODE(self.parent.stat().st_mode))
        return original(self, target)

    original = Path.replace
    monkeypatch.setattr(Path, "replace", replace)
    model = rk.keras_model_sequential(input_shape=2) >> rk.layer_dense(1)
    rk.save_model(model, tmp_path / "model.keras")
    rk.save_model_config(model, tmp_path / "model.json")
    assert seen == [0o700, 0o700]
    assert (
        json.loads((tmp_path / "model.json").read_text())["class_name"] == "Sequential"
    )


@pytest.mark.parametrize("save", [rk.save_model, rk.save_model_config])
def test_a_failure_leaves_the_file_of_before_and_no_other(save, tmp_path, monkeypatch):
    file = tmp_path / ("m.json" if save is rk.save_model_config else "m.keras")
    file.write_bytes(b"of before")
    model = rk.keras_model_sequential(input_shape=2) >> rk.layer_dense(1)

    def fail(*arguments, **keywords):
        Path(arguments[1] if len(arguments) > 1 else file).touch()
        raise OSError("no space left on device")

    monkeypatch.setattr(type(model), "save", fail)
    monkeypatch.setattr(type(model), "to_json", fail)
    with pytest.raises(OSError, match="no space"):
        save(model, file, overwrite=True)
    assert file.read_bytes() == b"of before"
    assert list(tmp_path.iterdir()) == [file]


def test_temporary_files_have_no_names_that_can_be_guessed():
    assert [*calls("mktemp", "tempnam")] == []
    for path, text in SOURCES.items():
        assert not re.search(r"""["']/(tmp|var)/""", text), path
    assert len([*calls("TemporaryDirectory", "NamedTemporaryFile")]) > 10
