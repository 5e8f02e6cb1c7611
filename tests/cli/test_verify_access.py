"""`cairn verify` counts what each goal's manager may read, by SQL of its own."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from random import Random
from typing import Any, Final

import pytest_asyncio

from cli.verify import access
from cli.verify.directory import read_directory
from cli.verify.judging import Check, judge
from cli.verify.reading import Row, read_rows
from shared.domain.amounts import MetricKind
from shared.domain.goals import PrincipalType, Slot
from shared.messages.definitions import (
    LinkDefinition,
    MetricDefinition,
    PrincipalDefinition,
    RollupFieldDefinition,
)
from shared.rights.roles import Depth
from tests.cli.tables import MONEY_METRIC, Tables, goal_definition, rollup_tables
from tests.rights import directories, naive
from tests.rights.directories import Entries

DIRECTORIES: Final = 4
RECORDS: Final = 120
# Of all goals, so many at least are kept from something, and so many from nothing.
SHARE_MIN: Final = 0.05
INSIDE: Final = "2026-11-21"
COUNT: Final = MetricDefinition(
    id="deals",
    version=1,
    name="Deals",
    metric_kind=MetricKind.COUNT,
    rollup_fields={
        Slot.ACTUAL: RollupFieldDefinition(
            source_entity="opportunity", date_attribute="closed"
        ),
        Slot.IN_PROGRESS: RollupFieldDefinition(
            source_entity="case",
            date_attribute="closed",
            date_from=LinkDefinition(link="region", entity="opportunity"),
        ),
    },
)
REVENUE: Final = MONEY_METRIC.model_copy(
    update={
        "rollup_fields": {
            Slot.ACTUAL: RollupFieldDefinition(
                source_entity="opportunity",
                source_attribute="amount",
                date_attribute="closed",
            )
        }
    }
)


@pytest_asyncio.fixture
async def tables(database: str) -> AsyncIterator[Tables]:
    """Rollup's tables, with two metrics."""
    async with rollup_tables(database) as found:
        await found.put_metric(COUNT)
        await found.put_metric(REVENUE)
        yield found


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a goal counts, as the oracle has it."""

    manager: str
    # None: anybody's.
    owners: Sequence[str] | None
    metric: str


@dataclass(slots=True, kw_only=True)
class Company:
    """A directory, records and goals; and what each goal should be."""

    entries: Entries
    records: list[dict[str, Any]] = field(default_factory=list)
    goals: dict[int, Asked] = field(default_factory=dict)

    def expected(self, number: int) -> Mapping[str, int]:
        """Return what a goal should count, in units."""
        asked = self.goals[number]
        found = {"actual": 0, "in_progress": 0, "custom": 0}
        for one in self.records:
            if self._reads(asked, one):
                if one["entity"] == "opportunity":
                    found["actual"] += self._adds(asked, one)
                elif asked.metric == "deals":
                    found["in_progress"] += self._is_dated(asked, one)
        return found

    def _reads(self, asked: Asked, one: Mapping[str, Any]) -> bool:
        is_asked_for = asked.owners is None or one["owner"] in asked.owners
        return is_asked_for and naive.may(
            self.entries,
            asked.manager,
            one["entity"],
            one["owner"],
            one["shared_with"] or [],
        )

    def _hides(self, asked: Asked, entity: str, name: str) -> bool:
        return naive.hidden(self.entries, asked.manager, entity, name)

    def _adds(self, asked: Asked, one: Mapping[str, Any]) -> int:
        if self._hides(asked, "opportunity", "closed"):
            return 0
        if asked.metric == "deals":
            return 1
        hidden = self._hides(asked, "opportunity", "amount")
        return 0 if hidden else int(one["attributes"]["amount"]) * 10_000

    def _is_dated(self, asked: Asked, one: Mapping[str, Any]) -> bool:
        """Tell whether the opportunity that a case links to closed in the period."""
        linked = any(
            other["entity"] == "opportunity"
            and other["id"] == one["attributes"]["region"]
            for other in self.records
        )
        return (
            linked
            and not self._hides(asked, "case", "region")
            and not self._hides(asked, "opportunity", "closed")
        )


def random_company(random: Random) -> Company:
    """Return a company where roles decide."""
    entries = directories.directory(random)
    entries["organization"]["organization"]["reading"] = "roles"
    # If every role hid something, nearly all would be hidden from nearly everybody.
    for role in list(entries["role"].values())[1:]:
        role["secured_attributes"] = {}
    # And if none read much, nearly nobody would.
    for depth in list(Depth)[1:]:
        reader = {"name": "", "privileges": {"*": {"read": str(depth)}}}
        entries["role"][str(depth)] = reader | {"secured_attributes": {}}
    for user in entries["user"].values():
        user["roles"] = sorted({*user["roles"], str(random.choice(list(Depth)[1:]))})
    company = Company(entries=entries)
    for number in range(RECORDS):
        attributes = {
            "closed": INSIDE,
            "amount": str(random.randrange(1, 9)),
            "region": str(random.randrange(RECORDS)),
        }
        company.records.append(
            {
                "id": str(number),
                "entity": random.choice(directories.ENTITIES),
                "owner": directories.owner(random),
                "shared_with": directories.shares(random) or None,
                "attributes": attributes,
            }
        )
    teams = [f"team/{name}" for name in entries["team"]]
    for manager in directories.users():
        for owner in (None, f"user/{manager}", *random.sample(teams, 2)):
            for metric in (COUNT.id, REVENUE.id):
                owners = None if owner is None else _with_members(entries, owner)
                company.goals[len(company.goals) + 1] = Asked(
                    manager=manager, owners=owners, metric=metric
                )
    return company


def _with_members(entries: Entries, owner: str) -> Sequence[str]:
    """Return an owner, and of a team its members."""
    kind, _, name = owner.partition("/")
    members = entries["team"][name]["members"] if kind == "team" else []
    return [owner, *(f"user/{member}" for member in members)]


async def put(tables: Tables, company: Company) -> None:
    """Put a company into the tables, in place of the one that is there."""
    await tables.connection.execute(
        "TRUNCATE rollup.record, rollup.goal, rollup.total, rollup.directory"
    )
    for kind, by_name in company.entries.items():
        for name, entry in by_name.items():
            await put_entry(tables, kind, name, **entry)
    for one in company.records:
        columns = {name: one[name] for name in ("entity", "owner", "shared_with")}
        await tables.put_record(one["id"], one["attributes"], **columns)
    for number, asked in company.goals.items():
        await put_goal(tables, number, asked)


async def put_entry(tables: Tables, kind: str, name: str, /, **said: Any) -> None:
    """Put an entry of the directory in."""
    said = {"kind": kind, "id": name, "version": 1, "name": name} | said
    await tables.connection.execute(
        "INSERT INTO rollup.directory (kind, id, version, revision, definition) "
        "VALUES ($1, $2, 1, 1, $3)",
        kind,
        name,
        json.dumps(said),
    )


async def put_goal(
    tables: Tables, number: int, asked: Asked, own: tuple[int, int, int] = (0, 0, 0)
) -> None:
    """Put a goal in."""
    owner = (asked.owners or ["user/nobody"])[0]
    kind, _, name = owner.partition("/")
    goal = goal_definition(
        number, metric_id=asked.metric, owner_records_only=asked.owners is not None
    ).model_copy(
        update={
            "manager_id": asked.manager,
            "owner": PrincipalDefinition(type=PrincipalType(kind), id=name),
            "include_team_members": True,
        }
    )
    await tables.put_goal(goal, own=own)


def by_goal(rows: Sequence[Row]) -> Mapping[int, Mapping[str, int]]:
    """Return what is expected of each goal, field by field."""
    found: dict[int, dict[str, int]] = {}
    for row in rows:
        found.setdefault(row.number, {})[row.field] = row.expected
    return found


async def test_generated_companies_are_counted_as_the_rules_say(
    database: str, tables: Tables
) -> None:
    """Whatever roles, units, teams, lines and shares come to, and what is hidden."""
    random, narrowed, whole, goals = Random(20261121), 0, 0, 0

    for _ in range(DIRECTORIES):
        company = random_company(random)
        await put(tables, company)

        found = by_goal(await read_rows(database))

        for number, asked in company.goals.items():
            assert found[number] == company.expected(number), asked
        everybody = Company(
            entries=company.entries
            | {"organization": {"organization": {"reading": "everyone"}}},
            records=company.records,
            goals=company.goals,
        )
        for number in company.goals:
            is_whole = company.expected(number) == everybody.expected(number)
            has_some = any(company.expected(number).values())
            narrowed += has_some and not is_whole
            whole += has_some and is_whole
        goals += len(company.goals)

    assert min(narrowed, whole) >= goals * SHARE_MIN


async def seller(tables: Tables, depth: str, **more: Any) -> None:
    """Let `m` be one whose only role reads opportunities so far."""
    organization = {"time_zone": "UTC", "base_currency": "EUR", "reading": "roles"}
    await put_entry(tables, "organization", "organization", **organization)
    privileges = {"opportunity": {"read": depth}}
    await put_entry(tables, "role", "seller", privileges=privileges, **more)
    await put_entry(tables, "user", "m", roles=["seller"], business_unit_id="U")


async def differences(database: str) -> set[tuple[Check, str, str, str]]:
    """Return what verify finds wrong, but for what the root's total follows from."""
    found = judge(await read_rows(database)).differences
    return {
        (one.check, one.goal_id, one.should_be, one.found)
        for one in found
        if one.check is Check.CONVERGENCE
    }


