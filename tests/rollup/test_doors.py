"""A goal counts what its manager may read, found without asking every goal.

The directory is made at random, with an oracle that walks through it for each question.
"""

from collections import Counter
from random import Random

import pytest
from pydantic import TypeAdapter

from services.rollup.domain.contributions import slot_of
from services.rollup.domain.definitions import Definitions
from services.rollup.domain.directory import DirectoryNews
from services.rollup.domain.doors import ANYBODY, doors_of, knocks_of
from shared.domain.goals import (
    Goal,
    GoalNumber,
    Metric,
    MetricId,
    Principal,
    PrincipalType,
)
from shared.messages.definitions import Definition, Kind
from shared.messages.people import people_news
from shared.messages.records import ActivityRecord
from shared.rights.access import EVERYTHING, NOTHING, Access
from shared.rights.people import People, PeopleNews, Person
from tests.rights import directories, naive
from tests.rights.directories import Entries
from tests.rollup.making import REVENUE, goal, record

_definition: TypeAdapter[Definition] = TypeAdapter(Definition)

METRICS: dict[MetricId, Metric] = {REVENUE.id: REVENUE}


def _news(entries: Entries) -> DirectoryNews:
    definitions: dict[tuple[Kind, str], Definition | None] = {
        (Kind(kind), name): _definition.validate_python(
            {"kind": kind, "id": name, "version": 1, **entry}
        )
        for kind, by_name in entries.items()
        for name, entry in by_name.items()
    }
    return DirectoryNews(people=people_news(definitions))


def _goal(random: Random, number: int) -> Goal:
    kind, _, name = random.choice(directories.principals()).partition("/")
    return goal(
        number,
        owner=Principal(PrincipalType(kind), name),
        manager_id=random.choice(directories.users()),
        owner_records_only=random.random() < 0.5,
        include_team_members=random.random() < 0.5,
    )


def _record(random: Random, number: int) -> ActivityRecord:
    return record(
        id=f"O-{number}",
        owner=directories.owner(random),
        shared_with=directories.shares(random),
    )


def _counts(entries: Entries, one: Goal, made: ActivityRecord) -> bool:
    """Tell, by walking through the directory, whether a goal counts a record."""
    owners = [one.owner.key]
    if one.include_team_members and one.owner.type is PrincipalType.TEAM:
        team = entries["team"].get(one.owner.id, {"members": []})
        owners += [f"user/{member}" for member in team["members"]]
    if one.owner_records_only and made.owner not in owners:
        return False
    entity, manager = made.entity, one.manager_id
    return naive.may(
        entries, manager, entity, made.owner, made.shared_with
    ) and not any(
        naive.hidden(entries, manager, entity, attribute)
        for attribute in ("amount", "closed")
    )


@pytest.mark.parametrize("seed", range(8))
def test_goals_count_what_their_managers_read_whatever_changes(seed: int) -> None:
    """Goals that are not derived again after a change count what they counted before.

    Those that are: most of them since some record is another's, or is read no more.
    """
    random = Random(seed)
    seen: Counter[bool] = Counter()
    derived: Counter[bool] = Counter()
    for _ in range(5):
        entries = directories.directory(random)
        definitions = Definitions(metrics=dict(METRICS))
        definitions.take(_news(entries), {})
        goals = [_goal(random, number) for number in range(1, 40)]
        for one in goals:
            definitions.forest.plant(one)
            definitions.index_goal(one)
        records = [_record(random, number) for number in range(60)]
        counted = _counted(definitions, records)
        assert counted == _by_the_rule(entries, goals, records)
        for _ in range(12):
            before = counted
            otherwise = _change(random, entries, definitions)
            fresh = _counted(definitions, records)
            counted = {pair for pair in before if pair[0] not in otherwise} | {
                pair for pair in fresh if pair[0] in otherwise
            }
            expected = _by_the_rule(entries, goals, records)
            assert counted == expected == fresh
            for number in otherwise:
                now = {pair for pair in fresh if pair[0] == number}
                derived[now != {pair for pair in before if pair[0] == number}] += 1
        seen[True] += len(counted)
        seen[False] += len(goals) * len(records) - len(counted)
    assert seen[True] / seen.total() > 0.02, seen
    assert derived[True] / derived.total() > 0.2, derived


def _change(
    random: Random, entries: Entries, definitions: Definitions
) -> set[GoalNumber]:
    """Change something, and let those goals stand elsewhere that must."""
    kind, name = directories.changed(random, entries)
    left = entries[kind].get(name)
    news = (
        DirectoryNews(people=people_news({(Kind(kind), name): None}))
        if left is None
        else _news({kind: {name: left}})
    )
    otherwise = definitions.take(news, {})
    for number in otherwise.goals:
        one = definitions.forest.nodes[number].goal
        definitions.unindex_goal(one)
        definitions.index_goal(one)
    return {*otherwise.goals, *otherwise.passed}


def _counted(
    definitions: Definitions, records: list[ActivityRecord]
) -> set[tuple[int, str]]:
    """Return which goals count which records, as the index has it."""
    numbers = {slot_of(number, 0): number for number in definitions.forest.nodes}
    found: set[tuple[int, str]] = set()
    for made in records:
        slots, _ = definitions.index.contributions_of(made)
        assert len(set(slots)) == len(slots)
        found |= {(numbers[slot], made.key) for slot in slots}
    return found


def _by_the_rule(
    entries: Entries, goals: list[Goal], records: list[ActivityRecord]
) -> set[tuple[int, str]]:
    return {
        (one.number, made.key)
        for one in goals
        for made in records
        if _counts(entries, one, made)
    }


def test_managers_who_cannot_see_a_record_are_never_met() -> None:
    """However many of them have goals, a record knocks at the same few doors."""
    people = People()
    people.take(
        PeopleNews(
            users={
                f"m{number}": Person(business_unit=f"U{number}")
                for number in range(1_000)
            }
        )
    )
    made = record(owner="user/m7", shared_with=["team/T", "team/T"])
    doors = {
        door: number
        for number in range(1_000)
        for door in doors_of(
            None,
            Access(
                owners=frozenset({f"user/m{number}"}),
                units=frozenset({f"U{number}"}),
                top_unit=f"U{number}",
                shared_with=frozenset({f"user/m{number}"}),
            ),
            people,
        )
    }

    knocks = knocks_of(made, people)

    assert len(knocks) == len(set(knocks)) == 6
    assert {doors[knock] for knock in knocks if knock in doors} == {7}


def test_who_reads_everything_costs_one_door() -> None:
    """Goals of those who read all stand where they stood before there were roles."""
    people = People()

    assert doors_of(None, EVERYTHING, people) == (ANYBODY,)
    assert doors_of(["user/R0", "team/T"], EVERYTHING, people) == ("user/R0", "team/T")
    assert doors_of(None, NOTHING, people) == ()
    assert doors_of(["user/R0"], NOTHING, people) == ()
