"""The vignettes: what is committed is what their scripts say, and they run."""

import re
from pathlib import Path

import pytest
from document_examples import renderer

FOLDER = Path(__file__).parents[1] / "vignettes"
VIGNETTES = sorted(FOLDER.glob("[0-9]*.py"))


@pytest.fixture(scope="module", name="renderer")
def the_renderer():
    return renderer()


@pytest.mark.parametrize("script", VIGNETTES, ids=lambda path: path.stem)
def test_the_document_holds_the_text_and_the_code_of_the_script(script, renderer):
    document = script.with_suffix(".md").read_text(encoding="utf-8")
    position = 0
    for is_text, content in renderer.cells(script.read_text(encoding="utf-8")):
        part = content if is_text else f"```python\n{content}\n```"
        position = document.find(part, position)
        assert position >= 0, f"render {script.name} again: it has no {part[:60]!r}"


@pytest.mark.parametrize("script", VIGNETTES, ids=lambda path: path.stem)
def test_the_document_is_small_and_of_no_machine(script):
    document = script.with_suffix(".md")
    pictures = list(FOLDER.glob(f"{script.stem}-*.png"))
    linked = re.findall(r"!\[.*?\]\((.*?)\)", document.read_text(encoding="utf-8"))
    assert sorted(linked) == sorted(picture.name for picture in pictures)
    assert sum(file.stat().st_size for file in [document, *pictures]) < 2**20
    text = document.read_text(encoding="utf-8")
    assert not re.search(r"(?<![\w.])/(?:home|root|tmp|usr|work|Users)/", text)
    assert "Traceback" not in text


#: What a vignette shows however briefly it trains: anywhere, and at its end.
SHOWN = {
    # The saved model gave what the model gave.
    "01_binary_classification_imdb": ("160,305", "```text\nTrue\n```\n"),
    "02_sonar_cross_validation": ("std. dev.", "```\n"),
    # The tracked model gives what the model gave.
    "03_experiments_imdb": ("overfits_from", "```text\nTrue\n```\n"),
}


@pytest.mark.parametrize("script", VIGNETTES, ids=lambda path: path.stem)
def test_the_script_runs(script, renderer, tmp_path, monkeypatch):
    monkeypatch.setenv("RKERAS_IMDB", "bundled")
    short = script.read_text(encoding="utf-8")
    short = re.sub(r"(epochs(?:=|\": ))\d+", r"\g<1>1", short)
    short = re.sub(r"(\"folds\": )\d+", r"\g<1>2", short)
    copy = tmp_path / script.name
    copy.write_text(short, encoding="utf-8")
    renderer.render(copy)
    document = copy.with_suffix(".md").read_text(encoding="utf-8")
    anywhere, ending = SHOWN[script.stem]
    assert anywhere in document
    assert document.endswith(ending)


def test_a_cell_shows_what_it_prints_and_its_value(renderer, tmp_path):
    script = tmp_path / "a.py"
    script.write_text(
        "# %% [markdown]\n# # Title\n#\n# Text.\n\n"
        "# %%\nx = 1\nprint('printed', x)\nx + 1\n\n"
        "# %%\ny = x\n\n"
        "# %%\nNone\n"
    )
    renderer.render(script)
    assert (tmp_path / "a.md").read_text() == (
        "# Title\n\nText.\n\n"
        "```python\nx = 1\nprint('printed', x)\nx + 1\n```\n\n"
        "```text\nprinted 1\n```\n\n"
        "```text\n2\n```\n\n"
        "```python\ny = x\n```\n\n"
        "```python\nNone\n```\n"
    )


def test_an_error_in_a_cell_stops_the_rendering(renderer, tmp_path):
    script = tmp_path / "a.py"
    script.write_text("# %%\n1 / 0\n")
    with pytest.raises(ZeroDivisionError):
        renderer.render(script)
    assert not (tmp_path / "a.md").exists()
