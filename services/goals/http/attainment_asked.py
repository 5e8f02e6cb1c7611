"""What a report is asked for: which goals, by what, since when, in which form."""

import re
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

import msgspec
from pydantic import Field
from pydantic_core import PydanticCustomError

from services.goals.domain.attainment_groups import By
from services.goals.domain.errors import INVALID_PARAMETER, RefusedError
from services.goals.http.documenting import JSON
from services.goals.http.fields import Id, Name
from services.goals.http.goals import principal_of
from services.goals.http.history import instant_of
from services.goals.http.listing import PageQuery, no_such_page
from services.goals.http.tables import wishes_of
from services.goals.store.reports import Days, ReportFilter
from shared.domain.goals import GoalId, GoalState

_CURRENT: Final = "current"
_DAYS = re.compile(
    r"([0-9]{4}-[0-9]{2}-[0-9]{2})\.\.([0-9]{4}-[0-9]{2}-[0-9]{2})", re.ASCII
)
_DURATION = re.compile(r"([0-9]{1,5})([mhdw])", re.ASCII)
_UNITS: Final = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


class Form(StrEnum):
    """How a report is written."""

    JSON = "json"
    CSV = "csv"
    XLSX = "xlsx"


MEDIA_TYPES: Final = {
    Form.JSON: JSON,
    Form.CSV: "text/csv",
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
}


class Compared(StrEnum):
    """What a report compares with."""

    PREVIOUS = "previous"


class AttainmentQuery(PageQuery):
    """Which report; all conditions given must hold."""

    by: By = Field(
        default=By.GOAL,
        description="what a row is about: a goal, or the goals of one metric that an "
        "owner, a team (its own goals and its members') or a period has in common",
    )
    goal: Id | None = Field(
        default=None, description="only this goal", examples=["north-2026"]
    )
    root: Id | None = Field(
        default=None, description="only this goal and all below it", examples=["north"]
    )
    metric: Id | None = Field(default=None, examples=["revenue"])
    owner: Name | None = Field(
        default=None, description="as type/id", examples=["user/ada"]
    )
    manager: Id | None = Field(default=None, examples=["grace"])
    state: GoalState | None = None
    period: str | None = Field(
        default=None,
        description="`current`: whose period holds today; or two days: whose period "
        "has a day between them",
        examples=["2026-10-01..2026-12-31"],
    )
    since: str | None = Field(
        default=None,
        description="tell changes since then: an instant as RFC 3339 with its offset, "
        "or how long ago in minutes, hours, days or weeks",
        examples=["24h"],
    )
    compare: Compared | None = Field(
        default=None, description="tell also of the goal of the period before"
    )

    form: Form | None = Field(
        default=None,
        alias="format",
        description="in place of Accept; tables have all rows, whatever `limit` says",
    )

    @property
    def is_current(self) -> bool:
        """Whether only goals are asked for whose period holds today."""
        return self.period == _CURRENT

    def form_for(self, accept: str) -> Form:
        """Return how the report is to be written, for what a client accepts.

        A table is given to who asks for one by name, at least as much as for JSON.
        """
        if self.form is not None:
            return self.form
        wishes = wishes_of(accept)
        tables = [Form.CSV, Form.XLSX]
        best = max(tables, key=lambda form: wishes.get(MEDIA_TYPES[form], 0))
        wish = wishes.get(MEDIA_TYPES[best], 0)
        return best if wish > 0 and wish >= wishes.get(JSON, 0) else Form.JSON

    def as_filter(self) -> ReportFilter:
        """Return which goals, but for which day it is where they are."""
        return ReportFilter(
            goal=None if self.goal is None else GoalId(self.goal),
            root=None if self.root is None else GoalId(self.root),
            metric_id=self.metric,
            owner=None if self.owner is None else principal_of(self.owner),
            manager_id=self.manager,
            state=self.state,
            days=self._days(),
        )

    def since_instant(self, now: datetime) -> datetime | None:
        """Return since when changes are told, or refuse what is no time."""
        return None if self.since is None else _since(self.since, now)

    @property
    def after_goal(self) -> str:
        """The last goal of the page before."""
        # No id holds one, and no statement takes one.
        if "\0" in self.after_id:
            raise no_such_page(self.after)
        return self.after_id

    def after_group(self) -> tuple[str, str]:
        """Return the last group of the page before."""
        if not self.after_id:
            return "", ""
        try:
            return msgspec.json.decode(self.after_id, type=tuple[str, str])
        except msgspec.DecodeError:
            raise no_such_page(self.after) from None

    def _days(self) -> Days | None:
        if self.period is None or self.is_current:
            return None
        match = _DAYS.fullmatch(self.period)
        try:
            first, last = map(date.fromisoformat, match.groups() if match else ())
        except ValueError:
            raise _refused(
                "period",
                self.period,
                "which is no period; write current, or two days as "
                "2026-10-01..2026-12-31",
            ) from None
        if last < first:
            raise _refused(
                "period",
                self.period,
                "which ends before it begins; exchange the two days",
            )
        return Days(first=first, last=last)


def cursor_text(place: tuple[str, str]) -> str:
    """Return where a group stands, as a cursor holds it."""
    return msgspec.json.encode(place).decode()


def _since(text: str, now: datetime) -> datetime:
    duration = _DURATION.fullmatch(text)
    if duration is not None:
        span: dict[str, Any] = {_UNITS[duration[2]]: int(duration[1])}
        return now - timedelta(**span)
    try:
        return instant_of(text)
    except PydanticCustomError:
        raise _refused(
            "since",
            text,
            "which is no time; write an instant as 2026-11-21T09:30:00Z (a + in an "
            "address means a space, write %2B), or how long ago as 90m, 24h, 7d or 2w",
        ) from None


def _refused(field: str, found: str, why: str) -> RefusedError:
    return RefusedError(INVALID_PARAMETER, f"{field} is {found}, {why}", field=field)
