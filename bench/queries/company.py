"""A root and many goals below it, each of which counts other records of all owners.

They differ in nothing but one equality that their queries demand (of the territory of
the record, or of the postal code of its account), or in their managers, each of whom
reads only what is shared with him.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, Final

from bench.company import (
    FIRST_DAY,
    LAST_DAY,
    MANAGER_ID,
    Company,
    Goal,
    Metric,
    Query,
    Role,
    RollupField,
)

ACCOUNT: Final = "account"
STAGES: Final = ("propose", "close")
SIZE: Final = 1_000
ROOT_ID: Final = "everywhere"

# The state of every record that is sent, so that each is asked about.
STATE: Final = "open"
PIPELINE: Final = Metric(
    id="pipeline",
    kind="amount",
    data_type="money",
    rollup_fields={
        "actual": RollupField(
            source_state=STATE,
            date_attribute="estimatedclosedate",
            source_attribute="estimatedvalue",
        )
    },
)


class Equality(StrEnum):
    """In what the goals differ."""

    OF_RECORD = "territory of the record"
    BEHIND_LINK = "postal code of its account"
    OF_READER = "manager who may read it"


_KINDS: Final = {
    Equality.OF_RECORD: "T",
    Equality.BEHIND_LINK: "P",
    Equality.OF_READER: "M",
}


def company_of(goals: int, equality: Equality) -> Company:
    """Return the company with so many goals below its root."""
    codes = [code_of(equality, number) for number in range(goals)]
    if equality is Equality.OF_READER:
        return _company_of_readers(codes)
    below = [_goal(goal_id_of(code), query_id=code) for code in codes]
    return Company(
        metrics=(PIPELINE,),
        queries=[Query(id=code, where=_where(equality, code)) for code in codes],
        goals=(_goal(ROOT_ID, query_id=None), *below),
        root_id=ROOT_ID,
        leaf_ids=[goal.id for goal in below],
    )


def _company_of_readers(managers: Sequence[str]) -> Company:
    """Return the company in which each goal counts what its manager may read."""
    below = [
        replace(
            _goal(goal_id_of(manager), query_id=None),
            parent_id=ROOT_ID,
            rollup_only_from_children=False,
            manager_id=manager,
        )
        for manager in managers
    ]
    return Company(
        metrics=(PIPELINE,),
        roles=(Role(id="reader", depth="user", users=managers),),
        goals=(_goal(ROOT_ID, query_id=None), *below),
        root_id=ROOT_ID,
        leaf_ids=[goal.id for goal in below],
    )


def code_of(equality: Equality, number: int) -> str:
    """Return a territory, a postal code, or a manager."""
    return f"{_KINDS[equality]}-{number:05d}"


def goal_id_of(code: str) -> str:
    """Return the goal for the records of a territory, postal code or manager."""
    return f"goal-{code}"


def _goal(goal_id: str, *, query_id: str | None) -> Goal:
    """Return the goal with this query; without one, the root."""
    return Goal(
        id=goal_id,
        parent_id=None if query_id is None else ROOT_ID,
        metric_id=PIPELINE.id,
        owner_id=MANAGER_ID,
        owner_records_only=False,
        rollup_only_from_children=query_id is None,
        first_day=FIRST_DAY,
        last_day=LAST_DAY,
        queries={} if query_id is None else {"actual": query_id},
    )


def _where(equality: Equality, code: str) -> Mapping[str, Any]:
    # All goals demand the same stages: whoever looked there first would find them all.
    return {
        "all": [
            {"attribute": "stage", "operator": "in", "value": list(STAGES)},
            _equal(equality, code),
            {
                "any": [
                    {"attribute": "size", "operator": "gt", "value": str(SIZE)},
                    {"attribute": "rating", "operator": "not-null"},
                ]
            },
        ]
    }


def _equal(equality: Equality, code: str) -> Mapping[str, Any]:
    if equality is Equality.OF_RECORD:
        return {"attribute": "territory", "operator": "eq", "value": code}
    return {
        "link": "customerid",
        "entity": ACCOUNT,
        "where": {"attribute": "postalcode", "operator": "eq", "value": code},
    }
