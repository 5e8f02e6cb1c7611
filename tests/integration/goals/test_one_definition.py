"""Values are read with the metric and period that they were made under."""

from datetime import date

import pytest

from services.rollup.domain.made_under import MadeUnder
from services.rollup.store.made_under import text_of
from shared.domain.amounts import MetricKind
from shared.domain.goals import Metric, MetricId, RollupField, Slot
from shared.domain.periods import Period
from tests.integration.goals.conftest import Api
from tests.integration.goals.rolled_up import roll_up
from tests.integration.goals.test_stream import watching

pytestmark = pytest.mark.asyncio(loop_scope="package")

_SET = "UPDATE rollup.goal SET made_under = $1::jsonb WHERE id = ANY($2::text[])"


async def test_tree_and_stream_show_what_the_values_were_made_under(api: Api) -> None:
    """A tree that counted calls in another year does so until all is read again."""
    await api.company()
    names = ("company", "north")
    calls = Metric(
        id=MetricId(api.id("calls")),
        kind=MetricKind.COUNT,
        rollup_fields={
            Slot.CUSTOM: RollupField(source_entity="call", date_attribute="ended")
        },
    )
    year = Period(start=date(2025, 1, 1), end=date(2025, 12, 31), time_zone="UTC")
    under = MadeUnder(metric=calls, period=year, targets=("7", None))
    connection = await api.installation.connect()
    for name in names:
        await roll_up(
            connection, api.id(name), computed={Slot.CUSTOM: 3}, computing=True
        )
    await connection.execute(_SET, text_of(under), [api.id(name) for name in names])
    await connection.close()

    tree = await api.read(f"{api.at('company')}/tree")
    async with watching(api, f"root={api.id('company')}") as stream:
        picture = await stream.next()
    alone = await api.read(api.at("north"))

    for goal in (tree, tree["children"][0], *picture.data):
        assert goal["metric_id"] == api.id("calls")
        assert (goal["period"]["start"], goal["period"]["end"]) == (
            "2025-01-01",
            "2025-12-31",
        )
        assert goal["values"] == {"actual": None, "in_progress": None, "custom": "3"}
        assert (goal["target"], goal["percentage"]) == ("7", None)
        assert goal["rollup"]["status"] == "computing"
    # By itself a goal is what was written, and has no values of that yet.
    assert alone["metric_id"] == api.id("revenue")
    assert alone["values"] == dict.fromkeys(("actual", "in_progress", "custom"))
