"""What of the live stream is for whom: persons see goals that they may read, only."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Final

import msgspec

from services.goals.domain.callers import ADMIN, Caller
from services.goals.live_events import GoalShown
from shared.domain.goals import GoalId

_NOTHING: Final = msgspec.Raw(b"null")
_NO_CAUSES: Final = msgspec.Raw(b"[]")
# Where the message on a goal names other goals.
_NAMING: Final = ("parent_id", "tree_id")

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode
_decode_name = msgspec.json.Decoder(str | None).decode


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """What somebody watches: a tree, or all of them."""

    caller: Caller = ADMIN
    tree_id: GoalId | None = None
    # Only what hangs below this goal; None: all of the tree.
    top: GoalId | None = None

    @property
    def is_persons(self) -> bool:
        """Tell whether it depends on rights what is seen."""
        return self.caller.user_id is not None


def shown_to(goal: GoalShown, visible: Collection[str] | None) -> GoalShown:
    """Return a goal's state without the names of what may not be read."""
    if visible is None:
        return goal
    return replace(
        goal,
        parent_id=goal.parent_id if goal.parent_id in visible else None,
        tree_id=goal.tree_id if goal.tree_id in visible else None,
        # They name records, whoever may read those.
        caused_by=(),
    )


def message_to(data: bytes, visible: Collection[str] | None) -> bytes:
    """Return a message of goal-updated without the names of what may not be read."""
    if visible is None:
        return data
    fields = _decode(data)
    for name in _NAMING:
        if name in fields and _decode_name(fields[name]) not in visible:
            fields[name] = _NOTHING
    fields["caused_by"] = _NO_CAUSES
    return msgspec.json.encode(fields)
