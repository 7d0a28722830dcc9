"""Text files that are complete or not there."""

from __future__ import annotations

import tempfile
from pathlib import Path


def write_text(path: Path, text: str) -> None:
    """Write a file in UTF-8 that takes the place of an older one once it is complete.

    Raises
    ------
    OSError
        If it cannot be written; an older file is then as it was.
    """
    with tempfile.TemporaryDirectory(prefix=".writing-", dir=path.parent) as folder:
        # Inside the same folder, so that moving is renaming.
        complete = Path(folder, path.name)
        # Half of a character that UTF-8 cannot hold must not cost the whole file.
        complete.write_text(text, encoding="utf-8", errors="backslashreplace")
        complete.replace(path)
