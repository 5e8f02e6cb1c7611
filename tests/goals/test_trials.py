"""Trying queries: what decides before any record is read."""

from typing import Any

import pytest

from services.goals.domain.errors import RefusedError
from services.goals.domain.given_conditions import (
    GivenConditions,
    entities_named,
    read_conditions,
)
from services.goals.domain.trials import (
    FieldImpact,
    StandsStill,
    check_manager_given,
    stillness_of,
)
from shared.domain.goals import GoalState
from shared.queries.conditions import looks_at_units, placed
from shared.queries.reading import where_of
from tests.rollup.making import goal

LINKED = (
    '<fetch><entity name="opportunity"><link-entity name="account" from="accountid" '
    'to="customerid"/></entity></fetch>'
)


def given(**more: Any) -> GivenConditions:
    """Return conditions as they are sent."""
    return GivenConditions(**{"entity": None, "where": None, "fetchxml": None} | more)


def one(attribute: str, operator: str, value: object = None) -> dict[str, Any]:
    """Return one condition."""
    return {"attribute": attribute, "operator": operator, "value": value}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        (one("@owner", "eq-userid"), False),
        (one("a", "eq", "north"), False),
        (one("a", "under", "north") | {"entity": "account", "via": "parent"}, False),
        (one("a", "under", "north"), True),
        (one("@owner_business_unit", "eq-businessid"), True),
        (one("a", "eq-attribute", "@owner_business_unit"), True),
        (one("a", "eq", "@owner_business_unit"), False),
        (
            {"not": {"link": "b", "entity": "c", "where": one("a", "above", "north")}},
            True,
        ),
    ],
)
def test_units_are_read_where_a_query_asks_for_them(
    where: Any, *, expected: bool
) -> None:
    """There may be very many."""
    assert looks_at_units(where_of(where, "opportunity", {})) is expected


def test_every_test_has_its_place() -> None:
    """The one that reading would name."""
    test = one("a", "null")
    where = {
        "all": [
            test,
            {"any": [test, {"not": test}]},
            {"link": "l", "entity": "e", "where": {"all": [test]}},
        ]
    }

    places = [place for place, _ in placed(where_of(where, "opportunity", {}))]

    assert places == [
        "where.all[0]",
        "where.all[1].any[0]",
        "where.all[1].any[1].not",
        "where.all[2].where.all[0]",
    ]


def test_the_entities_whose_types_decide() -> None:
    """Of both forms; what does not read names none."""
    where = '{"link": "customerid", "entity": "account"}'

    assert entities_named([given(entity="case", where=where)]) == {"case", "account"}
    assert entities_named([given(fetchxml=LINKED)]) == {"opportunity", "account"}
    assert entities_named([given(fetchxml="<fetch"), given()]) == set()


def test_only_the_manager_is_asked_for() -> None:
    """What looks at nobody needs nobody."""
    check_manager_given(
        read_conditions(given(entity="a", where='{"all": []}'), {}),
    )

    with pytest.raises(RefusedError) as refused:
        check_manager_given(
            read_conditions(
                given(
                    entity="a",
                    where='{"attribute": "unit", "operator": "ne-businessid"}',
                ),
                {},
            )
        )

    assert refused.value.field == "where.operator"
    assert "give manager_id" in refused.value.detail


def test_why_a_goal_stands_still() -> None:
    """Frozen comes first; what rollup does not know yet may be known here."""
    assert stillness_of(goal(1), None) is None
    assert stillness_of(goal(1, state=GoalState.CLOSED), None) is StandsStill.FROZEN
    assert (
        stillness_of(goal(1, rollup_only_from_children=True), None)
        is StandsStill.ONLY_FROM_CHILDREN
    )
    assert (
        stillness_of(
            goal(1, rollup_only_from_children=True, state=GoalState.DISCARDED), None
        )
        is StandsStill.FROZEN
    )


def test_a_difference_needs_both_values() -> None:
    """It is signed."""
    assert FieldImpact(now=5, becomes=3).difference == -2
    assert FieldImpact(now=None, becomes=3).difference is None
    assert FieldImpact(now=3, becomes=None).difference is None
