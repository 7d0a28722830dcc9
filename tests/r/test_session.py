"""Starting R, running code, and the way in and out of the session."""

from __future__ import annotations

import textwrap
import threading

import pytest

from rkeras_port import r
from rkeras_port.errors import ArgumentError, StateError
from rkeras_port.r import RError


def test_there_is_one_session(R):
    assert r.session() is R
    assert r.attach() is R
    with R as same:
        assert same is R
    assert R.eval("1 + 1") == 2


def test_a_running_session_cannot_change_its_kind(R):
    with pytest.raises(StateError, match="decide before the first use"):
        r.session(dedicated_thread=True)


def test_visible_values_are_printed_and_others_not(R, capfd):
    R.run("x <- 5\nx\ninvisible(6)\n(y <- 7)")
    assert capfd.readouterr().out == "[1] 5\n[1] 7\n"


def test_eval_gives_the_last_value_and_prints_nothing(R, capfd):
    assert R.eval("a <- 2; a * 3") == 6
    assert R.eval("") is None
    assert capfd.readouterr().out == ""


def test_names_are_shared_in_both_directions(R):
    R["from_python"] = [1.5, 2.5]
    R.run("from_r <- sum(from_python)")
    assert R["from_r"] == 4.0


def test_objects_are_themselves_on_both_sides(R):
    class Thing:
        pass

    thing = Thing()
    R["thing"] = thing
    R.run("also <- list(thing)")
    assert R["thing"] is thing
    assert R["also"][0] is thing


def test_files(R, tmp_path, capfd):
    script = tmp_path / "büro.R"
    script.write_text("\ufeffcat('from', 'file ü\\n')\n", "utf-8")
    R.run(script)
    R.run(str(script))
    r.source(script)
    assert capfd.readouterr().out == "from file ü\n" * 3


def test_a_file_that_is_not_there(R):
    with pytest.raises(ArgumentError, match=r"no_such_file\.R"):
        R.run("no_such_file.R")


def test_a_syntax_error_shows_the_line(R, tmp_path):
    script = tmp_path / "broken.R"
    script.write_text("x <- 1\ny <- (2\nz <- 3\n")
    with pytest.raises(RError, match=r"broken\.R:3:1: unexpected symbol"):
        R.run(script)


def test_a_failure_shows_call_file_and_line(R, tmp_path):
    script = tmp_path / "failing.R"
    script.write_text("f <- function(x) stop('not ', x)\n\nf('a')\n")
    with pytest.raises(
        RError,
        match=r"Error in f\(\"a\"\): not a \(failing\.R, line 1, called from line 3\)",
    ):
        R.run(script)
    assert R.eval("1") == 1


def test_code_before_a_failure_has_run(R):
    with pytest.raises(RError, match="line 2"):
        R.run("before <- 'ran'\nstop('here')\nbefore <- 'not this'")
    assert R["before"] == "ran"


def test_quit_is_a_clean_end(R):
    with pytest.raises(SystemExit) as end:
        R.run("tryCatch(quit(status = 3), error = function(e) 'no error')")
    assert end.value.code == 3
    assert R.eval("1") == 1


def test_quit_ends_the_process_with_its_status_and_pythons_exit_functions(fresh):
    done = fresh(
        """
        import atexit
        from rkeras_port import r
        atexit.register(lambda: print("at exit"))
        r.run("cat('before\\n'); q('no', status = 5); cat('after\\n')")
        """
    )
    assert done.returncode == 5
    assert done.stdout == "before\nat exit\n"


def test_on_exit_and_finally_run_when_quitting(R, capfd):
    with pytest.raises(SystemExit):
        R.run("f <- function() { on.exit(cat('left ')); q() }; f()")
    assert capfd.readouterr().out == "left "


