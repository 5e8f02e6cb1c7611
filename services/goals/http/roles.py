"""Routes of roles."""

from typing import Final

from fastapi import APIRouter

from services.goals.domain import errors as refusals
from services.goals.domain.roles import DefinedRole
from services.goals.flows.roles import ROLES
from services.goals.http.reading import ExactRoute
from services.goals.http.resources import (
    Refusals,
    Told,
    add_routes,
    resource_of,
    words_of,
)
from services.goals.http.role_bodies import NewRole, RolePatch

_ROLES: Final = resource_of(
    ROLES,
    words=words_of(
        "role",
        "roles",
        create="Create roles. With the first one, `reading` of the organization "
        "becomes `roles`: from then on everybody reads what roles allow, and no more.",
        change="Change the fields that are given; privileges, rights and secured "
        "attributes are given all together.",
        delete=Told(
            "Delete a role that nobody has",
            "Delete a role that no user and no team has. Deleting the last one does "
            "not open what roles have closed.",
        ),
        table="id,name,privileges,rights,secured_attributes\r\n"
        'seller,Seller,"{""opportunity"":{""read"":""user""}}",[],{}\r\n',
    ),
    refusals=Refusals(deleted=(refusals.IN_USE,)),
    new=NewRole,
    as_thing=NewRole.as_role,
    patch=RolePatch,
    applied=RolePatch.applied_to,
    answer=DefinedRole,
)

router = APIRouter(tags=["directory"], route_class=ExactRoute)
add_routes(router, _ROLES)
