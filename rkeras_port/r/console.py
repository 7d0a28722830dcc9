"""R's console is Python's output, and Python's output is R's console.

What R prints goes to `sys.stdout`, its messages to `sys.stderr`. While R code runs,
what Python prints on R's thread is printed *by R* (`cat`), so that `sink`,
`capture.output` and knitr get a model's summary and a progress bar like any R output;
other threads print to the real stream.
"""

from __future__ import annotations

import codecs
import io
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, TextIO

from rkeras_port.r import capi, conditions, rside, turn
from rkeras_port.r.capi import ffi, lib

# R writes bytes and may cut a character in two; each stream keeps the rest.
_decoders = [codecs.getincrementaldecoder("utf-8")("replace") for _ in range(2)]
_redirected: _ThroughR | None = None


def bind() -> None:
    """Make Python the writer and reader of R's console."""
    lib.ptr_R_WriteConsoleEx = _write
    lib.ptr_R_WriteConsole = ffi.NULL
    lib.ptr_R_ReadConsole = _read


@contextmanager
def python_prints_through_r() -> Iterator[None]:
    """Have R print what Python prints on this thread, for the block."""
    global _redirected
    if _redirected is not None:
        yield
        return
    real = sys.stdout
    sys.stdout = _redirected = _ThroughR(real)
    try:
        yield
    finally:
        _redirected = None
        sys.stdout = real


class _ThroughR(io.TextIOBase):
    """A text stream whose writes become R's `cat`."""

    encoding = "utf-8"

    def __init__(self, real: TextIO) -> None:
        self.real = real

    def write(self, text: str) -> int:
        if capi.phase != capi.IN_PYTHON or not turn.is_home():
            return self.real.write(text)
        if text:
            with turn.taken():
                mark = capi.depth()
                try:
                    args = capi.vector(capi.VECSXP, 1)
                    lib.SET_VECTOR_ELT(args, 0, capi.string(text.replace("\0", "")))
                    conditions.call(rside.function(".cat"), args)
                finally:
                    capi.release(mark)
        return len(text)

    def flush(self) -> None:
        self.real.flush()

    def isatty(self) -> bool:
        return self.real.isatty()

    def writable(self) -> bool:
        return True

    def __getattr__(self, name: str) -> Any:
        return getattr(self.real, name)


@ffi.callback("void(char *, int, int)")  # type: ignore[untyped-decorator]
def _write(data: Any, length: int, is_message: int) -> None:
    text = _decoders[bool(is_message)].decode(ffi.unpack(data, length))
    if is_message:
        sys.stderr.write(text)
    else:
        stream = sys.stdout
        stream = stream.real if isinstance(stream, _ThroughR) else stream
        stream.write(text)


@ffi.callback("int(char *, unsigned char *, int, int)")  # type: ignore[untyped-decorator]
def _read(prompt: Any, buffer: Any, size: int, _history: int) -> int:
    """Answer readline() and browser() when R is interactive."""
    try:
        line = input(ffi.string(prompt).decode("utf-8", "replace"))
    except EOFError:
        return 0
    answer = line.encode()[: size - 2] + b"\n\0"
    ffi.memmove(buffer, answer, len(answer))
    return 1
