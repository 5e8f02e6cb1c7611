"""Reports as files: the same rows as JSON has, for a table and for a workbook."""

import asyncio
import csv
import io
import json
import os
import zipfile
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import httpx
import pytest
import pytest_asyncio

from local.servers import Servers
from tests.integration.goals.conftest import TOKEN, Api
from tests.integration.goals.reported import reported, token_of
from tests.style.documents import examples_in
from tests.style.sources import ROOT

pytestmark = pytest.mark.asyncio(loop_scope="package")

REPORT: Final = "/v1/reports/attainment"
CSV: Final = "text/csv"
XLSX: Final = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
SPACE: Final = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def company(servers: Servers) -> AsyncIterator[Api]:
    """One company for all tests here, which leave it as it is."""
    async with reported(servers) as api:
        yield api


def read_csv(answer: httpx.Response) -> list[dict[str, str]]:
    """Return the rows of a table by the names of their columns."""
    assert answer.status_code == 200, answer.text[:500]
    assert answer.headers["Content-Type"].startswith(CSV)
    text = answer.content.decode("utf-8-sig")
    return list(csv.DictReader(io.StringIO(text, newline="")))


def read_xlsx(answer: httpx.Response) -> list[dict[str, tuple[str, str]]]:
    """Return the rows of a workbook: type and text of each cell that is there."""
    assert answer.status_code == 200, answer.text[:500]
    assert answer.headers["Content-Type"] == XLSX
    with zipfile.ZipFile(io.BytesIO(answer.content)) as book:
        sheet = ET.fromstring(book.read("xl/worksheets/sheet1.xml"))  # noqa: S314 # our own
    heading, *rows = (
        {
            cell.attrib["r"].rstrip("0123456789"): (
                cell.get("t", "n"),
                "".join(cell.itertext()),
            )
            for cell in row.iter(f"{SPACE}c")
        }
        for row in sheet.iter(f"{SPACE}row")
    )
    return [{heading[at][1]: cell for at, cell in row.items()} for row in rows]


async def asked(api: Api, query: str, accept: str = "*/*") -> httpx.Response:
    """Ask for a report as a client that accepts something."""
    return await api.client.get(f"{REPORT}?{query}", headers={"Accept": accept})


async def test_a_table_has_what_the_rows_have(company: Api) -> None:
    """Every number as JSON has it, empty where it is null; a title is no formula."""
    query = "since=24h&compare=previous"
    items = (await company.read(f"{REPORT}?{query}"))["items"]
    found = read_csv(await asked(company, query, CSV))

    assert [row["goal_id"] for row in found] == [one["goal_id"] for one in items]
    for row, item in zip(found, items, strict=True):
        for name, value in _flat(item).items():
            assert row[name] == ("" if value is None else str(value)), name
    north = next(row for row in found if row["goal_id"] == "north")
    assert (north["owner"], north["manager"], north["unit"]) == ("Ada", "Ada", "EUR")
    assert north["pace_status"] == "ahead"
    assert north["change_actual"] == "10.0000"
    assert north["previous_percentage"] == "80.0000"
    assert north["as_of"] == "2026-11-21T12:00:00Z"
    assert north["since"] == "2026-11-20T12:00:00Z"
    company_row = next(row for row in found if row["goal_id"] == "company")
    assert company_row["title"] == "'=Company"


def _flat(item: dict[str, Any]) -> dict[str, Any]:
    """Return what the columns of a table are to say of a row."""
    pace, finish = item["pace"], item["finish"] or {}
    return {
        **item["values"],
        "target": item["target"],
        "stretch_target": item["stretch_target"],
        "percentage": item["percentage"],
        "parent_id": item["parent_id"],
        "depth": item["depth"],
        "metric": item["metric"]["name"],
        "period_start": item["period"]["start"],
        "period_end": item["period"]["end"],
        "state": item["state"],
        "rollup_status": item["rollup"]["status"],
        "is_overridden": str(item["is_overridden"]).lower(),
        "children_target": item["children_target"],
        **{f"own_{slot}": value for slot, value in item["own"].items()},
        **{f"pace_{name}": pace[name] for name in ("target", "index", "status", "gap")},
        "percentage_of_period": pace["percentage_of_period"],
        **{f"finish_{name}": finish.get(name) for name in ("low", "expected", "high")},
        **{
            f"earlier_{slot}": value
            for slot, value in (item["earlier"] or {}).get("values", {}).items()
        },
    }


