"""Merging one business unit into another: all that it holds moves, and it goes."""

from dataclasses import replace

from services.goals.domain.directory import BusinessUnit, check_merge
from services.goals.domain.versions import Expected
from services.goals.flows.defining import announce_all, existing
from services.goals.flows.directory import BUSINESS_UNITS, TEAMS, USERS
from services.goals.store.database import Changes


async def merge_business_unit(
    changes: Changes, unit_id: str, into_id: str, expected: Expected
) -> BusinessUnit:
    """Move users, teams and units of a unit into another; return that one."""
    units = changes.business_units
    await existing(units, BUSINESS_UNITS.word, unit_id, expected)
    into = await units.get(into_id)
    check_merge(unit_id, into_id, await units.above([into_id]))
    if into is None:  # the check has refused it
        raise AssertionError
    await _move_people(changes, unit_id, into_id)
    below = [replace(one, parent_id=into_id) for one in await units.below(unit_id)]
    announce_all(changes, BUSINESS_UNITS, await units.update(below))
    await units.delete(unit_id)
    changes.announce_gone(BUSINESS_UNITS.kind, unit_id)
    return into


async def _move_people(changes: Changes, unit_id: str, into_id: str) -> None:
    users = await changes.users.of_unit(unit_id)
    moved = [replace(one, business_unit_id=into_id) for one in users]
    announce_all(changes, USERS, await changes.users.update(moved))
    teams = await changes.teams.of_unit(unit_id)
    owning = [replace(one, business_unit_id=into_id) for one in teams]
    announce_all(changes, TEAMS, await changes.teams.update(owning))
