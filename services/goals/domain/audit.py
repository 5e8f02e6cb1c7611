"""The audit trail: what a write changed, from what to what.

A write notes each thing as it was and as it is; the lines are made of that at its end,
so that a thing that is written twice has one line, and one that stays what it was none.
"""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import Field, dataclass, fields
from datetime import datetime
from enum import StrEnum
from typing import Any, ClassVar, Final, Protocol

import msgspec
from typing_extensions import TypeIs

from services.goals.domain.exact_json import HOLDS_JSON, text_of, value_of

# The same on each thing, or another with each write: neither says what changed.
_LEFT_OUT: Final = frozenset({"id", "version", "number"})

# What is told of a thing, by the names of its fields, as JSON has it.
Told = Mapping[str, Any]

# A kind and an id.
Address = tuple[str, str]


class Action(StrEnum):
    """What became of a thing."""

    CREATED = "created"
    CHANGED = "changed"
    DELETED = "deleted"


class Fields(Protocol):
    """Any thing: a dataclass."""

    __dataclass_fields__: ClassVar[dict[str, Field[object]]]


# A thing, or what is to be told of it.
Noted = Fields | Told


class UnauditedError(Exception):
    """A write that would leave nothing in the audit trail: a fault of ours."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One change of one thing; before and after hold what differs, as exact JSON."""

    kind: str
    id: str
    action: Action
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class WrittenLine:
    """A line as it stands in the trail."""

    number: int
    at: datetime
    caller: str
    kind: str
    id: str
    action: Action
    before: str | None
    after: str | None
    change_set_id: str | None
    traceparent: str | None


class Trail:
    """What one write has done to which things."""

    def __init__(self) -> None:
        self._noted: dict[Address, tuple[Noted | None, Noted | None]] = {}
        self._tidied: set[Address] = set()

    def created(self, kind: str, thing_id: str, after: Noted) -> None:
        """Note a thing that was not there."""
        self._note(kind, thing_id, None, after)

    def changed(self, kind: str, thing_id: str, before: Noted, after: Noted) -> None:
        """Note a thing that was something else."""
        self._note(kind, thing_id, before, after)

    def deleted(self, kind: str, thing_id: str, before: Noted) -> None:
        """Note a thing that is no more."""
        self._note(kind, thing_id, before, None)

    def tidied(self, kind: str, thing_id: str) -> None:
        """Note that something old went by itself: no line says that somebody did it."""
        self._tidied.add((kind, thing_id))

    def lines(self) -> Sequence[Line]:
        """Return what the write comes to, in the order in which it was done."""
        return [
            line
            for (kind, thing_id), (before, after) in self._noted.items()
            for line in _lines_of(kind, thing_id, _told(before), _told(after))
        ]

    def check_noted(self, announced: Collection[Address]) -> None:
        """Refuse to tell others of what is not noted here."""
        noted = self._noted.keys() | self._tidied
        for kind, thing_id in announced:
            if (kind, thing_id) not in noted:
                raise UnauditedError(
                    f"{kind} {thing_id} is announced and not noted in the audit trail; "
                    "write it by its Table, or note it in Changes.trail"
                )

    def _note(
        self, kind: str, thing_id: str, before: Noted | None, after: Noted | None
    ) -> None:
        at_first, _ = self._noted.get((kind, thing_id), (before, None))
        self._noted[kind, thing_id] = (at_first, after)


def told_of(thing: Fields) -> Told:
    """Return what the trail tells of a thing: all but its bytes, which are hashes."""
    told: dict[str, Any] = value_of(msgspec.json.encode(thing).decode())
    for one in fields(thing):
        value = getattr(thing, one.name)
        if one.name in _LEFT_OUT or isinstance(value, bytes):
            del told[one.name]
        elif one.metadata == HOLDS_JSON:
            told[one.name] = value_of(value)
    return told


def _told(noted: Noted | None) -> Told | None:
    return noted if noted is None or isinstance(noted, Mapping) else told_of(noted)


def _lines_of(
    kind: str, thing_id: str, before: Told | None, after: Told | None
) -> Iterator[Line]:
    if before == after:
        return
    if before is None:
        action = Action.CREATED
    elif after is None:
        action = Action.DELETED
    else:
        action = Action.CHANGED
        before, after = difference(before, after)
    yield Line(
        kind=kind,
        id=thing_id,
        action=action,
        before=_text_of(before, action),
        after=_text_of(after, action),
    )


def _text_of(told: Told | None, action: Action) -> str | None:
    if told is None:
        return None
    if action is not Action.CHANGED:
        # Of a whole thing only what is said of it.
        told = {name: one for name, one in told.items() if not _is_nothing(one)}
    return text_of(told)


def _is_nothing(value: object) -> bool:
    return value is None or value in ([], {})


def difference(before: Told, after: Told) -> tuple[Told, Told]:
    """Return of both what the other does not have, however deep it lies."""
    was: dict[str, Any] = {}
    now: dict[str, Any] = {}
    for name in sorted(before.keys() | after.keys()):
        left, right = before.get(name), after.get(name)
        if left == right and (name in before) == (name in after):
            continue
        left, right = _apart(left, right)
        if name in before:
            was[name] = left
        if name in after:
            now[name] = right
    return was, now


def _apart(left: Any, right: Any) -> tuple[Any, Any]:
    """Return of two values that differ what to tell of each."""
    if isinstance(left, dict) and isinstance(right, dict):
        # What names one thing by its id is told whole.
        is_name = "id" in left.keys() | right.keys()
        return (left, right) if is_name else difference(left, right)
    if _is_names(left) and _is_names(right):
        gone, come = _only_in(left, right), _only_in(right, left)
        # Of those that are only in another order, all.
        return (gone, come) if gone or come else (left, right)
    return left, right


def _is_names(value: object) -> TypeIs[list[str]]:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _only_in(these: list[str], others: list[str]) -> list[str]:
    there = set(others)
    return [one for one in these if one not in there]
