"""Lives in which something was found once, as the random ones printed them."""

import asyncio
from typing import Any

import pytest

from tests.stateful.deeds import Deed, Json, Kind
from tests.stateful.house import Street
from tests.stateful.life import Diary
from tests.stateful.machine import AnyLife

REVENUE = {
    "metric_id": "revenue",
    "period": {"kind": "custom", "start": "2026-07-01", "end": "2026-09-30"},
    "time_zone": "Europe/Berlin",
}
ADA = {"type": "user", "id": "ada"}
FIVE = {"is_override": True, "is_overridden": False, "values": {"actual": "5"}}


def create(*several: Json) -> Deed:
    """Create goals of ada's that are called as their ids."""
    common = {"manager_id": "grace", "owner": ADA, "target": "10"}
    return Deed(
        Kind.CREATE_GOALS,
        body=[{"title": body["id"], **common, **body} for body in several],
    )


def change(name: str, **body: Any) -> Deed:
    """Change a goal."""
    return Deed(Kind.CHANGE_GOAL, name, body)


def won(name: str, amount: str, *, version: int = 11) -> Deed:
    """Send an opportunity that ada has won."""
    record = {
        "entity": "opportunity",
        "id": name,
        "version": version,
        "owner": ADA,
        "state": "won",
        "attributes": {"amount": amount, "closed": "2026-08-15", "expected": None},
    }
    return Deed(Kind.SEND_RECORDS, body=[record])


def chain(name: str, levels: int) -> Deed:
    """Create goals one below the other, of which the last has no child."""
    below = [
        {"id": f"{name}-{level}", "parent_id": f"{name}-{level - 1}"}
        for level in range(1, levels)
    ]
    return create({"id": f"{name}-0", **REVENUE}, *below)


OCTOBER = {"kind": "custom", "start": "2026-10-01", "end": "2026-10-31"}


KNOWN = {
    "a tree of another period, in which a goal is closed, and then is not": [
        create(
            {"id": "A", **REVENUE},
            {"id": "B", "parent_id": "A"},
            {"id": "C", "parent_id": "B"},
        ),
        won("O-1", "1"),
        change("C", state="closed"),
        change("A", period=OCTOBER),
        change("B", period=OCTOBER),
        change("C", state="open"),
        change("A", period=OCTOBER),
    ],
    # Each keeps what is written over it, and who locks what it shows shows that.
    "goals that are written over in one request with their parents": [
        create(
            {"id": "A", **REVENUE, "is_overridden": True},
            {"id": "B", "parent_id": "A", **FIVE},
            {"id": "C", "parent_id": "B", **FIVE},
        ),
        won("O-1", "1"),
    ],
    "trees as deep as they may be, and deeper": [
        chain("A", 65),
        won("O-1", "1"),
        create({"id": "B", "parent_id": "A-64"}),
        chain("C", 2),
        change("A-0", parent_id="C-0"),
        change("A-1", parent_id="C-0"),
        change("C-0", parent_id="A-0"),
        change("C-1", parent_id="A-63"),
        change("C-0", parent_id="A-64"),
        change("A-63", state="closed"),
        won("O-1", "2", version=12),
        Deed(Kind.DELETE_GOAL, "A-30"),
    ],
    "a child that is closed, moves on and is reopened below a written goal": [
        create({"id": "A", **REVENUE}, {"id": "B", "parent_id": "A"}),
        won("O-1", "1"),
        change("A", **FIVE),
        change("B", state="closed"),
        won("O-1", "7", version=12),
        change("B", state="open"),
    ],
    # What is computed above stays the same, so what was written there must stand.
    "a goal that moves from one child of a written goal to another": [
        create(
            {"id": "A", **REVENUE},
            {"id": "B", "parent_id": "A"},
            {"id": "C", "parent_id": "A"},
            {"id": "D", "parent_id": "B"},
        ),
        won("O-1", "1"),
        change("A", **FIVE),
        change("D", parent_id="C"),
    ],
    # What was written is over; closing must not say that it stands.
    "a goal that closes after what was written over it has ended": [
        create({"id": "A", **REVENUE}),
        change("A", **FIVE),
        won("O-1", "7"),
        change("A", state="closed"),
    ],
    # Those above it are to blame nobody then.
    # Its former amounts have other decimals.
    "a goal of a disabled manager that gets another metric": [
        create({"id": "A", **REVENUE, "manager_id": "mia"}),
        won("O-1", "7"),
        Deed(Kind.CHANGE_USER, "mia", {"disabled": True}),
        won("O-1", "8", version=12),
        change("A", metric_id="ratio"),
        change("A", metric_id="revenue"),
    ],
    "a goal of a disabled manager that is deleted": [
        create(
            {"id": "A", **REVENUE}, {"id": "B", "parent_id": "A", "manager_id": "mia"}
        ),
        Deed(Kind.CHANGE_USER, "mia", {"disabled": True}),
        Deed(Kind.DELETE_GOAL, "B"),
    ],
}


@pytest.mark.parametrize("name", KNOWN)
def test_what_was_mended_stays_mended(
    name: str, runner: asyncio.Runner, street: Street
) -> None:
    """The oracle agrees after every deed."""
    AnyLife(runner, street, Diary()).live(KNOWN[name])
