"""The documentation site: it builds, its links lead somewhere, its examples run."""

import contextlib
import functools
import http.server
import os
import re
import shlex
import subprocess
import sys
import threading
import tomllib
from collections import defaultdict
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import browser
import click
import pytest
import typer
from document_examples import (
    code_of,
    examples,
    is_as_shown,
    python_runner,
    r_runner,
    run_examples,
)

import rkeras_port
from rkeras_port.coverage import exports

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
#: The pages that are written by hand.
PAGES = sorted(DOCS.glob("*.md"))

#: MkDocs, where whoever asks for another machine fails.
_OFFLINE = """
import sys

def refuse(event, args):
    if event in ("socket.connect", "socket.getaddrinfo"):
        raise SystemExit(f"the build asks for the network: {args}")

sys.addaudithook(refuse)
from mkdocs.__main__ import cli
cli()
"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-c", _OFFLINE, "build", "--strict", "-d", str(folder)]
    settings = os.environ | {"NO_MKDOCS_2_WARNING": "1", "NO_COLOR": "1"}
    made = subprocess.run(
        command, cwd=ROOT, env=settings, capture_output=True, text=True, check=False
    )
    assert made.returncode == 0, made.stdout + made.stderr
    return folder


class _Page(HTMLParser):
    """What a page has to link to, what it links to, and what it loads."""

    def __init__(self, file):
        super().__init__()
        self.ids, self.links, self.loads, self.navigation = set(), [], [], []
        self.feed(file.read_text(encoding="utf-8"))

    def handle_starttag(self, tag, attributes):
        given = dict(attributes)
        if given.get("id"):
            self.ids.add(given["id"])
        if tag == "a" and "href" in given:
            self.links.append(given["href"])
            if "md-nav__link" in given.get("class", ""):
                self.navigation.append(given["href"])
        elif tag == "link" and "href" in given:
            self.loads.append(given["href"])
        elif given.get("src"):
            self.loads.append(given["src"])


@pytest.fixture(scope="module")
def pages(site):
    return {file: _Page(file) for file in sorted(site.rglob("*.html"))}


# The build ----------------------------------------------------------------------------


def test_every_link_leads_to_a_page_and_a_place(site, pages):
    lost = []
    count = 0
    for file, page in pages.items():
        for link in page.links:
            if re.match(r"\w+:", link):
                continue
            path, place = urldefrag(link)
            start = site if path.startswith("/") else file.parent  # as 404.html does
            target = start.joinpath(unquote(path).lstrip("/")) if path else file
            target = target.resolve()
            count += 1
            if not target.is_file():
                lost.append((file.name, link))
            elif place and place != "__tabbed" and target in pages:
                found = unquote(place) in pages[target].ids
                lost += [] if found else [(file.name, link)]
    assert count > 3000
    assert not lost


def test_every_page_is_in_the_navigation(site, pages):
    start = site / "index.html"
    linked = {
        (site / urldefrag(link)[0]).resolve() if urldefrag(link)[0] else start
        for link in pages[start].navigation
    }
    assert linked >= pages.keys() - {site / "404.html"}
    sources = {file.relative_to(DOCS).with_suffix("") for file in DOCS.rglob("*.md")}
    sources -= {Path("reference/README")}
    made = {file.relative_to(site).with_suffix("") for file in pages}
    assert sources <= made
    assert Path("reference/index") in made
    assert {f"tutorials/{f.stem}" for f in (ROOT / "vignettes").glob("*.md")} <= {
        str(one) for one in made
    }


def test_nothing_is_loaded_from_elsewhere(site, pages):
    for page in pages.values():
        assert not [one for one in page.loads if re.match(r"(https?:)?//", one)]
    for file in site.rglob("*.css"):
        text = file.read_text(encoding="utf-8")
        assert not re.search(r"(url\(|@import)\s*[\"']?(https?:)?//", text), file.name


def test_no_page_is_of_a_machine(site):
    for file in [*site.rglob("*.html"), site / "search" / "search_index.json"]:
        text = file.read_text(encoding="utf-8")
        assert not re.search(
            r"(?<![\w.\"=>/-])/(?:home|root|tmp|usr|work|opt|Users)/", text
        ), file
        assert not re.search(r"pypi\.org|pythonhosted|/simple/", text), file
        assert "<!-- insert" not in text, file


# What is brought in -------------------------------------------------------------------


def text_of(file):
    """Return the text of a page as a reader sees it."""
    import html

    page = file.read_text(encoding="utf-8")
    article = page[page.index("<article") : page.index("</article>")]
    return html.unescape(re.sub(r"<[^>]+>", "", article))


def test_the_start_shows_the_workflow_of_the_readme(site):
    text = text_of(site / "index.html")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    for language in ("python", "r"):
        assert code_of(readme, language)[0].strip() in text


def test_the_tutorial_has_both_languages_as_they_were_executed(site):
    name = "01_binary_classification_imdb"
    text = " ".join(text_of(site / "tutorials" / f"{name}.html").split())
    python = (ROOT / "vignettes" / f"{name}.md").read_text(encoding="utf-8")
    for one in examples(python):
        for part in (one.code, one.shown or ""):
            assert " ".join(part.split()) in text
    r = (ROOT / "R" / "01-binary-classification-imdb.Rmd").read_text(encoding="utf-8")
    chunks = re.findall(r"^```\{r[^}]*\}\n(.*?)^```", r, re.M | re.S)
    assert len(chunks) > 10
    # knitr shows a value below its line, so a chunk may be in several pieces.
    lines = (" ".join(line.split()) for chunk in chunks for line in chunk.splitlines())
    assert [line for line in lines if line not in text] == []


def test_every_difference_is_told_and_linked(site, pages):
    file = ROOT / "rkeras_port" / "catalogue" / "differences.toml"
    told = tomllib.loads(file.read_text(encoding="utf-8"))["difference"]
    text = text_of(site / "differences.html")
    for one in told:
        for key in ("original", "ours", "reason"):
            assert one[key] in text
    links = pages[site / "differences.html"].links
    assert "reference/layer.html#layer_dense" in links
    assert "reference/op.html#op_one_hot" in links


def test_long_reference_pages_begin_with_a_list_of_their_functions(site, pages):
    by_family = defaultdict(list)
    for one in exports():
        by_family[one.family].append(one.name)
    assert len(by_family["op"]) > 250
    for family, names in by_family.items():
        page = (site / "reference" / f"{family}.html").read_text(encoding="utf-8")
        listed = page.partition('<div class="functions">')[2].partition("</div>")[0]
        found = re.findall(r'href="#(\w+)"', listed)
        long = len(names) > 20
        assert set(found) == ({n for n in names if n.isidentifier()} if long else set())


def test_every_function_of_python_alone_is_on_the_api_page(site, pages):
    in_r = {one.name for one in exports()}
    own = {*rkeras_port._HOME, *rkeras_port._ALWAYS} - in_r
    assert {"tracked_run", "check_model", "observe", "vfold_cv", "pipe"} <= own
    places = pages[site / "api.html"].ids
    documented = {one.rpartition(".")[2] for one in places if one.startswith("rkeras")}
    assert own <= documented
    # As they are called: a verb's own name for its object is nothing to users.
    text = text_of(site / "api.html")
    for verb in ("plot", "predict", "check_model", "vfold_cv", "experiments"):
        assert re.search(rf"\b{verb}\(\s*object,", text), verb


def names_in_table(page, heading):
    text = (DOCS / page).read_text(encoding="utf-8").partition(f"## {heading}")[2]
    table = re.search(r"(?:^\|.*\n)+", text, re.M)[0]
    return re.findall(r"^\| `([\w-]+)` \|", table, re.M)


def test_every_pitfall_and_every_trap_is_in_its_table():
    from rkeras_port.crosscheck.traps import TRAPS
    from rkeras_port.pitfalls import PITFALLS

    pitfalls = names_in_table("pitfalls.md", "What is looked for")
    assert pitfalls == [one.id for one in PITFALLS]
    traps = names_in_table("porting.md", "What the cross-check looks for")
    assert traps == [one.name for one in TRAPS]


# Examples -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """What the examples of all pages write into: a store of runs takes time to make."""
    return tmp_path_factory.mktemp("examples")


@pytest.fixture
def here(folder, monkeypatch):
    monkeypatch.chdir(folder)
    monkeypatch.setenv("RKERAS_IMDB", "bundled")


def run_rmd(code):
    from rkeras_port.r import documents

    Path("document.Rmd").write_text(code, encoding="utf-8")
    return str(documents.run(Path("document.Rmd")).stat().st_size > 10_000)


@contextlib.contextmanager
def notebook_runner():
    from IPython.core.interactiveshell import InteractiveShell
    from IPython.utils.capture import capture_output

    main = sys.modules["__main__"]
    shell = InteractiveShell.instance()
    # IPython puts its own there, but the other examples of the page know this one.
    sys.modules["__main__"] = main

    def show(code):
        with capture_output():
            result = shell.run_cell(code)
        result.raise_error()
        return "" if result.result is None else repr(result.result)

    try:
        yield show
    finally:
        InteractiveShell.clear_instance()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
@pytest.mark.usefixtures("here")
def test_the_examples_of_a_page_give_what_it_shows(page):
    document = page.read_text(encoding="utf-8")
    languages = {one.language for one in examples(document)}
    runners = {}
    with contextlib.ExitStack() as stack:
        if "python" in languages:
            runners["python"] = python_runner()
        if "r" in languages:
            runners["r"] = r_runner()
        if "rmd" in languages:
            runners["rmd"] = run_rmd
        if "ipython" in languages:
            runners["ipython"] = stack.enter_context(notebook_runner())
        assert languages <= runners.keys() | {"sh", "console"}
        assert list(run_examples(document, runners)) == []


def test_an_example_that_is_wrong_is_found():
    document = "```python\nx = 6\nx * 7\n```\n\n```text\n{}\n```\n"
    run = {"python": python_runner()}
    assert list(run_examples(document.format("42"), run)) == []
    assert list(run_examples(document.format("4…"), run)) == []
    (told,) = run_examples(document.format("43"), run)
    assert told == "line 1 shows\n43\n\nand gives\n42"
    (told,) = run_examples("\n```python\n1 / 0\n```\n", run)
    assert told == "line 2: ZeroDivisionError: division by zero"


@pytest.fixture(scope="module", autouse=True)
def running_cross_check(tmp_path_factory):
    """The command of its page, begun before all else, for it takes a while."""
    folder = tmp_path_factory.mktemp("crosscheck")
    document = (DOCS / "cross-check.md").read_text(encoding="utf-8")
    for name, language in (("analysis.R", "r"), ("analysis.py", "python")):
        code = code_of(document, language)[0]
        (folder / name).write_text(code, encoding="utf-8")
    program = "from rkeras_port.cli import app; app()"
    arguments = ["crosscheck", "analysis.R", "analysis.py"]
    settings = os.environ | {"COLUMNS": "80", "PYTHONPATH": str(ROOT)}
    with subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=folder,
        env=settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as running:
        yield running
        running.terminate()


def test_the_cross_check_says_what_its_page_shows(running_cross_check):
    document = (DOCS / "cross-check.md").read_text(encoding="utf-8")
    (shown,) = code_of(document, "console")
    output, errors = running_cross_check.communicate(timeout=300)
    assert running_cross_check.returncode == 1, errors
    assert is_as_shown(output, shown)


def test_the_test_of_both_languages_passes(crosscheck):
    document = (DOCS / "cross-check.md").read_text(encoding="utf-8")
    namespace = {}
    exec("import numpy as np\n" + code_of(document, "python")[-1], namespace)
    namespace["test_scaling"](crosscheck)
    namespace["scaled"] = lambda values: [0.0, 0.5, 1.0]
    with pytest.raises(AssertionError):
        namespace["test_scaling"](crosscheck)


COMMANDS = [
    line
    for page in PAGES
    for code in code_of(page.read_text(encoding="utf-8"), "sh")
    for line in code.splitlines()
]


@pytest.mark.parametrize("line", COMMANDS)
def test_the_commands_of_the_pages_are_there(line):
    words = [w for w in shlex.split(line, comments=True) if not re.match("[A-Z_]+=", w)]
    if words[0] == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert re.search(rf"^{words[1]}:", makefile, re.M)
    elif words[0] == "pip":
        project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
        extras = re.findall(r"\[(\w+)\]", words[-1])
        assert words[1:2] == ["install"]
        assert set(extras) <= project["optional-dependencies"].keys()
    else:
        from rkeras_port.cli import app

        assert words[0] == "rkeras"
        group = typer.main.get_command(app)
        command = group.get_command(click.Context(group), words[1])
        assert command is not None
        command.make_context(words[1], words[2:])  # parses, and runs nothing


# In a browser -------------------------------------------------------------------------


@contextlib.contextmanager
def served(folder):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        def log_message(self, *args):
            pass

    handler = functools.partial(Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@browser.needed
def test_a_reader_finds_the_way(site, pages, tmp_path):
    elsewhere, problems = [], []
    with (
        served(site) as url,
        browser.opened(
            tmp_path / "profile", permissions=["clipboard-read", "clipboard-write"]
        ) as opened,
    ):
        tab = opened.new_page()
        tab.set_default_timeout(30_000)
        tab.on(
            "request",
            lambda request: (
                None
                if request.url.startswith((url, "data:", "blob:"))
                else elsewhere.append(request.url)
            ),
        )
        tab.on("pageerror", lambda error: problems.append(str(error)))

        # Navigation, and the way back to the start.
        tab.goto(f"{url}/index.html")
        tab.locator(".md-tabs").get_by_role("link", name="Guides").click()
        tab.locator(".md-sidebar").get_by_role("link", name="Pitfalls").first.click()
        tab.wait_for_url("**/pitfalls.html")
        assert tab.locator("h1").inner_text().startswith("Pitfalls")

        # Search: the name of a function, and a part of it.
        for typed, place in (
            ("logsumexp", "reference/op.html#op_logsumexp"),
            ("tracked_run", "api.html#rkeras_port.tracking.tracked_run"),
            ("layer_dense", "reference/layer.html#layer_dense"),
        ):
            page, name = place.split("#")
            box = tab.get_by_placeholder("Search")
            box.fill("")
            box.press_sequentially(typed)
            results = f".md-search-result__link[href*='{page}'][href$='#{name}']"
            tab.locator(results).wait_for(state="attached")
        tab.locator(results).click()
        tab.wait_for_url("**/layer.html**")
        assert tab.locator("#layer_dense").is_visible()

        # Tabs of both languages, and copying what is seen.
        tab.goto(f"{url}/index.html")
        tab.locator(".tabbed-labels label", has_text=re.compile("^R$")).click()
        block = tab.locator(".tabbed-block .language-r").first
        block.locator("button.md-clipboard, [data-md-type=copy]").first.click()
        tab.get_by_text("Copied to clipboard").wait_for()
        readme = (ROOT / "README.md").read_text(encoding="utf-8")
        copied = tab.evaluate("navigator.clipboard.readText()")
        assert copied.strip() == code_of(readme, "r")[0].strip()

        # On a telephone: every page but most of the families, which are alike.
        tab.set_viewport_size({"width": 400, "height": 800})
        wide = []
        for file in pages:
            family = file.parent.name == "reference" and file.stem
            if family and family not in ("index", "op", "application", "reexport"):
                continue
            tab.goto(f"{url}/{file.relative_to(site)}")
            page, window = tab.evaluate(
                "[document.documentElement.scrollWidth, window.innerWidth]"
            )
            wide += [file.name] if page > window else []
        assert wide == []
    assert elsewhere == []
    assert problems == []
