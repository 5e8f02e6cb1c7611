"""Rollup queries over HTTP: defined, refused, given to goals, announced."""

import json
from decimal import Decimal
from typing import Any

import pytest

from shared.messages.definitions import (
    GoalDefinition,
    RollupQueryDefinition,
)
from shared.queries.conditions import AnyOf
from shared.queries.reading import CONDITIONS_MAX, where_of
from tests.integration.goals.conftest import Api, Installation, running
from tests.integration.goals.telling import told
from tests.integration.goals.test_outbox import listening

pytestmark = pytest.mark.asyncio(loop_scope="package")

PATH = "/v1/rollup-queries"
LATE = {"attribute": "actualclosedate", "operator": "last-x-days", "value": 7}
# Digits that binary floating point has not.
EXACT = (
    '{"any": [{"attribute": "n", "operator": "in", "value": [1.50, '
    '12345678901234567890.123456789, "1.50", true, -7]},'
    ' {"operator": "gt", "value": "1000", "attribute": "n"}]}'
)


def query_body(api: Api, name: str = "late", /, **more: Any) -> dict[str, Any]:
    """Return what makes a query over opportunities."""
    body = {"id": api.id(name), "name": name, "entity": "opportunity", "where": LATE}
    return body | more


async def query(api: Api, name: str = "late", /, **more: Any) -> str:
    """Create a query over opportunities; return the id."""
    created = await api.create(PATH, query_body(api, name, **more))
    return str(created["id"])


async def send(api: Api, method: str, path: str, text: str) -> Any:
    """Send a body digit by digit as it stands there."""
    return await api.client.request(
        method, path, content=text, headers={"Content-Type": "application/json"}
    )


async def listed(api: Api) -> list[Any]:
    """Return all queries, page by page."""
    found, after = [], ""
    while True:
        page = await api.read(f"{PATH}?limit=2{after}")
        found += page["items"]
        if page["next"] is None:
            return found
        after = f"&after={page['next']}"


async def test_a_query_is_read_back_as_it_was_defined(api: Api) -> None:
    """In the answer, by itself and in a list; active unless said otherwise."""
    body = query_body(api)

    created = await api.create(PATH, body)

    assert created == body | {"version": created["version"], "state": "active"}
    assert created == await api.read(api.at("late", of="rollup-queries"))
    assert created in await listed(api)


async def test_numbers_of_a_query_keep_their_digits(api: Api) -> None:
    """And what was text stays text."""
    fields = f'"id": "{api.id("q")}", "name": "Q", "entity": "deal"'

    created = await send(api, "POST", PATH, f'{{{fields}, "where": {EXACT}}}')
    read = await api.client.get(api.at("q", of="rollup-queries"))
    same = await send(
        api, "PATCH", api.at("q", of="rollup-queries"), f'{{"where": {EXACT}}}'
    )

    assert created.status_code == 201, created.text
    for answer in (created, read, same):
        where = answer.text[answer.text.index('"where":') :]
        assert '[1.50,12345678901234567890.123456789,"1.50",true,-7]' in where
        assert '"value":"1000"' in where
    assert same.json()["version"] == created.json()["version"]


@pytest.mark.parametrize("where", [{}, {"where": None}])
async def test_a_query_without_conditions_matches_everything(
    api: Api, where: dict[str, None]
) -> None:
    """Whether they are null or left out."""
    body = query_body(api) | where
    if not where:
        del body["where"]

    created = await api.create(PATH, body)

    assert created["where"] is None
    assert (await api.read(api.at("late", of="rollup-queries")))["where"] is None


async def test_a_query_changes_but_for_its_entity(api: Api) -> None:
    """Only over the version that was read, if one is named."""
    created = await api.create(PATH, query_body(api))
    path = api.at("late", of="rollup-queries")

    changed = await api.change(
        path, {"name": "x", "state": "inactive", "where": {"all": [LATE]}}
    )
    same = await api.change(path, {"entity": "opportunity", "state": "inactive"})
    frozen = await api.refused("PATCH", path, {"entity": "phonecall"}, status=422)
    late = await api.client.patch(
        path, json={"name": "y"}, headers={"If-Match": f'"{created["version"]}"'}
    )

    assert changed["version"] > created["version"]
    assert changed == same == await api.read(path)
    assert changed["where"] == {"all": [LATE]}
    assert told(frozen) == ("query_entity_frozen", None, "entity")
    assert (late.status_code, late.json()["error"]) == (409, "version_conflict")


async def test_the_same_request_again_gets_the_same_answer(api: Api) -> None:
    """Under an idempotency key, digit by digit."""
    text = json.dumps(query_body(api)).replace("7}", "7.00}")
    more = {"Content-Type": "application/json", "Idempotency-Key": api.id("key")}

    answers = [
        await api.client.post(PATH, content=text, headers=more) for _ in range(2)
    ]

    assert [one.status_code for one in answers] == [201, 201]
    assert answers[0].content == answers[1].content
    assert '"value":7.00' in answers[0].text


