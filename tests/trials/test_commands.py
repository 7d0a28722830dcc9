"""The subcommands: experiment, reproduce, predict, sync, on few reviews."""

import numpy as np
import pytest
from typer.testing import CliRunner

from rkeras_port.cli import app
from rkeras_port.datasets import Dataset, Part
from rkeras_port.demo import steps
from rkeras_port.trials.imdb import Settings, rows


@pytest.fixture(scope="module")
def few_reviews():
    """Reviews in which word 10 stands for praise and word 20 for blame."""
    rng = np.random.default_rng(1)

    def part(n):
        y = np.arange(n) % 2
        x = np.empty(n, dtype=object)
        x[:] = [[1, *rng.integers(30, 60, 5).tolist(), 10 if one else 20] for one in y]
        return Part(x, y)

    return Dataset(part(400), part(100), "made up")


@pytest.fixture(scope="module")
def folder(tmp_path_factory, few_reviews):
    """A folder in which experiments were made, and what was printed."""
    place = tmp_path_factory.mktemp("cli")
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(place)
        patch.setattr(steps, "load", lambda data: (few_reviews, "made up"))
        done = CliRunner().invoke(
            app, ["experiment", "--epochs", "30", "--batch-size", "32", "--units", "4"]
        )
    assert done.exit_code == 0, done.output
    return place, done


@pytest.fixture
def rkeras(folder, few_reviews, monkeypatch):
    place, _ = folder
    monkeypatch.chdir(place)
    monkeypatch.setattr(steps, "load", lambda data: (few_reviews, "made up"))
    index = {"praise": 7, "blame": 17, "rare": 20_000}
    monkeypatch.setattr(steps, "word_index", lambda data: index)
    return lambda *arguments: CliRunner().invoke(app, arguments)


@pytest.fixture
def runs(folder):
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{folder[0]}/mlflow.db")
    (experiment,) = client.search_experiments(filter_string="name = 'imdb'")
    found = client.search_runs([experiment.experiment_id])
    return {run.data.params["units"].split(",")[0]: run.info.run_id for run in found}


def test_the_baseline_and_the_variation_are_compared(folder, runs):
    output = folder[1].stdout
    assert set(runs) == {"16", "4"}
    for run_id in runs.values():
        assert run_id[:8] in output
    for column in ("hidden_layers", "val_loss", "overfits_from", "test_accuracy"):
        assert column in output


def test_what_was_trained_is_not_trained_again(rkeras, runs):
    again = rkeras("experiment", "--epochs", "30", "--batch-size", "32", "--units", "4")
    assert "2 of 2 experiments had been trained before" in again.stderr


def test_reproduce(rkeras, runs):
    done = rkeras("reproduce", runs["4"][:8])
    assert done.exit_code == 0, done.output
    # Four figures for each of 30 epochs, and two for the test.
    assert "122 figures" in done.stdout
    assert "They agree." in done.stdout


def test_reproduce_tells_figures_that_do_not_agree(rkeras, runs, folder):
    import mlflow

    client = mlflow.MlflowClient(f"sqlite:///{folder[0]}/mlflow.db")
    client.log_metric(runs["16"], "test_loss", 9.5, step=0)
    done = rkeras("reproduce", runs["16"])
    assert done.exit_code == 1
    assert "test loss" in done.stdout
    assert "do not agree" in done.stdout


def test_predict_takes_text_as_it_is_typed(rkeras, runs):
    done = rkeras(
        "predict", "--run", runs["16"],
        "--review", "PRAISE!!!", "--review", "blame... rare, zzz",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    praise, blame = done.stdout.strip().splitlines()[-2:]
    assert "positive" in praise
    assert "0 of 1" in praise
    assert "negative" in blame
    assert "2 of 3" in blame


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["predict", "--run", "nosuch", "--review", "x"], "names no run"),
        (["predict", "--run", "x", "--review", "!!"], "must have words"),
        (["reproduce", "nosuch"], "names no run"),
        (["ui", "--tracking-uri", "no.db", "--no-browser"], "does not exist"),
        (["sync", "--store", "no.db"], "does not exist"),
    ],
)
def test_what_is_not_there_is_one_line(rkeras, runs, arguments, said):
    done = rkeras(*arguments)
    assert done.exit_code == 1
    assert said in done.stderr
    assert done.stderr.count("\n") == 1


def test_nothing_to_sync(rkeras, runs):
    assert "nothing to copy" in rkeras("sync").stdout


def test_which_experiments():
    assert len(rows({}, Settings())) == 7
    given = {"hidden_layers": [1, 2], "loss": ["mse", "binary_crossentropy"]}
    # The baseline is one of the four combinations.
    assert len(rows(given, Settings())) == 4
