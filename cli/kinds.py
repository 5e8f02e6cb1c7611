"""Words that commands are given: what a file holds, and what becomes of it."""

from enum import StrEnum


class Mode(StrEnum):
    """What becomes of the good lines of a file if others are bad."""

    GOOD = "good"
    ALL = "all"


class DirectoryKind(StrEnum):
    """What the directory is made of."""

    USERS = "users"
    TEAMS = "teams"
    BUSINESS_UNITS = "business-units"
    ROLES = "roles"
