"""Two vignettes on one HTML page, R's beside Python's, section by section.

python -m rkeras_port.crosscheck.side_by_side analysis.Rmd analysis.md page.html
"""

from __future__ import annotations

import base64
import mimetypes
import re
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from html import escape, unescape
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rkeras_port.errors import ArgumentError

from . import page
from .files import write_text

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.token import Token

#: A page beyond this is no longer one that is read, or kept under version control.
LARGEST = 2**20

_HEADER = re.compile(r"\A---\n(?P<fields>.*?)^---\n", re.DOTALL | re.MULTILINE)
_TITLE = re.compile(r"^title: *(?P<quote>[\"']?)(?P<title>.*?)(?P=quote) *$", re.M)


_IMAGE = re.compile(r'<img src="(?P<source>[^"]*)"[^>]* alt="(?P<told>[^"]*)"')


@dataclass
class _Section:
    """A heading, "" before the first, and what stands below it."""

    heading: str
    tokens: list[Token] = field(default_factory=list)


@dataclass(frozen=True)
class _Document:
    label: str
    title: str
    parser: MarkdownIt
    sections: list[_Section]


def write_side_by_side(r: str | Path, python: str | Path, path: str | Path) -> None:
    """Write what two executed documents say, side by side, as one HTML file.

    Sections with the same heading stand beside each other; one that only one document
    has stands alone, in its place. Pictures are in the page.

    Parameters
    ----------
    r : path
        ``*.Rmd``, which is run, in this process's R; or the ``*.md`` that knitr has
        made of one.
    python : path
        The ``*.md`` of an executed vignette; or its ``*.py``, which has the ``*.md``
        beside it. It is not run.
    path : path
        The HTML file; it is there complete or not at all.

    Raises
    ------
    ArgumentError
        If a document or one of its pictures does not exist, or the page would be larger
        than 1 MiB.
    RError, MissingDependencyError
        If the R document fails, or R or knitr is missing.

    Notes
    -----
    R: `knitr::knit`.
    """
    r, python, path = Path(r), Path(python), Path(path)
    # Before R runs, which may take minutes.
    right = _read("Python", _executed(python), "python")
    if r.suffix.lower() == ".rmd":
        with tempfile.TemporaryDirectory() as folder:
            _write(_read("R", _knit(r, Path(folder)), "r"), right, path)
    else:
        _write(_read("R", r, "r"), right, path)


def _write(left: _Document, right: _Document, path: Path) -> None:
    text = _page(left, right)
    size = len(text.encode())
    if size > LARGEST:
        raise ArgumentError(
            "write_side_by_side",
            "path",
            f"would be larger than {LARGEST:,} bytes",
            received=f"{size:,} bytes",
            remedy="Draw smaller pictures.",
        )
    write_text(path, text)


def _executed(python: Path) -> Path:
    return python.with_suffix(".md") if python.suffix == ".py" else python


def _knit(file: Path, folder: Path) -> Path:
    from rkeras_port.r import session
    from rkeras_port.r.documents import plainly_named

    _require(file, "r")
    with plainly_named(file) as source:
        made = session()._call(".knit", str(file.resolve()), str(source), str(folder))
    return Path(made)


def _require(file: Path, argument: str) -> None:
    if not file.is_file():
        raise ArgumentError(
            "write_side_by_side",
            argument,
            "is a file, or has one beside it, that does not exist",
            received=str(file),
            remedy="Render the vignettes first.",
        )


def _read(label: str, file: Path, argument: str) -> _Document:
    _require(file, argument)
    text = file.read_text(encoding="utf-8")
    title = ""
    if header := _HEADER.match(text):
        text = text[header.end() :]
        named = _TITLE.search(header["fields"])
        title = named["title"] if named else ""
    parser = _parser(label, file.parent)
    sections = [_Section("")]
    tokens = iter(parser.parse(text))
    for token in tokens:
        if token.type == "heading_open" and token.tag in ("h1", "h2"):
            heading = next(tokens).content
            next(tokens)  # its end
            if token.tag == "h2":
                sections.append(_Section(heading))
            else:
                title = title or heading
        else:
            sections[-1].tokens.append(token)
    return _Document(label, title, parser, sections)


