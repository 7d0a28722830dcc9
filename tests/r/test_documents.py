"""Scripts as Rscript runs them, documents as rmarkdown renders them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rkeras_port.errors import ArgumentError, MissingDependencyError
from rkeras_port.r import RError, Session, documents


@pytest.fixture(autouse=True)
def _in_its_own_folder(
    R: Session,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> Iterator[None]:
    monkeypatch.chdir(tmp_path)
    R.eval("old_folder <- getwd()")
    R.eval(f"setwd({str(tmp_path)!r})")
    yield
    R.eval("setwd(old_folder)")


def written(name: str, text: str) -> Path:
    file = Path(name)
    file.write_text(text, encoding="utf-8")
    return file


def files() -> set[str]:
    return {str(path) for path in Path().rglob("*") if path.is_file()}


def rkeras(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", "from rkeras_port.cli import app; app()", *args],
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


# Scripts ------------------------------------------------------------------------


def test_script_prints_what_rscript_prints(capsys: pytest.CaptureFixture[str]) -> None:
    script = written(
        "a.R",
        'x <- 1:3\nx\ninvisible(x)\nprint("é")\nf <- function() warning("w")\n'
        'f()\nmessage("m")\nNULL\nfor (i in 1) i\n',
    )
    assert documents.run(script) is None
    out, err = capsys.readouterr()
    assert out == '[1] 1 2 3\n[1] "é"\nNULL\n'
    assert err == "Warning message:\nIn f() :\n  w\nm\n"
    assert files() == {"a.R"}


@pytest.mark.parametrize(
    "guard",
    [
        "!interactive()",
        "sys.nframe() == 0L",
        "identical(environment(), globalenv())",
    ],
)
def test_script_knows_that_it_is_the_main_program(
    guard: str, capsys: pytest.CaptureFixture[str]
) -> None:
    documents.run(written("a.R", f'if ({guard}) cat("main")\n'))
    assert capsys.readouterr().out == "main"


@pytest.mark.parametrize("out", [None, Path("made", "here")])
def test_plots_of_a_script_are_complete(out: Path | None) -> None:
    script = written("a.R", "plot(1:3)\nhist(c(1, 2, 2))\n")
    documents.run(script, out)
    plots = Path(out or ".", "Rplots.pdf")
    assert files() == {"a.R", str(plots)}
    content = plots.read_bytes()
    assert content.startswith(b"%PDF")
    assert content.rstrip().endswith(b"%%EOF")
    assert content.count(b"/Type /Page ") == 2


def test_plots_go_where_they_went_before_after_a_script(R: Session) -> None:
    before = R.eval("deparse(getOption('device'))")
    documents.run(written("a.R", "plot(1)"), Path("one"))
    assert R.eval("deparse(getOption('device'))") == before
    assert R.eval("is.null(dev.list())")


def test_a_device_that_the_script_opens_is_its_own(R: Session) -> None:
    documents.run(written("a.R", 'png("mine.png")\nplot(1)\n'))
    assert files() == {"a.R", "mine.png"}
    assert Path("mine.png").read_bytes().startswith(b"\x89PNG")


def test_script_gets_arguments(R: Session, capsys: pytest.CaptureFixture[str]) -> None:
    script = written("a.R", "commandArgs(TRUE)\ncommandArgs()\n")
    before = R.eval("commandArgs()")
    documents.run(script, args=["one", "--two=3"])
    assert capsys.readouterr().out == (
        '[1] "one"     "--two=3"\n'
        '[1] "R"          "--file=a.R" "--args"     "one"        "--two=3"   \n'
    )
    documents.run(script)
    assert capsys.readouterr().out.startswith("character(0)\n")
    assert R.eval("commandArgs()") == before


def test_error_ends_a_script_and_says_where(capsys: pytest.CaptureFixture[str]) -> None:
    script = written(
        "a.R",
        'cat("before")\nplot(1)\nf <- function(x) {\n  stop("bad x")\n}\n\nf(2)\n'
        'cat("after")\n',
    )
    with pytest.raises(
        RError, match=r"^Error in f\(2\): bad x \(a\.R, line 4, called from line 7\)$"
    ):
        documents.run(script)
    assert capsys.readouterr().out == "before"
    assert Path("Rplots.pdf").read_bytes().rstrip().endswith(b"%%EOF")


def test_syntax_error_shows_the_line_before_anything_runs(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(RError, match=r"a\.R:2:9: unexpected '\*'\n1: .*\n2: y <- x \+"):
        documents.run(written("a.R", 'cat("no")\ny <- x +* 2\n'))
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("code", "status", "message"),
    [
        ("cat('fine')", 0, ""),
        ("stop('no')", 1, "no (a.R, line 1)\n"),
        ("cat('bye'); quit(status = 3)", 3, ""),
        ("q('no')", 0, ""),
    ],
)
def test_exit_status(code: str, status: int, message: str) -> None:
    written("a.R", code)
    done = rkeras("run", "a.R")
    assert (done.returncode, done.stderr) == (status, message)


def test_command_passes_its_arguments_on() -> None:
    written("a.R", "cat(commandArgs(TRUE)); plot(1)")
    done = rkeras("run", "a.R", "--out", "there", "--", "--epochs=3", "x")
    assert (done.returncode, done.stdout, done.stderr) == (0, "--epochs=3 x", "")
    assert files() == {"a.R", "there/Rplots.pdf"}


def test_command_shows_the_traceback_only_if_asked() -> None:
    written("a.R", "stop('no')")
    assert "Traceback" not in rkeras("run", "a.R").stderr
    assert "Traceback" in rkeras("--debug", "run", "a.R").stderr


@pytest.mark.parametrize(
    ("file", "out", "args", "problem"),
    [
        ("a.txt", None, [], "`file` must be an R script or document"),
        ("none.R", None, [], "`file` does not exist. Received: none.R"),
        ("none.Rmd", None, [], "`file` does not exist"),
        ("a.R", Path("a.R"), [], "`out` must be a folder"),
        ("a.Rmd", None, ["x"], "`args` are for scripts"),
    ],
)
def test_what_cannot_be_run(
    file: str, out: Path | None, args: list[str], problem: str
) -> None:
    for name in ("a.R", "a.txt", "a.Rmd"):
        written(name, "")
    with pytest.raises(ArgumentError, match=problem):
        documents.run(Path(file), out, args)


# Documents ----------------------------------------------------------------------

DOCUMENT = """\
---
title: "A title"
---

