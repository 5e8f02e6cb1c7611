"""A CSV body as rows of cells, as RFC 4180 has it and nothing guessed.

Where quotes leave it open where a row ends, no row after it can be trusted, and the
body as a whole is refused; what is wrong inside one row concerns that row only.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final, NamedTuple

# What services call either error.
MALFORMED: Final = "csv_malformed"

# As much of a cell as an error repeats.
_EXCERPT_MAX: Final = 40
_BYTE_ORDER_MARK: Final = b"\xef\xbb\xbf"

# A cell that begins with a quote ends with one; any other ends before a comma.
_CELL: Final = rb'(?:"(?:[^"]++|"")*+"|[^",\r\n][^,\r\n]*+|)'
_ROW = re.compile(_CELL + rb"(?:," + _CELL + rb")*+")
_ROW_END = re.compile(rb"\r?\n|\r?\Z")
_CELLS = re.compile(r'(?:\A|,)("(?:[^"]++|"")*+"|[^,]*+)')
# Also the end of the row before: what is left of its line is blank.
_BLANK_LINES = re.compile(rb"(?:[ \t]*+\r?\n)*+(?:[ \t]*+\r?\Z)?")


class MalformedTableError(Exception):
    """Nobody can say where the rows of a body end, or what its bytes mean."""


class MalformedRowError(Exception):
    """Where a row ends is beyond doubt, and what one of its cells says is not."""


class Row(NamedTuple):
    """One row as the bytes it came as, and the line that it begins on, from 1."""

    line: int
    data: bytes


def rows_of(body: bytes) -> Iterator[Row]:
    """Return the rows of a body, blank lines left out; quotes may span lines."""
    position = len(_BYTE_ORDER_MARK) if body.startswith(_BYTE_ORDER_MARK) else 0
    line = 1
    while True:
        begin = _after(_BLANK_LINES, body, position)
        line += body.count(b"\n", position, begin)
        if begin == len(body):
            return
        end = _after(_ROW, body, begin)
        if not _ROW_END.match(body, end):
            raise _boundless(body, end, line + body.count(b"\n", begin, end))
        yield Row(line, body[begin:end])
        line += body.count(b"\n", begin, end)
        position = end


def cells_of(row: Row) -> Sequence[str]:
    """Return the cells of a row, without their quotes."""
    try:
        text = row.data.decode()
    except UnicodeDecodeError as fault:
        line = row.line + row.data.count(b"\n", 0, fault.start)
        raise MalformedTableError(
            f"line {line} holds the byte 0x{row.data[fault.start]:02x} where it is no "
            "UTF-8; save the table as UTF-8, with or without a byte order mark"
        ) from None
    if '"' not in text:
        return text.split(",")
    return [_unquoted(cell) for cell in _CELLS.findall(text)]


def check_cell_count(cells: Sequence[str], names: Sequence[str]) -> None:
    """Refuse a row that has not a cell for each column."""
    if len(cells) != len(names):
        raise MalformedRowError(
            f"the row has {len(cells)} cells and the header {len(names)}; give each "
            "column a cell, empty where there is no value, and put a cell that holds a "
            "comma in quotes"
        )


def complaint_of_names(names: Sequence[str]) -> str | None:
    """Return what is wrong with the names of columns, whatever they mean."""
    for place, name in enumerate(names, start=1):
        if not name.strip():
            return f"column {place} has no name; name each column, or leave it out"
        if name != name.strip():
            return (
                f"column {place} is named {excerpt_of(name)}; remove the blanks around "
                "the name"
            )
    name, count = Counter(names).most_common(1)[0]
    if count > 1:
        return (
            f"the column {excerpt_of(name)} is there {count} times, once is allowed; "
            "rename or remove the others"
        )
    return None


def excerpt_of(cell: str) -> str:
    """Return a cell as an error names it."""
    shown = cell if len(cell) <= _EXCERPT_MAX else f"{cell[:_EXCERPT_MAX]}…"
    return repr(shown)


def _after(pattern: re.Pattern[bytes], body: bytes, position: int) -> int:
    """Return where a pattern ends that may match nothing, and so always matches."""
    match = pattern.match(body, position)
    return match.end() if match else position


def _unquoted(cell: str) -> str:
    if cell.startswith('"'):
        return cell[1:-1].replace('""', '"')
    if '"' in cell:
        raise MalformedRowError(
            f"the cell {excerpt_of(cell)} holds a quote and is not in quotes itself; "
            "put the cell in quotes and write each quote inside it twice",
        )
    return cell


def _boundless(body: bytes, end: int, line: int) -> MalformedTableError:
    """Return why nobody can say where the row ends."""
    found = body[end : end + 1]
    if found == b"\r":
        words = (
            "a carriage return stands alone; end rows with a line feed, with or "
            "without a carriage return before it, and put a cell that holds one in "
            "quotes"
        )
    elif found == b'"':
        words = (
            "a cell begins with a quote and no quote ends it; end it with one, and "
            "write each quote inside a cell twice"
        )
    else:
        words = (
            f"{excerpt_of(found.decode(errors='replace'))} follows the quote that ends "
            "a cell, where only a comma or the end of the line is allowed; write each "
            "quote inside a cell twice"
        )
    return MalformedTableError(f"line {line}: {words}")
