"""What the documents tell people to type does what they say."""

import json
import os
import subprocess
from pathlib import Path
from typing import Any

from tests.running import Running
from tests.style.documents import examples_in
from tests.style.sources import ROOT
from tests.waiting import eventually_true

ADMINISTRATORS = ROOT / "docs" / "administrators.md"
FIRST_COMPANY = ROOT / "docs" / "first-company.md"
PIPELINE = ROOT / "docs" / "renewal-pipeline.md"


def scripts_of(document: Path) -> list[str]:
    """Return what a document has people type, in order."""
    return [
        example.text
        for example in examples_in(document)
        if example.language == "sh" and "test" in example.marks
    ]


def run(cairn: Running, script: str) -> str:
    """Type what a document says; return what is shown."""
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", script],
        env={
            **os.environ,
            "GOALS": cairn.goals,
            "INGEST": cairn.ingest,
            "CAIRN_ADMIN_TOKEN": cairn.token,
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, script + done.stdout + done.stderr
    return done.stdout


def test_the_first_company_shows_what_is_promised(cairn: Running) -> None:
    """Three levels, a fiscal quarter, won revenue: each number of the document."""
    helper, *scripts = scripts_of(FIRST_COMPANY)
    seen: list[str] = []

    for script in scripts:
        run(cairn, helper + script)
        eventually_true(cairn.is_settled, what="all that was sent in the totals")
        if "records" in script or "override" in script:
            seen.append(shown(cairn, "q3"))

    text = FIRST_COMPANY.read_text(encoding="utf-8")
    assert seen == ["95000.0000", "122500.0000", "124000.0000"]
    assert "122500.0000 of 400000, which is 30.6250 percent" in text
    assert shown(cairn, "q3-north") == "76500.5000"
    assert shown(cairn, "q3-south") == "47499.5000"
    assert "75000.5000" in text
    assert "47499.5000" in text
    following = cairn.get("/v1/goals/q3-next")
    assert following["target"] == "420000.0000"
    assert following["period"]["start"] == "2027-01-01"


def test_the_renewal_pipeline_is_described_tried_and_explained(cairn: Running) -> None:
    """Preview, goal, explanation and impact: each number and the sentence."""
    text = PIPELINE.read_text(encoding="utf-8")
    helper, *scripts = scripts_of(PIPELINE)
    answers: dict[str, Any] = {}

    for script in scripts:
        answer = run(cairn, helper + script)
        eventually_true(cairn.is_settled, what="all that was sent in the totals")
        for name in ("preview", "explain", "nearly", "impact"):
            if name in script:
                answers[name] = json.loads(answer)

    assert (answers["preview"]["matching"], answers["preview"]["sum"]) == (1, "12000")
    assert [one["record"] for one in answers["preview"]["sample"]] == ["renewal/R-1"]
    assert answers["explain"]["sentence"] in text.replace("\n> ", " ")
    assert {one["record"] for one in answers["nearly"]["items"]} == {
        "renewal/R-2",
        "renewal/R-3",
        "renewal/R-4",
    }
    assert "900.0000 more" in text
    (moved,) = answers["impact"]["items"]
    assert moved["fields"]["in_progress"]["difference"] == "900.0000"
    goal = cairn.get("/v1/goals/north-pipeline")
    assert goal["values"]["in_progress"] == "42000.0000"
    assert "42000.0000" in text


def shown(cairn: Running, goal_id: str) -> str:
    """Return a goal's actual value."""
    return str(cairn.get(f"/v1/goals/{goal_id}")["values"]["actual"])


def test_the_examples_for_administrators_work(cairn: Running) -> None:
    """Run in their order against a running Cairn, they end with the number promised."""
    scripts = scripts_of(ADMINISTRATORS)

    for script in scripts:
        run(cairn, script)

    def company_has_it() -> bool:
        values = cairn.get("/v1/goals/company")["values"]
        return bool(values["actual"] == "400.0000")

    assert scripts
    eventually_true(company_has_it, what="400.0000 on the company")
    assert cairn.get("/v1/goals/company")["percentage"] == "4.0000"
    assert cairn.get("/v1/goals/alan-2026")["target"] == "5000.0000"
