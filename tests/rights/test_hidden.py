"""What is hidden is null to queries: to SQL, to the engine, and to who explains."""

from collections import Counter
from collections.abc import AsyncIterator, Mapping
from dataclasses import replace
from random import Random
from typing import Final

import asyncpg
import pytest_asyncio

from shared.queries.arguments import Arguments
from shared.queries.compiled import compiled
from shared.queries.conditions import demands_of
from shared.queries.explained import explained
from shared.queries.sql import predicate_of
from shared.rights.veil import Hidden, VeiledSight, veiled
from tests.cli.tables import Tables, rollup_tables
from tests.queries.generated import ATTRIBUTES, Asked, World, worlds
from tests.queries.naive import Naive
from tests.queries.test_three_way import Sight, fill

SEED: Final = 20261122
WORLDS: Final = 3
QUERIES: Final = 40
HIDDEN_SHARE: Final = 0.3
PAIRS_MIN: Final = 20_000
SHARE_MIN: Final = 0.1
# Of all answers, so many are others than if nothing were hidden.
MOVED_MIN: Final = 0.02
TOLD_EVERY: Final = 20


@pytest_asyncio.fixture
async def tables(database: str) -> AsyncIterator[Tables]:
    """Rollup's tables, empty."""
    async with rollup_tables(database) as found:
        yield found


def random_hidden(random: Random) -> Hidden:
    """Return some attributes of each entity."""
    return {
        entity: frozenset(
            name for name in sorted(named) if random.random() < HIDDEN_SHARE
        )
        for entity, named in ATTRIBUTES.items()
    }


def without(world: World, hidden: Hidden) -> World:
    """Return a world whose records never had what is hidden."""
    records = {
        key: replace(
            record,
            attributes={
                name: value
                for name, value in record.attributes.items()
                if name not in hidden.get(record.entity, ())
            },
        )
        for key, record in world.records.items()
    }
    return replace(world, records=records)


async def asked_by_sql(
    connection: asyncpg.Connection, asked: Asked, hidden: Hidden
) -> Mapping[str, bool | None]:
    """Return the answer for each record by its key."""
    arguments = Arguments()
    predicate = predicate_of(
        asked.where, "opportunity", asked.eyes, hidden=hidden, arguments=arguments
    )
    rows = await connection.fetch(
        f"SELECT record.key, {predicate} AS answer FROM rollup.record "
        "WHERE record.entity = 'opportunity'",
        *arguments.values,
    )
    return {row["key"]: row["answer"] for row in rows}


async def test_what_is_hidden_is_as_if_it_had_never_been_sent(tables: Tables) -> None:
    """In the record itself, in those behind links, and in hierarchies of records."""
    random, answers, moved = Random(SEED), Counter[bool](), 0
    for world in worlds(SEED, count=WORLDS, queries=QUERIES):
        await fill(tables.connection, world)
        hidden = random_hidden(random)
        bare, whole = without(world, hidden), Naive(world.records, Counter())
        naive = Naive(bare.records, Counter())
        sight = VeiledSight(Sight(world.records), hidden)
        for asked in world.queries:
            by_sql = await asked_by_sql(tables.connection, asked, hidden)
            by_engine = compiled(asked.where, "opportunity")
            demands = demands_of(asked.where)
            for record in world.asked_of:
                seen = veiled(record, hidden)
                bared = bare.records[record.key]
                expected = all(naive.holds(one, bared, asked.eyes) for one in demands)
                found = by_engine(seen, asked.eyes, sight)
                assert (expected, by_sql[record.key]) == (found, found), asked.text
                answers[found] += 1
                moved += found != all(
                    whole.holds(one, record, asked.eyes) for one in demands
                )
            for record in world.asked_of[::TOLD_EVERY]:
                seen = veiled(record, hidden)
                told = explained(
                    asked.where, "opportunity", seen, asked.eyes, sight, hidden=hidden
                )
                assert all(one.holds for one in told) is by_sql[record.key]

    assert answers.total() >= PAIRS_MIN
    assert min(answers.values()) >= SHARE_MIN * answers.total()
    assert moved >= MOVED_MIN * answers.total()
