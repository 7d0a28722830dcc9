"""The report as an HTML page."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser

import handmade
import pytest

from rkeras_port.crosscheck.comparison import Comparison
from rkeras_port.crosscheck.observations import Failure, Observation
from rkeras_port.crosscheck.report_html import to_html, write_html

CASES = {
    "agreeing": lambda: [handmade.agreeing()],
    "differing": lambda: [handmade.differing()],
    "failed": lambda: [handmade.failed()],
    "third": handmade.third,
    "nothing": lambda: [Comparison(handmade.r_side(), handmade.python_side())],
}
EMPTY = {"meta", "link", "br", "img", "path", "circle"}


class Reader(HTMLParser):
    """Notes elements, attributes and text, and that elements close in order."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(page)
        self.close()
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_endtag(self, tag):
        if tag not in EMPTY:
            assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.text += data

    def all(self, tag):
        return [attributes for name, attributes in self.elements if name == tag]


def words(text: str) -> str:
    return " ".join(text.split())


@pytest.mark.parametrize("name", CASES)
def test_the_page_stands_alone_and_is_accessible(name, tmp_path):
    file = tmp_path / "report.html"
    write_html(CASES[name](), file)
    text = file.read_text(encoding="utf-8")
    page = Reader(text)
    assert list(tmp_path.iterdir()) == [file]
    assert not page.all("script")
    for _, attributes in page.elements:
        for key in ("src", "href"):
            assert (attributes.get(key) or "#").startswith(("#", "data:"))
    assert "url(" not in text
    assert "@import" not in text
    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("h1")) == 1
    assert len(page.all("caption")) == len(page.all("table"))
    for picture in page.all("svg"):
        assert picture["role"] == "img"
        assert picture["aria-label"]
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))
    for link in page.all("a"):
        assert link["href"][1:] in ids


def test_verdict_and_both_codes():
    page = Reader(to_html([handmade.agreeing()]))
    text = words(page.text)
    assert "✓ R and Python agree: 5 checks, to the last bit" in text
    assert words(handmade.R_CODE) in text
    assert words(handmade.PYTHON_CODE) in text


def test_courses_of_both_sides_lie_on_each_other():
    page = to_html([handmade.agreeing()])
    for part in ("training", "validation"):
        lines = re.findall(rf'class="line-{part}" d="M([^"]*)h0"', page)
        assert len(lines) == 2  # accuracy and loss
        dots = re.findall(rf'class="dot-{part}" cx="(\S+)" cy="(\S+)"', page)
        bends = re.findall(r"(\d+\.\d) (\d+\.\d)", " ".join(lines))
        assert sorted(dots) == sorted(bends)
        assert len(dots) == 8


def test_a_value_that_is_not_finite_leaves_a_gap():
    page = to_html([handmade.differing()])
    assert len(re.findall('<circle class="dot-validation"', page)) == 7
    assert "nan" not in "".join(re.findall("<svg.*?</svg>", page, re.DOTALL))


def test_a_third_side_is_drawn_and_named():
    page = Reader(to_html(handmade.third()))
    text = words(page.text)
    assert "R: line; Python: dots; keras3: crosses" in text
    assert "cross-training" in {a.get("class") for a in page.all("path")}
    assert "✗ R and keras3 differ" in text
    assert "R and keras3 analysis.R, 12.3 s, 14.0 s" in text
    assert text.count("history <- model") == 1


def test_layers_with_parameters_and_their_total():
    rows = re.findall(r"<tr>.*?</tr>", to_html([handmade.differing()]), re.DOTALL)
    cells = [words(re.sub("<[^>]*>", " ", row)) for row in rows]
    assert "dense Dense (None, 16) / (None, 8) 160,016 80,008" in cells
    assert "dense_1 Dense (None, 1) 17 9" in cells
    assert "total 160,033 80,017" in cells


def test_the_split_in_words():
    same = words(Reader(to_html([handmade.agreeing()])).text)
    assert (
        "split 1: rows 1 to 10,000 of 25,000 held out in R; "
        "rows 0 to 9,999 in Python: the same rows." in same
    )
    other = words(Reader(to_html([handmade.differing()])).text)
    assert "rows 15,000 to 24,999 in Python: 0 rows in common." in other


def test_the_first_difference_points_to_the_lines():
    text = to_html([handmade.differing()])
    page = Reader(text)
    assert words(page.text).index("differ first") < words(page.text).index("The code")
    assert '<a href="#side-0-8">analysis.R:8</a>' in text
    marked = [a["id"] for a in page.all("span") if a.get("class") == "line marked"]
    assert marked == ["side-0-8", "side-1-10"]
    line = re.search(r'id="side-0-8">(.*?)\n', text)[1]
    assert html.unescape(re.sub("<[^>]*>", "", line)) == "history <- model |> fit("


HOSTILE = "<script>alert(\"1\")</script> & 'ü' 日本 ${x} $y \ud800"


def test_all_text_of_the_user_is_escaped(tmp_path):
    one = handmade.differing()
    for side in (one.left, one.right):
        side.label += HOSTILE
        side.source = HOSTILE
        side.code += f"# {HOSTILE}\n"
        side.environment[HOSTILE] = side.label
        side.failure = Failure(HOSTILE, HOSTILE + ":3")
    layer = {"class": HOSTILE, "name": HOSTILE, "output_shape": HOSTILE}
    seen = [
        Observation("model", HOSTILE, {"layers": [layer]}, HOSTILE + ":2"),
        Observation("history", HOSTILE, {"metrics": {HOSTILE: [1.0]}}, HOSTILE),
        Observation("split", HOSTILE, {}, None),
    ]
    for content in seen:
        made = handmade.check(content.kind, content.name, {}, {}, rule=HOSTILE)
        one.checks.append(type(made)(made.kind, made.name, HOSTILE, content, content))
    file = tmp_path / "report.html"
    write_html([one], file)
    text = file.read_text(encoding="utf-8")
    assert "<script" not in text
    assert not Reader(text).all("script")
    assert "日本" in text
    assert "${x} $y" in text


@pytest.mark.parametrize(
    "kind", ["model", "compile", "weights", "split", "history", "evaluation", "draw"]
)
def test_contents_without_their_keys_are_no_error(kind):
    one = handmade.agreeing()
    one.checks = [handmade.check(kind, f"{kind} 1", {}, {})]
    assert f"{kind} 1" in to_html([one])
    one.checks = [handmade.check(kind, f"{kind} 1", None, {})]
    assert "only in Python" in to_html([one])
