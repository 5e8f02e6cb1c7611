"""What docs/rights.md has people type works, and opens what its table says."""

import asyncio
import json
import os
import re
from pathlib import Path
from typing import Final

import pytest

from services.goals.domain.callers import ADMIN
from services.goals.store.database import Reading
from shared.rights.people import People
from shared.rights.roles import Reading as ReadBy
from tests.integration.goals.conftest import TOKEN, Api, Installation, running
from tests.style.documents import examples_in
from tests.style.sources import ROOT

pytestmark = pytest.mark.asyncio(loop_scope="package")

DOCUMENT: Final = ROOT / "docs" / "rights.md"
READERS: Final = ("ann", "ben", "nora", "sid", "cleo")

_ROW = re.compile(r"(?m)^\| `D-\d` \|(?P<cells>.*)\|$")


async def _typed(script: str, folder: Path, api: Api) -> str:
    """Type what a document says; return what is shown."""
    done = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", script),
        cwd=folder,
        env={
            **os.environ,
            "GOALS": str(api.client.base_url).rstrip("/"),
            "CAIRN_ADMIN_TOKEN": TOKEN,
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    shown = (await done.communicate())[0].decode()
    assert done.returncode == 0, script + shown
    return shown


async def _people(installation: Installation) -> People:
    connection = await installation.connect()
    try:
        return await Reading(connection, caller=ADMIN).people.read()
    finally:
        await connection.close()


def _reads(people: People, user: str, owner: str | None, *shared_with: str) -> bool:
    access = people.access(user, "deal")
    return access.allows(owner, shared_with, people.unit_of_owner)


async def test_the_example_opens_what_its_table_says(
    installation: Installation, tmp_path: Path
) -> None:
    """Each cell; then what hierarchy security and a move add, and a way back in."""
    helper, *scripts = [
        example.text
        for example in examples_in(DOCUMENT)
        if example.language == "sh" and "test" in example.marks
    ]
    seen: list[People] = []
    shown = ""

    async with running(installation) as api:
        for script in scripts:
            shown = await _typed(helper + script, tmp_path, api)
            seen.append(await _people(installation))

    made, moved, merged, *_, last = seen
    rows = _ROW.findall(DOCUMENT.read_text(encoding="utf-8"))
    for row in rows:
        owner, shared, *answers = (one.strip(" `") for one in row.split("|"))
        whose = None if owner == "nobody" else owner
        for user, answer in zip(READERS, answers, strict=True):
            found = _reads(made, user, whose, *filter(None, [shared]))
            assert found == (answer == "yes"), (row, user)
    assert len(rows) == 5
    assert made.reading is ReadBy.ROLES
    assert made.access("nora", "deal").hidden == {"costs"}
    assert made.access("cleo", "deal").hidden == set()
    assert not _reads(made, "nora", "user/ben")
    assert _reads(moved, "nora", "user/ben")
    assert _reads(moved, "sid", "user/ben")
    assert set(merged.unit_of_owner.values()) == {"meadow", "north", "south"}
    reports = [json.loads(line) for line in shown.splitlines() if line]
    assert [(one["created"], one["changed"]) for one in reports] == [(0, 0)] * 4
    assert [one["unchanged"] for one in reports] == [4, 3, 5, 1]
    assert set(last.roles) == {"seller", "lead", "chief", "auditor"}
