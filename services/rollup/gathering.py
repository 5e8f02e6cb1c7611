"""Gather: what waits for some groups, and what holds or ends on its way up.

Here re-derivations and recalculations end, hours begin, and goals are found that hold
their values. What moves by it all is `domain.ancestry`'s.
"""

from collections.abc import Iterable, Iterator, Sequence

from services.rollup import recalculate
from services.rollup.domain.ancestry import LOCKED, Hold, Movements, crossed_by
from services.rollup.domain.contributions import number_of
from services.rollup.domain.definitions import Definitions
from services.rollup.domain.overflow import Gathered, is_healed_by
from services.rollup.domain.patience import Patience
from services.rollup.store import definitions as definitions_store
from services.rollup.store import rederivations, totals
from services.rollup.store.rederivations import TICK
from services.rollup.store.totals import Waiting
from shared.domain.goals import GoalNumber
from shared.plumbing.postgres import Connection


async def gather(
    connection: Connection, definitions: Definitions, waiting: Waiting
) -> Gathered:
    """Return what is to climb of what waited; finished re-derivations fold in.

    Where shown values move only at certain hours, all waits for the next one.
    """
    computing = (
        await definitions_store.computing(connection, sorted(waiting.deltas))
        if waiting.rederiving
        else {}
    )
    done = set().union(*waiting.done.values()) if waiting.done else set()
    finished = [number for number, job in computing.items() if job in done]
    folded = await totals.pending(connection, finished) if finished else {}
    if finished:
        await _settle(connection, definitions, finished)
    ticked = [group for group, jobs in waiting.done.items() if TICK in jobs]
    if ticked:
        folded.update(await totals.pending_of_groups(connection, ticked))
    patience = Patience(
        forest=definitions.forest,
        computing=computing.keys() - set(finished),
        finished=set(finished),
        # None: no group has to wait.
        ticked=set(ticked) if definitions.directory.schedule.frequency_hours else None,
    )
    ended = await recalculate.end(connection, definitions, waiting.done)
    locked, loose = crossed(definitions, waiting, [*folded, *ended.numbers])
    overflown = loose & definitions.forest.overflown
    still = await _still_written(connection, definitions, loose - overflown)
    return Gathered(
        forest=definitions.forest,
        deltas=list(in_order(waiting)),
        patience=patience,
        folded=folded,
        holds={
            **locked,
            **dict.fromkeys(overflown, LOCKED),
            **still,
        },
        lacking=ended.lacking,
        released=ended.numbers & still.keys(),
    )


class TotalFitsAgainError(Exception):
    """The sum of a goal that fails can be shown again."""


async def check_overflown(
    connection: Connection, definitions: Definitions, movements: Movements
) -> None:
    """Raise TotalFitsAgainError if a goal that fails need not fail any more."""
    overflown = movements.keys() & definitions.forest.overflown
    if overflown and is_healed_by(
        movements, await definitions_store.standings(connection, overflown)
    ):
        raise TotalFitsAgainError


def crossed(
    definitions: Definitions, waiting: Waiting, folded: Iterable[GoalNumber] = ()
) -> tuple[dict[GoalNumber, Hold], set[GoalNumber]]:
    """Return the goals on the ways up that hold their values, and those that may."""
    forest = definitions.forest
    if not forest.holds_anything:
        return {}, set()
    begun = {GoalNumber(number_of(slot)) for slot, _ in in_order(waiting)}
    standing, loose = crossed_by(begun.union(folded).intersection(forest.nodes), forest)
    return dict.fromkeys(standing, LOCKED), loose


async def _still_written(
    connection: Connection, definitions: Definitions, numbers: set[GoalNumber]
) -> dict[GoalNumber, Hold]:
    """Return what goals still hold; of the others, know that they do not any more."""
    if not numbers:
        return {}
    excess = await totals.excess_of_held(connection, sorted(numbers))
    definitions.forest.written -= numbers - excess.keys()
    return {number: Hold(is_locked=False, excess=one) for number, one in excess.items()}


def in_order(waiting: Waiting) -> Iterator[tuple[int, int]]:
    """Return the deltas of one group after the other."""
    for _, deltas in sorted(waiting.deltas.items()):
        yield from deltas


async def _settle(
    connection: Connection, definitions: Definitions, finished: Sequence[GoalNumber]
) -> None:
    """Note that goals hold contributions under their present definitions only."""
    goals = [definitions.forest.nodes[number].goal for number in finished]
    await rederivations.settle(
        connection,
        {goal.number: carried_by(definitions, goal.number) for goal in goals},
    )


def carried_by(
    definitions: Definitions, number: GoalNumber
) -> tuple[Sequence[str] | None, Sequence[str]]:
    """Return where the contributions to a goal are found: owners and entities."""
    goal = definitions.forest.nodes[number].goal
    return definitions_store.carried(definitions, goal)
