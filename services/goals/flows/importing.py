"""Importing: many lines that create or change, with few questions for all."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import StrEnum
from typing import Generic, TypeVar

from services.goals.domain.callers import Caller
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
    # Those that whoever asks may know of; left out: all of them.
    known: Callable[[Reading, Collection[str]], Awaitable[frozenset[str]]] | None = None
    # What else is written before new things are; left out: nothing.
    before_created: Callable[[Changes], Awaitable[None]] | None = None


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
        before_created=defined.before_created,
    )


def signature_of_nothing(caller: Caller) -> Signature:
    """Return a signature for a plan of which nothing is kept."""
    return Signature(
        number=0, by=caller.name, user_id=caller.user_id, at=datetime.now(UTC)
    )


async def plan_import(
    reading: Reading,
    kind: Importable[Thing, Asked],
    lines: Sequence[ImportLine[Thing, Asked]],
    unread: Sequence[RejectedLine],
    mode: ImportMode,
    *,
    signed: Signature,
) -> ImportPlan[Thing]:
    """Return what the lines would make; `unread` are rejected already."""
    there = await kind.standing(reading, {line.id for line in lines})
    # Off the loop, here and below: ten thousand lines take a while.
    known = there
    if kind.known is not None:
        names = await kind.known(reading, there.keys())
        known = {name: there[name] for name in there if name in names}
    asked, malformed = await asyncio.to_thread(asked_of, lines, known, word=kind.word)
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
    if plan.created and kind.before_created is not None:
        await kind.before_created(changes)
    if plan.created:
        kind.announce(changes, await table.insert(plan.created))
    if plan.altered:
        kind.announce(changes, await table.update(plan.altered))
    return plan
