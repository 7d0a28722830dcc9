"""Chunks of Python in R Markdown documents, run statement by statement.

They run in the module `__main__`, which R knows as `py`, where `r` stands for R's
variables: ``py$x`` in a chunk of R, ``r.x`` in one of Python.
"""

from __future__ import annotations

import ast
import os
import sys
import traceback
import warnings
from collections.abc import Callable
from pathlib import Path
from typing import Any

from rkeras_port.r.verbs import main

os.environ.setdefault("MPLBACKEND", "agg")


class Variables:
    """R's variables as attributes.

    Parameters
    ----------
    get : callable
        From a name to a value.
    put : callable
        Takes a name and a value.
    """

    def __init__(
        self, get: Callable[[str], Any], put: Callable[[str, Any], None]
    ) -> None:
        object.__setattr__(self, "_access", (get, put))

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self._access[0](name)

    def __setattr__(self, name: str, value: Any) -> None:
        self._access[1](name, value)

    def __getitem__(self, name: str) -> Any:
        return self._access[0](name)

    def __setitem__(self, name: str, value: Any) -> None:
        self._access[1](name, value)


class Chunk:
    """The statements of a chunk.

    Parameters
    ----------
    code : str
        Python code.
    label : str
        The chunk's, for tracebacks.
    variables : Variables
        What `r` stands for.

    Raises
    ------
    SyntaxError
        If it is not valid Python.

    Examples
    --------
    >>> Chunk("x = 6; x * 7", "sum", Variables(dict.get, dict.update)).file
    '<chunk sum>'
    """

    def __init__(self, code: str, label: str, variables: Variables) -> None:
        self.file = f"<chunk {label}>"
        self.variables = variables
        self.statements = ast.parse(code, self.file).body
        lines = code.split("\n")
        starts = [_first_line(statement) for statement in self.statements]
        ends = [*(start - 1 for start in starts[1:]), len(lines)]
        starts[:1] = [1] if starts else []
        # Comments and empty lines belong to the statement before them.
        pairs = zip(starts, ends, strict=True)
        self.sources = ["\n".join(lines[start - 1 : end]) for start, end in pairs]

    def run(self, i: int, picture: Callable[[], str], size: list[float]) -> list[str]:
        """Run a statement; print its value, or draw it, as the last line of a cell.

        Parameters
        ----------
        i : int
            Which one, from 0.
        picture : callable
            Gives a path for the next picture.
        size : list of float
            Width and height in inches, and dots per inch.

        Returns
        -------
        list of str
            The pictures that were drawn.
        """
        space = main().__dict__
        space.setdefault("r", self.variables)
        statement = self.statements[i]
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", ".*is non-interactive.*")
            if not isinstance(statement, ast.Expr):
                exec(self._compiled(ast.Module([statement], []), "exec"), space)
                return _figures(picture, size) if self._is_last(i) else []
            code = self._compiled(ast.Expression(statement.value), "eval")
            value = eval(code, space)
        if type(value).__module__.startswith("plotnine."):
            path = picture()
            value.save(path, width=size[0], height=size[1], dpi=size[2], verbose=False)
            return [path]
        if hasattr(type(value), "_repr_png_"):
            path = picture()
            Path(path).write_bytes(value._repr_png_())
            return [path]
        drawn = _figures(picture, size) if self._is_last(i) or _shows(statement) else []
        if value is not None and not drawn:
            print(repr(value))
        return drawn

    def _compiled(self, tree: Any, mode: str) -> Any:
        return compile(tree, self.file, mode)

    def _is_last(self, i: int) -> bool:
        return i == len(self.statements) - 1


def _first_line(statement: ast.stmt) -> int:
    decorators = getattr(statement, "decorator_list", [])
    return min([statement.lineno, *(one.lineno for one in decorators)])


def _shows(statement: ast.Expr) -> bool:
    call = statement.value
    return isinstance(call, ast.Call) and getattr(call.func, "attr", "") == "show"


def _figures(picture: Callable[[], str], size: list[float]) -> list[str]:
    """Save the open figures of matplotlib, and close them."""
    pyplot = sys.modules.get("matplotlib.pyplot")
    if pyplot is None:
        return []
    paths = []
    for number in pyplot.get_fignums():
        paths.append(picture())
        pyplot.figure(number).savefig(paths[-1], dpi=size[2])
        pyplot.close(number)
    return paths


def line_of(error: BaseException) -> int | None:
    """Return the line of a chunk at which an exception arose."""
    if isinstance(error, SyntaxError) and error.filename:
        return error.lineno
    places = traceback.extract_tb(error.__traceback__)
    lines = [p.lineno for p in places if p.filename.startswith("<chunk ")]
    return lines[-1] if lines else None