Two is `r 1 + 1`.

```{r numbers}
x <- c(2, 4)
x
warning("careful")
```

```{r picture, fig.width = 4}
plot(x)
```
"""


def test_document_becomes_one_html_file() -> None:
    html = documents.run(written("doc.Rmd", DOCUMENT))
    assert html == Path("doc.html")
    assert files() == {"doc.Rmd", "doc.html"}
    text = html.read_text("utf-8")
    assert "<title>A title</title>" in text
    assert "Two is 2." in text
    assert "## [1] 2 4" in text
    assert "## Warning: careful" in text
    assert text.count('<img src="data:image/png;base64,') == 1
    assert 'src="doc_files' not in text


def test_html_goes_to_the_folder_asked_for() -> None:
    Path("sub").mkdir()
    written("sub/data.csv", "a\n7\n")
    written("sub/doc.Rmd", '```{r}\nread.csv("data.csv")$a + 1\n```\n')
    html = documents.run(Path("sub/doc.Rmd"), Path("made"))
    assert html == Path("made/doc.html")
    assert "## [1] 8" in html.read_text("utf-8")
    assert files() == {"sub/data.csv", "sub/doc.Rmd", "made/doc.html"}


@pytest.mark.parametrize("output", ["pdf_document", "html_vignette", "word_document"])
def test_output_is_html_whatever_the_header_says(output: str) -> None:
    header = f"---\ntitle: t\noutput: rmarkdown::{output}\n---\n"
    html = documents.run(written("doc.Rmd", header + "\nText `r 6 * 7`.\n"))
    assert html is not None
    assert "Text 42." in html.read_text("utf-8")


def test_options_of_an_html_header_count() -> None:
    header = "---\ntitle: t\noutput:\n  html_document:\n    toc: true\n---\n"
    html = documents.run(written("doc.Rmd", header + "\n# A heading\n"))
    assert html is not None
    assert 'id="TOC"' in html.read_text("utf-8")


def test_document_starts_from_nothing_and_leaves_nothing(R: Session) -> None:
    R.run("mine <- 1; .hidden <- 2; x <- 'kept'")
    html = documents.run(
        written("doc.Rmd", "```{r}\nls(all.names = TRUE)\nx <- 3\nits_own <- 4\n```\n")
    )
    assert html is not None
    assert "## character(0)" in html.read_text("utf-8")
    assert R.eval("c(mine, .hidden)") == [1, 2]
    assert R["x"] == "kept"
    assert not R.eval("exists('its_own')")


def test_methods_of_a_document_print_its_objects() -> None:
    code = (
        'print.thing <- function(x, ...) cat("a thing\\n")\nstructure(1, class="thing")'
    )
    html = documents.run(written("doc.Rmd", f"```{{r}}\n{code}\n```\n"))
    assert html is not None
    assert "## a thing" in html.read_text("utf-8")


def test_python_prints_into_the_document() -> None:
    html = documents.run(
        written(
            "doc.Rmd",
            "```{r}\nlibrary(reticulate)\npy_run_string('print(6 * 7)')\n```\n",
        )
    )
    assert html is not None
    assert "## 42" in html.read_text("utf-8")


FAILING = """\
Text

