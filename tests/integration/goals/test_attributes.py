"""Custom attributes of goals: kept, shown, searched."""

import json
from typing import Any
from urllib.parse import urlencode

import pytest

from tests.integration.goals.conftest import Api
from tests.integration.goals.rolled_up import roll_up
from tests.integration.goals.telling import told
from tests.integration.goals.test_stream import watching

pytestmark = pytest.mark.asyncio(loop_scope="package")

SENT = """
{"region": "EMEA", "heads": 12.50, "big": 12345678901234567890, "old": null,
 "key": true}
"""
KEPT = {
    "region": "EMEA",
    "heads": "12.50",
    "big": "12345678901234567890",
    "old": None,
    "key": True,
}


async def set_attributes(api: Api, name: str, attributes: str) -> Any:
    """Give a goal attributes, digit by digit as they stand there."""
    answer = await api.client.patch(
        api.at(name),
        content=f'{{"attributes": {attributes}}}',
        headers={"Content-Type": "application/json"},
    )
    assert answer.status_code == 200, answer.text[:500]
    return answer.json()


async def found(api: Api, *conditions: str) -> list[str]:
    """Return which goals of this test a list shows under conditions."""
    query = urlencode(
        [
            ("metric_id", api.id("revenue")),
            *(("attribute", condition) for condition in conditions),
        ]
    )
    page = await api.read(f"/v1/goals?{query}")
    return [goal["id"].removeprefix(api.prefix) for goal in page["items"]]


async def test_a_goal_has_no_attributes_until_it_is_given_some(api: Api) -> None:
    """An empty map, never null."""
    await api.company()

    assert (await api.read(api.at("north")))["attributes"] == {}


async def test_attributes_are_shown_wherever_the_goal_is(api: Api) -> None:
    """With every digit: in the answer, a read, a list, the tree and the stream."""
    await api.company()
    path = f"/v1/goals?metric_id={api.id('revenue')}&root=false"

    changed = await set_attributes(api, "north", SENT)
    connection = await api.installation.connect()
    for name in ("company", "north"):
        await roll_up(connection, api.id(name))
    await connection.close()
    tree = await api.read(f"{api.at('company')}/tree")
    async with watching(api, f"root={api.id('company')}") as stream:
        picture = await stream.next()

    read = await api.read(api.at("north"))
    [listed] = (await api.read(path))["items"]
    for goal in (changed, read, listed, tree["children"][0], picture.data[1]):
        assert goal["attributes"] == KEPT
    assert tree["attributes"] == picture.data[0]["attributes"] == {}


async def test_a_goal_is_created_with_attributes(api: Api) -> None:
    """Also where many are created at once."""
    await api.company()
    parent = {"parent_id": api.id("company")}
    body = [
        api.goal_body("east", **parent, attributes={"region": "APAC"}),
        api.goal_body("west", **parent),
    ]

    created = await api.create("/v1/goals", body)

    assert [one["attributes"] for one in created["items"]] == [{"region": "APAC"}, {}]
    assert (await api.read(api.at("east")))["attributes"] == {"region": "APAC"}


async def test_a_patch_replaces_the_whole_map(api: Api) -> None:
    """What it does not name is gone; without the field nothing changes."""
    await api.company()
    before = await set_attributes(api, "north", SENT)

    same = await set_attributes(api, "north", json.dumps(KEPT))
    titled = await api.change(api.at("north"), {"title": "Nord"})
    other = await api.change(api.at("north"), {"attributes": {"key": False}})
    none = await api.change(api.at("north"), {"attributes": {}})

    assert same["version"] == before["version"]
    assert titled["attributes"] == KEPT
    assert other["attributes"] == {"key": False}
    assert none["attributes"] == {}
    assert (await api.read(api.at("north")))["attributes"] == {}


