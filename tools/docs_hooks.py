"""What the build of the documentation adds to the pages of docs/.

Tutorials come from vignettes/, code of the workflow from README.md, tables from the
project's own TOML and CSV files: each stands in one place, and is brought in here. A
page asks for a part with a line ``<!-- insert: name -->``.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from textwrap import indent
from typing import Any

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
PACKAGE = ROOT / "rkeras_port"

#: The vignette whose two languages stand beside each other.
SIDE_BY_SIDE = "01_binary_classification_imdb"

#: A page with more functions than these begins with a list of them.
LONG = 20


def _text(*parts: str) -> str:
    return ROOT.joinpath(*parts).read_text(encoding="utf-8")


# Navigation and files -----------------------------------------------------------------


def on_config(config: MkDocsConfig) -> MkDocsConfig:
    """Put the pages of the function families into the navigation."""
    index = "reference/README.md"
    (section,) = (one["Reference"] for one in config["nav"] if "Reference" in one)
    place = section.index(index)
    families = sorted(Path(config["docs_dir"], "reference").glob("*.md"))
    names = [f"reference/{file.name}" for file in families]
    by_family = [name for name in names if name != index]
    section[place + 1 : place + 1] = [{"R's functions, by family": by_family}]
    return config


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the tutorials with their pictures, and the picture of the benchmarks."""
    vignettes = ROOT / "vignettes"
    for document in sorted(vignettes.glob("*.md")):
        aside = document.stem == SIDE_BY_SIDE
        content = side_by_side() if aside else document.read_text(encoding="utf-8")
        files.append(_file(config, f"tutorials/{document.name}", content))
    for picture in sorted(vignettes.glob("*.png")):
        name = f"tutorials/{picture.name}"
        files.append(_file(config, name, picture.read_bytes()))
    growth = ROOT / "benchmarks" / "results" / "growth.png"
    files.append(_file(config, "assets/growth.png", growth.read_bytes()))
    return files


def _file(config: MkDocsConfig, name: str, content: str | bytes) -> File:
    return File.generated(config, name, content=content)


# Pages --------------------------------------------------------------------------------


def on_page_markdown(
    markdown: str, page: Page, config: MkDocsConfig, files: Files
) -> str:
    """Put the parts in that a page asks for, and make reference pages easy to scan."""
    source = page.file.src_uri
    if source.startswith("reference/") and not source.endswith("README.md"):
        return scannable(markdown)
    return re.sub(
        r"^( *)<!-- insert: (\w+) -->$",
        lambda found: indent("\n".join(INSERTS[found[2]]()), found[1]),
        markdown,
        flags=re.MULTILINE,
    )


def scannable(markdown: str) -> str:
    """Wrap the lines of calls, and put a list of the functions in front of many."""
    markdown = re.sub(r"^```(python|r)$", r"``` { .\1 .call }", markdown, flags=re.M)
    names = re.findall(r"^## `(.*)`$", markdown, flags=re.M)
    if len(names) <= LONG:
        return markdown
    links = [f"[`{name}`](#{name})" for name in names if name.isidentifier()]
    head, rest = markdown.split("\n## ", 1)
    listed = (
        '<div class="functions" data-search-exclude markdown>\n'
        + "\n".join(links)
        + "\n</div>"
    )
    return f"{head}\n{listed}\n\n## {rest}"


def side_by_side() -> str:
    """Return the page with the executed R and Python documents as Markdown."""
    html = _text("vignettes", f"{SIDE_BY_SIDE}.html")
    title = re.search(r"<h1>(.*?)</h1>", html)
    assert title is not None
    parts = ["---\nhide: [navigation, toc]\n---", f"# {title[1]}", *_opening()]
    for section in re.findall(r"<section>(.*?)</section>", html, flags=re.DOTALL):
        heading = re.match(r"<h2[^>]*>(.*?)</h2>", section)
        if heading:
            parts.append(f"## {heading[1]}")
            section = section[heading.end() :]
        # The theme colours code, and offers to copy it, inside this class.
        section = re.sub(
            r'<pre tabindex="0">(<code>.*?</code>)</pre>',
            r'<div class="highlight"><pre>\1</pre></div>',
            section,
            flags=re.DOTALL,
        )
        parts.append(section)
    return "\n\n".join(parts) + "\n"


def _opening() -> Iterator[str]:
    yield (
        "The same workflow twice, each half as it was executed: on the left an R "
        "Markdown document for `library(keras)`, on the right a Python script. On a "
        "narrow screen they stand below each other."
    )
    yield "[TOC]"


# Parts --------------------------------------------------------------------------------


def _readme_code(language: str) -> Iterator[str]:
    """Give the first block of code that the README has in a language."""
    block = re.search(rf"^```{language}\n.*?^```$", _text("README.md"), re.M | re.S)
    assert block is not None
    yield block[0]


def _differences() -> Iterator[str]:
    families = _families()
    text = (PACKAGE / "catalogue" / "differences.toml").read_text(encoding="utf-8")
    for one in tomllib.loads(text)["difference"]:
        names = [
            f"[`{name}`](reference/{families[name]}.md#{name})"
            if name in families
            else f"`{name}`"
            for name in one["name"].split(", ")
        ]
        argument = f": `{one['argument']}`" if "argument" in one else ""
        yield ", ".join(names) + argument
        for label in ("original", "ours", "reason"):
            yield f":   *{_LABELS[label]}* {one[label]}"
        yield ""


_LABELS = {"original": "keras3:", "ours": "Here:", "reason": "Why:"}


def _families() -> dict[str, str]:
    """Return on which reference page each function is that can be linked to."""
    return {
        name: page.stem
        for page in sorted((ROOT / "docs" / "reference").glob("[a-z]*.md"))
        for name in re.findall(r"^## `(\w+)`$", page.read_text("utf-8"), flags=re.M)
    }


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _rules() -> Iterator[str]:
    text = (PACKAGE / "crosscheck" / "rules.toml").read_text(encoding="utf-8")
    yield "| observed | may differ by | why |"
    yield "|---|---|---|"
    for kind, rule in tomllib.loads(text).items():
        if kind == "exact":
            continue
        tolerance = "nothing"
        if "relative" in rule:
            tolerance = f"{rule['absolute']:g} + {rule['relative']:g} · value"
        yield f"| {kind} | {tolerance} | {rule['reason'].removeprefix('exact: ')} |"


def _gone() -> Iterator[str]:
    yield "| function | why | instead |"
    yield "|---|---|---|"
    for row in _rows(PACKAGE / "catalogue" / "legacy" / "gone.tsv", "\t"):
        yield f"| `{row['name']}` | {_cell(row['why'])} | {_cell(row['instead'])} |"


def _growth() -> Iterator[str]:
    rows = _rows(ROOT / "benchmarks" / "results" / "growth.csv", ",")
    yield "| rows | way | CPU seconds an epoch | peak memory, GB |"
    yield "|---:|---|---:|---:|"
    for row in rows:
        if row["grows"] == "rows":
            figures = f"{float(row['cpu seconds']):.2f} | {float(row['peak GB']):.1f}"
            yield f"| {int(row['rows']):,} | {row['way']} | {figures} |"


def _rows(file: Path, delimiter: str) -> list[dict[str, Any]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines, delimiter=delimiter))


INSERTS = {
    "workflow_python": lambda: _readme_code("python"),
    "workflow_r": lambda: _readme_code("r"),
    "differences": _differences,
    "rules": _rules,
    "gone": _gone,
    "growth": _growth,
}
