"""`cairn goals explain` and `records`: as a person at the terminal reads them."""

import json
from typing import Any

from tests.cli.running import Item, cairn, cardboard_goals

SENTENCE = (
    "Opportunity O-1 does not count towards actual of North: its state is open, and "
    "actual counts won."
)


def judged(name: str, *, holds: bool, **changes: Any) -> Item:
    """Return a test as the API answers it."""
    return {
        "field": "actual",
        "test": name,
        "holds": holds,
        "seen": "won",
        "wanted": "won",
        "record": None,
        "says": "",
        **changes,
    }


EXPLANATION = {
    "sentence": SENTENCE,
    "tests": [
        judged("exists", holds=True, seen="there", wanted="there"),
        judged("state", holds=False, seen="open"),
        judged("period", holds=False, seen=None, record="opportunity/O-2"),
    ],
    "disagreements": [],
}


def test_an_explanation_is_a_sentence_and_a_table_of_tests() -> None:
    """Ids are escaped where they stand in addresses."""
    path = "/v1/goals/a%2Fb/explain"
    with cardboard_goals(answers={path: EXPLANATION}) as goals:
        environment = {"CAIRN_GOALS_URL": goals.url}
        words = ("goals", "explain", "a/b", "opportunity/O 1")
        table = cairn(*words, environment=environment)
        as_json = cairn(*words, "--json", environment=environment)

    assert table.returncode == 0
    assert table.stdout.splitlines() == [
        SENTENCE,
        "",
        "field   test       seen                 wanted",
        "actual  exists  ✓  there                there",
        "actual  state   ✗  open                 won",
        "actual  period  ✗  - (opportunity/O-2)  won",
    ]
    assert table.stderr == ""
    assert json.loads(as_json.stdout) == EXPLANATION
    assert goals.asked[0][1] == {"record": ["opportunity/O 1"]}


def test_totals_that_say_otherwise_are_told_beside_the_data() -> None:
    """The reason goes to standard error."""
    lag = {"field": "actual", "because": "frozen", "says": "the goal stands still"}
    answer = {**EXPLANATION, "disagreements": [lag]}
    with cardboard_goals(answers={"/v1/goals/north/explain": answer}) as goals:
        environment = {"CAIRN_GOALS_URL": goals.url}
        shown = cairn("goals", "explain", "north", "a/b", environment=environment)

    assert shown.stderr == "actual: the goal stands still\n"


def line(name: str, **changes: Any) -> Item:
    """Return a record of a list as the API answers it."""
    return {
        "record": f"opportunity/{name}",
        "owner": {"type": "user", "id": "ada"},
        "state": "won",
        "adds": {"actual": "1400.0000"},
        "would_add": {},
        "fails": None,
        **changes,
    }


def page(*items: Item, after: str | None = None, note: str | None = None) -> Item:
    """Return a page of records as the API answers it."""
    return {"items": list(items), "next": after, "note": note}


RECORDS = "/v1/goals/north/records"


def test_records_that_count_are_a_table() -> None:
    """One line for each measure that a record adds to."""
    both = {"actual": "-0.5000", "in_progress": "7.0000"}
    answer = page(line("O-1"), line("O-2", owner=None, state=None, adds=both))
    with cardboard_goals(answers={RECORDS: answer}) as goals:
        environment = {"CAIRN_GOALS_URL": goals.url}
        table = cairn("goals", "records", "north", environment=environment)
        as_json = cairn("goals", "records", "north", "--json", environment=environment)

    assert table.stdout.splitlines() == [
        "record            adds  field        owner     state",
        "opportunity/O-1  1,400  actual       user/ada  won",
        "opportunity/O-2  -0.50  actual       -         -",
        "opportunity/O-2      7  in_progress  -         -",
    ]
    assert table.stderr == ""
    assert json.loads(as_json.stdout) == answer["items"]
    assert goals.asked[0][1] == {"sort": ["-amount"], "limit": ["1000"]}


def test_what_nearly_counts_says_why_not() -> None:
    """With what it would add."""
    fails = {"field": "actual", "says": "its state is open, and actual counts won"}
    answer = page(
        line("O-1", adds={}, would_add={"actual": "90000.0000"}, fails=fails),
        line("O-5", adds={}, would_add={}, fails={**fails, "says": "it is empty"}),
    )
    words = (
        *("goals", "records", "north", "--nearly", "--search", "nova"),
        *("--field", "actual", "--sort", "date", "--limit", "7"),
    )
    with cardboard_goals(answers={RECORDS: answer}) as goals:
        shown = cairn(*words, environment={"CAIRN_GOALS_URL": goals.url})

    assert shown.stdout.splitlines() == [
        "record           would add  field   owner     why not",
        (
            "opportunity/O-1     90,000  actual  user/ada  its state is open, and "
            "actual counts won"
        ),
        "opportunity/O-5          -  actual  user/ada  it is empty",
    ]
    assert goals.asked[0][1] == {
        "nearly": ["true"],
        "search": ["nova"],
        "field": ["actual"],
        "sort": ["date"],
        "limit": ["7"],
    }


def test_what_is_left_out_and_what_is_to_be_known_are_told() -> None:
    """Beside the data."""
    answer = page(line("O-1"), after="cursor", note="goal north stands still")
    with cardboard_goals(answers={RECORDS: answer}) as goals:
        environment = {"CAIRN_GOALS_URL": goals.url}
        shown = cairn(
            "goals", "records", "north", "--limit", "1", environment=environment
        )

    assert shown.stderr.splitlines() == [
        "the first 1 records are shown; see --limit and --search",
        "goal north stands still",
    ]


def test_pages_are_asked_for_up_to_the_limit() -> None:
    """Each after the one before, and no more than is missing."""
    answer = page(line("O-1"), after="cursor")
    with cardboard_goals(answers={RECORDS: answer}) as goals:
        environment = {"CAIRN_GOALS_URL": goals.url}
        shown = cairn(
            *("goals", "records", "north", "--limit", "3", "--json"),
            environment=environment,
        )

    assert len(json.loads(shown.stdout)) == 3
    assert [(query["limit"], query.get("after", [])) for _, query in goals.asked] == [
        (["3"], []),
        (["2"], ["cursor"]),
        (["1"], ["cursor"]),
    ]


def test_a_record_that_nobody_has_sent_is_a_failure_in_words() -> None:
    """The service's own error is told."""
    with cardboard_goals() as goals:
        environment = {"CAIRN_GOALS_URL": goals.url}
        ended = cairn("goals", "explain", "north", "a/b", environment=environment)

    assert ended.returncode == 1
    assert "not_found" in ended.stderr
    assert ended.stdout == ""
