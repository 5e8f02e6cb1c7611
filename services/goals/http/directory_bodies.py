"""What clients send of users, teams, business units and the organisation."""

from dataclasses import replace
from typing import Annotated, Any, Final

from pydantic import AfterValidator, ConfigDict, Field, StrictBool

from services.goals.domain.directory import BusinessUnit, Organization, Team, User
from services.goals.http.fields import Body, Id, LeftOut, Name, TimeZone, given
from shared.plumbing.identifiers import new_id

MEMBERS_MAX: Final = 1_000

_CURRENCY = "^[A-Z]{3}$"


def _in_order(members: tuple[str, ...]) -> tuple[str, ...]:
    """Return members as they are stored: the same ones in any order are equal."""
    return tuple(sorted(members))


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

    def as_team(self) -> Team:
        """Return what is asked for."""
        return Team(**_with_id(self))


class TeamPatch(Body):
    """What is to become of a team; members are given all together."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"members": ["ada", "grace"]}]}
    )

    name: Name = LeftOut
    business_unit_id: Id | None = LeftOut
    members: Members = LeftOut

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


class OrganizationPatch(Body):
    """What is to hold for everybody; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"time_zone": "Europe/Berlin"}]}
    )

    time_zone: TimeZone = LeftOut
    base_currency: Annotated[
        str, Field(strict=True, pattern=_CURRENCY, examples=["EUR"])
    ] = LeftOut

    def applied_to(self, organization: Organization) -> Organization:
        """Return what the organisation becomes."""
        return replace(organization, **given(self))


def _with_id(new: NewUser | NewTeam | NewBusinessUnit) -> dict[str, Any]:
    """Return all fields, with an id of ours where none was chosen."""
    return {**dict(new), "id": new.id or new_id()}
