"""Routes of users, teams, business units and the organisation."""

from typing import Final

from fastapi import APIRouter, Request, Response

from services.goals.domain import errors as refusals
from services.goals.domain.directory import BusinessUnit, Organization, Team, User
from services.goals.flows import directory as flows
from services.goals.http import writing
from services.goals.http.context import CurrentService
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
from services.goals.http.writing import AsStored, thing_response

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
        change="Change the fields that are given; members are given all together.",
        delete=Told(
            "Delete a team that nothing needs", "Delete a team that owns nothing."
        ),
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

router = APIRouter(tags=["directory"], route_class=ExactRoute)
add_routes(router, _USERS)
add_routes(router, _TEAMS)
add_routes(router, _BUSINESS_UNITS)


@router.get(
    "/v1/organization",
    summary="Read what holds for everybody",
    response_model=Organization,
    responses=errors_of(),
)
async def read_organization(service: CurrentService) -> Response:
    """Return the organisation's settings, and in ETag the version for If-Match."""
    async with service.database.reading() as reading:
        organization = await reading.organization()
    return thing_response(organization, organization.version)


@router.patch(
    "/v1/organization",
    summary="Change what holds for everybody",
    response_model=Organization,
    responses=errors_of(CHANGE_REFUSALS, [refusals.TIME_ZONE_UNKNOWN], writes=True),
)
async def change_organization(
    service: CurrentService,
    request: Request,
    body: OrganizationPatch,
    if_match: IfMatch = None,
) -> Response:
    """Change the fields that are given; no goal moves by it."""
    expected = expected_of(if_match)
    return await writing.change(
        service,
        request,
        write=lambda changes: flows.change_organization(
            changes, body.applied_to, expected
        ),
        view=AsStored(),
    )
