"""`cairn verify` reads state and date of linked records by SQL of its own."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cli.verify.judging import judge
from cli.verify.reading import read_rows
from shared.domain.amounts import MetricKind
from shared.domain.goals import Slot
from shared.messages.definitions import (
    LinkDefinition,
    MetricDefinition,
    RollupFieldDefinition,
)
from tests.cli.tables import Tables, goal_definition, rollup_tables

LINKS = (
    None,
    LinkDefinition(link="opportunityid", entity="opportunity"),
    LinkDefinition(link="otherid", entity="account"),
)
INSIDE, OUTSIDE = "2026-11-21", "2027-11-21"


@pytest_asyncio.fixture
async def tables(database: str) -> AsyncIterator[Tables]:
    """Rollup's tables, empty."""
    async with rollup_tables(database) as found:
        yield found


def counting(**fields: Any) -> MetricDefinition:
    """Return a metric that counts products."""
    field = RollupFieldDefinition(
        source_entity="product", date_attribute="closed", **fields
    )
    return MetricDefinition(
        id="revenue",
        version=1,
        name="Products",
        metric_kind=MetricKind.COUNT,
        rollup_fields={Slot.ACTUAL: field},
    )


async def put(tables: Tables, key: str, **said: Any) -> None:
    """Put a record in; it is won, and closed in the period, if not told."""
    entity, record_id = key.split("/")
    attributes = {"closed": INSIDE} | said.pop("attributes", {})
    await tables.put_record(record_id, attributes, **{"entity": entity} | said)


async def expected(database: str) -> int:
    """Return what verify expects of the one goal's actual."""
    [row] = [row for row in await read_rows(database) if row.field == Slot.ACTUAL]
    return row.expected


@pytest.mark.parametrize(
    ("parent", "counts"),
    [
        ({}, True),
        ({"state": "open"}, False),
        ({"state": None}, False),
        ({"deleted": True}, False),
        # A placeholder: something to lock, not yet a record.
        ({"version": -1}, False),
        ({"attributes": {"closed": OUTSIDE}}, False),
        ({"attributes": {"closed": None}}, False),
        (None, False),
    ],
)
async def test_the_parent_says_whether_a_record_counts(
    database: str, tables: Tables, parent: dict[str, Any] | None, *, counts: bool
) -> None:
    """Its state and its date, and that it is there at all."""
    await tables.put_metric(
        counting(source_state="won", state_from=LINKS[1], date_from=LINKS[1])
    )
    await tables.put_goal(goal_definition(1))
    if parent is not None:
        await put(tables, "opportunity/7", **parent)
    inside = {"closed": OUTSIDE, "opportunityid": "7"}
    await put(tables, "product/a", state="x", owner="user/u1", attributes=inside)
    # No text, so no link.
    await put(
        tables, "product/b", owner="user/u1", attributes=inside | {"opportunityid": 7}
    )

    assert await expected(database) == counts


async def test_while_dependants_wait_nobody_knows_what_should_be(
    database: str, tables: Tables
) -> None:
    """Of goals that read through links; the others are judged as ever."""
    await tables.put_metric(counting(date_from=LINKS[1]))
    await tables.put_metric(counting().model_copy(update={"id": "other"}))
    await tables.put_goal(goal_definition(1), own=(7, 0, 0))
    await tables.put_goal(goal_definition(2, metric_id="other"), own=(8, 0, 0))
    for number, slot, amount in ((1, 8, 7), (2, 16, 8)):
        await put(tables, f"product/{number}", owner="user/u9", adds=[(slot, amount)])
    before = judge(await read_rows(database))

    await tables.connection.execute(
        "INSERT INTO rollup.rederivation (numbers, entities, parents) "
        "VALUES ('{}', '{}', '{opportunity/7}')"
    )
    waiting = judge(await read_rows(database))

    assert {one.goal_id for one in before.differences} == {"g1", "g2"}
    assert {one.goal_id for one in waiting.differences} == {"g2"}
    assert (before.computing, waiting.computing) == (0, 1)


_PARENTS = st.fixed_dictionaries(
    {
        "state": st.sampled_from(("won", "won", "open", None)),
        "status": st.sampled_from(("1", "2", None)),
        "deleted": st.sampled_from((False, False, False, True)),
        "version": st.sampled_from((1, 1, 1, -1)),
        "attributes": st.fixed_dictionaries(
            {"closed": st.sampled_from((INSIDE, INSIDE, OUTSIDE, None))}
        ),
    }
)


@settings(
    max_examples=40,
    # Each example fills tables of its own in the one database.
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
    ],
)
@given(
    child=_PARENTS,
    parents=st.fixed_dictionaries(
        {"opportunity/7": _PARENTS, "account/7": _PARENTS, "account/8": _PARENTS}
    ),
    targets=st.fixed_dictionaries(
        {
            "opportunityid": st.sampled_from(("7", "7", "9", None)),
            "otherid": st.sampled_from(("7", "8", "9")),
        }
    ),
    fields=st.fixed_dictionaries(
        {
            "source_state": st.sampled_from((None, "won")),
            "source_status": st.sampled_from((None, "1")),
            "state_from": st.sampled_from(LINKS),
            "date_from": st.sampled_from(LINKS),
        }
    ),
)
async def test_any_links_are_read_as_the_rule_says(
    database: str,
    tables: Tables,
    child: dict[str, Any],
    parents: dict[str, dict[str, Any]],
    targets: dict[str, Any],
    fields: dict[str, Any],
) -> None:
    """Whatever stands at either end."""
    await tables.connection.execute(
        "TRUNCATE rollup.metric, rollup.goal, rollup.total, rollup.record"
    )
    await tables.put_metric(counting(**fields))
    await tables.put_goal(goal_definition(1))
    for key, parent in parents.items():
        await put(tables, key, **parent)
    said = child | {"attributes": child["attributes"] | targets}
    await put(tables, "product/a", owner="user/u1", **said)

    def there(one: dict[str, Any] | None) -> bool:
        return one is not None and not one["deleted"] and one["version"] >= 0

    def seen_through(link: LinkDefinition | None) -> dict[str, Any]:
        key = None if link is None else f"{link.entity}/{targets[link.link]}"
        one = child if key is None else parents.get(key)
        return one if one is not None and there(one) else {"attributes": {}}

    judged, dated = map(seen_through, (fields["state_from"], fields["date_from"]))
    counts = (
        there(child)
        and fields["source_state"] in (None, judged.get("state"))
        and fields["source_status"] in (None, judged.get("status"))
        and dated["attributes"].get("closed") == INSIDE
    )
    assert await expected(database) == counts
