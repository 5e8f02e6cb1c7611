"""Differences: where what is kept is not what the records give. No input or output."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum

from cli.verify.reading import Row
from shared.domain.amounts import text_of
from shared.domain.goals import Slot


class Check(StrEnum):
    """What should hold in every snapshot."""

    # Own, with what waits, is what the stored records deserve.
    CONVERGENCE = "convergence"
    # Own, with what waits, is what the records are stored to add.
    CONSERVATION = "conservation"
    # Computed is own and what the children show.
    TREE = "tree"
    # A root's total, with what waits below it, is what all records below it deserve;
    # a goal that holds its values stands for those below it.
    ROOT = "root"
    # Every goal hangs on a root, and has a row of totals.
    PLACE = "place"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One check that does not hold."""

    check: Check
    goal_id: str
    field: str
    should_be: str
    found: str
    off_by: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Root:
    """The total of one tree, kept and recomputed."""

    goal_id: str
    title: str
    field: str
    computed: str
    from_records: str
    # In the records' contributions, not yet in the total.
    waiting: str
    goals: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """All that a verification found."""

    goals: int
    # Being re-derived now: their convergence is not judged.
    computing: int
    checks: int
    differences: Sequence[Difference]
    roots: Sequence[Root]


def judge(rows: Sequence[Row]) -> Verdict:
    """Compare what is kept with what the records give."""
    trees = _trees_of(rows)
    differences = [
        *(found for row in rows for found in _of_goal(row)),
        *(found for tree in trees for found in tree.differences()),
    ]
    return Verdict(
        goals=len({row.number for row in rows}),
        computing=len({row.number for row in rows if row.computing}),
        checks=4 * len(rows) + len(trees),
        differences=differences,
        roots=[tree.summary() for tree in trees if tree.root.rolled_up],
    )


@dataclass(slots=True)
class _Tree:
    """One field of one tree."""

    root: Row
    expected: int = 0
    climbing: int = 0
    own: int = 0
    goals: int = 0
    settled: bool = True

    def add(self, row: Row) -> None:
        self.goals += 1
        self.expected += row.stands_in
        if row.reaches_root:
            self.expected += row.expected
            self.climbing += row.climbing
            self.own += row.own
            self.settled &= row.live and not row.computing

    @property
    def waiting(self) -> int:
        return self.climbing - self.own

    def differences(self) -> Iterator[Difference]:
        if self.settled:
            yield from _compare(
                Check.ROOT,
                self.root,
                should_be=self.expected,
                found=self.root.computed + self.waiting,
            )

    def summary(self) -> Root:
        decimals = self.root.decimals
        return Root(
            goal_id=self.root.id,
            title=self.root.title,
            field=self.root.field,
            computed=text_of(self.root.computed, self.root.kept_decimals),
            from_records=text_of(self.expected, decimals),
            waiting=text_of(self.waiting, decimals),
            goals=self.goals,
        )


def _trees_of(rows: Iterable[Row]) -> Sequence[_Tree]:
    members: defaultdict[tuple[int, str], list[Row]] = defaultdict(list)
    for row in rows:
        if row.root_number is not None:
            members[row.root_number, row.field].append(row)
    trees = []
    for (root_number, _), found in sorted(members.items()):
        tree = _Tree(next(row for row in found if row.number == root_number))
        for row in found:
            tree.add(row)
        trees.append(tree)
    return trees


def _of_goal(row: Row) -> Iterator[Difference]:
    yield from _place_of(row)
    if row.live and not row.computing:
        yield from _compare(
            Check.CONVERGENCE, row, should_be=row.expected, found=row.climbing
        )
    yield from _compare(
        Check.CONSERVATION, row, should_be=row.stored, found=row.climbing
    )
    yield from _compare(
        Check.TREE,
        row,
        should_be=row.own + row.children,
        found=row.computed,
        decimals=row.kept_decimals,
    )


def _place_of(row: Row) -> Iterator[Difference]:
    root = "none" if row.root_number is None else f"goal number {row.root_number}"
    # A goal's place is the same for its three fields; it is told once.
    if row.root_number != row.tree_number and row.field == Slot.ACTUAL:
        yield Difference(
            check=Check.PLACE,
            goal_id=row.id,
            field="tree",
            should_be=root,
            found=f"goal number {row.tree_number}",
            off_by="",
        )
    if not row.has_totals:
        yield Difference(
            check=Check.PLACE,
            goal_id=row.id,
            field=row.field,
            should_be="a row of totals",
            found="none",
            off_by="",
        )


def _compare(
    check: Check, row: Row, *, should_be: int, found: int, decimals: int | None = None
) -> Iterator[Difference]:
    if decimals is None:
        decimals = row.decimals
    if should_be != found:
        yield Difference(
            check=check,
            goal_id=row.id,
            field=row.field,
            should_be=text_of(should_be, decimals),
            found=text_of(found, decimals),
            off_by=text_of(found - should_be, decimals),
        )
