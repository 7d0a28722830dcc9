"""Two executed documents on one page."""

from __future__ import annotations

import base64
import html
import re
import subprocess
import sys
from pathlib import Path

import pytest

from rkeras_port.crosscheck.side_by_side import LARGEST, write_side_by_side
from rkeras_port.errors import ArgumentError

ROOT = Path(__file__).parents[2]
DOCUMENT = ROOT / "R" / "01-binary-classification-imdb.Rmd"
VIGNETTE = ROOT / "vignettes" / "01_binary_classification_imdb.py"
PAGE = VIGNETTE.with_suffix(".html")

PIXEL = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9"
    "awAAAABJRU5ErkJggg=="
)

R_PART = """---
title: "In R"
---

Before <script>alert(1)</script>.

## One

```r
x <- "<b>"
x
```

```
## [1] "<b>"
## ## kept
```

![curve](files/a.png)

## Only in R

`r`

## Two

| a | b |
|---|---|
| 1 | 2 |
"""

PYTHON_PART = """# In Python

## One

```python
x = "<b>"
print(x)
```

```text
## <b>
plain
```

## two

Done & dusted.

## Only in Python
"""


@pytest.fixture
def documents(tmp_path: Path) -> tuple[Path, Path, Path]:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a.png").write_bytes(PIXEL)
    r, python = tmp_path / "r.md", tmp_path / "python.md"
    r.write_text(R_PART, encoding="utf-8")
    python.write_text(PYTHON_PART, encoding="utf-8")
    return r, python, tmp_path / "page.html"


def text_of(page: str) -> str:
    body = page[page.index("<body") :]
    return html.unescape(re.sub("<[^>]+>", "", body))


def sections(page: str) -> list[tuple[str, list[str]]]:
    found = re.findall("<section>(.*?)</section>", page, re.DOTALL)
    return [
        (
            "".join(re.findall("<h2[^>]*>(.*?)</h2>", part)),
            re.findall('<p class="label">(.*?)</p>', part),
        )
        for part in found
    ]


def test_sections_with_the_same_heading_stand_together(documents):
    write_side_by_side(*documents)
    page = documents[2].read_text(encoding="utf-8")
    both = ["R", "Python"]
    assert sections(page) == [
        ("", ["R"]),
        ("One", both),
        ("Only in R", ["R"]),
        ("Two", both),
        ("Only in Python", ["Python"]),
    ]
    assert "<title>In Python</title>" in page
    anchors = re.findall('<a href="#(.*?)">', page)
    assert len(anchors) == 4
    assert set(anchors) <= set(re.findall('id="(.*?)"', page))


def test_code_output_pictures_and_tables(documents):
    write_side_by_side(*documents)
    page = documents[2].read_text(encoding="utf-8")
    text = text_of(page)
    assert 'x <- "<b>"\nx' in text
    assert 'x = "<b>"\nprint(x)' in text
    # knitr's marks are gone, what is marked only in part is as printed
    assert '[1] "<b>"\n## kept' in text
    assert "## <b>\nplain" in text
    data = base64.b64encode(PIXEL).decode()
    assert f'<img alt="curve (R)" src="data:image/png;base64,{data}">' in page
    assert re.search(r"<td>1</td>\s*<td>2</td>", page)
    assert "<script" not in page
    assert "Before <script>alert(1)</script>." in text


def test_a_script_stands_for_the_document_beside_it(documents):
    r, python, page = documents
    script = python.with_suffix(".py")
    script.write_text("raise SystemExit('must not run')")
    write_side_by_side(r, script, page)
    assert "Done & dusted." in text_of(page.read_text(encoding="utf-8"))


def test_an_r_document_is_run(documents, tmp_path):
    _, python, page = documents
    source = tmp_path / "analysis.Rmd"
    source.write_text(
        '---\ntitle: "t"\n---\n\n## One\n\n```{r}\n6 * 7\n```\n\n'
        "```{r, fig.alt = 'A line'}\nplot(1:2)\n```\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "rkeras_port.crosscheck.side_by_side"]
    subprocess.run([*command, source, python, page], check=True)
    text = page.read_text(encoding="utf-8")
    assert "6 * 7" in text_of(text)
    assert "<samp>[1] 42</samp>" in text
    assert text.count('<img alt="A line" src="data:image/png;base64,') == 1
    assert {file.name for file in tmp_path.iterdir()} == {
        "analysis.Rmd", "python.md", "r.md", "files", "page.html"
    }  # fmt: skip


def test_what_does_not_exist(documents):
    r, python, page = documents
    with pytest.raises(ArgumentError, match=r"`python`.*none\.md"):
        write_side_by_side(r, "none.py", page)
    with pytest.raises(ArgumentError, match=r"`r`.*none\.md"):
        write_side_by_side("none.md", python, page)
    (r.parent / "files" / "a.png").unlink()
    with pytest.raises(ArgumentError, match=r"a\.png"):
        write_side_by_side(r, python, page)
    assert not page.exists()


def test_a_page_that_is_too_large_is_refused(documents):
    r, python, page = documents
    page.write_text("older")
    (r.parent / "files" / "a.png").write_bytes(bytes(LARGEST))
    with pytest.raises(ArgumentError, match="Draw smaller pictures"):
        write_side_by_side(r, python, page)
    assert page.read_text() == "older"


def test_the_committed_page_is_of_the_vignettes_as_they_are():
    page = PAGE.read_text(encoding="utf-8")
    text = text_of(page)
    chunks = re.findall(
        r"^```\{r[^}]*\}\n(.*?)^```", DOCUMENT.read_text("utf-8"), re.M | re.S
    )
    cells = re.findall(
        r"^```python\n(.*?)^```", VIGNETTE.with_suffix(".md").read_text("utf-8"),
        re.M | re.S,
    )  # fmt: skip
    assert len(chunks) > 10
    assert len(cells) > 10
    # knitr shows a value below its line, so a chunk may be in several pieces.
    for parts in ("".join(chunks).split("\n"), cells):
        position = 0
        for part in parts:
            position = text.find(part.strip("\n"), position)
            assert position >= 0, f"make vignettes: {part[:60]!r} is not in the page"


def test_the_committed_page_is_small_and_of_no_machine():
    page = PAGE.read_text(encoding="utf-8")
    assert len(page.encode()) < LARGEST
    assert page.count('src="data:image/png;base64,') == 2
    text = text_of(page)
    assert not re.search(r"(?<![\w.])/(?:home|root|tmp|usr|work|Users)/", text)
    assert "Traceback" not in text
    assert text.count("160,305") >= 2
