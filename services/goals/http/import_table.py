"""What the columns of a table of goals mean: a row of cells as a goal's fields.

A column is named as its field; a dot leads into a field that has parts, as in
`period.start`. The fields are then read like those of JSON, so that both have the same
rules.
"""

import re
from collections.abc import Iterator, Sequence
from types import NoneType
from typing import Any, Final, get_args

from services.goals.domain.errors import (
    CSV_MALFORMED,
    INVALID_FIELD,
    UNKNOWN_FIELD,
    RefusedError,
)
from services.goals.http.goal_bodies import GoalPatch, NewGoal
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

# Far more than a goal has fields; a bound keeps small tables from being many cells.
COLUMNS_MAX: Final = 200

_FIELDS: Final = {**GoalPatch.model_fields, **NewGoal.model_fields}
_TRUTHS: Final = frozenset(
    name for name, one in _FIELDS.items() if one.annotation is bool
)
# Where a goal may have none, an empty cell says so; elsewhere it says nothing.
_MAY_BE_NONE: Final = frozenset(
    name
    for name, one in GoalPatch.model_fields.items()
    if NoneType in get_args(one.annotation)
)
_NUMBERS: Final = frozenset({"period.year", "period.period"})
_WHOLE = re.compile("[0-9]{1,9}", re.ASCII)
_TRUTH: Final = {"true": True, "false": False}

# A line, and the fields of its goal or why there are none.
ReadRow = tuple[int, "dict[str, Any] | RefusedError"]


def goals_of_table(body: bytes) -> Iterator[ReadRow]:
    """Return the goals of a table, or refuse it as a whole."""
    try:
        rows = rows_of(body)
        names = _names_of(next(rows, None))
        for row in rows:
            yield row.line, _goal_of(row, names)
    except MalformedTableError as fault:
        raise RefusedError(CSV_MALFORMED, str(fault)) from None


def _names_of(header: Row | None) -> Sequence[str]:
    if header is None:
        raise RefusedError(
            CSV_MALFORMED,
            "the body is empty; send a header row that names id and other fields, then "
            "a row for each goal",
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
    complaint = complaint_of_names(names) or _complaint_of_parts(names)
    if complaint is not None:
        raise _malformed(header, complaint)
    for name in names:
        if name.partition(".")[0] not in _FIELDS:
            raise RefusedError(
                UNKNOWN_FIELD,
                f"line {header.line}: the column {excerpt_of(name)} is unknown; remove "
                f"it, or name it after one of {', '.join(sorted(_FIELDS))}",
                field=name,
            )
    return names


def _complaint_of_parts(names: Sequence[str]) -> str | None:
    for name in names:
        whole, dot, _ = name.rpartition(".")
        if dot and whole in names:
            return (
                f"the columns {excerpt_of(whole)} and {excerpt_of(name)} say the same "
                "thing; leave one out"
            )
    return None


def _goal_of(row: Row, names: Sequence[str]) -> dict[str, Any] | RefusedError:
    try:
        cells = cells_of(row)
        check_cell_count(cells, names)
    except MalformedRowError as fault:
        return RefusedError(CSV_MALFORMED, str(fault))
    try:
        return _fields_of(dict(zip(names, cells, strict=True)))
    except RefusedError as refused:
        return refused


def _fields_of(cells: dict[str, str]) -> dict[str, Any]:
    fields: dict[str, Any] = {}
    for name, cell in cells.items():
        if cell:
            _put(fields, name, _value_of(name, cell))
        elif name in _MAY_BE_NONE:
            fields[name] = None
    period = fields.get("period")
    if isinstance(period, dict):
        is_fiscal = "year" in period or "period" in period
        period.setdefault("kind", "fiscal" if is_fiscal else "custom")
    return fields


def _put(fields: dict[str, Any], name: str, value: object) -> None:
    whole, dot, part = name.partition(".")
    if dot:
        fields.setdefault(whole, {})[part] = value
    else:
        fields[name] = value


def _value_of(name: str, cell: str) -> object:
    if name == "owner":
        return _principal_of(cell)
    if name in _TRUTHS:
        return _truth_of(name, cell)
    if name in _NUMBERS and _WHOLE.fullmatch(cell):
        return int(cell)
    return cell


def _principal_of(cell: str) -> dict[str, str]:
    kind, _, name = cell.partition("/")
    if kind not in tuple(PrincipalType) or not name:
        raise RefusedError(
            INVALID_FIELD,
            f"owner is {excerpt_of(cell)}, a user or a team is allowed; write user/ "
            "and the user's id, or team/ and the team's",
            field="owner",
        )
    return {"type": kind, "id": name}


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
