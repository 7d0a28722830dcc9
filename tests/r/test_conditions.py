"""Errors, warnings and messages across the border: each arrives as what it was."""

from __future__ import annotations

import pytest

from rkeras_port.r import RError


@pytest.fixture(autouse=True, scope="module")
def _helpers(R):
    R.run(
        """
        library(reticulate)
        through <- py_eval("lambda f, *args: f(*args)")
        raising <- py_eval("lambda error: (_ for _ in ()).throw(error)")
        careful <- py_run_string(paste(
          "def careful(f):",
          "    try:",
          "        return f()",
          "    except Exception as error:",
          "        return [type(error).__name__, str(error)]", sep = "\n"))$careful
        """
    )


# Python -> R


def test_an_exception_is_a_condition_of_its_classes(R):
    R.run(
        "cond <- tryCatch(raising(import_builtins()$KeyError('k')), error = identity)"
    )
    assert R.eval("class(cond)") == [
        "python.builtin.KeyError",
        "python.builtin.LookupError",
        "python.builtin.Exception",
        "python.builtin.BaseException",
        "python.builtin.object",
        "error",
        "condition",
    ]
    assert R.eval("conditionMessage(cond)") == "KeyError: 'k'"
    assert isinstance(R["cond"], KeyError)
    assert R.eval("cond$args[[1]]") == "k"


def test_handlers_by_class(R):
    got = R.eval(
        """
        tryCatch(py_eval("int('x')"),
                 python.builtin.KeyError = function(e) "key",
                 python.builtin.ValueError = function(e) "value",
                 error = function(e) "other")
        """
    )
    assert got == "value"


def test_the_call_is_the_users_own(R):
    R.run(
        """
        m <- import("math")
        cond <- tryCatch(m$sqrt(-1), error = identity)
        f <- function() r_to_py(1)$nothing
        inner <- tryCatch(f(), error = identity)
        """
    )
    assert R.eval("deparse(conditionCall(cond))") == "m$sqrt(-1)"
    assert R.eval("deparse(conditionCall(inner))") == "r_to_py(1)$nothing"


def test_try_prints_the_message(R, capfd):
    R.run("x <- try(import('math')$sqrt(-1))")
    assert "ValueError: math domain error" in capfd.readouterr().err
    assert R.eval("inherits(x, 'try-error')") is True


def test_uncaught_it_is_an_rerror_with_its_cause(R):
    with pytest.raises(RError, match="ZeroDivisionError: division by zero") as caught:
        R.run("py_eval('1 / 0')")
    assert isinstance(caught.value.__cause__, ZeroDivisionError)
    assert caught.value.r_class[0] == "python.builtin.ZeroDivisionError"


def test_traceback_on_request(R):
    R.run("code <- 'def broken():\\n    return 1 / 0\\nbroken()'")
    R.run("try(py_run_string(code), silent = TRUE)")
    told = R.eval("py_last_error()$message")
    assert "in broken" in told
    assert "ZeroDivisionError" in told
    assert R.eval("py_last_error()$type") == "ZeroDivisionError"
    R.run("py_clear_last_error()")
    assert R.eval("py_last_error()") is None


def test_python_syntax_error_shows_the_line(R):
    with pytest.raises(RError, match=r"SyntaxError.*line 2"):
        R.run("py_run_string('a = 1\\nb = = 2')")


def test_stop_with_a_python_exception_raises_it_again(R):
    R.run("cond <- tryCatch(py_eval('1 / 0'), error = identity)")
    with pytest.raises(RError) as caught:
        R.run("stop(cond)")
    assert caught.value.__cause__ is R["cond"]


# R -> Python -> R


def test_the_original_condition_is_raised_again(R):
    R.run(
        """
        mine <- structure(class = c("mine", "error", "condition"),
                          list(message = "own", call = NULL, data = 1:3))
        got <- tryCatch(through(function() stop(mine)), mine = identity)
        """
    )
    assert R.eval("class(got)") == ["mine", "error", "condition"]
    assert R.eval("conditionMessage(got)") == "own"
    assert R.eval("got$data") == [1, 2, 3]


def test_the_call_of_an_r_error_stays(R):
    R.run("f <- function(x) stop('in f')")
    R.run("got <- tryCatch(through(f, 1), error = identity)")
    assert R.eval("deparse(conditionCall(got))") == "fun(1)"
    assert R.eval("conditionMessage(got)") == "in f"


def test_python_may_catch_an_r_error(R):
    assert R.eval("careful(function() stop('soft'))")[0] == "RError"
    assert "soft" in R.eval("careful(function() stop('soft'))")[1]


def test_an_error_that_python_catches_is_no_error_outside(R):
    R.run(
        """
        seen <- 0
        value <- withCallingHandlers(
          careful(function() stop("caught by Python")),
          error = function(e) seen <<- seen + 1)
        """
    )
    assert R["seen"] == 0


def test_messages_reach_calling_handlers_in_place(R):
    R.run(
        """
        told <- character()
        value <- withCallingHandlers(
          through(function() { message("one"); message("two"); "done" }),
          message = function(m) {
            told <<- c(told, conditionMessage(m))
            invokeRestart("muffleMessage")
          })
        """
    )
    assert R["told"] == ["one\n", "two\n"]
    assert R["value"] == "done"


