"""What every goal should show, worked out from the messages alone.

It knows in plain words what the queries mean, and reads none of them.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from bench.company import ENTITY, FIRST_DAY, LAST_DAY, Company
from bench.oracle import Totals, living_records, with_children
from bench.queries.company import ACCOUNT, SIZE, STAGES, STATE, Equality, goal_id_of


def expected_totals(
    company: Company, equality: Equality, values: Iterable[bytes]
) -> Totals:
    """Return what every goal shows once all these records are in, in any order."""
    own = {goal.id: {"actual": Decimal(0)} for goal in company.goals}
    living = living_records(values)
    postal_codes = {
        record["id"]: record["attributes"]["postalcode"]
        for record in living
        if record["entity"] == ACCOUNT
    }
    for record in living:
        if record["entity"] == ENTITY and _counts(record, equality):
            code = _code(record, equality, postal_codes)
            goal_id = goal_id_of(code)
            if goal_id in own:
                own[goal_id]["actual"] += Decimal(
                    record["attributes"]["estimatedvalue"]
                )
    return with_children(company, own)


def _counts(record: Any, equality: Equality) -> bool:
    """Tell whether a record counts in the goal of its place, if there is one."""
    attributes = record["attributes"]
    is_of_now: bool = (
        record["state"] == STATE
        and FIRST_DAY <= attributes["estimatedclosedate"] <= LAST_DAY
    )
    if equality is Equality.OF_READER:
        return is_of_now
    return (
        is_of_now
        and attributes["stage"] in STAGES
        and (int(attributes["size"]) > SIZE or attributes["rating"] is not None)
    )


def _code(record: Any, equality: Equality, postal_codes: Mapping[str, str]) -> str:
    if equality is Equality.OF_READER:
        [manager] = record["shared_with"]
        return str(manager["id"])
    if equality is Equality.OF_RECORD:
        return str(record["attributes"]["territory"])
    return postal_codes[record["attributes"]["customerid"]]
