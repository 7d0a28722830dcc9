"""One side, in a process of its own: run a file while everything is recorded.

    python -m rkeras_port.crosscheck.child SEED STREAM FILE [FOLDER]

Writes what it observes to STREAM, as it happens, and an HTML document to FOLDER.
"""

from __future__ import annotations

import random
import re
import runpy
import sys
import tempfile
import traceback
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from .environment import observe_environment
from .recorder import Recorder, caller, keras_observed, values_taken, when_imported
from .storage import Stream

#: Where the R door's messages say that an error arose: file, chunk and line.
_R_PLACE = re.compile(r"\s*\(([^()]*\.[Rr](?:md)?, [^()]*)\)$")


def main(seed: int, stream: Path, file: Path, folder: Path | None) -> int:
    """Run a file as a side; return the exit status."""
    out = Stream(stream)
    with ExitStack() as stack:
        stack.callback(out.close)
        try:
            if file.suffix.lower() == ".py":
                _prepare(seed, out, stack, caller(file))
                _run_python(file)
            else:
                _run_r(seed, out, stack, file, folder)
        except SystemExit as end:
            if end.code not in (None, 0):
                out.add(failure=_failure(f"The program ended itself: {end.code}"))
                return 1
        except BaseException as error:
            out.add(failure=_explained(error, file))
            traceback.print_exc()
            return 1
        finally:
            out.add(environment=observe_environment(seed))
    return 0


def _prepare(
    seed: int, out: Stream, stack: ExitStack, place: Callable[[], str | None]
) -> None:
    """Seed the generators, and start recording as soon as there is a Keras.

    The program imports Keras itself, so that what it sets before takes effect.
    """
    random.seed(seed)
    np.random.seed(seed)
    recorder = Recorder(out.observe, place)
    stack.enter_context(values_taken(recorder))

    def begin() -> None:
        import keras

        drawn = random.getstate(), np.random.get_state()
        keras.utils.set_random_seed(seed)
        random.setstate(drawn[0])
        np.random.set_state(drawn[1])
        stack.enter_context(keras_observed(recorder))
        out.add(environment=observe_environment(seed))

    when_imported("keras", begin)


def _run_python(file: Path) -> None:
    sys.argv = [str(file)]
    sys.path.insert(0, str(file.parent))
    runpy.run_path(str(file), run_name="__main__")


def _run_r(
    seed: int, out: Stream, stack: ExitStack, file: Path, folder: Path | None
) -> None:
    from rkeras_port.r import documents, session

    _prepare(seed, out, stack, _r_caller)
    r = session()
    r.run(f"set.seed({seed})")
    out.add(environment={"r": r.eval("as.character(getRversion())")})
    if folder is None:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
    documents.run(file, folder)


def _r_caller() -> str | None:
    """Return what R code runs: file, chunk and line, as far as they are known."""
    from rkeras_port.r import callbacks, rside
    from rkeras_port.r.handles import RObject

    place: str | None = callbacks.call(RObject(rside.function(".running")), (), {})
    return place


# How it failed ------------------------------------------------------------------------


def _failure(message: str, where: str | None = None) -> dict[str, str | None]:
    return {"message": message, "where": where}


def _explained(error: BaseException, file: Path) -> dict[str, str | None]:
    """Return a failure's own message, and the place in the user's file."""
    if isinstance(error, KeyboardInterrupt):
        return _failure("It was interrupted.")
    text = str(error)
    place = _R_PLACE.search(text)
    if place is not None:
        return _failure(text[: place.start()], place[1])
    if isinstance(error, SyntaxError):
        return _failure(f"SyntaxError: {error.msg}", f"{file.name}:{error.lineno}")
    message = f"{type(error).__name__}: {text}" if text else type(error).__name__
    return _failure(message, _line(error, file))


def _line(error: BaseException, file: Path) -> str | None:
    frames: Any = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(file)]
    return f"{file.name}:{lines[-1]}" if lines else None


if __name__ == "__main__":
    number, stream_, file_, *folder_ = sys.argv[1:]
    target = Path(folder_[0]) if folder_ else None
    sys.exit(main(int(number), Path(stream_), Path(file_), target))
