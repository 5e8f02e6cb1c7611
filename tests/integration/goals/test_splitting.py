"""Splitting a target over HTTP: what is stored, what is tried, what is refused."""

from typing import Any

import pytest

from shared.domain.goals import Slot
from tests.integration.goals.conftest import Api
from tests.integration.goals.rolled_up import roll_up
from tests.integration.goals.telling import told

pytestmark = pytest.mark.asyncio(loop_scope="package")

CHILDREN = ("a", "b", "c")


async def _tree(api: Api, **more: Any) -> str:
    """Create company over a, b and c; return the path that splits its target."""
    await api.user("ada")
    await api.metric(**more)
    await api.goal("company", target="100.00")
    for name in CHILDREN:
        await api.goal(name, parent_id=api.id("company"))
    return f"{api.at('company')}/split-target"


async def _targets(api: Api) -> list[Any]:
    return [(await api.read(api.at(name)))["target"] for name in CHILDREN]


async def _split(api: Api, path: str, body: Any, **more: Any) -> Any:
    answer = await api.client.post(path, json=body, **more)
    assert answer.status_code == 200, answer.text[:500]
    return answer.json()["items"]


async def test_children_get_equal_shares(api: Api) -> None:
    """All of the target, to the last unit."""
    path = await _tree(api)

    items = await _split(api, path, {"by": "equal"})

    shares = ["33.3334", "33.3333", "33.3333"]
    assert [(one["id"], one["target"]) for one in items] == [
        (api.id(name), share) for name, share in zip(CHILDREN, shares, strict=True)
    ]
    assert await _targets(api) == shares
    again = await _split(api, path, {"by": "equal"})
    assert [one["version"] for one in again] == [one["version"] for one in items]


async def test_a_split_can_be_tried_first(api: Api) -> None:
    """The answer is what would be; nothing of it is stored, not even under a key."""
    path = await _tree(api)
    weights = {api.id("a"): "1", api.id("b"): "2.5", api.id("c"): 0}
    body = {"by": "weights", "weights": weights, "total": "7"}
    key = {"headers": {"Idempotency-Key": api.id("key")}}

    tried = await _split(api, f"{path}?dry_run=true", body, **key)

    assert [one["target"] for one in tried] == ["2.0000", "5.0000", "0.0000"]
    assert await _targets(api) == [None, None, None]
    done = await _split(api, path, body, **key)
    assert await _targets(api) == ["2.0000", "5.0000", "0.0000"]
    assert await _split(api, path, body, **key) == done


async def test_a_stretch_target_is_split(api: Api) -> None:
    """From a total, for the parent has none."""
    path = await _tree(api, stretch_tracked=True)
    body = {"by": "equal", "field": "stretch_target"}

    error = await api.refused("POST", path, body, status=422)
    items = await _split(api, path, {**body, "total": "3"})

    assert told(error) == ("no_target", None, "total")
    assert [one["stretch_target"] for one in items] == ["1.0000"] * 3


async def test_the_last_period_decides(api: Api) -> None:
    """What each owner's goal that ended the day before has reached is the weight."""
    path = await _tree(api)
    period = {"kind": "custom", "start": "2026-07-01", "end": "2026-09-30"}
    connection = await api.installation.connect()
    for name, actual in (("a", 20_000), ("b", -10_000), ("c", 60_000)):
        owner = {"type": "user", "id": await api.user(f"of-{name}")}
        await api.change(api.at(name), {"owner": owner})
        before = await api.goal(f"{name}-before", owner=owner, period=period)
        await roll_up(connection, before, computed={Slot.ACTUAL: actual})
    await connection.close()

    items = await _split(api, path, {"by": "last_period"})

    assert [one["target"] for one in items] == ["25.0000", "0.0000", "75.0000"]


async def test_without_a_last_period_it_is_refused(api: Api) -> None:
    """It says for which child."""
    path = await _tree(api)

    error = await api.refused("POST", path, {"by": "last_period"}, status=422)

    assert told(error) == ("no_last_period", None, "by")
    assert f"goal {api.id('a')} " in error["detail"]


@pytest.mark.parametrize(
    ("body", "status", "expected"),
    [
        ({"by": "weights"}, 422, ("weights_incomplete", None, "weights")),
        ({"by": "equal", "weights": {"a": 1}}, 400, ("invalid_field", None, "weights")),
        (
            {"by": "weights", "weights": {"a": "-1"}},
            400,
            ("invalid_field", None, "weights.a"),
        ),
        ({"by": "size"}, 400, ("invalid_field", None, "by")),
        ({}, 400, ("missing_field", None, "by")),
        ({"by": "equal", "total": "-1"}, 422, ("target_negative", None, "total")),
        (
            {"by": "equal", "field": "stretch_target", "total": "1"},
            422,
            ("stretch_not_tracked", None, "field"),
        ),
    ],
)
async def test_what_cannot_be_split_is_refused(
    api: Api, body: Any, status: int, expected: tuple[str, str | None, str]
) -> None:
    """And no child gets another target."""
    path = await _tree(api)

    error = await api.refused("POST", path, body, status=status)

    assert told(error) == expected
    assert await _targets(api) == [None, None, None]


async def test_a_goal_without_children_or_a_stale_one_is_not_split(api: Api) -> None:
    """Nor one that is not there."""
    path = await _tree(api)

    childless = await api.refused(
        "POST", f"{api.at('a')}/split-target", {"by": "equal"}, status=422
    )
    missing = await api.refused(
        "POST", f"{api.at('nobody')}/split-target", {"by": "equal"}, status=404
    )
    stale = await api.client.post(
        path, json={"by": "equal"}, headers={"If-Match": '"0"'}
    )

    assert told(childless) == ("no_children", None, None)
    assert told(missing) == ("not_found", None, None)
    assert stale.json()["error"] == "version_conflict"