def test_warnings_reach_calling_handlers_in_place(R):
    R.run(
        """
        told <- character()
        value <- withCallingHandlers(
          through(function() as.integer("x")),
          warning = function(w) {
            told <<- class(w)
            invokeRestart("muffleWarning")
          })
        """
    )
    assert R["told"] == ["simpleWarning", "warning", "condition"]
    assert R["value"] is None


def test_exiting_handlers_unwind_python_first(R):
    R.run(
        """
        py_run_string(paste(
          "cleaned = []",
          "def with_finally(f):",
          "    try:",
          "        return f()",
          "    finally:",
          "        cleaned.append(1)", sep = "\n"))
        got <- tryCatch(py$with_finally(function() { message("out"); "not this" }),
                        message = function(m) conditionMessage(m))
        """
    )
    assert R["got"] == "out\n"
    assert R.eval("py$cleaned") == 1


def test_own_conditions_and_their_values(R):
    R.run(
        """
        ask <- structure(class = c("question", "condition"),
                         list(message = "?", call = NULL))
        asked <- function() withRestarts({ signalCondition(ask); "no answer" },
                                         answer = function(x) x)
        got <- withCallingHandlers(
          through(asked), question = function(c) invokeRestart("answer", 42))
        left <- tryCatch(through(asked), question = function(c) "left")
        alone <- through(asked)
        """
    )
    assert (R["got"], R["left"], R["alone"]) == (42.0, "left", "no answer")


def test_handlers_through_several_levels(R):
    R.run(
        """
        level <- function(n) if (n == 0) { message("deep"); stop("bottom") } else {
          through(level, n - 1)
        }
        told <- character()
        got <- tryCatch(
          withCallingHandlers(level(5), message = function(m) {
            told <<- c(told, conditionMessage(m)); invokeRestart("muffleMessage")
          }),
          error = conditionMessage)
        """
    )
    assert R["told"] == "deep\n"
    assert R["got"] == "bottom"


def test_inner_handlers_come_before_outer_ones(R):
    R.run(
        """
        got <- tryCatch(
          through(function() tryCatch(stop("x"), error = function(e) "inner")),
          error = function(e) "outer")
        """
    )
    assert R["got"] == "inner"


def test_uncaught_messages_and_warnings_are_printed(R, capfd):
    R.run("through(function() message('told')); through(function() warning('warned'))")
    err = capfd.readouterr().err
    assert err.startswith("told\n")
    assert "warned" in err


def test_options_warn(R, capfd):
    with pytest.raises(RError, match="made an error"):
        R.run("options(warn = 2); through(function() warning('made an error'))")
    R.run("options(warn = 1); warning('at once'); cat('after\\n')")
    R.run("options(warn = -1); warning('never')")
    R.run("options(warn = 0)")
    err = capfd.readouterr().err
    assert "at once" in err
    assert "never" not in err


def test_invoking_a_restart_beyond_python_is_an_error_and_nothing_breaks(R):
    with pytest.raises(RError):
        R.run(
            "withRestarts(through(function() invokeRestart('far')), far = function() 1)"
        )
    assert R.eval("through(function() 5)") == 5


def test_on_exit_runs_on_the_way_out(R):
    R.run(
        """
        left <- character()
        inner <- function() { on.exit(left <<- c(left, "inner")); stop("x") }
        outer <- function() { on.exit(left <<- c(left, "outer")); through(inner) }
        try(outer(), silent = TRUE)
        """
    )
    assert R["left"] == ["inner", "outer"]


def test_errors_of_python_through_r_in_python_are_the_same_exception(R):
    R.run("f <- function() raising(import_builtins()$OSError(2L, 'no file'))")
    with pytest.raises(RError) as caught:
        R["f"]()
    assert isinstance(caught.value.__cause__, FileNotFoundError)


def test_a_condition_given_to_r_again_is_that_condition(R):
    R.run(
        "f <- function() stop(structure(class = c('odd', 'error', 'condition'), "
        "list(message = 'm', call = NULL)))"
    )

    def again():
        try:
            R["f"]()
        except RError as error:
            raise error

    R["again"] = again
    assert R.eval("tryCatch(again(), odd = function(e) 'as it was')") == "as it was"


def test_a_saved_handle_says_that_it_is_dead(R, tmp_path):
    R["file"] = str(tmp_path / "handle.rds")
    R.run("saved <- list(py_eval('object()'), import('math')$sqrt)")
    R.run("saveRDS(saved, file); old <- readRDS(file)")
    for use in ("old[[1]]$name", "print(old[[1]])", "old[[2]](4)", "old[[1]] == 1"):
        with pytest.raises(RError, match="reference to a Python object is dead"):
            R.run(use)
    assert R.eval("py_is_null_xptr(old[[1]])") is True


def test_nothing_is_left_protected_after_errors(R, capfd):
    from rkeras_port.r import capi, conditions

    before = capi.depth(), len(conditions._handler_stacks)
    R.run(
        "for (i in 1:500) try(through(function() raising(ValueError)), silent = TRUE)"
    )
    assert (capi.depth(), len(conditions._handler_stacks)) == before
    assert "imbalance" not in capfd.readouterr().err


def test_duplicate_names_in_a_call(R):
    with pytest.raises(RError, match="`a` is given twice"):
        R.run("py_eval('dict')(a = 1, a = 2)")
