"""Metrics that read through links, and the records around them, for tests."""

import json
from typing import Any

import asyncpg

from cli.verify import judging as verifying
from cli.verify.reading import read_rows
from shared.domain.amounts import MetricKind
from shared.messages.definitions import MetricDefinition
from tests.integration.rollup import making
from tests.integration.rollup.copies import Copy
from tests.integration.rollup.judging import judge, numbers

MONEY = 10_000

OF_OPPORTUNITY = {"link": "opportunityid", "entity": "opportunity"}
OF_ACCOUNT = {"link": "accountid", "entity": "account"}

# A product counts once its opportunity is won, on the day on which that was.
WON_PRODUCT = {
    "source_entity": "product",
    "source_attribute": "amount",
    "source_state": "won",
    "date_attribute": "closed",
    "state_from": OF_OPPORTUNITY,
    "date_from": OF_OPPORTUNITY,
}


def products(*, version: int = 1, **fields: dict[str, Any]) -> MetricDefinition:
    """Return the metric of won products, or one of other rollup fields."""
    return making.metric(
        version=version, rollup_fields=fields or {"actual": WON_PRODUCT}
    )


def counting(name: str, **fields: dict[str, Any]) -> MetricDefinition:
    """Return a metric that counts."""
    return making.metric(
        name, metric_kind=MetricKind.COUNT, data_type=None, rollup_fields=fields
    )


def product(
    name: str, amount: str, *, of: Any = "O-1", version: int = 1, **changes: Any
) -> bytes:
    """Return a product of an opportunity on the wire; what it says of itself is no use.

    It says that it is lost, and has no date.
    """
    attributes = {"amount": amount, "opportunityid": of, "accountid": "A-1"}
    return json.dumps(
        {
            "entity": "product",
            "id": name,
            "version": version,
            "owner": {"type": "user", "id": "R0"},
            "state": "lost",
            **changes,
            "attributes": attributes | changes.get("attributes", {}),
        }
    ).encode()


def opportunity(name: str = "O-1", *, version: int = 1, **changes: Any) -> bytes:
    """Return a won opportunity on the wire."""
    return making.won(name, "0", version=version, **changes)


async def shown(url: str, goal: str = "G") -> int:
    """Return what a goal shows, in whole money."""
    return (await numbers(url))[goal][0] // MONEY


async def settled(copy: Copy, url: str) -> None:
    """Do all there is to do; fail unless all is as it would be from nothing."""
    await copy.settle()
    await judge(url)
    differences = verifying.judge(await read_rows(url)).differences
    assert not differences, differences


async def edges(url: str) -> set[tuple[str, str]]:
    """Return which record depends on which: parent and child."""
    connection = await asyncpg.connect(url)
    try:
        rows = await connection.fetch("SELECT parent, child FROM rollup.link")
    finally:
        await connection.close()
    return {(row[0], row[1]) for row in rows}
