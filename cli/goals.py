"""`cairn goals`: goals as a person reads them."""

from collections.abc import Iterator
from typing import Final
from urllib.parse import quote

from cli import output
from cli.api import Api, Json
from cli.exits import ExitCode
from cli.surroundings import surroundings

_HEADINGS: Final = ("goal", ">actual", ">target", ">%", ">in progress", "status")
_HISTORY_HEADINGS: Final = ("since", ">actual", ">in progress", ">custom", ">%")
_NONE: Final = "-"


def show_tree(goal_id: str | None, *, depth: int | None, as_json: bool) -> ExitCode:
    """Print a goal with all below it, or all trees."""
    with _goals() as goals:
        roots = [goal_id] if goal_id is not None else list(_root_ids(goals))
        parameters = {} if depth is None else {"depth": depth}
        trees = [
            goals.get(f"/v1/goals/{_escaped(root)}/tree", **parameters)
            for root in roots
        ]
    if as_json:
        output.print_json(trees if goal_id is None else trees[0])
        return ExitCode.OK
    rows = [row for tree in trees for row in _rows_of_tree(tree)]
    output.print_table(_HEADINGS, rows)
    return ExitCode.OK


def show_goal(goal_id: str, *, as_json: bool) -> ExitCode:
    """Print all that is known of one goal."""
    with _goals() as goals:
        goal = goals.get(f"/v1/goals/{_escaped(goal_id)}")
    if as_json:
        output.print_json(goal)
    else:
        output.print_table(("", ""), list(_lines_of(goal)))
    return ExitCode.OK


def list_goals(*, limit: int, as_json: bool) -> ExitCode:
    """Print goals, one a line."""
    with _goals() as goals:
        found: list[Json] = []
        for goal in goals.items("/v1/goals"):
            if len(found) == limit:
                output.say(f"the first {limit} goals are shown; see --limit")
                break
            found.append(goal)
    if as_json:
        output.print_json(found)
        return ExitCode.OK
    rows = [(goal["id"], *_cells_of(goal)) for goal in found]
    output.print_table(("id", "title", *_HEADINGS[1:]), rows)
    return ExitCode.OK


def show_history(
    goal_id: str,
    *,
    start: str | None,
    end: str | None,
    resolution: str,
    limit: int,
    as_json: bool,
) -> ExitCode:
    """Print what a goal showed over time, oldest first."""
    asked = {"from": start, "to": end, "resolution": resolution}
    given = {name: value for name, value in asked.items() if value is not None}
    with _goals() as goals:
        found: list[Json] = []
        for item in goals.items(f"/v1/goals/{_escaped(goal_id)}/history", **given):
            if len(found) == limit:
                output.say(f"the first {limit} rows are shown; see --from and --limit")
                break
            found.append(item)
    if as_json:
        output.print_json(found)
        return ExitCode.OK
    output.print_table(_HISTORY_HEADINGS, [_row_of_history(item) for item in found])
    return ExitCode.OK


def _row_of_history(item: Json) -> tuple[str, ...]:
    values = item["values"]
    return (
        str(item["at"]),
        *(short_amount(values[name]) for name in ("actual", "in_progress", "custom")),
        _percent(item["percentage"]),
    )


def _goals() -> Api:
    around = surroundings()
    return Api("goals", around.goals_url, around.token)


def _root_ids(goals: Api) -> Iterator[str]:
    return (
        goal["id"] for goal in goals.items("/v1/goals") if goal.get("parent_id") is None
    )


def _rows_of_tree(
    goal: Json, before: str = "", inside: str = ""
) -> Iterator[tuple[str, ...]]:
    title, *cells = _cells_of(goal)
    yield (before + title, *cells)
    children = goal.get("children") or []
    for place, child in enumerate(children, start=1):
        last = place == len(children)
        yield from _rows_of_tree(
            child,
            before=inside + ("└─ " if last else "├─ "),
            inside=inside + ("   " if last else "│  "),
        )


def _cells_of(goal: Json) -> tuple[str, ...]:
    values = goal.get("values") or {}
    return (
        str(goal["title"]),
        short_amount(values.get("actual")),
        short_amount(goal.get("target")),
        _percent(goal.get("percentage")),
        short_amount(values.get("in_progress")),
        str((goal.get("rollup") or {}).get("status") or _NONE),
    )


def _lines_of(goal: Json) -> Iterator[tuple[str, str]]:
    for name, value in goal.items():
        if isinstance(value, dict):
            inner = ", ".join(f"{key} {_plain(one)}" for key, one in value.items())
            yield name, inner or _NONE
        elif isinstance(value, list):
            yield name, ", ".join(map(str, value)) or _NONE
        else:
            yield name, _plain(value)


def _plain(value: object) -> str:
    return _NONE if value is None else str(value)


def short_amount(amount: str | None) -> str:
    """Return an amount with its thousands apart, and without zeros nobody reads."""
    if amount is None:
        return _NONE
    sign = "-" if amount.startswith("-") else ""
    whole, _, fraction = amount.lstrip("-").partition(".")
    fraction = fraction.rstrip("0")
    # Two places at least, as people write money.
    places = f".{fraction:0<2}" if fraction else ""
    return f"{sign}{int(whole):,}{places}"


def _percent(percentage: str | None) -> str:
    if percentage is None:
        return _NONE
    whole, _, fraction = percentage.partition(".")
    return f"{whole}.{fraction[:1] or '0'}"


def _escaped(goal_id: str) -> str:
    return quote(goal_id, safe="")
