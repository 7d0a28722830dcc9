"""Run parity cases, each in a process of its own, and write what they answer.

``python run_cases.py OUT case.R ...``. Automatic layer names, seeds and settings of one
case must not reach the next. Starting R and importing Keras takes seconds, so that is
done once, and each case runs in a fork of that process.
"""

from __future__ import annotations

import os
import signal
import sys
import traceback
from pathlib import Path

AT_A_TIME = 2
SECONDS_PER_CASE = 180


def main(out: str, *cases: str) -> None:
    os.environ["TF_CPP_MIN_LOG_LEVEL"] = "3"
    from rkeras_port import r

    session = r.session()
    # Nothing that would start threads of its own: they would be missing in the fork.
    import rkeras_port._keras  # noqa: F401

    session.run("suppressPackageStartupMessages(library(keras3))")
    session["run_case"] = str(Path(__file__).with_name("run_case.R"))
    session.run("source(run_case)")
    running = 0
    for case in cases:
        if running == AT_A_TIME:
            os.wait()
            running -= 1
        if os.fork() == 0:
            _child(session, case, Path(out, Path(case).stem + ".json"))
        running += 1
    while running:
        os.wait()
        running -= 1


def _child(session, case: str, out: Path) -> None:
    signal.alarm(SECONDS_PER_CASE)
    try:
        session["parity_case"] = case
        # As in a script of its own, where library(keras3) is the first line.
        session.run("detach('package:keras3')")
        out.write_text(session.eval("case_json(parity_case)"), encoding="utf-8")
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(0)


if __name__ == "__main__":
    main(*sys.argv[1:])
