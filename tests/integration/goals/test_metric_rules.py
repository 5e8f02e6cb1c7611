"""Every rule about metrics, as a client meets it."""

from typing import Any

import pytest

from services.goals.announcing import metric_definition
from services.goals.domain.callers import ADMIN
from services.goals.store.database import Reading
from shared.domain.goals import Link, Slot
from tests.integration.goals.conftest import Api
from tests.integration.goals.telling import told

pytestmark = pytest.mark.asyncio(loop_scope="package")

JSON = {"Content-Type": "application/json"}
# The one rollup field of a metric of these tests.
WON = {
    "source_entity": "opportunity",
    "source_attribute": "actualvalue",
    "source_state": "won",
    "date_attribute": "actualclosedate",
}
OF_ACCOUNT = {"link": "accountid", "entity": "account"}
LINKED = ("state_from", "date_from")
CALLS = {
    "source_entity": "phonecall",
    "source_state": "completed",
    "source_status": "4",
    "date_attribute": "actualend",
}


async def test_a_metric_is_read_back_as_it_was_defined(api: Api) -> None:
    """With all three rollup fields, and null for what was left out."""
    body = api.metric_body(
        kind="count",
        data_type=None,
        stretch_tracked=True,
        rollup_fields={"actual": CALLS, "in_progress": CALLS, "custom": CALLS},
    )

    created = await api.create("/v1/metrics", body)

    assert created == await api.read(api.at("revenue", of="metrics"))
    shown = CALLS | dict.fromkeys(("source_attribute", "state_from", "date_from"))
    assert created == body | {
        "version": created["version"],
        "rollup_fields": {"actual": shown, "in_progress": shown, "custom": shown},
    }


@pytest.mark.parametrize("change_case", [False, True])
async def test_a_metrics_name_is_its_own(api: Api, change_case: bool) -> None:
    """Two metrics cannot bear one name, in whatever capitals."""
    await api.metric()
    await api.metric("other")
    name = api.id("revenue")
    name = name.upper() if change_case else name

    new = await api.refused(
        "POST", "/v1/metrics", api.metric_body("third", name=name), status=409
    )
    renamed = await api.refused(
        "PATCH", api.at("other", of="metrics"), {"name": name}, status=409
    )

    assert told(new) == told(renamed) == ("metric_name_taken", "80044802", "name")


async def test_a_name_is_given_once_in_a_request(api: Api) -> None:
    """The second one that wants it is refused, in capitals or not."""
    name = api.id("Revenue ÄÖ")
    first = api.metric_body("first", name=name)
    second = api.metric_body("second", name=name.lower())

    error = await api.refused("POST", "/v1/metrics", [first, second], status=409)

    assert told(error) == ("metric_name_taken", "80044802", "[1].name")
    assert f"metric {api.id('first')} is called" in error["detail"]


async def test_a_metric_may_change_the_capitals_of_its_own_name(api: Api) -> None:
    """Its own name is not taken by another."""
    await api.metric()

    renamed = await api.change(
        api.at("revenue", of="metrics"), {"name": api.id("REVENUE")}
    )

    assert renamed["name"] == api.id("REVENUE")


@pytest.mark.parametrize("fields", [{}, {"actual": None}])
async def test_a_metric_has_a_rollup_field(api: Api, fields: dict[str, Any]) -> None:
    """Without one nothing could be rolled up."""
    body = api.metric_body(rollup_fields=fields)

    error = await api.refused("POST", "/v1/metrics", body, status=422)

    expected = ("metric_without_rollup_fields", "8004f681", "rollup_fields")
    assert told(error) == expected


async def test_the_last_rollup_field_stays(api: Api) -> None:
    """A change cannot leave a metric without one either."""
    await api.metric()

    error = await api.refused(
        "PATCH",
        api.at("revenue", of="metrics"),
        {"rollup_fields": {"actual": None}},
        status=422,
    )

    expected = ("metric_without_rollup_fields", "8004f681", "rollup_fields")
    assert told(error) == expected


