"""Routes of users, teams, business units and the organisation."""

import msgspec
from fastapi import APIRouter, Request, Response

from services.goals.domain import errors as refusals
from services.goals.domain.directory import BusinessUnit, Organization, Team, User
from services.goals.domain.versions import not_found
from services.goals.flows import directory as flows
from services.goals.http import writing
from services.goals.http.answers import ListAnswer, ManyAnswer
from services.goals.http.bodies import (
    BusinessUnitPatch,
    NewBusinessUnit,
    NewTeam,
    NewUser,
    OneOrMany,
    OrganizationPatch,
    TeamPatch,
    UserPatch,
)
from services.goals.http.context import CurrentService
from services.goals.http.documenting import (
    CHANGE_REFUSALS,
    CREATE_REFUSALS,
    DELETE_REFUSALS,
    JSON,
    errors_of,
)
from services.goals.http.listing import Page, list_response
from services.goals.http.reading import (
    ExactRoute,
    IfMatch,
    PathId,
    etag_of,
    expected_of,
)
from services.goals.http.writing import AsStored, IdempotencyKey

_REFERENCES = (refusals.REFERENCE_NOT_FOUND,)
_USER = (*_REFERENCES, refusals.USER_MANAGER_CYCLE, refusals.TIME_ZONE_UNKNOWN)
_TEAM = (*_REFERENCES, refusals.MEMBER_NAMED_TWICE)
_UNIT = (*_REFERENCES, refusals.BUSINESS_UNIT_CYCLE)

router = APIRouter(tags=["directory"], route_class=ExactRoute)


