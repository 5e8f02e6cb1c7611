"""Tables of records, cut into smaller tables that ingest takes at once."""

from collections.abc import Sequence
from typing import Final

from cli.exits import CommandError
from shared.domain.csv_rows import (
    MalformedRowError,
    MalformedTableError,
    Row,
    cells_of,
    rows_of,
)

_REQUIRED: Final = frozenset({"entity", "id", "version"})
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"


def is_header(line: bytes) -> bool:
    """Tell whether a file that begins with this line is a table of records."""
    try:
        names = cells_of(Row(1, line.removeprefix(_BYTE_ORDER_MARK).rstrip(b"\r\n")))
    except (MalformedRowError, MalformedTableError):
        return False
    return set(names) >= _REQUIRED


def rows_in(body: bytes, file: str) -> Sequence[Row]:
    """Return the header and the rows; or refuse the file before anything is sent."""
    try:
        body.decode()
    except UnicodeDecodeError as fault:
        line = 1 + body.count(b"\n", 0, fault.start)
        raise CommandError(
            f"{file}: line {line} holds the byte 0x{body[fault.start]:02x} where it is "
            "no UTF-8; save the table as UTF-8, with or without a byte order mark"
        ) from None
    try:
        rows = list(rows_of(body))
    except MalformedTableError as fault:
        raise CommandError(f"{file}: {fault}") from None
    if not rows:
        raise CommandError(
            f"{file} is empty; write a header row that names entity, id and version, "
            "then a row for each record"
        )
    return rows
