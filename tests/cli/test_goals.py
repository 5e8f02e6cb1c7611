"""Goals and status as a person reads them."""

import json
from typing import Any

import pytest

from cli.goals import _percent, short_amount
from tests.cli.running import Item, cairn, cardboard_goals


def goal(goal_id: str, **columns: Any) -> Item:
    """Return a goal as the API answers it."""
    return {
        "id": goal_id,
        "title": goal_id.title(),
        "parent_id": None,
        "target": "20000.0000",
        "values": {"actual": "12345.5000", "in_progress": "0.0000", "custom": None},
        "percentage": "61.7275",
        "rollup": {"status": "current", "error": None},
        **columns,
    }


TREE = goal(
    "company",
    children=[
        goal("north", children=[goal("oslo"), goal("bergen", percentage=None)]),
        goal("south", target=None),
    ],
)


def test_a_service_that_knows_no_tables_is_told_in_words() -> None:
    """An older one answers JSON whatever is asked."""
    with cardboard_goals(items={"/v1/users": []}) as goals:
        environment = {"CAIRN_GOALS_URL": goals.url}
        shown = cairn("directory", "export", "users", environment=environment)

    assert (shown.returncode, shown.stdout) == (1, "")
    assert "answers no table to GET /v1/users" in shown.stderr


def test_a_tree_is_drawn_with_its_numbers() -> None:
    """Levels are seen, numbers stand to the right."""
    with cardboard_goals(answers={"/v1/goals/company/tree": TREE}) as goals:
        shown = cairn(
            "goals", "tree", "company", environment={"CAIRN_GOALS_URL": goals.url}
        )

    assert shown.returncode == 0
    assert shown.stdout.splitlines() == [
        "goal             actual  target     %  in progress  status",
        "Company       12,345.50  20,000  61.7            0  current",
        "├─ North      12,345.50  20,000  61.7            0  current",
        "│  ├─ Oslo    12,345.50  20,000  61.7            0  current",
        "│  └─ Bergen  12,345.50  20,000     -            0  current",
        "└─ South      12,345.50       -  61.7            0  current",
    ]


def test_without_a_goal_all_roots_are_drawn() -> None:
    """Roots are found in the list, over all its pages."""
    listed = [goal("a"), goal("b", parent_id="a"), goal("c d/e")]
    answers = {
        "/v1/goals/a/tree": goal("a"),
        "/v1/goals/c%20d%2Fe/tree": goal("c d/e"),
    }
    with cardboard_goals(
        items={"/v1/goals": listed}, answers=answers, page_size=1
    ) as goals:
        shown = cairn(
            "goals", "tree", "--json", environment={"CAIRN_GOALS_URL": goals.url}
        )

    assert [one["id"] for one in json.loads(shown.stdout)] == ["a", "c d/e"]


def test_goals_are_listed_up_to_a_limit() -> None:
    """What is left out is told, beside the data."""
    listed = [goal("a"), goal("b"), goal("c")]
    with cardboard_goals(items={"/v1/goals": listed}) as goals:
        environment = {"CAIRN_GOALS_URL": goals.url}
        table = cairn("goals", "list", "--limit", "2", environment=environment)
        as_json = cairn("goals", "list", "--json", environment=environment)

    assert len(table.stdout.splitlines()) == 3
    assert "first 2" in table.stderr
    assert json.loads(as_json.stdout) == listed


def test_one_goal_is_shown_whole() -> None:
    """Every field of the answer has its line."""
    with cardboard_goals(answers={"/v1/goals/a": goal("a")}) as goals:
        environment = {"CAIRN_GOALS_URL": goals.url}
        table = cairn("goals", "show", "a", environment=environment)
        as_json = cairn("goals", "show", "a", "--json", environment=environment)

    assert "actual 12345.5000, in_progress 0.0000, custom -" in table.stdout
    assert json.loads(as_json.stdout) == goal("a")


def moment(at: str, actual: str | None, percentage: str | None) -> Item:
    """Return a row of a history as the API answers it."""
    values = {"actual": actual, "in_progress": "0.0000", "custom": None}
    return {"at": at, "values": values, "percentage": percentage}


