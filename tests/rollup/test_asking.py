"""Goals with queries in the index: found by what they demand, and by nothing else."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.rollup.domain.contributions import slot_of
from services.rollup.domain.doors import ANYBODY
from services.rollup.domain.goal_index import GoalIndex, Place
from services.rollup.domain.participation import amount_of, participates
from services.rollup.domain.queries import Asked, read_query
from shared.domain.entities import AttributeType
from shared.domain.goals import Goal, QueryId, Slot
from shared.domain.records import Record
from shared.messages.records import ActivityRecord
from shared.queries.eyes import Eyes, Manager, Sight, Surroundings
from shared.queries.reading import where_of
from shared.queries.seeing import Seeing
from tests.rollup.making import REVENUE, goal, record

AROUND = Surroundings()
TYPES: Final = {"opportunity": {"size": AttributeType.NUMBER}}
SHARE_MIN = 0.10


def one(attribute: str, operator: str, value: object = None) -> dict[str, Any]:
    """Return one condition."""
    return {"attribute": attribute, "operator": operator, "value": value}


def linked(where: object) -> dict[str, Any]:
    """Return a condition on the account."""
    return {"link": "customerid", "entity": "account", "where": where}


WHERES: Final[Sequence[dict[str, Any]]] = (
    one("territory", "eq", "north"),
    one("territory", "in", ["north", "3", 3]),
    one("territory", "eq", 3),
    one("territory", "eq", True),
    one("territory", "ne", "north"),
    one("size", "eq", "3.0"),
    one("@owner", "eq", "R0"),
    one("@owner", "in", ["user/R1", "team/R0"]),
    one("@owner", "eq-userid"),
    one("@owner", "eq-useroruserteams"),
    one("@state", "eq", "won"),
    one("@id", "eq", "O-1"),
    linked(one("postalcode", "eq", "1")),
    linked({"all": [one("postalcode", "eq", 1), one("region", "eq", "x")]}),
    {"all": [one("territory", "eq", "north"), linked(one("region", "eq", "x"))]},
    {"any": [one("territory", "eq", "north"), one("size", "gt", 2)]},
    {"not": one("territory", "eq", "north")},
    {"all": []},
)
VALUES: Final = ("north", "south", 3, "3", "3.0", True, None, 1)


def asked(where: object, manager: str) -> Asked:
    """Return a query as a goal of that manager asks it."""
    query = read_query(
        QueryId("Q"), "opportunity", where_of(where, "opportunity", TYPES)
    )
    teams = frozenset({"R0"} if manager == "R0" else set())
    eyes = Eyes(
        around=AROUND,
        time_zone="Europe/Berlin",
        manager=Manager(id=manager, teams=teams),
    )
    return Asked(query, eyes)


Goals = list[tuple[Goal, Asked | None]]


@st.composite
def several_goals(draw: st.DrawFn) -> Goals:
    """Return goals, most of them with a query."""
    return [
        (
            goal(number, owner_records_only=draw(st.booleans())),
            draw(
                st.one_of(
                    st.none(),
                    st.builds(
                        asked, st.sampled_from(WHERES), st.sampled_from(("R0", "M"))
                    ),
                )
            ),
        )
        for number in range(1, draw(st.integers(2, 12)))
    ]


@st.composite
def records(draw: st.DrawFn) -> tuple[ActivityRecord, dict[str, Record]]:
    """Return a won opportunity, and its account if there is one."""
    made = record(
        id=draw(st.sampled_from(("O-1", "O-2"))),
        owner=draw(st.sampled_from(("user/R0", "user/R1", "team/R0", "user/M", None))),
        attributes={
            "amount": "1",
            "closed": "2026-02-01",
            "territory": draw(st.sampled_from(VALUES)),
            "size": draw(st.sampled_from(VALUES)),
            "customerid": draw(st.sampled_from(("A0", "A1", None))),
        },
    )
    account = record(
        entity="account",
        id="A0",
        deleted=draw(st.sampled_from((False, False, True))),
        attributes={
            "postalcode": draw(st.sampled_from(("1", 1, "2"))),
            "region": draw(st.sampled_from(("x", "y"))),
        },
    )
    return made, {account.key: account}


def index_of(goals: Goals) -> GoalIndex:
    """Return an index that holds the goals."""
    index = GoalIndex()
    for a_goal, asks in goals:
        add(index, a_goal, asks)
    return index


def add(index: GoalIndex, a_goal: Goal, asks: Asked | None) -> None:
    """Put a goal into an index."""
    door = a_goal.owner.key if a_goal.owner_records_only else ANYBODY
    index.add(a_goal, REVENUE, {Slot.ACTUAL: Place((door,), asks)})


def by_the_rule(
    goals: Goals, made: ActivityRecord, parents: Mapping[str, Record]
) -> dict[int, int]:
    """Return what a record adds by asking every goal."""
    field = REVENUE.rollup_fields[Slot.ACTUAL]
    return {
        slot_of(a_goal.number, 0): amount_of(made, REVENUE, field)
        for a_goal, asks in goals
        if participates(made, a_goal, field, parents, (), asks)
    }


def by_the_index(
    index: GoalIndex, made: ActivityRecord, parents: Mapping[str, Record]
) -> dict[int, int]:
    """Return what a record adds by asking the index."""
    slots, amounts = index.contributions_of(made, Seeing(parents))
    assert len(set(slots)) == len(slots)
    return dict(zip(slots, amounts, strict=True))


def test_the_index_agrees_with_the_rule() -> None:
    """Wherever a goal is kept, those records find it that it counts."""
    seen: Counter[bool] = Counter()

    @settings(max_examples=400, derandomize=True)
    @given(several_goals(), records())
    def agrees(goals: Goals, several: tuple[ActivityRecord, dict[str, Record]]) -> None:
        made, parents = several
        wanted = by_the_rule(goals, made, parents)
        for a_goal, asks in goals:
            if asks is not None:
                seen[slot_of(a_goal.number, 0) in wanted] += 1

        assert by_the_index(index_of(goals), made, parents) == wanted

    agrees()
    assert min(seen.values()) / seen.total() >= SHARE_MIN, seen


@given(several_goals(), records(), st.data())
def test_goals_come_and_go_in_any_order(
    goals: Goals,
    several: tuple[ActivityRecord, dict[str, Record]],
    data: st.DataObject,
) -> None:
    """After some have gone, and others came again, nothing else is there."""
    index = index_of(goals)
    for a_goal, asks in data.draw(st.permutations(goals)):
        index.remove(a_goal.number)
        if data.draw(st.booleans()):
            add(index, a_goal, asks)
        else:
            goals = [other for other in goals if other[0] is not a_goal]

    assert by_the_index(index, *several) == by_the_rule(goals, *several)
    if not goals:
        assert not index._entities
    if not any(asks is not None and asks.query.outlook.looks_into for _, asks in goals):
        assert not index.links.lead_to("account")


@pytest.mark.parametrize(
    "where",
    [
        {"all": [one("@state", "eq", "won"), one("territory", "eq", "T-{}")]},
        linked(one("postalcode", "eq", "T-{}")),
        one("@owner", "eq", "T-{}"),
    ],
)
def test_a_record_meets_only_goals_whose_demand_it_fulfils(
    where: dict[str, Any],
) -> None:
    """However many goals ask for other territories, it asks one query."""
    questions: Counter[int] = Counter()
    index = GoalIndex()
    for number in range(1, 500):
        asks = asked(_filled(where, number), "M")

        def test(
            made: Record, eyes: Eyes, sight: Sight, number: int = number, of: Any = asks
        ) -> bool:
            questions[number] += 1
            answer: bool = of.query.test(made, eyes, sight)
            return answer

        counting = Asked(replace(asks.query, test=test), asks.eyes)
        index.add(goal(number), REVENUE, {Slot.ACTUAL: Place((ANYBODY,), counting)})
    made = record(
        owner="user/T-7",
        attributes={
            "amount": "1",
            "closed": "2026-02-01",
            "territory": "T-7",
            "customerid": "A0",
        },
    )
    account = record(entity="account", id="A0", attributes={"postalcode": "T-7"})

    found = by_the_index(index, made, {account.key: account})

    assert list(found) == [slot_of(7, 0)]
    # The first ones had nothing to choose by yet.
    assert questions.total() <= 2


def _filled(where: Any, number: int) -> Any:
    if isinstance(where, dict):
        return {name: _filled(value, number) for name, value in where.items()}
    if isinstance(where, list):
        return [_filled(value, number) for value in where]
    return where.format(number) if isinstance(where, str) else where
