"""`cairn directory export`: people, units, roles as tables to import again."""

import sys

from cli import output
from cli.api import Api
from cli.exits import ExitCode
from cli.surroundings import surroundings


def run(kind: str, *, as_json: bool) -> ExitCode:
    """Print all of one kind, a table of them or JSON."""
    around = surroundings()
    with Api("goals", around.goals_url, around.token) as goals:
        if as_json:
            output.print_json(list(goals.items(f"/v1/{kind}")))
            return ExitCode.OK
        rows = 0
        for table in goals.tables(f"/v1/{kind}"):
            header, _, below = table.partition("\r\n")
            # The rows that follow have the columns of the first.
            sys.stdout.write(below if rows else f"{header}\r\n{below}")
            rows += below.count("\r\n")
            output.hint(f"{rows:,} {kind} exported")
        output.clear_hint()
    return ExitCode.OK
