"""Files of users, teams, business units and metrics as lines, and what they make."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from services.goals.domain.directory import BusinessUnit, User
from services.goals.domain.errors import RefusedError
from services.goals.domain.importing import (
    AskedLine,
    Definitions,
    ImportPlan,
    planned,
)
from services.goals.domain.judging import BusinessUnitJudge, UserJudge
from services.goals.http import changing_many
from services.goals.http.directory_bodies import (
    BusinessUnitPatch,
    NewBusinessUnit,
    NewTeam,
    NewUser,
    TeamPatch,
    UserPatch,
)
from services.goals.http.fields import Body
from services.goals.http.goal_bodies import GoalPatch, NewGoal
from services.goals.http.import_kinds import (
    BUSINESS_UNITS,
    GOALS,
    METRICS,
    QUERIES,
    TEAMS,
    USERS,
)
from services.goals.http.import_lines import MediaType, lines_of
from services.goals.http.import_table import Columns, rows_of_table
from services.goals.http.metric_bodies import MetricPatch, NewMetric
from services.goals.http.query_bodies import NewRollupQuery, RollupQueryPatch
from shared.domain.amounts import DataType, MetricKind
from shared.domain.goals import RollupField, Slot
from tests.goals.made import METRIC

NAMES = ("a", "b", "c", "d", "e")


def read(table: str, columns: Columns) -> list[Any]:
    """Return the fields of a table's rows."""
    return [fields for _, fields in rows_of_table(table.encode(), columns)]


def user(name: str, manager: str | None = None, unit: str | None = None) -> User:
    """Return a user under a manager."""
    return User(id=name, name=name, manager_id=manager, business_unit_id=unit)


def planned_users(
    users: Sequence[User], standing: Mapping[str, str | None]
) -> ImportPlan[User]:
    """Return what lines of users make of users with managers."""
    judge = UserJudge(managers=dict(standing), roles=(), units={"emea"})
    there = {name: user(name, above) for name, above in standing.items()}
    lines = [
        AskedLine(line=place, id=one.id, asked=one)
        for place, one in enumerate(users, start=1)
    ]
    return planned(lines, Definitions(word="user", standing=there, judge=judge))


def rejections(plan: ImportPlan[Any]) -> list[tuple[int, str, str | None]]:
    """Return the lines that were refused, for what and in which field."""
    return sorted(
        (one.line, one.refused.refusal.error, one.refused.field)
        for one in plan.rejected
    )


@pytest.mark.parametrize(
    "members", ["ada alan", "ada;alan", "ada; alan", " ada\nalan;"]
)
def test_members_are_separated_by_blanks_or_semicolons(members: str) -> None:
    """An empty cell leaves them as they are."""
    rows = read(f'id,members\nnorth,"{members}"\nsouth,\n', TEAMS.form.columns)

    assert rows == [{"id": "north", "members": ["ada", "alan"]}, {"id": "south"}]


def test_a_column_of_a_metric_leads_into_its_rollup_fields() -> None:
    """A field that has any cell is given whole; one that has none is left as it is."""
    table = (
        "id,actual.source_entity,actual.source_attribute,custom.source_entity,"
        "rollup_fields.custom.date_attribute,data_type\n"
        "m,deal,,,,\n"
    )

    [row] = read(table, METRICS.form.columns)

    assert row == {
        "id": "m",
        "rollup_fields": {"actual": {"source_entity": "deal"}},
        "data_type": None,
    }


def test_the_name_of_an_attribute_may_hold_a_dot() -> None:
    """Of goals only the first dot leads into a field."""
    [row] = read("id,attributes.a.b\ng,x\n", GOALS.form.columns)

    assert row == {"id": "g", "attributes": {"a.b": "x"}}


def test_a_goals_queries_are_given_and_taken_away_in_cells() -> None:
    """An empty cell says that there is none; a column that is not there, nothing."""
    [row] = read("id,queries.actual,queries.custom\ng,q,\n", GOALS.form.columns)

    assert row == {"id": "g", "queries": {"actual": "q", "custom": None}}


