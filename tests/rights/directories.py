"""Directories made at random: units, people in lines, teams, and roles."""

from random import Random
from typing import Any

from pydantic import TypeAdapter

from shared.messages.definitions import Definition, Kind
from shared.rights.roles import Action, Depth, Right

ENTITIES = ("opportunity", "case")
ATTRIBUTES = ("amount", "closed", "region")

_UNITS = [f"U{number}" for number in range(6)]
_USERS = [f"p{number}" for number in range(9)]
_TEAMS = [f"t{number}" for number in range(4)]
_ROLES = [f"role{number}" for number in range(5)]

Entries = dict[str, dict[str, dict[str, Any]]]

_definition: TypeAdapter[Definition] = TypeAdapter(Definition)


def definitions_of(entries: Entries) -> dict[tuple[Kind, str], Definition | None]:
    """Return entries of a directory as they are read when they arrive."""
    return {
        (Kind(kind), name): _definition.validate_python(
            {"kind": kind, "id": name, "version": 1, **entry}
        )
        for kind, by_name in entries.items()
        for name, entry in by_name.items()
    }


def directory(random: Random) -> Entries:
    """Return a directory as its parts travel, by kind and id."""
    return {
        "business_unit": {
            name: unit(random, name, index) for index, name in enumerate(_UNITS)
        },
        "user": {name: user(random, index) for index, name in enumerate(_USERS)},
        "team": {name: team(random) for name in _TEAMS},
        "role": {name: role(random) for name in _ROLES},
        "organization": {"organization": organization(random)},
    }


def unit(random: Random, name: str, index: int) -> dict[str, Any]:
    """Return a unit below one that came before it, or below none."""
    parent = random.choice([None, *_UNITS[:index]])
    return {"name": name, "parent_id": parent}


def user(random: Random, index: int) -> dict[str, Any]:
    """Return a user who reports to one that came before, or to nobody."""
    return {
        "name": "",
        "business_unit_id": random.choice([None, *_UNITS]),
        "manager_id": random.choice([None, *_USERS[:index]]),
        "roles": sorted(random.sample(_ROLES, random.choice((0, 1, 1, 2)))),
    }


def team(random: Random) -> dict[str, Any]:
    """Return a team."""
    return {
        "name": "",
        "business_unit_id": random.choice([None, *_UNITS]),
        "members": _some(random, _USERS, 4),
        "roles": _some(random, _ROLES, 1),
    }


def role(random: Random) -> dict[str, Any]:
    """Return a role that says something of an entity, of all of them, or nothing."""
    named = random.sample([*ENTITIES, "*"], random.randint(1, 3))
    return {
        "name": "",
        "privileges": {
            entity: {
                str(action): str(random.choice(list(Depth)))
                for action in (Action.READ, Action.WRITE)
                if random.random() < 0.9
            }
            for entity in named
        },
        "rights": _some(random, [str(right) for right in Right], 2),
        "secured_attributes": {
            entity: [random.choice(ATTRIBUTES)]
            for entity in ENTITIES
            if random.random() < 0.05
        },
    }


def organization(random: Random) -> dict[str, Any]:
    """Return an organisation where roles are used, nearly always."""
    return {
        "time_zone": "UTC",
        "base_currency": "EUR",
        "hierarchy_security": {
            "enabled": random.random() < 0.4,
            "depth": random.randint(1, 3),
        },
        "reading": "everyone" if random.random() < 0.05 else "roles",
    }


def principals() -> list[str]:
    """Return the keys of everybody who may own a thing, one unknown among them."""
    return [
        *(f"user/{name}" for name in _USERS),
        *(f"team/{name}" for name in _TEAMS),
        "user/nobody",
    ]


def owner(random: Random) -> str | None:
    """Return the owner of a record, or none."""
    return random.choice([None, *principals()])


def shares(random: Random) -> list[str]:
    """Return with whom a record is shared; mostly nobody."""
    return _some(random, principals(), 2) if random.random() < 0.3 else []


def users() -> list[str]:
    """Return the ids of all users, one unknown among them."""
    return [*_USERS, "nobody"]


def changed(random: Random, entries: Entries) -> tuple[str, str]:
    """Change one entry, or take it away; return its kind and id."""
    kind = random.choice(["user", "team", "business_unit", "role", "organization"])
    if kind == "organization":
        entries[kind][kind] = organization(random)
        return kind, kind
    names = {"user": _USERS, "team": _TEAMS, "business_unit": _UNITS, "role": _ROLES}
    index = random.randrange(len(names[kind]))
    name = names[kind][index]
    if random.random() < 0.15:
        entries[kind].pop(name, None)
    elif kind == "user":
        entries[kind][name] = user(random, index)
    elif kind == "team":
        entries[kind][name] = team(random)
    elif kind == "business_unit":
        entries[kind][name] = unit(random, name, index)
    else:
        entries[kind][name] = role(random)
    return kind, name


def _some(random: Random, choices: list[str], most: int) -> list[str]:
    return sorted(random.sample(choices, random.randint(0, most)))
