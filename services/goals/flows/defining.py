"""Writing what people define, the same way for every kind: find, check, store, tell."""

from collections.abc import Awaitable, Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Generic

from pydantic import BaseModel

from services.goals.domain.directory import Use, check_unused
from services.goals.domain.errors import ID_TAKEN, RefusedError
from services.goals.domain.judging import Judge
from services.goals.domain.versions import Expected, check_version, not_found
from services.goals.store.database import Changes, Reading
from services.goals.store.tables import Table, Thing
from shared.messages.definitions import Kind


@dataclass(frozen=True, slots=True, kw_only=True)
class Defined(Generic[Thing]):
    """A kind of thing that people define."""

    kind: Kind
    table: Callable[[Reading], Table[Thing]]
    definition: Callable[[Thing], BaseModel]
    # Asks for all that decides whether things may be as they are.
    judge: Callable[[Reading, Sequence[Thing]], Awaitable[Judge[Thing]]]
    # Refuses to delete a thing; left out: one that is used.
    check_deletable: Callable[[Changes, str], Awaitable[None]] | None = None
    # What else is written before new things are; left out: nothing.
    before_created: Callable[[Changes], Awaitable[None]] | None = None

    @property
    def word(self) -> str:
        """What people call one."""
        return self.kind.replace("_", " ")


async def create(
    changes: Changes, defined: Defined[Thing], things: Sequence[Thing]
) -> Sequence[Thing]:
    """Create things; they may name one another, in any order."""
    table = defined.table(changes)
    ids = [thing.id for thing in things]
    check_new_ids(defined.word, ids, await table.existing(ids))
    await _check(changes, defined, things)
    if defined.before_created is not None:
        await defined.before_created(changes)
    return _announced(changes, defined, await table.insert(things))


async def change(
    changes: Changes,
    defined: Defined[Thing],
    thing_id: str,
    alter: Callable[[Thing], Thing],
    expected: Expected,
) -> Thing:
    """Change a thing; if it stays what it is, nobody is told."""
    table = defined.table(changes)
    thing = await existing(table, defined.word, thing_id, expected)
    after = alter(thing)
    if after == thing:
        return thing
    await _check(changes, defined, [after])
    return _announced(changes, defined, await table.update([after]))[0]


async def delete(
    changes: Changes, defined: Defined[Thing], thing_id: str, expected: Expected
) -> None:
    """Delete a thing that nothing needs."""
    table = defined.table(changes)
    await existing(table, defined.word, thing_id, expected)
    if defined.check_deletable is None:
        uses = await told_uses(changes, await table.uses_of(thing_id))
        check_unused(f"{defined.word} {thing_id}", uses)
    else:
        await defined.check_deletable(changes, thing_id)
    await table.delete(thing_id)
    changes.announce_gone(defined.kind, thing_id)


async def existing(
    table: Table[Thing], word: str, thing_id: str, expected: Expected
) -> Thing:
    """Return what is to be written over, if it is what the writer has read."""
    thing = await table.get(thing_id)
    if thing is None:
        raise not_found(f"{word} {thing_id}")
    check_version(f"{word} {thing_id}", thing.version, expected)
    return thing


async def told_uses(changes: Changes, uses: Sequence[Use]) -> Sequence[Use]:
    """Return what needs a thing, without the names of goals that one may not read."""
    known = await changes.visible.of(
        await changes.rights(),
        [one for use in uses if use.is_of_goals for one in use.ids],
    )
    return [
        replace(use, ids=[one for one in use.ids if one in known])
        if use.is_of_goals
        else use
        for use in uses
    ]


def check_new_ids(word: str, ids: Sequence[str], existing: Collection[str]) -> None:
    """Refuse ids that are taken, by others or by one another."""
    seen: set[str] = set()
    for index, one in enumerate(ids):
        if one in existing or one in seen:
            where = "exists already" if one in existing else "is given twice"
            raise RefusedError(
                ID_TAKEN,
                f"{word} {one} {where}; choose another id, or change the one there is",
                field="id",
            ).at(index)
        seen.add(one)


@contextmanager
def item(index: int) -> Iterator[None]:
    """Say of a refusal inside which of many items it was for."""
    try:
        yield
    except RefusedError as refusal:
        refusal.at(index)
        raise


async def _check(
    changes: Changes, defined: Defined[Thing], things: Sequence[Thing]
) -> None:
    """Refuse what things must not be; they may name one another, in any order."""
    judge = await defined.judge(changes, things)
    for thing in things:
        judge.accept(thing)
    for index, thing in enumerate(things):
        with item(index):
            judge.check(thing)


def announce_all(
    changes: Changes, defined: Defined[Thing], things: Sequence[Thing]
) -> None:
    """Tell others what things have become."""
    for thing in things:
        changes.announce(defined.kind, thing.id, defined.definition(thing))


def _announced(
    changes: Changes, defined: Defined[Thing], things: Sequence[Thing]
) -> Sequence[Thing]:
    announce_all(changes, defined, things)
    return things
