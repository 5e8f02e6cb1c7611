"""Every rule about goals, as a client meets it: the error, its code, its field."""

from typing import Any

import pytest

from tests.integration.goals.conftest import Api
from tests.integration.goals.telling import told

pytestmark = pytest.mark.asyncio(loop_scope="package")

PERIOD = {"kind": "custom", "start": "2026-10-01", "end": "2026-12-31"}
OTHER_PERIOD = {"kind": "custom", "start": "2027-01-01", "end": "2027-03-31"}


async def test_a_goal_under_a_parent_takes_metric_and_period(api: Api) -> None:
    """What a tree shares need not be said again."""
    await api.user("ada")
    await api.metric()
    await api.goal("company", time_zone="Europe/Berlin")

    north = await api.create(
        "/v1/goals", api.goal_body("north", parent_id=api.id("company"))
    )

    assert north["metric_id"] == api.id("revenue")
    assert north["period"] == PERIOD
    assert north["time_zone"] == "Europe/Berlin"


async def test_a_goal_takes_the_time_zone_of_the_organization(api: Api) -> None:
    """Where neither the goal nor a parent says otherwise, the organisation's counts."""
    await api.company()

    company = await api.read(api.at("company"))

    organization = await api.read("/v1/organization")
    assert company["time_zone"] == organization["time_zone"]


async def test_saying_what_the_parent_says_is_no_contradiction(api: Api) -> None:
    """A client that repeats metric and period of the parent is not refused."""
    await api.company()
    body = api.goal_body(
        "south",
        parent_id=api.id("company"),
        metric_id=api.id("revenue"),
        period=PERIOD,
        time_zone="UTC",
    )

    south = await api.create("/v1/goals", body)

    assert south["parent_id"] == api.id("company")


@pytest.mark.parametrize(
    ("more", "expected"),
    [
        ({"metric_id": "other"}, ("parent_metric_differs", "80044905", "metric_id")),
        ({"period": OTHER_PERIOD}, ("parent_period_differs", "80044906", "period")),
        (
            {"time_zone": "Europe/Berlin"},
            ("parent_period_differs", "80044906", "period"),
        ),
    ],
)
async def test_a_new_goal_cannot_contradict_its_parent(
    api: Api, more: dict[str, Any], expected: tuple[str, str, str]
) -> None:
    """A whole tree shares metric and period."""
    await api.company()
    await api.metric("other")
    if "metric_id" in more:
        more = {"metric_id": api.id("other")}
    body = api.goal_body("south", parent_id=api.id("company"), **more)

    error = await api.refused("POST", "/v1/goals", body, status=422)

    assert told(error) == expected


@pytest.mark.parametrize(
    ("difference", "expected"),
    [
        ("metric", ("parent_metric_differs", "80044905", "metric_id")),
        ("period", ("parent_period_differs", "80044906", "period")),
    ],
)
async def test_a_goal_that_differs_cannot_be_attached(
    api: Api, difference: str, expected: tuple[str, str, str]
) -> None:
    """An existing goal keeps what it has, so it must fit the tree it joins."""
    await api.company()
    await api.metric("other")
    more: dict[str, Any] = {"period": OTHER_PERIOD}
    if difference == "metric":
        more = {"metric_id": api.id("other")}
    await api.goal("south", **more)

    error = await api.refused(
        "PATCH", api.at("south"), {"parent_id": api.id("company")}, status=422
    )

    assert told(error) == expected


async def test_a_goal_is_attached_moved_and_detached(api: Api) -> None:
    """The parent of a goal can be set, changed and taken away."""
    await api.company()
    await api.goal("south")

    attached = await api.change(api.at("south"), {"parent_id": api.id("north")})
    moved = await api.change(api.at("south"), {"parent_id": api.id("company")})
    detached = await api.change(api.at("south"), {"parent_id": None})

    parents = [goal["parent_id"] for goal in (attached, moved, detached)]
    assert parents == [api.id("north"), api.id("company"), None]
    versions = [goal["version"] for goal in (attached, moved, detached)]
    assert versions == sorted(set(versions))


@pytest.mark.parametrize("parent", ["company", "north"])
async def test_a_goal_cannot_become_its_own_ancestor(api: Api, parent: str) -> None:
    """Neither directly nor through a goal below it."""
    await api.company()

    error = await api.refused(
        "PATCH", api.at("company"), {"parent_id": api.id(parent)}, status=422
    )

    assert told(error) == ("goal_cycle", None, "parent_id")


