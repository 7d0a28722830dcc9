"""R in notebooks: the magics ``%%R`` and ``%R``, plots inline, variables shared.

::

    %load_ext rkeras_port.r

    n = 16                                  # a cell of Python

    %%R                                     # a cell of R
    library(keras)
    model <- keras_model_sequential() %>% layer_dense(units = n)

    model.summary()                         # a cell of Python

A name means the same thing in both languages: what it was last assigned in either. A
variable is only converted when a cell of the other language uses it. R finds Python's
variables after its own and its packages' (a Python function called `list` does not
hide R's); ``-i`` assigns one in R whatever it is called, ``-o`` fetches one into
Python at once. What is changed *within* an object, without assigning to its name, is
seen on the other side only if the object is shared and not converted: a model is.

The magics of the package rpy2 are not used: they come with all of `rpy2.robjects`,
whose conversions and console would compete with those of the door, they share no
names, and R errors and Ctrl-C go through them in ways that this door exists to mend.
The options that they have in common mean the same here.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import re
import tempfile
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from IPython.core.error import InputRejected, UsageError
from IPython.core.interactiveshell import InteractiveShell
from IPython.display import Image, display

from rkeras_port.r.errors import RError
from rkeras_port.r.session import Session, session

_OPTION = re.compile(r"\s*(--?[a-zA-Z]+)[ =]+(\S+)")


def load_ipython_extension(shell: InteractiveShell) -> None:
    """Start R and add the magics: what ``%load_ext`` calls."""
    magics = Magics(shell, session())
    shell.register_magic_function(magics.cell, "cell", "R")  # type: ignore[arg-type]
    shell.register_magic_function(magics.line, "line", "R")  # type: ignore[arg-type]
    shell.ast_transformers.append(_Names(magics.variables))
    shell.events.register("post_run_cell", magics.variables.note_changes)


class Magics:
    """The two magics. Options are read by `_options`.

    Parameters
    ----------
    shell : InteractiveShell
        Whose variables are shared.
    r : Session
        The R that runs the cells.
    """

    def __init__(self, shell: InteractiveShell, r: Session) -> None:
        self.shell = shell
        self.r = r
        self.variables = Variables(shell, r)

    def cell(self, line: str, cell: str) -> None:
        """Run a cell of R: print what is visible and show what is drawn.

        %%R [-i NAMES] [-o NAMES] [-w WIDTH] [-h HEIGHT] [-u UNITS] [-r RES]

        -i, --input    Python variables to assign in R, separated by commas
        -o, --output   R variables to assign in Python
        -w, --width    width of plots; 7
        -h, --height   height of plots; 5
        -u, --units    of these: in, cm, mm or px; in
        -r, --res      pixels per inch; 100
        """
        self._run(line, cell, lambda code: self.r.run(code))

    def line(self, line: str) -> Any:
        """Run a line of R and return its value, if R would print it.

        %R [options] CODE

        The options are those of %%R.
        """
        return self._run(line, "", lambda code: self.r._call(".visible_value", code))

    def _run(self, line: str, cell: str, evaluate: Any) -> Any:
        options, rest = _options(line)
        code = f"{rest}\n{cell}" if rest else cell
        try:
            with tempfile.TemporaryDirectory() as folder:
                self.variables.to_r(options.input)
                self.r._call(".begin_cell", folder, *options.canvas)
                try:
                    return evaluate(code)
                finally:
                    assigned = self.r._call(".end_cell", code)
                    self.variables.to_python(assigned, options.output)
                    for page in sorted(Path(folder).glob("*.png")):
                        display(Image(page.read_bytes()))  # type: ignore[no-untyped-call]
        except RError as error:
            _show_without_frames(error)
            raise
        except SystemExit:
            raise UsageError(
                "q() ends a script; the R of a notebook ends with its kernel"
            ) from None


def _show_without_frames(error: RError) -> None:
    """Have IPython show R's message alone: Python's frames are all of the door."""
    error._render_traceback_ = lambda: [f"R error: {error}"]  # type: ignore[attr-defined]


class Variables:
    """The names that R and Python share, and in which of the two each is newer.

    Parameters
    ----------
    shell : InteractiveShell
        Python's variables.
    r : Session
        R's variables.
    """

    def __init__(self, shell: InteractiveShell, r: Session) -> None:
        self._shell = shell
        self._r = r
        # What a name stood for in Python when R last knew. Anything else is newer.
        self._noted: dict[str, Any] = {}
        self._newer_in_r: set[str] = set()
        self._used: set[str] = set()

    def to_r(self, wanted: Iterable[str] = ()) -> None:
        """Let R see Python's variables; assign those that are wanted there."""
        self.note_changes()
        own = self._own()
        newer = [name for name in own if name not in self._noted]
        self._r._call(".share_variables", list(own), newer, own.__getitem__)
        self._noted.update(own)
        for name in wanted:
            if name not in self._shell.user_ns:
                raise UsageError(f"-i {name}: Python has no variable of that name")
            self._r[name] = self._shell.user_ns[name]

    def to_python(self, assigned: Iterable[str], wanted: Iterable[str]) -> None:
        """Note what R has assigned; fetch what is wanted, or has been used."""
        for name in assigned:
            self._newer_in_r.add(name)
            self._noted[name] = self._shell.user_ns.get(name)
        self.fetch(self._used)
        for name in wanted:
            self._fetch(name)

    def fetch(self, used: set[str]) -> None:
        """Assign in Python what is newer in R, or only there, of the names used."""
        self._used |= used
        unknown = {
            name
            for name in used
            if name not in self._shell.user_ns and not hasattr(builtins, name)
        }
        known = self._r._call(".known_variables", list(unknown)) if unknown else []
        for name in used & self._newer_in_r | set(known):
            self._fetch(name)

    def note_changes(self, *_: Any) -> None:
        """Note which names stand for something else in Python than they did."""
        now = self._shell.user_ns
        for name in [n for n, v in self._noted.items() if now.get(n) is not v]:
            del self._noted[name]
            self._newer_in_r.discard(name)

    def _fetch(self, name: str) -> None:
        value = self._r[name]
        self._shell.user_ns[name] = self._noted[name] = value
        self._newer_in_r.discard(name)

    def _own(self) -> dict[str, Any]:
        hidden = self._shell.user_ns_hidden
        return {
            name: value
            for name, value in self._shell.user_ns.items()
            if not name.startswith("_") and hidden.get(name, self) is not value
        }


