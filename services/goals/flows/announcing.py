"""What every write needs besides its own statements."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import Protocol

from pydantic import BaseModel

from services.goals.domain.errors import ID_TAKEN, RefusedError
from shared.messages.definitions import Kind


class Announcing(Protocol):
    """Somebody to tell what has become of a definition."""

    def announce(self, kind: Kind, definition_id: str, definition: BaseModel) -> None:
        """Tell others what a definition has become."""

    def announce_gone(
        self, kind: Kind, definition_id: str, *, goal_number: int | None = None
    ) -> None:
        """Tell others that a definition is gone."""


@contextmanager
def item(index: int) -> Iterator[None]:
    """Say of a refusal inside which of many items it was for."""
    try:
        yield
    except RefusedError as refusal:
        refusal.at(index)
        raise


def check_new_ids(what: str, ids: Sequence[str], existing: Collection[str]) -> None:
    """Refuse ids that are taken, by others or by one another."""
    seen: set[str] = set()
    for index, one in enumerate(ids):
        if one in existing or one in seen:
            where = "exists already" if one in existing else "is given twice"
            raise RefusedError(
                ID_TAKEN,
                f"{what} {one} {where}; choose another id, or change the one there is",
                field="id",
            ).at(index)
        seen.add(one)
