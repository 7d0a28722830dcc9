"""What R and Python print comes out in one place, in order, as text."""

from __future__ import annotations

import contextlib
import io

import pytest


@pytest.fixture(autouse=True, scope="module")
def _reticulate(R):
    R.run("library(reticulate); say <- py_eval('print')")


def test_r_prints_to_pythons_output_and_tells_to_its_errors(R):
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        R.run("cat('printed'); message('told')")
    assert out.getvalue() == "printed"
    assert err.getvalue() == "told\n"


def test_order_is_kept_between_the_languages(R, capfd):
    R.run("cat('1\\n'); say('2'); cat('3\\n'); say('4')")
    assert capfd.readouterr().out == "1\n2\n3\n4\n"


def test_pythons_prints_are_r_output(R, tmp_path, capfd):
    assert R.eval("capture.output(say('a\\nb'))") == ["a", "b"]
    R["file"] = str(tmp_path / "sunk.txt")
    R.run("sink(file); say('sunk'); sink(); say('seen')")
    assert (tmp_path / "sunk.txt").read_text() == "sunk\n"
    assert capfd.readouterr().out == "seen\n"


def test_prints_of_python_called_by_r_called_by_python(R, capfd):
    R.run("got <- capture.output(py_eval('lambda f: f()')(function() say('deep')))")
    assert R["got"] == "deep"
    assert capfd.readouterr().out == ""


def test_prints_of_other_threads_go_to_the_real_stream(R, capfd):
    R.run(
        """
        py_run_string("
        import threading
        def in_thread():
            thread = threading.Thread(target=print, args=('elsewhere',))
            thread.start(); thread.join()
        ")
        got <- capture.output(py$in_thread())
        """.replace("\n        ", "\n")
    )
    assert R["got"] == []
    assert capfd.readouterr().out == "elsewhere\n"


@pytest.mark.parametrize("text", ["äöü", "日本語", "🙂🙃", "a\tb", "ẞ" * 10_000])
def test_utf8_both_ways(R, capfd, text):
    R["text"] = text
    R.run("cat(text); say(text)")
    assert capfd.readouterr().out == text + text + "\n"


def test_invalid_bytes_lose_only_themselves(R, capfd):
    R.run(r"cat('before \xff\xfe after\n'); cat('next\n'); message('m\xff')")
    out, err = capfd.readouterr()
    assert out == "before \ufffd\ufffd after\nnext\n"
    assert err == "m\ufffd\n"


def test_long_output_is_whole(R, capfd):
    R.run("cat(sprintf('%06d', 1:50000), sep = '\\n')")
    lines = capfd.readouterr().out.splitlines()
    assert lines == [f"{i:06d}" for i in range(1, 50_001)]


def test_pythons_output_is_itself_again_afterwards(R):
    import sys

    before = sys.stdout
    R.run("say('x')")
    assert sys.stdout is before


def test_numbers_print_as_in_r(R, capfd):
    R.run("1:3; pi; 'text'; c(a = 1); NULL; list(1, 'b'); data.frame(u = 1:2)")
    assert capfd.readouterr().out == (
        '[1] 1 2 3\n[1] 3.141593\n[1] "text"\na \n1 \nNULL\n'
        '[[1]]\n[1] 1\n\n[[2]]\n[1] "b"\n\n  u\n1 1\n2 2\n'
    )


def test_s3_print_methods_of_the_user_are_found(R, capfd):
    R.run(
        "print.mine <- function(x, ...) cat('<mine>\\n'); structure(1, class = 'mine')"
    )
    assert capfd.readouterr().out == "<mine>\n"


def test_s4_objects_show(R, capfd):
    R.run(
        "setClass('P', representation(x = 'numeric')); "
        "setMethod('show', 'P', function(object) cat('<P>\\n')); new('P', x = 1)"
    )
    assert "<P>" in capfd.readouterr().out


def test_warnings_are_given_after_the_expression(R, capfd):
    R.run("f <- function() { warning('w'); cat('first\\n') }; f(); cat('second\\n')")
    out, err = capfd.readouterr()
    assert out == "first\nsecond\n"
    assert err == "Warning message:\nIn f() :\n  w\n"
    R.run("for (i in 1:2) warning('w', i)")
    assert capfd.readouterr().err == "Warning messages:\n1: w1\n2: w2\n"
