"""Overrides as clients meet them: asked for, announced, and shown once applied."""

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import Any

import asyncpg
import pytest
import pytest_asyncio

from services.goals.domain.callers import ADMIN
from services.goals.store.database import Reading
from shared.domain.goals import Override, Slot
from shared.messages.definitions import GoalDefinition
from tests.integration.goals.conftest import Api, Installation, running
from tests.integration.goals.rolled_up import hold, roll_up
from tests.integration.goals.telling import told
from tests.integration.goals.test_outbox import listening
from tests.integration.goals.test_stream import watching

pytestmark = pytest.mark.asyncio(loop_scope="package")

NOTHING = {"actual": None, "in_progress": None, "custom": None}
TEN = {"is_override": True, "values": {"actual": "10"}}
TEN_LOCKED = TEN | {"is_overridden": True}


@pytest_asyncio.fixture(loop_scope="package")
async def database(api: Api) -> AsyncIterator[asyncpg.Connection]:
    """Return a connection that looks at definitions and writes what rollup would."""
    connection = await api.installation.connect()
    yield connection
    await connection.close()


async def _stored(connection: asyncpg.Connection, goal_id: str) -> Override:
    [goal] = await Reading(connection, caller=ADMIN).goals.find([goal_id])
    assert goal.override is not None
    return goal.override


async def _counting(api: Api) -> None:
    """Create a goal that counts open and completed calls, as semantics has it."""
    call = _calls()["actual"]
    await api.user("ada")
    await api.metric(
        "calls",
        kind="count",
        data_type=None,
        rollup_fields={"actual": call, "in_progress": call},
    )
    await api.goal("company", metric_id=api.id("calls"), target="5")


@pytest.mark.parametrize(
    ("body", "expected", "words"),
    [
        (
            {"values": {"actual": "10"}},
            ("rollup_field_is_computed", "80044911", "values.actual"),
            "send is_override: true with it",
        ),
        (
            {"values": {"actual": "10"}, "is_overridden": True},
            ("rollup_field_is_computed", "80044911", "values.actual"),
            "computed from records and children",
        ),
        (
            {"values": {"in_progress": 5}, "is_override": False},
            ("rollup_field_is_computed", "80044911", "values.in_progress"),
            "leave it out",
        ),
        (
            {"values": {"actual": "10", "custom": "1"}, "is_override": True},
            ("rollup_field_not_measured", None, "values.custom"),
            "it has actual, in_progress",
        ),
        (
            {"values": {"in_progress": "5.1"}, "is_override": True},
            ("value_too_precise", None, "values.in_progress"),
            "give at most 0",
        ),
        (
            {"values": {"actual": "1" + 17 * "0"}, "is_override": True},
            ("value_too_large", None, "values.actual"),
            "18 digits before the point; give at most 17",
        ),
        (
            {"is_override": True},
            ("override_without_values", None, "values"),
            "is_overridden: true to lock what it shows",
        ),
        (
            {"is_override": True, "values": NOTHING},
            ("override_without_values", None, "values"),
            "at least one of actual, in_progress and custom",
        ),
        (
            {"override_reason": "audited"},
            ("override_reason_without_override", None, "override_reason"),
            "send it together with what it explains",
        ),
    ],
)
async def test_overrides_that_are_refused(
    api: Api, body: dict[str, Any], expected: tuple[str, str | None, str], words: str
) -> None:
    """When a goal is changed and when it is created; in many, the place is told."""
    await _counting(api)
    north = api.goal_body("north", parent_id=api.id("company")) | body
    south = api.goal_body("south", parent_id=api.id("company"))

    changed = await api.refused("PATCH", api.at("company"), body, status=422)
    created = await api.refused("POST", "/v1/goals", north, status=422)
    second = await api.refused("POST", "/v1/goals", [south, north], status=422)

    assert told(changed) == told(created) == expected
    assert words in changed["detail"]
    assert api.id("company") in changed["detail"]
    assert second["field"] == f"[1].{expected[2]}"
    assert (await api.client.get(api.at("south"))).status_code == 404


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (
            {"is_override": True, "values": {"actual": "ten"}},
            ("invalid_field", None, "values.actual"),
        ),
        (
            {"is_override": True, "values": {"sold": "10"}},
            ("unknown_field", None, "values.sold"),
        ),
        ({"is_override": "yes"}, ("invalid_field", None, "is_override")),
        ({"is_overridden": None}, ("invalid_field", None, "is_overridden")),
        (
            {"is_overridden": True, "override_reason": "x" * 501},
            ("invalid_field", None, "override_reason"),
        ),
    ],
)
async def test_overrides_that_do_not_read(
    api: Api, body: dict[str, Any], expected: tuple[str, str | None, str]
) -> None:
    """The field is named."""
    await _counting(api)

    error = await api.refused("PATCH", api.at("company"), body, status=400)

    assert told(error) == expected