@pytest.mark.parametrize(
    ("attributes", "status", "expected", "words"),
    [
        (
            {"tags": ["a"]},
            422,
            ("attribute_not_flat", None, "attributes.tags"),
            "it is a list or an object; allowed are text, a number,",
        ),
        (
            {str(one): "x" for one in range(101)},
            422,
            ("too_many_attributes", None, "attributes"),
            "it has 101 attributes, 100 are allowed; leave some out",
        ),
        (
            {"region": "x" * 1_001},
            400,
            ("invalid_field", None, "attributes.region"),
            "it has 1001 characters, 1000 are allowed; shorten it",
        ),
        (
            {"a:b": "x"},
            400,
            ("invalid_field", None, "attributes"),
            "the attribute a:b has a colon in its name",
        ),
        (
            {"": "x"},
            400,
            ("invalid_field", None, "attributes"),
            "has 0 characters, 1 to 200 are allowed",
        ),
        (None, 400, ("invalid_field", None, "attributes"), "it is no map"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_attributes_are_a_flat_map_within_limits(
    api: Api,
    method: str,
    attributes: object,
    status: int,
    expected: tuple[str, None, str],
    words: str,
) -> None:
    """What was found, what is allowed and what to do are told."""
    await api.company()
    path, body = api.at("north"), {"attributes": attributes}
    if method == "POST":
        path, body = "/v1/goals", api.goal_body("south", attributes=attributes)

    error = await api.refused(method, path, body, status=status)

    assert told(error) == expected
    assert words in error["detail"]


async def test_an_attribute_is_given_once(api: Api) -> None:
    """Of two values under one name neither is guessed to be meant."""
    await api.company()

    answer = await api.client.patch(
        api.at("north"),
        content='{"attributes": {"region": "EMEA", "region": "APAC"}}',
        headers={"Content-Type": "application/json"},
    )

    assert answer.status_code == 400
    assert told(answer.json()) == ("duplicate_field", None, "region")


async def test_goals_are_found_by_their_attributes(api: Api) -> None:
    """Each condition must hold; truth and null by the names they have in JSON."""
    await api.company()
    await set_attributes(api, "north", SENT)
    await set_attributes(api, "company", '{"region": "EMEA", "key": "true", "n": 1}')

    assert await found(api, "region:EMEA") == ["company", "north"]
    assert await found(api, "region:EMEA", "heads:12.50") == ["north"]
    assert await found(api, "region:EMEA", "region:APAC") == []
    assert await found(api, "big:12345678901234567890") == ["north"]
    assert await found(api, "key:true") == ["company", "north"]
    assert await found(api, "key:false") == []
    assert await found(api, "old:null") == ["north"]
    assert await found(api, "none:null") == []
    assert await found(api, "region:emea") == []
    assert await found(api, "heads:12.5") == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ('say "x"', "back\\slash"),
        ("株式会社", "🙂: ü"),
        ("$.a", '" || true || "'),
        ("a.b", "%"),
        ("empty", ""),
    ],
)
async def test_any_name_and_text_is_found(api: Api, name: str, value: str) -> None:
    """Nothing in it is taken for a part of the question."""
    await api.company()
    await api.change(api.at("north"), {"attributes": {name: value}})
    await api.change(api.at("company"), {"attributes": {"other": value, "a": "b"}})

    assert await found(api, f"{name}:{value}") == ["north"]


@pytest.mark.parametrize(
    "query", ["attribute=region", "attribute=:x", "attribute=a:%00"]
)
async def test_a_search_needs_name_and_value(api: Api, query: str) -> None:
    """It would otherwise be answered with nothing, or everything."""
    error = await api.refused("GET", f"/v1/goals?{query}", status=400)

    assert told(error) == ("invalid_parameter", None, "attribute")


async def test_a_search_has_so_many_conditions(api: Api) -> None:
    """One more than twenty is refused."""
    query = "&".join(f"attribute=a:{one}" for one in range(21))

    error = await api.refused("GET", f"/v1/goals?{query}", status=400)

    assert told(error) == ("invalid_parameter", None, "attribute")


async def test_the_search_is_served_by_an_index(api: Api) -> None:
    """Not by reading all goals."""
    connection = await api.installation.connect()
    try:
        async with connection.transaction():
            await connection.execute("SET LOCAL enable_seqscan = off")
            plan = await connection.fetch(
                "EXPLAIN SELECT id FROM goals.goal WHERE attributes @@ "
                """'$."a" == "x" && ($."key" == "true" || $."key" == true)'"""
            )
    finally:
        await connection.close()

    assert "goal_attributes" in str(plan)
