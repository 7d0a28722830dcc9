"""R on a thread of its own, serving calls from any number of threads, in turn."""

from __future__ import annotations

import ctypes
import queue
import threading
from concurrent.futures import Future
from typing import Any

from rkeras_port.r.session import Session, start

STACK_BYTES = 64 << 20
"""The stack of R's thread: room for about a hundred R -> Python -> R calls in one
another."""

_Job = tuple["Future[Any]", str, tuple[Any, ...]]


class DedicatedSession(Session):
    """R on its own thread. Get one with ``session(dedicated_thread=True)``.

    A call waits until the calls before it are done, then for its own result;
    exceptions arrive in the thread that called. Ctrl-C in a thread that waits stops
    its own call, and no other's.

    Notes
    -----
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
                result = answer.result()
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
