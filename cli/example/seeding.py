"""`cairn seed`: create what is missing of the example company, and send its past.

Safe to run again at any time: definitions that are there stay as they are, and records
come with the versions that they had, so that nothing changes twice.
"""

import json
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

import msgspec

from cli import output, sending
from cli.api import Api
from cli.example import boards, company
from cli.example import roles as company_roles
from cli.example.company import Quarter
from cli.example.history import records_as_of
from cli.example.roles import Body
from cli.exits import CommandError, ExitCode
from cli.surroundings import surroundings

_CHUNK: Final = 100
_OVERLAP: Final = timedelta(hours=1)


def run(remember: Path | None = None) -> ExitCode:
    """Create the company and send its records; tell how to try it.

    What was sent before `remember` was written last is not sent again, unless
    something of the company was missing: then this is another installation.
    """
    around = surroundings()
    now = datetime.now(UTC)
    quarter = Quarter.of(now.date())
    with Api("goals", around.goals_url, around.token) as goals:
        people, targets, created = _create(goals, quarter)
    since = None if created else _remembered(remember)
    with Api("ingest", around.ingest_url, around.token) as ingest:
        records = _send(ingest, now, since)
    if remember is not None:
        remember.write_text(now.isoformat(), encoding="utf-8")
    output.say(
        output.marked(
            output.Mark.OK,
            f"{people} people · {targets} goals · {records:,} "
            f"{'records' if since is None else 'new records'}",
        )
    )
    # One line, so that `cairn run` finds it among everything else that is said.
    output.print_data(json.dumps(_to_try(quarter, now), ensure_ascii=False))
    return ExitCode.OK


def _remembered(remember: Path | None) -> datetime | None:
    """Return until when the past has been sent, a little earlier to be sure."""
    try:
        text = remember.read_text(encoding="utf-8") if remember else ""
        return datetime.fromisoformat(text) - _OVERLAP
    except (FileNotFoundError, ValueError):
        return None


def _create(goals: Api, quarter: Quarter) -> tuple[int, int, int]:
    """Create what is missing; return how many people and goals are there or new."""
    targets = company.goals(quarter)
    users, roles = _people(goals)
    # What others name comes before them.
    plan: Sequence[tuple[str, str, Sequence[Body]]] = (
        ("roles", "/v1/roles", roles),
        ("units", "/v1/business-units", company.business_units()),
        ("people", "/v1/users", users),
        ("teams", "/v1/teams", company.teams()),
        ("metrics", "/v1/metrics", company.metrics()),
        ("goals", "/v1/goals", targets),
        ("boards", "/v1/dashboards", boards.dashboards(quarter)),
    )
    created = 0
    for name, path, bodies in plan:
        with output.phase(name) as phase:
            there = {item["id"] for item in goals.items(path)}
            missing = [body for body in bodies if body["id"] not in there]
            for start in range(0, len(missing), _CHUNK):
                goals.post(path, missing[start : start + _CHUNK])
            created += len(missing)
            phase.detail = f"{len(missing)} created, {len(bodies)} in all"
    return len(users), len(targets), created


def _people(goals: Api) -> tuple[Sequence[Body], Sequence[Body]]:
    """Return everybody with the roles that they have, if nobody is there without.

    With the first role people read what roles allow and no more: whoever was created
    when there were none, of this company or not, would read nothing any more.
    """
    users, roles = company.users(), company_roles.roles()
    there = {item["id"] for item in goals.items("/v1/roles")}
    has_all = all(role["id"] in there for role in roles)
    is_empty = next(goals.items("/v1/users"), None) is None
    if has_all or is_empty:
        return users, roles
    return [{**user, "roles": ()} for user in users], []


def _send(ingest: Api, now: datetime, since: datetime | None) -> int:
    outcome = sending.Outcome()
    with output.phase("records") as phase:
        for sent in sending.send(ingest, _encoded(now, since)):
            outcome = sent
            output.hint(f"{outcome.sent:,} records sent")
        phase.detail = f"{outcome.accepted:,} sent"
    if outcome.rejected:
        first = outcome.rejected[0]
        raise CommandError(
            f"ingest rejected {len(outcome.rejected)} of the example's records, the "
            f"first: {first['error']}: {first['detail']}; run the same version of "
            "`cairn` and ingest"
        )
    return outcome.accepted


def _encoded(now: datetime, since: datetime | None) -> Iterator[bytes]:
    for turn in records_as_of(now):
        if since is None or turn.at > since:
            yield msgspec.json.encode(turn.body())


def _to_try(quarter: Quarter, now: datetime) -> Body:
    """Return a record, without id and version, that moves the root goal's number."""
    _, seller = next(company.sellers())
    return {
        "root_goal_id": company.root_goal_id(quarter),
        "example_record": {
            "entity": "opportunity",
            "owner": {"type": "user", "id": seller.id},
            "state": "won",
            "status": "3",
            "attributes": {
                "actualvalue": "25000.00",
                "actualclosedate": now.date().isoformat(),
            },
        },
    }
