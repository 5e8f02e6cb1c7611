"""Routes of users, teams, business units and the organisation."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from fastapi import APIRouter, Request, Response

from services.goals.domain import errors as refusals
from services.goals.domain.directory import (
    BusinessUnit,
    Organization,
    Team,
    User,
    WeekDay,
)
from services.goals.flows import directory as flows
from services.goals.http import writing
from services.goals.http.context import CurrentCaller, CurrentService
from services.goals.http.directory_bodies import (
    BusinessUnitPatch,
    NewBusinessUnit,
    NewTeam,
    NewUser,
    OrganizationPatch,
    TeamPatch,
    UserPatch,
)
from services.goals.http.documenting import CHANGE_REFUSALS, errors_of
from services.goals.http.reading import ExactRoute, IfMatch, expected_of
from services.goals.http.resources import (
    Refusals,
    Told,
    add_routes,
    resource_of,
    words_of,
)
from services.goals.http.writing import thing_response
from services.goals.store.database import Reading
from shared.domain.fiscal import Template, YearNamedBy
from shared.rights.roles import HierarchySecurity
from shared.rights.roles import Reading as ReadBy

_USERS: Final = resource_of(
    flows.USERS,
    words=words_of(
        "user",
        "users",
        create="Create users; in an array they may name one another as managers.",
        change="Change the fields that are given.",
        delete=Told(
            "Delete a user whom nothing needs",
            "Delete a user who neither owns nor manages anything.",
        ),
        table="id,name,business_unit_id,manager_id,disabled,time_zone,roles\r\n"
        "ada,Ada Lovelace,emea,grace,false,Europe/London,seller\r\n",
    ),
    refusals=Refusals(
        written=(
            refusals.REFERENCE_NOT_FOUND,
            refusals.USER_MANAGER_CYCLE,
            refusals.TIME_ZONE_UNKNOWN,
        ),
        deleted=(refusals.IN_USE,),
    ),
    new=NewUser,
    as_thing=NewUser.as_user,
    patch=UserPatch,
    applied=UserPatch.applied_to,
    answer=User,
)
_TEAMS: Final = resource_of(
    flows.TEAMS,
    words=words_of(
        "team",
        "teams",
        create="Create teams of users who exist.",
        change="Change the fields that are given; members and roles are given all "
        "together.",
        delete=Told(
            "Delete a team that nothing needs", "Delete a team that owns nothing."
        ),
        table="id,name,business_unit_id,members,roles\r\n"
        "north,Team North,emea,ada;alan,[]\r\n",
    ),
    refusals=Refusals(
        written=(refusals.REFERENCE_NOT_FOUND, refusals.MEMBER_NAMED_TWICE),
        deleted=(refusals.IN_USE,),
    ),
    new=NewTeam,
    as_thing=NewTeam.as_team,
    patch=TeamPatch,
    applied=TeamPatch.applied_to,
    answer=Team,
)
_BUSINESS_UNITS: Final = resource_of(
    flows.BUSINESS_UNITS,
    words=words_of(
        "business unit",
        "business units",
        create="Create business units; in an array they may name one another as "
        "parents.",
        change="Change the fields that are given.",
        delete=Told(
            "Delete a business unit that nothing needs",
            "Delete a business unit that holds nobody.",
        ),
        table="id,name,parent_id\r\ndach,DACH,emea\r\n",
    ),
    refusals=Refusals(
        written=(refusals.REFERENCE_NOT_FOUND, refusals.BUSINESS_UNIT_CYCLE),
        deleted=(refusals.IN_USE,),
    ),
    new=NewBusinessUnit,
    as_thing=NewBusinessUnit.as_business_unit,
    patch=BusinessUnitPatch,
    applied=BusinessUnitPatch.applied_to,
    answer=BusinessUnit,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class FiscalCalendarAnswer:
    """When fiscal years begin, how they are divided, and what they are called."""

    start: str
    template: Template
    year_named_by: YearNamedBy


@dataclass(frozen=True, slots=True, kw_only=True)
class OrganizationAnswer:
    """What holds for everybody."""

    version: int
    time_zone: str
    base_currency: str
    fiscal_calendar: FiscalCalendarAnswer
    week_start: WeekDay
    goal_rollup_expiry_days: int
    goal_rollup_frequency_hours: int
    hierarchy_security: HierarchySecurity
    reading: ReadBy


class _Shown:
    """Shows the organisation's calendar as people write it."""

    def at_once(self, things: Sequence[Organization]) -> Sequence[OrganizationAnswer]:
        return [_organization_answer(one) for one in things]

    async def with_numbers(
        self, _reading: Reading, things: Sequence[Organization]
    ) -> Sequence[OrganizationAnswer]:
        return self.at_once(things)


def _organization_answer(organization: Organization) -> OrganizationAnswer:
    calendar = organization.fiscal_calendar
    return OrganizationAnswer(
        version=organization.version,
        time_zone=organization.time_zone,
        base_currency=organization.base_currency,
        fiscal_calendar=FiscalCalendarAnswer(
            start=calendar.start,
            template=calendar.template,
            year_named_by=calendar.year_named_by,
        ),
        week_start=organization.week_start,
        goal_rollup_expiry_days=organization.goal_rollup_expiry_days,
        goal_rollup_frequency_hours=organization.goal_rollup_frequency_hours,
        hierarchy_security=organization.hierarchy_security,
        reading=organization.reading,
    )


router = APIRouter(tags=["directory"], route_class=ExactRoute)
add_routes(router, _USERS)
add_routes(router, _TEAMS)
add_routes(router, _BUSINESS_UNITS)


@router.get(
    "/v1/organization",
    summary="Read what holds for everybody",
    response_model=OrganizationAnswer,
    responses=errors_of(),
)
async def read_organization(service: CurrentService, caller: CurrentCaller) -> Response:
    """Return the organisation's settings, and in ETag the version for If-Match."""
    async with service.database.reading(caller=caller) as reading:
        organization = await reading.organization()
    return thing_response(_organization_answer(organization), organization.version)


@router.patch(
    "/v1/organization",
    summary="Change what holds for everybody",
    response_model=OrganizationAnswer,
    responses=errors_of(CHANGE_REFUSALS, [refusals.TIME_ZONE_UNKNOWN], writes=True),
)
async def change_organization(
    service: CurrentService,
    request: Request,
    body: OrganizationPatch,
    if_match: IfMatch = None,
) -> Response:
    """Change the fields that are given; no goal moves by it.

    A goal with a fiscal period follows another calendar when its root is aligned.
    """
    expected = expected_of(if_match)
    return await writing.change(
        service,
        request,
        write=lambda changes: flows.change_organization(
            changes, body.applied_to, expected
        ),
        view=_Shown(),
    )
