"""Names that a shell, R, Python or SQL would read as code are just names."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import rkeras_port as rk
from rkeras_port import launch
from rkeras_port.crosscheck.sides import run_side
from rkeras_port.r import documents

ROOT = Path(__file__).parents[2]

NAMES = {
    "quotes": 'it\'s "q"',
    "shell": "$(touch owned) `touch owned`; touch owned &",
    "utf-8": "Übung ж 日本",
    "newline": "a\nb",
    "backslash": "a\\b\\n",
    "formats": "%d%s {x} {stream} [y] #z",
    "code of R": "');file.create('owned');('",
    "option": "--version",
}

PICTURE = ROOT / "vignettes" / "02_sonar_cross_validation-1.png"

DOCUMENT = """---
title: "A document"
---

```{r}
readLines("data.txt")
plot(1)
```

![A picture](picture.png)
"""


@pytest.fixture(params=NAMES.values(), ids=[*NAMES])
def name(request, tmp_path, monkeypatch):
    """A name; the working directory is a folder of that name."""
    folder = tmp_path / request.param
    folder.mkdir()
    monkeypatch.chdir(folder)
    yield request.param
    assert list(tmp_path.rglob("owned")) == []


def test_scripts(R, name, capfd):
    file = Path(f"{name}.R")
    file.write_text("ran <- commandArgs(TRUE)\n")
    documents.run(file, args=[name])
    assert R["ran"] == name
    for run in (R.run, R.source):
        R["ran"] = 0
        file.write_text("ran <- 1L\n")
        run(file.resolve())
        assert R["ran"] == 1
    R["file"] = str(file.resolve())
    R.run("ran <- 0L; source(file)")
    assert R["ran"] == 1


def test_documents(R, name):
    Path(f"{name}.Rmd").write_text(DOCUMENT)
    Path("data.txt").write_text("a line of data\n")
    Path("picture.png").symlink_to(PICTURE)
    before = set(os.listdir())
    made = documents.run(Path(f"{name}.Rmd"))
    assert made.name == f"{name}.html"
    assert set(os.listdir()) == before | {made.name}
    text = made.read_text("utf-8")
    assert "a line of data" in text
    assert text.count("data:image/png") == 2


def test_models_weights_and_logs(R, name):
    model = (
        rk.keras_model_sequential(input_shape=2)
        >> rk.layer_dense(1)
        >> rk.compile("sgd", loss="mean_squared_error")
    )
    for ending in (".keras", ".h5"):
        model >> rk.save_model(f"{name}{ending}")
        again = rk.load_model(f"{name}{ending}")
        assert np.array_equal(again.get_weights()[0], model.get_weights()[0])
    model >> rk.save_model_weights(f"{name}.weights.h5")
    model >> rk.load_model_weights(f"{name}.weights.h5")
    model >> rk.save_model_config(f"{name}.json")
    assert rk.load_model_config(f"{name}.json").count_params() == 3
    R["stem"], R["model"] = str(Path(f"{name}-R").resolve()), model
    R.run("""
        library(keras3)
        file <- function(ending) paste0(stem, ending)
        for (ending in c(".keras", ".h5")) {
          save_model(model, file(ending))
          stopifnot(count_params(load_model(file(ending))) == 3)
        }
        save_model_weights(model, file(".weights.h5"))
        load_model_weights(model, file(".weights.h5"))
        save_model_config(model, file(".json"))
        stopifnot(count_params(load_model_config(file(".json"))) == 3)
        keras::save_model_weights_hdf5(model, file("-old"))
        keras::load_model_weights_hdf5(model, file("-old"))
        fit(model, matrix(0, 4, 2), numeric(4), verbose = 0,
            callbacks = list(callback_csv_logger(file(".csv"))))
        rm(file)
    """)
    endings = (".keras", ".h5", ".weights.h5", ".json", "-old", ".csv")
    assert {f"{name}-R{ending}" for ending in endings} <= set(os.listdir())


def test_runs_and_experiments(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in NAMES.values():
        with rk.tracked_run(name, experiment=name, params={"what": name}) as run:
            model = (
                rk.keras_model_sequential(input_shape=2)
                >> rk.layer_dense(1)
                >> rk.compile("sgd", loss="mean_squared_error")
            )
            model >> rk.fit(np.zeros((4, 2)), np.zeros(4), verbose=0)
        stored = rk.stored_run(run.run_id)
        assert (stored.name, stored.params["what"]) == (name, name)
        assert rk.load_tracked_model(run.run_id).count_params() == 3
    assert list(tmp_path.rglob("owned")) == []


@pytest.mark.parametrize("ending", [".R", ".py"])
def test_files_of_a_cross_check(ending, tmp_path, monkeypatch):
    """One name for all: each side is a process."""
    monkeypatch.chdir(tmp_path)
    name = NAMES["shell"] + NAMES["quotes"] + NAMES["newline"] + NAMES["formats"]
    file = Path(name + ending)
    code = {
        ".R": "library(keras3); observe('seen', 7L)",
        ".py": "from rkeras_port import observe\nobserve('seen', 7)",
    }
    file.write_text(code[ending])
    side = run_side(file)
    assert list(tmp_path.iterdir()) == [tmp_path / file]
    assert side.failure is None
    assert [one.name for one in side.observations] == ["seen"]


def test_a_program_with_the_name_of_an_option_is_launched(tmp_path, monkeypatch, capfd):
    monkeypatch.chdir(tmp_path)
    program = Path("-cprint('owned')#.py")
    program.write_text("print('launched')\n")
    launch.launch(program, processes=1)
    said = capfd.readouterr().out
    assert "launched" in said
    assert "owned" not in said


def test_where_mlflow_makes_no_store_it_is_said_why(tmp_path, monkeypatch):
    folder = tmp_path / NAMES["quotes"]
    folder.mkdir()
    monkeypatch.chdir(folder)
    with pytest.raises(rk.StateError, match="of both kinds"), rk.tracked_run("x"):
        pass
