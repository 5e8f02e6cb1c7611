"""Rollup queries and the records they are about, for tests."""

import json
from itertools import count
from typing import Any

import asyncpg

from cli.verify import judging as verifying
from cli.verify.reading import read_rows
from services.rollup.domain.definitions import Definitions
from services.rollup.store import definitions as definitions_store
from services.rollup.store.records import READ_COLUMNS, stored_record
from shared.messages.definitions import (
    BusinessUnitDefinition,
    EntityDefinition,
    OrganizationDefinition,
    RollupQueryDefinition,
    TeamDefinition,
    UserDefinition,
)
from shared.queries.seeing import Seeing
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy
from tests.integration.rollup.judging import judge

_versions = count(2)


def query(name: str, where: object, *, entity: str = "opportunity") -> Any:
    """Return a query."""
    return RollupQueryDefinition(
        id=name,
        version=next(_versions),
        name=name,
        entity=entity,
        where=json.dumps(where),
    )


def goal(name: str, number: int, asks: str | None = None, **changes: Any) -> Any:
    """Return a goal of anybody's won opportunities that a query narrows."""
    said = {
        "version": next(_versions),
        "queries": {} if asks is None else {"actual": asks},
        **changes,
    }
    return making.goal(name, number, **said)


def one(attribute: str, operator: str, value: object = None) -> dict[str, Any]:
    """Return one condition."""
    return {"attribute": attribute, "operator": operator, "value": value}


def of_account(where: object) -> dict[str, Any]:
    """Return a condition on the account of an opportunity."""
    return {"link": "customerid", "entity": "account", "where": where}


def deal(name: str, amount: str = "1.00", **changes: Any) -> bytes:
    """Return a won opportunity; what is not known of records is an attribute."""
    known = {"version", "owner", "deleted", "state"}
    attributes = {key: changes.pop(key) for key in list(changes) if key not in known}
    return making.won(
        name,
        amount,
        attributes={"amount": amount, "closed": "2026-06-15", **attributes},
        **changes,
    )


def account(
    name: str, *, version: int = 1, deleted: bool = False, **says: Any
) -> bytes:
    """Return an account on the wire."""
    return json.dumps(
        {
            "entity": "account",
            "id": name,
            "version": version,
            "deleted": deleted,
            "attributes": says,
        }
    ).encode()


def user(name: str, **says: Any) -> UserDefinition:
    """Return a user."""
    return UserDefinition(id=name, version=next(_versions), name=name, **says)


def team(name: str, *members: str, **says: Any) -> TeamDefinition:
    """Return a team."""
    return TeamDefinition(
        id=name, version=next(_versions), name=name, members=members, **says
    )


def unit(name: str, parent: str | None = None) -> BusinessUnitDefinition:
    """Return a business unit."""
    return BusinessUnitDefinition(
        id=name, version=next(_versions), name=name, parent_id=parent
    )


def entity(name: str, **attributes: str) -> EntityDefinition:
    """Return what the records of an entity hold."""
    return EntityDefinition.model_validate(
        {"id": name, "version": next(_versions), "attributes": attributes}
    )


def organization(**says: Any) -> OrganizationDefinition:
    """Return the organisation's settings."""
    return OrganizationDefinition.model_validate(
        {
            "id": "organization",
            "version": next(_versions),
            "time_zone": "UTC",
            "base_currency": "EUR",
            **says,
        }
    )


async def shown(copy: Copy, database: str) -> dict[str, int]:
    """Settle, look at the clock, judge; return what each goal shows, in whole units."""
    await copy.settle()
    await copy.scheduling.look()
    await copy.settle()
    await judge(database)
    await judge_contributions(database)
    # What shares no code with the engine says the same.
    assert not verifying.judge(await read_rows(database)).differences
    rows = await copy.pool.fetch(
        "SELECT id, shown_actual, revision FROM rollup_published.goal ORDER BY id"
    )
    last: dict[str, Any] = copy.world.outgoing.last()
    for row in rows:
        assert last[row["id"]]["revision"] == row["revision"]
    return {row["id"]: int(row["shown_actual"]) // 10_000 for row in rows}


async def judge_contributions(database: str) -> None:
    """Fail unless every record adds what all records together say, read afresh.

    This is the engine's own rule, asked once more of everything: what is kept from
    change to change must be what it says.
    """
    connection = await asyncpg.connect(database)
    try:
        definitions = Definitions()
        revision = await connection.fetchval("SELECT revision FROM rollup.definitions")
        await definitions_store.bring_up_to_date(connection, definitions, revision)
        rows = await connection.fetch(f"SELECT {READ_COLUMNS} FROM rollup.record")
        edges = await connection.fetch("SELECT parent, child FROM rollup.link")
        computing = await connection.fetchval(
            "SELECT count(*) FROM rollup.goal WHERE rederivation_id IS NOT NULL"
        )
    finally:
        await connection.close()
    assert not computing
    stored = {row["key"]: stored_record(row) for row in rows}
    known = {(row["parent"], row["child"]) for row in edges}
    for key, record in stored.items():
        sight = Seeing(stored)
        after = definitions.contributions_of(record, record.contributions, sight)
        assert sorted(zip(*after, strict=True)) == sorted(
            zip(*record.contributions, strict=True)
        ), key
        assert {(parent, key) for parent in sight.asked} <= known