```{{r first}}
x <- 1
```

```{{r{header}}}
y <- 2
# a comment

f <- function() {{
  stop("no such thing")
}}; y
{call}
z <- 3
```
"""


@pytest.mark.parametrize(
    ("header", "call", "message"),
    [
        (
            " train",
            "f()",
            r"Error in f\(\): no such thing \(doc.Rmd, chunk 'train', 14",
        ),
        (" train, echo=FALSE", "stop('x')", r"^x \(doc.Rmd, chunk 'train', 14"),
        ("", "stop('x')", r"^x \(doc.Rmd, chunk 'unnamed-chunk-1', 14"),
        (" syntax", "y +* 2", r"7:4: unexpected '\*'[^(]*\(doc.Rmd, chunk 'syntax', "),
    ],
)
def test_error_names_the_chunk_and_the_line(
    header: str, call: str, message: str
) -> None:
    document = written("doc.Rmd", FAILING.format(header=header, call=call))
    with pytest.raises(RError, match=message.replace(" 14", " line 14\\)$")):
        documents.run(document)
    assert files() == {"doc.Rmd"}


def test_error_in_the_text_names_the_line() -> None:
    document = written("doc.Rmd", "```{r}\n1\n```\n\nA number: `r stop('inline')`.\n")
    with pytest.raises(RError, match=r"^inline \(doc\.Rmd, line \d(-\d)?\)$"):
        documents.run(document)


def test_error_leaves_the_html_of_before() -> None:
    document = written("doc.Rmd", DOCUMENT)
    html = documents.run(document)
    assert html is not None
    before = html.read_bytes()
    document.write_text(DOCUMENT + "\n```{r}\nstop('x')\n```\n")
    with pytest.raises(RError):
        documents.run(document)
    assert html.read_bytes() == before
    assert files() == {"doc.Rmd", "doc.html"}


def test_error_that_the_document_wants_to_show_is_none() -> None:
    html = documents.run(
        written("doc.Rmd", "```{r, error = TRUE}\nstop('shown')\n```\n\nEnd.\n")
    )
    assert html is not None
    text = html.read_text("utf-8")
    assert "## Error in eval(expr, envir, enclos): shown" in text
    assert "End." in text


def test_error_of_python_names_the_chunk() -> None:
    document = written(
        "doc.Rmd", "```{r py}\nlibrary(reticulate)\npy_eval('1 / 0')\n```\n"
    )
    with pytest.raises(
        RError, match=r"ZeroDivisionError.*chunk 'py', line 3"
    ) as caught:
        documents.run(document)
    assert isinstance(caught.value.__cause__, ZeroDivisionError)


def test_without_pandoc_there_is_markdown_and_a_remedy(R: Session) -> None:
    document = written("doc.Rmd", DOCUMENT)
    look = "rmarkdown::find_pandoc(cache = FALSE)"
    R.run(f"path <- Sys.getenv('PATH'); Sys.setenv(PATH = '/nowhere'); x <- {look}")
    try:
        with pytest.raises(MissingDependencyError, match=r"Wrote doc\.md.*pandoc"):
            documents.run(document)
    finally:
        R.run(f"Sys.setenv(PATH = path); x <- {look}")
    assert files() == {"doc.Rmd", "doc.md", "doc_files/picture-1.png"}
    text = Path("doc.md").read_text("utf-8")
    assert "Two is 2." in text
    assert "](doc_files/picture-1.png)" in text


def test_command_says_what_it_made() -> None:
    written("doc.Rmd", "---\ntitle: t\n---\n\nText.\n")
    done = rkeras("run", "doc.Rmd")
    assert (done.returncode, done.stdout, done.stderr) == (0, "doc.html\n", "")


def test_command_fails_with_the_document() -> None:
    written("doc.Rmd", "```{r bad}\nstop('no')\n```\n")
    done = rkeras("run", "doc.Rmd", "--out", "made")
    assert done.returncode == 1
    assert done.stderr == "no (doc.Rmd, chunk 'bad', line 2)\n"
    assert files() == {"doc.Rmd"}
