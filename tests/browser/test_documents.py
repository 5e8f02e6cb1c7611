"""What the documents tell people to type does what they say."""

import os
import subprocess

from tests.running import Running
from tests.style.documents import examples_in
from tests.style.sources import ROOT
from tests.waiting import eventually_true

ADMINISTRATORS = ROOT / "docs" / "administrators.md"


def test_the_examples_for_administrators_work(cairn: Running) -> None:
    """Run in their order against a running Cairn, they end with the number promised."""
    scripts = [
        example.text
        for example in examples_in(ADMINISTRATORS)
        if example.language == "sh" and "test" in example.marks
    ]

    for script in scripts:
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

    def company_has_it() -> bool:
        values = cairn.get("/v1/goals/company")["values"]
        return bool(values["actual"] == "400.0000")

    assert scripts
    eventually_true(company_has_it, what="400.0000 on the company")
    assert cairn.get("/v1/goals/company")["percentage"] == "4.0000"
    assert cairn.get("/v1/goals/alan-2026")["target"] == "5000.0000"