async def test_a_rollup_field_is_defined_once(api: Api) -> None:
    """JSON lets a name come twice; we do not."""
    answer = await api.client.post(
        "/v1/metrics",
        content='{"name": "x", "kind": "count", "rollup_fields": {"actual": '
        '{"source_entity": "a", "date_attribute": "d"}, "actual": '
        '{"source_entity": "b", "date_attribute": "d"}}}',
        headers=JSON,
    )

    assert answer.status_code == 422
    expected = ("rollup_field_already_defined", "80044807", "rollup_fields.actual")
    assert told(answer.json()) == expected


async def test_there_is_no_fourth_rollup_field(api: Api) -> None:
    """A metric has at most three."""
    fields = dict.fromkeys(("actual", "in_progress", "custom", "more"), CALLS)
    body = api.metric_body(kind="count", data_type=None, rollup_fields=fields)

    error = await api.refused("POST", "/v1/metrics", body, status=422)

    expected = ("rollup_field_already_defined", "8004480a", "rollup_fields")
    assert told(error) == expected


async def test_a_rollup_field_bears_one_of_three_names(api: Api) -> None:
    """Another name is refused by name."""
    body = api.metric_body(rollup_fields={"planned": CALLS})

    error = await api.refused("POST", "/v1/metrics", body, status=400)

    assert told(error) == ("unknown_field", None, "rollup_fields.planned")


@pytest.mark.parametrize("linked", [("state_from",), ("date_from",), LINKED])
async def test_state_and_date_may_be_read_through_a_link(
    api: Api, linked: tuple[str, ...]
) -> None:
    """Each on its own or both, and it is read back and announced as it was defined."""
    field = CALLS | {"source_attribute": "minutes"} | dict.fromkeys(linked, OF_ACCOUNT)
    body = api.metric_body(rollup_fields={"actual": field})

    created = await api.create("/v1/metrics", body)

    assert created == await api.read(api.at("revenue", of="metrics"))
    assert created["rollup_fields"]["actual"] == dict.fromkeys(LINKED) | field
    connection = await api.installation.connect()
    [metric] = await Reading(connection, caller=ADMIN).metrics.find([created["id"]])
    await connection.close()
    announced = metric_definition(metric).as_metric().rollup_fields[Slot.ACTUAL]
    for name in LINKED:
        link = getattr(announced, name)
        assert link == (Link(**OF_ACCOUNT) if name in linked else None)


@pytest.mark.parametrize("name", ["state_from", "date_from"])
@pytest.mark.parametrize(
    ("link", "expected"),
    [
        ({"link": "accountid"}, ("missing_field", "{}.entity")),
        ({"entity": "account"}, ("missing_field", "{}.link")),
        (OF_ACCOUNT | {"entity": "a/b"}, ("invalid_field", "{}.entity")),
        (OF_ACCOUNT | {"link": ""}, ("invalid_field", "{}.link")),
        (OF_ACCOUNT | {"where": {}}, ("unknown_field", "{}.where")),
        ("accountid", ("invalid_field", "{}")),
    ],
)
async def test_a_link_names_its_attribute_and_where_it_leads(
    api: Api, name: str, link: Any, expected: tuple[str, str]
) -> None:
    """Both, and nothing else."""
    body = api.metric_body(rollup_fields={"actual": CALLS | {name: link}})

    error = await api.refused("POST", "/v1/metrics", body, status=400)

    where = expected[1].format(f"rollup_fields.actual.{name}")
    assert told(error) == (expected[0], None, where)


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (None, OF_ACCOUNT, "of the record itself"),
        (OF_ACCOUNT, None, "of the account that accountid names"),
        (
            OF_ACCOUNT,
            OF_ACCOUNT | {"link": "otherid"},
            "of the account that accountid names",
        ),
    ],
)
async def test_where_a_rollup_field_reads_the_state_never_changes(
    api: Api, before: Any, after: Any, said: str
) -> None:
    """Used or not; the state itself does, and where the date is read."""
    field = WON | {"state_from": before, "date_from": None}
    await api.metric(rollup_fields={"actual": field})
    path = api.at("revenue", of="metrics")

    error = await api.refused(
        "PATCH",
        path,
        {"rollup_fields": {"actual": field | {"state_from": after}}},
        status=422,
    )
    other = field | {"source_state": "paid", "date_from": OF_ACCOUNT}
    changed = await api.change(path, {"rollup_fields": {"actual": other}})

    where = "rollup_fields.actual.state_from"
    assert told(error) == ("rollup_field_frozen", None, where)
    assert f"reads state and status {said}, and that never changes" in error["detail"]
    shown = changed["rollup_fields"]["actual"]
    assert (shown["source_state"], shown["date_from"]) == ("paid", OF_ACCOUNT)


