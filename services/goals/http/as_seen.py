"""Goals as whoever asks sees them: with his rights, and no names hidden from him."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import TypeVar

from services.goals.domain.directory import NEW
from services.goals.domain.numbers import GoalNumbers
from services.goals.domain.rights import Rights
from services.goals.http.answers import GoalAnswer
from services.goals.store.database import Reading
from shared.domain.goals import Goal, GoalId, GoalNumber, GoalRight

Answer = TypeVar("Answer", bound=GoalAnswer)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sight:
    """What a caller may read of some goals and of those that they name."""

    rights: Rights
    # None: all there are.
    visible: frozenset[str] | None
    mine: Mapping[GoalId, frozenset[GoalRight]]

    def sees(self, goal_id: str | None) -> bool:
        """Tell whether a goal may be named to the caller."""
        return goal_id is None or self.visible is None or goal_id in self.visible

    def answer(self, answer: Answer) -> Answer:
        """Return an answer as the caller may have it."""
        access = self.rights.shown(self.mine.get(GoalId(answer.id), ()))
        if self.visible is None:
            return replace(answer, access=access)
        in_tree = self.sees(answer.tree_id)
        at_fault = answer.rollup.goal_with_error_id
        return replace(
            answer,
            access=access,
            parent_id=answer.parent_id if self.sees(answer.parent_id) else None,
            cloned_from=answer.cloned_from if self.sees(answer.cloned_from) else None,
            tree_id=answer.tree_id if in_tree else None,
            depth=answer.depth if in_tree else None,
            rollup=replace(
                answer.rollup,
                goal_with_error_id=at_fault if self.sees(at_fault) else None,
            ),
        )


async def sight_of(
    reading: Reading,
    goals: Iterable[Goal],
    numbers: Mapping[GoalNumber, GoalNumbers],
) -> Sight:
    """Return what whoever asks may read of goals, and of all that they name."""
    rights, several = await reading.rights(), list(goals)
    mine = await reading.visible.rights_on(rights, several)
    if rights.user is None:
        return Sight(rights=rights, visible=None, mine=mine)
    named: set[str | None] = {goal.id for goal in several}
    for goal in several:
        named |= {goal.parent_id, goal.cloned_from}
    for one in numbers.values():
        named |= {one.tree_id, one.goal_with_error_id}
    # What is only planned is nobody else's.
    planned = {goal.id for goal in several if goal.version == NEW}
    visible = await reading.visible.of(rights, named)
    return Sight(rights=rights, visible=visible | planned, mine=mine)
