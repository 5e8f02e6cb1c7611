"""Writing roles; the first one makes roles decide who reads what."""

from collections.abc import Sequence
from typing import Final

from services.goals.announcing import role_definition
from services.goals.domain.judging import RoleJudge
from services.goals.domain.roles import DefinedRole, read_by_roles
from services.goals.flows.defining import Defined
from services.goals.flows.directory import change_organization
from services.goals.store.database import Changes, Reading
from shared.messages.definitions import Kind


async def _judge_of_roles(
    _reading: Reading, _roles: Sequence[DefinedRole]
) -> RoleJudge:
    return RoleJudge()


async def _begin_to_use(changes: Changes) -> None:
    if await changes.roles.is_empty():
        await change_organization(changes, read_by_roles, None)


ROLES: Final = Defined(
    kind=Kind.ROLE,
    table=lambda reading: reading.roles,
    definition=role_definition,
    judge=_judge_of_roles,
    before_created=_begin_to_use,
)
