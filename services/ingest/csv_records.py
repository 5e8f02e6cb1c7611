"""What the columns of a CSV body mean: a row of cells as a record's JSON.

The JSON is then read like any other, so that every form has the same rules. What
JSON says by its types is said by the text of a cell, and checked here.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final

import msgspec

from services.ingest.errors import NotUnderstoodError
from shared.domain.csv_rows import (
    MALFORMED,
    MalformedRowError,
    MalformedTableError,
    Row,
    cells_of,
    check_cell_count,
    complaint_of_names,
    excerpt_of,
    rows_of,
)
from shared.messages.records import (
    ATTRIBUTES_MAX,
    RECORD_BYTES_MAX,
    VERSION_MAX,
    InvalidRecordError,
)

REQUIRED: Final = ("entity", "id", "version")
FIELDS: Final = (
    *REQUIRED,
    "deleted",
    "owner",
    "state",
    "status",
    "occurred_at",
    "shared_with",
)
COLUMNS_MAX: Final = len(FIELDS) + ATTRIBUTES_MAX

# Other blanks may be part of an id.
_SEPARATED = re.compile(r"[^ \t\r\n]+")
_VERSION_DIGITS_MAX: Final = len(str(VERSION_MAX))
_DELETED: Final = {"": False, "true": True, "false": False}
_PRINCIPAL_TYPES: Final = frozenset({"user", "team"})
_Instant = Annotated[datetime, msgspec.Meta(tz=True)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """What each cell of a row means, by its place."""

    names: Sequence[str]
    attributes: Sequence[tuple[int, str]]


def table_rows(body: bytes) -> Iterator[Row]:
    """Return the rows of a table, or refuse a body that has no bounds."""
    try:
        yield from rows_of(body)
    except MalformedTableError as fault:
        raise NotUnderstoodError(str(fault), error=MALFORMED) from None


def columns_of(header: Row | None) -> Columns:
    """Return the columns that a header names, or refuse the body."""
    if header is None:
        raise NotUnderstoodError(
            "the body is empty; send a header row that names entity, id and version, "
            "then a row for each record",
            error=MALFORMED,
        )
    complaint = _complaint_of(header)
    if complaint is not None:
        raise NotUnderstoodError(f"line {header.line}: {complaint}", error=MALFORMED)
    names = _cells_of(header)
    return Columns(
        names=names,
        attributes=[
            (place, name) for place, name in enumerate(names) if name not in FIELDS
        ],
    )


def record_of(row: Row, columns: Columns) -> bytes:
    """Return the record that a row holds, as JSON; or raise InvalidRecordError."""
    cells = _cells_of(row)
    try:
        check_cell_count(cells, columns.names)
    except MalformedRowError as fault:
        raise InvalidRecordError(MALFORMED, str(fault)) from None
    cell = dict(zip(columns.names, cells, strict=True))
    owner = cell.get("owner")
    return msgspec.json.encode(
        {
            "entity": cell["entity"],
            "id": cell["id"],
            "version": _version_of(cell["version"]),
            "deleted": _deleted_of(cell.get("deleted", "")),
            "owner": _principal_of("owner", owner) if owner else None,
            "state": cell.get("state") or None,
            "status": cell.get("status") or None,
            # CSV knows no difference between an empty text and none.
            "attributes": {
                name: cells[place] or None for place, name in columns.attributes
            },
            "shared_with": [
                _principal_of("shared_with", one)
                for one in _SEPARATED.findall(cell.get("shared_with", ""))
            ],
            "occurred_at": _instant_of(cell.get("occurred_at", "")),
        }
    )


def _cells_of(row: Row) -> Sequence[str]:
    size = len(row.data)
    # A row of nothing but commas would be many cells for few bytes.
    if size > RECORD_BYTES_MAX:
        raise InvalidRecordError(
            "record_too_large",
            f"the row has {size} bytes, {RECORD_BYTES_MAX} are allowed; leave out "
            "columns that no goal looks at",
        )
    try:
        return cells_of(row)
    except MalformedRowError as fault:
        raise InvalidRecordError(MALFORMED, str(fault)) from None
    except MalformedTableError as fault:
        raise NotUnderstoodError(str(fault), error=MALFORMED) from None


def _complaint_of(header: Row) -> str | None:
    """Return what is wrong with a header, if anything."""
    try:
        names = _cells_of(header)
    except InvalidRecordError as fault:
        return fault.detail
    return _complaint_of_names(names)


def _complaint_of_names(names: Sequence[str]) -> str | None:
    if len(names) > COLUMNS_MAX:
        return (
            f"the header has {len(names)} columns, {COLUMNS_MAX} are allowed; leave "
            "out those that no goal looks at"
        )
    complaint = complaint_of_names(names)
    if complaint is not None:
        return complaint
    missing = [name for name in REQUIRED if name not in names]
    if missing:
        return (
            f"the header lacks {', '.join(missing)}; it begins with "
            f"{excerpt_of(','.join(names))}; name entity, id and version, separated "
            "by commas"
        )
    return None


def _version_of(cell: str) -> int:
    if cell.isascii() and cell.isdecimal() and len(cell) <= _VERSION_DIGITS_MAX:
        version = int(cell)
        if version <= VERSION_MAX:
            return version
    raise InvalidRecordError(
        "invalid_record",
        f"version is {excerpt_of(cell)}, a whole number from 0 to {VERSION_MAX} is "
        "allowed; write it in digits only",
    )


def _deleted_of(cell: str) -> bool:
    # Spreadsheets write truths in capitals.
    deleted = _DELETED.get(cell.lower())
    if deleted is None:
        raise InvalidRecordError(
            "invalid_record",
            f"deleted is {excerpt_of(cell)}, true, false or an empty cell is allowed; "
            "write one of them",
        )
    return deleted


def _principal_of(column: str, cell: str) -> dict[str, str]:
    kind, _, name = cell.partition("/")
    if kind not in _PRINCIPAL_TYPES or not name:
        raise InvalidRecordError(
            "invalid_record",
            f"{column} names {excerpt_of(cell)}, a user or a team is allowed; write "
            "user/ and the user's id, or team/ and the team's",
        )
    return {"type": kind, "id": name}


def _instant_of(cell: str) -> str | None:
    if not cell:
        return None
    try:
        msgspec.convert(cell, _Instant)
    except msgspec.ValidationError:
        raise InvalidRecordError(
            "invalid_record",
            f"occurred_at is {excerpt_of(cell)}, an instant with an offset is allowed; "
            "write it like 2026-11-21T09:30:00Z",
        ) from None
    return cell
