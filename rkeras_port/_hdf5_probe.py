"""Read an HDF5 file in a process of its own, to learn whether it can be read at all.

The HDF5 library goes round for ever, or takes the process with it, where some bytes of
a file are wrong; neither Python nor Ctrl-C can stop that. Run as a program, this file
goes through another one, and imports nothing but h5py.
"""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

#: Seconds for the process to start, and bytes a second, on a machine that is busy.
_START, _RATE = 20, 20_000_000


def survives(path: Path) -> bool:
    """Tell whether reading all of a file ends, be it with an error of Python.

    Takes as long as importing h5py, and for compressed data as reading them.
    """
    limit = _START + path.stat().st_size / _RATE
    try:
        done = subprocess.run(
            # -P: this folder's modules are not h5py's.
            [sys.executable, "-P", __file__, path.resolve()],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=limit,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return False
    return done.returncode >= 0


def _read(path: str) -> None:
    import h5py  # type: ignore[import-untyped]

    def attempt(read: Callable[[], Any]) -> Any:
        # An error of Python is an end, too; whoever loads the file will report it.
        try:
            return read()
        except Exception:
            return ()

    with h5py.File(path) as file:
        waiting, seen = [file], set()
        while waiting:
            group = waiting.pop()
            values = (attempt(partial(group.get, name)) for name in attempt(group.keys))
            for value in (group, *values):
                attributes = getattr(value, "attrs", {})
                for name in attempt(attributes.keys):
                    attempt(partial(attributes.get, name))
                if isinstance(value, h5py.Dataset):
                    # What lies in one piece is copied, not searched for.
                    if value.chunks is not None or value.dtype.hasobject:
                        attempt(partial(value.__getitem__, ()))
                elif isinstance(value, h5py.Group) and value.id not in seen:
                    seen.add(value.id)
                    waiting.append(value)


if __name__ == "__main__":
    _read(sys.argv[1])