def _page(left: _Document, right: _Document) -> str:
    contents, parts = [], []
    for number, pair in enumerate(_aligned(left.sections, right.sections)):
        heading = next(one.heading for one in pair if one is not None)
        if heading:
            contents.append(f'<li><a href="#s{number}">{escape(heading)}</a></li>')
        sides = "".join(
            f'<div class="side {document.label.lower()}">'
            f'<p class="label">{document.label}</p>{_html(section, document)}</div>'
            for section, document in zip(pair, (left, right), strict=True)
            if section is not None and (heading or section.tokens)
        )
        if sides:
            shown = f'<h2 id="s{number}">{escape(heading)}</h2>' if heading else ""
            parts.append(f'<section>{shown}<div class="sides">{sides}</div></section>')
    return page.fill(
        "side_by_side.html",
        title=escape(right.title or left.title),
        contents="".join(contents),
        content="\n".join(parts),
    )


def _aligned(
    left: Sequence[_Section], right: Sequence[_Section]
) -> Iterator[tuple[_Section | None, _Section | None]]:
    """Give sections with the same heading together, and the others in their places."""
    a, b = (
        [" ".join(s.heading.lower().split()) for s in side] for side in (left, right)
    )
    for kind, i, i_end, j, j_end in SequenceMatcher(None, a, b, False).get_opcodes():
        if kind == "equal":
            yield from zip(left[i:i_end], right[j:j_end], strict=True)
        else:
            yield from ((one, None) for one in left[i:i_end])
            yield from ((None, one) for one in right[j:j_end])


def _html(section: _Section, document: _Document) -> str:
    parser = document.parser
    return str(parser.renderer.render(section.tokens, parser.options, {}))


def _parser(label: str, folder: Path) -> MarkdownIt:
    """Return what reads Markdown, and writes it with its code and pictures as HTML."""
    from markdown_it import MarkdownIt

    def fence(_: Any, tokens: Sequence[Token], i: int, *rest: Any) -> str:
        language, code = tokens[i].info.strip(), tokens[i].content
        if language in ("r", "python"):
            lines = "\n".join(page.highlight(code, language))
            return f'<pre tabindex="0"><code>{lines}</code></pre>'
        shown = escape(_uncommented(code))
        return f'<pre class="output" tabindex="0"><samp>{shown}</samp></pre>'

    def picture(source: str, told: str) -> str:
        file = folder / source
        _require(file, label.lower())
        kind = mimetypes.guess_type(file.name)[0] or "image/png"
        data = base64.b64encode(file.read_bytes()).decode()
        return f'<img alt="{escape(told)}" src="data:{kind};base64,{data}">'

    def image(_: Any, tokens: Sequence[Token], i: int, *rest: Any) -> str:
        told = tokens[i].content or "Plot"
        return picture(str(tokens[i].attrs["src"]), f"{told} ({label})")

    def html(_: Any, tokens: Sequence[Token], i: int, *rest: Any) -> str:
        # knitr writes a picture like this if its chunk says what is to be seen on it.
        found = _IMAGE.search(tokens[i].content)
        if found is None:
            return escape(tokens[i].content)
        return picture(unescape(found["source"]), unescape(found["told"]))

    # HTML is read only to be escaped.
    parser = MarkdownIt("commonmark", {"html": True}).enable("table")
    parser.add_render_rule("fence", fence)
    parser.add_render_rule("image", image)
    parser.add_render_rule("html_block", html)
    parser.add_render_rule("html_inline", html)
    return parser


def _uncommented(output: str) -> str:
    r"""Return printed text without the ``##`` that knitr puts before every line.

    Examples
    --------
    >>> _uncommented("## [1] 2"), _uncommented("## a\nb")
    ('[1] 2', '## a\nb')
    """
    lines = output.splitlines()
    if all(line.startswith("##") for line in lines):
        lines = [line[2:].removeprefix(" ") for line in lines]
    return "\n".join(lines)


if __name__ == "__main__":
    write_side_by_side(*sys.argv[1:])
