"""What a caller is told of records: those he may read, and nothing hidden from him.

Numbers of a goal that he may read he may know whole (semantics, section 8), so what is
withheld of its records is told as a number; of a record by itself he is told nothing.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

import msgspec

from services.goals.domain.errors import RIGHT_MISSING, RefusedError
from services.goals.domain.explaining import (
    JudgedTest,
    Judgement,
    Question,
    judgement_of,
)
from services.goals.domain.listed_records import KnownRecord
from services.goals.domain.rights import Rights
from services.goals.domain.trials import PreviewOrder
from shared.domain.records import Record
from shared.queries.eyes import Sight
from shared.rights.access import seen_through
from shared.rights.participation_sql import GoalField
from shared.rights.roles import Right
from shared.rights.veil import Hidden, veiled

_HIDDEN: Final = "what it looks at is hidden from you"

_decode = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


@dataclass(frozen=True, slots=True)
class _Told:
    """What one evaluation sees beside its record, as far as a caller may read it."""

    sight: Sight
    rights: Rights

    def look(self, key: str) -> Record | None:
        """Return another record, unless the caller may not read it."""
        found = self.sight.look(key)
        if found is None or not may_read(self.rights, found):
            return None
        return veiled(found, self.rights.hidden)

    def again(self, instant: datetime) -> None:
        """Note that the answer may be another one from then on."""
        self.sight.again(instant)


def may_read(rights: Rights, record: Record) -> bool:
    """Tell whether a caller may read a record."""
    units = rights.people.unit_of_owner
    return rights.records(record.entity).allows_record(record, units)


def hides_amount(rights: Rights, asked: GoalField) -> bool:
    """Tell whether what records add is an attribute that is hidden from a caller."""
    attribute = asked.field.source_attribute
    return attribute in rights.hidden.get(asked.field.source_entity, ())


def hidden_in(rights: Rights, asked: GoalField) -> Hidden:
    """Return what is null to a goal's manager, or to a caller.

    Linked records count as hidden unless the caller may read all of their kind.
    """
    found = dict(asked.hidden)
    for entity, names in rights.hidden.items():
        found[entity] = frozenset({*found.get(entity, ()), *names})
    link = asked.field.date_from
    if link is not None and not rights.records(link.entity).everything:
        name = asked.field.date_attribute
        found[link.entity] = frozenset({*found.get(link.entity, ()), name})
    return found


def record_told(record: KnownRecord, rights: Rights) -> KnownRecord:
    """Return a record as a caller may have it: without what is hidden from him."""
    names = rights.hidden.get(record.entity)
    if not names or names.isdisjoint(record.attributes):
        return record
    texts = _decode(record.attributes_json)
    kept = {name: text for name, text in texts.items() if name not in names}
    return replace(
        record,
        attributes=seen_through(record.attributes, names),
        attributes_json=msgspec.json.encode(kept).decode(),
    )


def judgement_told(
    record: Record, question: Question, sight: Sight, rights: Rights
) -> Judgement:
    """Return what all tests say of a record, as far as a caller may know why."""
    found = judgement_of(record, question, sight)
    if rights.user is None:
        return found
    seen = judgement_of(veiled(record, rights.hidden), question, _Told(sight, rights))
    return replace(
        found,
        tests=tuple(map(_test_told, found.tests, seen.tests)),
        is_amount_hidden=hides_amount(rights, question.asked),
    )


def trial_of(
    order: PreviewOrder, linked: Iterable[str], rights: Rights
) -> PreviewOrder:
    """Return how a caller tries conditions: with his own eyes, or refuse him.

    Who manages metrics writes conditions that goals go by, and may use others' eyes.
    """
    user = rights.user
    if user is None or rights.has(Right.MANAGE_METRICS):
        return order if order.manager_id else replace(order, manager_id=user)
    if order.manager_id not in (None, user):
        raise RefusedError(
            RIGHT_MISSING,
            f"manager_id is {order.manager_id}, and {rights.caller.name} would look "
            f"through that user's eyes; leave it out, or have a role that has "
            f"{Right.MANAGE_METRICS}",
            field="manager_id",
        )
    for one in sorted(linked):
        if not rights.records(one).everything:
            raise RefusedError(
                RIGHT_MISSING,
                f"the conditions look at records of {one}, and {rights.caller.name} "
                "may not read all of those; leave them out, or have a role that has "
                f"{Right.MANAGE_METRICS}",
                field="where",
            )
    return replace(order, manager_id=user)


def _test_told(test: JudgedTest, seen: JudgedTest) -> JudgedTest:
    """Return a test; if a caller would see something else there, not what was seen."""
    if test == seen:
        return test
    return replace(test, seen=None, record=None, says=_HIDDEN)
