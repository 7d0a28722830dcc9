"""The magics of notebooks: cells of R, shared names, plots, errors."""

from __future__ import annotations

import sys
from base64 import b64decode
from collections.abc import Callable, Iterator
from typing import Any

import nbclient
import nbformat
import numpy as np
import pytest
from IPython.core.error import UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import CapturedIO, capture_output

from rkeras_port.r import RError, Session

Cells = Callable[..., Any]


@pytest.fixture(scope="module")
def shell(R: Session) -> Iterator[InteractiveShell]:
    main = sys.modules["__main__"]
    shell = InteractiveShell.instance()
    shell.run_line_magic("load_ext", "rkeras_port.r")
    yield shell
    InteractiveShell.clear_instance()
    sys.modules["__main__"] = main  # IPython puts its own there


@pytest.fixture
def run(shell: InteractiveShell, R: Session) -> Iterator[Cells]:
    """Run cells one after the other and return the value of the last one."""
    R.eval("rm(list = ls(globalenv()), envir = globalenv())")
    shell.reset(new_session=False)

    def run(*cells: str) -> Any:
        for cell in cells:
            result = shell.run_cell(cell)
            result.raise_error()
        return result.result

    yield run
    shell.reset(new_session=False)


def captured(run: Cells, *cells: str) -> CapturedIO:
    with capture_output() as output:
        run(*cells)
    return output


# Shared names -------------------------------------------------------------------


def test_a_cell_of_r_uses_variables_of_python(run: Cells) -> None:
    run("n = 3", "m = __import__('numpy').arange(6.0).reshape(2, 3)")
    assert captured(run, "%%R\ndim(m) * n").stdout == "[1] 6 9\n"


def test_a_cell_of_python_uses_variables_of_r(run: Cells) -> None:
    value = run("%%R\nx <- matrix(1:6, 2)", "x")
    assert value.tolist() == [[1, 3, 5], [2, 4, 6]]


def test_the_last_assignment_counts(run: Cells) -> None:
    assert run("x = 1", "%%R\nx <- x + 1", "x") == 2
    assert run("x = 40", "%R x + 2") == 42
    assert run("x") == 40
    assert run("%%R\nx <- 'r'", "x = 'python'", "%R x") == "python"
    assert run("x = 'python'", "%%R\nx <- 'r'", "%%R\ny <- x", "(x, y)") == ("r", "r")


@pytest.mark.parametrize(
    "change",
    [
        "x[2] <- 7",
        "x[[2]] = 7",
        "7 -> x[2]",
        "f <- function() x[2] <<- 7; f()",
        "for (x in list(c(1, 7))) NULL",
        "assign('x', c(1, 7))",
        "c(x, y) %<-% list(c(1, 7), 2)",
        "local(x <- 1); x[2] <- 7",
        "eval(parse(text = 'x <- c(1, 7)'))",
    ],
)
def test_every_way_to_assign_in_r_is_seen(run: Cells, change: str) -> None:
    run("%R library(keras)", "%%R\nx <- c(1, 2)", "x")
    assert run(f"%%R\n{change}", "x") == [1, 7]


def test_what_r_only_reads_stays_the_object_that_it_was(run: Cells) -> None:
    assert run("x = (1, 2)", "before = x", "%%R\ny <- x", "x is before") is True


def test_python_objects_come_back_as_themselves(run: Cells) -> None:
    assert run("a = object()", "%%R\nb <- a", "a is b") is True


def test_a_name_used_before_r_assigned_it_is_known_at_once(run: Cells) -> None:
    assert run("%R y <- 3\nz = y + 1", "z") == 4


def test_names_inside_functions_and_timed_cells_are_fetched(run: Cells) -> None:
    run("%R x <- 5", "def f():\n    return x")
    assert run("f()") == 5
    assert run("%R x <- 6", "f()") == 6
    captured(run, "%R z <- 7", "%%time\ny = z")
    assert run("y") == 7


def test_r_functions_called_from_python_see_what_python_assigned(run: Cells) -> None:
    run("n = 2", "%R f <- function(a) a * n")
    assert run("f(3)") == 6
    assert run("n = 10", "f(3)") == 30


def test_names_of_r_packages_stay_rs_own(run: Cells) -> None:
    run("def sum(*_): return 'python'", "c = 1", "letters = 2")
    assert run("%R sum(c(1, 2))") == 3
    assert run("%R letters[1]") == "a"
    assert run("%R -i letters letters") == 2


def test_deleted_in_python_it_is_taken_from_r(run: Cells) -> None:
    assert run("%R x <- 1", "x", "del x", "x") == 1
    with pytest.raises(NameError), capture_output():
        run("nowhere")


def test_matrices_are_shared_and_not_copied(run: Cells) -> None:
    view = run("%R m <- matrix(0, 300, 200)", "m")
    assert isinstance(view, np.ndarray)
    assert not view.flags.owndata
    assert run("m is m") is True


def test_an_error_after_an_assignment_does_not_hide_it(run: Cells) -> None:
    with pytest.raises(RError), capture_output():
        run("%%R\nx <- 8\nstop('no')")
    assert run("x") == 8


