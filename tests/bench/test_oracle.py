"""The oracle and the loop: right on an example, and the same on seeded data."""

import json
from decimal import Decimal
from typing import Any

import pytest

from bench.company import company_of
from bench.loop import run_loop
from bench.oracle import expected_totals
from bench.workload import Message, messages_of

# goal-0-0 (only from its children)
# └─ goal-1-0 … goal-1-9 (managers, their own records too)
#    └─ goal-2-0 … goal-2-99 (reps)
COMPANY = company_of(3)


def _record(record_id: str, version: int, **others: Any) -> Message:
    body = {
        "entity": "opportunity",
        "id": record_id,
        "version": version,
        "owner": {"type": "user", "id": "rep-0"},
        "state": "won",
        "attributes": {
            "actualvalue": "100.00",
            "actualclosedate": "2026-03-01",
            "estimatedvalue": "100.00",
            "estimatedclosedate": "2026-03-01",
        },
    }
    return Message(
        f"opportunity/{record_id}".encode(), json.dumps(body | others).encode()
    )


def test_a_records_amount_reaches_every_ancestor() -> None:
    """A rep's deal shows at the rep, at the manager, at the root and in the count."""
    totals = expected_totals(COMPANY, [_record("O-1", 1).value])

    for goal_id in ("goal-2-0", "goal-1-0", "goal-0-0"):
        assert totals[goal_id] == {"actual": Decimal(100), "in_progress": Decimal(0)}
    assert totals["goal-2-1"]["actual"] == 0
    assert totals["all-deals"] == {"actual": Decimal(1)}


@pytest.mark.parametrize(
    "later",
    [
        pytest.param(_record("O-1", 2, deleted=True), id="deleted"),
        pytest.param(_record("O-1", 2, state="lost"), id="lost"),
        pytest.param(
            _record("O-1", 2, attributes={"actualclosedate": None}), id="dateless"
        ),
    ],
)
def test_the_newest_version_decides_whatever_the_order(later: Message) -> None:
    """An older version that comes late does not bring back what is gone."""
    earlier = _record("O-1", 1)

    totals = expected_totals(COMPANY, [later.value, earlier.value, later.value])

    assert totals["goal-0-0"]["actual"] == 0


def test_the_loop_and_the_oracle_agree() -> None:
    """Two pieces of code that share nothing come to the same totals."""
    messages = messages_of(COMPANY, 5_000, seed=7)

    looped = run_loop(COMPANY, messages)

    assert looped.totals == expected_totals(COMPANY, [one.value for one in messages])
    assert looped.totals["goal-0-0"]["actual"] > 0
