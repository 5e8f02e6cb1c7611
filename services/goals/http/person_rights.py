"""What a person needs beside the scope of his token: a right, by the route."""

from typing import Final

from services.goals.domain.callers import Caller, Scope
from services.goals.domain.rights import Rights, lacks_in_words
from services.goals.http.scopes import scope_of
from services.goals.store.database import Database
from shared.doors.refusing import not_let_in
from shared.rights.roles import Right

_OF_SCOPE: Final = {
    Scope.METRICS_WRITE: Right.MANAGE_METRICS,
    Scope.DIRECTORY_WRITE: Right.MANAGE_DIRECTORY,
    Scope.ORGANIZATION_READ: Right.MANAGE_ORGANIZATION,
    Scope.ORGANIZATION_WRITE: Right.MANAGE_ORGANIZATION,
}
_ENTITIES: Final = "/v1/entities"
_READS: Final = frozenset({"GET", "HEAD"})


def right_of(method: str, path: str) -> Right | None:
    """Return the right that a person needs; None: what he asks for decides."""
    if path.startswith(_ENTITIES) and method not in _READS:
        return Right.MANAGE_DIRECTORY
    if path.startswith("/v1/rollup-queries/") and path.endswith("/impact"):
        # It looks at records of his own choice through the eyes of goals' managers.
        return Right.MANAGE_METRICS
    if path.startswith("/v1/goals/") and path.endswith("/recalculate"):
        return Right.ROLL_UP_GOAL
    scope = scope_of(method, path)
    return None if scope is None else _OF_SCOPE.get(scope)


async def check_right(
    database: Database, caller: Caller, method: str, path: str
) -> None:
    """Refuse a person who lacks the right that a route needs."""
    needed = right_of(method, path)
    if needed is None or caller.user_id is None:
        return
    async with database.reading(caller=caller) as reading:
        rights: Rights = await reading.rights()
    if not rights.has(needed):
        raise not_let_in("right_missing", lacks_in_words(caller, needed))
