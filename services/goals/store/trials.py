"""Queries that are tried over the records, as rollup publishes them; read only."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Final

from services.goals.domain.given_conditions import ReadConditions
from services.goals.domain.trials import SAMPLE_SIZE, SampledRecord
from services.goals.store.connections import Statements
from shared.queries.arguments import Arguments
from shared.queries.eyes import Eyes
from shared.queries.sql import predicate_of
from shared.rights.access import Access
from shared.rights.participation_sql import (
    GoalField,
    Rows,
    keys_of,
    number_of,
    participation_tests,
    units_of,
)
from shared.rights.sql import allowed
from shared.rights.veil import Hidden

_ROWS: Final = Rows()
_FROM: Final = f"FROM {_ROWS.table} AS {_ROWS.record}"

_SAMPLE = f"""
SELECT
    key, version, owner, state, status,
    (attributes - $2::text[])::text AS attributes
FROM {_ROWS.table}
WHERE key = ANY($1::text[])
ORDER BY key
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Matching:
    """What conditions match."""

    matching: int
    sum: str | None
    # How many of them may not be told.
    withheld: int
    # Of the first that may be.
    keys: Sequence[str]


class Trials(Statements):
    """What conditions match, and what goals would count by them."""

    async def matching(
        self,
        conditions: ReadConditions,
        eyes: Eyes,
        *,
        access: Access,
        told: Access,
        hidden: Hidden,
        adding: str | None,
    ) -> Matching:
        """Return how many records match, their sum, and the keys of the first.

        Of those that an access reaches; what is hidden is null. Keys are those of
        records that may be `told`.
        """
        arguments, entity = Arguments(), conditions.entity
        predicate = predicate_of(
            conditions.where,
            entity,
            eyes,
            hidden=hidden,
            table=_ROWS.table,
            arguments=arguments,
        )
        units = eyes.around.unit_of_owner
        read = allowed(access, units, arguments=arguments)
        is_told = allowed(told, units, arguments=arguments)
        amount = "NULL::numeric"
        if adding is not None and adding not in hidden.get(entity, ()):
            name = arguments.add(adding, "text")
            amount = number_of(f"{_ROWS.record}.attributes -> {name}")
        [row] = await self.connection.fetch(
            f"""
            WITH matched AS MATERIALIZED (
                SELECT {_ROWS.record}.key, {amount} AS amount, {is_told} AS is_told
                {_FROM}
                WHERE {_existing(entity, arguments)} AND {read} AND {predicate}
            )
            SELECT
                count(*) AS matching,
                coalesce(sum(amount), 0)::text AS sum,
                count(*) FILTER (WHERE NOT is_told) AS withheld,
                ARRAY(
                    SELECT key FROM matched WHERE is_told
                    ORDER BY key LIMIT {SAMPLE_SIZE}
                ) AS keys
            FROM matched
            """,
            *arguments.values,
        )
        return Matching(
            matching=row["matching"],
            sum=None if adding is None else row["sum"],
            withheld=row["withheld"],
            keys=row["keys"],
        )

    async def sample(
        self, keys: Sequence[str], *, hidden: Collection[str]
    ) -> Sequence[SampledRecord]:
        """Return some records, without what is hidden."""
        rows = await self.connection.fetch(_SAMPLE, list(keys), list(hidden))
        return [SampledRecord(**row) for row in rows]

    async def own_values(self, asked: Sequence[GoalField]) -> Sequence[int]:
        """Return what each goal's rollup field would count, in units.

        All are of one entity. Goals that count the records of the same owners are
        asked together, so that those records are read once.
        """
        together: dict[tuple[str, ...] | None, list[int]] = {}
        for place, one in enumerate(asked):
            owners = None if one.owners is None else tuple(one.owners)
            together.setdefault(owners, []).append(place)
        found = [0] * len(asked)
        for places in together.values():
            values = await self._counted([asked[place] for place in places])
            for place, value in zip(places, values, strict=True):
                found[place] = value
        return found

    async def _counted(self, asked: Sequence[GoalField]) -> Sequence[int]:
        arguments = Arguments()
        existing = _existing(asked[0].field.source_entity, arguments)
        tests = [
            [test.sql for test in participation_tests(one, _ROWS, arguments)]
            for one in asked
        ]
        # What all ask alike is asked first, and where it can be by an index.
        common = [one for one in tests[0] if all(one in other for other in tests)]
        sums = [
            f"coalesce(sum({units_of(one, _ROWS, arguments)}) FILTER (WHERE "
            + " AND ".join(["true", *(test for test in own if test not in common)])
            + "), 0)"
            for one, own in zip(asked, tests, strict=True)
        ]
        row = await self.connection.fetchrow(
            f"SELECT ARRAY[{', '.join(sums)}]::numeric[] AS units {_FROM} "
            f"WHERE {' AND '.join([existing, *common])}",
            *arguments.values,
        )
        return [] if row is None else [int(units) for units in row["units"]]


def _existing(entity: str, arguments: Arguments) -> str:
    """Return the predicate that a row is a record of the entity."""
    record, name = _ROWS.record, arguments.add(entity, "text")
    return (
        f"{keys_of(entity, _ROWS, arguments)} AND {record}.entity = {name} "
        f"AND NOT {record}.deleted"
    )