class _Names(ast.NodeTransformer):
    """Fetches from R the variables that a cell of Python uses; changes no code.

    A transformer and no event, because the code inside ``%%time`` comes by as well.
    """

    def __init__(self, variables: Variables) -> None:
        self._variables = variables

    def visit(self, node: ast.AST) -> ast.AST:
        used = {part.id for part in ast.walk(node) if isinstance(part, ast.Name)}
        try:
            # For R functions that the cell calls.
            self._variables.to_r()
            self._variables.fetch(used)
        except RError as error:
            raise InputRejected(str(error)) from error
        return node


def _options(line: str) -> tuple[argparse.Namespace, str]:
    """Split the line of a magic into its options and the R code after them.

    Only options in front are options: ``a -i`` is R code.
    """
    words = []
    while found := _OPTION.match(line):
        words += [found[1], found[2]]
        line = line[found.end() :]
    options = _parser.parse_args(words)
    options.canvas = (options.width, options.height, options.units, options.res)
    return options, line.strip()


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> Any:
        raise UsageError(f"%R: {message}")


def _names(text: str) -> list[str]:
    return [name for name in text.split(",") if name]


_parser = _Parser(prog="%R", add_help=False, allow_abbrev=False)
_parser.add_argument("-i", "--input", type=_names, default=[])
_parser.add_argument("-o", "--output", type=_names, default=[])
_parser.add_argument("-w", "--width", type=float, default=7.0)
_parser.add_argument("-h", "--height", type=float, default=5.0)
_parser.add_argument("-u", "--units", choices=("in", "cm", "mm", "px"), default="in")
_parser.add_argument("-r", "--res", type=int, default=100)
