"""A record: one row of an upstream CRM at one version."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Protocol

# Text, exact number, true or false, or nothing; dates are ISO text.
AttributeValue = str | int | bool | Decimal | None


class Record(Protocol):
    """What a record says; what came off the topic and what is stored both say it."""

    @property
    def key(self) -> str:
        """The record's place in every store: `opportunity/O-1`."""

    @property
    def entity(self) -> str:
        """What kind of thing it is."""

    @property
    def version(self) -> int:
        """A number that only grows."""

    @property
    def deleted(self) -> bool:
        """Whether it exists no more."""

    @property
    def owner(self) -> str | None:
        """Whose it is, as a key: `user/R0`."""

    @property
    def state(self) -> str | None:
        """Its state, as text."""

    @property
    def status(self) -> str | None:
        """Its status, as text."""

    @property
    def attributes(self) -> Mapping[str, AttributeValue]:
        """Everything else it says, flat."""

    @property
    def shared_with(self) -> Sequence[str]:
        """Who else may see it, as keys."""

    @property
    def occurred_at(self) -> datetime | None:
        """When it happened, as the sender has it."""


# The records that others link to, by their keys. One that never came may be missing,
# or be there as a deleted one.
Parents = Mapping[str, Record]