@pytest.mark.parametrize(
    ("sent", "text"),
    [
        ('"7.10"', "7.1000"),
        ("0.1", "0.1000"),
        ("12345678901234567.1234", "12345678901234567.1234"),
        ('"-3"', "-3.0000"),
        ("2e3", "2000.0000"),
        ("-0", "0.0000"),
    ],
)
async def test_values_are_kept_to_the_last_digit(
    api: Api, database: asyncpg.Connection, sent: str, text: str
) -> None:
    """Sent as text or as a number; written in one form."""
    await api.company()

    answer = await api.client.patch(
        api.at("company"),
        content=f'{{"is_override": true, "values": {{"actual": {sent}}}}}',
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code == 200
    override = await _stored(database, api.id("company"))
    assert override.values == {Slot.ACTUAL: text}


async def test_an_override_keeps_who_when_and_why(
    api: Api, database: asyncpg.Connection
) -> None:
    """The admin token is nobody; each override has a greater number than the last."""
    await api.company()
    before = await database.fetchval("SELECT now()")

    await api.change(api.at("north"), TEN | {"override_reason": "audited"})
    first = await _stored(database, api.id("north"))
    await api.change(api.at("north"), TEN)
    second = await _stored(database, api.id("north"))

    assert (first.reason, first.by) == ("audited", "admin")
    assert before <= first.at <= second.at
    assert (first.is_override, first.is_overridden) == (True, False)
    assert second.number > first.number
    assert second.reason is None


async def test_a_goal_can_be_created_with_an_override(
    api: Api, database: asyncpg.Connection
) -> None:
    """One, or each of many."""
    await api.user("ada")
    await api.metric()
    bodies = [
        api.goal_body("company") | TEN_LOCKED,
        api.goal_body("north", parent_id=api.id("company"), is_overridden=True),
        api.goal_body("south", parent_id=api.id("company"), is_override=False),
    ]

    await api.create("/v1/goals", bodies)

    company = await _stored(database, api.id("company"))
    assert (company.values, company.is_overridden) == ({Slot.ACTUAL: "10.0000"}, True)
    north = await _stored(database, api.id("north"))
    assert (north.values, north.is_override, north.is_overridden) == ({}, False, True)
    [south] = await Reading(database, caller=ADMIN).goals.find([api.id("south")])
    assert south.override is None


async def test_a_locked_goal_keeps_its_metric(api: Api) -> None:
    """Its values are of the one it has, and of none that it gets with the lock."""
    await api.user("ada")
    await api.metric()
    await api.metric("calls", kind="count", data_type=None, rollup_fields=_calls())
    await api.goal("company", **TEN_LOCKED)
    await api.goal("other")
    calls = {"metric_id": api.id("calls")}

    standing = await api.refused("PATCH", api.at("company"), calls, status=422)
    together = await api.refused(
        "PATCH", api.at("other"), calls | {"is_overridden": True}, status=422
    )

    assert told(standing) == told(together) == ("goal_is_locked", None, "metric_id")
    assert "take the lock off with is_overridden: false" in standing["detail"]
    await api.change(api.at("company"), {"is_overridden": False})
    company = await api.change(api.at("company"), calls)
    assert company["metric_id"] == api.id("calls")


async def test_what_was_written_under_a_lock_is_not_taken_back(api: Api) -> None:
    """The lock is; and the values with it."""
    await api.company()
    await api.change(api.at("north"), TEN_LOCKED)

    error = await api.refused(
        "PATCH", api.at("north"), {"is_override": False}, status=422
    )

    assert told(error) == ("goal_is_locked", None, "is_override")


async def test_another_metric_takes_back_what_was_written(
    api: Api, database: asyncpg.Connection
) -> None:
    """Ten of money is no ten calls."""
    await api.user("ada")
    await api.metric()
    await api.metric("calls", kind="count", data_type=None, rollup_fields=_calls())
    await api.goal("company", **TEN)
    before = await _stored(database, api.id("company"))

    await api.change(api.at("company"), {"metric_id": api.id("calls")})

    after = await _stored(database, api.id("company"))
    assert (after.values, after.holds) == ({}, False)
    assert after.number > before.number


async def test_overrides_are_announced_with_the_goal(
    installation: Installation,
) -> None:
    """Under a lock with all that it holds: whoever reads only the last, lost nothing.

    What is no override sends the last one again, under the number that it had.
    """
    changes: Sequence[dict[str, Any]] = [
        TEN_LOCKED | {"override_reason": "audited"},
        {"is_override": True, "values": {"in_progress": 5}},
        {"title": "Company, audited"},
        {"is_overridden": False},
    ]
    async with running(installation) as api, listening(installation) as listener:
        await _counting(api)
        for change in changes:
            await api.change(api.at("company"), change)
        # Says nothing new, so nobody is told.
        await api.change(api.at("company"), {"is_override": False})
        await api.change(api.at("company"), {"title": "Company"})

        heard = (await listener.until(8))[2:]
    definitions = [
        GoalDefinition.model_validate_json(one.value or b"") for one in heard
    ]
    assert definitions[0].override is None
    overrides = [one.override for one in definitions[1:] if one.override is not None]
    assert [dict(one.values) for one in overrides] == [
        {"actual": "10"},
        {"actual": "10", "in_progress": "5"},
        {"actual": "10", "in_progress": "5"},
        {},
        {},
    ]
    assert [(one.is_override, one.is_overridden) for one in overrides] == [
        *[(True, True)] * 3,
        *[(False, False)] * 2,
    ]
    assert [one.reason for one in overrides] == ["audited", *[None] * 4]
    first, second, renamed, off, last = (one.number for one in overrides)
    assert first < second == renamed < off == last


async def test_a_new_period_leaves_overrides_where_they_are(
    api: Api, database: asyncpg.Connection
) -> None:
    """On the root and on what lies below it, under their numbers."""
    await api.company()
    await api.change(api.at("company"), TEN)
    await api.change(api.at("north"), TEN_LOCKED)
    names = [api.id(name) for name in ("company", "north")]
    before = [await _stored(database, name) for name in names]
    period = {"kind": "custom", "start": "2027-01-01", "end": "2027-12-31"}

    await api.change(api.at("company"), {"period": period})

    assert [await _stored(database, name) for name in names] == before


@pytest.mark.parametrize(
    ("body", "standing", "flags"),
    [
        (TEN, {"written": True}, (True, False)),
        (TEN_LOCKED, {"locked": True}, (True, True)),
        ({"is_overridden": True}, {"locked": True}, (False, True)),
    ],
)
async def test_a_goal_shows_what_stands(
    api: Api,
    database: asyncpg.Connection,
    body: dict[str, Any],
    standing: dict[str, bool],
    flags: tuple[bool, bool],
) -> None:
    """Values and percentage are what shows; what is computed goes on underneath."""
    await api.company()
    await roll_up(database, api.id("company"), computed={Slot.ACTUAL: 20_000})
    await api.change(api.at("company"), body | {"override_reason": "audited"})
    held = {Slot.ACTUAL: 100_000}
    await hold(database, api.id("company"), held, **standing)

    company = await api.read(api.at("company"))
    listed = await api.read(f"/v1/goals?metric_id={api.id('revenue')}&root=true")

    assert listed["items"] == [company]
    assert company["values"] == NOTHING | {"actual": "10.0000"}
    assert company["computed"] == NOTHING | {"actual": "2.0000"}
    assert company["percentage"] == "10.0000"
    assert (company["is_override"], company["is_overridden"]) == flags
    override = await _stored(database, api.id("company"))
    at = company["override"].pop("at")
    assert datetime.fromisoformat(at) == override.at
    assert company["override"] == {"reason": "audited", "by": "admin"}
    assert company["rollup"]["status"] == "current"


async def test_tree_and_stream_show_what_stands(
    api: Api, database: asyncpg.Connection
) -> None:
    """As the goal alone does."""
    await api.company()
    await api.change(api.at("company"), TEN_LOCKED | {"override_reason": "audited"})
    await roll_up(database, api.id("company"), computed={Slot.ACTUAL: 20_000})
    await hold(database, api.id("company"), {Slot.ACTUAL: 100_000}, locked=True)

    alone = await api.read(api.at("company"))
    tree = await api.read(f"{api.at('company')}/tree")
    async with watching(api, f"root={api.id('company')}") as stream:
        [shown] = (await stream.next()).data

    assert alone["is_override"] is True
    for name in ("values", "computed", "is_override", "is_overridden", "override"):
        assert tree[name] == alone[name]
    for name in ("values", "percentage", "is_overridden"):
        assert shown[name] == alone[name]
    assert shown["rollup"]["status"] == tree["rollup"]["status"] == "current"


async def test_an_override_that_is_not_applied_yet_is_being_computed(
    api: Api, database: asyncpg.Connection
) -> None:
    """Until then the goal shows what it showed."""
    await api.company()
    await roll_up(database, api.id("company"), computed={Slot.ACTUAL: 20_000})

    early = await api.change(api.at("company"), TEN_LOCKED)
    await hold(database, api.id("company"), {Slot.ACTUAL: 100_000}, locked=True)
    applied = await api.read(api.at("company"))
    off = await api.change(api.at("company"), {"is_overridden": False})

    assert early["rollup"]["status"] == off["rollup"]["status"] == "computing"
    assert (early["values"]["actual"], early["is_overridden"]) == ("2.0000", False)
    assert early["override"] is None
    assert applied["rollup"]["status"] == "current"
    assert (off["values"]["actual"], off["is_overridden"]) == ("10.0000", True)


async def test_an_override_that_rollup_has_replaced_is_told_no_more(
    api: Api, database: asyncpg.Connection
) -> None:
    """What was asked for last is one thing, what stands another."""
    await api.company()
    await roll_up(database, api.id("company"), computed={Slot.ACTUAL: 20_000})
    await api.change(api.at("company"), TEN | {"override_reason": "audited"})
    await hold(database, api.id("company"), {})

    company = await api.read(api.at("company"))

    assert company["values"] == company["computed"]
    assert company["override"] is None
    assert (company["is_override"], company["is_overridden"]) == (False, False)
    assert company["rollup"]["status"] == "current"


def _calls() -> dict[str, Any]:
    return {"actual": {"source_entity": "call", "date_attribute": "ended"}}
