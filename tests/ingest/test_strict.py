"""Unknown fields of records are refused by name."""

import pytest

from services.ingest.strict import refuse_unknown_fields
from shared.messages.events import ActivityRecordEvent
from shared.messages.records import InvalidRecordError

WHOLE = (
    '{"entity": "opportunity", "id": "O-1", "version": 7, "deleted": false, '
    '"owner": {"type": "user", "id": "R0"}, "state": "won", "status": 3, '
    '"attributes": {"anything": null}, '
    '"shared_with": [{"type": "team", "id": "T1"}], '
    '"occurred_at": "2026-11-21T09:30:00Z"EXTRA}'
)


def test_every_field_of_the_contract_is_known() -> None:
    """The strict reader knows the fields that the public model names."""
    refuse_unknown_fields(WHOLE.replace("EXTRA", "").encode())

    assert all(f'"{name}"' in WHOLE for name in ActivityRecordEvent.model_fields)


@pytest.mark.parametrize(
    "owner", ["null", '{"id": "R0", "type": "team"}', '{"type": "user", "id": "R0"}']
)
def test_an_owner_may_be_absent_or_in_any_order(owner: str) -> None:
    """What decode_record takes is not refused here."""
    refuse_unknown_fields(
        f'{{"entity": "a", "id": "b", "version": 1, "owner": {owner}}}'.encode()
    )


@pytest.mark.parametrize(
    ("extra", "named"),
    [
        ('"colour": 1', "the field colour is"),
        ('"": 1', "the field  is"),
        ('"co`lour": 1', "the field co`lour is"),
        ('"owner": {"type": "user", "id": "R0", "name": "x"}', "owner.name is"),
        (
            '"shared_with": [{"type": "user", "id": "R0", "x": 1}]',
            "shared_with[0].x is",
        ),
    ],
)
def test_an_unknown_field_is_named_with_its_place(extra: str, named: str) -> None:
    """The sender learns which field is meant, and what to do."""
    with pytest.raises(InvalidRecordError) as refused:
        refuse_unknown_fields(WHOLE.replace("EXTRA", f", {extra}").encode())

    assert refused.value.error == "unknown_field"
    assert named in refused.value.detail
