"""What the columns of a table mean: a row of cells as the fields of one thing.

A column is named as its field; a dot leads into a field that has parts, as in
`period.start`. The fields are then read like those of JSON, so that both have the same
rules.
"""

import re
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from types import NoneType
from typing import Any, Final, get_args, get_origin

from pydantic import BaseModel

from services.goals.domain.errors import (
    CSV_MALFORMED,
    INVALID_FIELD,
    UNKNOWN_FIELD,
    RefusedError,
)
from services.goals.http.table_cells import items_of, without_guard
from shared.domain.csv_rows import (
    MalformedRowError,
    MalformedTableError,
    Row,
    cells_of,
    check_cell_count,
    complaint_of_names,
    excerpt_of,
    rows_of,
)
from shared.domain.goals import PrincipalType

# Far more than anything has fields; a bound keeps small tables from being many cells.
COLUMNS_MAX: Final = 200

_WHOLE = re.compile("[0-9]{1,9}", re.ASCII)
_TRUTH: Final = {"true": True, "false": False}

Fields = dict[str, Any]
# A line, and its fields or why there are none.
ReadRow = tuple[int, "Fields | RefusedError"]


def _as_they_are(fields: Fields) -> Fields:
    return fields


@dataclass(frozen=True, slots=True, kw_only=True)
class Columns:
    """How the columns for one kind of thing are called, and what their cells say."""

    # All that a column may be named after.
    names: Collection[str]
    truths: Collection[str]
    # Several texts in one cell.
    lists: Collection[str]
    # Where there may be none, an empty cell says so; elsewhere it says nothing.
    may_be_none: Collection[str]
    numbers: Collection[str] = ()
    principals: Collection[str] = ()
    # The field that something belongs into, where names of columns leave it out.
    inside: Mapping[str, str] = field(default_factory=dict)
    # Whether each dot leads further in; else what follows the first is one name.
    is_deep: bool = False
    # What follows from the fields of a row.
    completed: Callable[[Fields], Fields] = _as_they_are

    def path_of(self, name: str) -> Sequence[str]:
        """Return where the field of a column stands."""
        path = name.split(".", -1 if self.is_deep else 1)
        inside = self.inside.get(path[0])
        return path if inside is None else [inside, *path]


def columns_of(new: type[BaseModel], patch: type[BaseModel]) -> Columns:
    """Return the columns for things that are sent in these forms."""
    fields = {**patch.model_fields, **new.model_fields}
    kinds = {name: one.annotation for name, one in fields.items()}
    return Columns(
        names=list(fields),
        truths=[name for name, kind in kinds.items() if kind is bool],
        lists=[name for name, kind in kinds.items() if _is_list_of_texts(kind)],
        may_be_none=[
            name
            for name, one in patch.model_fields.items()
            if NoneType in get_args(one.annotation)
        ],
    )


def rows_of_table(body: bytes, columns: Columns) -> Iterator[ReadRow]:
    """Return the rows of a table as fields, or refuse it as a whole."""
    try:
        rows = rows_of(body)
        names = _names_of(next(rows, None), columns)
        for row in rows:
            yield row.line, _read(row, names, columns)
    except MalformedTableError as fault:
        raise RefusedError(CSV_MALFORMED, str(fault)) from None


def _is_list_of_texts(kind: Any) -> bool:
    if get_origin(kind) not in (list, tuple):
        return False
    # A type with conditions is wrapped in them; a choice is a kind of text.
    item = get_args(kind)[0]
    return any(
        isinstance(one, type) and issubclass(one, str)
        for one in (item, *get_args(item)[:1])
    )


def _names_of(header: Row | None, columns: Columns) -> Sequence[str]:
    if header is None:
        raise RefusedError(
            CSV_MALFORMED,
            "the body is empty; send a header row that names id and other fields, then "
            "a row for each line",
        )
    try:
        names = cells_of(header)
    except MalformedRowError as fault:
        raise _malformed(header, str(fault)) from None
    if len(names) > COLUMNS_MAX:
        raise _malformed(
            header,
            f"the header has {len(names)} columns, {COLUMNS_MAX} are allowed; leave "
            "some out",
        )
    complaint = complaint_of_names(names) or _complaint_of_parts(names, columns)
    if complaint is not None:
        raise _malformed(header, complaint)
    for name in names:
        _check_known(header, name, columns)
    return names


def _check_known(header: Row, name: str, columns: Columns) -> None:
    allowed = {*columns.names, *columns.inside}
    if name.partition(".")[0] not in allowed:
        raise RefusedError(
            UNKNOWN_FIELD,
            f"line {header.line}: the column {excerpt_of(name)} is unknown; remove it, "
            f"or name it after one of {', '.join(sorted(allowed))}",
            field=name,
        )


def _complaint_of_parts(names: Sequence[str], columns: Columns) -> str | None:
    """Return which columns are the same, or a part of one another."""
    paths = {tuple(columns.path_of(name)): name for name in reversed(names)}
    for name in names:
        path = tuple(columns.path_of(name))
        for end in range(1, len(path) + 1):
            other = paths.get(path[:end], name)
            if other != name:
                return (
                    f"the columns {excerpt_of(other)} and {excerpt_of(name)} say the "
                    "same thing; leave one out"
                )
    return None


def _read(row: Row, names: Sequence[str], columns: Columns) -> Fields | RefusedError:
    try:
        cells = cells_of(row)
        check_cell_count(cells, names)
    except MalformedRowError as fault:
        return RefusedError(CSV_MALFORMED, str(fault))
    try:
        return _fields_of(dict(zip(names, cells, strict=True)), columns)
    except RefusedError as refused:
        return refused


def _fields_of(cells: dict[str, str], columns: Columns) -> Fields:
    fields: Fields = {}
    for name, cell in cells.items():
        if cell:
            value = _value_of(name, without_guard(cell), columns)
            _put(fields, columns.path_of(name), value)
        elif name in columns.may_be_none:
            _put(fields, columns.path_of(name), None)
    return columns.completed(fields)


def _put(fields: Fields, path: Sequence[str], value: object) -> None:
    *above, last = path
    for part in above:
        fields = fields.setdefault(part, {})
    fields[last] = value


def _value_of(name: str, cell: str, columns: Columns) -> object:
    if name in columns.principals:
        return _principal_of(name, cell)
    if name in columns.truths:
        return _truth_of(name, cell)
    if name in columns.lists:
        return items_of(cell)
    if name in columns.numbers and _WHOLE.fullmatch(cell):
        return int(cell)
    return cell


def _principal_of(name: str, cell: str) -> dict[str, str]:
    kind, _, whose = cell.partition("/")
    if kind not in tuple(PrincipalType) or not whose:
        raise RefusedError(
            INVALID_FIELD,
            f"{name} is {excerpt_of(cell)}, a user or a team is allowed; write user/ "
            "and the user's id, or team/ and the team's",
            field=name,
        )
    return {"type": kind, "id": whose}


def _truth_of(name: str, cell: str) -> bool:
    # Spreadsheets write truths in capitals.
    truth = _TRUTH.get(cell.lower())
    if truth is None:
        raise RefusedError(
            INVALID_FIELD,
            f"{name} is {excerpt_of(cell)}, true, false or an empty cell is allowed; "
            "write one of them",
            field=name,
        )
    return truth


def _malformed(header: Row, complaint: str) -> RefusedError:
    return RefusedError(CSV_MALFORMED, f"line {header.line}: {complaint}")
