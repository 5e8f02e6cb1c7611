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
from services.rollup.store.codec import array_literal, decode, encode
from shared.domain.records import AttributeValue
from shared.messages.records import ActivityRecord
from shared.plumbing.postgres import Connection


@dataclass(frozen=True, slots=True)
class Stored:
    """What is known of a record before it changes."""

    version: int
    contributions: Contributions


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


# Up to so many new records are inserted by a statement instead of copied.
FEW: Final = 50

_decode_attributes = msgspec.json.Decoder(dict[str, object], float_hook=Decimal).decode

# Locked in key order, like every reader of several records.
_LOCK = """
SELECT key, version, slots, amounts
FROM rollup.record
WHERE key = ANY(string_to_array($1, E'\\x1f'))
ORDER BY key
FOR UPDATE
"""

_READ = """
SELECT key, entity, version, deleted, owner, state, status, attributes,
       shared_with, occurred_at, slots, amounts
FROM rollup.record
"""

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

_INSERT = """
INSERT INTO rollup.record (
    key, version, deleted, owner, state, status, attributes, shared_with,
    occurred_at, slots, amounts, entity
)
SELECT key, version, deleted, owner, state, status, attributes::jsonb,
       shared_with::text[], occurred_at, slots::integer[], amounts::bigint[], entity
FROM unnest(
    $1::text[], $2::bigint[], $3::boolean[], $4::text[], $5::text[], $6::text[],
    $7::text[], $8::text[], $9::timestamptz[], $10::text[], $11::text[], $12::text[]
) AS fresh (
    key, version, deleted, owner, state, status,
    attributes, shared_with, occurred_at, slots, amounts, entity
)
"""

# Rows that several records of one batch would need are merged before: one row each.
_UPDATE = """
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
FROM unnest(
    $1::text[], $2::bigint[], $3::boolean[], $4::text[], $5::text[], $6::text[],
    $7::text[], $8::text[], $9::timestamptz[], $10::text[], $11::text[]
) AS fresh (
    key, version, deleted, owner, state, status,
    attributes, shared_with, occurred_at, slots, amounts
)
WHERE record.key = fresh.key
"""

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

# One question instead of two, at the end of every batch.
_FINISH_BATCH = (
    """
WITH moved AS (
    UPDATE rollup.source_offset AS source
    SET next_offset = moved.next_offset
    FROM unnest($7::integer[], $8::bigint[]) AS moved (partition, next_offset)
    WHERE source.topic = $6 AND source.partition = moved.partition
)
"""
    + _APPEND_DELTAS
)

_APPEND_DONE = """
INSERT INTO rollup.delta
    (tree_group, slots, amounts, causes, behind, rederivation_id)
VALUES ($1, '{}', '{}', '{}', false, $2)
"""

# A page of the records that some goals may count, or may hold contributions of; in
# key order and locked, like every reader of several records. The entity's range of
# keys lets the primary key find them.
_CANDIDATES = (
    _READ
    + """
WHERE key > $1
  AND entity = ANY($2::text[])
  AND ($3::text[] IS NULL OR owner = ANY($3::text[]))
ORDER BY key
LIMIT $4
FOR UPDATE
"""
)


async def lock(connection: Connection, keys: Sequence[str]) -> dict[str, Stored]:
    """Lock the records that exist and return what each of them adds."""
    # One text: the driver looks at every element of a list three times. No key holds
    # a control character, and none is empty.
    rows = await connection.fetch(_LOCK, "\x1f".join(keys))
    return {row[0]: Stored(row[1], decode(row[2], row[3])) for row in rows}


async def read(connection: Connection, keys: Sequence[str]) -> dict[str, StoredRecord]:
    """Return whole records; the caller has locked them."""
    rows = await connection.fetch(_READ + "WHERE key = ANY($1::text[])", keys)
    return {row["key"]: _stored_record(row) for row in rows}


async def candidates(
    connection: Connection,
    *,
    after: str,
    entities: Sequence[str],
    owners: Sequence[str] | None,
    limit: int,
) -> list[StoredRecord]:
    """Lock and return the next records that a re-derivation must look at."""
    rows = await connection.fetch(_CANDIDATES, after, entities, owners, limit)
    return [_stored_record(row) for row in rows]


def _stored_record(row: asyncpg.Record) -> StoredRecord:
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


Fresh = tuple[ActivityRecord, Contributions]


async def insert(connection: Connection, fresh: Sequence[Fresh]) -> None:
    """Add records that were not there; one added meanwhile is a transient error.

    Many as text: one formatted line a record costs a fifth of encoding twelve columns.
    Few by a prepared statement: COPY asks the server three times.
    """
    if len(fresh) <= FEW:
        await connection.execute(
            _INSERT, *_columns_of(fresh), [record.entity for record, _ in fresh]
        )
        return
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


async def update(connection: Connection, fresh: Sequence[Fresh]) -> None:
    """Bring locked records to a newer version."""
    await connection.execute(_UPDATE, *_columns_of(fresh))


def _columns_of(fresh: Sequence[Fresh]) -> tuple[list[object], ...]:
    """Return the records column by column, in the order in which SQL takes them."""
    encoded = [encode(*contributions) for _, contributions in fresh]
    records = [record for record, _ in fresh]
    return (
        [record.key for record in records],
        [record.version for record in records],
        [record.deleted for record in records],
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
    groups: Mapping[int, GroupDeltas],
    *,
    topic: str,
    next_offsets: Mapping[int, int],
    behind: bool,
) -> None:
    """Leave the deltas of a batch and move its partitions on; their rows are locked."""
    await connection.execute(
        _FINISH_BATCH,
        *_rows_of(groups),
        behind,
        topic,
        list(next_offsets),
        list(next_offsets.values()),
    )


def _rows_of(groups: Mapping[int, GroupDeltas]) -> tuple[list[int] | list[str], ...]:
    encoded = [encode(deltas.slots, deltas.amounts) for deltas in groups.values()]
    return (
        list(groups),
        [array_literal(slots) for slots, _ in encoded],
        [array_literal(amounts) for _, amounts in encoded],
        [
            msgspec.json.encode(
                {"named": deltas.causes, "traces": deltas.traces}
            ).decode()
            for deltas in groups.values()
        ],
    )


async def append_done(
    connection: Connection, *, group: int, rederivation_id: int
) -> None:
    """Leave word for the climber that a re-derivation has read all its records."""
    await connection.execute(_APPEND_DONE, group, rederivation_id)