async def test_a_workbook_has_numbers_and_dates(company: Api) -> None:
    """A title that begins like a formula is a text."""
    found = read_xlsx(await asked(company, "root=company&since=24h", XLSX))

    row = found[0]
    assert row["Title"] == ("inlineStr", "=Company")
    assert row["Actual"] == ("n", "360")
    assert row["Change actual"] == ("n", "9.5")
    assert row["Percentage"] == ("n", "0.36")
    assert row["Pace index"] == ("n", "0.9")
    assert row["Period start"] == ("n", "46307")
    assert row["As of"] == ("n", "46347.5")
    assert row["Is overridden"] == ("b", "0")
    assert [one["Goal id"][1] for one in found] == ["company", "north", "south"]


async def test_a_table_has_all_rows_and_is_named_after_its_instant(
    company: Api,
) -> None:
    """However few a page has; a link says the form, whatever a browser accepts."""
    browser = "text/html,application/xhtml+xml,*/*;q=0.8"
    table = await asked(company, "format=csv&limit=1", browser)
    book = await asked(company, "format=xlsx&limit=1&by=owner", browser)
    rows = await asked(company, "format=json&limit=1", CSV)

    assert len(read_csv(table)) == 6
    assert len(read_xlsx(book)) == 4
    assert len(rows.json()["items"]) == 1
    assert table.headers["Content-Disposition"] == (
        'attachment; filename="attainment-2026-11-21T12-00-00Z.csv"'
    )
    assert book.headers["Content-Disposition"] == (
        'attachment; filename="attainment-by-owner-2026-11-21T12-00-00Z.xlsx"'
    )


async def test_groups_are_tables_as_well(company: Api) -> None:
    """With the period before, and the instant in each row."""
    found = read_csv(await asked(company, "by=owner&compare=previous", CSV))

    assert [row["key"] for row in found] == [
        "team/crew",
        "user/ada",
        "user/ada",
        "user/eve",
    ]
    ada = found[2]
    assert (ada["name"], ada["metric"], ada["unit"]) == ("Ada", "Won revenue", "EUR")
    assert (ada["goals"], ada["added"], ada["actual"]) == ("3", "3", "705.0000")
    assert (ada["previous_goals"], ada["previous_actual"]) == ("1", "400.0000")
    assert ada["as_of"] == "2026-11-21T12:00:00Z"


@pytest.mark.parametrize(
    ("accept", "expected"),
    [
        ("*/*", "application/json"),
        ("text/html, */*;q=0.8", "application/json"),
        ("application/json, text/csv;q=0.5", "application/json"),
        (CSV, CSV),
        (f"application/json, {CSV}", CSV),
        (XLSX, XLSX),
        (f"{CSV};q=0.5, {XLSX}", XLSX),
        (f"{CSV}, {XLSX};q=0.5", CSV),
    ],
)
async def test_a_form_is_given_to_who_asks_for_it(
    company: Api, accept: str, expected: str
) -> None:
    """By name, and at least as much as for JSON."""
    answer = await asked(company, "root=south", accept)

    assert answer.headers["Content-Type"].partition(";")[0] == expected
    assert answer.headers["Vary"] == "Accept"


async def test_a_table_has_only_what_one_may_read(company: Api) -> None:
    """Eve reads the south, and not what it hangs under."""
    token = await token_of(company, "eves", "directory:read", user_id="eve")
    headers = {"Authorization": f"Bearer {token}", "Accept": CSV}

    found = read_csv(await company.client.get(REPORT, headers=headers))

    assert [(row["goal_id"], row["parent_id"]) for row in found] == [("south", "")]


async def test_the_examples_of_the_document_work(company: Api, tmp_path: Path) -> None:
    """Rows go to the terminal, and a workbook into a file named after its instant."""
    examples = [
        example.text
        for example in examples_in(ROOT / "docs" / "reports.md")
        if "test" in example.marks
    ]
    done = await asyncio.create_subprocess_exec(
        *("bash", "-euo", "pipefail", "-c", "\n".join(examples)),
        cwd=tmp_path,
        env={
            **os.environ,
            "GOALS": str(company.client.base_url).rstrip("/"),
            "CAIRN_ADMIN_TOKEN": TOKEN,
        },
        stdout=asyncio.subprocess.PIPE,
    )
    shown, _ = await done.communicate()

    assert done.returncode == 0
    items = json.loads(shown)["items"]
    assert [one["goal_id"] for one in items] == ["company", "north", "south"]
    assert _files_in(tmp_path) == ["attainment-by-team-2026-11-21T12-00-00Z.xlsx"]


def _files_in(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir()]