async def test_goals_of_one_request_cannot_be_their_own_ancestors(api: Api) -> None:
    """Two new goals that name one another are refused together."""
    await api.user("ada")
    await api.metric()
    body = [
        api.goal_body("one", parent_id=api.id("other")),
        api.goal_body("other", parent_id=api.id("one")),
    ]

    error = await api.refused("POST", "/v1/goals", body, status=422)

    assert told(error) == ("goal_cycle", None, "[0].parent_id")


async def test_a_tree_is_64_levels_deep_at_most(api: Api) -> None:
    """The root is at depth 0; a goal at depth 65 is refused, new or attached."""
    await api.user("ada")
    await api.metric()
    chain = [api.goal_body("0")] + [
        api.goal_body(str(depth), parent_id=api.id(str(depth - 1)))
        for depth in range(1, 65)
    ]
    await api.create("/v1/goals", chain)
    await api.goal("loose")
    await api.goal("below-loose", parent_id=api.id("loose"))

    new = await api.refused(
        "POST", "/v1/goals", api.goal_body("65", parent_id=api.id("64")), status=422
    )
    attached = await api.refused(
        "PATCH", api.at("loose"), {"parent_id": api.id("63")}, status=422
    )

    assert told(new) == ("goal_too_deep", None, "parent_id")
    assert told(attached) == ("goal_too_deep", None, "parent_id")
    await api.change(api.at("loose"), {"parent_id": api.id("62")})


async def test_a_team_manages_no_goal(api: Api) -> None:
    """Records are rolled up with the manager's rights, and a team has none."""
    await api.company()
    await api.create("/v1/teams", {"id": api.id("team"), "name": "Team"})

    new = await api.refused(
        "POST",
        "/v1/goals",
        api.goal_body("south", manager_id=api.id("team")),
        status=422,
    )
    changed = await api.refused(
        "PATCH", api.at("north"), {"manager_id": api.id("team")}, status=422
    )

    expected = ("goal_manager_must_be_user", "8004f684", "manager_id")
    assert told(new) == told(changed) == expected


async def test_the_admin_token_is_no_manager(api: Api) -> None:
    """Whoever creates a goal manages it, but a token is no user."""
    await api.user("ada")
    await api.metric()
    body = api.goal_body("company")
    del body["manager_id"]

    error = await api.refused("POST", "/v1/goals", body, status=422)

    assert told(error) == ("goal_manager_required", None, "manager_id")


@pytest.mark.parametrize(
    ("more", "field"),
    [
        ({"owner": {"type": "user", "id": "nobody"}}, "owner"),
        ({"owner": {"type": "team", "id": "nobody"}}, "owner"),
        ({"manager_id": "nobody"}, "manager_id"),
        ({"metric_id": "none"}, "metric_id"),
        ({"parent_id": "none"}, "parent_id"),
    ],
)
async def test_a_goal_refers_to_what_exists(
    api: Api, more: dict[str, Any], field: str
) -> None:
    """A new goal cannot name what is not there."""
    await api.user("ada")
    await api.metric()

    error = await api.refused(
        "POST", "/v1/goals", api.goal_body("company", **more), status=422
    )

    assert told(error) == ("reference_not_found", None, field)


@pytest.mark.parametrize(
    ("without", "error_name"),
    [("metric_id", "metric_required"), ("period", "period_required")],
)
async def test_a_root_needs_metric_and_period(
    api: Api, without: str, error_name: str
) -> None:
    """Only a parent can lend them."""
    await api.user("ada")
    await api.metric()
    body = api.goal_body("company")
    del body[without]

    error = await api.refused("POST", "/v1/goals", body, status=422)

    assert told(error) == (error_name, None, without)


@pytest.mark.parametrize(
    ("period", "status", "expected"),
    [
        (
            {"start": "2026-10-01"},
            422,
            ("period_needs_both_dates", "80044907", "period.end"),
        ),
        (
            {"end": "2026-12-31"},
            422,
            ("period_needs_both_dates", "80044907", "period.start"),
        ),
        (
            {"start": "2026-12-31", "end": "2026-10-01"},
            422,
            ("period_ends_before_it_starts", None, "period.end"),
        ),
        (
            {"start": "1899-12-31", "end": "2026-12-31"},
            422,
            ("year_out_of_range", None, "period.start"),
        ),
        (
            {"start": "2026-10-01", "end": "2201-01-01"},
            422,
            ("year_out_of_range", None, "period.end"),
        ),
        (
            {"start": "2026-02-30", "end": "2026-12-31"},
            400,
            ("invalid_field", None, "period.start"),
        ),
        (
            {"start": 20261001, "end": "2026-12-31"},
            400,
            ("invalid_field", None, "period.start"),
        ),
    ],
)
async def test_a_period_is_two_days_in_order(
    api: Api,
    period: dict[str, Any],
    status: int,
    expected: tuple[str, str | None, str],
) -> None:
    """Both days are needed, exist, lie within reason, and follow one another."""
    await api.user("ada")
    await api.metric()
    body = api.goal_body("company", period={"kind": "custom", **period})

    error = await api.refused("POST", "/v1/goals", body, status=status)

    assert told(error) == expected


