"""A record: one row of an upstream CRM at one version."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal

# Text, exact number, true or false, or nothing; dates are ISO text.
AttributeValue = str | int | bool | Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """What a record says, as far as goals can see it."""

    entity: str
    id: str
    version: int
    deleted: bool = False
    owner: str | None = None
    state: str | None = None
    status: str | None = None
    attributes: Mapping[str, AttributeValue]

    @property
    def key(self) -> str:
        """The record's place in every store: `opportunity/O-1`."""
        return f"{self.entity}/{self.id}"
