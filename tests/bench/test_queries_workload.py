"""The company and the records of the benchmark of queries."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from bench.company import ENTITY, Company
from bench.queries.company import Equality, company_of
from bench.queries.workload import accounts_of, codes_for, records_of
from shared.queries.conditions import Where, demands_of
from shared.queries.reading import where_of

TERRITORIES = 10


def _records(count: int) -> list[Any]:
    return [json.loads(one.value) for one in records_of(count, TERRITORIES)]


def test_records_do_not_depend_on_how_many_goals_there_are() -> None:
    """They lie where the smallest company has goals, and are the same each time."""
    assert codes_for([100, 10_000]) == 100
    assert codes_for([10_000, 5]) == 5
    assert records_of(500, TERRITORIES) == records_of(500, TERRITORIES)


def test_a_message_that_comes_twice_says_the_same() -> None:
    """What the queries ask for is drawn for each version, not for each message."""
    said: dict[tuple[str, int], Any] = {}
    twice = 0

    for record in _records(5_000):
        key = record["id"], record["version"]
        twice += key in said
        assert said.setdefault(key, record) == record

    assert twice > 100


def test_records_move_between_territories_and_end() -> None:
    """All territories have some; changes lead from one to another; some are deleted."""
    records = _records(5_000)
    living = [record for record in records if not record.get("deleted", False)]
    places = {(one["id"], one["attributes"]["territory"]) for one in living}

    assert {place for _, place in places} == {f"T-{n:05d}" for n in range(TERRITORIES)}
    assert len(places) > len({one["id"] for one in living})
    assert len(living) < len(records)
    # A record that no query lets through, and one that counts, for each reason.
    for name in ("stage", "rating"):
        assert len({one["attributes"][name] for one in living}) > 1


def test_every_record_has_an_account() -> None:
    """The link of each leads to an account that is sent, in a place with a goal."""
    accounts = {
        record["id"]: record["attributes"]["postalcode"]
        for record in (json.loads(one.value) for one in accounts_of(TERRITORIES))
    }

    assert {one["attributes"]["customerid"] for one in _living(2_000)} <= set(accounts)
    assert set(accounts.values()) == {f"P-{n:05d}" for n in range(TERRITORIES)}


def _living(count: int) -> list[Any]:
    return [one for one in _records(count) if not one.get("deleted", False)]


@pytest.mark.parametrize("equality", [Equality.OF_RECORD, Equality.BEHIND_LINK])
def test_each_goal_demands_a_place_of_its_own_behind_the_common_stages(
    equality: Equality,
) -> None:
    """The equality stands after a demand that all share, so one must be chosen."""
    company = company_of(3, equality)
    queries = {query.id: query.where for query in company.queries}
    asked = [goal.queries["actual"] for goal in company.goals[1:]]
    assert asked == list(queries)
    demands = [_demands(queries[query_id]) for query_id in asked]
    assert len({str(stages) for stages, _ in demands}) == 1
    assert len({str(place) for _, place in demands}) == len(asked)


def test_each_reader_manages_one_goal_and_reads_what_is_shared_with_him() -> None:
    """Without queries, only the right to read tells the goals apart."""
    company = company_of(TERRITORIES, Equality.OF_READER)
    records = [
        json.loads(message.value)
        for message in records_of(2_000, TERRITORIES, shared=True)
    ]

    managers = [goal.manager_id for goal in company.goals[1:]]
    assert not company.queries
    assert [(role.depth, role.users) for role in company.roles] == [("user", managers)]
    assert {
        share["id"] for record in records for share in record.get("shared_with", [])
    } == set(managers)


def _demands(where: Mapping[str, Any]) -> tuple[Where, Where]:
    """Return what a query demands of the stage and of the place, read."""
    stages, place, _ = demands_of(where_of(where, ENTITY, {}))
    return stages, place


def test_the_root_takes_only_what_its_children_show() -> None:
    """All others hang below it and count the records of all owners."""
    company: Company = company_of(3, Equality.OF_RECORD)

    root, *below = company.goals
    assert root.rollup_only_from_children
    assert not root.queries
    assert {goal.parent_id for goal in below} == {root.id}
    assert not any(goal.owner_records_only for goal in below)
