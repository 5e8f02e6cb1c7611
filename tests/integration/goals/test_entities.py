"""What records of an entity are declared to hold, and the metrics that read them."""

from typing import Any

import pytest

from shared.domain.entities import AttributeType
from shared.messages.definitions import EntityDefinition
from shared.messages.records import ATTRIBUTES_MAX
from tests.integration.goals.conftest import Api, Installation, running
from tests.integration.goals.telling import told
from tests.integration.goals.test_outbox import listening

pytestmark = pytest.mark.asyncio(loop_scope="package")

DIFFERS = ("source_attribute_type_differs", "80044808")
DATES_DIFFER = ("date_attribute_type_differs", None)
NO_NUMBERS = [one for one in AttributeType if one is not AttributeType.NUMBER]
NO_DAYS = [one for one in AttributeType if one not in {"date", "datetime"}]


def reading(api: Api, /, **more: Any) -> dict[str, Any]:
    """Return a metric that reads an entity of the test's own."""
    field = {
        "source_entity": api.id("deal"),
        "source_attribute": "amount",
        "date_attribute": "closed",
    }
    return api.metric_body(**{"rollup_fields": {"actual": field}, **more})


async def declare(api: Api, **attributes: str) -> Any:
    """Declare what a deal holds."""
    body = {"id": api.id("deal"), "attributes": attributes}
    return await api.create("/v1/entities", body)


async def test_an_entity_is_read_back_as_it_was_declared(api: Api) -> None:
    """Attributes are given all together; what a change does not name is gone."""
    types = {f"a {one}": str(one) for one in AttributeType}
    path = api.at("deal", of="entities")

    created = await declare(api, **types)
    again = await api.change(path, {"attributes": types})
    less = await api.change(path, {"attributes": {"amount": "number"}})

    assert created == again
    assert (created["id"], created["attributes"]) == (api.id("deal"), types)
    assert less == await api.read(path)
    assert less["attributes"] == {"amount": "number"}
    assert less["version"] > created["version"]


@pytest.mark.parametrize(
    ("body", "error", "field"),
    [
        ({"attributes": {}}, "missing_field", "id"),
        ({"id": "deal"}, "missing_field", "attributes"),
        ({"id": "a/b", "attributes": {}}, "invalid_field", "id"),
        ({"id": "d", "attributes": {"a": "money"}}, "invalid_field", "attributes.a"),
        ({"id": "d", "attributes": ["a"]}, "invalid_field", "attributes"),
        ({"id": "d", "attributes": {}, "name": "D"}, "unknown_field", "name"),
        (
            {
                "id": "d",
                "attributes": {str(one): "text" for one in range(ATTRIBUTES_MAX + 1)},
            },
            "invalid_field",
            "attributes",
        ),
    ],
)
async def test_what_is_no_declaration_is_refused(
    api: Api, body: Any, error: str, field: str
) -> None:
    """By name and field."""
    refused = await api.refused("POST", "/v1/entities", body, status=400)

    assert told(refused) == (error, None, field)


async def test_an_entity_is_declared_once(api: Api) -> None:
    """Its name is its id."""
    await declare(api)
    body = {"id": api.id("deal"), "attributes": {}}

    refused = await api.refused("POST", "/v1/entities", body, status=409)

    assert told(refused) == ("id_taken", None, "id")


@pytest.mark.parametrize("data_type", ["money", "decimal", "integer"])
async def test_numbers_are_added_up_by_days(api: Api, data_type: str) -> None:
    """Whatever the data type; days may have a time."""
    await declare(api, amount="number", closed="date", ended="datetime")
    body = reading(api, data_type=data_type)

    await api.create("/v1/metrics", body)
    field = {**body["rollup_fields"]["actual"], "date_attribute": "ended"}
    changed = await api.change(
        api.at("revenue", of="metrics"), {"rollup_fields": {"actual": field}}
    )

    assert changed["rollup_fields"]["actual"]["date_attribute"] == "ended"


