"""Records, eyes and a sight for tests of conditions, in few words."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Final

from shared.domain.entities import AttributeType
from shared.domain.fiscal import FiscalCalendar, calendar_of
from shared.domain.records import AttributeValue, Record
from shared.queries.compiled import compiled
from shared.queries.eyes import Eyes, Manager, Surroundings
from shared.queries.reading import where_of

ENTITY: Final = "opportunity"
NOW: Final = "2026-11-21T12:00Z"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A record as it stands somewhere."""

    key: str = "opportunity/O-1"
    version: int = 1
    deleted: bool = False
    owner: str | None = None
    state: str | None = None
    status: str | None = None
    attributes: Mapping[str, AttributeValue] = field(default_factory=dict)
    shared_with: Sequence[str] = ()
    occurred_at: datetime | None = None

    @property
    def entity(self) -> str:
        """What stands before the id."""
        return self.key.partition("/")[0]


class Looking:
    """Shows what there is, and notes what was asked."""

    def __init__(self, *records: Record) -> None:
        self._records = {record.key: record for record in records}
        self.looked_at: list[str] = []
        self.again_at: list[datetime] = []

    def look(self, key: str) -> Record | None:
        """Return a record that is not deleted."""
        self.looked_at.append(key)
        found = self._records.get(key)
        return None if found is None or found.deleted else found

    def again(self, instant: datetime) -> None:
        """Note when the answer may be another."""
        self.again_at.append(instant)


def at(text: str) -> datetime:
    """Return the instant that is written so; without an offset it is UTC."""
    found = datetime.fromisoformat(text)
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def fiscal(start: str, template: str, named_by: str = "start") -> FiscalCalendar:
    """Return a fiscal calendar."""
    return calendar_of(start=start, template=template, year_named_by=named_by)


def eyes_of(
    *,
    now: str = NOW,
    zone: str = "UTC",
    calendar: FiscalCalendar | None = None,
    week_start: int = 0,
    manager: Manager | None = None,
    units: Mapping[str, str] | None = None,
    unit_of_owner: Mapping[str, str] | None = None,
) -> Eyes:
    """Return the eyes of somebody at some time."""
    return Eyes(
        around=Surroundings(
            now=at(now),
            week_start=week_start,
            calendar=calendar or fiscal("01-01", "quarterly"),
            unit_of_owner=unit_of_owner or {},
            parent_of_unit=units or {},
        ),
        time_zone=zone,
        manager=manager or Manager(id="M"),
    )


def condition(operator: str, value: object = None, **more: Any) -> dict[str, Any]:
    """Return a condition on the attribute `x`, if no other is named."""
    return {"attribute": "x", "operator": operator, "value": value, **more}


def holds(
    where: object,
    record: Row,
    eyes: Eyes | None = None,
    *others: Row,
    types: Mapping[str, AttributeType] | None = None,
) -> bool:
    """Tell whether a record fulfils conditions as they are written in JSON."""
    read = where_of(where, ENTITY, {ENTITY: types or {}})
    return compiled(read, ENTITY)(record, eyes or eyes_of(), Looking(*others))


def holds_for(
    where: object,
    value: AttributeValue,
    eyes: Eyes | None = None,
    *,
    declared: AttributeType | None = None,
) -> bool:
    """Tell whether a record with the value at `x` fulfils a condition."""
    types = {} if declared is None else {"x": declared}
    return holds(where, Row(attributes={"x": value}), eyes, types=types)
