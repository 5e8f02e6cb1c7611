"""Records, and what the totals hold of them, as rollup publishes both; read only."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Final

import asyncpg
import msgspec

from services.goals.domain.explaining import Criterion
from services.goals.domain.listed_records import (
    LARGE,
    FailedTest,
    FoundRecord,
    FoundRecords,
    KnownRecord,
    Place,
    Sort,
    Wanted,
    place_of,
)
from services.goals.domain.rights import Rights
from services.goals.domain.told import hidden_in, hides_amount
from services.goals.store.connections import Statements
from services.goals.store.record_rows import FROM, ROWS, date_of, is_readable
from shared.domain.goals import SLOTS, GoalNumber, Slot
from shared.queries.arguments import Arguments
from shared.rights.participation_sql import (
    GoalField,
    NamedTest,
    keys_of,
    participation_tests,
    units_of,
)

_RECORDS = """
SELECT
    key, entity, version, deleted, owner, state, status, attributes::text AS attributes,
    shared_with, occurred_at, slots, amounts
FROM rollup_published.record
WHERE key = ANY($1::text[])
"""
_CLOCK = "SELECT now FROM rollup_published.clock"
_APPLIED_VERSION = "SELECT version FROM rollup_published.goal WHERE number = $1"

# After so many tests it is worth a look whether two have failed.
_EARLY: Final = (3, 5)

# Records without a date come last, whichever way they are sorted.
_NEVER: Final = "1e20"
_FOLDED: Final = 'casefold({} COLLATE "pg_unicode_fast")'

_decode_attributes = msgspec.json.Decoder(dict[str, object], float_hook=Decimal).decode


class Records(Statements):
    """What can be read of records."""

    async def clock(self) -> datetime | None:
        """Return the instant that all totals go by; before all is none."""
        now: datetime | None = await self.connection.fetchval(_CLOCK)
        return None if now is None or now.timestamp() <= 0 else now

    async def applied_version(self, number: GoalNumber) -> int | None:
        """Return which version of a goal the totals were made by."""
        version: int | None = await self.connection.fetchval(_APPLIED_VERSION, number)
        return version

    async def find(self, keys: Collection[str]) -> Mapping[str, KnownRecord]:
        """Return the records that anybody has sent of these; deleted ones, too."""
        rows = await self.connection.fetch(_RECORDS, sorted(keys))
        return {row["key"]: _record(row) for row in rows}

    async def counted(
        self,
        asked: Sequence[GoalField],
        wanted: Wanted,
        rights: Rights,
        *,
        is_settled: bool,
    ) -> FoundRecords:
        """Return records that the totals of a goal's measures hold.

        A page has those that the caller may read. A search finds no others, and then
        nothing is told of them: it would tell what they hold.

        What a goal counts now narrows the search only if its totals follow its records.
        """
        arguments = Arguments()
        places = [place_of(one.goal.number, one.slot) for one in asked]
        held = arguments.add([p for one in places for p in (one, one + 1)], "integer[]")
        conditions = [f"{ROWS.record}.slots && {held}"]
        if is_settled:
            conditions.append(_narrowed(asked, arguments))
        read = is_readable(asked, rights, arguments)
        if wanted.search is not None:
            conditions.append(read)
        conditions += _searched(wanted.search, rights, asked, arguments)
        units = ", ".join(_held(place) for place in places)
        told = ", ".join(
            "0"
            if hides_amount(rights, one)
            else f"CASE WHEN held.is_read THEN held.units[{index}] ELSE 0 END"
            for index, one in enumerate(asked, 1)
        )
        dates = " ".join(
            f"WHEN judged.all_units[{index}] <> 0 THEN judged.dates[{index}]"
            for index in range(1, len(asked) + 1)
        )
        amount = " + ".join(f"judged.units[{n}]" for n in range(1, len(asked) + 1))
        value = _value(wanted.sort, amount, f"CASE {dates} END")
        dated = _dates(asked, wanted.sort, rights, arguments)
        found = f"""
        SELECT judged.key, 0 AS index, NULL::integer AS failed, judged.units,
            judged.all_units, judged.is_read, {value} AS value
        FROM (
            SELECT held.key, held.is_read, held.units AS all_units, held.dates,
                ARRAY[{told}]::numeric[] AS units
            FROM (
                SELECT {ROWS.record}.key, ARRAY[{units}]::numeric[] AS units,
                    ARRAY[{dated}]::timestamptz[] AS dates,
                    {read} AS is_read
                {FROM}
                WHERE {" AND ".join(conditions)}
                OFFSET 0
            ) AS held
            OFFSET 0
        ) AS judged
        """
        return await self._page(found, asked, wanted, arguments, {})

    async def nearly_counted(
        self, asked: Sequence[GoalField], wanted: Wanted, rights: Rights
    ) -> FoundRecords:
        """Return records that fail one test of a goal's measure, and no other.

        Of those that the caller may read: no number tells that there are others.
        """
        arguments = Arguments()
        tests = {
            one.slot: list(participation_tests(one, ROWS, arguments)) for one in asked
        }
        found = " UNION ALL ".join(
            _nearly(asked, place, tests[one.slot], wanted, rights, arguments)
            for place, one in enumerate(asked)
        )
        return await self._page(found, asked, wanted, arguments, tests)

    async def _page(
        self,
        found: str,
        asked: Sequence[GoalField],
        wanted: Wanted,
        arguments: Arguments,
        tests: Mapping[Slot, Sequence[NamedTest]],
    ) -> FoundRecords:
        # A search leaves so few that their sum would tell a single amount.
        whole = "units" if wanted.search is not None else "all_units"
        places = range(1, len(asked) + 1)
        sums = ", ".join(f"coalesce(sum(found.{whole}[{n}]), 0)" for n in places)
        withheld = ", ".join(
            f"coalesce(sum(found.{whole}[{n}] - found.units[{n}]), 0)" for n in places
        )
        order = "DESC" if wanted.sort.is_descending else "ASC"
        rows = await self.connection.fetch(
            f"""
            WITH found AS MATERIALIZED ({found})
            SELECT total.*, page.*
            FROM (
                SELECT count(*) AS count, ARRAY[{sums}]::numeric[] AS sums,
                    count(*) FILTER (WHERE NOT found.is_read) AS withheld,
                    ARRAY[{withheld}]::numeric[] AS withheld_sums
                FROM found
            ) AS total
            LEFT JOIN (
                SELECT key, index, failed, units, value, value::text AS written
                FROM found
                WHERE found.is_read AND {_after(wanted, arguments)}
                ORDER BY value {order}, key, index
                LIMIT {wanted.limit}
            ) AS page ON true
            ORDER BY page.value {order}, page.key, page.index
            """,
            *arguments.values,
        )
        slots = [one.slot for one in asked]
        return FoundRecords(
            page=[_found(row, slots, tests) for row in rows if row["key"] is not None],
            count=rows[0]["count"],
            adds=_by_slot(slots, rows[0]["sums"]),
            withheld=rows[0]["withheld"],
            withheld_adds={
                slot: units
                for slot, units in _by_slot(slots, rows[0]["withheld_sums"]).items()
                if units
            },
        )


def _nearly(
    asked: Sequence[GoalField],
    place: int,
    tests: Sequence[NamedTest],
    wanted: Wanted,
    rights: Rights,
    arguments: Arguments,
) -> str:
    one = asked[place]
    held = place_of(one.goal.number, one.slot)
    taken = arguments.add([held, held + 1], "integer[]")
    conditions = [
        keys_of(one.field.source_entity, ROWS, arguments),
        f"NOT {ROWS.record}.deleted",
        f"NOT {ROWS.record}.slots && {taken}",
        is_readable([one], rights, arguments),
        *_searched(wanted.search, rights, [one], arguments),
    ]
    told = "0" if hides_amount(rights, one) else "judged.units"
    units = ", ".join(told if index == place else "0" for index in range(len(asked)))
    record = ROWS.record
    return f"""
    SELECT {record}.key, {SLOTS.index(one.slot)} AS index,
        array_position({record}.fails || (judged.units = 0), true) AS failed,
        ARRAY[{units}]::numeric[] AS units, ARRAY[{units}]::numeric[] AS all_units,
        true AS is_read, {_value(wanted.sort, told, "judged.date")} AS value
    FROM (
        SELECT {record}.*, {_fails(tests)} AS fails
        {FROM}
        WHERE {" AND ".join(conditions)}
        OFFSET 0
    ) AS {record}
    CROSS JOIN LATERAL (
        SELECT {units_of(one, ROWS, arguments)} AS units,
            {_dates([one], wanted.sort, rights, arguments)} AS date
        OFFSET 0
    ) AS judged
    -- Amounts are read last: that takes longer than all else.
    WHERE cardinality(array_positions({record}.fails, true)) <= 1
        AND cardinality(
            array_positions({record}.fails || (judged.units = 0), true)
        ) = 1
    """


def _fails(tests: Sequence[NamedTest]) -> str:
    """Return which tests a record fails; null, once two of those first asked fail.

    Tests stand in the order of their cost, and most records fail the first few.
    """
    fails = [f"NOT {test.sql}" for test in tests]
    early = [index for index in _EARLY if index < len(fails)]
    skipped = " ".join(
        f"WHEN {' + '.join(f'({one})::integer' for one in fails[:index])} > 1 THEN NULL"
        for index in early
    )
    every = f"ARRAY[{', '.join(fails)}]"
    return f"CASE {skipped} ELSE {every} END" if early else every


def _held(place: int) -> str:
    """Return what the totals hold of a record under a place, in units."""
    return f"""coalesce((
        SELECT sum(
            held.amount * CASE held.slot WHEN {place} THEN 1.0 ELSE {LARGE}.0 END
        )
        FROM unnest({ROWS.record}.slots, {ROWS.record}.amounts)
            AS held (slot, amount)
        WHERE held.slot IN ({place}, {place + 1})
    ), 0)"""


def _narrowed(asked: Sequence[GoalField], arguments: Arguments) -> str:
    """Return the predicate that lets indexes find what may be counted."""
    ranges = " OR ".join(
        dict.fromkeys(
            keys_of(one.field.source_entity, ROWS, arguments) for one in asked
        )
    )
    owners = asked[0].owners
    if owners is None:
        return f"({ranges})"
    listed = arguments.add(list(owners), "text[]")
    return f"({ranges}) AND {ROWS.record}.owner = ANY ({listed})"


def _searched(
    text: str | None, rights: Rights, asked: Sequence[GoalField], arguments: Arguments
) -> Sequence[str]:
    if text is None:
        return []
    record = ROWS.record
    hidden = {
        name for one in asked for name in rights.hidden.get(one.field.source_entity, ())
    }
    unsaid = arguments.add(sorted(hidden), "text[]")
    needle = f"(SELECT {_FOLDED.format(arguments.add(text, 'text'))})"
    whole = arguments.add(text, "text")
    return [
        f"""({record}.key = {whole}
        OR strpos({_FOLDED.format(f"{record}.id")}, {needle}) > 0
        OR EXISTS (
            SELECT
            FROM jsonb_each_text({record}.attributes - {unsaid}) AS said (name, value)
            WHERE strpos({_FOLDED.format("said.value")}, {needle}) > 0
        ))"""
    ]


def _dates(
    asked: Sequence[GoalField], sort: Sort, rights: Rights, arguments: Arguments
) -> str:
    """Return the date by which each measure counts a record, where that is asked.

    What a caller may not read is no date to him: the order would tell it.
    """
    if sort not in (Sort.OLDEST, Sort.NEWEST):
        return ", ".join(["NULL::timestamptz"] * len(asked))
    told = [replace(one, hidden=hidden_in(rights, one)) for one in asked]
    return ", ".join(date_of(one, arguments) for one in told)


def _value(sort: Sort, amount: str, date: str) -> str:
    """Return the number that records are sorted by."""
    if sort is Sort.RECORD:
        return "0::numeric"
    if sort in (Sort.LARGEST, Sort.SMALLEST):
        return f"({amount})::numeric"
    last = f"-{_NEVER}" if sort.is_descending else _NEVER
    return f"coalesce(extract(epoch FROM {date}) * 1000000, {last})::numeric"


def _after(wanted: Wanted, arguments: Arguments) -> str:
    after = wanted.after
    if after is None:
        return "true"
    value = arguments.add(Decimal(after.value), "numeric")
    key = arguments.add(after.key, "text")
    index = arguments.add(after.index, "integer")
    sign = "<" if wanted.sort.is_descending else ">"
    return (
        f"(value {sign} {value} "
        f'OR (value = {value} AND (key COLLATE "C", index) > ({key}, {index})))'
    )


def _found(
    row: asyncpg.Record,
    slots: Sequence[Slot],
    tests: Mapping[Slot, Sequence[NamedTest]],
) -> FoundRecord:
    failed = None
    if row["failed"] is not None:
        failed = _failed(tests[SLOTS[row["index"]]], row["failed"])
    return FoundRecord(
        place=Place(value=row["written"], key=row["key"], index=row["index"]),
        adds={
            slot: units
            for slot, units in _by_slot(slots, row["units"]).items()
            if units
        },
        failed=failed,
    )


def _failed(tests: Sequence[NamedTest], number: int) -> FailedTest:
    """Return which test has a number; they are counted from 1, the amount's is last."""
    if number > len(tests):
        return FailedTest(Criterion.AMOUNT)
    test = tests[number - 1]
    return FailedTest(Criterion(test.name), test.demand)


def _by_slot(slots: Sequence[Slot], units: Sequence[Decimal]) -> Mapping[Slot, int]:
    return {slot: int(one) for slot, one in zip(slots, units, strict=True)}


def _record(row: asyncpg.Record) -> KnownRecord:
    held: dict[int, int] = {}
    for slot, amount in zip(row["slots"], row["amounts"], strict=True):
        place = slot & ~1
        held[place] = held.get(place, 0) + amount * (LARGE if slot & 1 else 1)
    return KnownRecord(
        key=row["key"],
        entity=row["entity"],
        version=row["version"],
        deleted=row["deleted"],
        owner=row["owner"],
        state=row["state"],
        status=row["status"],
        attributes=_decode_attributes(row["attributes"]),  # type: ignore[arg-type] # flat by decoding
        attributes_json=row["attributes"],
        shared_with=row["shared_with"] or (),
        occurred_at=row["occurred_at"],
        held=held,
    )