@router.post(
    "/v1/users",
    summary="Create a user, or up to 10,000 at once",
    status_code=201,
    response_model=User | ManyAnswer[User],
    responses=errors_of(CREATE_REFUSALS, _USER, writes=True),
)
async def create_users(
    service: CurrentService,
    request: Request,
    body: OneOrMany[NewUser],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Create users; in an array they may name one another as managers."""
    items = body if isinstance(body, list) else [body]
    users = [one.as_user() for one in items]
    return await writing.create(
        service,
        request,
        many=isinstance(body, list),
        key=idempotency_key,
        write=lambda changes: flows.create_users(changes, users),
        view=AsStored(),
    )


@router.get(
    "/v1/users",
    summary="List users",
    response_model=ListAnswer[User],
    responses=errors_of([refusals.INVALID_PARAMETER]),
)
async def list_users(service: CurrentService, page: Page) -> Response:
    """List users in the order of their ids."""
    async with service.database.reading() as reading:
        found = await reading.users_after(page.after_id, page.limit + 1)
    return list_response(found, page.limit, lambda user: user.id)


@router.get(
    "/v1/users/{user_id}",
    summary="Read a user",
    response_model=User,
    responses=errors_of([refusals.NOT_FOUND]),
)
async def read_user(service: CurrentService, user_id: PathId) -> Response:
    """Return a user, and in ETag the version for If-Match."""
    async with service.database.reading() as reading:
        user = (await reading.users([user_id])).get(user_id)
    if user is None:
        raise not_found(f"user {user_id}")
    return _one(user)


@router.patch(
    "/v1/users/{user_id}",
    summary="Change a user",
    response_model=User,
    responses=errors_of(CHANGE_REFUSALS, _USER, writes=True),
)
async def change_user(
    service: CurrentService,
    request: Request,
    user_id: PathId,
    body: UserPatch,
    if_match: IfMatch = None,
) -> Response:
    """Change the fields that are given."""
    expected = expected_of(if_match)
    return await writing.change(
        service,
        request,
        write=lambda changes: flows.change_user(
            changes, user_id, body.applied_to, expected
        ),
        view=AsStored(),
    )


@router.delete(
    "/v1/users/{user_id}",
    summary="Delete a user whom nothing needs",
    status_code=204,
    responses=errors_of(DELETE_REFUSALS, [refusals.IN_USE], writes=True),
)
async def delete_user(
    service: CurrentService, request: Request, user_id: PathId, if_match: IfMatch = None
) -> Response:
    """Delete a user who neither owns nor manages anything."""
    expected = expected_of(if_match)
    return await writing.delete(
        service,
        request,
        write=lambda changes: flows.delete_user(changes, user_id, expected),
    )


@router.post(
    "/v1/teams",
    summary="Create a team, or up to 10,000 at once",
    status_code=201,
    response_model=Team | ManyAnswer[Team],
    responses=errors_of(CREATE_REFUSALS, _TEAM, writes=True),
)
async def create_teams(
    service: CurrentService,
    request: Request,
    body: OneOrMany[NewTeam],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Create teams of users who exist."""
    items = body if isinstance(body, list) else [body]
    teams = [one.as_team() for one in items]
    return await writing.create(
        service,
        request,
        many=isinstance(body, list),
        key=idempotency_key,
        write=lambda changes: flows.create_teams(changes, teams),
        view=AsStored(),
    )


@router.get(
    "/v1/teams",
    summary="List teams",
    response_model=ListAnswer[Team],
    responses=errors_of([refusals.INVALID_PARAMETER]),
)
async def list_teams(service: CurrentService, page: Page) -> Response:
    """List teams in the order of their ids."""
    async with service.database.reading() as reading:
        found = await reading.teams_after(page.after_id, page.limit + 1)
    return list_response(found, page.limit, lambda team: team.id)


@router.get(
    "/v1/teams/{team_id}",
    summary="Read a team",
    response_model=Team,
    responses=errors_of([refusals.NOT_FOUND]),
)
async def read_team(service: CurrentService, team_id: PathId) -> Response:
    """Return a team, and in ETag the version for If-Match."""
    async with service.database.reading() as reading:
        team = (await reading.teams([team_id])).get(team_id)
    if team is None:
        raise not_found(f"team {team_id}")
    return _one(team)


@router.patch(
    "/v1/teams/{team_id}",
    summary="Change a team",
    response_model=Team,
    responses=errors_of(CHANGE_REFUSALS, _TEAM, writes=True),
)
async def change_team(
    service: CurrentService,
    request: Request,
    team_id: PathId,
    body: TeamPatch,
    if_match: IfMatch = None,
) -> Response:
    """Change the fields that are given; members are given all together."""
    expected = expected_of(if_match)
    return await writing.change(
        service,
        request,
        write=lambda changes: flows.change_team(
            changes, team_id, body.applied_to, expected
        ),
        view=AsStored(),
    )


@router.delete(
    "/v1/teams/{team_id}",
    summary="Delete a team that nothing needs",
    status_code=204,
    responses=errors_of(DELETE_REFUSALS, [refusals.IN_USE], writes=True),
)
async def delete_team(
    service: CurrentService, request: Request, team_id: PathId, if_match: IfMatch = None
) -> Response:
    """Delete a team that owns nothing."""
    expected = expected_of(if_match)
    return await writing.delete(
        service,
        request,
        write=lambda changes: flows.delete_team(changes, team_id, expected),
    )


@router.post(
    "/v1/business-units",
    summary="Create a business unit, or up to 10,000 at once",
    status_code=201,
    response_model=BusinessUnit | ManyAnswer[BusinessUnit],
    responses=errors_of(CREATE_REFUSALS, _UNIT, writes=True),
)
async def create_business_units(
    service: CurrentService,
    request: Request,
    body: OneOrMany[NewBusinessUnit],
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Create business units; in an array they may name one another as parents."""
    items = body if isinstance(body, list) else [body]
    units = [one.as_business_unit() for one in items]
    return await writing.create(
        service,
        request,
        many=isinstance(body, list),
        key=idempotency_key,
        write=lambda changes: flows.create_business_units(changes, units),
        view=AsStored(),
    )


@router.get(
    "/v1/business-units",
    summary="List business units",
    response_model=ListAnswer[BusinessUnit],
    responses=errors_of([refusals.INVALID_PARAMETER]),
)
async def list_business_units(service: CurrentService, page: Page) -> Response:
    """List business units in the order of their ids."""
    async with service.database.reading() as reading:
        found = await reading.business_units_after(page.after_id, page.limit + 1)
    return list_response(found, page.limit, lambda unit: unit.id)


@router.get(
    "/v1/business-units/{unit_id}",
    summary="Read a business unit",
    response_model=BusinessUnit,
    responses=errors_of([refusals.NOT_FOUND]),
)
async def read_business_unit(service: CurrentService, unit_id: PathId) -> Response:
    """Return a business unit, and in ETag the version for If-Match."""
    async with service.database.reading() as reading:
        unit = (await reading.business_units([unit_id])).get(unit_id)
    if unit is None:
        raise not_found(f"business unit {unit_id}")
    return _one(unit)


@router.patch(
    "/v1/business-units/{unit_id}",
    summary="Change a business unit",
    response_model=BusinessUnit,
    responses=errors_of(CHANGE_REFUSALS, _UNIT, writes=True),
)
async def change_business_unit(
    service: CurrentService,
    request: Request,
    unit_id: PathId,
    body: BusinessUnitPatch,
    if_match: IfMatch = None,
) -> Response:
    """Change the fields that are given."""
    expected = expected_of(if_match)
    return await writing.change(
        service,
        request,
        write=lambda changes: flows.change_business_unit(
            changes, unit_id, body.applied_to, expected
        ),
        view=AsStored(),
    )


@router.delete(
    "/v1/business-units/{unit_id}",
    summary="Delete a business unit that nothing needs",
    status_code=204,
    responses=errors_of(DELETE_REFUSALS, [refusals.IN_USE], writes=True),
)
async def delete_business_unit(
    service: CurrentService, request: Request, unit_id: PathId, if_match: IfMatch = None
) -> Response:
    """Delete a business unit that holds nobody."""
    expected = expected_of(if_match)
    return await writing.delete(
        service,
        request,
        write=lambda changes: flows.delete_business_unit(changes, unit_id, expected),
    )


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
    return _one(organization)


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


def _one(thing: User | Team | BusinessUnit | Organization) -> Response:
    return Response(
        msgspec.json.encode(thing),
        media_type=JSON,
        headers={"ETag": etag_of(thing.version)},
    )
