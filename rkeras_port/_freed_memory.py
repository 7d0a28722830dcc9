"""Giving memory that was freed back to the operating system."""

from __future__ import annotations

import ctypes


def return_freed_memory() -> None:
    """Have the C library hand back what it keeps for later.

    TensorFlow builds and frees a model's graphs on several threads, each with a heap of
    its own. What is freed there is in pieces that the next model does not always fit
    into: a session that makes many models holds a hundred megabytes of them. Does
    nothing where the C library is not glibc.
    """
    trim = getattr(ctypes.pythonapi, "malloc_trim", None)
    if trim is not None:
        trim(0)
