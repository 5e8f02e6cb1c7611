"""Writing dashboards: find, check whose they are, store. Nobody else is told."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from services.goals.domain.dashboards import (
    Dashboard,
    check_read,
    check_shares,
    check_written,
)
from services.goals.domain.versions import Expected, check_version, not_found
from services.goals.flows.defining import check_new_ids, item
from services.goals.store.database import Changes, Reading


async def readable(reading: Reading, dashboard_id: str) -> Dashboard:
    """Return a dashboard, or refuse whoever does not see it: to him there is none."""
    dashboard = await _found(reading, dashboard_id)
    check_read(await reading.rights(), dashboard)
    return dashboard


async def create(
    changes: Changes, dashboards: Sequence[Dashboard]
) -> Sequence[Dashboard]:
    """Create dashboards of whoever asks; those of systems are the organisation's."""
    owned = [replace(one, owner_id=changes.caller.user_id) for one in dashboards]
    ids = [one.id for one in owned]
    check_new_ids("dashboard", ids, await changes.dashboards.existing(ids))
    await _check_shares(changes, owned)
    return await changes.dashboards.insert(owned)


async def change(
    changes: Changes,
    dashboard_id: str,
    alter: Callable[[Dashboard], Dashboard],
    expected: Expected,
) -> Dashboard:
    """Change a dashboard; if it stays what it is, nothing is written."""
    before = await _writable(changes, dashboard_id, expected)
    after = alter(before)
    if after == before:
        return before
    await _check_shares(changes, [after])
    [stored] = await changes.dashboards.update([after])
    return stored


async def delete(changes: Changes, dashboard_id: str, expected: Expected) -> None:
    """Delete a dashboard."""
    await _writable(changes, dashboard_id, expected)
    await changes.dashboards.delete(dashboard_id)


async def _found(reading: Reading, dashboard_id: str) -> Dashboard:
    dashboard = await reading.dashboards.get(dashboard_id)
    if dashboard is None:
        raise not_found(f"dashboard {dashboard_id}")
    return dashboard


async def _writable(
    changes: Changes, dashboard_id: str, expected: Expected
) -> Dashboard:
    dashboard = await _found(changes, dashboard_id)
    check_written(await changes.rights(), dashboard)
    check_version(f"dashboard {dashboard_id}", dashboard.version, expected)
    return dashboard


async def _check_shares(changes: Changes, dashboards: Sequence[Dashboard]) -> None:
    keys = {key for one in dashboards for key in one.shared_with}
    users = await changes.users.existing(_ids(keys, "user"))
    teams = await changes.teams.existing(_ids(keys, "team"))
    existing = {f"user/{one}" for one in users} | {f"team/{one}" for one in teams}
    for index, dashboard in enumerate(dashboards):
        with item(index):
            check_shares(dashboard, existing)


def _ids(keys: set[str], kind: str) -> list[str]:
    return [key.partition("/")[2] for key in keys if key.startswith(f"{kind}/")]
