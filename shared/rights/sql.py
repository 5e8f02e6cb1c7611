"""What an access reaches, said in SQL: a predicate over a row of records.

It runs nothing, and says what `Access.allows` says. Whose records these
are travels as arguments.
"""

from collections.abc import Mapping
from typing import Final

from shared.queries.arguments import Arguments
from shared.rights.access import Access

# An index finds the records of so many owners. Each of more would be compared with
# each record, unless they are made into a table first.
_COMPARED_MAX: Final = 50


def allowed(
    access: Access,
    unit_of_owner: Mapping[str, str],
    *,
    record: str = "record",
    arguments: Arguments,
) -> str:
    """Return the predicate that an access reaches a row; it is never null.

    `record` names the row: a name of ours.
    """
    if access.everything:
        return "true"
    reached = [
        *_owned(owners_reached(access, unit_of_owner), record, arguments),
        *_shared(access, record, arguments),
    ]
    return f"({' OR '.join(reached)})" if reached else "false"


def withheld(
    access: Access,
    unit_of_owner: Mapping[str, str],
    *,
    record: str = "record",
    arguments: Arguments,
) -> str:
    """Return the opposite: the predicate that an access does not reach a row."""
    return f"(NOT {allowed(access, unit_of_owner, record=record, arguments=arguments)})"


def owners_reached(access: Access, unit_of_owner: Mapping[str, str]) -> list[str]:
    """Return the keys of all whose records are reached, shared or not."""
    of_units = (
        [owner for owner, unit in unit_of_owner.items() if unit in access.units]
        if access.units
        else ()
    )
    return sorted({*access.owners, *of_units})


def _owned(owners: list[str], record: str, arguments: Arguments) -> list[str]:
    if not owners:
        return []
    listed = arguments.add(owners, "text[]")
    among = f"= ANY ({listed})"
    if len(owners) > _COMPARED_MAX:
        among = f"IN (SELECT reached.owner FROM unnest({listed}) AS reached (owner))"
    # As the index has it; what is nobody's is thereby neither true nor null.
    return [f"({record}.owner IS NOT NULL AND {record}.owner {among})"]


def _shared(access: Access, record: str, arguments: Arguments) -> list[str]:
    if not access.shared_with:
        return []
    listed = arguments.add(sorted(access.shared_with), "text[]")
    # What is nobody's is read by those who read everything, whoever it is shared with.
    is_owned = f"{record}.shared_with IS NOT NULL AND {record}.owner IS NOT NULL"
    return [f"({is_owned} AND {record}.shared_with && {listed})"]