def test_the_conditions_of_a_query_stand_in_a_cell_as_json() -> None:
    """Every digit is kept, and an empty cell says nothing."""
    table = 'id,where\nq,"{""all"": [1.50]}"\nr,null\ns,\n'

    rows = read(table, QUERIES.form.columns)

    assert rows == [
        {"id": "q", "where": {"all": [Decimal("1.50")]}},
        {"id": "r", "where": None},
        {"id": "s"},
    ]
    assert str(rows[0]["where"]["all"][0]) == "1.50"


def test_a_cell_of_conditions_that_is_no_json_is_refused() -> None:
    """By its column."""
    [refused] = read("id,where\nq,stage eq close\n", QUERIES.form.columns)

    assert refused.refusal.error == "not_json"
    assert refused.field == "where"
    assert "where does not read as JSON" in refused.detail


@pytest.mark.parametrize(
    ("header", "columns"),
    [
        ("id,actual,actual.source_entity", METRICS.form.columns),
        ("id,actual.source_entity,rollup_fields", METRICS.form.columns),
        (
            "id,actual.source_entity,rollup_fields.actual.source_entity",
            METRICS.form.columns,
        ),
        ("id,period.start,period", GOALS.form.columns),
    ],
)
def test_columns_that_say_the_same_thing_are_refused(
    header: str, columns: Columns
) -> None:
    """As a whole or in part."""
    with pytest.raises(RefusedError, match="say the same thing") as refused:
        read(header + "\n", columns)

    assert refused.value.refusal.error == "csv_malformed"


def test_unknown_columns_are_told_with_those_there_are() -> None:
    """Each kind has its own."""
    with pytest.raises(RefusedError, match="actual, custom, data_type, id, in_prog"):
        read("id,acutal.source_entity\n", METRICS.form.columns)
    with pytest.raises(RefusedError, match="business_unit_id, id, members, name"):
        read("id,owner\n", TEAMS.form.columns)


def test_a_metric_is_read_from_a_table() -> None:
    """As a new one, and as a change that keeps what it does not name."""
    table = (
        "id,name,kind,data_type,stretch_tracked,actual.source_entity,"
        "actual.source_attribute,actual.date_attribute\n"
        "revenue,Won,amount,money,TRUE,opportunity,value,closed\n"
    )

    [line], _ = lines_of(table.encode(), MediaType.CSV, METRICS.form)

    new, changed = line.as_new(), line.as_change(METRIC)
    field = RollupField(
        source_entity="opportunity", source_attribute="value", date_attribute="closed"
    )
    assert (new.kind, new.data_type) == (MetricKind.AMOUNT, DataType.MONEY)
    assert new.rollup_fields == changed.rollup_fields == {Slot.ACTUAL: field}
    assert (changed.name, changed.version) == ("Won", METRIC.version)
    assert changed.stretch_tracked


@pytest.mark.parametrize(
    "kind", [GOALS, USERS, TEAMS, BUSINESS_UNITS, METRICS, QUERIES]
)
def test_every_example_of_the_document_reads(kind: Any) -> None:
    """As many lines as there are, each of them as something new."""
    lines, unread = lines_of(kind.table.encode(), MediaType.CSV, kind.form)

    assert len(lines) == kind.table.count("\n") - 1 >= 2
    assert not unread
    assert all(line.as_new() for line in lines)


@pytest.mark.parametrize(
    ("examples", "bodies"),
    [
        (GOALS.examples, (NewGoal, GoalPatch)),
        (USERS.examples, (NewUser, UserPatch)),
        (TEAMS.examples, (NewTeam, TeamPatch)),
        (BUSINESS_UNITS.examples, (NewBusinessUnit, BusinessUnitPatch)),
        (METRICS.examples, (NewMetric, MetricPatch)),
        (QUERIES.examples, (NewRollupQuery, RollupQueryPatch)),
        (changing_many.EXAMPLES, (GoalPatch, GoalPatch)),
    ],
)
def test_every_example_is_something_new_or_a_change(
    examples: Sequence[dict[str, Any]], bodies: tuple[type[Body], type[Body]]
) -> None:
    """The first one is new where things are created, the last one a change or new."""
    new, patch = bodies
    first, last = dict(examples[0]), dict(examples[-1])
    for line in (first, last) if new is patch else (last,):
        del line["id"]
        line.pop("version", None)

    assert new.model_validate(first).model_fields_set == first.keys()
    assert patch.model_validate(last).model_fields_set == last.keys()


