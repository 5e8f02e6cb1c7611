"""What people at Meridian Instruments may do. No input or output.

Whoever manages a goal reads all that the goal counts: leads and directors what belongs
to their region, the heads whatever there is.
"""

from collections.abc import Mapping, Sequence
from typing import Final

from shared.rights.roles import EVERY_ENTITY, Action, Depth, Right

Body = dict[str, object]

SELLER: Final = "seller"
SERVICE: Final = "service"
MANAGER: Final = "manager"
OPERATIONS: Final = "operations"

# Of one's own things.
_WORKED_WITH: Final = (
    Action.CREATE,
    Action.READ,
    Action.WRITE,
    Action.APPEND,
    Action.APPEND_TO,
)


def roles() -> Sequence[Body]:
    """Return all roles; nothing is secured."""
    return [
        {
            "id": SELLER,
            "name": "Seller",
            "privileges": {
                "opportunity": _allowed(Depth.USER, _WORKED_WITH),
                "phonecall": _allowed(Depth.USER, _WORKED_WITH),
                "goal": _allowed(Depth.USER, [Action.READ]),
            },
        },
        {
            "id": SERVICE,
            "name": "Service",
            "privileges": {
                "case": _allowed(Depth.USER, _WORKED_WITH),
                "goal": _allowed(Depth.USER, [Action.READ]),
            },
        },
        {
            "id": MANAGER,
            "name": "Manager",
            "privileges": {
                EVERY_ENTITY: _allowed(
                    Depth.PARENT_CHILD_BUSINESS_UNITS, [*_WORKED_WITH, Action.ASSIGN]
                )
            },
            "rights": [Right.ROLL_UP_GOAL],
        },
        {
            "id": OPERATIONS,
            "name": "Operations",
            "privileges": {EVERY_ENTITY: _allowed(Depth.ORGANIZATION, list(Action))},
            "rights": list(Right),
        },
    ]


def _allowed(depth: Depth, actions: Sequence[Action]) -> Mapping[Action, Depth]:
    return dict.fromkeys(actions, depth)
