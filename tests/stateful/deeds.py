"""What somebody does, in the words of the HTTP API; nothing of the engine's.

The house does it and the oracle judges it, and a failing example is printed as the list
of what was done.
"""

import json
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from typing_extensions import override

Json = dict[str, Any]


class Kind(StrEnum):
    """What can be done; a new kind needs a line in the house and one in the oracle."""

    CREATE_GOALS = "create goals"
    CHANGE_GOAL = "change goal"
    DELETE_GOAL = "delete goal"
    ALIGN_GOAL = "align goal"
    RECALCULATE = "recalculate"
    CREATE_METRIC = "create metric"
    CHANGE_METRIC = "change metric"
    DELETE_METRIC = "delete metric"
    CHANGE_ORGANIZATION = "change organization"
    CHANGE_USER = "change user"
    CHANGE_TEAM = "change team"
    LET_TIME_PASS = "let time pass"
    SEND_RECORDS = "send records"


@dataclass(frozen=True, slots=True)
class Deed:
    """One request, or some messages that arrive together."""

    kind: Kind
    # Whom it is about, where that is one thing.
    name: str = ""
    body: Any = None

    @override
    def __str__(self) -> str:
        """Return the deed as one line of a list."""
        said = "" if self.body is None else f" {json.dumps(self.body)}"
        return f"{self.kind} {self.name}".strip() + said


def is_about_holding(deed: Deed) -> bool:
    """Tell whether by a deed goals may begin or end to hold what they show."""
    if deed.kind in _OF_ALL_GOALS:
        return True
    if deed.kind is Kind.SEND_RECORDS:
        return False
    bodies = deed.body if isinstance(deed.body, list) else [deed.body or {}]
    return any(_HOLDING & body.keys() for body in bodies)


_OF_ALL_GOALS = {
    Kind.RECALCULATE,
    Kind.CHANGE_ORGANIZATION,
    Kind.CHANGE_USER,
    Kind.LET_TIME_PASS,
}
_HOLDING = {"state", "is_override", "is_overridden", "values", "manager_id"}
