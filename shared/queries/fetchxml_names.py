"""What FetchXML calls things, and the one error of reading and writing it."""

from collections.abc import Mapping
from typing import Final

from shared.domain.goals import PrincipalType
from shared.queries.conditions import (
    ID,
    OWNER,
    OWNER_BUSINESS_UNIT,
    STATE,
    STATUS,
)
from shared.queries.operators import Operator

SIZE_MAX: Final = 256 * 1024

_BESIDES: Final[Mapping[str, str]] = {
    "statecode": STATE,
    "statuscode": STATUS,
    "ownerid": OWNER,
    "owningbusinessunit": OWNER_BUSINESS_UNIT,
}
_NAMES: Final = {name: called for called, name in _BESIDES.items()}

# Kinds of activities share the name of their key.
_ACTIVITIES: Final = frozenset(
    {
        "activitypointer",
        "appointment",
        "campaignactivity",
        "campaignresponse",
        "email",
        "fax",
        "letter",
        "phonecall",
        "recurringappointmentmaster",
        "serviceappointment",
        "socialactivity",
        "task",
    }
)

# Dataverse keeps users in a table of this name.
USER_TABLE: Final = "systemuser"
OWNER_TABLES: Final[Mapping[str, PrincipalType]] = {
    USER_TABLE: PrincipalType.USER,
    "team": PrincipalType.TEAM,
}

# An attribute compared with another is written with `valueof`.
BESIDE: Final[Mapping[Operator, Operator]] = {
    Operator.EQ: Operator.EQ_ATTRIBUTE,
    Operator.NE: Operator.NE_ATTRIBUTE,
    Operator.GT: Operator.GT_ATTRIBUTE,
    Operator.GE: Operator.GE_ATTRIBUTE,
    Operator.LT: Operator.LT_ATTRIBUTE,
    Operator.LE: Operator.LE_ATTRIBUTE,
}


class FetchXmlError(Exception):
    """FetchXML that is not taken, or a query that it cannot say.

    `place` tells where: `line 3, column 7` of what was sent, or `where.all[1]` of a
    query that was to be written.
    """

    def __init__(self, place: str, detail: str) -> None:
        super().__init__(f"{place}: {detail}")
        self.place = place
        self.detail = detail


def key_of(entity: str) -> str:
    """Return what the id of an entity's records is called."""
    return "activityid" if entity in _ACTIVITIES else f"{entity}id"


def attribute_of(entity: str, called: str) -> str:
    """Return the attribute that FetchXML calls so."""
    return ID if called == key_of(entity) else _BESIDES.get(called, called)


def called_in(entity: str, attribute: str) -> str | None:
    """Return what FetchXML calls an attribute, or None if it cannot name it."""
    if attribute == ID:
        return key_of(entity)
    called = _NAMES.get(attribute, attribute)
    return called if attribute_of(entity, called) == attribute else None
