"""Which goals' deltas wait before anybody sees them."""

from collections.abc import Set as AbstractSet
from dataclasses import dataclass
from typing import cast

from services.rollup.domain.forest import Forest
from shared.domain.goals import GoalNumber


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """The goals whose deltas wait: they are computing, or their hour has not come."""

    forest: Forest
    computing: AbstractSet[GoalNumber]
    finished: AbstractSet[GoalNumber]
    ticked: AbstractSet[int] | None

    def __contains__(self, number: object) -> bool:
        if number in self.computing or self.ticked is None:
            return number in self.computing
        if number in self.finished:
            return False
        return self.forest.nodes[cast("GoalNumber", number)].group not in self.ticked
