"""Records at their newest version, with what each of them adds now."""

import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final

import asyncpg
import msgspec

from services.rollup.domain.contributions import Contributions, GroupDeltas
from services.rollup.store.causes import causes_text
from services.rollup.store.codec import array_literal, decode, encode
from services.rollup.store.offsets import Standpoint
from shared.domain.records import AttributeValue
from shared.messages.records import ActivityRecord
from shared.plumbing.postgres import Connection


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of a record before it changes."""

    version: int
    contributions: Contributions


# A record that is newer than what stood, with what it adds now.
Fresh = tuple[ActivityRecord, Contributions]


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredRecord:
    """A record as it stands in the table."""

    key: str
    entity: str
    version: int
    deleted: bool
    owner: str | None
    state: str | None
    status: str | None
    attributes: Mapping[str, AttributeValue]
    shared_with: Sequence[str]
    occurred_at: datetime | None
    contributions: Contributions


# Where copies tell each other that something waits.
NEWS_CHANNEL: Final = "rollup_news"

# So many new records at most are not copied.
FEW: Final = 50

_decode_attributes = msgspec.json.Decoder(dict[str, object], float_hook=Decimal).decode

_BEGIN_BATCH = """
SELECT * FROM rollup.begin_batch($1, $2, string_to_array($3, E'\\x1f'))
"""

READ_COLUMNS: Final = """
    key, entity, version, deleted, owner, state, status, attributes,
    shared_with, occurred_at, slots, amounts
"""
_READ = f"SELECT {READ_COLUMNS} FROM rollup.record "

_COLUMNS = (
    "key",
    "version",
    "deleted",
    "entity",
    "owner",
    "state",
    "status",
    "attributes",
    "shared_with",
    "occurred_at",
    "slots",
    "amounts",
)

_UPDATE_CONTRIBUTIONS = """
UPDATE rollup.record AS record
SET slots = fresh.slots::integer[], amounts = fresh.amounts::bigint[]
FROM unnest($1::text[], $2::text[], $3::text[]) AS fresh (key, slots, amounts)
WHERE record.key = fresh.key
"""

_APPEND_DELTAS = """
INSERT INTO rollup.delta (tree_group, slots, amounts, causes, behind)
SELECT tree_group, slots::integer[], amounts::bigint[], causes::jsonb, $5
FROM unnest($1::smallint[], $2::text[], $3::text[], $4::text[])
    AS deltas (tree_group, slots, amounts, causes)
"""

# How every batch ends, in one question: the records, the deltas, the partitions, and
# the word for other copies, which goes out with the commit.
_FINISH_BATCH = f"""
WITH fresh AS (
    SELECT *
    FROM unnest(
        $10::boolean[], $11::text[], $12::bigint[], $13::boolean[], $14::text[],
        $15::text[], $16::text[], $17::text[], $18::text[], $19::text[],
        $20::timestamptz[], $21::text[], $22::text[]
    ) AS fresh (
        known, key, version, deleted, entity, owner, state, status, attributes,
        shared_with, occurred_at, slots, amounts
    )
), inserted AS (
    INSERT INTO rollup.record ({", ".join(_COLUMNS)})
    SELECT key, version, deleted, entity, owner, state, status, attributes::jsonb,
           shared_with::text[], occurred_at, slots::integer[], amounts::bigint[]
    FROM fresh
    WHERE NOT known
), updated AS (
    UPDATE rollup.record AS record
    SET version = fresh.version,
        deleted = fresh.deleted,
        owner = fresh.owner,
        state = fresh.state,
        status = fresh.status,
        attributes = fresh.attributes::jsonb,
        shared_with = fresh.shared_with::text[],
        occurred_at = fresh.occurred_at,
        slots = fresh.slots::integer[],
        amounts = fresh.amounts::bigint[]
    FROM fresh
    WHERE fresh.known AND record.key = fresh.key
), moved AS (
    UPDATE rollup.source_offset AS source
    SET next_offset = moved.next_offset
    FROM unnest($7::integer[], $8::bigint[]) AS moved (partition, next_offset)
    WHERE source.topic = $6 AND source.partition = moved.partition
), appended AS (
    {_APPEND_DELTAS}
)
SELECT pg_notify('{NEWS_CHANNEL}', $9) WHERE $9::text IS NOT NULL
"""

_APPEND_DONE = """
INSERT INTO rollup.delta
    (tree_group, slots, amounts, causes, behind, rederivation_id)
