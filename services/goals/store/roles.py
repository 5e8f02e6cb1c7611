"""Roles, and who has them."""

from typing import Final

import asyncpg
import msgspec

from services.goals.domain.roles import DefinedRole
from services.goals.store.connections import Connection
from services.goals.store.tables import Column, Shape, Table
from shared.rights.roles import Action, Depth, Right

_Privileges = dict[str, dict[Action, Depth]]

decode_privileges = msgspec.json.Decoder(_Privileges).decode
decode_rights = msgspec.json.Decoder(tuple[Right, ...]).decode
decode_secured = msgspec.json.Decoder(dict[str, tuple[str, ...]]).decode

_IS_EMPTY = "SELECT NOT EXISTS (SELECT FROM goals.role)"


class Roles(Table[DefinedRole]):
    """What can be read and written of roles."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection, _ROLES)

    async def is_empty(self) -> bool:
        """Tell whether there is no role."""
        empty: bool = await self.connection.fetchval(_IS_EMPTY)
        return empty


def _encoded(value: object) -> str:
    return msgspec.json.encode(value).decode()


def _role(row: asyncpg.Record) -> DefinedRole:
    return DefinedRole(
        id=row["id"],
        version=row["version"],
        name=row["name"],
        privileges=decode_privileges(row["privileges"]),
        rights=decode_rights(row["rights"]),
        secured_attributes=decode_secured(row["secured_attributes"]),
    )


_ROLES: Final[Shape[DefinedRole]] = Shape(
    table="goals.role",
    columns=(
        Column("name", "text", lambda role: role.name),
        Column("privileges", "jsonb", lambda role: _encoded(role.privileges)),
        Column("rights", "jsonb", lambda role: _encoded(role.rights)),
        Column(
            "secured_attributes",
            "jsonb",
            lambda role: _encoded(role.secured_attributes),
        ),
    ),
    thing=_role,
    uses=(
        ("is given to user", "goals.user_role WHERE role_id = $1", "user_id"),
        ("is given to team", "goals.team_role WHERE role_id = $1", "team_id"),
    ),
)
