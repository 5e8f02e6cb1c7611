"""The kinds of things that are imported, and how the document shows each."""

from collections.abc import Callable
from dataclasses import replace
from typing import Final

from fastapi import APIRouter

from services.goals.domain.errors import RefusedError
from services.goals.domain.metrics import DefinedMetric, changed_metric
from services.goals.flows import directory, importing_goals, metrics
from services.goals.flows.importing import importable
from services.goals.flows.queries import QUERIES as DEFINED_QUERIES
from services.goals.flows.roles import ROLES as DEFINED_ROLES
from services.goals.http.directory_bodies import (
    BusinessUnitPatch,
    NewBusinessUnit,
    NewTeam,
    NewUser,
    TeamPatch,
    UserPatch,
)
from services.goals.http.goal_bodies import GoalPatch, NewGoal
from services.goals.http.import_lines import form_of
from services.goals.http.import_table import Columns, Fields, columns_of
from services.goals.http.importing import Importing, add_import
from services.goals.http.metric_bodies import MetricPatch, NewMetric
from services.goals.http.query_bodies import (
    CLOSE_STAGE,
    NewRollupQuery,
    RollupQueryPatch,
)
from services.goals.http.reading import exact_json
from services.goals.http.role_bodies import NewRole, RolePatch
from shared.domain.goals import SLOTS


def _with_kind_of_period(fields: Fields) -> Fields:
    """Return a goal's fields; the kind of its period follows from its other parts."""
    period = fields.get("period")
    if isinstance(period, dict):
        is_fiscal = "year" in period or "period" in period
        period.setdefault("kind", "fiscal" if is_fiscal else "custom")
    return fields


_OF_GOALS: Final = columns_of(NewGoal, GoalPatch)
_GOAL_COLUMNS: Final = replace(
    _OF_GOALS,
    may_be_none=(*_OF_GOALS.may_be_none, *(f"queries.{slot}" for slot in SLOTS)),
    numbers=("period.year", "period.period"),
    principals=("owner",),
    completed=_with_kind_of_period,
)
GOALS: Final = Importing(
    many="goals",
    kind=importing_goals.GOALS,
    form=form_of(
        "goal",
        _GOAL_COLUMNS,
        new=NewGoal,
        as_thing=NewGoal.as_draft,
        patch=GoalPatch,
        applied=lambda patch, _goal: patch.as_change(),
    ),
    schema="NewGoal",
    examples=(
        {
            "id": "company",
            "title": "Company",
            "metric_id": "revenue",
            "owner": {"type": "user", "id": "grace"},
            "manager_id": "grace",
            "period": {"kind": "fiscal", "year": 2026, "period": 4},
        },
        {"id": "north", "target": "45000.00"},
    ),
    table="id,title,metric_id,owner,manager_id,parent_id,period.start,period.end,"
    "target\n"
    "company,Company,revenue,user/grace,grace,,2026-10-01,2026-12-31,100000.00\n"
    "north,North,,user/ada,grace,company,,,40000.00\n",
)
USERS: Final = Importing(
    many="users",
    kind=importable(directory.USERS),
    form=form_of(
        "user",
        columns_of(NewUser, UserPatch),
        new=NewUser,
        as_thing=NewUser.as_user,
        patch=UserPatch,
        applied=UserPatch.applied_to,
    ),
    schema="NewUser",
    examples=(
        {"id": "ada", "name": "Ada Lovelace", "manager_id": "grace"},
        {"id": "grace", "name": "Grace Hopper"},
        {"id": "alan", "disabled": True},
    ),
    table="id,name,business_unit_id,manager_id,disabled,time_zone,roles\n"
    "ada,Ada Lovelace,emea,grace,false,Europe/London,seller\n"
    "grace,Grace Hopper,,,,,lead;operations\n",
)
TEAMS: Final = Importing(
    many="teams",
    kind=importable(directory.TEAMS),
    form=form_of(
        "team",
        columns_of(NewTeam, TeamPatch),
        new=NewTeam,
        as_thing=NewTeam.as_team,
        patch=TeamPatch,
        applied=TeamPatch.applied_to,
    ),
    schema="NewTeam",
    examples=(
        {"id": "north", "name": "Team North", "members": ["ada", "alan"]},
        {"id": "south", "members": ["grace"]},
    ),
    table="id,name,business_unit_id,members,roles\n"
    "north,Team North,emea,ada alan,seller\n"
    "south,Team South,,grace;ada,\n",
)
BUSINESS_UNITS: Final = Importing(
    many="business units",
    kind=importable(directory.BUSINESS_UNITS),
    form=form_of(
        "business unit",
        columns_of(NewBusinessUnit, BusinessUnitPatch),
        new=NewBusinessUnit,
        as_thing=NewBusinessUnit.as_business_unit,
        patch=BusinessUnitPatch,
        applied=BusinessUnitPatch.applied_to,
    ),
    schema="NewBusinessUnit",
    examples=(
        {"id": "dach", "name": "DACH", "parent_id": "emea"},
        {"id": "emea", "name": "EMEA"},
    ),
    table="id,name,parent_id\ndach,DACH,emea\nemea,EMEA,\n",
)


