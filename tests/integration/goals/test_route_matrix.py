"""Every route of the API document, asked by every kind of caller about two goals.

A route that is added needs a line in `LINES`, or the first test fails.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from enum import Enum, auto
from types import SimpleNamespace
from typing import Any, Final

import pytest
import pytest_asyncio

from local.servers import Servers
from services.goals.http.access import is_open
from services.goals.http.application import build_http
from services.goals.http.scopes import SCOPES
from tests.integration.goals.divided import (
    AMOUNT,
    CREWS,
    MARGIN,
    NOTE,
    PEOPLE,
    TITLE,
    Divided,
    divided,
)

pytestmark = pytest.mark.asyncio(loop_scope="package")

METHODS: Final = {"get", "post", "put", "patch", "delete"}
SYSTEMS: Final = ("admin", "system")
TWO: Final = ("administrator", *SYSTEMS)


class Needs(Enum):
    """What somebody needs to be answered."""

    NOTHING = auto()
    READ = auto()
    # To read a goal, and every record that it counts.
    READ_RECORDS = auto()
    WRITE = auto()
    # To read a goal and all below it; to write all that is right below it.
    READ_BELOW = auto()
    WRITE_BELOW = auto()
    # A right that is about no single goal; of the people, administrators have all.
    RIGHT = auto()
    # A right, and to read the goal.
    RIGHT_AND_READ = auto()
    # To be no person.
    SYSTEM = auto()


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A route: what it needs, and how it is asked."""

    needs: Needs
    query: str = ""
    body: Any = None


def _line(needs: Needs, body: Any = None, query: str = "") -> Line:
    return Line(needs=needs, body=body, query=query)


