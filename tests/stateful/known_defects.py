"""Where the engine is known to differ from the oracle: lives go around these places.

Each is shown by a test in `test_known_lives`, which is expected to fail, strictly: when
the defect is mended that test says so, and both entries go.
"""

from collections.abc import Callable

from tests.stateful.deeds import Deed, Kind, is_about_holding
from tests.stateful.said import Said


def _stands_still_after_what_was_written(said: Said, deed: Deed) -> bool:
    """Tell whether goals may stand still over which something was written once."""
    if deed.kind is Kind.CREATE_GOALS or not is_about_holding(deed):
        return False
    return any(
        goal.asked and goal.locked is None and goal.written is None
        for one, goal in said.goals.items()
        if deed.kind is not Kind.CHANGE_GOAL or one == deed.name
    )


# Each tells whether a deed would meet a defect.
_KNOWN: tuple[Callable[[Said, Deed], bool], ...] = (
    _stands_still_after_what_was_written,
)


def is_known(said: Said, deed: Deed) -> bool:
    """Tell whether a deed would meet a defect that is known."""
    return any(meets(said, deed) for meets in _KNOWN)
