"""Doors: where goals stand, and where a record knocks to meet them.

A goal counts what its manager may read. So it does not stand where all records pass,
but under the owners, units and shares by which the manager reads; a record knocks at
its owner's door, at those of the owner's units, and once for each it is shared with.
Managers who cannot see a record are never met, however many there are.
"""

from collections.abc import Sequence
from functools import lru_cache
from typing import Final

from shared.domain.records import Record
from shared.rights.access import Access
from shared.rights.people import People

# Everybody's records pass here. The others are an owner's key (`user/R0`), a unit
# (`unit/emea`), a unit with all that lie below it (`below/emea`), with whom a record is
# shared (`shared/user/R0`), or an owner and with whom that one's records are shared.
Door = str | tuple[str, str]
ANYBODY: Final[Door] = ""

_REMEMBERED_MAX: Final = 1_024


def doors_of(
    owners: Sequence[str] | None, access: Access, people: People
) -> tuple[Door, ...]:
    """Return where a goal stands that counts these owners' records; None: anybody's."""
    if owners is None:
        return (ANYBODY,) if access.everything else _doors_of_reader(access)
    found: list[Door] = []
    for owner in owners:
        # Whatever this one's records are shared as, they are read or they are not.
        if access.allows(owner, (), people.unit_of_owner):
            found.append(owner)
        else:
            found.extend(_doors_of_shares(owner, access))
    return tuple(dict.fromkeys(found))


# One value for all goals of a manager: who has many reports has many doors.
@lru_cache(maxsize=_REMEMBERED_MAX)
def _doors_of_shares(owner: str, access: Access) -> tuple[Door, ...]:
    return tuple((owner, one) for one in sorted(access.shared_with))


@lru_cache(maxsize=_REMEMBERED_MAX)
def _doors_of_reader(access: Access) -> tuple[Door, ...]:
    found: list[Door] = sorted(access.owners)
    if access.top_unit is not None:
        # Though nothing lies below it yet: a unit's first child is no other door.
        found.append(f"{'below' if access.is_all_below else 'unit'}/{access.top_unit}")
    found.extend(f"shared/{one}" for one in sorted(access.shared_with))
    return tuple(found)


def knocks_of(record: Record, people: People) -> list[Door]:
    """Return the doors at which a record knocks, each once."""
    owner = record.owner
    if owner is None:
        return [ANYBODY]
    found: list[Door] = [ANYBODY, owner, *unit_doors(owner, people)]
    for one in dict.fromkeys(record.shared_with):
        found += (f"shared/{one}", (owner, one))
    return found


def unit_doors(owner: str, people: People) -> tuple[Door, ...]:
    """Return the doors of an owner's unit, and of those that it lies in."""
    unit = people.unit_of_owner.get(owner)
    if unit is None:
        return ()
    return f"unit/{unit}", *(f"below/{one}" for one in people.units_up_from(unit))
