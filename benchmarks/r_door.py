"""What the R door costs: starting, calling, reading an attribute, moving arrays.

    python benchmarks/r_door.py [--rows 25000 --columns 10000]

Each figure is the best of several rounds, beside the figure to reach. The matrix of
the last line has 25,000 x 10,000 doubles by default, for which 2 GB must be free.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
import time
from collections.abc import Callable

from rkeras_port import r

START = """
import time
start = time.perf_counter()
from rkeras_port import r
r.session()
print(time.perf_counter() - start)
"""


def best(measure: Callable[[], float], rounds: int = 5) -> float:
    return min(measure() for _ in range(rounds))


def start_seconds() -> float:
    done = subprocess.run(
        [sys.executable, "-c", START], capture_output=True, text=True, check=True
    )
    return float(done.stdout)


def seconds_in_r(expression: str, times: int) -> float:
    """Return the seconds that R takes for an expression, of `times` in a loop."""
    empty, full = (
        r.eval(
            f"local({{f <- function() for (i in 1:{times}) {code}; f(); "
            "unname(system.time(f(), gcFirst = FALSE)[3])})"
        )
        for code in ("NULL", expression)
    )
    return float(full - empty) / times


def timed(code: str) -> float:
    start = time.perf_counter()
    r.run(code)
    return time.perf_counter() - start


def view_seconds() -> float:
    start = time.perf_counter()
    r.session()["big"]
    return time.perf_counter() - start


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=25_000)
    parser.add_argument("--columns", type=int, default=10_000)
    options = parser.parse_args()
    r.run(
        """
        library(reticulate)
        identity <- py_eval("lambda x: x")
        nothing <- py_eval("lambda: None")
        apply <- py_eval("lambda f: f()")
        one <- function() 1
        py_run_string("class Thing: size = 1")
        thing <- py$Thing()
        numbers <- import("numpy", convert = FALSE)$random$rand(1000000L)
        """
    )
    r.run(f"big <- matrix(0, {options.rows}, {options.columns})")
    gigabytes = options.rows * options.columns * 8 / 1e9
    figures = [
        ("start R and the packages", best(start_seconds), 0.7),
        (
            "call without arguments",
            best(lambda: seconds_in_r("nothing()", 20_000)),
            30e-6,
        ),
        (
            "call with a number",
            best(lambda: seconds_in_r("identity(1)", 20_000)),
            30e-6,
        ),
        ("R -> Python -> R", best(lambda: seconds_in_r("apply(one)", 5_000)), None),
        ("read an attribute", best(lambda: seconds_in_r("thing$size", 20_000)), 60e-6),
        ("1,000,000 doubles to R", best(lambda: timed("x <- py_to_r(numbers)")), 12e-3),
        (f"{gigabytes:.1f} GB of R in Python", best(view_seconds), 5e-3),
    ]
    for name, seconds, goal in figures:
        aim = f"(to reach: {goal * 1e6:10,.0f} us)" if goal else ""
        print(f"{name:28} {seconds * 1e6:12,.1f} us  {aim}")


if __name__ == "__main__":
    main()