async def test_a_count_adds_up_no_attribute(api: Api) -> None:
    """It adds 1 for each record."""
    body = api.metric_body(
        kind="count",
        data_type=None,
        rollup_fields={"actual": CALLS | {"source_attribute": "minutes"}},
    )

    error = await api.refused("POST", "/v1/metrics", body, status=422)

    field = "rollup_fields.actual.source_attribute"
    assert told(error) == ("source_attribute_forbidden", "80044804", field)


async def test_an_amount_says_which_attribute_it_adds_up(api: Api) -> None:
    """Otherwise there is nothing to add."""
    body = api.metric_body(rollup_fields={"actual": CALLS})

    error = await api.refused("POST", "/v1/metrics", body, status=422)

    field = "rollup_fields.actual.source_attribute"
    assert told(error) == ("source_attribute_required", None, field)


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"kind": "count"}, "data_type_forbidden"),
        ({"data_type": None}, "data_type_required"),
    ],
)
async def test_amounts_and_only_amounts_have_a_data_type(
    api: Api, more: dict[str, Any], expected: str
) -> None:
    """A count is of whole things anyway."""
    error = await api.refused(
        "POST", "/v1/metrics", api.metric_body(**more), status=422
    )

    assert told(error) == (expected, None, "data_type")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"kind": "count"}, "kind"),
        ({"kind": "count", "data_type": None}, "kind"),
        ({"data_type": "integer"}, "data_type"),
    ],
)
async def test_a_metrics_type_never_changes(
    api: Api, change: dict[str, Any], field: str
) -> None:
    """Neither kind nor data type, used or not."""
    await api.metric()

    error = await api.refused(
        "PATCH", api.at("revenue", of="metrics"), change, status=422
    )

    assert told(error) == ("metric_type_frozen", None, field)


async def test_a_rollup_fields_source_entity_never_changes(api: Api) -> None:
    """Other columns do."""
    await api.metric()
    field = {
        "source_entity": "invoice",
        "source_attribute": "total",
        "date_attribute": "paid",
    }

    error = await api.refused(
        "PATCH",
        api.at("revenue", of="metrics"),
        {"rollup_fields": {"actual": field}},
        status=422,
    )
    after = await api.change(
        api.at("revenue", of="metrics"),
        {"rollup_fields": {"actual": field | {"source_entity": "opportunity"}}},
    )

    where = "rollup_fields.actual.source_entity"
    assert told(error) == ("rollup_field_frozen", None, where)
    assert after["rollup_fields"]["actual"]["source_attribute"] == "total"


async def test_a_rollup_field_can_be_added(api: Api) -> None:
    """Those that are not named stay."""
    await api.metric()
    field = CALLS | {"source_attribute": "minutes"}

    after = await api.change(
        api.at("revenue", of="metrics"), {"rollup_fields": {"custom": field}}
    )

    assert set(after["rollup_fields"]) == {"actual", "custom"}