HISTORY = [
    moment("2026-11-21T09:30:00Z", "1200.0000", "3.0000"),
    moment("2026-11-21T09:30:07Z", "-0.5000", None),
    moment("2026-11-21T09:31:00Z", "40000.0000", "100.0000"),
]


def test_a_history_is_a_table_oldest_first() -> None:
    """All pages of it, up to a limit that is told."""
    path = "/v1/goals/a%20b/history"
    with cardboard_goals(items={path: HISTORY}, page_size=1) as goals:
        environment = {"CAIRN_GOALS_URL": goals.url}
        table = cairn("goals", "history", "a b", environment=environment)
        as_json = cairn(
            "goals", "history", "a b", "--limit=2", "--json", environment=environment
        )

    assert table.stdout.splitlines() == [
        "since                 actual  in progress  custom      %",
        "2026-11-21T09:30:00Z   1,200            0       -    3.0",
        "2026-11-21T09:30:07Z   -0.50            0       -      -",
        "2026-11-21T09:31:00Z  40,000            0       -  100.0",
    ]
    assert json.loads(as_json.stdout) == HISTORY[:2]
    assert "first 2" in as_json.stderr


def test_a_stretch_of_history_is_asked_for_as_it_was_typed() -> None:
    """A + of an offset stays one; what is left out is not asked."""
    with cardboard_goals(items={"/v1/goals/a/history": HISTORY}) as goals:
        ended = cairn(
            *("goals", "history", "a", "--from", "2026-11-21T10:30:00+01:00"),
            *("--resolution", "day"),
            environment={"CAIRN_GOALS_URL": goals.url},
        )

    assert ended.returncode == 0
    [(_, query)] = goals.asked
    assert query == {
        "from": ["2026-11-21T10:30:00+01:00"],
        "resolution": ["day"],
        "limit": ["1000"],
    }


def test_a_goal_that_is_not_there_is_a_failure_in_words() -> None:
    """The service's own error is told."""
    with cardboard_goals() as goals:
        ended = cairn(
            "goals", "show", "nobody", environment={"CAIRN_GOALS_URL": goals.url}
        )

    assert ended.returncode == 1
    assert "not_found" in ended.stderr


@pytest.mark.parametrize(("settled", "code"), [(True, 0), (False, 4)])
def test_status_tells_by_its_exit_code(*, settled: bool, code: int) -> None:
    """A script can wait for it."""
    status = {"settled": settled, "lag": 7, "waiting_deltas": 0}
    with cardboard_goals(answers={"/v1/status": status}) as goals:
        environment = {"CAIRN_GOALS_URL": goals.url}
        table = cairn("status", environment=environment)
        as_json = cairn("status", "--json", environment=environment)

    assert (table.returncode, as_json.returncode) == (code, code)
    assert "waiting deltas  0" in table.stdout
    assert json.loads(as_json.stdout) == status


def test_a_page_link_is_printed_alone() -> None:
    """What is printed can be opened."""
    link = {"url": "http://127.0.0.1/enter?code=once"}
    with cardboard_goals(answers={"/v1/page-links": link}) as goals:
        ended = cairn("page-link", environment={"CAIRN_GOALS_URL": goals.url})

    assert ended.stdout == link["url"] + "\n"


def test_a_busy_service_is_asked_again() -> None:
    """429 and 503 pass by themselves."""
    with cardboard_goals(
        answers={"/v1/status": {"settled": True}}, refusals=[503, 429]
    ) as goals:
        ended = cairn("status", environment={"CAIRN_GOALS_URL": goals.url})

    assert ended.returncode == 0


@pytest.mark.parametrize(
    ("amount", "shown"),
    [
        (None, "-"),
        ("0.0000", "0"),
        ("-1234567.8900", "-1,234,567.89"),
        ("0.5000", "0.50"),
        ("0.0001", "0.0001"),
        ("12", "12"),
        ("-0.5000", "-0.50"),
    ],
)
def test_amounts_are_shown_as_people_write_them(amount: str | None, shown: str) -> None:
    """Thousands apart, no zeros that nobody reads."""
    assert short_amount(amount) == shown


def test_percentages_have_one_place() -> None:
    """More is in the JSON."""
    assert [_percent(one) for one in ("61.7275", "100", None)] == ["61.7", "100.0", "-"]
