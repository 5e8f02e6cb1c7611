"""Importing goals: many lines that create or change, with few questions for all."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from enum import StrEnum

from services.goals.domain.changing import Given, Unchanged
from services.goals.domain.drafts import Surroundings
from services.goals.domain.importing import (
    AskedLine,
    Forest,
    ImportLine,
    ImportPlan,
    ImportRejectedError,
    RejectedLine,
    asked_of,
    planned_import,
)
from services.goals.domain.overrides import Signature
from services.goals.flows.goals import (
    announce_goals,
    metrics_of,
    people_of,
    principals_of,
)
from services.goals.store.database import Changes, Reading
from shared.domain.goals import Goal, GoalId, MetricId


class ImportMode(StrEnum):
    """What becomes of the good lines if others are bad."""

    ALL = "all"
    GOOD = "good"


async def plan_import(
    reading: Reading,
    lines: Sequence[ImportLine],
    unread: Sequence[RejectedLine],
    mode: ImportMode,
    *,
    signed: Signature | None = None,
) -> ImportPlan:
    """Return what the lines would make of the goals; `unread` are rejected already.

    Without a signature nothing of it may be kept.
    """
    named = {line.id for line in lines}
    goals = {goal.id: goal for goal in await reading.goals.with_descendants(named)}
    # Off the loop, here and below: ten thousand lines take a while.
    asked, malformed = await asyncio.to_thread(asked_of, lines, goals)
    forest = await _forest(reading, asked, goals)
    around = await _around(reading, asked, forest)
    if signed is None:
        signed = Signature(number=0, by=None, at=datetime.now(UTC))
    plan = await asyncio.to_thread(planned_import, asked, forest, around, signed)
    rejected = [*unread, *malformed, *plan.rejected]
    plan = replace(plan, rejected=sorted(rejected, key=lambda one: one.line))
    if mode is ImportMode.ALL and plan.rejected:
        raise ImportRejectedError(plan)
    return plan


async def import_goals(
    changes: Changes,
    lines: Sequence[ImportLine],
    unread: Sequence[RejectedLine],
    mode: ImportMode,
) -> ImportPlan:
    """Create and change what the lines ask for, or nothing where all was asked."""
    signed = await changes.signature()
    plan = await plan_import(changes, lines, unread, mode, signed=signed)
    # Created first: what is altered may hang under it.
    if plan.created:
        announce_goals(changes, await changes.goals.insert(plan.created))
    if plan.altered:
        announce_goals(changes, await changes.goals.update(plan.altered))
    return plan


async def _forest(
    reading: Reading, asked: Sequence[AskedLine], goals: dict[GoalId, Goal]
) -> Forest:
    """Return the goals that lines name and those around them."""
    parents = {
        line.asked.parent_id
        for line in asked
        if line.asked.parent_id is not None
        and not isinstance(line.asked.parent_id, Unchanged)
    }
    strangers = await reading.goals.find(parents - goals.keys())
    goals = goals | {goal.id: goal for goal in strangers}
    return Forest(goals=goals, above=dict(await reading.goals.above(goals.keys())))


async def _around(
    reading: Reading, asked: Sequence[AskedLine], forest: Forest
) -> Surroundings:
    """Return what exists of that which lines refer to, but for goals."""
    standing = [forest.goals[line.id] for line in asked if line.id in forest.goals]
    organization = await reading.organization()
    principals = principals_of((goal.owner, goal.shared_with) for goal in standing)
    principals |= set(_given(line.asked.owner for line in asked))
    shares = _given(line.asked.shared_with for line in asked)
    principals |= {share.principal for several in shares for share in several}
    managers = {goal.manager_id for goal in standing}
    managers |= {one for one in _given(line.asked.manager_id for line in asked) if one}
    return Surroundings(
        directory=await people_of(reading, principals, managers),
        metrics=await metrics_of(reading, _metric_ids(asked, forest)),
        goals={},
        depths={},
        time_zone=organization.time_zone,
        calendar=organization.fiscal_calendar,
    )


def _metric_ids(asked: Sequence[AskedLine], forest: Forest) -> set[MetricId]:
    given = {one for one in _given(line.asked.metric_id for line in asked) if one}
    return given | {goal.metric_id for goal in forest.goals.values()}


def _given(values: Iterable[Given | Unchanged]) -> list[Given]:
    return [one for one in values if not isinstance(one, Unchanged)]
