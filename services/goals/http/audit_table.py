"""The audit trail as a table: a row for each field that changed."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC
from typing import Any, Final

from services.goals.domain.audit import WrittenLine
from services.goals.domain.exact_json import text_of, value_of
from services.goals.http.table_cells import safe_cell

HEADER: Final = (
    "number,at,caller,kind,id,action,field,before,after,change_set_id,traceparent"
)

_NOTHING: Final = object()


def table_of(lines: Sequence[WrittenLine]) -> str:
    """Return lines as rows, without the header."""
    written = io.StringIO()
    rows = csv.writer(written)
    for line in lines:
        rows.writerows([safe_cell(cell) for cell in row] for row in _rows_of(line))
    return written.getvalue()


def _rows_of(line: WrittenLine) -> Iterator[Sequence[str]]:
    before, after = _fields_of(line.before), _fields_of(line.after)
    # A change without fields has a row as well.
    for name in dict.fromkeys((*before, *after)) or ("",):
        yield (
            str(line.number),
            line.at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
            line.caller,
            line.kind,
            line.id,
            line.action,
            name,
            _cell_of(before.get(name, _NOTHING)),
            _cell_of(after.get(name, _NOTHING)),
            line.change_set_id or "",
            line.traceparent or "",
        )


def _fields_of(text: str | None) -> Mapping[str, Any]:
    return {} if text is None else dict(_flat("", value_of(text)))


def _flat(before: str, told: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield what lies inside objects under names such as `period.end`."""
    for name, value in told.items():
        if isinstance(value, dict) and value:
            yield from _flat(f"{before}{name}.", value)
        else:
            yield before + name, value


def _cell_of(value: object) -> str:
    if value is _NOTHING or value is None:
        return ""
    return value if isinstance(value, str) else text_of(value)
