"""Many threads, one R: a session on a thread of its own, and R lent to Python's."""

from __future__ import annotations

import pytest

SERVED = """
import os, signal, threading, time
from rkeras_port import r
R = r.session(dedicated_thread=True)

def in_threads(count, work):
    threads = [threading.Thread(target=work, args=(i,)) for i in range(count)]
    for thread in threads: thread.start()
    for thread in threads: thread.join()
"""


def test_calls_from_many_threads_are_all_served(fresh):
    done = fresh(
        SERVED
        + """
R.run("count <- 0; add <- function(by) { count <<- count + by; count }")
answers = [[] for _ in range(16)]
def work(i):
    add = R["add"]
    for n in range(312):
        R.run("count <- count + 1")
        answers[i].append(R.eval(f"{i} * 1000 + {n}"))
in_threads(16, work)
print(R["count"])
print(all(answers[i] == [i * 1000.0 + n for n in range(312)] for i in range(16)))
def work(i):
    add = R["add"]
    for n in range(50):
        add(1)
in_threads(16, work)
print(R["count"])
"""
    )
    # 16 x 312 x 2 calls, and 16 x 50 of an R function on the threads themselves
    assert done.stdout == "4992.0\nTrue\n5792.0\n", done.stderr


def test_exceptions_and_ends_arrive_where_the_call_was(fresh):
    done = fresh(
        SERVED
        + """
def work(i):
    try:
        R.run(f"stop('mine is {i}')")
    except r.RError as error:
        told[i] = f"mine is {i}" in str(error)
told = {}
in_threads(8, work)
print(sorted(told.items()) == [(i, True) for i in range(8)])
try:
    R.run("q(status = 4)")
except SystemExit as end:
    print("status", end.code)
try:
    R.run("f <- function(n) f(n + 1); options(expressions = 500000); f(1)")
except r.RError as error:
    print("C stack" in str(error))
print(R.eval("1 + 1"))
"""
    )
    assert done.stdout == "True\nstatus 4\nTrue\n2.0\n", done.stderr


def test_python_called_from_r_may_use_the_session(fresh):
    done = fresh(
        SERVED
        + """
R["again"] = lambda code: R.eval(code)
print(R.eval("again('6 * 7')"))
"""
    )
    assert done.stdout == "42.0\n", done.stderr


def test_its_thread_has_a_large_stack(fresh):
    done = fresh(
        SERVED
        + """
R.run('''
  call <- reticulate::py_eval("lambda f, n: f(n)")
  down <- function(n) if (n == 0) "deep" else call(down, n - 1)
''')
print(R.eval("down(50)"))
"""
    )
    assert done.stdout == "deep\n", done.stderr


def test_ctrl_c_stops_the_call_that_the_main_thread_waits_for(fresh):
    done = fresh(
        SERVED
        + """
R.run("library(reticulate)")
codes = ["repeat {}", "Sys.sleep(30)", "py_run_string('while True: pass')",
         "f <- py_eval('lambda g: g()'); repeat f(function() 1)"]
for code in codes * 3:
    start = time.perf_counter()
    try:
        threading.Timer(0.2, os.kill, (os.getpid(), signal.SIGINT)).start()
        R.run(code)
    except KeyboardInterrupt:
        print(time.perf_counter() - start < 1.2, R.eval("1"))
"""
    )
    assert done.stdout == "True 1.0\n" * 12, done.stderr


def test_ctrl_c_while_waiting_in_line_stops_no_other_call(fresh):
    done = fresh(
        SERVED
        + """
R["started"] = started = threading.Event()
def work(_):
    R.run("slept <- 'no'; started$set(); for (i in 1:60) Sys.sleep(0.01)")
    R.run("slept <- 'yes'")
other = threading.Thread(target=work, args=(0,)); other.start(); started.wait()
try:
    threading.Timer(0.1, os.kill, (os.getpid(), signal.SIGINT)).start()
    R.run("waited <- TRUE")
except KeyboardInterrupt:
    print("stopped waiting")
other.join()
print(R["slept"], R.eval("exists('waited')"))
"""
    )
    assert done.stdout == "stopped waiting\nyes False\n", done.stderr


def test_a_call_that_r_s_thread_waits_for_is_refused(fresh):
    done = fresh(
        SERVED
        + """
from concurrent.futures import ThreadPoolExecutor
from rkeras_port.errors import StateError
def attempt():
    try:
        return R.eval("1")
    except StateError as error:
        return "neither could go on" in str(error)
def joined():
    told = []
    thread = threading.Thread(target=lambda: told.append(attempt()))
    thread.start()
    thread.join()
    return told[0]
def pooled():
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(attempt).result()
R["joined"], R["pooled"] = joined, pooled
print(R.eval("joined()"), R.eval("pooled()"), R.eval("2"))
"""
    )
    assert done.stdout == "True True 2.0\n", done.stderr


def test_a_failing_start_is_told_to_the_caller(fresh, tmp_path):
    done = fresh(
        f"""
        import os; os.environ["R_HOME"] = {str(tmp_path)!r}
        from rkeras_port import r
        from rkeras_port.errors import MissingDependencyError
        try:
            r.session(dedicated_thread=True)
        except MissingDependencyError as error:
            print("There is no R" in str(error))
        """
    )
    assert done.stdout == "True\n", done.stderr


@pytest.mark.parametrize("dedicated", [False, True])
def test_r_functions_on_other_threads_while_python_runs(fresh, dedicated):
    done = fresh(
        f"""
        import threading
        from rkeras_port import r
        R = r.session(dedicated_thread={dedicated})
        R.run("count <- 0; add <- function(i) {{ count <<- count + 1; i * 2 }}")
        R.run("failing <- function() stop('from a thread')")
        R.run("big <- function() sum(runif(1e4))")
        def everywhere(add, failing, big):
            got, failed = [], []
            def work(i):
                for n in range(100):
                    got.append(add(n) == n * 2)
                    big()
                    try:
                        failing()
                    except r.RError:
                        failed.append(1)
            threads = [threading.Thread(target=work, args=(i,)) for i in range(4)]
            for thread in threads: thread.start()
            for thread in threads: thread.join()
            return [all(got), len(got), len(failed)]
        R["everywhere"] = everywhere
        print(R.eval("r <- everywhere(add, failing, big); gc(); list(r, count)"))
        """
    )
    assert done.stdout == "[[True, 400, 400], 400.0]\n", done.stderr


def test_batches_from_a_generator_written_in_r(fresh):
    done = fresh(
        """
        from rkeras_port import r
        R = r.session()
        R.run('''
        library(keras3)
        made <- 0
        batches <- py_iterator <- reticulate::py_iterator(function() {
          made <<- made + 1
          reticulate::tuple(matrix(runif(20), 10), matrix(runif(10), 10))
        })
        model <- keras$Sequential(list(keras$Input(list(2L)), keras$layers$Dense(1L)))
        model$compile(loss = "mse", optimizer = "sgd")
        h <- model$fit(batches, steps_per_epoch = 20L, epochs = 3L, verbose = 0L)
        cat(length(h$history$loss), made >= 60)
        ''')
        """
    )
    assert done.stdout == "3 TRUE", done.stderr
