"""R on a thread of its own, serving calls from any number of threads, in turn."""

from __future__ import annotations

import ctypes
import queue
import sys
import threading
from concurrent.futures import Future
from types import FrameType
from typing import Any

from rkeras_port.errors import StateError
from rkeras_port.r.session import Session, start

STACK_BYTES = 64 << 20
"""The stack of R's thread: room for about a hundred R -> Python -> R calls in one
another."""

_LOOK_AGAIN = 0.5
"""Seconds after which a thread in line looks whether it is being waited for."""

_Job = tuple["Future[Any]", str, tuple[Any, ...]]


def _is_waited_for(waiting: threading.Thread) -> bool:
    """Tell whether a thread waits, in Python, for the calling one's end or result."""
    awaited: list[object] = [threading.current_thread()]
    frame: FrameType | None = sys._getframe()
    while frame is not None:
        # A thread of a pool: the future that it works on.
        awaited.append(getattr(frame.f_locals.get("self"), "future", None))
        frame = frame.f_back
    frame = sys._current_frames().get(waiting.ident or 0)
    while frame is not None:
        if frame.f_code in _WAITS and any(
            frame.f_locals.get("self") is one for one in awaited if one is not None
        ):
            return True
        frame = frame.f_back
    return False


_WAITS = (threading.Thread.join.__code__, Future.result.__code__)


class DedicatedSession(Session):
    """R on its own thread. Get one with ``session(dedicated_thread=True)``.

    A call waits until the calls before it are done, then for its own result;
    exceptions arrive in the thread that called. Ctrl-C in a thread that waits stops
    its own call, and no other's.

    A call from a thread that R's own thread waits for could never be served: R code
    that calls Python which starts a thread and joins it. Where the waiting is seen,
    in `Thread.join` or `Future.result`, such a call is refused with a `StateError`.

    Notes
    -----
    Other ways of waiting cannot be told from being busy: a lock, a queue, an event, or
    C++ code such as TensorFlow's `fit` waiting for one of its own threads. There such
    a call waits for ever (until Ctrl-C). *R functions* may be called from any thread at
    any time, which is the way out: fetch the function, ``f = R["f"]``, beforehand.

    Python code that is running *in C* on R's thread, such as `time.sleep`, notices
    Ctrl-C when it comes back.
    """

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[_Job] = queue.SimpleQueue()
        started: Future[None] = Future()
        before = threading.stack_size(STACK_BYTES)
        try:
            self._thread = threading.Thread(
                target=self._serve, args=(started,), name="R", daemon=True
            )
            self._thread.start()
        finally:
            threading.stack_size(before)
        started.result()

    def _call(self, helper: str, *args: Any) -> Any:
        if threading.current_thread() is self._thread:
            return super()._call(helper, *args)
        answer: Future[Any] = Future()
        self._jobs.put((answer, helper, args))
        interrupted = False
        while True:
            try:
                result = answer.result(_LOOK_AGAIN)
            except TimeoutError:
                if answer.done():
                    return answer.result()
                if _is_waited_for(self._thread) and answer.cancel():
                    raise StateError(
                        "the R session was called from the thread "
                        f"{threading.current_thread().name!r}, for which R's own "
                        "thread waits: neither could go on. Call an R function "
                        "there instead, fetched beforehand as in f = R['f']"
                    ) from None
            except KeyboardInterrupt:
                if answer.done() or answer.cancel():
                    raise
                interrupted = True
                self._interrupt()
            else:
                if interrupted:
                    raise KeyboardInterrupt
                return result

    def _serve(self, started: Future[None]) -> None:
        try:
            start()
            self._call(".sleep_in_python")
        except BaseException as error:
            started.set_exception(error)
            return
        started.set_result(None)
        while True:
            try:
                self._do(*self._jobs.get())
            except KeyboardInterrupt:
                # Meant for a call that had ended by then.
                continue

    def _do(self, answer: Future[Any], helper: str, args: tuple[Any, ...]) -> None:
        if not answer.set_running_or_notify_cancel():
            return
        try:
            result = super()._call(helper, *args)
        except BaseException as error:
            answer.set_exception(error)
        else:
            answer.set_result(result)

    def _interrupt(self) -> None:
        """Interrupt what runs on R's thread: R by its flag, Python by an exception."""
        from rkeras_port.r import capi, interrupts

        if capi.phase == capi.IN_PYTHON:
            ctypes.pythonapi.PyThreadState_SetAsyncExc(
                ctypes.c_ulong(self._thread.ident or 0),
                ctypes.py_object(KeyboardInterrupt),
            )
        else:
            interrupts.interrupt_r()
