"""Rollup queries that come as FetchXML, and that are read as FetchXML."""

import json
from typing import Any

import pytest

from shared.queries.fetchxml_names import SIZE_MAX
from tests.integration.goals.conftest import Api
from tests.integration.goals.test_queries import PATH, query, send

pytestmark = pytest.mark.asyncio(loop_scope="package")

STATE = '<condition attribute="statecode" operator="eq" value="open"/>'
LARGE = '<condition attribute="value" operator="gt" value="1000"/>'
UNCOVERED = '<condition attribute="a" operator="contain-values" value="1"/>'
IS_OPEN = {"attribute": "@state", "operator": "eq", "value": "open"}


def fetch(conditions: str, entity: str = "opportunity") -> str:
    """Return FetchXML with one filter."""
    return (
        f'<fetch><entity name="{entity}"><filter>{conditions}</filter></entity></fetch>'
    )


def body(api: Api, name: str, conditions: str, /, **more: Any) -> dict[str, Any]:
    """Return what makes a query of FetchXML."""
    return {"id": api.id(name), "name": name, "fetchxml": fetch(conditions), **more}


async def read_xml(api: Api, name: str) -> str:
    """Return a query as FetchXML."""
    answer = await api.client.get(f"{api.at(name, of='rollup-queries')}/fetchxml")
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/xml"
    return answer.text


async def test_a_query_is_defined_in_fetchxml(api: Api) -> None:
    """It is kept as JSON, its entity being that of the FetchXML."""
    created = await api.create(PATH, body(api, "open", STATE))

    assert created == {
        "id": api.id("open"),
        "version": created["version"],
        "name": "open",
        "entity": "opportunity",
        "where": IS_OPEN,
        "state": "active",
    }
    assert created == await api.read(api.at("open", of="rollup-queries"))


async def test_many_are_defined_in_one_form_or_the_other(api: Api) -> None:
    """Each says its conditions in its own way."""
    of_cases = {
        "id": api.id("cases"),
        "name": "cases",
        "entity": "case",
        "where": IS_OPEN,
    }
    named = body(api, "named", STATE + LARGE, entity="opportunity")

    created = await api.create(PATH, [of_cases, named])

    assert [one["entity"] for one in created["items"]] == ["case", "opportunity"]
    assert created["items"][1]["where"] == {
        "all": [IS_OPEN, {"attribute": "value", "operator": "gt", "value": "1000"}]
    }


async def test_declared_types_decide_how_values_read(api: Api) -> None:
    """True and false are written as 1 and 0."""
    entity = api.id("deal")
    await api.create("/v1/entities", {"id": entity, "attributes": {"hot": "boolean"}})
    hot = '<condition attribute="hot" operator="eq" value="1"/>'
    cold = '<condition attribute="hot" operator="eq" value="2"/>'
    xml = {"id": api.id("hot"), "name": "hot", "fetchxml": fetch(hot, entity)}

    created = await api.create(PATH, xml)
    refused = await api.refused(
        "POST",
        PATH,
        xml | {"id": api.id("x"), "fetchxml": fetch(cold, entity)},
        status=422,
    )

    assert created["where"]["value"] is True
    assert (refused["error"], refused["field"]) == ("query_unreadable", "fetchxml")
    assert "line 1, column" in refused["detail"]
    assert "write true or false" in refused["detail"]


async def test_a_query_is_changed_by_fetchxml(api: Api) -> None:
    """What it looks at stays; the same conditions again change nothing."""
    path = api.at("late", of="rollup-queries")
    await query(api)

    changed = await api.change(path, {"fetchxml": fetch(STATE)})
    same = await api.change(path, {"fetchxml": fetch(STATE), "entity": "opportunity"})
    other = await api.refused(
        "PATCH", path, {"fetchxml": fetch(STATE, "case")}, status=422
    )

    assert changed["where"] == IS_OPEN
    assert same == changed
    assert other["error"] == "query_entity_frozen"


