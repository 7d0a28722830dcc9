"""Whose turn it is to run R: one thread at a time, and R told where that stack ends.

R belongs to its *home* thread. While the home thread is inside Python code that R
called (a long `fit`), it lends R: another thread, such as TensorFlow's that pulls
batches from a generator written in R, may then run R functions to their end. Turns
nest like brackets, for a borrower does not lend R on, so R's own stack of contexts
stays in order.
"""

from __future__ import annotations

import ctypes
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from rkeras_port.errors import StateError
from rkeras_port.r import capi
from rkeras_port.r.capi import ffi, lib

_SHARE_OF_STACK = 0.85
_LARGEST_STACK = 1 << 30

_lock = threading.Lock()
_home: int | None = None
_owner: int | None = None
_stacks = threading.local()


def settle() -> None:
    """Make the calling thread R's home and set the limit of R's stack to its own.

    Without a limit an endless recursion in R ends the process instead of raising an
    R error.
    """
    global _home
    _home = threading.get_ident()
    _set_stack(*_stack())


def is_home() -> bool:
    """Tell whether the calling thread is R's home."""
    return threading.get_ident() == _home


def check_home(what: str) -> None:
    """Refuse to go on when the calling thread is not R's home.

    Raises
    ------
    StateError
        With what to do instead.
    """
    if not is_home():
        raise StateError(
            f"{what} was called from the thread {threading.current_thread().name!r}, "
            "but R runs on the thread that started it. Call it there, or start R "
            "with session(dedicated_thread=True), which serves any number of threads."
        )


@contextmanager
def taken() -> Iterator[None]:
    """Wait for R and keep it for the block; at once when the thread has it already."""
    global _owner
    me = threading.get_ident()
    if _owner == me:
        yield
        return
    with _lock:
        _owner = me
        stranger = me != _home
        if stranger:
            phase, stack = capi.phase, (lib.R_CStackStart, lib.R_CStackLimit)
            _set_stack(*_stack())
        try:
            yield
        finally:
            if stranger:
                capi.phase = phase
                _set_stack(*stack)
            _owner = None


def owned() -> bool:
    """Tell whether it is the calling thread's turn."""
    return _owner == threading.get_ident()


def lend() -> bool:
    """Let other threads run R until `reclaim`; tell whether there is one to make."""
    global _owner
    me = threading.get_ident()
    if me != _home or _owner != me:
        return False
    _owner = None
    _lock.release()
    return True


def reclaim() -> None:
    """Wait until no other thread runs R, and go on."""
    global _owner
    _lock.acquire()
    _owner = threading.get_ident()


def _set_stack(start: int, limit: int) -> None:
    lib.R_CStackStart = ffi.cast("uintptr_t", start)
    lib.R_CStackLimit = ffi.cast("uintptr_t", limit)


def _stack() -> tuple[int, int]:
    """Return the calling thread's stack for R: its highest address and a safe size."""
    known: tuple[int, int] | None = getattr(_stacks, "bounds", None)
    if known is None:
        top, size = _stack_of_macos() if sys.platform == "darwin" else _stack_of_linux()
        known = _stacks.bounds = top, int(_SHARE_OF_STACK * min(size, _LARGEST_STACK))
    return known


def _stack_of_linux() -> tuple[int, int]:
    libc = ctypes.CDLL(None)
    libc.pthread_self.restype = ctypes.c_void_p
    attributes = ctypes.create_string_buffer(128)
    lowest, size = ctypes.c_void_p(), ctypes.c_size_t()
    me = ctypes.c_void_p(libc.pthread_self())
    libc.pthread_getattr_np(me, attributes)
    libc.pthread_attr_getstack(attributes, ctypes.byref(lowest), ctypes.byref(size))
    libc.pthread_attr_destroy(attributes)
    return (lowest.value or 0) + size.value, size.value


def _stack_of_macos() -> tuple[int, int]:
    libc = ctypes.CDLL(None)
    for name in ("pthread_self", "pthread_get_stackaddr_np"):
        getattr(libc, name).restype = ctypes.c_void_p
    libc.pthread_get_stacksize_np.restype = ctypes.c_size_t
    me = ctypes.c_void_p(libc.pthread_self())
    top = libc.pthread_get_stackaddr_np(me)
    return top, libc.pthread_get_stacksize_np(me)