async def test_a_period_may_be_one_day(api: Api) -> None:
    """Both ends are inclusive, so the first day may be the last."""
    await api.user("ada")
    await api.metric()
    period = {"kind": "custom", "start": "2026-10-01", "end": "2026-10-01"}

    company = await api.create("/v1/goals", api.goal_body("company", period=period))

    assert company["period"] == period


@pytest.mark.parametrize(
    ("period", "field"),
    [
        ({"kind": "lunar", "year": 2026, "period": 4}, "period.kind"),
        ({"kind": "fiscal", "year": "2026", "period": 4}, "period.year"),
        ({"kind": "fiscal", "year": 2026, "period": 4, "week": 1}, "period.week"),
    ],
)
async def test_periods_of_other_kinds_are_not_taken(
    api: Api, period: dict[str, Any], field: str
) -> None:
    """What this version does not know it refuses, instead of dropping it."""
    await api.user("ada")
    await api.metric()

    error = await api.refused(
        "POST", "/v1/goals", api.goal_body("company", period=period), status=400
    )

    assert error["error"] in {"invalid_field", "unknown_field"}
    assert error["field"] == field


async def test_a_time_zone_exists(api: Api) -> None:
    """A zone is one of the tz database's."""
    await api.user("ada")
    await api.metric()

    error = await api.refused(
        "POST",
        "/v1/goals",
        api.goal_body("company", time_zone="Europe/Atlantis"),
        status=422,
    )

    assert told(error) == ("time_zone_unknown", None, "time_zone")


async def test_the_metric_changes_only_on_a_goal_alone(api: Api) -> None:
    """Neither with a parent nor with children."""
    await api.company()
    await api.metric("other")
    await api.goal("alone")
    change = {"metric_id": api.id("other")}

    child = await api.refused("PATCH", api.at("north"), change, status=422)
    parent = await api.refused("PATCH", api.at("company"), change, status=422)
    alone = await api.change(api.at("alone"), change)

    assert told(child) == ("metric_change_on_child", "80044900", "metric_id")
    assert told(parent) == ("metric_change_on_parent", "80044902", "metric_id")
    assert alone["metric_id"] == api.id("other")


@pytest.mark.parametrize(
    "change", [{"period": OTHER_PERIOD}, {"time_zone": "Europe/Berlin"}]
)
async def test_the_period_changes_on_the_root_for_the_whole_tree(
    api: Api, change: dict[str, Any]
) -> None:
    """A child is refused; the root carries all below it along."""
    await api.company()
    await api.goal("deep", parent_id=api.id("north"))

    child = await api.refused("PATCH", api.at("north"), change, status=422)
    root = await api.change(api.at("company"), change)

    assert told(child) == ("period_change_on_child", "80044901", "period")
    for name in ("north", "deep"):
        below = await api.read(api.at(name))
        assert below["period"] == root["period"]
        assert below["time_zone"] == root["time_zone"]
        assert below["version"] > root["version"] - 1
    (field,) = change
    assert root[field] == change[field]


@pytest.mark.parametrize("field", ["metric_id", "period", "time_zone"])
async def test_parent_and_metric_or_period_do_not_change_together(
    api: Api, field: str
) -> None:
    """One request that says both is refused."""
    await api.company()
    await api.goal("south")
    await api.metric("other")
    given = {
        "metric_id": api.id("other"),
        "period": OTHER_PERIOD,
        "time_zone": "Asia/Tokyo",
    }
    change = {"parent_id": api.id("company"), field: given[field]}

    error = await api.refused("PATCH", api.at("south"), change, status=422)

    expected = ("parent_with_metric_or_period", "8004480c", "parent_id")
    assert told(error) == expected


async def test_writing_a_goal_back_as_it_was_read_changes_nothing(api: Api) -> None:
    """Parent, metric and period may all be said if none of them changes."""
    await api.company()
    north = await api.read(api.at("north"))
    same = {
        name: north[name]
        for name in (
            "title",
            "metric_id",
            "owner",
            "manager_id",
            "parent_id",
            "period",
            "time_zone",
            "target",
            "stretch_target",
            "owner_records_only",
            "rollup_only_from_children",
            "attributes",
            "shared_with",
        )
    }

    after = await api.change(api.at("north"), same)

    assert after["version"] == north["version"]