def test_main_guards(R, tmp_path, capfd):
    sourced = tmp_path / "library.R"
    sourced.write_text("if (sys.nframe() == 0L) cat('main of library\\n')\n")
    R.run(f"source({str(sourced)!r})")
    R.run("if (sys.nframe() == 0L) cat('main of script\\n')")
    R.run("if (!interactive()) cat('as Rscript\\n')")
    R.run("f <- function() sys.nframe(); cat(f(), '\\n')")
    assert capfd.readouterr().out == "main of script\nas Rscript\n1 \n"


def test_command_line_arguments_are_r_s_not_pythons(R):
    assert R.eval("commandArgs(trailingOnly = TRUE)") == []


def test_another_thread_is_refused_and_told_why(R):
    refused = []

    def use():
        try:
            R.eval("1")
        except StateError as error:
            refused.append(str(error))

    thread = threading.Thread(target=use, name="guest")
    thread.start()
    thread.join()
    assert "'guest'" in refused[0]
    assert "dedicated_thread=True" in refused[0]


def test_endless_recursion_in_r_is_an_r_error(R):
    with pytest.raises(RError, match=r"nested too deeply|C stack usage"):
        R.run("f <- function(n) f(n + 1); f(1)")
    with pytest.raises(RError, match="C stack usage"):
        R.run("options(expressions = 500000); f(1)")
    R.run("options(expressions = 5000)")
    assert R.eval("1") == 1


def test_endless_recursion_through_both_languages_is_an_error(R):
    R.run(
        """
        library(reticulate)
        again <- py_eval("lambda f, n: f(n + 1)")
        f <- function(n) { deepest <<- n; again(f, n) }
        """
    )
    with pytest.raises((RError, RecursionError)):
        R.run("f(1)")
    assert R["deepest"] > 10
    assert R.eval("1") == 1


def test_r_starts_without_keras_and_quickly(fresh):
    done = fresh(
        """
        import sys, time
        start = time.perf_counter()
        from rkeras_port import r
        r.session().eval("1 + 1")
        seconds = time.perf_counter() - start
        print([m for m in ("keras", "tensorflow", "pandas") if m in sys.modules])
        print(seconds)
        """
    )
    loaded, seconds = done.stdout.splitlines()
    assert loaded == "[]"
    # 0.45 s alone on a machine; the bound leaves room for a busy one.
    assert float(seconds) < 3


def test_importing_the_door_starts_nothing(fresh):
    done = fresh(
        "import sys, rkeras_port.r; print([m for m in sys.modules if 'rpy2' in m])"
    )
    assert done.stdout == "[]\n"


def test_attach_joins_an_r_that_rpy2_has_started(fresh):
    done = fresh(
        """
        import rpy2.rinterface as ri
        ri.initr()
        ri.evalr("x <- 41")
        from rkeras_port import r
        joined = r.attach("keras3")
        print(joined.eval("x + 1"))
        print(joined.eval("'package:keras3' %in% search()"))
        """
    )
    assert done.stdout == "42.0\nTrue\n", done.stderr


def test_tensorflow_says_nothing_of_itself(fresh):
    done = fresh(
        """
        from rkeras_port import r
        r.run("library(tensorflow); x <- tf$constant(1); cat(as.array(x), '\\n')")
        """
    )
    assert done.stdout == "1 \n"
    assert done.stderr == ""


def test_an_error_while_importing_is_not_silenced(fresh, tmp_path):
    (tmp_path / "shouting.py").write_text(
        textwrap.dedent(
            """
            import os
            os.write(2, b"I0000 00:00:1.5 noise\\n")
            os.write(2, b"WARNING: All log messages before absl\\n")
            os.write(2, b"this matters\\n")
            raise ImportError("no such thing")
            """
        )
    )
    done = fresh(
        f"""
        import sys; sys.path.insert(0, {str(tmp_path)!r})
        from rkeras_port._startup import quiet_start
        with quiet_start():
            import shouting
        """
    )
    assert "this matters" in done.stderr
    assert "no such thing" in done.stderr
    assert "noise" not in done.stderr
    assert "absl" not in done.stderr