def deep(levels: int) -> Any:
    """Return conditions in so many groups."""
    where: Any = LATE
    for _ in range(levels):
        where = {"all": [where]}
    return where


@pytest.mark.parametrize(
    ("where", "field", "words"),
    [
        ("x", "where", 'found "x" where a condition is needed; write an object'),
        ({"all": [LATE, {}]}, "where.all[1]", "has exactly one of all, any, not,"),
        ({"any": []}, "where.any", "it is empty and matches nothing"),
        (
            {"not": {**LATE, "operator": "last-days"}},
            "where.not.operator",
            'found "last-days"; allowed are eq, ne,',
        ),
        ({**LATE, "value": 0}, "where.value", "write a whole number, 1 to 10000"),
        (
            {"all": [LATE] * (CONDITIONS_MAX + 1)},
            "where.all",
            "501 conditions, 500 are allowed in a group",
        ),
        (deep(21), "where" + ".all[0]" * 21, "nest deeper than 20; flatten the query"),
        (deep(60), "where", "nest deeper than 20; flatten the query"),
    ],
)
@pytest.mark.parametrize("method", ["POST", "PATCH"])
async def test_a_query_that_does_not_read_is_refused(
    api: Api, method: str, where: Any, field: str, words: str
) -> None:
    """With its place; what was found, what is allowed and what to do are told."""
    await query(api)
    path, body = api.at("late", of="rollup-queries"), {"where": where}
    if method == "POST":
        path, body = PATH, query_body(api, "other", where=where)

    error = await api.refused(method, path, body, status=422)

    assert told(error) == ("query_unreadable", None, field)
    assert words in error["detail"]


@pytest.mark.parametrize(
    ("more", "error", "field"),
    [
        ({"name": ""}, "invalid_field", "name"),
        ({"entity": "a/b"}, "invalid_field", "entity"),
        ({"entity": None}, "invalid_field", "entity"),
        ({"state": "open"}, "invalid_field", "state"),
        ({"conditions": {}}, "unknown_field", "conditions"),
    ],
)
async def test_what_is_no_query_is_refused(
    api: Api, more: dict[str, Any], error: str, field: str
) -> None:
    """By name and field."""
    refused = await api.refused("POST", PATH, query_body(api, **more), status=400)

    assert told(refused) == (error, None, field)


async def test_half_a_character_is_refused(api: Api) -> None:
    """Nothing could store it."""
    text = json.dumps(query_body(api)).replace('"actualclosedate"', '"\\ud800"')

    answer = await send(api, "POST", PATH, text)

    assert answer.status_code == 400
    assert told(answer.json()) == ("invalid_field", None, "where")
    assert "half of a character" in answer.json()["detail"]


async def test_a_query_of_many_is_refused_by_its_place(api: Api) -> None:
    """And none of them is stored."""
    bodies = [query_body(api, "a"), query_body(api, "b", where={"all": [1]})]

    error = await api.refused("POST", PATH, bodies, status=422)

    assert told(error) == ("query_unreadable", None, "[1].where.all[0]")
    missing = await api.client.get(api.at("a", of="rollup-queries"))
    assert missing.status_code == 404


async def test_a_query_reads_by_what_is_declared(api: Api) -> None:
    """Of its own entity and of those it links to; what reads now, reads on."""
    account = api.id("account")
    entity = f"/v1/entities/{account}"
    await api.create("/v1/entities", {"id": account, "attributes": {"size": "text"}})

    def where(operator: str, value: Any) -> Any:
        test = {"attribute": "size", "operator": operator, "value": value}
        return {"all": [{"link": "accountid", "entity": account, "where": test}]}

    error = await api.refused(
        "POST", PATH, query_body(api, where=where("last-x-days", 1)), status=422
    )
    await query(api, where=where("gt", "m"))
    changed = await api.refused(
        "PATCH", entity, {"attributes": {"size": "number"}}, status=409
    )
    undeclared = await api.refused("PATCH", entity, {"attributes": {}}, status=409)
    gone = await api.refused("DELETE", entity, status=409)
    more = {"attributes": {"size": "text", "other": "date"}}
    assert (await api.change(entity, more))["attributes"] == more["attributes"]
    await api.client.delete(api.at("late", of="rollup-queries"))
    freed = await api.change(entity, {"attributes": {"size": "number"}})
    deleted = await api.client.delete(entity)

    assert told(error) == (
        "query_unreadable",
        None,
        "where.all[0].where.operator",
    )
    assert "size, which is text; allowed are" in error["detail"]
    assert told(changed) == told(undeclared) == ("entity_in_use", None, "attributes")
    assert told(gone) == ("entity_in_use", None, None)
    for refused in (changed, undeclared, gone):
        assert (
            f"rollup query {api.id('late')} would no longer read" in refused["detail"]
        )
    assert freed["attributes"] == {"size": "number"}
    assert deleted.status_code == 204


