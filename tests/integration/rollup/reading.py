"""Roles and people for tests of rights, and what goals should count by them."""

import json
from itertools import count
from typing import Any

import asyncpg

from cli.verify import judging as verifying
from cli.verify.reading import read_rows
from shared.messages.definitions import (
    BusinessUnitDefinition,
    OrganizationDefinition,
    RoleDefinition,
    TeamDefinition,
    UserDefinition,
)
from tests.integration.rollup import making
from tests.integration.rollup.asking import judge_contributions
from tests.integration.rollup.copies import Copy
from tests.integration.rollup.judging import judge
from tests.rights import naive
from tests.rights.directories import Entries

_versions = count(2)
_KINDS: dict[str, Any] = {
    "user": UserDefinition,
    "team": TeamDefinition,
    "business_unit": BusinessUnitDefinition,
    "role": RoleDefinition,
    "organization": OrganizationDefinition,
}


def definition(kind: str, name: str, /, **says: Any) -> Any:
    """Return an entry of the directory as it is announced."""
    return _KINDS[kind].model_validate(
        {"id": name, "version": next(_versions), "name": name, **says}
    )


def reader(name: str, depth: str, **says: Any) -> Any:
    """Return a role that reads opportunities so far."""
    privileges = {"opportunity": {"read": depth}}
    return definition("role", name, privileges=privileges, **says)


def user(name: str, *roles: str, **says: Any) -> Any:
    """Return a user with these roles."""
    return definition("user", name, roles=roles, **says)


def by_roles(**says: Any) -> Any:
    """Return the organisation, in which roles are used."""
    return definition(
        "organization",
        "organization",
        time_zone="UTC",
        base_currency="EUR",
        reading="roles",
        **says,
    )


def goal(name: str, number: int, manager: str = "M", **says: Any) -> Any:
    """Return a goal of anybody's records, with this manager."""
    return making.goal(
        name, number, manager_id=manager, version=next(_versions), **says
    )


def won(
    name: str, amount: str, owner: str | None, *shared_with: str, **says: Any
) -> bytes:
    """Return a won opportunity of an owner, as a key, shared with these."""
    return json.dumps(
        json.loads(making.won(name, amount))
        | {
            "version": next(_versions),
            "owner": None if owner is None else _principal(owner),
            "shared_with": [_principal(one) for one in shared_with],
            **says,
        }
    ).encode()


def _principal(key: str) -> dict[str, str]:
    kind, _, name = key.partition("/")
    return {"type": kind, "id": name}


async def shown(copy: Copy, database: str) -> dict[str, int]:
    """Settle and judge; return what each goal shows, in whole units."""
    await copy.settle()
    await copy.scheduling.look()
    await copy.settle()
    await judge(database)
    await judge_contributions(database)
    # What shares no code with the engine says the same.
    assert not verifying.judge(await read_rows(database)).differences
    rows = await copy.pool.fetch("SELECT id, shown_actual FROM rollup_published.goal")
    return {row["id"]: int(row["shown_actual"]) // 10_000 for row in rows}


async def by_the_rule(database: str, entries: Entries) -> dict[str, int]:
    """Return what goals count of their own, by walking through the whole directory."""
    connection = await asyncpg.connect(database)
    try:
        records = await connection.fetch(
            "SELECT owner, shared_with, attributes ->> 'amount' AS amount"
            " FROM rollup_published.record WHERE NOT deleted"
        )
        goals = await connection.fetch(
            "SELECT id, definition FROM rollup.goal WHERE NOT gone"
        )
    finally:
        await connection.close()
    return {
        row["id"]: sum(
            int(float(record["amount"]))
            for record in records
            if _counts(entries, json.loads(row["definition"]), record)
        )
        for row in goals
    }


def _counts(entries: Entries, one: dict[str, Any], record: asyncpg.Record) -> bool:
    owner, manager = one["owner"], one["manager_id"]
    owners = [f"{owner['type']}/{owner['id']}"]
    if one["include_team_members"] and owner["type"] == "team":
        team = entries["team"].get(owner["id"], {"members": []})
        owners += [f"user/{member}" for member in team["members"]]
    if one["owner_records_only"] and record["owner"] not in owners:
        return False
    shares = record["shared_with"] or ()
    return naive.may(
        entries, manager, "opportunity", record["owner"], shares
    ) and not any(
        naive.hidden(entries, manager, "opportunity", attribute)
        for attribute in ("amount", "closed")
    )