@pytest.mark.parametrize("found", NO_NUMBERS)
async def test_nothing_but_numbers_is_added_up(api: Api, found: str) -> None:
    """Whether a metric is created or changed."""
    await declare(api, amount=found, other="number")
    field = reading(api)["rollup_fields"]["actual"]
    other = {**field, "source_attribute": "other"}
    await api.create("/v1/metrics", reading(api, rollup_fields={"custom": other}))

    new = await api.refused(
        "POST", "/v1/metrics", reading(api, id="x", name="x"), status=422
    )
    changed = await api.refused(
        "PATCH",
        api.at("revenue", of="metrics"),
        {"rollup_fields": {"custom": field}},
        status=422,
    )

    assert told(new) == (*DIFFERS, "rollup_fields.actual.source_attribute")
    assert f"is declared {found}, and number is allowed" in new["detail"]
    assert told(changed) == (*DIFFERS, "rollup_fields.custom.source_attribute")


@pytest.mark.parametrize("found", NO_DAYS)
async def test_records_are_counted_by_days_only(api: Api, found: str) -> None:
    """Also by a metric that adds nothing up."""
    await declare(api, closed=found)
    field = {"source_entity": api.id("deal"), "date_attribute": "closed"}
    body = reading(
        api, kind="count", data_type=None, rollup_fields={"in_progress": field}
    )

    refused = await api.refused("POST", "/v1/metrics", body, status=422)

    assert told(refused) == (
        *DATES_DIFFER,
        "rollup_fields.in_progress.date_attribute",
    )
    assert f"is declared {found}, and date or datetime" in refused["detail"]


async def test_what_nobody_declared_may_hold_anything(api: Api) -> None:
    """Of an entity that is declared as of one that is not."""
    await declare(api, other="text")

    created = await api.create("/v1/metrics", reading(api))

    assert created["rollup_fields"]["actual"]["source_attribute"] == "amount"


@pytest.mark.parametrize(
    ("attributes", "expected"),
    [
        ({"amount": "text"}, (*DIFFERS, "attributes.amount")),
        ({"closed": "number"}, (*DATES_DIFFER, "attributes.closed")),
    ],
)
async def test_a_declaration_fits_the_metrics_that_read_it(
    api: Api, attributes: dict[str, str], expected: Any
) -> None:
    """Whether it is made or changed; the metric is named."""
    await api.create("/v1/metrics", reading(api))
    body = {"id": api.id("deal"), "attributes": attributes}

    new = await api.refused("POST", "/v1/entities", body, status=422)
    await declare(api, amount="number")
    changed = await api.refused(
        "PATCH",
        api.at("deal", of="entities"),
        {"attributes": attributes},
        status=422,
    )

    assert told(new) == told(changed) == expected
    assert f"metric {api.id('revenue')} reads it" in new["detail"]


async def test_a_date_is_looked_for_where_it_is_read(api: Api) -> None:
    """In the record that the link leads to, not in the one that is counted."""
    await api.create(
        "/v1/entities",
        {
            "id": api.id("case"),
            "attributes": {"closed": "text", "deal": "reference"},
        },
    )
    field = {
        "source_entity": api.id("case"),
        "date_attribute": "closed",
        "date_from": {"link": "deal", "entity": api.id("deal")},
    }
    body = reading(
        api, kind="count", data_type=None, rollup_fields={"in_progress": field}
    )
    await api.create("/v1/metrics", body)

    refused = await api.refused(
        "POST",
        "/v1/entities",
        {"id": api.id("deal"), "attributes": {"closed": "number"}},
        status=422,
    )

    assert told(refused) == (*DATES_DIFFER, "attributes.closed")


async def test_a_declaration_may_go_while_metrics_read_the_entity(api: Api) -> None:
    """Then its attributes may hold anything; declared anew, they must fit again."""
    await declare(api, amount="number")
    await api.create("/v1/metrics", reading(api))

    gone = await api.client.delete(api.at("deal", of="entities"))

    assert gone.status_code == 204
    assert (await api.client.get(api.at("deal", of="entities"))).status_code == 404
    body = {"id": api.id("deal"), "attributes": {"amount": "boolean"}}
    refused = await api.refused("POST", "/v1/entities", body, status=422)
    assert told(refused) == (*DIFFERS, "attributes.amount")


async def test_declarations_are_announced(installation: Installation) -> None:
    """What they are, and that they are gone."""
    async with running(installation) as api, listening(installation) as listener:
        created = await declare(api, amount="number")
        await api.client.delete(api.at("deal", of="entities"))

        first, last = await listener.until(2)
    assert first.key == last.key == f"entity/{api.id('deal')}"
    assert EntityDefinition.model_validate_json(first.value or b"") == EntityDefinition(
        id=created["id"],
        version=created["version"],
        attributes={"amount": AttributeType.NUMBER},
    )
    assert last.value is None
