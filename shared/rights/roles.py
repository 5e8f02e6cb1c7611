"""Roles: what those who have them may do with the things of an entity, and how far."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache
from typing import Final

# Where a role says nothing of an entity by name, it may say it of every entity.
EVERY_ENTITY: Final = "*"

# As in Dynamics, where nothing else is said.
HIERARCHY_DEPTH: Final = 3


class Action(StrEnum):
    """What one may do with a thing."""

    CREATE = "create"
    READ = "read"
    WRITE = "write"
    DELETE = "delete"
    APPEND = "append"
    APPEND_TO = "append_to"
    ASSIGN = "assign"
    SHARE = "share"


class Depth(StrEnum):
    """With whose things, from nobody's to everybody's; each includes those before."""

    NONE = "none"
    USER = "user"
    BUSINESS_UNIT = "business_unit"
    PARENT_CHILD_BUSINESS_UNITS = "parent_child_business_units"
    ORGANIZATION = "organization"

    def reaches(self, other: "Depth") -> bool:
        """Tell whether it goes as far as another, or further."""
        return _rank(self) >= _rank(other)


class Right(StrEnum):
    """What one may do that is about no single record."""

    ROLL_UP_GOAL = "roll_up_goal"
    MANAGE_METRICS = "manage_metrics"
    MANAGE_DIRECTORY = "manage_directory"
    MANAGE_ORGANIZATION = "manage_organization"


class Reading(StrEnum):
    """What decides who reads what."""

    # No role was ever made: everybody reads everything.
    EVERYONE = "everyone"
    ROLES = "roles"


@dataclass(frozen=True, slots=True, kw_only=True)
class Role:
    """What those who have it may do."""

    # By entity, by action. What is not named is not allowed.
    privileges: Mapping[str, Mapping[Action, Depth]] = field(default_factory=dict)
    rights: frozenset[Right] = frozenset()
    # By entity: secured attributes that it shows. An attribute that any role names here
    # is secured, and is null to all whose roles do not name it.
    secured_attributes: Mapping[str, frozenset[str]] = field(default_factory=dict)

    def depth(self, entity: str, action: Action) -> Depth:
        """Return how far it lets one go with the things of an entity."""
        named = self.privileges.get(entity, self.privileges.get(EVERY_ENTITY, {}))
        return named.get(action, Depth.NONE)


@dataclass(frozen=True, slots=True, kw_only=True)
class HierarchySecurity:
    """Whether managers read what those who report to them read as owners."""

    enabled: bool = False
    # Of so many lines of reporting.
    depth: int = HIERARCHY_DEPTH


@cache
def _rank(depth: Depth) -> int:
    return list(Depth).index(depth)
