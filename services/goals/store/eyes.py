"""Through whose eyes queries are read: made of the directory as goals has it."""

from datetime import datetime
from typing import Final

from services.goals.domain.directory import Organization, WeekDay
from services.goals.store.connections import Connection, Statements
from services.goals.store.people import PeopleStatements
from shared.plumbing.clock import minute_of
from shared.queries.eyes import Surroundings

# The instant that all totals go by; none, as long as rollup has not begun.
_CLOCK = "SELECT now FROM rollup_published.clock"
_WEEK_DAYS: Final = tuple(WeekDay)


class EyesStatements(Statements):
    """What can be read of those whose eyes a goal looks through."""

    def __init__(self, connection: Connection, people: PeopleStatements) -> None:
        super().__init__(connection)
        self._people = people

    async def now(self, clock: datetime) -> datetime:
        """Return the minute that queries go by: rollup's, or a later one of ours."""
        applied: datetime | None = await self.connection.fetchval(_CLOCK)
        ours = minute_of(clock)
        return ours if applied is None else max(ours, applied)

    async def surroundings(
        self, organization: Organization, now: datetime
    ) -> Surroundings:
        """Return what is the same for all goals."""
        people = await self._people.read()
        return Surroundings(
            now=now,
            week_start=_WEEK_DAYS.index(organization.week_start),
            calendar=organization.fiscal_calendar,
            unit_of_owner=people.unit_of_owner,
            parent_of_unit=people.parent_of_unit,
        )