async def test_a_new_declaration_holds_to_the_queries_there_are(api: Api) -> None:
    """Also where several are made at once."""
    deal = api.id("deal")
    test = {"attribute": "size", "operator": "gt", "value": "5"}
    await query(api, entity=deal, where=test)
    other = {"id": api.id("other"), "attributes": {}}

    error = await api.refused(
        "POST",
        "/v1/entities",
        [other, {"id": deal, "attributes": {"size": "boolean"}}],
        status=409,
    )
    await api.create("/v1/entities", {"id": deal, "attributes": {"size": "number"}})

    assert told(error) == ("entity_in_use", None, "[1].attributes")


async def test_a_query_asks_for_fiscal_periods_that_there_are(
    installation: Installation,
) -> None:
    """A calendar may change under it; then only what it asks for anew is refused."""
    async with running(installation) as api:
        third = {"attribute": "d", "operator": "in-fiscal-period", "value": 3}
        month = {**third, "value": 103}
        monthly = {"fiscal_calendar": {"template": "monthly"}}
        path = api.at("late", of="rollup-queries")

        early = await api.refused(
            "POST", PATH, query_body(api, where={"all": [month]}), status=422
        )
        await query(api, where=third)
        await api.change("/v1/organization", monthly)
        renamed = await api.change(path, {"name": "Other"})
        again = await api.refused("PATCH", path, {"where": {"not": third}}, status=422)
        moved = await api.change(path, {"where": month})

    expected = ("fiscal_period_not_of_template", "80044814")
    assert told(early) == (*expected, "where.all[0].value")
    assert "the fiscal calendar is quarterly; allowed: 1 to 4" in early["detail"]
    assert renamed["where"] == third
    assert told(again) == (*expected, "where.not.value")
    assert "asks for fiscal period 3" in again["detail"]
    assert "is monthly; allowed: 101 to 112" in again["detail"]
    assert moved["where"] == month


async def test_a_query_in_use_stays(api: Api) -> None:
    """The goals are named, whichever measure it narrows."""
    await api.company()
    path, slots = api.at("late", of="rollup-queries"), {"queries": {"actual": None}}
    late = await query(api)
    for name in ("company", "north"):
        await api.change(api.at(name), {"queries": {"actual": late}})

    error = await api.refused("DELETE", path, status=409)
    await api.change(api.at("company"), slots)
    one = await api.refused("DELETE", path, status=409)
    await api.client.delete(api.at("north"))
    answer = await api.client.delete(path)

    assert told(error) == told(one) == ("query_in_use", None, None)
    names = f"{api.id('company')}, {api.id('north')}"
    assert f"it narrows goal {names}; take it from those goals" in error["detail"]
    assert f"it narrows goal {api.id('north')}; take" in one["detail"]
    assert answer.status_code == 204
    assert (await api.client.get(path)).status_code == 404


async def test_queries_are_announced(installation: Installation) -> None:
    """With exact conditions, after each change, and that they are gone."""
    async with running(installation) as api, listening(installation) as listener:
        text = json.dumps(query_body(api, where=0)).replace('"where": 0', "%s")
        created = await send(api, "POST", PATH, text % f'"where": {EXACT}')
        path = api.at("late", of="rollup-queries")
        changed = await api.change(path, {"state": "inactive"})
        await api.change(path, {"state": "inactive"})
        await api.client.delete(path)

        first, second, last = await listener.until(3)
    assert {one.key for one in (first, second, last)} == {
        f"rollup_query/{api.id('late')}"
    }
    one, other = (
        RollupQueryDefinition.model_validate_json(heard.value or b"")
        for heard in (first, second)
    )
    assert (one.id, one.version, one.name, one.entity, one.active) == (
        api.id("late"),
        created.json()["version"],
        "late",
        "opportunity",
        True,
    )
    assert "[1.50,12345678901234567890.123456789," in one.where
    tree = where_of(json.loads(one.where, parse_float=Decimal), one.entity, {})
    assert isinstance(tree, AnyOf)
    assert (other.version, other.active) == (changed["version"], False)
    assert other.where == one.where
    assert last.value is None


async def test_a_goal_is_announced_with_its_queries(installation: Installation) -> None:
    """Those that it has; a query comes before the goals that use it."""
    async with running(installation) as api, listening(installation) as listener:
        await api.user("ada")
        await api.metric()
        late = await query(api)
        await api.goal("company", queries={"actual": late})
        await api.change(api.at("company"), {"queries": {"actual": None}})

        heard = await listener.until(5)
    keys = [one.key.partition("/")[0] for one in heard]
    assert keys == ["user", "metric", "rollup_query", "goal", "goal"]
    queries = [
        GoalDefinition.model_validate_json(one.value or b"").queries
        for one in heard[3:]
    ]
    assert queries == [{"actual": late}, {}]