VALUES ($1, '{}', '{}', '{}', false, $2)
"""

# A page of the records that some goals may count, or may hold contributions of; in
# key order, and locked unless that is done with others in one order of keys. The
# entity's range of keys lets the primary key find them.
_UNLOCKED_CANDIDATES = (
    _READ
    + """
WHERE key > $1
  AND entity = ANY($2::text[])
  AND ($3::text[] IS NULL OR owner = ANY($3::text[]))
ORDER BY key
LIMIT $4
"""
)
_CANDIDATES = _UNLOCKED_CANDIDATES + "FOR UPDATE"


@dataclass(frozen=True, slots=True)
class Beginning:
    """What stands still until the transaction of a batch ends."""

    partitions: dict[int, Standpoint]
    # Of the definitions.
    revision: int
    records: dict[str, Stored]


async def begin_batch(
    connection: Connection, topic: str, partitions: Sequence[int], keys: Iterable[str]
) -> Beginning:
    """Lock the partitions, the definitions, and those of the records that exist."""
    # One text: the driver looks at every element of a list three times. No key holds
    # a control character, and none is empty.
    head, *rows = await connection.fetch(
        _BEGIN_BATCH, topic, partitions, "\x1f".join(keys)
    )
    stands = zip(head[0], head[1], head[2], strict=True)
    return Beginning(
        partitions={
            partition: Standpoint(next_offset, epoch)
            for partition, next_offset, epoch in stands
        },
        revision=head[3],
        records={row[4]: Stored(row[5], decode(row[6], row[7])) for row in rows},
    )


async def read(connection: Connection, keys: Sequence[str]) -> dict[str, StoredRecord]:
    """Return whole records; the caller has locked them."""
    rows = await connection.fetch(_READ + "WHERE key = ANY($1::text[])", keys)
    return {row["key"]: stored_record(row) for row in rows}


async def candidates(
    connection: Connection,
    *,
    after: str,
    entities: Sequence[str],
    owners: Sequence[str] | None,
    limit: int,
    locked: bool = True,
) -> list[StoredRecord]:
    """Return the next records that a re-derivation must look at, and lock them."""
    statement = _CANDIDATES if locked else _UNLOCKED_CANDIDATES
    rows = await connection.fetch(statement, after, entities, owners, limit)
    return [stored_record(row) for row in rows]


def stored_record(row: asyncpg.Record) -> StoredRecord:
    """Return a record of which all columns were read."""
    return StoredRecord(
        key=row["key"],
        entity=row["entity"],
        version=row["version"],
        deleted=row["deleted"],
        owner=row["owner"],
        state=row["state"],
        status=row["status"],
        attributes=_decode_attributes(row["attributes"]),  # type: ignore[arg-type] # flat by decoding
        shared_with=row["shared_with"] or (),
        occurred_at=row["occurred_at"],
        contributions=decode(row["slots"], row["amounts"]),
    )


async def copy(connection: Connection, fresh: Sequence[Fresh]) -> None:
    """Add records that were not there; one added meanwhile is a transient error.

    As text: one formatted line a record costs a fifth of encoding twelve columns.
    """
    lines = [_line(record, contributions) for record, contributions in fresh]
    await connection.copy_to_table(
        "record",
        schema_name="rollup",
        columns=_COLUMNS,
        null=_NULL,
        source=io.BytesIO("".join(lines).encode()),
    )


def _line(record: ActivityRecord, contributions: Contributions) -> str:
    """Return the record as a line for COPY."""
    slots, amounts = encode(*contributions)
    fields = (
        record.key,
        str(record.version),
        "t" if record.deleted else "f",
        record.entity,
        record.owner or _NULL,
        _NULL if record.state is None else record.state,
        _NULL if record.status is None else record.status,
        record.attributes_json,
        _text_array(record.shared_with) or _NULL,
        _NULL if record.occurred_at is None else record.occurred_at.isoformat(),
        array_literal(slots),
        array_literal(amounts),
    )
    line = "\t".join(fields)
    # Searching for single characters is much faster than any pattern.
    plain = "\\" not in line and "\n" not in line and "\r" not in line
    if plain and line.count("\t") == len(fields) - 1:
        return line + "\n"
    return "\t".join(map(_escaped, fields)) + "\n"


# No text that we keep holds a control character.
_NULL: Final = "\x1f"
_ESCAPES: Final = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})


def _escaped(text: str) -> str:
    return text.translate(_ESCAPES)


def _columns_of(fresh: Sequence[Fresh]) -> tuple[list[object], ...]:
    """Return the records column by column, in the order in which SQL takes them."""
    encoded = [encode(*contributions) for _, contributions in fresh]
    records = [record for record, _ in fresh]
    return (
        [record.key for record in records],
        [record.version for record in records],
        [record.deleted for record in records],
        [record.entity for record in records],
        [record.owner for record in records],
        [record.state for record in records],
        [record.status for record in records],
        [record.attributes_json for record in records],
        [_text_array(record.shared_with) for record in records],
        [record.occurred_at for record in records],
        [array_literal(slots) for slots, _ in encoded],
        [array_literal(amounts) for _, amounts in encoded],
    )


async def update_contributions(
    connection: Connection, fresh: Iterable[tuple[str, Contributions]]
) -> None:
    """Write what locked records add now; the records themselves stay as they are."""
    rows = [(key, encode(*contributions)) for key, contributions in fresh]
    await connection.execute(
        _UPDATE_CONTRIBUTIONS,
        [key for key, _ in rows],
        [array_literal(slots) for _, (slots, _) in rows],
        [array_literal(amounts) for _, (_, amounts) in rows],
    )


def _text_array(texts: Sequence[str]) -> str | None:
    """Return an array literal with every element quoted."""
    if not texts:
        return None
    quoted = (
        '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"' for text in texts
    )
    return "{" + ",".join(quoted) + "}"


async def append_deltas(
    connection: Connection, groups: Mapping[int, GroupDeltas], *, behind: bool
) -> None:
    """Leave one row of deltas for each group of trees."""
    if groups:
        await connection.execute(_APPEND_DELTAS, *_rows_of(groups), behind)


async def finish_batch(
    connection: Connection,
    *,
    inserts: Sequence[Fresh],
    updates: Sequence[Fresh],
    groups: Mapping[int, GroupDeltas],
    behind: bool,
    topic: str,
    next_offsets: Mapping[int, int],
    word: str | None,
) -> None:
    """Write the records of a batch, leave its deltas and move its partitions on.

    All that it changes is locked. Many new records are copied: that asks the server
    three times, but is the fastest for each. A word, if there is one, reaches the other
    copies with the commit.
    """
    if len(inserts) > FEW:
        await copy(connection, inserts)
        inserts = ()
    await connection.execute(
        _FINISH_BATCH,
        *_rows_of(groups),
        behind,
        topic,
        list(next_offsets),
        list(next_offsets.values()),
        word,
        [False] * len(inserts) + [True] * len(updates),
        *_columns_of([*inserts, *updates]),
    )


def _rows_of(groups: Mapping[int, GroupDeltas]) -> tuple[list[int] | list[str], ...]:
    encoded = [encode(deltas.slots, deltas.amounts) for deltas in groups.values()]
    return (
        list(groups),
        [array_literal(slots) for slots, _ in encoded],
        [array_literal(amounts) for _, amounts in encoded],
        [
            causes_text(deltas.causes, deltas.traces, deltas.arrivals)
            for deltas in groups.values()
        ],
    )


async def append_done(
    connection: Connection, *, group: int, rederivation_id: int
) -> None:
    """Leave word for the climber that a re-derivation has read all its records."""
    await connection.execute(_APPEND_DONE, group, rederivation_id)
