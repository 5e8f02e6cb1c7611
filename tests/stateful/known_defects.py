"""Where the engine is known to differ from the oracle: lives go around these places.

Each is shown by a test in `test_known_lives`, which is expected to fail, strictly: when
the defect is mended that test says so, and both entries go.
"""

from tests.stateful.deeds import Deed, Kind
from tests.stateful.said import Said


def is_known(said: Said, deed: Deed) -> bool:
    """Tell whether a deed would meet a defect that is known."""
    return _moves_below_what_is_written(said, deed)


def _moves_below_what_is_written(said: Said, deed: Deed) -> bool:
    """Tell whether a goal leaves and joins an ancestor that is written over at once."""
    goal = said.goals.get(deed.name)
    if deed.kind is not Kind.CHANGE_GOAL or goal is None:
        return False
    after = deed.body.get("parent_id")
    if goal.parent_id is None or after not in said.goals:
        return False
    common = set(said.path(goal.parent_id)) & set(said.path(after))
    return any(said.goals[one].written is not None for one in common)
