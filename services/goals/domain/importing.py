"""Many things created and changed at once, each line judged by what is there by then.

Every line is checked as if it came alone after those before it, what stands above
others before those wherever they stand in the file. Nothing is stored here: what comes
out is what all lines together make, and which of them were refused for what.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from services.goals.domain.errors import (
    ID_TAKEN,
    IMPORT_REJECTED,
    REFERENCE_NOT_FOUND,
    RefusedError,
)
from services.goals.domain.judging import Judge


class Named(Protocol):
    """Anything with an id."""

    @property
    def id(self) -> str:
        """Its id."""


Thing = TypeVar("Thing", bound=Named)
Thing_co = TypeVar("Thing_co", covariant=True, bound=Named)
Asked = TypeVar("Asked")
Asked_co = TypeVar("Asked_co", covariant=True)
Asked_contra = TypeVar("Asked_contra", contravariant=True)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportLine(Generic[Thing, Asked]):
    """One line of a file; what it asks for depends on whether the thing exists."""

    line: int
    id: str
    # Each refuses what does not read.
    as_new: Callable[[], Asked]
    as_change: Callable[[Thing], Asked]


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedLine:
    """A line that nothing was made of, and why."""

    line: int
    # None: not even that could be read.
    id: str | None
    refused: RefusedError


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedLine(Generic[Asked_co]):
    """A line that reads: something new, or a change of what exists."""

    line: int
    id: str
    asked: Asked_co


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportPlan(Generic[Thing_co]):
    """What all lines together make."""

    # What stands above others comes before those.
    created: Sequence[Thing_co]
    # Also what no line names: it follows something that one names.
    altered: Sequence[Thing_co]
    changed: int
    unchanged: int
    rejected: Sequence[RejectedLine]


class ImportRejectedError(RefusedError):
    """All or nothing was asked for, and not all can be."""

    def __init__(self, plan: ImportPlan[Named]) -> None:
        lines = len(plan.rejected)
        what = "1 line is" if lines == 1 else f"{lines} lines are"
        super().__init__(
            IMPORT_REJECTED,
            f"{what} rejected, so nothing was stored; correct what `rejected` says, or "
            "have what is good stored with mode=good",
        )
        self.plan = plan


class Ground(Protocol[Thing_co, Asked_contra]):
    """What lines fall on: all that they name, as the lines before leave it."""

    @property
    def word(self) -> str:
        """What people call one thing."""

    @property
    def field_above(self) -> str:
        """The field that names what stands above a thing."""

    def exists(self, thing_id: str) -> bool:
        """Tell whether something may be named as standing above others."""

    def above(self, thing_id: str) -> str | None:
        """Return what stands above a thing that exists."""

    def wanted_above(self, line: AskedLine[Asked_contra]) -> str | None:
        """Return what is to stand above the thing of a line."""

    def cycle(self, thing_id: str, above: str) -> RefusedError:
        """Return the refusal for a thing that would stand above itself."""

    def take(self, line: AskedLine[Asked_contra]) -> None:
        """Make of a thing what a line asks for, or refuse it."""

    def created(self) -> Sequence[Thing_co]:
        """Return what was not there before the first line."""

    def altered(self) -> Sequence[Thing_co]:
        """Return what was, and is different now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Definitions(Generic[Thing]):
    """The ground for things that a judge checks; a line asks for the thing itself."""

    word: str
    standing: Mapping[str, Thing]
    judge: Judge[Thing]
    _taken: dict[str, Thing] = field(default_factory=dict)

    @property
    def field_above(self) -> str:
        """The field that names what stands above a thing."""
        return "" if self.judge.ladder is None else self.judge.ladder.field

    def exists(self, thing_id: str) -> bool:
        """Tell whether something may be named as standing above others."""
        ladder = self.judge.ladder
        return ladder is not None and thing_id in ladder.above

    def above(self, thing_id: str) -> str | None:
        """Return what stands above a thing that exists."""
        ladder = self.judge.ladder
        return None if ladder is None else ladder.above.get(thing_id)

    def wanted_above(self, line: AskedLine[Thing]) -> str | None:
        """Return what is to stand above the thing of a line."""
        return self.judge.above(line.asked)

    def cycle(self, thing_id: str, above: str) -> RefusedError:
        """Return the refusal for a thing that would stand above itself."""
        if self.judge.ladder is None:  # nothing stands above anything
            raise AssertionError
        return self.judge.ladder.cycle(thing_id, above)

    def take(self, line: AskedLine[Thing]) -> None:
        """Make of a thing what a line asks for, or refuse it."""
        if line.asked == self.standing.get(line.id):
            return
        self.judge.check(line.asked)
        self.judge.accept(line.asked)
        self._taken[line.id] = line.asked

    def created(self) -> Sequence[Thing]:
        """Return what was not there before the first line."""
        return [one for one in self._taken.values() if one.id not in self.standing]

    def altered(self) -> Sequence[Thing]:
        """Return what was, and is different now."""
        return [one for one in self._taken.values() if one.id in self.standing]


