"""A tree to be recalculated, faults that are put into it, and what is told of them."""

import json
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

import pytest

from cli.verify import judging as verifying
from cli.verify.reading import read_rows
from services.rollup import recalculate, rederive
from shared.messages.definitions import RecalculationDefinition
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy, World
from tests.integration.rollup.judging import judge, numbers

UNIT = 10_000
# With ten records these make several chunks and several pages.
CHUNK, PAGE = 3, 4
PARENTS = {"A": None, "B": "A", "C": "B", "X": None}
LOCK = {"is_override": True, "is_overridden": True}
WRITE = {"is_override": True, "is_overridden": False}

_versions = iter(range(2, 10_000))


def tree() -> World:
    """Return a tree of three with records of each person's, and a goal beside it.

    A ── B ── C      X
    """
    made = World()
    made.say(making.metric(), *(goal(name) for name in "ABCX"))
    for owner, amount in (("A", "1.00"), ("B", "10.00"), ("C", "100.00")):
        for turn in (1, 2):
            made.record(making.won(f"O-{owner}{turn}", amount, owner=owner))
    for turn in range(4):
        made.record(making.won(f"O-X{turn}", "1000.00", owner="X"))
    return made


TOTALS = {"A": 222, "B": 220, "C": 200, "X": 4000}


def goal(name: str, **changes: Any) -> Any:
    """Return a goal that counts the records of a person of the same name."""
    said = {
        "owner": {"type": "user", "id": name},
        "owner_records_only": True,
        "parent_id": PARENTS[name],
        "version": next(_versions),
        **changes,
    }
    return making.goal(name, "ABCX".index(name) + 1, **said)


def wish(name: str = "B", asked: str = "R") -> RecalculationDefinition:
    """Return the wish that a goal's tree be recalculated."""
    return RecalculationDefinition.model_validate(
        {
            "id": asked,
            "version": next(_versions),
            "goal_id": name,
            "goal_number": "ABCX".index(name) + 1,
            "asked_at": "2026-11-21T09:00:00Z",
        }
    )


def override(number: int, flags: dict[str, bool], **values: str) -> dict[str, Any]:
    """Return an override as goals sends it."""
    at = "2026-11-20T09:00:00+00:00"
    return {"number": number, "values": values, "at": at, **flags}


async def report(copy: Copy, asked: str = "R") -> dict[str, Any]:
    """Return what is published of a recalculation."""
    row = await copy.pool.fetchrow(
        "SELECT * FROM rollup_published.recalculation WHERE id = $1", asked
    )
    assert row is not None
    return {**row, "differences": json.loads(row["differences"])}


async def recalculated(copy: Copy, name: str = "B", asked: str = "R") -> dict[str, Any]:
    """Recalculate from beginning to end; return the report."""
    copy.world.say(wish(name, asked))
    await copy.settle()
    told = await report(copy, asked)
    assert told["status"] == "done"
    return told


async def shown(copy: Copy, url: str) -> dict[str, int]:
    """Return what all goals show, once everything agrees with everything."""
    await judge(url)
    assert not verifying.judge(await read_rows(url)).differences
    announced: dict[str, Any] = copy.world.outgoing.last()
    found = {
        name: actual // UNIT for name, (actual, *_) in (await numbers(url)).items()
    }
    for name, actual in found.items():
        assert announced[name]["values"]["actual"] == f"{actual}.0000"
    return found


def told(differences: Sequence[dict[str, Any]]) -> list[tuple[str, str, str, str]]:
    """Return differences in short."""
    return [
        (
            one["goal_id"],
            one["field"],
            one["was"].removesuffix(".0000"),
            one["should_be"].removesuffix(".0000"),
        )
        for one in differences
    ]


# What is done to the tables behind the engine's back, and what must be told of it.
OWN_5 = "UPDATE rollup.total SET own_actual = own_actual + 50000 WHERE number = 3"
COMPUTED_5 = """
UPDATE rollup.total SET computed_actual = computed_actual + 50000 WHERE number <= {0}
"""
RECORD_5 = """
UPDATE rollup.record SET amounts = ARRAY[amounts[1] + 50000]
WHERE key = 'opportunity/O-C1'
"""
STRANGE = """
UPDATE rollup.record SET slots = slots || 24, amounts = amounts || 70000::bigint
WHERE key = 'opportunity/O-X3'
"""
MISSING = """
UPDATE rollup.record SET slots = '{}', amounts = '{}' WHERE key = 'opportunity/O-B2'
"""
HUGE = """
UPDATE rollup.total SET own_actual = own_actual + 12345678901234567890
WHERE number = 2
"""
INJECTED = {
    "own": ([OWN_5], [("C", "own.actual", "205", "200")]),
    "own, and what is computed of it": (
        [OWN_5, COMPUTED_5.format(3)],
        [
            ("C", "own.actual", "205", "200"),
            ("A", "computed.actual", "227", "222"),
            ("B", "computed.actual", "225", "220"),
            ("C", "computed.actual", "205", "200"),
        ],
    ),
    "computed only": (
        [COMPUTED_5.format(1)],
        [("A", "computed.actual", "227", "222")],
    ),
    "what a record adds": (
        [RECORD_5],
        [("C", "contributions.actual", "205", "200")],
    ),
    "what a record adds, and all that follows": (
        [RECORD_5, OWN_5, COMPUTED_5.format(3)],
        [
            ("C", "contributions.actual", "205", "200"),
            ("C", "own.actual", "205", "200"),
            ("A", "computed.actual", "227", "222"),
            ("B", "computed.actual", "225", "220"),
            ("C", "computed.actual", "205", "200"),
        ],
    ),
    "what a stranger's record adds": (
        [STRANGE],
        [("C", "contributions.actual", "207", "200")],
    ),
    "what a record does not add": (
        [MISSING],
        [("B", "contributions.actual", "10", "20")],
    ),
    "two faults that hide one another": (
        [OWN_5, RECORD_5],
        [
            ("C", "contributions.actual", "205", "200"),
            ("C", "own.actual", "205", "200"),
        ],
    ),
    "more than a bigint holds": (
        [HUGE],
        [("B", "own.actual", "1234567890123476.7890", "20")],
    ),
}


def before(
    monkeypatch: pytest.MonkeyPatch,
    place: Any,
    name: str,
    act: Callable[[], Awaitable[None]],
) -> None:
    """Have something happen before each call of a function."""
    original = getattr(place, name)

    async def both(*words: Any, **named: Any) -> Any:
        await act()
        return await original(*words, **named)

    monkeypatch.setattr(place, name, both)


def small_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Have reading and comparing take several steps."""
    monkeypatch.setattr(rederive, "CHUNK_RECORDS", CHUNK)
    monkeypatch.setattr(recalculate, "PAGE_RECORDS", PAGE)
