"""Judging a run: every total and every goal's last message against the oracle."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

from bench.announced import newest_announced
from bench.errors import BenchError
from bench.installation import Installation
from bench.oracle import Totals

_SLOTS: Final = ("actual", "in_progress", "custom")
_TOTALS: Final = """
SELECT id, decimals, computed_actual, computed_in_progress, computed_custom
FROM rollup_published.goal
"""
_NAMED_MAX: Final = 10


async def check_totals(installation: Installation, expected: Totals) -> None:
    """Raise, naming goals, unless all totals and all last messages are right."""
    complaints = [
        *differences("total", await _totals(installation), expected),
        *differences("last goal-updated", _announced(installation), expected),
    ]
    if complaints:
        shown = "\n".join(complaints[:_NAMED_MAX])
        raise BenchError(
            f"{len(complaints)} numbers are not what the oracle says, such as\n{shown}"
        )


async def _totals(installation: Installation) -> dict[str, dict[str, Decimal]]:
    """Return every number in the tables, also those that its metric lacks."""
    rows = await installation.connection.fetch(_TOTALS)
    return {
        row["id"]: {
            slot: row[f"computed_{slot}"].scaleb(-row["decimals"]) for slot in _SLOTS
        }
        for row in rows
    }


def _announced(installation: Installation) -> dict[str, dict[str, Decimal]]:
    return {
        goal_id: _values(event)
        for goal_id, event in newest_announced(installation).items()
        if event is not None
    }


def _values(event: Mapping[str, Any]) -> dict[str, Decimal]:
    return {
        slot: Decimal(text)
        for slot, text in event["values"].items()
        if text is not None
    }


def differences(
    what: str, found: Mapping[str, Mapping[str, Decimal]], expected: Totals
) -> Iterator[str]:
    """Yield a line for every number that is not as expected."""
    for goal_id in sorted(expected.keys() | found.keys()):
        if goal_id not in found or goal_id not in expected:
            yield f"  {goal_id}: its {what} is there only on one side"
            continue
        for slot in _SLOTS:
            ours, theirs = expected[goal_id].get(slot), found[goal_id].get(slot)
            if (ours or 0) != (theirs or 0):
                yield f"  {goal_id}: its {what} of {slot} is {theirs}, right is {ours}"