def asked_of(
    lines: Sequence[ImportLine[Thing, Asked]],
    standing: Mapping[str, Thing],
    *,
    word: str,
) -> tuple[Sequence[AskedLine[Asked]], Sequence[RejectedLine]]:
    """Return what the lines ask for, given the things that exist, and what fails."""
    asked: dict[str, AskedLine[Asked]] = {}
    rejected: list[RejectedLine] = []
    for line in lines:
        try:
            if line.id in asked:
                raise _given_twice(word, line.id, asked[line.id].line)
            thing = standing.get(line.id)
            form = line.as_new() if thing is None else line.as_change(thing)
            asked[line.id] = AskedLine(line=line.line, id=line.id, asked=form)
        except RefusedError as refused:
            rejected.append(RejectedLine(line=line.line, id=line.id, refused=refused))
    return list(asked.values()), rejected


def planned(
    lines: Sequence[AskedLine[Asked]], ground: Ground[Thing, Asked]
) -> ImportPlan[Thing]:
    """Return what the lines make of the ground, and which of them are refused."""
    by_id = {line.id: line for line in lines}
    rejected: dict[str, RejectedLine] = {}
    waiting = dict(by_id)
    for line in _from_above(by_id, ground):
        del waiting[line.id]
        try:
            _check_above(line, ground, rejected, waiting)
            ground.take(line)
        except RefusedError as refused:
            rejected[line.id] = RejectedLine(
                line=line.line, id=line.id, refused=refused
            )
    accepted = by_id.keys() - rejected.keys()
    created, altered = ground.created(), ground.altered()
    changed = sum(one.id in accepted for one in altered)
    return ImportPlan(
        created=created,
        altered=altered,
        changed=changed,
        unchanged=len(accepted) - len(created) - changed,
        rejected=list(rejected.values()),
    )


def _from_above(
    by_id: Mapping[str, AskedLine[Asked]], ground: Ground[Thing, Asked]
) -> Sequence[AskedLine[Asked]]:
    """Return the lines in an order in which those above come before those below.

    Where lines go in circles there is none; then one of them is refused in its turn.
    """
    wanted = {one: ground.wanted_above(line) for one, line in by_id.items()}
    done: dict[str, None] = {}
    for one in by_id:
        waiting: dict[str, None] = {}
        at: str | None = one
        while at is not None and at not in done and at not in waiting:
            waiting[at] = None
            at = wanted[at] if at in wanted else ground.above(at)
        done.update(dict.fromkeys(reversed(waiting)))
    return [by_id[one] for one in done if one in by_id]


def _check_above(
    line: AskedLine[Asked],
    ground: Ground[Thing, Asked],
    rejected: Mapping[str, RejectedLine],
    waiting: Mapping[str, AskedLine[Asked]],
) -> None:
    """Say of what is not there why it is not, where the file tells."""
    above = ground.wanted_above(line)
    if above is None or ground.exists(above):
        return
    if above in rejected:
        word, where = ground.word, ground.field_above
        raise RefusedError(
            REFERENCE_NOT_FOUND,
            f"{word} {line.id} names {word} {above} in {where}, and line "
            f"{rejected[above].line}, which would create it, is rejected; correct that "
            "one",
            field=where,
        )
    if above in waiting or above == line.id:
        raise ground.cycle(line.id, above)


def _given_twice(word: str, thing_id: str, first: int) -> RefusedError:
    return RefusedError(
        ID_TAKEN,
        f"{word} {thing_id} is given in line {first} already; leave one of the two "
        "lines out",
        field="id",
    )
