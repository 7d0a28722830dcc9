"""What R's functions answer, against the recorded answers of the R package keras3.

``tests/parity`` has the cases, R scripts that leave a list of plain values, and what
the real package answered. `differences.toml` lists where ours differ on purpose.
"""

from __future__ import annotations

import json
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

PARITY = Path(__file__).parents[1] / "parity"
sys.path.insert(0, str(PARITY))

from comparison import differences  # noqa: E402

CASES = sorted((PARITY / "cases").glob("*.R"))
ON_PURPOSE = tomllib.loads((PARITY / "differences.toml").read_text(encoding="utf-8"))


@pytest.fixture(scope="module")
def answers(tmp_path_factory, request) -> Path:
    """Run the cases that were asked for; return the folder of what they answered."""
    out = tmp_path_factory.mktemp("answers")
    chosen = [item.callspec.params["case"] for item in request.session.items
              if item.path == Path(__file__) and hasattr(item, "callspec")]  # fmt: skip
    done = subprocess.run(
        [sys.executable, PARITY / "run_cases.py", out, *chosen],
        capture_output=True,
        text=True,
        check=False,
    )
    (out / "log.txt").write_text(done.stdout + done.stderr, encoding="utf-8")
    return out


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.stem)
def test_answers_as_recorded(case, answers):
    written = answers / f"{case.stem}.json"
    assert written.is_file(), (answers / "log.txt").read_text(encoding="utf-8")[-3000:]
    recorded = PARITY / "expected" / written.name
    found = differences(
        *(json.loads(f.read_text("utf-8")) for f in (recorded, written))
    )
    for one in ON_PURPOSE["difference"]:
        if one["case"] == case.stem:
            field = one["field"]
            inside = [p for p in found if p == field or p.startswith(field + "$")]
            assert inside or one.get("depends_on_machine"), f"{field} agrees by now"
            for path in inside:
                del found[path]
    assert not found


def test_every_difference_has_its_case_and_a_reason():
    names = {case.stem for case in CASES}
    for one in ON_PURPOSE["difference"]:
        assert one["case"] in names
        assert len(one["reason"].split()) > 5


def test_every_case_has_its_recorded_answer():
    recorded = {file.stem for file in (PARITY / "expected").glob("*.json")}
    assert recorded == {case.stem for case in CASES}
