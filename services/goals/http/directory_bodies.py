"""What clients send of users, teams, business units and the organisation."""

from dataclasses import replace
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StrictBool
from pydantic_core import PydanticCustomError

from services.goals.domain.directory import (
    FREQUENCY_HOURS_MAX,
    BusinessUnit,
    Organization,
    Team,
    User,
    WeekDay,
)
from services.goals.domain.errors import INVALID_FIELD, RefusedError
from services.goals.http.fields import Body, Id, LeftOut, Name, TimeZone, given
from services.goals.http.role_bodies import RoleIds
from shared.domain.fiscal import (
    FiscalCalendar,
    Template,
    UnreadableCalendarError,
    YearNamedBy,
    calendar_of,
)
from shared.plumbing.identifiers import new_id
from shared.rights.roles import HierarchySecurity, Reading

MEMBERS_MAX: Final = 1_000
# Reporting lines are not longer.
HIERARCHY_DEPTH_MAX: Final = 100

_CURRENCY = "^[A-Z]{3}$"
# So much of what does not read is shown.
_SHOWN_MAX: Final = 40


def _in_order(members: tuple[str, ...]) -> tuple[str, ...]:
    """Return members as they are stored: the same ones in any order are equal."""
    return tuple(sorted(members))


def _week_day(value: object) -> WeekDay:
    if isinstance(value, str) and value in tuple(WeekDay):
        return WeekDay(value)
    raise PydanticCustomError(
        "invalid_field",
        "{found} is no day of the week; write one of {allowed}",
        {"found": str(value)[:_SHOWN_MAX], "allowed": ", ".join(WeekDay)},
    )


Members = Annotated[
    tuple[Id, ...], Field(max_length=MEMBERS_MAX), AfterValidator(_in_order)
]


class NewUser(Body):
    """A person who owns, manages or looks at goals."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "ada",
                    "name": "Ada Lovelace",
                    "business_unit_id": "emea",
                    "manager_id": "grace",
                    "time_zone": "Europe/London",
                    "roles": ["seller"],
                }
            ]
        }
    )

    id: Id | None = None
    name: Name
    business_unit_id: Id | None = None
    manager_id: Id | None = None
    disabled: StrictBool = False
    time_zone: TimeZone | None = None
    roles: RoleIds = ()

    def as_user(self) -> User:
        """Return what is asked for."""
        return User(**_with_id(self))


class UserPatch(Body):
    """What is to become of a user; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"disabled": True}]})

    name: Name = LeftOut
    business_unit_id: Id | None = LeftOut
    manager_id: Id | None = LeftOut
    disabled: StrictBool = LeftOut
    time_zone: TimeZone | None = LeftOut
    roles: RoleIds = LeftOut

    def applied_to(self, user: User) -> User:
        """Return what the user becomes."""
        return replace(user, **given(self))


class NewTeam(Body):
    """People who own things together."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"id": "north", "name": "Team North", "members": ["ada"]}]
        }
    )

    id: Id | None = None
    name: Name
    business_unit_id: Id | None = None
    members: Members = ()
    roles: RoleIds = ()

    def as_team(self) -> Team:
        """Return what is asked for."""
        return Team(**_with_id(self))


class TeamPatch(Body):
    """What is to become of a team; members and roles are given all together."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"members": ["ada", "grace"]}]}
    )

    name: Name = LeftOut
    business_unit_id: Id | None = LeftOut
    members: Members = LeftOut
    roles: RoleIds = LeftOut

    def applied_to(self, team: Team) -> Team:
        """Return what the team becomes."""
        return replace(team, **given(self))


class NewBusinessUnit(Body):
    """A part of the organisation."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [{"id": "emea", "name": "EMEA", "parent_id": "company"}]
        }
    )

    id: Id | None = None
    name: Name
    parent_id: Id | None = None

    def as_business_unit(self) -> BusinessUnit:
        """Return what is asked for."""
        return BusinessUnit(**_with_id(self))


class BusinessUnitPatch(Body):
    """What is to become of a business unit; what is left out stays."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"parent_id": None}]})

    name: Name = LeftOut
    parent_id: Id | None = LeftOut

    def applied_to(self, unit: BusinessUnit) -> BusinessUnit:
        """Return what the business unit becomes."""
        return replace(unit, **given(self))


