"""Where the engine is known to differ from the oracle: lives go around these places.

Each is shown by a test in `test_known_lives`, which is expected to fail, strictly: when
the defect is mended that test says so, and both entries go.
"""

from tests.stateful.deeds import Deed, Kind
from tests.stateful.said import Said


def is_known(said: Said, deed: Deed) -> bool:
    """Tell whether a deed would meet a defect that is known."""
    return _deletes_whom_others_are_blamed_for(said, deed)


def _deletes_whom_others_are_blamed_for(said: Said, deed: Deed) -> bool:
    """Tell whether a goal goes whose error is told of those above it."""
    goal = said.goals.get(deed.name)
    if deed.kind is not Kind.DELETE_GOAL or goal is None:
        return False
    return goal.parent_id is not None and said.error_of(goal) is not None
