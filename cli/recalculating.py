"""`cairn recalculate`: rebuild a tree from its records, and tell what was different."""

import time
from typing import Final
from urllib.parse import quote

from cli import output
from cli.api import Api, Json
from cli.exits import ExitCode
from cli.surroundings import surroundings

POLL_SECONDS: Final = 0.5
_HEADINGS: Final = ("goal", "field", ">was", ">should be", "records")


def run(goal_id: str, *, wait: bool, as_json: bool) -> ExitCode:
    """Ask for a recalculation; with `wait`, follow it to its end."""
    around = surroundings()
    with Api("goals", around.goals_url, around.token) as goals:
        asked = goals.post(f"/v1/goals/{quote(goal_id, safe='')}/recalculate")
        output.say(f"recalculation {asked['id']} of the tree of {asked['tree_id']}")
        if wait:
            asked = _followed(goals, asked)
    if as_json:
        output.print_json(asked)
    else:
        _print(asked)
    return ExitCode.DIFFERENCE if asked["difference_count"] else ExitCode.OK


def _followed(goals: Api, asked: Json) -> Json:
    """Return the recalculation once it is done; tell how far it is meanwhile."""
    told = ""
    while asked["status"] != "done":
        words = _progress_of(asked)
        if words != told:
            output.say(words)
        told = words
        time.sleep(POLL_SECONDS)
        asked = goals.get(f"/v1/recalculations/{quote(asked['id'], safe='')}")
    output.say(f"done: {asked['records_read']} records, {asked['goals']} goals")
    if asked["note"]:
        output.say(asked["note"])
    return asked


def _progress_of(asked: Json) -> str:
    name = "records_compared" if asked["status"] == "comparing" else "records_read"
    expected = asked["records_expected"]
    of = "" if expected is None else f" of about {expected}"
    return f"{asked['status']}: {asked[name]}{of} records"


def _print(asked: Json) -> None:
    if asked["status"] != "done":
        output.print_data(asked["id"])
        output.say(f"it is {asked['status']}; --wait follows it to its end")
        return
    count, differences = asked["difference_count"], asked["differences"]
    if differences:
        output.print_table(_HEADINGS, [_row_of(one) for one in differences])
    if count > len(differences):
        output.say(f"the first {len(differences)} of {count} differences are shown")
    if not count:
        output.say("nothing was different")


def _row_of(one: Json) -> tuple[str, ...]:
    return (
        one["goal_id"],
        one["field"],
        one["was"],
        one["should_be"],
        " ".join(one["records"]),
    )
