"""Run folders: written while training, in tfruns' layout, and read back."""

import json
import tarfile
from pathlib import Path

import pytest

import rkeras_port as rk
from rkeras_port import tfruns
from rkeras_port.errors import ArgumentError


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    import numpy as np

    folder = tmp_path_factory.mktemp("work")
    script = folder / "train.R"
    script.write_text("1 + 1\n")
    x = np.eye(10, dtype="float32")
    path = tfruns.unique_run_dir(folder / "runs")
    active = tfruns.begin(path, str(script), properties={"note": "first"})
    active.write("flags", {"units": 2, "rate": 0.5})
    model = (
        rk.keras_model_sequential(input_shape=10)
        >> rk.layer_dense(1, activation="sigmoid")
        >> rk.compile("sgd", "mse", metrics="accuracy")
    )
    history = model >> rk.fit(
        x, x[:, 0], epochs=2, batch_size=4, validation_split=0.3, verbose=0
    )
    results = model >> rk.evaluate(x, x[:, 0])
    active.finish()
    return Path(path), history, results


def test_the_files_that_tfruns_reads(run):
    path, history, results = run
    meta = path / "tfruns.d"
    assert json.loads((meta / "metrics.json").read_text()) == history.metrics
    assert json.loads((meta / "evaluation.json").read_text()) == dict(results)
    assert json.loads((meta / "flags.json").read_text()) == {"units": 2, "rate": 0.5}
    with tarfile.open(meta / "source.tar.gz") as packed:
        assert packed.extractfile("source/train.R").read() == b"1 + 1\n"
    text = {file.name: file.read_text() for file in (meta / "properties").iterdir()}
    # tfruns needs these two to list a run.
    assert float(text["start"]) <= float(text["end"])
    assert text["completed"] == "TRUE\n"
    assert text["samples"] == "7\n"
    assert text["validation_samples"] == "3\n"
    assert text["note"] == "first\n"


def test_info_and_table(run):
    path, history, results = run
    info = tfruns.run_info(path)
    assert (info["epochs_completed"], info["batch_size"]) == (2, 4)
    (row,) = tfruns.ls_runs(path.parent).to_dict("records")
    assert row["metric_val_loss"] == history.metrics["val_loss"][-1]
    assert row["eval_accuracy"] == results["accuracy"]
    assert row["flag_units"] == 2
    assert tfruns.ls_runs(path / "none").empty


def test_the_page_escapes_what_it_shows(run, tmp_path):
    other = tmp_path / "2020-01-01T00-00-00Z"
    failed = tfruns.begin(other, properties={"note": "<script>alert(1)</script>"})
    failed.finish("it <b>broke</b>")
    page = tfruns.view([str(run[0]), str(other)], str(tmp_path / "page.html"))
    text = Path(page).read_text()
    assert "<script>" not in text
    assert "it &lt;b&gt;broke" in text
    assert text.count("<section>") == 2
    assert "data:image/png;base64," in text


def test_copy_archive_and_purge(run, tmp_path):
    runs = tmp_path / "runs"
    runs.mkdir()
    copy = tfruns.copy_run(str(run[0]), str(runs), "mine")
    with pytest.raises(ArgumentError, match="has something of that name"):
        tfruns.copy_run(str(run[0]), str(runs), "mine")
    assert tfruns.run_dirs(runs) == [copy]
    tfruns.archive_runs([copy])
    assert tfruns.run_dirs(runs) == []
    assert tfruns.purge_runs(str(runs)) == 1
    assert run[0].is_dir()


def test_folders_that_are_no_runs_or_damaged(tmp_path):
    with pytest.raises(ArgumentError, match="is no run folder"):
        tfruns.run_info(tmp_path)
    (tmp_path / "tfruns.d").mkdir()
    (tmp_path / "tfruns.d" / "flags.json").write_text("{")
    with pytest.raises(ArgumentError, match="damaged flags.json"):
        tfruns.run_info(tmp_path)


def test_names_are_unique(tmp_path):
    made = {tfruns.unique_run_dir(tmp_path) for _ in range(2)}
    assert len(made) == 2
