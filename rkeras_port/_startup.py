"""Start TensorFlow without what its C++ half says of itself meanwhile.

It writes to file descriptor 2, past Python and past TF_CPP_MIN_LOG_LEVEL, and so into
every terminal, log and document.
"""

from __future__ import annotations

import os
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager

OWN_LINES = re.compile(
    r"WARNING: All log messages before absl"
    r"|[IWE]0000 "
    r"|\d{4}-\d\d-\d\d [\d:.]+: [IWE] (tensorflow|external)/"
    r"|To enable the following instructions"
)


@contextmanager
def quiet_start() -> Iterator[None]:
    """Drop those lines, and no others, if the block is what imports TensorFlow."""
    if "tensorflow" in sys.modules:
        yield
        return
    try:
        sys.stderr.flush()
        real = os.dup(2)
    except (AttributeError, OSError):  # there is no such descriptor here
        yield
        return
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        try:
            yield
            _look_for_devices()
        finally:
            sys.stderr.flush()
            os.dup2(real, 2)
            os.close(real)
            said.seek(0)
            for line in said.read().decode("utf-8", "replace").splitlines(True):
                if not OWN_LINES.match(line):
                    sys.stderr.write(line)


def _look_for_devices() -> None:
    """Have it said now that there is no GPU, not at the first operation."""
    if "tensorflow" in sys.modules:
        sys.modules["tensorflow"].config.list_physical_devices()
