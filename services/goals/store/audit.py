"""The audit trail in the database: lines are added and read, and nothing else."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import asyncpg

from services.goals.domain.audit import Action, Line, WrittenLine
from services.goals.domain.history import Span
from services.goals.store.connections import Statements

# The clock of the database may be set back; the trail's never is.
_APPEND = """
INSERT INTO goals.audit (
    at, caller, kind, id, action, before, after, change_set_id, traceparent
)
SELECT
    greatest(
        statement_timestamp(),
        (SELECT at FROM goals.audit ORDER BY number DESC LIMIT 1)
    ),
    $1, kind, id, action, before, after, $2, $3
FROM unnest($4::text[], $5::text[], $6::text[], $7::jsonb[], $8::jsonb[])
    WITH ORDINALITY AS given (kind, id, action, before, after, place)
ORDER BY place
"""
_SELECT = """
SELECT
    number, at, caller, kind, id, action, before, after, change_set_id, traceparent
FROM goals.audit
WHERE
"""
_PAGE = "ORDER BY number DESC LIMIT"
# Times never run backwards, so each is a place in the order of the list.
_LAST_BEFORE: Final = """
coalesce(
    (
        SELECT number
        FROM goals.audit
        WHERE at < {}
        ORDER BY at DESC, number DESC
        LIMIT 1
    ),
    0
)
"""
_SINCE: Final = f"number > {_LAST_BEFORE}"
_UNTIL: Final = f"number <= {_LAST_BEFORE}"
# An id that was deleted and taken up again: what its former bearer was is not told.
_OF_BEARER = """
number >= coalesce(
    (
        SELECT max(number)
        FROM goals.audit
        WHERE kind = {} AND id = {} AND action = 'created'
    ),
    0
)
"""
_ALWAYS: Final = Span(start=None, end=None)
# Beyond every line there is.
_NEWEST: Final = 2**63 - 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditFilter:
    """Which lines a list shows."""

    kind: str | None = None
    id: str | None = None
    caller: str | None = None
    action: Action | None = None
    span: Span = _ALWAYS
    # Only since the thing was last created, for whoever may read that thing.
    of_bearer: bool = False


class Audit(Statements):
    """What can be read and added of the audit trail."""

    async def append(
        self,
        lines: Sequence[Line],
        *,
        caller: str,
        change_set_id: str | None,
        traceparent: str | None,
    ) -> None:
        """Write the lines of one change, however many, with one statement."""
        if lines:
            await self.connection.execute(
                _APPEND,
                caller,
                change_set_id,
                traceparent,
                [line.kind for line in lines],
                [line.id for line in lines],
                [line.action for line in lines],
                [line.before for line in lines],
                [line.after for line in lines],
            )

    async def before(
        self, number: int | None, wanted: AuditFilter, limit: int
    ) -> Sequence[WrittenLine]:
        """Return the next lines of a list, newest first."""
        conditions, values = _conditions_of(wanted)
        values.append(_NEWEST if number is None else number)
        conditions.append(f"number < ${len(values)}")
        where = " AND ".join(conditions)
        rows = await self.connection.fetch(
            f"{_SELECT} {where} {_PAGE} ${len(values) + 1}", *values, limit
        )
        return [_line(row) for row in rows]


def _conditions_of(wanted: AuditFilter) -> tuple[list[str], list[object]]:
    """Return only what is asked for, so that an index can serve it."""
    asked = (
        ("kind = {}", wanted.kind),
        ("id = {}", wanted.id),
        ("caller = {}", wanted.caller),
        ("action = {}", wanted.action),
        (_SINCE, wanted.span.start),
        (_UNTIL, wanted.span.end),
    )
    given = [(condition, value) for condition, value in asked if value is not None]
    conditions = [
        condition.format(f"${place}") for place, (condition, _) in enumerate(given, 1)
    ]
    values: list[object] = [value for _, value in given]
    if wanted.of_bearer:
        # The first two that are given.
        conditions.append(_OF_BEARER.format("$1", "$2"))
    return conditions, values


def _line(row: asyncpg.Record) -> WrittenLine:
    return WrittenLine(**{**row, "action": Action(row["action"])})