@pytest.mark.parametrize(
    ("metric", "target", "expected"),
    [
        ({}, "-0.0001", "target_negative"),
        ({}, "1.00001", "target_too_precise"),
        ({}, "100000000000000000", "target_too_large"),
        ({"data_type": "decimal"}, "1.001", "target_too_precise"),
        ({"data_type": "integer"}, "1.5", "target_too_precise"),
    ],
)
async def test_a_target_is_of_its_metrics_type(
    api: Api, metric: dict[str, Any], target: str, expected: str
) -> None:
    """Money has four decimals, a decimal two, an integer none; none is negative."""
    await api.company()
    await api.metric("typed", **metric)
    body = api.goal_body("south", metric_id=api.id("typed"), target=target)

    error = await api.refused("POST", "/v1/goals", body, status=422)

    assert told(error) == (expected, None, "target")


@pytest.mark.parametrize(
    ("metric", "sent", "shown"),
    [
        ({}, "0", "0.0000"),
        ({}, "99999999999999999.9999", "99999999999999999.9999"),
        ({}, "12345678901234567.8901", "12345678901234567.8901"),
        ({"data_type": "decimal"}, "1.50", "1.50"),
        ({"data_type": "integer"}, "7.000", "7"),
    ],
)
@pytest.mark.parametrize("form", ["text", "number"])
async def test_targets_keep_every_digit(
    api: Api, metric: dict[str, Any], sent: str, shown: str, form: str
) -> None:
    """As text or as a JSON number, never through binary floating point."""
    await api.company()
    await api.metric("typed", **metric)
    await api.goal("south", metric_id=api.id("typed"))
    value = f'"{sent}"' if form == "text" else sent

    answer = await api.client.patch(
        api.at("south"),
        content=f'{{"target": {value}}}',
        headers={"Content-Type": "application/json"},
    )

    assert answer.json()["target"] == shown
    assert (await api.read(api.at("south")))["target"] == shown


@pytest.mark.parametrize("value", [True, "1e3", "1,5", "NaN", "", [], "٣"])
async def test_what_is_no_amount_is_not_understood(api: Api, value: object) -> None:
    """Neither truth values nor other scripts' digits are amounts."""
    await api.company()

    error = await api.refused("PATCH", api.at("north"), {"target": value}, status=400)

    assert told(error) == ("invalid_field", None, "target")


async def test_a_stretch_target_needs_a_metric_that_tracks_it(api: Api) -> None:
    """Where the metric does not, it is refused."""
    await api.company()
    await api.metric("stretching", stretch_tracked=True)

    error = await api.refused(
        "PATCH", api.at("north"), {"stretch_target": "50"}, status=422
    )
    south = await api.create(
        "/v1/goals",
        api.goal_body("south", metric_id=api.id("stretching"), stretch_target="50"),
    )

    assert told(error) == ("stretch_not_tracked", None, "stretch_target")
    assert south["stretch_target"] == "50.0000"


async def test_targets_must_fit_a_new_metric_too(api: Api) -> None:
    """A goal with a target of fractions cannot come to count whole things."""
    await api.company()
    await api.metric("whole", data_type="integer")
    await api.goal("alone", target="1.5")

    error = await api.refused(
        "PATCH", api.at("alone"), {"metric_id": api.id("whole")}, status=422
    )
    both = await api.change(
        api.at("alone"), {"metric_id": api.id("whole"), "target": "2"}
    )

    assert told(error) == ("target_too_precise", None, "target")
    assert both["target"] == "2"


async def test_a_target_can_be_taken_away(api: Api) -> None:
    """Null is a value: no target."""
    await api.company()

    north = await api.change(api.at("north"), {"target": None})

    assert north["target"] is None
    assert north["today"]["target"] is None


async def test_deleting_a_goal_leaves_its_children_as_roots(api: Api) -> None:
    """Nothing else goes with it."""
    await api.company()
    await api.goal("deep", parent_id=api.id("north"))

    answer = await api.client.delete(api.at("north"))

    assert answer.status_code == 204
    assert (await api.read(api.at("deep")))["parent_id"] is None
    assert (await api.read(api.at("company")))["version"] > 0
    error = await api.refused("GET", api.at("north"), status=404)
    assert told(error) == ("not_found", None, None)


async def test_a_goals_id_can_be_taken_up_again(api: Api) -> None:
    """The new goal is another one: its version goes on, its number is new."""
    await api.company()
    before = await api.read(api.at("north"))
    connection = await api.installation.connect()
    find = "SELECT number FROM goals.goal WHERE id = $1"
    number = await connection.fetchval(find, api.id("north"))

    await api.client.delete(api.at("north"))
    after = await api.create("/v1/goals", api.goal_body("north"))

    assert after["version"] > before["version"]
    assert await connection.fetchval(find, api.id("north")) > number
    await connection.close()
