"""The two R Markdown documents of the workflow as they stand, on bundled reviews."""

from __future__ import annotations

import html
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rkeras_port import coverage
from rkeras_port.r import Session

ROOT = Path(__file__).parents[2]
DOCUMENTS = {
    "prepare": ROOT / "R" / "00-data-preparation-imdb.Rmd",
    "classify": ROOT / "R" / "01-binary-classification-imdb.Rmd",
}

RENDER = """
import resource, sys
from pathlib import Path
from rkeras_port.r import documents, session
session().run('options(rkeras.imdb = "bundled")')
for file in sys.argv[2:]:
    documents.run(Path(file), Path(sys.argv[1]))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The HTML of both, made by one process, which takes the memory with it."""
    folder = tmp_path_factory.mktemp("html")
    done = subprocess.run(
        [sys.executable, "-c", RENDER, str(folder), *map(str, DOCUMENTS.values())],
        capture_output=True,
        text=True,
        timeout=600,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    pages = {
        name: (folder / f"{file.stem}.html").read_text("utf-8")
        for name, file in DOCUMENTS.items()
    }
    return pages | {"peak": done.stdout.split()[-1]}


def text_of(page: str) -> str:
    body = page[page.index("<body") :]
    return html.unescape(re.sub(r"<[^>]+>", "", body))


def test_preparation(rendered: dict[str, str]) -> None:
    page = rendered["prepare"]
    assert page.count('<img src="data:image/png;base64,') == 1
    text = text_of(page)
    assert "There are 20000 reviews to learn from and 5000 others" in text
    assert "## [1] 20000 10000" in text
    assert text.count("## [1] 10000 10000") == 2
    assert "## <start> " in text
    mean = re.search(r"mean\(x_train\[1:1000, \]\)\n## \[1\] (\S+)", text)
    assert mean is not None
    assert 0.01 < float(mean[1]) < 0.02


def test_network_has_the_parameters_that_the_text_counts(
    rendered: dict[str, str],
) -> None:
    text = text_of(rendered["classify"])
    for count in ("160,016", "272", "17", "Total params: 160,305"):
        assert count in text
    assert "(10000 + 1) = 160,016 parameters" in re.sub(r"\s+", " ", text)


def test_history_shows_the_overfitting_that_the_text_tells_of(
    rendered: dict[str, str],
) -> None:
    page = rendered["classify"]
    assert page.count('<img src="data:image/png;base64,') == 1
    text = text_of(page)
    rows = re.findall(r"^## \d+ +(\d+) (0\.\d+)$", text, re.M)
    losses = {int(epoch): float(loss) for epoch, loss in rows}
    assert sorted(losses) == list(range(1, 21))
    best = min(losses, key=losses.__getitem__)
    assert 2 <= best <= 6
    assert losses[20] > 1.3 * losses[best]
    assert f"In epoch {best} it is at its lowest" in re.sub(r"\s+", " ", text)


def test_accuracy_on_the_test_reviews(rendered: dict[str, str]) -> None:
    found = re.search(
        r"^## +loss +accuracy *\n## +(\S+) +(\S+)", text_of(rendered["classify"]), re.M
    )
    assert found is not None
    assert float(found[1]) < 0.35
    assert float(found[2]) > 0.86


def test_predictions(rendered: dict[str, str]) -> None:
    text = text_of(rendered["classify"])
    rows = re.findall(r"^## +\[ ?(\d+),\] (\S+)$", text, re.M)
    assert [int(row) for row, _ in rows] == [*range(1, 11), 1, 2]
    values = [float(value) for _, value in rows]
    assert all(0 <= value <= 1 for value in values)
    *_, praise, blame = values
    assert praise > 0.6 > 0.4 > blame


def test_experiments_and_saving(rendered: dict[str, str]) -> None:
    text = text_of(rendered["classify"])
    rows = re.findall(
        r"^## (as above|32 units|64 units|tanh|dropout) +([1-8]) +(\S+) +(\S+)$",
        text,
        re.M,
    )
    assert len(rows) == 5
    assert all(float(accuracy) > 0.85 for *_, accuracy in rows)
    assert "## [1] TRUE" in text.rpartition("Saving and loading")[2]


def test_peak_memory(rendered: dict[str, str]) -> None:
    # R's own matrices are 4 GB: all rows, and the parts held out and not.
    assert int(rendered["peak"]) * 1024 < 5.8e9


CALLS = """
function(file) {
  code <- tempfile(); on.exit(unlink(code))
  knitr::purl(file, code, quiet = TRUE)
  found <- list()
  walk <- function(expr) {
    if (is.call(expr)) {
      name <- paste(deparse(expr[[1L]]), collapse = "")
      names <- names(expr)[-1L]
      found[[length(found) + 1L]] <<- list(name, as.list(names[nzchar(names)]))
    }
    if (is.call(expr) || is.expression(expr)) {
      for (part in as.list(expr)) if (!missing(part)) walk(part)
    }
  }
  walk(parse(code))
  base <- unlist(lapply(c("base", "stats", "utils", "graphics"), getNamespaceExports))
  unlink(code)
  Filter(function(call) !call[[1L]] %in% c(base, "predict", "compile"), found)
}
"""


@pytest.mark.parametrize("name", DOCUMENTS)
def test_calls_are_those_of_the_r_package(name: str, R: Session) -> None:
    formals = coverage.legacy_formals(only_legacy=False)
    own = {"vectorize_sequences", "decode", "encode", "network", "function"}
    elsewhere = {"tensorflow::set_random_seed"}
    calls = [c for c in R.eval(CALLS)(str(DOCUMENTS[name])) if c[0] not in own]
    assert {called for called, _ in calls} - elsewhere <= set(formals)
    for called, arguments in calls:
        if called in formals:
            known = R.eval(f"as.list(names(formals(function({formals[called]}) NULL)))")
            assert "..." in known or set(arguments) <= set(known), called
