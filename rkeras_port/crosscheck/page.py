"""What the HTML pages share: style, highlighted code, tables."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from html import escape
from importlib.resources import files
from pathlib import PurePath
from string import Template

_LANGUAGES = {".r": "r", ".py": "python", ".rmd": "markdown", ".md": "markdown"}


def fill(template: str, **parts: str) -> str:
    """Return a page: a template of this package with its parts and the style put in."""
    folder = files(__package__)
    style = folder.joinpath("page.css").read_text(encoding="utf-8")
    text = folder.joinpath(template).read_text(encoding="utf-8")
    return Template(text).substitute(style=style, **parts)


def language(source: str) -> str:
    """Return the language that a file's name tells.

    Examples
    --------
    >>> language("analysis.R"), language("analysis.py"), language("notes")
    ('r', 'python', 'text')
    """
    return _LANGUAGES.get(PurePath(source).suffix.lower(), "text")


def highlight(code: str, language: str) -> list[str]:
    """Return the lines of code as HTML with the classes of Pygments."""
    from pygments import highlight as highlighted
    from pygments.formatters import HtmlFormatter
    from pygments.lexers import get_lexer_by_name

    # Numbers of lines must stay what they are in the file.
    lexer = get_lexer_by_name(language, stripnl=False)
    lines = highlighted(code, lexer, HtmlFormatter(nowrap=True)).split("\n")
    return lines[:-1] if lines and not lines[-1] else lines


def numbered_code(
    code: str, language: str, anchor: str, marked: Collection[int] = ()
) -> str:
    """Return code with a number before each line, which is also a place to link to."""
    rows = (
        f'<span class="line{" marked" if number in marked else ""}" '
        f'id="{anchor}-{number}">{line or " "}\n</span>'
        for number, line in enumerate(highlight(code, language), 1)
    )
    return f'<pre tabindex="0"><code class="numbered">{"".join(rows)}</code></pre>'


def table(
    caption: str,
    head: Sequence[str],
    rows: Iterable[Sequence[str]],
    *,
    foot: Sequence[str] = (),
    numbers: Collection[int] = (),
) -> str:
    """Return a table of cells that are HTML; the first of each row is its heading."""

    def row(cells: Sequence[str], kind: str) -> str:
        out = []
        for i, cell in enumerate(cells):
            tag = "th" if kind == "col" or i == 0 else "td"
            scope = f' scope="{kind}"' if tag == "th" else ""
            right = ' class="number"' if i in numbers else ""
            out.append(f"<{tag}{scope}{right}>{cell}</{tag}>")
        return f"<tr>{''.join(out)}</tr>"

    body = "\n".join(row(cells, "row") for cells in rows)
    last = f"<tfoot>{row(foot, 'row')}</tfoot>" if foot else ""
    return (
        f'<div class="wide" role="region" tabindex="0" aria-label="{escape(caption)}">'
        f"<table><caption>{escape(caption)}</caption>"
        f"<thead>{row(head, 'col')}</thead><tbody>{body}</tbody>{last}</table></div>"
    )
