"""The README: its Python runs, its answers are given, its pictures are there."""

import contextlib
import functools
import math
import re
from pathlib import Path

import numpy as np
import pytest
from document_examples import code_of

import rkeras_port as rk

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text(encoding="utf-8")

# The blocks of Python: the workflow, R code, a test of both languages, three ways to
# call, sparse input.
WORKFLOW, R_CODE, TWINS, CALLS, SPARSE = code_of(README, "python")


def test_a_model_made_in_r_is_the_one_in_python():
    namespace = {}
    exec(R_CODE, namespace)
    assert type(namespace["model"]).__name__ == "Sequential"
    assert namespace["model"].count_params() == 10


def test_the_test_of_both_languages_passes_and_can_fail(crosscheck):
    def scaled(values, ddof=1):
        return (values - np.mean(values)) / np.std(values, ddof=ddof)

    namespace = {"scaled": scaled}
    exec(TWINS, namespace)
    namespace["test_scaling"](crosscheck)
    namespace["scaled"] = functools.partial(scaled, ddof=0)
    with pytest.raises(AssertionError):
        namespace["test_scaling"](crosscheck)


# The workflow -------------------------------------------------------------------------


@pytest.fixture(scope="module")
def ran():
    """What the README's Python leaves, on the bundled reviews and with 4 epochs."""
    bundled = functools.partial(rk.dataset_imdb, source="bundled")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(rk, "dataset_imdb", bundled)
        namespace = {}
        exec(WORKFLOW.replace("epochs=20", "epochs=4"), namespace)
    return namespace


def test_the_workflow_is_at_most_15_lines_and_so_is_rs():
    (r,) = code_of(README, "r")
    for code in (WORKFLOW, r):
        assert 14 <= sum(bool(line.strip()) for line in code.splitlines()) <= 15


def test_the_workflow_trains_the_network_that_it_shows(ran):
    assert "epochs=20" in WORKFLOW
    assert ran["model"].count_params() == 160_305
    assert ran["history"].params["epochs"] == 4
    # 10,000 of 20,000 reviews, in batches of 512.
    assert ran["history"].params["steps"] == 20
    assert ran["history"].metrics["val_accuracy"][-1] > 0.85


def test_the_ways_to_call_give_the_same(ran):
    lines = CALLS.splitlines()
    assert len(lines) == 3
    results = [eval(line, ran) for line in lines]
    assert results[0] == results[1] == results[2]
    assert results[0]["accuracy"] > 0.85


def test_the_sparse_examples_say_where_the_columns_are(ran):
    lines = SPARSE.splitlines()
    assert len(lines) == 3
    by_default, dense, as_in_r = (eval(line.partition("=")[2], ran) for line in lines)
    words = ran["imdb"].train.x[0]
    assert set(np.flatnonzero(dense[0])) == set(words)
    assert set(by_default[0].indices) == set(words)
    assert set(as_in_r[0].indices) == {word - 1 for word in words}


# The rest of the text -----------------------------------------------------------------


def test_it_opens_with_the_two_commands():
    first_block = README.split("```")[1]
    commands = [line.partition("#")[0].strip() for line in first_block.splitlines()[1:]]
    assert commands == ["make demo", "make test"]


@pytest.mark.parametrize("target", re.findall(r"\]\(([^)]*)\)", README))
def test_what_it_links_to_is_there(target):
    assert (ROOT / target).stat().st_size < 200_000


def test_the_extras_it_names_are_those_of_the_package():
    import tomllib

    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    named = set(re.findall(r'pip install "\.\[(\w+)\]"', README))
    # These two are for those who work on the package.
    assert named == set(project["optional-dependencies"]) - {"dev", "docs"}


def test_the_pipe_binds_as_the_table_says():
    root = rk.Step("root", math.sqrt, "a number", "")
    assert 4 + 5 >> root == 3
    assert 4 * 4 >> root == 4
    two = 2
    assert two == 4 >> root
    assert (4 if True else 16 >> root) == 4


# What bad input gets ------------------------------------------------------------------

X = np.eye(10, 4, dtype="float32")
Y = np.arange(10) % 2


def network():
    return rk.keras_model_sequential(
        input_shape=4, name="sequential"
    ) >> rk.layer_dense(1, activation="sigmoid")


def fit_with(x, y):
    model = network() >> rk.compile("rmsprop", loss="binary_crossentropy")
    model >> rk.fit(x, y, verbose=0)


def with_nan():
    x = X.copy()
    x[2, 3] = np.nan
    return x


def save_twice():
    for _ in range(2):
        network() >> rk.save_model("model.keras")


def load_nonsense():
    Path("nonsense.keras").write_text("no")
    rk.load_model("nonsense.keras")


BAD = {
    "labels 1 and 2 for one sigmoid unit": lambda: fit_with(X, Y + 1),
    "NaN in x": lambda: fit_with(with_nan(), Y),
    "x and y of different lengths": lambda: fit_with(X, Y[:9]),
    '`loss="binary_crossentropi"`': lambda: (
        network() >> rk.compile("rmsprop", loss="binary_crossentropi")
    ),
    '`compile(optimzer="adam")`': lambda: rk.compile(optimzer="adam"),
    "`fit` before `compile`": lambda: network() >> rk.fit(X, Y),
    "`None >> fit(x, y)`": lambda: None >> rk.fit(X, Y),
    "a word index outside the matrix": lambda: rk.vectorize_sequences([[1, 10000]]),
    "an existing file": save_twice,
    "a damaged or hostile file": load_nonsense,
}


def rows_of_the_table():
    table = README.partition("## What bad input gets")[2]
    return re.findall(r"^\| (.*?) \| (.*) \|$", table, re.M)[1:]


def test_each_row_of_the_table_is_tried():
    assert [written for written, _ in rows_of_the_table()] == list(BAD)


@pytest.mark.parametrize(
    ("written", "answer"),
    [pytest.param(*row, id=row[0]) for row in rows_of_the_table()],
)
def test_bad_input_gets_the_answer_in_the_table(written, answer, tmp_path):
    quoted = re.match(r"(`+)(.*?)\1(?!`)", answer)[2]
    with contextlib.chdir(tmp_path), pytest.raises(rk.RKerasError) as caught:
        BAD[written]()
    message = str(caught.value)
    position = 0
    for fragment in quoted.split("…"):
        position = message.find(fragment.strip(), position)
        assert position >= 0, (fragment, message)
