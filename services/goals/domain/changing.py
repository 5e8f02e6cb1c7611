"""Changes that name only what becomes different."""

from enum import Enum, auto
from typing import Final, TypeVar

Given = TypeVar("Given")


class Unchanged(Enum):
    """The mark of a field that a change leaves as it is; None may be a value."""

    UNCHANGED = auto()


UNCHANGED: Final = Unchanged.UNCHANGED


def changed(given: Given | Unchanged, otherwise: Given) -> Given:
    """Return what was given, or else what was there."""
    return otherwise if isinstance(given, Unchanged) else given
