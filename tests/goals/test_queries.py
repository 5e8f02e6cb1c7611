"""Rollup queries, and which of them a goal may have."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest

from services.goals.domain.entities import DeclaredEntity
from services.goals.domain.errors import RefusedError
from services.goals.domain.exact_json import text_of
from services.goals.domain.goal_queries import check_queries, queries_with
from services.goals.domain.judging import EntityJudge, QueryJudge
from services.goals.domain.queries import (
    QueryState,
    RollupQuery,
    by_entity,
    entities_of,
)
from shared.domain.entities import AttributeType
from shared.domain.fiscal import Template, codes_of
from shared.domain.goals import QueryId, Slot
from tests.goals.made import GOAL, METRIC

QUERY = RollupQuery(
    id=QueryId("late"), name="Late", entity="opportunity", where=text_of(None)
)
Q = QUERY.id


def query(where: Any, **more: Any) -> RollupQuery:
    """Return a query with these conditions."""
    return replace(QUERY, where=text_of(where), **more)


def holds(attribute: str, operator: str, value: Any) -> dict[str, Any]:
    """Return one condition."""
    return {"attribute": attribute, "operator": operator, "value": value}


def judge(
    *standing: RollupQuery,
    template: Template = Template.QUARTERLY,
    types: Mapping[str, Mapping[str, AttributeType]] | None = None,
) -> QueryJudge:
    """Return who judges queries where these stand."""
    return QueryJudge(
        standing={one.id: one for one in standing},
        types=types or {},
        template=template,
    )


def refused(check: Any, *given: Any, **more: Any) -> tuple[str, str | None, str]:
    """Return for what something is refused, where, and in which words."""
    with pytest.raises(RefusedError) as fault:
        check(*given, **more)
    return fault.value.refusal.error, fault.value.field, fault.value.detail


def test_what_a_query_looks_at_is_its_entity_and_those_it_links_to() -> None:
    """However deep they stand."""
    where = {
        "any": [
            {"link": "a", "entity": "account", "where": {"all": []}},
            {
                "not": {
                    "link": "b",
                    "entity": "case",
                    "where": {"link": "c", "entity": "contact"},
                }
            },
        ]
    }

    assert entities_of(query(where)) == {"opportunity", "account", "case", "contact"}


def test_what_does_not_read_is_refused_by_its_place() -> None:
    """With what was found and what is allowed."""
    where = {"all": [holds("a", "eq", "x"), {"any": [holds("b", "last-x-days", 0)]}]}

    error, field, detail = refused(judge().check, query(where))

    assert (error, field) == ("query_unreadable", "where.all[1].any[0].value")
    assert "rollup query late does not read" in detail
    assert "write a whole number, 1 to" in detail


def test_a_query_reads_by_what_linked_entities_are_declared_to_hold() -> None:
    """Not by an attribute of the same name of another entity."""
    where = {"link": "a", "entity": "account", "where": holds("size", "like", "x%")}
    size = {"size": AttributeType.NUMBER}

    judge(types={"opportunity": size}).check(query(where))
    error, field, _ = refused(judge(types={"account": size}).check, query(where))

    assert (error, field) == ("query_unreadable", "where.where.operator")


PERIOD = {"all": [{"not": {"any": [holds("d", "in-fiscal-period", 3)]}}]}
AND_YEAR = {
    "link": "a",
    "entity": "account",
    "where": holds("d", "in-or-after-fiscal-period-and-year", [3, 2026]),
}


@pytest.mark.parametrize(
    ("where", "place"),
    [
        (PERIOD, "where.all[0].not.any[0].value"),
        (AND_YEAR, "where.where.value[0]"),
    ],
)
@pytest.mark.parametrize(
    "template", [one for one in Template if one is not Template.QUARTERLY]
)
def test_a_fiscal_period_is_one_of_the_calendar(
    where: Any, place: str, template: Template
) -> None:
    """The codes that there are are told."""
    judge(template=Template.QUARTERLY).check(query(where))

    error, field, detail = refused(judge(template=template).check, query(where))

    assert (error, field) == ("fiscal_period_not_of_template", place)
    assert f"asks for fiscal period 3, and the fiscal calendar is {template}" in detail
    assert str(codes_of(template)[0]) in detail
    assert str(codes_of(template)[-1]) in detail


def test_a_fiscal_year_is_no_code() -> None:
    """It is the same under every template."""
    for template in Template:
        judge(template=template).check(query(holds("d", "in-fiscal-year", 2026)))


def test_another_calendar_holds_up_no_other_change() -> None:
    """What the query asks for already may stay; what it asks for anew may not."""
    standing = query(PERIOD)
    monthly = judge(standing, template=Template.MONTHLY)

    monthly.check(replace(standing, name="Other", state=QueryState.INACTIVE))

    error, _, _ = refused(monthly.check, query({"any": [PERIOD]}))
    assert error == "fiscal_period_not_of_template"


def test_the_entity_of_a_query_never_changes() -> None:
    """Whatever else does."""
    error, field, detail = refused(
        judge(QUERY).check, replace(QUERY, entity="phonecall")
    )

    assert (error, field) == ("query_entity_frozen", "entity")
    assert "looks at opportunity, and that never changes" in detail


def entity_judge(*queries: RollupQuery, **types: AttributeType) -> EntityJudge:
    """Return who judges what accounts are declared to hold."""
    return EntityJudge(
        readers=(),
        queries=by_entity(queries),
        standing={"account": types},
        types={"account": types},
    )


ABOUT_ACCOUNT = {
    "link": "a",
    "entity": "account",
    "where": {"all": [holds("size", "gt", "m"), holds("other", "like", "x%")]},
}


def declared(**types: AttributeType) -> DeclaredEntity:
    """Return what accounts are to be declared to hold."""
    return DeclaredEntity(id="account", attributes=types)


@pytest.mark.parametrize(
    ("types", "place"),
    [
        ({}, "where.where.all[0].value"),
        ({"size": AttributeType.NUMBER}, "where.where.all[0].value"),
        (
            {"size": AttributeType.TEXT, "other": AttributeType.DATE},
            "where.where.all[1].operator",
        ),
    ],
)
def test_a_declaration_that_a_query_cannot_read_by_is_refused(
    types: dict[str, AttributeType], place: str
) -> None:
    """The query is named, with the place and the reason."""
    judged = entity_judge(query(ABOUT_ACCOUNT), size=AttributeType.TEXT)
    after = declared(**types)
    judged.accept(after)

    error, field, detail = refused(judged.check, after)

    assert (error, field) == ("entity_in_use", "attributes")
    assert f"rollup query late would no longer read, {place}: " in detail


def test_a_declaration_by_which_queries_read_is_taken() -> None:
    """So is one by which a query did not read before either."""
    text = declared(size=AttributeType.TEXT, new=AttributeType.DATE)
    for judged in (
        entity_judge(query(ABOUT_ACCOUNT), size=AttributeType.TEXT),
        entity_judge(query(ABOUT_ACCOUNT)),
    ):
        judged.accept(text)
        judged.check(text)
    broken = entity_judge(query(ABOUT_ACCOUNT))
    number = declared(size=AttributeType.NUMBER)
    broken.accept(number)
    broken.check(number)


def test_queries_are_given_measure_by_measure() -> None:
    """What is not named stays, and none takes one away."""
    standing = {Slot.ACTUAL: QueryId("a"), Slot.CUSTOM: QueryId("c")}

    after = queries_with(standing, {Slot.CUSTOM: None, Slot.IN_PROGRESS: QueryId("p")})

    assert after == {Slot.ACTUAL: "a", Slot.IN_PROGRESS: "p"}
    assert queries_with(standing, {}) == standing
    assert queries_with({}, {Slot.ACTUAL: None}) == {}


@pytest.mark.parametrize(
    ("existing", "slot", "error", "words"),
    [
        ([], Slot.ACTUAL, "query_not_found", "and there is none; create it first"),
        (
            [QUERY],
            Slot.CUSTOM,
            "query_without_rollup_field",
            "metric revenue does not measure; it measures actual: leave",
        ),
        (
            [replace(QUERY, entity="phonecall")],
            Slot.ACTUAL,
            "query_entity_differs",
            "looks at phonecall, and the actual of metric revenue counts opportunity",
        ),
        (
            [replace(QUERY, state=QueryState.INACTIVE)],
            Slot.ACTUAL,
            "query_inactive",
            "cannot get rollup query late, which is inactive; make it active first",
        ),
    ],
)
def test_a_query_fits_the_measure_that_it_narrows(
    existing: list[RollupQuery], slot: Slot, error: str, words: str
) -> None:
    """Refused in the field that names it."""
    found = refused(
        check_queries,
        GOAL.id,
        {slot: Q},
        METRIC,
        {one.id: one for one in existing},
        standing={},
    )

    assert found[:2] == (error, f"queries.{slot}")
    assert words in found[2]


def test_a_goal_keeps_a_query_that_became_inactive() -> None:
    """It only cannot be given anew: to another measure, for example."""
    inactive = replace(QUERY, state=QueryState.INACTIVE)
    both = replace(
        METRIC,
        rollup_fields=dict.fromkeys(
            (Slot.ACTUAL, Slot.CUSTOM), METRIC.rollup_fields[Slot.ACTUAL]
        ),
    )

    check_queries(
        GOAL.id, {Slot.ACTUAL: Q}, METRIC, {Q: inactive}, standing={Slot.ACTUAL: Q}
    )
    error, field, _ = refused(
        check_queries,
        GOAL.id,
        {Slot.ACTUAL: Q, Slot.CUSTOM: Q},
        both,
        {Q: inactive},
        standing={Slot.ACTUAL: Q},
    )

    assert (error, field) == ("query_inactive", "queries.custom")
