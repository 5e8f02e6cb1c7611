"""`cairn goals explain` and `records`: why a goal counts what it counts."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from cli import output
from cli.api import PAGE_SIZE, Api, Json
from cli.exits import ExitCode
from cli.goals import short_amount
from cli.surroundings import surroundings

_TEST_HEADINGS: Final = ("field", "test", "", "seen", "wanted")
_RECORD_HEADINGS: Final = ("record", ">adds", "field", "owner", "state")
_NEARLY_HEADINGS: Final = ("record", ">would add", "field", "owner", "why not")
_NONE: Final = "-"


def explain(goal_id: str, record: str, *, as_json: bool) -> ExitCode:
    """Print in one sentence why a record counts or not, and every test."""
    with _goals() as goals:
        found = goals.get(f"/v1/goals/{_escaped(goal_id)}/explain", record=record)
    if as_json:
        output.print_json(found)
        return ExitCode.OK
    output.print_data(found["sentence"])
    output.print_data("")
    output.print_table(_TEST_HEADINGS, [_row_of_test(test) for test in found["tests"]])
    for one in found["disagreements"]:
        output.say(f"{one['field']}: {one['says']}")
    return ExitCode.OK


def show_records(
    goal_id: str,
    *,
    nearly: bool,
    field: str | None,
    search: str | None,
    sort: str,
    limit: int,
    as_json: bool,
) -> ExitCode:
    """Print the records that count for a goal, or those that nearly do."""
    asked = {"field": field, "search": search, "sort": sort}
    given = {name: value for name, value in asked.items() if value is not None}
    if nearly:
        given["nearly"] = "true"
    with _goals() as goals:
        found, note, is_whole = _records(goals, goal_id, limit, given)
    if not is_whole:
        output.say(f"the first {limit} records are shown; see --limit and --search")
    if note is not None:
        output.say(note)
    if as_json:
        output.print_json(found)
        return ExitCode.OK
    if nearly:
        rows = [_row_of_nearly(one) for one in found]
        output.print_table(_NEARLY_HEADINGS, rows)
    else:
        rows = [row for one in found for row in _rows_of_record(one)]
        output.print_table(_RECORD_HEADINGS, rows)
    return ExitCode.OK


def _records(
    goals: Api, goal_id: str, limit: int, given: dict[str, str]
) -> tuple[list[Json], str | None, bool]:
    """Return records, what is to be known of them, and whether these are all."""
    found: list[Json] = []
    following: dict[str, str] = {}
    while True:
        page = goals.get(
            f"/v1/goals/{_escaped(goal_id)}/records",
            limit=min(limit - len(found), PAGE_SIZE),
            **given,
            **following,
        )
        found += page["items"]
        if page["next"] is None or len(found) >= limit:
            return found, page["note"], page["next"] is None
        following = {"after": page["next"]}


def _row_of_test(test: Json) -> tuple[str, ...]:
    mark = output.Mark.OK if test["holds"] else output.Mark.FAIL
    seen = test["seen"] or _NONE
    if test["record"] is not None:
        seen += f" ({test['record']})"
    return (test["field"], test["test"], mark, seen, test["wanted"])


def _rows_of_record(one: Json) -> Iterator[tuple[str, ...]]:
    for field, amount in one["adds"].items():
        yield (
            one["record"],
            short_amount(amount),
            field,
            _owner(one),
            one["state"] or _NONE,
        )


def _row_of_nearly(one: Json) -> tuple[str, ...]:
    fails = one["fails"]
    return (
        one["record"],
        short_amount(one["would_add"].get(fails["field"])),
        fails["field"],
        _owner(one),
        fails["says"],
    )


def _owner(one: Json) -> str:
    owner = one["owner"]
    return _NONE if owner is None else f"{owner['type']}/{owner['id']}"


def _goals() -> Api:
    around = surroundings()
    return Api("goals", around.goals_url, around.token)


def _escaped(goal_id: str) -> str:
    return quote(goal_id, safe="")
