"""Cloning a tree over HTTP: what is created, what is tried, what is refused."""

from typing import Any

import pytest

from tests.integration.goals.conftest import Api
from tests.integration.goals.telling import told

pytestmark = pytest.mark.asyncio(loop_scope="package")


async def _tree(api: Api) -> str:
    """Create company (100.01) over north (60.01) and south (40); return the path."""
    await api.user("ada")
    await api.metric()
    await api.goal("company", target="100.01", rollup_only_from_children=True)
    await api.goal("north", parent_id=api.id("company"), target="60.01")
    await api.goal("south", parent_id=api.id("company"), target="40")
    return f"{api.at('company')}/clone"


async def _clone(api: Api, path: str, body: Any = None, **more: Any) -> Any:
    answer = await api.client.post(path, json=body, **more)
    assert answer.status_code == 201, answer.text[:500]
    return answer.json()["items"]


async def test_a_tree_is_cloned_into_the_next_period(api: Api) -> None:
    """All of it, raised, with sums that add up and with where it comes from."""
    path = await _tree(api)
    body = {"uplift_percent": "2.5", "id_suffix": "-next"}

    items = await _clone(api, path, body)

    names = ("company", "north", "south")
    assert [one["id"] for one in items] == [api.id(f"{name}-next") for name in names]
    for name, target in zip(names, ("102.5102", "61.5102", "41.0000"), strict=True):
        before = await api.read(api.at(name))
        goal = await api.read(api.at(f"{name}-next"))
        assert goal["target"] == target
        assert goal["period"] == {
            "kind": "custom",
            "start": "2027-01-01",
            "end": "2027-03-31",
        }
        assert (goal["cloned_from"], before["cloned_from"]) == (before["id"], None)
        for same in ("title", "owner", "manager_id", "metric_id", "time_zone"):
            assert goal[same] == before[same]
        assert goal["rollup_only_from_children"] == before["rollup_only_from_children"]
    assert items[1]["parent_id"] == items[2]["parent_id"] == items[0]["id"]
    assert items[0]["parent_id"] is None


async def test_a_clone_can_be_tried_first(api: Api) -> None:
    """The answer is what would be; nothing of it is stored, not even under a key."""
    path = await _tree(api)
    body = {"id_suffix": "-next"}
    key = {"headers": {"Idempotency-Key": api.id("key")}}

    tried = await _clone(api, f"{path}?dry_run=true", body, **key)

    assert [one["version"] for one in tried] == [0, 0, 0]
    await api.refused("GET", api.at("company-next"), status=404)
    done = await _clone(api, path, body, **key)
    same = ("id", "target", "period", "parent_id", "cloned_from")
    assert [[one[name] for name in same] for one in done] == [
        [one[name] for name in same] for one in tried
    ]
    assert await _clone(api, path, body, **key) == done


async def test_clones_get_ids_of_their_own(api: Api) -> None:
    """Without a body too, and as often as one likes."""
    path = await _tree(api)

    first, second = await _clone(api, path), await _clone(api, path, {})

    ids = {one["id"] for one in (*first, *second)}
    assert len(ids) == 6
    assert {one["cloned_from"] for one in second} == {
        api.id(name) for name in ("company", "north", "south")
    }
    # The clone of a clone comes from that.
    third = await _clone(api, f"/v1/goals/{first[0]['id']}/clone")
    assert third[0]["cloned_from"] == first[0]["id"]
    assert third[0]["period"]["start"] == "2027-04-01"


async def test_what_was_cloned_is_split_by_the_last_period(api: Api) -> None:
    """Whoever owns it: it is known where it comes from."""
    path = await _tree(api)
    await _clone(api, path, {"id_suffix": "-next"})

    error = await api.refused(
        "POST",
        f"{api.at('company-next')}/split-target",
        {"by": "last_period"},
        status=422,
    )

    assert told(error) == ("no_last_period", None, "by")
    assert f"continues goal {api.id('north')}, which shows no actual" in error["detail"]


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        ({"uplift_percent": "-101"}, 400, ("invalid_field", None, "uplift_percent")),
        ({"uplift_percent": "much"}, 400, ("invalid_field", None, "uplift_percent")),
        ({"id_suffix": ""}, 400, ("invalid_field", None, "id_suffix")),
        ({"id_suffix": "x" * 200}, 400, ("invalid_field", None, "id_suffix")),
        ({"uplift_percent": 10**20}, 422, ("target_too_large", None, "target")),
        (
            {"period": {"kind": "custom", "start": "2027-01-01"}},
            422,
            ("period_needs_both_dates", "80044907", "period.end"),
        ),
        ({"prefix": "x"}, 400, ("unknown_field", None, "prefix")),
    ],
)
async def test_what_cannot_be_cloned_is_refused(
    api: Api, body: Any, status: int, expected: tuple[str, str | None, str]
) -> None:
    """And nothing is created."""
    path = await _tree(api)

    error = await api.refused("POST", path, body, status=status)

    assert told(error) == expected


async def test_ids_must_be_free_and_the_goal_a_root(api: Api) -> None:
    """The second clone with one suffix would take the ids of the first."""
    path = await _tree(api)
    await _clone(api, path, {"id_suffix": "-next"})

    taken = await api.refused("POST", path, {"id_suffix": "-next"}, status=409)
    child = await api.refused("POST", f"{api.at('north')}/clone", {}, status=422)
    missing = await api.refused("POST", f"{api.at('nobody')}/clone", {}, status=404)

    assert told(taken) == ("id_taken", None, "id_suffix")
    assert told(child) == ("not_a_root", None, "parent_id")
    assert told(missing) == ("not_found", None, None)


async def test_a_period_that_nothing_can_follow(api: Api) -> None:
    """The last year that goals may have."""
    await api.user("ada")
    await api.metric()
    period = {"kind": "fiscal", "year": 2200, "period": 4}
    await api.goal("company", period=period)

    error = await api.refused("POST", f"{api.at('company')}/clone", status=422)

    assert told(error) == ("period_cannot_follow", None, "period")
