"""Roles as people define them, and when the first of them begins to matter."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from services.goals.domain.directory import NEW, Organization
from shared.rights.roles import Action, Depth, Reading, Right


@dataclass(frozen=True, slots=True, kw_only=True)
class DefinedRole:
    """What those who have it may do."""

    id: str
    version: int = NEW
    name: str
    # By entity, by action. What is not named is not allowed.
    privileges: Mapping[str, Mapping[Action, Depth]]
    rights: tuple[Right, ...] = ()
    # By entity: the secured attributes that it shows.
    secured_attributes: Mapping[str, tuple[str, ...]]


def read_by_roles(organization: Organization) -> Organization:
    """Return the organisation once it has a role: from then on, roles decide."""
    return replace(organization, reading=Reading.ROLES)