def _changed(patch: MetricPatch, metric: DefinedMetric) -> DefinedMetric:
    return changed_metric(metric, patch.as_change())


METRICS: Final = Importing(
    many="metrics",
    kind=importable(metrics.METRICS),
    form=form_of(
        "metric",
        replace(
            columns_of(NewMetric, MetricPatch),
            inside=dict.fromkeys(SLOTS, "rollup_fields"),
            is_deep=True,
        ),
        new=NewMetric,
        as_thing=NewMetric.as_metric,
        patch=MetricPatch,
        applied=_changed,
    ),
    schema="NewMetric",
    examples=(
        {
            "id": "calls",
            "name": "Calls",
            "kind": "count",
            "rollup_fields": {
                "actual": {
                    "source_entity": "phonecall",
                    "source_state": "completed",
                    "date_attribute": "actualend",
                }
            },
        },
        {"id": "revenue", "name": "Won revenue"},
    ),
    table="id,name,kind,data_type,actual.source_entity,actual.source_attribute,"
    "actual.source_state,actual.date_attribute\n"
    "revenue,Revenue,amount,money,opportunity,actualvalue,won,actualclosedate\n"
    "calls,Calls,count,,phonecall,,completed,actualend\n",
)


def _with_json(*names: str) -> Callable[[Fields], Fields]:
    """Return what reads the fields that stand in a cell as JSON."""

    def completed(fields: Fields) -> Fields:
        for name in names:
            if name in fields:
                try:
                    fields[name] = exact_json(fields[name].encode(), what=name)
                except RefusedError as refused:
                    refused.field = name
                    raise
        return fields

    return completed


def _query_columns() -> Columns:
    columns = columns_of(NewRollupQuery, RollupQueryPatch)
    return replace(
        columns,
        names=[name for name in columns.names if name != "fetchxml"],
        completed=_with_json("where"),
    )


QUERIES: Final = Importing(
    many="rollup queries",
    kind=importable(DEFINED_QUERIES),
    form=form_of(
        "rollup query",
        _query_columns(),
        new=NewRollupQuery,
        as_thing=NewRollupQuery.as_query,
        patch=RollupQueryPatch,
        applied=RollupQueryPatch.applied_to,
    ),
    schema="NewRollupQuery",
    examples=(CLOSE_STAGE, {"id": "of-chicago", "state": "inactive"}),
    table="id,name,entity,where\n"
    "won-late,Won late,opportunity,"
    '"{""attribute"": ""actualclosedate"", ""operator"": ""last-x-days"", '
    '""value"": 7}"\n'
    "of-chicago,Customers in Chicago,opportunity,"
    '"{""link"": ""customerid"", ""entity"": ""account"", ""where"": '
    '{""attribute"": ""address1_postalcode"", ""operator"": ""eq"", '
    '""value"": ""60661""}}"\n',
)

ROLES: Final = Importing(
    many="roles",
    kind=importable(DEFINED_ROLES),
    form=form_of(
        "role",
        replace(
            columns_of(NewRole, RolePatch),
            completed=_with_json("privileges", "secured_attributes"),
        ),
        new=NewRole,
        as_thing=NewRole.as_role,
        patch=RolePatch,
        applied=RolePatch.applied_to,
    ),
    schema="NewRole",
    examples=(
        {
            "id": "seller",
            "name": "Seller",
            "privileges": {"opportunity": {"read": "user"}, "goal": {"read": "user"}},
        },
        {"id": "lead", "rights": ["roll_up_goal"]},
    ),
    table="id,name,privileges,rights,secured_attributes\n"
    'seller,Seller,"{""opportunity"": {""read"": ""user""}}",,\n'
    'operations,Operations,"{""*"": {""read"": ""organization""}}",'
    'manage_metrics;manage_directory,"{""opportunity"": [""margin""]}"\n',
)


goals_router = APIRouter(tags=["goals"])
add_import(goals_router, GOALS)

metrics_router = APIRouter(tags=["metrics"])
add_import(metrics_router, METRICS)

queries_router = APIRouter(tags=["rollup queries"])
add_import(queries_router, QUERIES)

directory_router = APIRouter(tags=["directory"])
add_import(directory_router, USERS)
add_import(directory_router, TEAMS)
add_import(directory_router, BUSINESS_UNITS)
add_import(directory_router, ROLES)
