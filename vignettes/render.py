"""Run a vignette and write it down with what it printed, returned and drew.

    python vignettes/render.py vignettes/01_binary_classification_imdb.py

A vignette is a Python script in the percent format: ``# %%`` begins a cell of code and
``# %% [markdown]`` one of text. Beside ``name.py`` this writes ``name.md`` and, for its
pictures, ``name-1.png`` and so on.
"""

from __future__ import annotations

import ast
import contextlib
import io
import re
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

_CELL = re.compile(r"^# %%(?P<text> \[markdown\])?\n", flags=re.MULTILINE)


def cells(script: str) -> Iterator[tuple[bool, str]]:
    """Give each cell of a script: whether it is text, and its content."""
    _, *parts = _CELL.split(script)
    for text, content in zip(parts[::2], parts[1::2], strict=True):
        if text:
            content = re.sub(r"^# ?", "", content, flags=re.MULTILINE)
        yield bool(text), content.strip("\n")


def render(file: Path) -> None:
    """Write the executed document of a vignette beside it."""
    namespace: dict[str, Any] = {"__name__": "__main__"}
    parts = []
    pictures = 0
    with tempfile.TemporaryDirectory() as folder:
        for text, content in cells(file.read_text(encoding="utf-8")):
            if text:
                parts.append(content)
                continue
            parts.append(f"```python\n{content}\n```")
            with contextlib.chdir(folder):
                printed, value = run(content, namespace)
            if printed.strip():
                parts.append(_block(printed))
            if type(value).__name__ in ("ggplot", "Picture"):
                pictures += 1
                picture = file.with_name(f"{file.stem}-{pictures}.png")
                if type(value).__name__ == "Picture":
                    value.savefig(picture, dpi=120)
                else:
                    value.save(picture, dpi=120, verbose=False)
                parts.append(f"![Plot {pictures}]({picture.name})")
            elif value is not None:
                parts.append(_block(repr(value)))
    document = "\n\n".join(parts) + "\n"
    file.with_suffix(".md").write_text(document, encoding="utf-8")


def run(code: str, namespace: dict[str, Any]) -> tuple[str, Any]:
    """Run a cell; return what it printed and the value of its last expression."""
    module = ast.parse(code)
    last = None
    if module.body and isinstance(module.body[-1], ast.Expr):
        last = ast.Expression(module.body.pop().value)  # type: ignore[attr-defined]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        exec(compile(module, "<cell>", "exec"), namespace)
        value = eval(compile(last, "<cell>", "eval"), namespace) if last else None
    return printed.getvalue(), value


def _block(output: str) -> str:
    lines = [line.rstrip() for line in output.strip("\n").splitlines()]
    return "\n".join(["```text", *lines, "```"])


if __name__ == "__main__":
    for name in sys.argv[1:]:
        render(Path(name))