def _choices(choices: type[Template | YearNamedBy]) -> dict[str, Any]:
    return {"enum": [str(one) for one in choices]}


class FiscalCalendarPatch(Body):
    """When fiscal years begin and how they are divided; what is left out stays."""

    # What these texts may be, the calendar itself says.
    start: Annotated[
        str, Field(strict=True, max_length=_SHOWN_MAX, examples=["04-01"])
    ] = LeftOut
    template: Annotated[
        str,
        Field(strict=True, max_length=_SHOWN_MAX, json_schema_extra=_choices(Template)),
    ] = LeftOut
    year_named_by: Annotated[
        str,
        Field(
            strict=True, max_length=_SHOWN_MAX, json_schema_extra=_choices(YearNamedBy)
        ),
    ] = LeftOut

    def applied_to(self, calendar: FiscalCalendar) -> FiscalCalendar:
        """Return what the calendar becomes, or refuse it."""
        texts: dict[str, str] = {
            "start": calendar.start,
            "template": calendar.template,
            "year_named_by": calendar.year_named_by,
            **given(self),
        }
        try:
            return calendar_of(**texts)
        except UnreadableCalendarError as fault:
            raise RefusedError(
                INVALID_FIELD, str(fault), field=f"fiscal_calendar.{fault.field}"
            ) from None


class HierarchySecurityPatch(Body):
    """Whether managers read what their reports may; what is left out stays."""

    enabled: StrictBool = LeftOut
    depth: Annotated[
        int,
        Field(
            strict=True,
            ge=1,
            le=HIERARCHY_DEPTH_MAX,
            description="how many lines of reporting it reaches down",
        ),
    ] = LeftOut

    def applied_to(self, hierarchy: HierarchySecurity) -> HierarchySecurity:
        """Return what it becomes."""
        return replace(hierarchy, **given(self))


class OrganizationPatch(Body):
    """What is to hold for everybody; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"time_zone": "Europe/Berlin"},
                {
                    "fiscal_calendar": {
                        "start": "04-01",
                        "template": "quarterly",
                        "year_named_by": "start",
                    },
                    "week_start": "monday",
                },
                {"goal_rollup_expiry_days": 60, "goal_rollup_frequency_hours": 24},
                {
                    "hierarchy_security": {"enabled": True, "depth": 3},
                    "reading": "roles",
                },
            ]
        }
    )

    time_zone: TimeZone = LeftOut
    base_currency: Annotated[
        str, Field(strict=True, pattern=_CURRENCY, examples=["EUR"])
    ] = LeftOut
    fiscal_calendar: FiscalCalendarPatch = LeftOut
    week_start: Annotated[WeekDay, BeforeValidator(_week_day)] = LeftOut
    goal_rollup_expiry_days: Annotated[
        int,
        Field(
            strict=True,
            ge=0,
            le=400,
            description="a goal whose period ended more days ago stands still",
        ),
    ] = LeftOut
    goal_rollup_frequency_hours: Annotated[
        int,
        Field(
            strict=True,
            ge=0,
            le=FREQUENCY_HOURS_MAX,
            description=(
                "shown values move once in so many hours, counted from midnight of "
                "1 January 1970 UTC; 0: with each record"
            ),
        ),
    ] = LeftOut

    hierarchy_security: HierarchySecurityPatch = LeftOut
    reading: Annotated[
        Reading,
        Field(
            description="what decides who reads what: everyone reads everything, or "
            "roles allow it; the first role that is made sets it to roles"
        ),
    ] = LeftOut

    def applied_to(self, organization: Organization) -> Organization:
        """Return what the organisation becomes."""
        fields = given(self)
        if "fiscal_calendar" in fields:
            fields["fiscal_calendar"] = self.fiscal_calendar.applied_to(
                organization.fiscal_calendar
            )
        if "hierarchy_security" in fields:
            fields["hierarchy_security"] = self.hierarchy_security.applied_to(
                organization.hierarchy_security
            )
        return replace(organization, **fields)


def _with_id(new: NewUser | NewTeam | NewBusinessUnit) -> dict[str, Any]:
    """Return all fields, with an id of ours where none was chosen."""
    return {**dict(new), "id": new.id or new_id()}