_ANY: Final = _line(Needs.NOTHING)
_RIGHT: Final = _line(Needs.RIGHT)
_RIGHT_TO: Final = _line(Needs.RIGHT, {})
_MANY: Final = _line(Needs.RIGHT, [])
_GOAL: Final = {"title": "x", "owner": {"type": "user", "id": "owner"}}
LINES: Final[dict[str, Line]] = {
    "GET /v1/goals": _line(Needs.NOTHING, query="?limit=1000"),
    "POST /v1/goals": _line(Needs.NOTHING, {}),
    "POST /v1/goals/import": _line(Needs.NOTHING, [], "?dry_run=true"),
    "PATCH /v1/goals": _line(Needs.NOTHING, [], "?dry_run=true"),
    "GET /v1/goals/{id}": _line(Needs.READ),
    "PATCH /v1/goals/{id}": _line(Needs.WRITE, {}),
    # Refused for its version, if it is not for rights.
    "DELETE /v1/goals/{id}": _line(Needs.WRITE),
    "POST /v1/goals/{id}/align-fiscal-period": _line(Needs.WRITE, {}),
    "POST /v1/goals/{id}/split-target": _line(
        Needs.WRITE_BELOW, {"by": "equal"}, "?dry_run=true"
    ),
    "POST /v1/goals/{id}/clone": _line(Needs.READ_BELOW, {}, "?dry_run=true"),
    "POST /v1/goals/{id}/recalculate": _line(Needs.RIGHT_AND_READ),
    "GET /v1/goals/{id}/tree": _line(Needs.READ),
    "GET /v1/goals/{id}/history": _line(Needs.READ),
    "GET /v1/goals/{id}/changes": _line(Needs.READ),
    "GET /v1/goals/{id}/by-date": _line(Needs.READ_RECORDS),
    # A record that nobody has sent.
    "GET /v1/goals/{id}/explain": _line(
        Needs.READ, query="?record=opportunity/nothing"
    ),
    "GET /v1/goals/{id}/records": _line(Needs.READ),
    "GET /v1/recalculations/{id}": _ANY,
    "GET /v1/recalculations": _ANY,
    "GET /v1/reports/attainment": _line(
        Needs.NOTHING, query="?since=24h&compare=previous&limit=1000"
    ),
    "GET /v1/dashboards": _ANY,
    "POST /v1/dashboards": _line(Needs.NOTHING, {}),
    "GET /v1/dashboards/{id}": _ANY,
    "PATCH /v1/dashboards/{id}": _line(Needs.NOTHING, {}),
    "DELETE /v1/dashboards/{id}": _ANY,
    "GET /v1/stream": _ANY,
    "GET /v1/status": _ANY,
    "POST /v1/metrics/import": _MANY,
    "POST /v1/metrics": _RIGHT_TO,
    "PATCH /v1/metrics/{id}": _RIGHT_TO,
    "DELETE /v1/metrics/{id}": _RIGHT,
    "GET /v1/metrics": _ANY,
    "GET /v1/metrics/{id}": _ANY,
    "POST /v1/rollup-queries/import": _MANY,
    "POST /v1/rollup-queries/preview": _line(
        Needs.NOTHING, {"entity": "opportunity", "source_attribute": "actualvalue"}
    ),
    "POST /v1/rollup-queries/{id}/impact": _RIGHT_TO,
    "POST /v1/rollup-queries": _RIGHT_TO,
    "PATCH /v1/rollup-queries/{id}": _RIGHT_TO,
    "DELETE /v1/rollup-queries/{id}": _RIGHT,
    "GET /v1/rollup-queries": _ANY,
    "GET /v1/rollup-queries/{id}": _ANY,
    "GET /v1/rollup-queries/{id}/fetchxml": _ANY,
    "POST /v1/entities": _RIGHT_TO,
    "PATCH /v1/entities/{id}": _RIGHT_TO,
    "DELETE /v1/entities/{id}": _RIGHT,
    "GET /v1/entities": _ANY,
    "GET /v1/entities/{id}": _ANY,
    "POST /v1/users/import": _MANY,
    "POST /v1/users": _RIGHT_TO,
    "PATCH /v1/users/{id}": _RIGHT_TO,
    "DELETE /v1/users/{id}": _RIGHT,
    "GET /v1/users": _ANY,
    "GET /v1/users/{id}": _ANY,
    "POST /v1/teams/import": _MANY,
    "POST /v1/teams": _RIGHT_TO,
    "PATCH /v1/teams/{id}": _RIGHT_TO,
    "DELETE /v1/teams/{id}": _RIGHT,
    "GET /v1/teams": _ANY,
    "GET /v1/teams/{id}": _ANY,
    "POST /v1/business-units/import": _MANY,
    "POST /v1/business-units": _RIGHT_TO,
    "POST /v1/business-units/{id}/merge": _RIGHT_TO,
    "PATCH /v1/business-units/{id}": _RIGHT_TO,
    "DELETE /v1/business-units/{id}": _RIGHT,
    "GET /v1/business-units": _ANY,
    "GET /v1/business-units/{id}": _ANY,
    "POST /v1/roles/import": _MANY,
    "POST /v1/roles": _RIGHT_TO,
    "PATCH /v1/roles/{id}": _RIGHT_TO,
    "DELETE /v1/roles/{id}": _RIGHT,
    "GET /v1/roles": _ANY,
    "GET /v1/roles/{id}": _ANY,
    "GET /v1/organization": _ANY,
    "PATCH /v1/organization": _RIGHT_TO,
    "GET /v1/audit": _RIGHT,
    "GET /v1/operations": _RIGHT,
    "GET /v1/rejected": _RIGHT,
    "POST /v1/rejected/replay": _RIGHT_TO,
    "POST /v1/tokens": _line(Needs.SYSTEM, {"name": "x", "scopes": ["goals:read"]}),
    "DELETE /v1/tokens/{id}": _RIGHT,
    "GET /v1/tokens": _RIGHT,
    "POST /v1/page-links": _line(Needs.SYSTEM, {}),
    "GET /v1/session": _ANY,
    "POST /v1/session/end": _ANY,
}
# Who reads which goal, and who may do more with it.
READERS: Final = {
    "north": {"manager", "owner", "parents", "shared", "by-unit", "by-all", *TWO},
    "crews": {"member", "other", "manager", "by-all", *TWO},
}
WRITERS: Final = {"north": {"manager", *TWO}, "crews": {"other", *TWO}}
# Who may be told of what; the company shows what `north` does.
TOLD: Final = {
    TITLE: READERS["north"],
    CREWS: READERS["crews"],
    AMOUNT: READERS["north"] | {"other"},
    "777.77": READERS["north"] | {"other"},
    NOTE: {"owner", "manager", *TWO},
    MARGIN: set(TWO),
}
# Ids say that something is there, and where it belongs. Who asks by one has it already.
NAMED: Final = {
    "company": {"parents", "other", "by-all", *TWO},
    **READERS,
    "marked-deal": {"owner", "manager", *TWO},
    "plain-deal": {"manager", *TWO},
}
# What is about no goal is asked once.
ASKED: Final = [
    (route, goal)
    for route in sorted(LINES)
    for goal in sorted(READERS)
    if goal == "north" or "/goals/{id}" in route
]
CALLERS: Final = (*PEOPLE, *SYSTEMS)


