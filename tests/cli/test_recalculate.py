"""`cairn recalculate` as a person and a program see it."""

import json
from typing import Any

from cli.exits import ExitCode
from tests.cli.running import Item, cairn, cardboard_goals

DIFFERENCE = {
    "goal_id": "north",
    "field": "own.actual",
    "was": "205.0000",
    "should_be": "200.0000",
    "records": ["opportunity/O-1@7"],
}


def recalculation(**columns: Any) -> Item:
    """Return a recalculation as the API answers it."""
    return {
        "id": "R-1",
        "goal_id": "north",
        "tree_id": "company",
        "status": "reading",
        "records_read": 2_000,
        "records_expected": 10_000,
        "records_compared": 0,
        "goals": 3,
        "differences": [],
        "difference_count": 0,
        "note": None,
        "asked_by": None,
        "asked_at": "2026-11-21T09:30:00Z",
        "started_at": "2026-11-21T09:30:00Z",
        "finished_at": None,
        **columns,
    }


def answers(**columns: Any) -> dict[str, Item]:
    """Return what goals answers: it is read at first, and done when asked again."""
    done = {"status": "done", "records_read": 9_000, "records_expected": 9_000}
    return {
        "/v1/goals/north/recalculate": recalculation(),
        "/v1/recalculations/R-1": recalculation(**done, **columns),
    }


def test_it_tells_where_to_look() -> None:
    """Without waiting: the id is the data."""
    with cardboard_goals(answers=answers()) as goals:
        ended = cairn(
            "recalculate", "north", environment={"CAIRN_GOALS_URL": goals.url}
        )

    assert ended.returncode == ExitCode.OK
    assert ended.stdout == "R-1\n"
    assert ended.stderr == (
        "recalculation R-1 of the tree of company\n"
        "it is reading; --wait follows it to its end\n"
    )


def test_it_is_followed_to_its_end() -> None:
    """Progress goes to standard error; nothing was different."""
    with cardboard_goals(answers=answers(note="goal x was deleted")) as goals:
        ended = cairn(
            "recalculate", "north", "--wait", environment={"CAIRN_GOALS_URL": goals.url}
        )

    assert ended.returncode == ExitCode.OK
    assert ended.stdout == ""
    assert ended.stderr.splitlines() == [
        "recalculation R-1 of the tree of company",
        "reading: 2000 of about 10000 records",
        "done: 9000 records, 3 goals",
        "goal x was deleted",
        "nothing was different",
    ]


def test_differences_are_data_and_have_a_code() -> None:
    """As a table; of very many the first are shown."""
    found = answers(differences=[DIFFERENCE], difference_count=1_001)
    with cardboard_goals(answers=found) as goals:
        ended = cairn(
            "recalculate", "north", "--wait", environment={"CAIRN_GOALS_URL": goals.url}
        )

    assert ended.returncode == ExitCode.DIFFERENCE
    assert [line.split() for line in ended.stdout.splitlines()] == [
        ["goal", "field", "was", "should", "be", "records"],
        ["north", "own.actual", "205.0000", "200.0000", "opportunity/O-1@7"],
    ]
    assert "the first 1 of 1001 differences are shown" in ended.stderr


def test_programs_get_json() -> None:
    """The report as the API has it."""
    found = answers(differences=[DIFFERENCE], difference_count=1)
    with cardboard_goals(answers=found) as goals:
        ended = cairn(
            *("recalculate", "north", "--wait", "--json"),
            environment={"CAIRN_GOALS_URL": goals.url},
        )

    assert ended.returncode == ExitCode.DIFFERENCE
    assert json.loads(ended.stdout) == found["/v1/recalculations/R-1"]


def test_a_goal_that_is_not_there_is_named() -> None:
    """The refusal of goals, in words."""
    with cardboard_goals() as goals:
        goals.refusals = [404]
        ended = cairn("recalculate", "x/y", environment={"CAIRN_GOALS_URL": goals.url})

    assert ended.returncode == ExitCode.FAILURE
    assert "answered 404 to POST /v1/goals/x%2Fy/recalculate" in ended.stderr
