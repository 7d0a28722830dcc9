"""The examples of a document: found, run from top to bottom, held against it.

A block of code that a block ``text`` follows must print, or have as its value, that
text; ``…`` in the text stands for whatever is there.
"""

from __future__ import annotations

import contextlib
import importlib.util
import io
import re
import textwrap
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any, NamedTuple

ROOT = Path(__file__).parents[1]

_BLOCK = re.compile(
    r"^( *)(`{3,}) ?(?:\{\.)?(\w+)[^\n]*\n(.*?)^\1\2$", re.MULTILINE | re.DOTALL
)

#: Runs a block of code and returns what it shows.
Runner = Callable[[str], str]


class Example(NamedTuple):
    """A block of code, the text that the document shows for it, and its line there."""

    language: str
    code: str
    shown: str | None
    line: int


def examples(document: str) -> list[Example]:
    """Return the blocks of code of a Markdown document, in their order."""
    found: list[Example] = []
    end = 0
    for block in _BLOCK.finditer(document):
        language, code = block[3], textwrap.dedent(block[4])
        if language == "text":
            if found and not document[end : block.start()].strip():
                found[-1] = found[-1]._replace(shown=code)
        else:
            line = document.count("\n", 0, block.start()) + 1
            found.append(Example(language, code, None, line))
        end = block.end()
    return found


def code_of(document: str, language: str) -> list[str]:
    """Return the code of the blocks in a language."""
    return [one.code for one in examples(document) if one.language == language]


def run_examples(document: str, runners: Mapping[str, Runner]) -> Iterator[str]:
    """Run the blocks that have a runner; give what is not as shown, in words."""
    for one in examples(document):
        if one.language not in runners:
            continue
        try:
            output = runners[one.language](one.code)
        except Exception as error:
            yield f"line {one.line}: {type(error).__name__}: {error}"
            continue
        if one.shown is None:
            continue
        if not one.shown.strip() or not is_as_shown(output, one.shown):
            yield f"line {one.line} shows\n{one.shown}\nand gives\n{output}"


def is_as_shown(output: str, shown: str) -> bool:
    """Tell whether output is what a document shows, spaces at the ends of lines aside.

    >>> is_as_shown("loss: 0.25", "loss: …"), is_as_shown("loss: 0.25", "loss: 0.5")
    (True, False)
    """
    pattern = ".*".join(map(re.escape, _tidy(shown).split("…")))
    return re.fullmatch(pattern, _tidy(output), re.DOTALL) is not None


def _tidy(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip("\n").splitlines())


# Runners ------------------------------------------------------------------------------


def renderer() -> ModuleType:
    """Return the module that executes the vignettes."""
    file = ROOT / "vignettes" / "render.py"
    spec = importlib.util.spec_from_file_location("render", file)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def python_runner() -> Runner:
    """Return what runs Python code in one namespace, and shows the last value."""
    run = renderer().run
    namespace: dict[str, Any] = {"__name__": "__main__"}

    def show(code: str) -> str:
        printed, value = run(code, namespace)
        return str(printed) + ("" if value is None else repr(value))

    return show


def r_runner() -> Runner:
    """Return what runs R code as a script, with no variable and no package of ours."""
    from rkeras_port import r

    session = r.session()
    session.run("rm(list = ls())")
    session.run(
        "for (one in grep('^package:(keras3?|reticulate)$', search(), value = TRUE)) "
        "detach(one, character.only = TRUE)"
    )

    def show(code: str) -> str:
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            session.run(code + "\n")
        return printed.getvalue()

    return show