async def test_a_total_of_records_that_the_manager_may_not_read_is_wrong(
    database: str, tables: Tables
) -> None:
    """One is m's own, one is shared with m, one is neither; each goal counts three."""
    await seller(tables, "user")
    slots = [(8, 1), (16, 1)]
    await tables.put_record("own", {"closed": INSIDE}, owner="user/m", adds=slots)
    await tables.put_record(
        "shared", {"closed": INSIDE}, owner="user/n", shared_with=["user/m"], adds=slots
    )
    await tables.put_record("other", {"closed": INSIDE}, owner="user/n", adds=slots)
    anybody = Asked(manager="m", owners=None, metric=COUNT.id)
    await put_goal(tables, 1, anybody, own=(3, 0, 0))
    other = Asked(manager="nobody", owners=None, metric=COUNT.id)
    await put_goal(tables, 2, other, own=(3, 0, 0))

    assert await differences(database) == {
        (Check.CONVERGENCE, "g1", "2", "3"),
        (Check.CONVERGENCE, "g2", "0", "3"),
    }


async def test_a_total_of_amounts_that_are_hidden_from_the_manager_is_wrong(
    database: str, tables: Tables
) -> None:
    """Another role shows the amount; so it is null to m, and counting goes on."""
    await seller(tables, "organization")
    shows = {"opportunity": ["amount"]}
    await put_entry(tables, "role", "finance", secured_attributes=shows)
    said = {"closed": INSIDE, "amount": "5"}
    await tables.put_record("a", said, owner="user/n", adds=[(8, 1), (16, 50_000)])
    counting = Asked(manager="m", owners=None, metric=COUNT.id)
    await put_goal(tables, 1, counting, own=(1, 0, 0))
    adding = Asked(manager="m", owners=None, metric=REVENUE.id)
    await put_goal(tables, 2, adding, own=(50_000, 0, 0))

    assert await differences(database) == {
        (Check.CONVERGENCE, "g2", "0.0000", "5.0000")
    }