async def test_a_used_metric_stays(api: Api) -> None:
    """It can be deleted once no goal is measured by it."""
    await api.company()

    error = await api.refused("DELETE", api.at("revenue", of="metrics"), status=409)
    await api.client.delete(api.at("company"))
    await api.client.delete(api.at("north"))
    answer = await api.client.delete(api.at("revenue", of="metrics"))

    assert told(error) == ("metric_in_use", "80044800", None)
    assert answer.status_code == 204


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"stretch_tracked": True}, "stretch_tracked"),
        ({"rollup_fields": {"in_progress": None}}, "rollup_fields.in_progress"),
    ],
)
async def test_what_goals_rely_on_stays(
    api: Api, change: dict[str, Any], field: str
) -> None:
    """A used metric keeps whether it tracks stretch targets, and its measures."""
    both = {
        slot: CALLS | {"source_attribute": "minutes"}
        for slot in ("actual", "in_progress")
    }
    await api.user("ada")
    await api.metric(rollup_fields=both)
    await api.goal("company")

    error = await api.refused(
        "PATCH", api.at("revenue", of="metrics"), change, status=409
    )

    assert told(error) == ("metric_in_use", "80044803", field)


@pytest.mark.parametrize("state", ["closed", "discarded"])
@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"actual": WON | {"source_state": "lost"}}, "rollup_fields.actual"),
        ({"actual": WON | {"source_status": "3"}}, "rollup_fields.actual"),
        ({"actual": WON | {"source_attribute": "total"}}, "rollup_fields.actual"),
        ({"actual": WON | {"date_attribute": "paid"}}, "rollup_fields.actual"),
        ({"actual": WON | {"date_from": OF_ACCOUNT}}, "rollup_fields.actual"),
        ({"custom": WON}, "rollup_fields.custom"),
    ],
)
async def test_closed_goals_hold_their_metric(
    api: Api, state: str, change: dict[str, Any], field: str
) -> None:
    """Only its name changes, until they are open again or gone."""
    await api.company()
    path = api.at("revenue", of="metrics")
    await api.change(api.at("north"), {"state": state})

    error = await api.refused("PATCH", path, {"rollup_fields": change}, status=409)
    renamed = await api.change(path, {"name": api.id("income")})
    same = await api.change(path, {"rollup_fields": {"actual": WON}})
    await api.change(api.at("north"), {"state": "open"})
    changed = await api.change(path, {"rollup_fields": change})

    assert told(error) == ("metric_used_by_closed_goal", "80044801", field)
    assert f"the metric measures goal {api.id('north')}; reopen" in error["detail"]
    assert renamed["name"] == api.id("income")
    assert same["version"] == renamed["version"]
    assert changed["version"] > renamed["version"]


async def test_closed_goals_that_hold_a_metric_are_counted(api: Api) -> None:
    """The first five are named."""
    await api.company()
    names = [f"g{number}" for number in range(7)]
    await api.create("/v1/goals", [api.goal_body(name) for name in names])
    for name in names:
        await api.change(api.at(name), {"state": "closed"})

    error = await api.refused(
        "PATCH",
        api.at("revenue", of="metrics"),
        {"rollup_fields": {"custom": WON}},
        status=409,
    )

    named = ", ".join(map(api.id, names[:5]))
    assert f"measures goal {named} and 2 more; reopen those" in error["detail"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"kind": "count"}, "metric_type_frozen"),
        (
            {"rollup_fields": {"actual": WON | {"source_entity": "invoice"}}},
            "rollup_field_frozen",
        ),
        (
            {"rollup_fields": {"actual": WON | {"state_from": OF_ACCOUNT}}},
            "rollup_field_frozen",
        ),
        ({"stretch_tracked": True}, "metric_in_use"),
        ({"rollup_fields": {"actual": None, "custom": WON}}, "metric_in_use"),
    ],
)
async def test_what_reopening_does_not_help_with_is_told_first(
    api: Api, change: dict[str, Any], expected: str
) -> None:
    """A goal that is closed hides no reason that would stay."""
    await api.company()
    await api.change(api.at("north"), {"state": "closed"})
    path = api.at("revenue", of="metrics")

    answer = await api.client.patch(path, json=change)

    assert told(answer.json())[0] == expected


async def test_an_entitys_name_holds_no_slash(api: Api) -> None:
    """Records are keyed by entity/id."""
    body = api.metric_body(rollup_fields={"actual": CALLS | {"source_entity": "a/b"}})

    error = await api.refused("POST", "/v1/metrics", body, status=400)

    expected = ("invalid_field", None, "rollup_fields.actual.source_entity")
    assert told(error) == expected
