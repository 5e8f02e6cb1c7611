"""The oracle of queries: right on examples that were worked out by hand."""

import json
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

import pytest

from bench.queries.company import Equality, company_of
from bench.queries.oracle import expected_totals
from bench.queries.workload import accounts_of, records_of

# everywhere (only from its children)
# └─ goal-T-00000 … goal-T-00002, or goal-P-00000 … goal-P-00002
BY_TERRITORY = company_of(3, Equality.OF_RECORD)
BY_ACCOUNT = company_of(3, Equality.BEHIND_LINK)

COUNTED: dict[str, str | None] = {
    "estimatedvalue": "100.00",
    "estimatedclosedate": "2026-03-01",
    "territory": "T-00001",
    "customerid": "account-7",
    "stage": "close",
    "size": "1001",
    "rating": None,
}


def _record(record_id: str, version: int = 1, **attributes: str | None) -> bytes:
    return _message(
        "opportunity", record_id, version, state="open", **COUNTED | attributes
    )


def _account(record_id: str, postal_code: str, version: int = 1) -> bytes:
    return _message("account", record_id, version, postalcode=postal_code)


def _message(
    entity: str,
    record_id: str,
    version: int,
    *,
    state: str | None = None,
    **attributes: str | None,
) -> bytes:
    body: dict[str, Any] = {"entity": entity, "id": record_id, "version": version}
    return json.dumps(body | {"state": state, "attributes": attributes}).encode()


def _actuals(totals: Mapping[str, Mapping[str, Decimal]]) -> list[Decimal]:
    """Return what the root shows, then each goal below it."""
    return [numbers["actual"] for numbers in totals.values()]


def test_a_record_counts_in_the_goal_of_its_territory_and_in_the_root() -> None:
    """Two in one territory add up there; a territory without a goal has none."""
    values = [
        _record("O-1"),
        _record("O-2", estimatedvalue="0.50"),
        _record("O-3", territory="T-00002"),
        _record("O-4", territory="T-00003"),
    ]

    totals = expected_totals(BY_TERRITORY, Equality.OF_RECORD, values)

    expected = ["200.50", "0", "100.50", "100"]
    assert list(totals) == [
        "everywhere",
        "goal-T-00000",
        "goal-T-00001",
        "goal-T-00002",
    ]
    assert _actuals(totals) == [Decimal(text) for text in expected]


def test_a_record_counts_in_the_goal_of_its_accounts_postal_code() -> None:
    """By the newest version of the account, whichever came first."""
    values = [
        _account("account-7", "P-00002", version=2),
        _account("account-7", "P-00001"),
        _record("O-1"),
    ]

    totals = expected_totals(BY_ACCOUNT, Equality.BEHIND_LINK, values)

    assert _actuals(totals) == [100, 0, 0, 100]


@pytest.mark.parametrize(
    ("attributes", "counts"),
    [
        pytest.param({}, True, id="large"),
        pytest.param({"size": "1000"}, False, id="not large enough"),
        pytest.param({"size": "1", "rating": "hot"}, True, id="rated"),
        pytest.param({"stage": "propose"}, True, id="the other stage"),
        pytest.param({"stage": "qualify"}, False, id="stage"),
        pytest.param({"estimatedclosedate": "2026-12-31"}, True, id="last day"),
        pytest.param({"estimatedclosedate": "2027-01-01"}, False, id="too late"),
        pytest.param({"estimatedclosedate": "2025-12-31"}, False, id="too early"),
    ],
)
def test_a_record_counts_if_the_query_and_the_period_let_it(
    attributes: Mapping[str, str], counts: bool
) -> None:
    """Its stage, and one of size and rating, beside the place and the day."""
    values = [_record("O-1", 1, **attributes)]

    totals = expected_totals(BY_TERRITORY, Equality.OF_RECORD, values)

    assert totals["goal-T-00001"]["actual"] == (100 if counts else 0)


def test_the_newest_version_decides() -> None:
    """An older one that comes late neither moves a record back nor counts it twice."""
    values = [_record("O-1", 2, territory="T-00000"), _record("O-1", 1)]

    totals = expected_totals(BY_TERRITORY, Equality.OF_RECORD, values)

    assert _actuals(totals) == [100, 100, 0, 0]


@pytest.mark.parametrize("equality", Equality)
def test_more_goals_count_no_more(equality: Equality) -> None:
    """The same records count in the same goals; all that are added stay at zero."""
    shared = equality is Equality.OF_READER
    sent = [*accounts_of(3), *records_of(2_000, 3, shared=shared)]
    values = [message.value for message in sent]

    few = expected_totals(company_of(3, equality), equality, values)
    many = expected_totals(company_of(300, equality), equality, values)

    assert len(many) == 301
    assert all(numbers["actual"] > 0 for numbers in few.values())
    assert few == {goal_id: many[goal_id] for goal_id in few}
    assert not any(many[goal_id]["actual"] for goal_id in many.keys() - few.keys())
