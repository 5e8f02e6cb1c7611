"""The engine, the plainest interpreter and SQL give the same answer to every query.

They share the tree of conditions and nothing else. A difference is printed so that it
can be read and asked again.
"""

import json
from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import asyncpg
import pytest_asyncio

from shared.domain.records import Record
from shared.queries.compiled import compiled
from shared.queries.conditions import demands_of
from shared.queries.operators import Operator
from shared.queries.sql import Arguments, predicate_of
from tests.cli.tables import Tables, rollup_tables
from tests.queries.generated import Asked, Stored, World, worlds
from tests.queries.naive import Naive

SEED: Final = 20_261_121
WORLDS: Final = 15
QUERIES: Final = 40
PAIRS_MIN: Final = 100_000
SHARE_MIN: Final = 0.1
ANSWERS_MIN: Final = 200
SHOWN_MAX: Final = 5

_COLUMNS: Final = (
    *("key", "entity", "version", "deleted", "owner", "state", "status"),
    *("attributes", "slots", "amounts"),
)


@dataclass(slots=True)
class Sight:
    """Shows the engine what exists; when it should look again is no matter here."""

    records: dict[str, Stored]

    def look(self, key: str) -> Record | None:
        """Return a record, unless it is deleted or was only announced."""
        found = self.records.get(key)
        if found is None or found.deleted or found.version < 0:
            return None
        return found

    def again(self, instant: datetime) -> None:
        """Note nothing."""


@dataclass(frozen=True, slots=True)
class Difference:
    """One record about which the three do not agree."""

    asked: Asked
    record: Stored
    engine: bool
    naive: bool
    sql: bool | None

    def told(self) -> str:
        """Return all that one needs to ask again."""
        return "\n".join(
            (
                f"engine {self.engine}, naive {self.naive}, SQL {self.sql}",
                f"  query: {self.asked.text}",
                f"  record: {self.record.key}, owner {self.record.owner}",
                f"  state {self.record.state}, status {self.record.status}",
                f"  attributes: {self._attributes}",
                f"  eyes: {self.asked.eyes.time_zone}, {self.asked.eyes.manager}",
                f"  around: {self.asked.eyes.around}",
            )
        )

    @property
    def _attributes(self) -> str:
        """Those that the query names, if it names any."""
        named = {
            name: str(value)
            for name, value in self.record.attributes.items()
            if f'"{name}"' in self.asked.text
        }
        return json.dumps(named, ensure_ascii=False)


@pytest_asyncio.fixture
async def tables(database: str) -> AsyncIterator[Tables]:
    """Rollup's tables, empty."""
    async with rollup_tables(database) as found:
        yield found


async def test_three_readers_agree_on_a_hundred_thousand_pairs(tables: Tables) -> None:
    """And among them are enough that match, that nearly do, and that do not."""
    failed: Counter[int] = Counter()
    answers: Counter[tuple[Operator, bool]] = Counter()
    differences: list[Difference] = []
    for world in worlds(SEED, count=WORLDS, queries=QUERIES):
        await fill(tables.connection, world)
        naive = Naive(world.records, answers)
        for asked in world.queries:
            by_sql = await _ask(tables.connection, asked)
            by_engine = compiled(asked.where, "opportunity")
            demands = demands_of(asked.where)
            for record in world.asked_of:
                holds = [naive.holds(one, record, asked.eyes) for one in demands]
                failed[min(holds.count(False), 2)] += 1
                engine = by_engine(record, asked.eyes, Sight(world.records))
                sql = by_sql[record.key]
                if not engine == all(holds) == sql:
                    differences.append(
                        Difference(asked, record, engine, all(holds), sql)
                    )

    assert not differences, _told(differences)
    assert failed.total() >= PAIRS_MIN
    for kind in ("all of it holds", "one demand fails", "more fail"):
        share = failed[("all of it holds", "one demand fails", "more fail").index(kind)]
        assert share >= SHARE_MIN * failed.total(), (kind, share)
    rare = {
        (str(operator), answer): answers[operator, answer]
        for operator in Operator
        for answer in (True, False)
        if answers[operator, answer] < ANSWERS_MIN
    }
    assert rare == {}


async def fill(connection: asyncpg.Connection, world: World) -> None:
    """Let the table hold the records of one world."""
    await connection.execute("TRUNCATE rollup.record")
    await connection.executemany(
        f"INSERT INTO rollup.record ({', '.join(_COLUMNS)}) "
        "VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '{}', '{}')",
        [
            (
                *(record.key, record.entity, record.version, record.deleted),
                *(record.owner, record.state, record.status, record.attributes_json),
            )
            for record in world.records.values()
        ],
    )
    await connection.execute("ANALYZE rollup.record")


async def _ask(connection: asyncpg.Connection, asked: Asked) -> dict[str, bool | None]:
    """Return the answer for each record by its key."""
    arguments = Arguments()
    predicate = predicate_of(
        asked.where, "opportunity", asked.eyes, arguments=arguments
    )
    rows = await connection.fetch(
        f"SELECT record.key, {predicate} AS answer FROM rollup.record "
        "WHERE record.entity = 'opportunity'",
        *arguments.values,
    )
    return {row["key"]: row["answer"] for row in rows}


def _told(differences: list[Difference]) -> str:
    """Return the first difference of each of some queries, to be read."""
    first = {one.asked.text: one for one in reversed(differences)}
    shown = [one.told() for one in list(first.values())[-SHOWN_MAX:]]
    count = f"{len(differences)} differences in {len(first)} queries"
    return "\n".join((count, *shown))