@given(st.permutations([user("a"), user("b", "a"), user("c", "b"), user("d", "x")]))
def test_managers_may_come_after_those_who_report_to_them(users: list[User]) -> None:
    """The order of the lines decides nothing."""
    plan = planned_users(users, {"x": None})

    assert sorted(one.id for one in plan.created) == ["a", "b", "c", "d"]
    assert (plan.changed, plan.unchanged, plan.rejected) == (0, 0, [])


def test_users_in_a_circle_are_refused() -> None:
    """New ones, one who names himself, and existing ones that close a circle."""
    new = planned_users([user("a", "b"), user("b", "a"), user("c", "c")], {})
    existing = planned_users([user("a", "b"), user("b", "a")], {"a": None, "b": None})

    # Of the first two one is refused, and the other for want of it.
    assert rejections(new) in (
        [
            (1, "user_manager_cycle", "manager_id"),
            (2, "reference_not_found", "manager_id"),
            (3, "user_manager_cycle", "manager_id"),
        ],
        [
            (1, "reference_not_found", "manager_id"),
            (2, "user_manager_cycle", "manager_id"),
            (3, "user_manager_cycle", "manager_id"),
        ],
    )
    assert [one[1] for one in rejections(existing)] == ["user_manager_cycle"]
    assert len(existing.altered) == 1


def test_units_in_a_circle_are_refused() -> None:
    """By the rule of business units."""
    judge = BusinessUnitJudge(parents={"a": None, "b": "a"})
    there = {name: BusinessUnit(id=name, name=name) for name in ("a", "b")}
    asked = BusinessUnit(id="a", name="a", parent_id="b")

    plan = planned(
        [AskedLine(line=1, id="a", asked=asked)],
        Definitions(word="business unit", standing=there, judge=judge),
    )

    assert rejections(plan) == [(1, "business_unit_cycle", "parent_id")]


def test_manager_and_report_change_places() -> None:
    """Who comes to the top comes first, wherever the line stands."""
    plan = planned_users([user("a", "b"), user("b")], {"a": None, "b": "a"})

    assert {one.id: one.manager_id for one in plan.altered} == {"a": "b", "b": None}
    assert (plan.changed, plan.rejected) == (2, [])


def test_a_rejected_manager_takes_his_reports_along() -> None:
    """Each line says which one is to be corrected."""
    plan = planned_users([user("b", "a"), user("a", unit="nowhere")], {})

    assert rejections(plan) == [
        (1, "reference_not_found", "manager_id"),
        (2, "reference_not_found", "business_unit_id"),
    ]
    told = {one.line: one.refused.detail for one in plan.rejected}
    assert "user b names user a in manager_id, and line 2, which" in told[1]


LINES = st.lists(
    st.builds(
        user,
        st.sampled_from(NAMES),
        st.none() | st.sampled_from((*NAMES, "nobody")),
        st.none() | st.sampled_from(("emea", "nowhere")),
    ),
    unique_by=lambda one: one.id,
)
STANDING = st.dictionaries(st.sampled_from(NAMES), st.none())


@given(LINES, STANDING)
def test_what_is_rejected_leaves_no_trace(
    users: list[User], standing: dict[str, str | None]
) -> None:
    """The good lines make the same alone, where none of them is rejected."""
    together = planned_users(users, standing)

    bad = {one.id for one in together.rejected}
    alone = planned_users([one for one in users if one.id not in bad], standing)

    assert alone.rejected == []
    for plan in (together, alone):
        assert plan.unchanged == len(users) - len(bad) - plan.changed - len(
            plan.created
        )
    assert {*alone.created, *alone.altered} == {*together.created, *together.altered}


@given(LINES, STANDING)
def test_nobody_comes_to_report_to_himself(
    users: list[User], standing: dict[str, str | None]
) -> None:
    """Whatever the lines say, going up from anybody ends."""
    plan = planned_users(users, standing)

    managers = standing | {
        one.id: one.manager_id for one in (*plan.created, *plan.altered)
    }
    for name in managers:
        steps, at = 0, managers[name]
        while at is not None:
            steps, at = steps + 1, managers[at]
            assert steps <= len(managers)
