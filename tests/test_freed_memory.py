"""Freed memory goes back to the system when a session is cleared."""

import ctypes
import platform
from pathlib import Path

import pytest

from rkeras_port._freed_memory import return_freed_memory

BLOCKS, BYTES = 50_000, 1_000


def resident_bytes():
    return 4096 * int(Path("/proc/self/statm").read_text().split()[1])


@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="needs the GNU C library")
def test_what_lies_between_pieces_in_use_is_returned():
    c = ctypes.CDLL(None)
    c.malloc.restype, c.free.argtypes = ctypes.c_void_p, [ctypes.c_void_p]
    blocks = [c.malloc(BYTES) for _ in range(BLOCKS)]
    for block in blocks:
        ctypes.memset(block, 1, BYTES)
    # The last one, still in use, keeps the heap from shrinking by itself.
    for block in blocks[:-1]:
        c.free(block)
    before = resident_bytes()
    return_freed_memory()
    assert before - resident_bytes() > BLOCKS * BYTES / 2
    c.free(blocks[-1])


def test_other_c_libraries_are_left_alone(monkeypatch):
    monkeypatch.setattr(ctypes, "pythonapi", object())
    assert return_freed_memory() is None