def documented() -> set[str]:
    """Return the routes of the API document, but those that are open to everybody."""
    nothing: Any = SimpleNamespace()
    paths: dict[str, Any] = build_http(nothing, checks={}, asyncapi=dict).openapi()[
        "paths"
    ]
    return {
        f"{method.upper()} {path}"
        for path, operations in paths.items()
        for method in METHODS & operations.keys()
        if not is_open(path)
    }


@pytest_asyncio.fixture(scope="module", loop_scope="package")
async def company(servers: Servers) -> AsyncIterator[Divided]:
    """One company for all tests here, which leave it as it is."""
    async with divided(servers) as made:
        # So that there is one to be told of.
        answer = await made.ask("admin", "/v1/goals/north/recalculate", "POST")
        assert answer.status_code == 202
        yield made


async def test_every_route_has_a_line() -> None:
    """One that is added without one is not seen to be closed to anybody."""
    assert documented() == LINES.keys()


@pytest.mark.parametrize("route", sorted(LINES))
async def test_nobody_comes_in_who_may_not(company: Divided, route: str) -> None:
    """Without a token, with a wrong one, without the scope, or disabled."""
    statuses = {
        who: (await _asked(company, route, who, "north"))[0]
        for who in (None, "wrong", "ingesting", "disabled")
    }

    assert statuses[None] == statuses["wrong"] == 401
    assert statuses["disabled"] == 403
    if SCOPES[route] is not None:
        assert statuses["ingesting"] == 403


@pytest.mark.parametrize(("route", "goal"), ASKED)
async def test_callers_are_answered_by_their_rights(
    company: Divided, route: str, goal: str
) -> None:
    """Each is let in or not, and told nothing that he may not read."""
    for who in CALLERS:
        status, said = await _asked(company, route, who, goal)
        refused = _refused(LINES[route].needs, who, goal)

        # The topics of these tests end before what is said to be applied.
        assert status < 500 or "topic_made_anew" in said, (who, said[:300])
        if refused is None:
            assert status not in (401, 403, 429), (who, said[:300])
            if "/goals/{id}" in route and "explain" not in route:
                assert status != 404, (who, said[:300])
        else:
            assert status == refused, (who, said[:300])
        for mark, may_be_told in TOLD.items():
            assert who in may_be_told or mark not in said, (who, mark)
        asked = goal if "/goals/{id}" in route else None
        for name, may_be_told in NAMED.items():
            is_known = who in may_be_told or name == asked
            assert is_known or not _names(said, name), (who, name, said[:2000])


def _names(said: str, name: str) -> bool:
    """Tell whether an id stands somewhere, by itself."""
    return re.search(rf"(?<![\w-]){name}(?![\w-])", said) is not None


def _refused(needs: Needs, who: str, goal: str) -> int | None:
    """Return the status of a refusal; None: it is not refused."""
    if who in SYSTEMS or needs is Needs.NOTHING:
        return None
    if needs is Needs.SYSTEM:
        return 403
    if needs in (Needs.RIGHT, Needs.RIGHT_AND_READ):
        return None if who == "administrator" else 403
    if who not in READERS[goal]:
        return 404
    allowed = {
        Needs.READ_RECORDS: NAMED["marked-deal"] if goal == "north" else READERS[goal],
        Needs.WRITE: WRITERS[goal],
        Needs.READ_BELOW: READERS[goal] & READERS["crews"],
        Needs.WRITE_BELOW: WRITERS["crews"] if goal == "north" else READERS[goal],
    }
    return None if who in allowed.get(needs, READERS[goal]) else 403


async def _asked(
    company: Divided, route: str, who: str | None, goal: str
) -> tuple[int, str]:
    """Ask; return the status, and all that was said."""
    method, _, path = route.partition(" ")
    line, headers = LINES[route], company.headers(who)
    thing = goal if path.startswith("/v1/goals/") else "nothing"
    address = path.replace("{id}", thing) + line.query
    if method == "DELETE":
        headers["If-Match"] = '"0"'
    if path == "/v1/stream":
        return await _watched(company, headers)
    answer = await company.client.request(
        method, address, json=line.body, headers=headers
    )
    return answer.status_code, f"{answer.headers} {answer.text}"


async def _watched(company: Divided, headers: dict[str, str]) -> tuple[int, str]:
    async with company.client.stream("GET", "/v1/stream", headers=headers) as stream:
        said = ""
        async for part in stream.aiter_text():
            said += part
            if "\n\n" in said:
                break
        return stream.status_code, said
