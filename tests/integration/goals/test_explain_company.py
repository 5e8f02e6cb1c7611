"""Explanations agree with the totals, for every record and every goal of a company."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import pytest
import pytest_asyncio

from cli.verify.judging import judge
from cli.verify.reading import read_rows
from local.servers import Servers
from services.goals.domain.callers import ADMIN
from services.goals.domain.explaining import Criterion
from services.goals.flows.explaining import Explanation, asked_goal, explanations
from services.goals.store.database import Reading
from services.rollup.domain.contributions import slot_of
from services.rollup.store.codec import decode
from shared.domain.goals import SLOTS
from tests.integration.goals.conftest import Installation, installed
from tests.integration.goals.generated_company import TODAY, GeneratedCompany
from tests.integration.goals.rolling_up import RollingUp, rolling_up

pytestmark = pytest.mark.asyncio(loop_scope="package")

SEED: Final = 20261121
GOALS: Final = 40
RECORDS: Final = 300
SHARE_MIN: Final = 0.1
# Where roles decide, so many records lack nothing but that the manager may read them.
UNREAD_MIN: Final = 100
NOW: Final = datetime(TODAY.year, TODAY.month, TODAY.day, 15, 30, tzinfo=UTC)

# By record and slot, in units.
Stored = Mapping[tuple[str, int], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Built:
    """A company, and what rollup has stored of it."""

    rolling_up: RollingUp
    # Whether managers read only what their roles let them.
    with_roles: bool
    stored: Stored
    # Of every record for every goal.
    explanations: list[Explanation]


@pytest_asyncio.fixture(
    scope="module", loop_scope="package", params=[False, True], ids=["open", "roles"]
)
async def company(
    servers: Servers, request: pytest.FixtureRequest
) -> AsyncIterator[Built]:
    """Build one, and have it rolled up by the engine itself; once roles decide."""
    async with installed(servers) as installation, rolling_up(installation) as both:
        both.world.now = NOW
        made = GeneratedCompany(
            SEED, goals=GOALS, records=RECORDS, with_roles=request.param
        )
        await made.build(both)
        rows = await both.copy.pool.fetch(
            "SELECT key, slots, amounts FROM rollup.record "
            "WHERE version >= 0 AND entity <> 'account' ORDER BY key"
        )
        stored = {
            (row["key"], slot): units
            for row in rows
            for slot, units in zip(*decode(row["slots"], row["amounts"]), strict=True)
        }
        keys = [row["key"] for row in rows]
        found = await explained(installation, keys)
        yield Built(
            rolling_up=both,
            with_roles=request.param,
            stored=stored,
            explanations=found,
        )


async def explained(installation: Installation, keys: list[str]) -> list[Explanation]:
    """Return the explanation of every record for every goal."""
    connection = await installation.connect()
    try:
        reading = Reading(connection, caller=ADMIN)
        found: list[Explanation] = []
        for goal in await reading.goals.after("", GOALS + 1):
            # The totals go by the engine's clock, whatever this one says.
            asked = await asked_goal(reading, goal.id, NOW + timedelta(days=400))
            found += await explanations(reading, asked, keys)
        return found
    finally:
        await connection.close()


def slot_in(one: Explanation, slot: Any) -> int:
    """Return where rollup stores what the record adds to the measure."""
    return slot_of(one.asked.goal.number, SLOTS.index(slot))


async def test_every_explanation_agrees_with_the_totals(company: Built) -> None:
    """All tests hold where a contribution is stored, which is what they say it adds."""
    outcomes: Counter[str] = Counter()
    unread = 0

    for one in company.explanations:
        assert one.asked.now == NOW
        for verdict in one.verdicts:
            failing = len(verdict.judgement.failing)
            outcomes[("counted", "one fails")[failing] if failing < 2 else "more"] += 1
            unread += {Criterion.ACCESS} == {
                test.name for test in verdict.judgement.failing
            }
            stored = company.stored.get((one.record.key, slot_in(one, verdict.slot)), 0)
            where = (one.asked.goal.id, verdict.slot, one.record, verdict)
            assert verdict.judgement.deserves == verdict.held == stored, where
            assert (failing == 0) == verdict.counted == bool(stored), where
            assert verdict.lag is None, where
            assert verdict.sentence.endswith("."), where

    pairs = outcomes.total()
    assert pairs > 15_000
    for outcome in ("counted", "one fails", "more"):
        assert outcomes[outcome] >= SHARE_MIN * pairs, outcomes
    assert (unread > UNREAD_MIN) == company.with_roles, unread
    assert company.with_roles or not unread


async def test_verify_finds_every_total_right(company: Built) -> None:
    """It asks the records by SQL of its own, and people by the engine's directory."""
    database = company.rolling_up.api.installation.database

    verdict = judge(await read_rows(database))

    assert not verdict.differences
    assert verdict.goals == GOALS
    assert not verdict.computing


async def test_the_records_of_every_goal_add_up_to_its_own_value(
    company: Built,
) -> None:
    """Page by page, and each exactly as rollup has stored it."""
    api = company.rolling_up.api
    seen = 0

    for goal in (await api.read("/v1/goals?limit=1000"))["items"]:
        items, all_of = await pages(company, goal["id"], "")
        sums: dict[str, int] = {
            slot: sum(units(item["adds"].get(slot)) for item in items)
            for slot in all_of["adds"]
        }
        own = {slot: units(goal["own"][slot]) for slot in all_of["adds"]}
        assert sums == own == {slot: units(one) for slot, one in all_of["adds"].items()}
        assert len(items) == all_of["records"] == len({i["record"] for i in items})
        seen += len(items)

    assert seen == len({(key, slot >> 3) for key, slot in company.stored})


async def test_what_nearly_counts_fails_one_test_by_its_explanation(
    company: Built,
) -> None:
    """Exactly those records, with the same test, for every goal and measure."""
    expected: dict[str, dict[tuple[str, str], Any]] = {}
    for one in company.explanations:
        found = expected.setdefault(one.asked.goal.id, {})
        for verdict in one.verdicts:
            failing = verdict.judgement.failing
            skipped = one.record.deleted or one.asked.goal.rollup_only_from_children
            if len(failing) == 1 and failing[0].name != "entity" and not skipped:
                found[one.record.key, verdict.slot] = failing[0]

    for goal_id, wanted in expected.items():
        items, all_of = await pages(company, goal_id, "&nearly=true")
        assert all_of["records"] == len(items) == len(wanted)
        for item in items:
            fails = item["fails"]
            test = wanted[item["record"], fails["field"]]
            assert (fails["test"], fails["seen"], fails["wanted"], fails["says"]) == (
                test.name,
                test.seen,
                test.wanted,
                test.says,
            )
            assert item["adds"] == {}


async def pages(
    company: Built, goal_id: str, more: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Return all records of a goal, page by page, and what all of them come to."""
    items: list[dict[str, Any]] = []
    after = ""
    while True:
        page = await company.rolling_up.api.read(
            f"/v1/goals/{goal_id}/records?limit=70{more}{after}"
        )
        items += page["items"]
        if page["next"] is None:
            return items, page["all"]
        after = f"&after={page['next']}"


def units(text: str | None) -> int:
    """Return an amount without its point; every amount of a measure has as many."""
    return int((text or "0").replace(".", ""))
