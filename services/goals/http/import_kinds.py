"""The kinds of things that are imported, and how the document shows each."""

from dataclasses import replace
from typing import Final

from fastapi import APIRouter

from services.goals.domain.metrics import DefinedMetric, changed_metric
from services.goals.flows import directory, importing_goals, metrics
from services.goals.flows.importing import importable
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
from services.goals.http.import_table import Fields, columns_of
from services.goals.http.importing import Importing, add_import
from services.goals.http.metric_bodies import MetricPatch, NewMetric
from shared.domain.goals import SLOTS


def _with_kind_of_period(fields: Fields) -> Fields:
    """Return a goal's fields; the kind of its period follows from its other parts."""
    period = fields.get("period")
    if isinstance(period, dict):
        is_fiscal = "year" in period or "period" in period
        period.setdefault("kind", "fiscal" if is_fiscal else "custom")
    return fields


_GOAL_COLUMNS: Final = replace(
    columns_of(NewGoal, GoalPatch),
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
    table="id,name,business_unit_id,manager_id,disabled,time_zone\n"
    "ada,Ada Lovelace,emea,grace,false,Europe/London\n"
    "grace,Grace Hopper,,,,\n",
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
    table="id,name,business_unit_id,members\n"
    "north,Team North,emea,ada alan\n"
    "south,Team South,,grace;ada\n",
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


goals_router = APIRouter(tags=["goals"])
add_import(goals_router, GOALS)

metrics_router = APIRouter(tags=["metrics"])
add_import(metrics_router, METRICS)

directory_router = APIRouter(tags=["directory"])
add_import(directory_router, USERS)
add_import(directory_router, TEAMS)
add_import(directory_router, BUSINESS_UNITS)
