"""What clients send of roles, and of who has them."""

from dataclasses import replace
from typing import Annotated, Any, Final

from pydantic import AfterValidator, ConfigDict, Field
from pydantic_core import PydanticCustomError

from services.goals.domain.roles import DefinedRole
from services.goals.http.fields import Body, Entity, Id, LeftOut, Name, given
from shared.plumbing.identifiers import new_id
from shared.rights.roles import EVERY_ENTITY, Action, Depth, Right

# More than anybody is given one by one.
ROLES_MAX: Final = 100
# Of one role.
ENTITIES_MAX: Final = 1_000
SECURED_ATTRIBUTES_MAX: Final = 1_000

_SELLER: Final[dict[str, Any]] = {
    "id": "seller",
    "name": "Seller",
    "privileges": {
        "opportunity": {"read": "user", "write": "user"},
        "goal": {"read": "user"},
    },
}
_LEAD: Final[dict[str, Any]] = {
    "id": "lead",
    "name": "Sales lead",
    "privileges": {
        "*": {"read": "parent_child_business_units"},
        "goal": {"create": "business_unit", "read": "parent_child_business_units"},
    },
    "rights": ["roll_up_goal"],
    "secured_attributes": {"opportunity": ["margin"]},
}


def _in_order(names: tuple[str, ...]) -> tuple[str, ...]:
    """Return names as they are stored: each once, in any order the same."""
    return tuple(sorted(set(names)))


def _one_entity(name: str) -> str:
    if name == EVERY_ENTITY:
        raise PydanticCustomError(
            "invalid_field",
            "secured attributes are those of one entity, and {name} means every one; "
            "name the entity",
            {"name": name},
        )
    return name


RoleIds = Annotated[
    tuple[Id, ...],
    Field(max_length=ROLES_MAX, examples=[["seller"]]),
    AfterValidator(_in_order),
]
_Privileges = Annotated[
    dict[Entity, dict[Action, Depth]],
    Field(
        max_length=ENTITIES_MAX,
        description="how far one may go with the things of an entity, by its name and "
        "by action; * stands for every entity that is not named. Given anew, the whole "
        "map is replaced",
    ),
]
_Rights = Annotated[tuple[Right, ...], AfterValidator(_in_order)]
_SecuredAttributes = Annotated[
    dict[
        Annotated[Entity, AfterValidator(_one_entity)],
        Annotated[
            tuple[Id, ...],
            Field(max_length=SECURED_ATTRIBUTES_MAX),
            AfterValidator(_in_order),
        ],
    ],
    Field(
        max_length=ENTITIES_MAX,
        description="attributes that the role shows, by entity; an attribute that any "
        "role names is null to all whose roles do not. Given anew, the whole map is "
        "replaced",
    ),
]


class NewRole(Body):
    """What those who have it may do."""

    model_config = ConfigDict(json_schema_extra={"examples": [_SELLER, _LEAD]})

    id: Id | None = None
    name: Name
    privileges: _Privileges = Field(default_factory=dict)
    rights: _Rights = ()
    secured_attributes: _SecuredAttributes = Field(default_factory=dict)

    def as_role(self) -> DefinedRole:
        """Return what is asked for."""
        return DefinedRole(**{**dict(self), "id": self.id or new_id()})


class RolePatch(Body):
    """What is to become of a role; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"privileges": _LEAD["privileges"]}]}
    )

    name: Name = LeftOut
    privileges: _Privileges = LeftOut
    rights: _Rights = LeftOut
    secured_attributes: _SecuredAttributes = LeftOut

    def applied_to(self, role: DefinedRole) -> DefinedRole:
        """Return what the role becomes."""
        return replace(role, **given(self))
