"""Ctrl-C stops what runs, soon, and the session lives. Each in a process of its own."""

from __future__ import annotations

import pytest

SIGNALS = """
import os, signal, threading, time
from rkeras_port import r
R = r.session()
R.run("library(reticulate)")

def interrupted(code, after):
    start = time.perf_counter()
    try:
        threading.Timer(after, os.kill, (os.getpid(), signal.SIGINT)).start()
        R.run(code)
    except KeyboardInterrupt:
        return time.perf_counter() - start - after
    return None
"""

PLACES = {
    "a loop in R": "repeat {}",
    "a loop of calls in R": "repeat sqrt(2)",
    "a sleep in R": "Sys.sleep(30)",
    "a vector loop": "repeat sort(runif(1e5))",
    "a sleep in Python": "import('time')$sleep(30)",
    "a loop in Python": "py_run_string('while True: pass')",
    "calls to and fro": "f <- py_eval('lambda g: g()'); repeat f(function() 1)",
    "deep in both": "py_eval('lambda g: g()')(function() Sys.sleep(30))",
    "objects made and dropped": "repeat py_eval('object()')",
    "printing": "p <- py_eval('print'); x <- capture.output(repeat p('x'))",
}


def test_every_place_stops_within_a_second(fresh):
    done = fresh(
        SIGNALS
        + f"""
for name, code in {PLACES!r}.items():
    late = interrupted(code, 0.2)
    print(name, late is not None and late < 1, R.eval("1 + 1") == 2, sep=": ")
""",
    )
    assert done.stdout.splitlines() == [f"{name}: True: True" for name in PLACES], (
        done.stderr
    )


def test_the_session_survives_a_hundred_at_random_moments(fresh):
    done = fresh(
        SIGNALS
        + f"""
import random
random.seed(5)
codes = list({PLACES!r}.values())
lost = 0
for i in range(100):
    lost += interrupted(codes[i % len(codes)], random.uniform(0.001, 0.12)) is None
    assert R.eval("1 + 1") == 2, i
R.run("cat('not stopped:', " + str(lost) + ")")
"""
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout == "not stopped: 0"
    assert "Traceback" not in done.stderr
    assert "ignored" not in done.stderr


def test_r_handlers_see_an_interrupt(fresh):
    done = fresh(
        SIGNALS
        + """
late = interrupted('''
  f <- function() { on.exit(cat("left ")); import("time")$sleep(30) }
  got <- tryCatch(f(), interrupt = function(i) class(i), error = function(e) "error",
                  finally = cat("finally "))
''', 0.2)
print(late, R["got"])
"""
    )
    assert done.stdout == "left finally None ['interrupt', 'condition']\n", done.stderr


def test_python_code_sees_a_keyboard_interrupt(fresh):
    done = fresh(
        SIGNALS
        + """
R.run('''py_run_string("
def patient(f):
    try:
        f()
    except KeyboardInterrupt:
        return 'stopped'
")''')
interrupted("got <- py$patient(function() Sys.sleep(30))", 0.2)
print(R["got"])
"""
    )
    assert done.stdout == "stopped\n", done.stderr


def test_outside_of_r_python_has_its_own_handler(R):
    import signal

    before = signal.getsignal(signal.SIGINT)
    R.run("1")
    assert signal.getsignal(signal.SIGINT) is before


FIT = """
R.run('''
  library(keras3)
  x <- matrix(runif(6400), 64)
  y <- array(runif(64))
  model <- keras$Sequential(list(keras$Input(list(100L)), keras$layers$Dense(1L)))
  model$compile(loss = "mse", optimizer = "sgd")
  fitted <- model$fit(x, y, verbose = 0L)
''')
before = R["model"].get_weights()[0].copy()
"""


@pytest.mark.parametrize("callback", ["", ", callbacks = list(slow)"])
def test_fit_stops_and_keeps_the_weights_of_the_moment(fresh, callback):
    done = fresh(
        SIGNALS
        + FIT
        + f"""
R.run("slow <- keras$callbacks$LambdaCallback(on_batch_end = function(...) NULL)")
for i in range(3):
    late = interrupted(
        "model$fit(x, y, epochs = 100000L, verbose = 0L{callback})", 0.3 + 0.07 * i)
    assert late is not None and late < 1, late
    assert R.eval("dim(model$predict(x, verbose = 0L))") == [64, 1]
after = R["model"].get_weights()[0]
print((before != after).all())
R.run("fitted <- model$fit(x, y, verbose = 0L)")
"""
    )
    assert done.stdout == "True\n", done.stderr


def test_fit_survives_many_interrupts(fresh):
    done = fresh(
        SIGNALS
        + FIT
        + """
import random
random.seed(11)
for i in range(12):
    interrupted("model$fit(x, y, epochs = 100000L, verbose = 0L)",
                random.uniform(0.001, 0.3))
    assert R.eval("1 + 1") == 2
print(R.eval("length(model$fit(x, y, epochs = 2L, verbose = 0L)$history$loss)"))
"""
    )
    assert done.stdout == "2\n", done.stderr
