"""The report in a terminal."""

from __future__ import annotations

import io

import handmade
import pytest
from rich.console import Console

from rkeras_port.crosscheck.comparison import Check, Comparison, Difference, Hint
from rkeras_port.crosscheck.observations import Failure
from rkeras_port.crosscheck.report_terminal import show


def shown(*comparisons, width=80, colours=False) -> str:
    file = io.StringIO()
    console = Console(
        file=file, width=width, force_terminal=colours, no_color=not colours
    )
    show(comparisons, console)
    return file.getvalue()


def words(text: str) -> str:
    return " ".join(text.replace("│", " ").split())


def test_agreement_is_one_line_and_a_table():
    lines = shown(handmade.agreeing()).splitlines()
    assert lines[0] == "✓ R and Python agree: 5 checks, to the last bit"
    assert [line.split()[-1] for line in lines[3:8]] == ["same"] * 5
    assert not any("differ" in line for line in lines)


def test_tolerances_are_not_called_the_last_bit():
    one = handmade.agreeing()
    one.checks[3] = handmade.check("history", "history 1", {}, {}, rule="within 1e-6")
    assert "4 to the last bit and 1 within tolerance" in shown(one)
    one.checks[:] = one.checks[3:4]
    assert "agree: 1 check, within tolerance" in shown(one)


def test_the_first_difference_comes_first_with_its_cause():
    text = words(shown(handmade.differing()))
    told = [
        "4 of 6 checks differ, 1 of 6 checks has no counterpart",
        "model 1",
        "First difference: layer 1 (dense), parameters",
        "R 160016",
        "Python 80008",
        "apart by 80,008 (relative: 0.5)",
        "and 1 more place",
        "Observed at analysis.R:8, analysis.py:10",
        "Likely cause: R counts columns from 1",
        "(column-base)",
        "differs (2 places)",
        "only in R",
        "keras 3.15.0 3.14.1",
        "oneDNN none 0",
    ]
    positions = [text.find(part) for part in told]
    assert -1 not in positions
    assert positions == sorted(positions)
    assert "backend" not in text  # it is the same on both sides


def test_since_when():
    one = handmade.differing()
    del one.checks[0]
    text = words(shown(one))
    assert "split 1 First difference: held-out rows R '1 to 10000'" in text
    assert "The check before it agrees: initial weights" in text
    one.checks.insert(0, one.checks[0])
    assert "The 2 checks before it agree, the last of them: initial" in words(shown(one))


def test_nan_is_shown_as_nan():
    one = handmade.differing()
    one.checks[:] = one.checks[3:4]
    text = words(shown(one))
    assert "Then: epoch 4, val_loss 0.3051 and nan" in text


def test_a_side_that_failed_is_quoted():
    text = words(shown(handmade.failed()))
    assert "R and Python: Python stopped with an error, 1 check before it agrees" in text
    assert "ValueError: 2 < 3 & <b>bold</b> second line “ü” analysis.py:10" in text


def test_nothing_observed_is_no_agreement():
    nothing = Comparison(handmade.r_side(), handmade.python_side())
    text = shown(nothing)
    assert text.startswith("✗ R and Python cannot be compared: nothing was observed")


def test_a_third_side_has_a_column():
    lines = shown(*handmade.third()).splitlines()
    assert lines[0].startswith("✓ R and Python agree")
    assert lines[1].startswith("✗ R and keras3 differ: 1 of 2 checks differs")
    table = {line.split("  ")[1].strip(): line for line in lines if "exact" in line}
    assert table["history 1"].split("exact")[1].split("  ")[1:2] == ["same"]
    assert "differs (1 place)" in table["history 1"]
    assert "not compared" in table["split 1"]


@pytest.mark.parametrize("name", ["agreeing", "differing", "failed"])
def test_no_line_is_wider_than_the_terminal(name):
    one = getattr(handmade, name)()
    one.left.failure = Failure("long " * 60)
    for line in shown(one).splitlines():
        assert len(line) <= 80


def test_markup_of_the_user_is_text():
    place = Difference("[red]x[/red]", "[b]1[/b]", "[/]")
    seen = handmade.seen("value", "[i]v", {}, "a[1].R", 1)
    check = Check("value", "[i]v", "[u]exact", seen, seen, (place,), 1)
    hint = Hint("[trap]", "[bold]do")
    python = handmade.python_side(environment={"[x]": "[y]"})
    one = Comparison(handmade.r_side(), python, [check], [hint])
    text = shown(one, width=200, colours=True)
    for part in ("[red]x[/red]", "[b]1[/b]", "[/]", "[i]v", "[u]exact", "a[1].R:1",
                 "[trap]", "[bold]do", "[x]", "[y]"):  # fmt: skip
        assert part in text