# Options --------------------------------------------------------------------------


def test_output_is_assigned_at_once(run: Cells, shell: InteractiveShell) -> None:
    run("%%R -o x,y\nx <- 1\ny <- 'b'")
    assert (shell.user_ns["x"], shell.user_ns["y"]) == (1, "b")
    run("%R -o z z <- 3")
    assert shell.user_ns["z"] == 3


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("%R -i nowhere 1", "-i nowhere: Python has no variable of that name"),
        ("%R --what 3 1", "unrecognized arguments: --what 3"),
        ("%R -w wide 1", "-w/--width: invalid float value: 'wide'"),
        ("%R -u miles 1", "-u/--units: invalid choice"),
    ],
)
def test_wrong_options(run: Cells, line: str, problem: str) -> None:
    with pytest.raises(UsageError, match=problem), capture_output():
        run(line)


@pytest.mark.parametrize(
    ("code", "value"),
    [
        ("'a  b'", "a  b"),
        ("-1 + 3", 2),
        ("x <- 3", None),
        ("x <- 3; x - 1", 2),
        ("c(a = 1, b = 2)", [1, 2]),
        ("list(a = 1)", {"a": 1}),
        ("", None),
    ],
)
def test_value_of_a_line(run: Cells, code: str, value: object) -> None:
    assert run(f"%R {code}") == value


# Plots --------------------------------------------------------------------------


def sizes(output: CapturedIO) -> list[tuple[int, int]]:
    pictures = [b64decode(shown.data["image/png"]) for shown in output.outputs]
    assert all(picture.startswith(b"\x89PNG") for picture in pictures)
    return [
        (int.from_bytes(png[16:20], "big"), int.from_bytes(png[20:24], "big"))
        for png in pictures
    ]


def test_each_plot_is_shown(run: Cells) -> None:
    output = captured(run, "%%R\nplot(1:3)\nhist(c(1, 2))\nprint('text')")
    assert sizes(output) == [(700, 500)] * 2
    assert output.stdout == '[1] "text"\n'


@pytest.mark.parametrize(
    ("options", "size"),
    [("-w 4 -h 3", (400, 300)), ("-w 400 --height 300 -u px", (400, 300)),
     ("-w 12.7 -h 7.62 -u cm -r 50", (250, 150))],
)  # fmt: skip
def test_size_of_plots(run: Cells, options: str, size: tuple[int, int]) -> None:
    assert sizes(captured(run, f"%%R {options}\nplot.new()")) == [size]


def test_what_was_drawn_before_an_error_is_shown(run: Cells) -> None:
    with capture_output() as output, pytest.raises(RError):
        run("%%R\nplot(1)\nstop('no')")
    assert len(sizes(output)) == 1


def test_a_line_that_gives_a_ggplot_draws_it(run: Cells) -> None:
    code = "ggplot2::qplot(1:2, 1:2)"
    output = captured(run, f"%R suppressWarnings({code})")
    assert len(sizes(output)) == 1


def test_cells_without_plots_leave_no_device_and_show_nothing(
    run: Cells, R: Session
) -> None:
    output = captured(run, "%%R\n1", "%%R\nplot(1)", "%%R\n2")
    assert len(output.outputs) == 1
    assert R.eval("is.null(dev.list())")


# Errors ---------------------------------------------------------------------------


def test_an_error_shows_r_alone(run: Cells) -> None:
    with capture_output() as output, pytest.raises(RError):
        run("%%R\nf <- function(x) stop('oh no')\n\nf(1)")
    shown = output.stdout + output.stderr
    assert shown.strip() == "R error: Error in f(1): oh no (line 1, called from line 3)"


def test_a_syntax_error_shows_the_line(run: Cells) -> None:
    with capture_output() as output, pytest.raises(RError):
        run("%%R\nx <- 1\ny <- +* 2")
    assert "2: y <- +*" in output.stdout + output.stderr


def test_quitting_r_does_not_end_the_notebook(run: Cells) -> None:
    with pytest.raises(UsageError, match="ends with its kernel"), capture_output():
        run("%R q()")
    assert run("%R 1 + 1") == 2


def test_in_a_real_notebook() -> None:
    cells = [
        "%load_ext rkeras_port.r",
        "n = 3",
        "%%R\nm <- matrix(1:(2 * n), 2)\nplot(m)\nm[2, ]",
        "int(m.sum())",
        "%R stop('the end')",
    ]
    notebook = nbformat.v4.new_notebook(
        cells=[nbformat.v4.new_code_cell(cell) for cell in cells]
    )
    client = nbclient.NotebookClient(notebook, timeout=60, kernel_name="python3")
    with pytest.raises(nbclient.exceptions.CellExecutionError, match="the end"):
        client.execute()
    _, _, (text, picture), (total,), (error,) = (c.outputs for c in notebook.cells)
    assert text["text"] == "[1] 2 4 6\n"
    assert "image/png" in picture["data"]
    assert total["data"]["text/plain"] == "21"
    assert error["traceback"] == ["R error: the end"]
