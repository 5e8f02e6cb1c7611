"""What a goal's manager may read, and why a record is or is not among it, in words."""

from collections.abc import Iterable, Mapping

from shared.domain.records import Record
from shared.queries.eyes import Manager
from shared.rights.access import Access

# So many of whose records they are, and with whom one is shared, are named.
_NAMED_MAX = 6


def reads(manager: Manager, access: Access, entity: str) -> str:
    """Return which records of an entity somebody reads, as what a sentence is about."""
    if access.everything:
        return "every record"
    if access.is_nothing:
        return f"no {entity}"
    parts = [f"records of {_listed(map(called, _in_order(manager, access.owners)))}"]
    if access.top_unit is not None:
        below = " and below" if len(access.units) > 1 else ""
        parts.append(f"unit {access.top_unit}{below}")
    return ", ".join(parts) + ", and what is shared with them"


def standing(record: Record, unit_of_owner: Mapping[str, str]) -> str:
    """Return what decides who reads a record: its owner, his unit, and its shares."""
    owner = record.owner
    if owner is None:
        parts = ["no owner"]
    else:
        unit = unit_of_owner.get(owner)
        parts = [f"owner {owner}", "no unit" if unit is None else f"unit {unit}"]
    if record.shared_with:
        parts.append(f"shared with {_listed(sorted(record.shared_with))}")
    return ", ".join(parts)


def outcome(
    manager: Manager, access: Access, record: Record, unit_of_owner: Mapping[str, str]
) -> str:
    """Return whether somebody may read a record, and by what, as a part of a sentence.

    Nothing where that goes without saying.
    """
    if access.everything:
        return ""
    if record.owner is None and not access.is_nothing:
        return (
            f"the goal's manager {manager.id} may not read it, for nobody owns it, and "
            "that is read by those who read every record"
        )
    if not access.allows_record(record, unit_of_owner):
        read = reads(manager, access, record.entity)
        only = "and reads" if access.is_nothing else "who reads only"
        return f"the goal's manager {manager.id} may not read it, {only} {read}"
    return f"{manager.id} may read it, for it {_why(access, record, unit_of_owner)}"


def _why(access: Access, record: Record, unit_of_owner: Mapping[str, str]) -> str:
    owner = record.owner or ""
    if owner in access.owners:
        return f"belongs to {called(owner)}"
    if unit_of_owner.get(owner) in access.units:
        return f"belongs to unit {unit_of_owner[owner]}"
    shares = access.shared_with.intersection(record.shared_with)
    return f"is shared with {_listed(map(called, sorted(shares)))}"


def called(key: str) -> str:
    """Return how a sentence calls a user or a team."""
    return key.replace("/", " ", 1)


def _in_order(manager: Manager, owners: frozenset[str]) -> list[str]:
    """Return the manager first, then teams, then those who report."""
    own = f"user/{manager.id}"
    teams = {f"team/{name}" for name in manager.teams}
    return sorted(owners, key=lambda one: (one != own, one not in teams, one))


def _listed(names: Iterable[str]) -> str:
    every = list(names)
    named, more = every[:_NAMED_MAX], len(every) - _NAMED_MAX
    return ", ".join(named) + (f" and {more} more" if more > 0 else "")
