"""Importing: many lines that create or change, with few questions for all."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Generic, TypeVar

from services.goals.domain.importing import (
    AskedLine,
    Definitions,
    Ground,
    ImportLine,
    ImportPlan,
    ImportRejectedError,
    RejectedLine,
    asked_of,
    planned,
)
from services.goals.domain.overrides import Signature
from services.goals.flows.defining import Defined, announce_all
from services.goals.store.database import Changes, Reading
from services.goals.store.tables import Table, Thing

Asked = TypeVar("Asked")


class ImportMode(StrEnum):
    """What becomes of the good lines if others are bad."""

    ALL = "all"
    GOOD = "good"


@dataclass(frozen=True, slots=True, kw_only=True)
class Importable(Generic[Thing, Asked]):
    """A kind of thing that files may hold."""

    # What people call one.
    word: str
    table: Callable[[Reading], Table[Thing]]
    # Those that exist of some ids, and all that follows them.
    standing: Callable[[Reading, Collection[str]], Awaitable[Mapping[str, Thing]]]
    # All that decides what lines make of what exists.
    ground: Callable[
        [Reading, Sequence[AskedLine[Asked]], Mapping[str, Thing], Signature],
        Awaitable[Ground[Thing, Asked]],
    ]
    announce: Callable[[Changes, Sequence[Thing]], None]


def importable(defined: Defined[Thing]) -> Importable[Thing, Thing]:
    """Return a kind of thing that is imported as every kind is."""

    async def standing(reading: Reading, ids: Collection[str]) -> Mapping[str, Thing]:
        return {thing.id: thing for thing in await defined.table(reading).find(ids)}

    async def ground(
        reading: Reading,
        asked: Sequence[AskedLine[Thing]],
        there: Mapping[str, Thing],
        _signed: Signature,
    ) -> Ground[Thing, Thing]:
        judge = await defined.judge(reading, [line.asked for line in asked])
        return Definitions(word=defined.word, standing=there, judge=judge)

    return Importable(
        word=defined.word,
        table=defined.table,
        standing=standing,
        ground=ground,
        announce=lambda changes, things: announce_all(changes, defined, things),
    )


async def plan_import(
    reading: Reading,
    kind: Importable[Thing, Asked],
    lines: Sequence[ImportLine[Thing, Asked]],
    unread: Sequence[RejectedLine],
    mode: ImportMode,
    *,
    signed: Signature | None = None,
) -> ImportPlan[Thing]:
    """Return what the lines would make; `unread` are rejected already.

    Without a signature nothing of it may be kept.
    """
    there = await kind.standing(reading, {line.id for line in lines})
    # Off the loop, here and below: ten thousand lines take a while.
    asked, malformed = await asyncio.to_thread(asked_of, lines, there, word=kind.word)
    if signed is None:
        signed = Signature(number=0, by=None, at=datetime.now(UTC))
    ground = await kind.ground(reading, asked, there, signed)
    plan = await asyncio.to_thread(planned, asked, ground)
    rejected = [*unread, *malformed, *plan.rejected]
    plan = replace(plan, rejected=sorted(rejected, key=lambda one: one.line))
    if mode is ImportMode.ALL and plan.rejected:
        raise ImportRejectedError(plan)
    return plan


async def import_lines(
    changes: Changes,
    kind: Importable[Thing, Asked],
    lines: Sequence[ImportLine[Thing, Asked]],
    unread: Sequence[RejectedLine],
    mode: ImportMode,
) -> ImportPlan[Thing]:
    """Create and change what the lines ask for, or nothing where all was asked."""
    signed = await changes.signature()
    plan = await plan_import(changes, kind, lines, unread, mode, signed=signed)
    table = kind.table(changes)
    # Created first: what is altered may hang under it.
    if plan.created:
        kind.announce(changes, await table.insert(plan.created))
    if plan.altered:
        kind.announce(changes, await table.update(plan.altered))
    return plan
