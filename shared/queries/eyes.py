"""What a query looks through, and what it may look at.

A query is made into a function once, whoever uses it. Whose manager, which zone and
what time it is come with each evaluation; so do the records that it may ask for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final, Protocol

from shared.domain.fiscal import FiscalCalendar, Template, YearNamedBy
from shared.domain.records import Record

MONDAY: Final = 0
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_CALENDAR: Final = FiscalCalendar(
    month=1, day=1, template=Template.QUARTERLY, year_named_by=YearNamedBy.START
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Manager:
    """The user in whose eyes a query is read."""

    id: str
    # Ids of the teams that the user is a member of.
    teams: frozenset[str] = frozenset()
    # Ids of all who report to the user, directly or not; and of their teams.
    reports: frozenset[str] = frozenset()
    teams_of_reports: frozenset[str] = frozenset()
    business_unit: str | None = None


@dataclass(slots=True, kw_only=True)
class Surroundings:
    """What is the same for all goals: the time, the organisation, its units."""

    # To the minute.
    now: datetime = _BEGINNING
    # 0: Monday … 6: Sunday.
    week_start: int = MONDAY
    calendar: FiscalCalendar = _CALENDAR
    # By the owner's key, such as `user/R0`: the unit's id.
    unit_of_owner: Mapping[str, str] = field(default_factory=dict)
    # By a unit's id: its parent's.
    parent_of_unit: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Eyes:
    """Whose eyes: a goal's manager, in the goal's time zone."""

    around: Surroundings
    time_zone: str
    manager: Manager


class Sight(Protocol):
    """What one evaluation sees beside its record; it notes what was looked at."""

    def look(self, key: str) -> Record | None:
        """Return another record, unless there is none or it was deleted."""

    def again(self, instant: datetime) -> None:
        """Note that the answer may be another one from then on.

        Too early is allowed, too late is not.
        """
