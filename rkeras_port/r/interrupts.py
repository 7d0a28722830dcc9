"""Ctrl-C: stopped by R while R runs, by Python while Python runs, never lost between.

While the door is in use SIGINT has our handler. What it does depends on `capi.phase`:
in R it raises R's own flag, which R reads at its next check; in Python it raises
KeyboardInterrupt; in the few lines between the two it leaves the flag for R, so that
no exception starts where nobody could catch it.

R checks its flag by itself, but Python runs signal handlers only when it executes
code of its own, so R's hook for processing events is an empty Python function.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

from rkeras_port.r import capi
from rkeras_port.r.capi import ffi, lib


def bind() -> None:
    """Let R run Python's signal handlers wherever it checks for an interrupt."""
    lib.ptr_R_ProcessEvents = _process_events


def interrupt_r() -> None:
    """Make R interrupt what it is doing at its next check."""
    capi.interrupts += 1
    lib.R_interrupts_pending = 1


@contextmanager
def handled() -> Iterator[None]:
    """Have Ctrl-C reach R for the block; only the main thread can change that."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.signal(signal.SIGINT, _on_sigint)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def _on_sigint(_number: int, frame: FrameType | None) -> None:
    if capi.phase in (capi.IN_R, capi.BETWEEN):
        interrupt_r()
    elif _unheard(frame):
        again = threading.Timer(_AGAIN_SECONDS, signal.raise_signal, (signal.SIGINT,))
        again.daemon = True
        again.start()
    else:
        raise KeyboardInterrupt


def _unheard(frame: FrameType | None) -> bool:
    """Tell whether Python would drop an exception: it does while it lets go of objects.

    Training does that all the time, so that some interrupts would have no effect.
    """
    while frame is not None:
        code = frame.f_code
        if code.co_name == "__del__" or code.co_filename.endswith(_WEAKREF_FILES):
            return True
        frame = frame.f_back
    return False


_AGAIN_SECONDS = 0.02
_WEAKREF_FILES = ("/weakref.py", "/_weakrefset.py")


def _interrupted(*_: object) -> None:
    interrupt_r()


@ffi.callback("void(void)", onerror=_interrupted)  # type: ignore[untyped-decorator]
def _process_events() -> None:
    pass