@pytest.mark.parametrize(
    ("more", "error", "field", "words"),
    [
        ({"where": {"all": []}}, "invalid_field", "fetchxml", "leave out one of them"),
        ({"entity": "case"}, "invalid_field", "entity", "is about opportunity"),
        (
            {"fetchxml": fetch(f"\n{UNCOVERED}")},
            "query_unreadable",
            "fetchxml",
            "line 2, column 1: <condition>: the operator",
        ),
        ({"fetchxml": "<!DOCTYPE a>"}, "query_unreadable", "fetchxml", "document type"),
        (
            {"fetchxml": " " * (SIZE_MAX + 1)},
            "query_unreadable",
            "fetchxml",
            f"{SIZE_MAX} are allowed",
        ),
        ({"fetchxml": 7}, "invalid_field", "fetchxml", "valid string"),
    ],
)
async def test_fetchxml_is_refused_where_it_says_too_little_or_too_much(
    api: Api, more: dict[str, Any], error: str, field: str, words: str
) -> None:
    """By the field, and in it by line and column."""
    status = 400 if error == "invalid_field" else 422
    refused = await api.refused(
        "POST", PATH, body(api, "x", STATE) | more, status=status
    )

    assert (refused["error"], refused["field"]) == (error, field)
    assert words in refused["detail"]


async def test_half_a_character_is_no_fetchxml(api: Api) -> None:
    """JSON can say one."""
    text = json.dumps(body(api, "x", STATE) | {"fetchxml": "\ud800"})

    answer = await send(api, "POST", PATH, text)

    assert answer.status_code == 422
    assert "a half of a character stands here" in answer.json()["detail"]


async def test_of_many_the_one_is_named_that_does_not_read(api: Api) -> None:
    """And none is created."""
    several = [body(api, "good", STATE), body(api, "bad", UNCOVERED)]

    refused = await api.refused("POST", PATH, several, status=422)

    assert refused["field"] == "[1].fetchxml"
    assert refused["detail"].startswith("item 1: the FetchXML does not read, line 1")
    await api.refused("GET", api.at("good", of="rollup-queries"), status=404)


async def test_a_query_without_fetchxml_names_its_entity(api: Api) -> None:
    """As ever."""
    refused = await api.refused("POST", PATH, {"name": "x"}, status=400)

    assert (refused["error"], refused["field"]) == ("missing_field", "entity")


async def test_an_import_takes_no_fetchxml(api: Api) -> None:
    """New ones and known ones alike."""
    await query(api)
    lines = [body(api, "x", STATE), {"id": api.id("late"), "fetchxml": fetch(STATE)}]

    answer = await api.client.post(f"{PATH}/import", json=lines)

    assert answer.status_code == 422
    assert answer.text.count("an import takes where") == 2


async def test_a_query_is_read_as_fetchxml(api: Api) -> None:
    """And what was read defines the same query."""
    where = {
        "all": [
            IS_OPEN,
            {"not": {"attribute": "stage", "operator": "eq", "value": "close"}},
            {
                "link": "customerid",
                "entity": "account",
                "where": {"attribute": "size", "operator": "gt", "value": 5},
            },
        ]
    }
    await query(api, "one", where=where)

    xml = await read_xml(api, "one")
    two = {"id": api.id("two"), "name": "two", "fetchxml": xml}
    created = await api.create(PATH, two)

    assert 'name="account" from="accountid" to="customerid"' in xml
    assert created["where"]["all"][1] == {
        "any": [
            {"attribute": "stage", "operator": "ne", "value": "close"},
            {"attribute": "stage", "operator": "null"},
        ]
    }
    assert await read_xml(api, "two") == xml


async def test_what_fetchxml_cannot_say_is_told_with_its_place(api: Api) -> None:
    """The query is as good as before."""
    today = {"attribute": "actualclosedate", "operator": "today"}
    await query(api, where={"all": [IS_OPEN, {"not": today}]})
    path = f"{api.at('late', of='rollup-queries')}/fetchxml"

    refused = await api.refused("GET", path, status=422)

    assert refused["error"] == "fetchxml_cannot_say"
    assert refused["field"] == "where.all[1].not"
    assert "the opposite of today" in refused["detail"]


async def test_no_query_no_fetchxml(api: Api) -> None:
    """By its id."""
    path = f"{api.at('none', of='rollup-queries')}/fetchxml"

    refused = await api.refused("GET", path, status=404)

    assert api.id("none") in refused["detail"]
