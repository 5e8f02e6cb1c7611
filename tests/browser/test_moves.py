"""What moved a goal, what needs attention: the page's own arithmetic, in Chromium."""

import json
from decimal import Decimal
from typing import Any

import pytest
from playwright.async_api import Page

from tests.browser.modules import answers_of

# One browser for all tests lives on one event loop.
pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_decimals_are_added_exactly(page: Page) -> None:
    """No digit is lost, however many there are; places are those of the longest."""
    cases = {
        "sum([])": "0",
        "sum(['0.1000', '0.2000'])": "0.3000",
        "sum(['12345678901234567890.0001', '-0.00005'])": "12345678901234567890.00005",
        "difference('1.0000', '1.5')": "-0.5000",
        "difference('-0.0000', '0')": "0.0000",
        "size('-7.25')": "7.25",
        "signOf('-0.0000')": 0,
        "signOf('-0.0001')": -1,
        "compare('10', '9.9999')": 1,
    }

    assert await answers_of(page, "words/decimals.js", list(cases)) == [*cases.values()]


async def test_changes_show_their_sign(page: Page) -> None:
    """Up, down and not at all differ in the first character."""
    cases = {
        "shownChange('1234.5000')": "+1,235",
        "shownChange('-0.5000')": "\u22120.5",
        "shownChange('0.0000')": "\u00b10",
        "shownChange(null)": "\u2014",
        "exactChange('-1234.5000', 'EUR')": "\u22121,234.5000 EUR",
        "exactChange(null)": "not known",
    }

    assert await answers_of(page, "words/changes.js", list(cases)) == [*cases.values()]


async def test_steps_lead_from_then_to_now_exactly(page: Page) -> None:
    """The greatest come first, small ones together, and what is left is named."""
    goal = _row("root", "1000.5000", "400.1000")
    children = [
        _row("up", "500.2500", "100.1500"),
        _row("down", "50.0000", "150.0000"),
        _row("still", "7.0000", "7.0000"),
        _row("new", "30.0000", None),
        _row("small", "0.3000", "0.1000"),
    ]

    call = f"movesOf({json.dumps(goal)}, {json.dumps(children)}, 3)"
    (moves,) = await answers_of(page, "overview/moves.js", [call])

    steps = [(step["label"], step["amount"]) for step in moves["steps"]]
    assert steps == [
        ("up", "400.1000"),
        ("down", "-100.0000"),
        ("2 others", "30.2000"),
        ("Own records, goals that came or went", "270.1000"),
    ]
    assert Decimal(moves["start"]) + sum(
        Decimal(amount) for _, amount in steps
    ) == Decimal(moves["end"])


async def test_attention_goes_by_units_within_a_metric(page: Page) -> None:
    """Whoever lacks most comes first; of what is closed or on pace nothing is said."""
    rows = [
        _row("little", "1", None, status="behind", gap="-10.0000"),
        _row("much", "1", None, status="at_risk", gap="-900.0000"),
        _row("good", "1", None, status="on_pace", gap="-5000.0000"),
        _row("closed", "1", None, status="behind", gap="-9000", state="closed"),
        _row("call", "1", None, status="behind", gap="-99", metric="calls"),
    ]

    call = f"needyOf({json.dumps(rows)}, 1)"
    (groups,) = await answers_of(page, "overview/attention.js", [call])

    told = [
        (group["metric"]["id"], [row["title"] for row in group["rows"]], group["more"])
        for group in groups
    ]
    assert told == [("revenue", ["much"], 1), ("calls", ["call"], 0)]


async def test_reached_is_what_was_below_and_is_not_now(page: Page) -> None:
    """What had come to its target before, or lies below it now, is no news."""
    rows = [
        _row("now", "100.0000", "99.9999", target="100"),
        _row("long ago", "100", "100", target="100"),
        _row("not yet", "99.9999", "0", target="100"),
        _row("aimless", "100", "0", target=None),
    ]

    call = f"reachedOf({json.dumps(rows)})"
    (found,) = await answers_of(page, "overview/attention.js", [call])

    assert [row["title"] for row in found] == ["now"]


def _row(title: str, actual: str, before: str | None, **more: Any) -> dict[str, Any]:
    """Return a row of a report."""
    metric = more.get("metric", "revenue")
    return {
        "goal_id": title,
        "title": title,
        "metric": {"id": metric, "name": metric, "currency": None},
        "state": more.get("state", "open"),
        "values": {"actual": actual},
        "target": more.get("target"),
        "is_overridden": False,
        "pace": {"status": more.get("status"), "gap": more.get("gap")},
        "earlier": None if before is None else {"values": {"actual": before}},
    }
