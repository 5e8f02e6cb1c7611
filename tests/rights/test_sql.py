"""SQL, the one value and a walk through the directory agree on who reads what."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

import asyncpg
import pytest
import pytest_asyncio

from shared.messages.people import people_news
from shared.queries.arguments import Arguments
from shared.rights.access import EVERYTHING, NOTHING, Access
from shared.rights.people import People
from shared.rights.sql import allowed, withheld
from tests.cli.tables import Tables, rollup_tables
from tests.rights import directories, naive
from tests.rights.directories import Entries, definitions_of

SEED: Final = 20261121
DIRECTORIES: Final = 8
RECORDS: Final = 300
PAIRS_MIN: Final = 20_000
SHARE_MIN: Final = 0.1
# So many that they are no longer compared one by one.
CROWD: Final = [f"user/c{number}" for number in range(120)]

_COLUMNS: Final = (
    *("key", "entity", "version", "deleted", "owner", "attributes", "shared_with"),
    *("slots", "amounts"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Owned:
    """A record, as far as rights depend on it."""

    key: str
    entity: str
    owner: str | None
    # None: nobody ever wrote with whom.
    shared_with: Sequence[str] | None


@pytest_asyncio.fixture
async def tables(database: str) -> AsyncIterator[Tables]:
    """Rollup's tables, empty."""
    async with rollup_tables(database) as found:
        yield found


def random_record(random: Random, number: int) -> Owned:
    """Return a record of somebody's or nobody's, mostly not shared."""
    entity = random.choice(directories.ENTITIES)
    return Owned(
        key=f"{entity}/{number}",
        entity=entity,
        owner=directories.owner(random),
        shared_with=directories.shares(random) or random.choice((None, [])),
    )


async def stored(connection: asyncpg.Connection, records: Sequence[Owned]) -> None:
    """Put records into the table, in place of those that are there."""
    await connection.execute("TRUNCATE rollup.record")
    await connection.copy_records_to_table(
        "record",
        schema_name="rollup",
        columns=_COLUMNS,
        records=[
            (one.key, one.entity, 1, False, one.owner, "{}", one.shared_with, [], [])
            for one in records
        ],
    )


async def said(
    connection: asyncpg.Connection,
    access: Access,
    units: Mapping[str, str],
    entity: str,
) -> Mapping[str, bool]:
    """Return whether an access reaches each record of an entity, by SQL."""
    arguments = Arguments()
    name = arguments.add(entity, "text")
    rows = await connection.fetch(
        f"SELECT record.key, {allowed(access, units, arguments=arguments)} AS allowed, "
        f"{withheld(access, units, arguments=arguments)} AS withheld "
        f"FROM rollup_published.record AS record WHERE record.entity = {name}",
        *arguments.values,
    )
    for row in rows:
        assert {row["allowed"], row["withheld"]} == {True, False}, row
    return {row["key"]: row["allowed"] for row in rows}


async def test_sql_reaches_what_the_rules_reach(tables: Tables) -> None:
    """For everybody and every record of generated directories; and nothing is null."""
    random, seen = Random(SEED), Counter[bool]()

    for _ in range(DIRECTORIES):
        entries = directories.directory(random)
        entries["organization"]["organization"]["reading"] = "roles"
        records = [random_record(random, number) for number in range(RECORDS)]
        await stored(tables.connection, records)
        for user in directories.users():
            seen += await compared(tables.connection, entries, records, user)

    assert seen.total() >= PAIRS_MIN
    assert min(seen[True], seen[False]) >= seen.total() * SHARE_MIN


async def compared(
    connection: asyncpg.Connection,
    entries: Entries,
    records: Sequence[Owned],
    user: str,
) -> Counter[bool]:
    """Compare what is said of one user and all records; count the answers."""
    people, seen = People(), Counter[bool]()
    people.take(people_news(definitions_of(entries)))
    for entity in directories.ENTITIES:
        access, units = people.access(user, entity), people.unit_of_owner
        found = await said(connection, access, units, entity)
        for one in records:
            if one.entity == entity:
                shares = one.shared_with or ()
                expected = naive.may(entries, user, entity, one.owner, shares)
                assert access.allows(one.owner, shares, units) is expected
                assert found[one.key] is expected, (user, one, access)
                seen[expected] += 1
    return seen


@pytest.mark.parametrize(
    ("access", "reached"),
    [
        (EVERYTHING, {"a", "b", "c", "d"}),
        (NOTHING, set()),
        (Access(owners=frozenset(CROWD)), {"a"}),
        (Access(units=frozenset({"north"})), {"b"}),
        (Access(units=frozenset({"south"})), set()),
        (Access(shared_with=frozenset({"user/x"})), {"b"}),
        (Access(owners=frozenset({"user/x"}), units=frozenset({"crowd"})), {"a", "c"}),
    ],
)
async def test_an_access_reaches_by_owner_by_unit_and_by_share(
    tables: Tables, access: Access, reached: set[str]
) -> None:
    """What is nobody's not even by a share, and however many owners there are."""
    units = dict.fromkeys(CROWD, "crowd") | {"user/n": "north"}
    of = {
        "a": ("user/c7", None),
        "b": ("user/n", ["user/x", "user/y"]),
        "c": ("user/x", []),
        "d": (None, ["team/t", "user/x"]),
    }
    await stored(
        tables.connection,
        [
            Owned(key=key, entity="case", owner=owner, shared_with=shares)
            for key, (owner, shares) in of.items()
        ],
    )

    found = await said(tables.connection, access, units, "case")

    assert {key for key, is_reached in found.items() if is_reached} == reached
    assert reached == {
        key
        for key, (owner, shares) in of.items()
        if access.allows(owner, shares or (), units)
    }


async def test_many_owners_are_looked_up_and_not_compared_one_by_one(
    tables: Tables,
) -> None:
    """Also under a plan that was made for any owners, as it is after some questions."""
    arguments = Arguments()
    access = Access(owners=frozenset(CROWD), shared_with=frozenset({"user/x"}))
    predicate = allowed(access, {}, arguments=arguments)

    async with tables.connection.transaction():
        await tables.connection.execute(
            "SET LOCAL plan_cache_mode = 'force_generic_plan'"
        )
        rows = await tables.connection.fetch(
            f"EXPLAIN SELECT FROM rollup_published.record AS record WHERE {predicate}",
            *arguments.values,
        )

    assert "hashed SubPlan" in "\n".join(row[0] for row in rows)