async def test_managers_of_one_unit_do_not_multiply_its_people(
    database: str, tables: Tables
) -> None:
    """Each of thirty reads the records of all thirty, and none stands thirty times."""
    await seller(tables, "business_unit")
    asked = {}
    for number in range(1, 31):
        manager = f"m{number}"
        await put_entry(tables, "user", manager, roles=["seller"], business_unit_id="U")
        await tables.put_record(manager, {"closed": INSIDE}, owner=f"user/{manager}")
        asked[number] = Asked(manager=manager, owners=None, metric=COUNT.id)
        await put_goal(tables, number, asked[number])
    connection = tables.connection
    await connection.execute(access.TABLES)

    await access.ask_access(connection, await read_directory(connection))

    rows = {
        table: await connection.fetchval(f"SELECT count(*) FROM pg_temp.{table}")
        for table in ("reached_territory", "territory_owner", "reached_owner")
    }
    found = by_goal(await read_rows(database))
    assert rows == {"reached_territory": 30, "territory_owner": 31, "reached_owner": 0}
    assert {found[number]["actual"] for number in asked} == {30}


async def test_queries_see_null_where_something_is_hidden_from_the_manager(
    database: str, tables: Tables
) -> None:
    """Two goals ask the same; the manager of one is shown the region, m is not."""
    await seller(tables, "organization")
    shows = {"opportunity": ["region"]}
    await put_entry(
        tables,
        "role",
        "shown",
        privileges={"*": {"read": "organization"}},
        secured_attributes=shows,
    )
    await put_entry(tables, "user", "n", roles=["shown"])
    where = {"attribute": "region", "operator": "eq", "value": "north"}
    definition = {"id": "Q", "entity": "opportunity", "where": json.dumps(where)}
    await tables.connection.execute(
        "INSERT INTO rollup.query (id, version, revision, definition) "
        "VALUES ('Q', 1, 1, $1)",
        json.dumps(definition),
    )
    await tables.put_record("a", {"closed": INSIDE, "region": "north"})
    for number, manager in ((1, "m"), (2, "n")):
        goal = goal_definition(number, metric_id=COUNT.id, owner_records_only=False)
        changes = {"manager_id": manager, "queries": {Slot.ACTUAL: "Q"}}
        await tables.put_goal(goal.model_copy(update=changes))

    found = by_goal(await read_rows(database))

    assert (found[1]["actual"], found[2]["actual"]) == (0, 1)
