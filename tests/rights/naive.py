"""Who may read what, as section 2 of the semantics says it, sentence by sentence.

It shares no code with what it judges: the directory is plain JSON, as it travels, and
every question walks through all of it.
"""

from collections.abc import Mapping, Sequence
from typing import Any

_DEPTHS = [
    "none",
    "user",
    "business_unit",
    "parent_child_business_units",
    "organization",
]

# By kind, by id: the definition as it travels.
Directory = Mapping[str, Mapping[str, Mapping[str, Any]]]


def may(
    directory: Directory,
    user_id: str,
    entity: str,
    owner: str | None,
    shared_with: Sequence[str],
    action: str = "read",
) -> bool:
    """Tell whether a user may do something with a record."""
    organization = directory["organization"]["organization"]
    if organization["reading"] == "everyone":
        return action == "read"
    depth = _depth(directory, user_id, entity, action)
    if depth == "organization":
        return True
    if _DEPTHS.index(depth) < _DEPTHS.index("user"):
        return False
    if owner is None:
        return False
    mine = [f"user/{user_id}", *_teams(directory, user_id)]
    return (
        owner in mine
        or any(one in mine for one in shared_with)
        or _by_unit(directory, user_id, depth, owner)
        or _by_hierarchy(directory, user_id, [owner, *shared_with])
    )


def _by_unit(directory: Directory, user_id: str, depth: str, owner: str | None) -> bool:
    unit = directory["user"][user_id].get("business_unit_id")
    of_owner = _unit(directory, owner)
    if unit is None or of_owner is None or depth == "user":
        return False
    if of_owner == unit:
        return True
    return depth == "parent_child_business_units" and unit in _above(
        directory, of_owner
    )


def _by_hierarchy(
    directory: Directory, user_id: str, whose: Sequence[str | None]
) -> bool:
    hierarchy = directory["organization"]["organization"]["hierarchy_security"]
    if not hierarchy["enabled"]:
        return False
    return any(
        f"user/{other}" in whose
        and other != user_id
        and _reports(directory, other, user_id, hierarchy["depth"])
        for other in directory["user"]
    )


def hidden(directory: Directory, user_id: str, entity: str, attribute: str) -> bool:
    """Tell whether an attribute is null to a user."""
    if directory["organization"]["organization"]["reading"] == "everyone":
        return False
    naming = {
        name
        for name, role in directory["role"].items()
        if attribute in role["secured_attributes"].get(entity, ())
    }
    return bool(naming) and naming.isdisjoint(_roles(directory, user_id))


def _depth(directory: Directory, user_id: str, entity: str, action: str) -> str:
    best = "none"
    for name in _roles(directory, user_id):
        privileges = directory["role"].get(name, {"privileges": {}})["privileges"]
        if entity in privileges:
            found = privileges[entity].get(action, "none")
        else:
            found = privileges.get("*", {}).get(action, "none")
        if _DEPTHS.index(found) > _DEPTHS.index(best):
            best = found
    return best


def _roles(directory: Directory, user_id: str) -> set[str]:
    if user_id not in directory["user"]:
        return set()
    roles = set(directory["user"][user_id]["roles"])
    for key in _teams(directory, user_id):
        roles |= set(directory["team"][key.removeprefix("team/")]["roles"])
    return roles


def _teams(directory: Directory, user_id: str) -> list[str]:
    return [
        f"team/{name}"
        for name, team in directory["team"].items()
        if user_id in team["members"]
    ]


def _unit(directory: Directory, owner: str | None) -> str | None:
    if owner is None:
        return None
    kind, _, name = owner.partition("/")
    found: str | None = directory[kind].get(name, {}).get("business_unit_id")
    return found


def _above(directory: Directory, unit: str | None) -> set[str]:
    found: set[str] = set()
    while unit is not None and unit not in found:
        found.add(unit)
        unit = directory["business_unit"].get(unit, {}).get("parent_id")
    return found


def _reports(directory: Directory, who: str, to: str, lines: int) -> bool:
    at: str | None = who
    for _ in range(lines):
        at = directory["user"].get(at or "", {}).get("manager_id")
        if at == to:
            return True
    return False
