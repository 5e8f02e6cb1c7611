"""What does not read in a query, and how it is said."""

from collections.abc import Mapping, Sequence
from typing import Any


class UnreadableQueryError(Exception):
    """Conditions that do not read; `place` says where: `where.all[1].value`."""

    def __init__(self, place: str, detail: str) -> None:
        super().__init__(f"{place}: {detail}")
        self.place = place
        self.detail = detail


def refuse_others(value: Mapping[str, Any], allowed: Sequence[str], place: str) -> None:
    """Refuse fields that an object does not have."""
    for name in value:
        if name not in allowed:
            raise UnreadableQueryError(
                f"{place}.{short(str(name))}",
                "it does not belong here; allowed are " + ", ".join(allowed),
            )


def keys(value: Mapping[str, Any]) -> str:
    """Return the fields of an object in words."""
    return ", ".join(map(short, map(str, value))) if value else "an empty object"


def shown(value: object) -> str:
    """Return what was found in words."""
    if value is None:
        return "nothing"
    if isinstance(value, dict):
        return "an object"
    if isinstance(value, list):
        return f"a list of {len(value)}"
    if isinstance(value, bool):
        return str(value).lower()
    return short(f'"{value}"' if isinstance(value, str) else str(value))


def short(text: str, length: int = 60) -> str:
    """Return a text, or its beginning."""
    return text if len(text) <= length else text[:length] + "…"
