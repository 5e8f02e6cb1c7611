"""Each route that writes leaves a line in the audit trail: a new one without fails."""

import json
import re
from collections.abc import AsyncIterator
from typing import Any, Final

import pytest
import pytest_asyncio

from tests.integration.goals.auditing import newest, told_since
from tests.integration.goals.conftest import Api
from tests.integration.goals.rejecting import reject

pytestmark = pytest.mark.asyncio(loop_scope="package")

WRITING: Final = ("post", "put", "patch", "delete")
ORGANIZATION: Final = "/v1/organization"
REPLAY: Final = "/v1/rejected/replay"
FISCAL: Final = {"kind": "fiscal", "year": 2026, "period": 4}
EVERYTHING: Final[dict[str, Any]] = {"entity": "opportunity", "where": None}

# These change nothing that anybody relies on; with what is asked of each.
NOT_AUDITED: Final[dict[str, Any]] = {
    # Tells what a query would match.
    "POST /v1/rollup-queries/preview": EVERYTHING,
    # Tells what another condition would change.
    "POST /v1/rollup-queries/{id}/impact": {"where": None},
}

# Who comes and goes is no change of anything.
SESSIONS: Final = frozenset({"POST /v1/session/end"})

# A path, a body, and the line that must be there; `{x}` is an id of the test's own.
Deed = tuple[str, Any, tuple[str, str]]
DEEDS: Final[dict[str, Deed]] = {
    "POST /v1/goals": ("/v1/goals", "a goal", ("goal new", "created")),
    "PATCH /v1/goals": (
        "/v1/goals",
        [{"id": "{north}", "title": "N"}],
        ("goal north", "changed"),
    ),
    "PATCH /v1/goals/{id}": (
        "/v1/goals/{north}",
        {"target": "41"},
        ("goal north", "changed"),
    ),
    "DELETE /v1/goals/{id}": ("/v1/goals/{north}", None, ("goal north", "deleted")),
    "POST /v1/goals/{id}/align-fiscal-period": (
        "/v1/goals/{fiscal}/align-fiscal-period",
        None,
        ("goal fiscal", "changed"),
    ),
    "POST /v1/goals/{id}/split-target": (
        "/v1/goals/{company}/split-target",
        {"by": "equal"},
        ("goal north", "changed"),
    ),
    "POST /v1/goals/{id}/clone": (
        "/v1/goals/{company}/clone",
        {
            "period": {"kind": "custom", "start": "2027-01-01", "end": "2027-03-31"},
            "id_suffix": "-2",
        },
        ("goal company-2", "created"),
    ),
    "POST /v1/goals/import": (
        "/v1/goals/import",
        [{"id": "{north}", "title": "N"}],
        ("goal north", "changed"),
    ),
    "POST /v1/goals/{id}/recalculate": (
        "/v1/goals/{north}/recalculate",
        None,
        ("recalculation", "created"),
    ),
    "POST /v1/metrics": ("/v1/metrics", "a metric", ("metric new", "created")),
    "PATCH /v1/metrics/{id}": (
        "/v1/metrics/{unused}",
        {"name": "{unused}!"},
        ("metric unused", "changed"),
    ),
    "DELETE /v1/metrics/{id}": (
        "/v1/metrics/{unused}",
        None,
        ("metric unused", "deleted"),
    ),
    "POST /v1/metrics/import": (
        "/v1/metrics/import",
        [{"id": "{unused}", "name": "{unused}!"}],
        ("metric unused", "changed"),
    ),
    "POST /v1/rollup-queries": (
        "/v1/rollup-queries",
        {"id": "{new}", "name": "n", **EVERYTHING},
        ("rollup_query new", "created"),
    ),
    "PATCH /v1/rollup-queries/{id}": (
        "/v1/rollup-queries/{query}",
        {"name": "n"},
        ("rollup_query query", "changed"),
    ),
    "DELETE /v1/rollup-queries/{id}": (
        "/v1/rollup-queries/{query}",
        None,
        ("rollup_query query", "deleted"),
    ),
    "POST /v1/rollup-queries/import": (
        "/v1/rollup-queries/import",
        [{"id": "{query}", "name": "n"}],
        ("rollup_query query", "changed"),
    ),
    "POST /v1/entities": (
        "/v1/entities",
        {"id": "{new}", "attributes": {"x": "text"}},
        ("entity new", "created"),
    ),
    "PATCH /v1/entities/{id}": (
        "/v1/entities/{entity}",
        {"attributes": {"x": "number"}},
        ("entity entity", "changed"),
    ),
    "DELETE /v1/entities/{id}": (
        "/v1/entities/{entity}",
        None,
        ("entity entity", "deleted"),
    ),
    "POST /v1/dashboards": (
        "/v1/dashboards",
        {"id": "{new}", "name": "n"},
        ("dashboard new", "created"),
    ),
    "PATCH /v1/dashboards/{id}": (
        "/v1/dashboards/{dashboard}",
        {"name": "n"},
        ("dashboard dashboard", "changed"),
    ),
    "DELETE /v1/dashboards/{id}": (
        "/v1/dashboards/{dashboard}",
        None,
        ("dashboard dashboard", "deleted"),
    ),
    "PATCH /v1/organization": (
        "/v1/organization",
        {"base_currency": "CHF"},
        ("organization organization", "changed"),
    ),
    "POST /v1/page-links": ("/v1/page-links", None, ("page_link", "created")),
    "POST /v1/tokens": (
        "/v1/tokens",
        {"name": "{new}", "scopes": ["goals:read"]},
        ("token", "created"),
    ),
    "DELETE /v1/tokens/{id}": ("a token", None, ("token", "changed")),
    "POST /v1/rejected/replay": (
        REPLAY,
        {"error": "not_json", "limit": 1},
        ("rejected_replay", "created"),
    ),
}
DEEDS["POST /v1/business-units/{id}/merge"] = (
    "/v1/business-units/{old-business_unit}/merge",
    {"into": "{into}"},
    ("business_unit old-business_unit", "deleted"),
)
for _path, _kind in (
    ("users", "user"),
    ("teams", "team"),
    ("business-units", "business_unit"),
    ("roles", "role"),
):
    _old = f"old-{_kind}"
    DEEDS[f"POST /v1/{_path}"] = (
        f"/v1/{_path}",
        {"id": "{new}", "name": "n"},
        (f"{_kind} new", "created"),
    )
    DEEDS[f"PATCH /v1/{_path}/{{id}}"] = (
        f"/v1/{_path}/{{{_old}}}",
        {"name": "n"},
        (f"{_kind} {_old}", "changed"),
    )
    DEEDS[f"DELETE /v1/{_path}/{{id}}"] = (
        f"/v1/{_path}/{{{_old}}}",
        None,
        (f"{_kind} {_old}", "deleted"),
    )
    DEEDS[f"POST /v1/{_path}/import"] = (
        f"/v1/{_path}/import",
        [{"id": f"{{{_old}}}", "name": "n"}],
        (f"{_kind} {_old}", "changed"),
    )


@pytest_asyncio.fixture(loop_scope="package")
async def world(api: Api) -> AsyncIterator[Api]:
    """Return the service with one of each kind of thing to do something to."""
    before = await api.read(ORGANIZATION)
    await api.company()
    await api.metric("unused")
    await api.goal("fiscal", period=FISCAL)
    await api.change(ORGANIZATION, {"fiscal_calendar": {"start": "04-01"}})
    await api.create(
        "/v1/rollup-queries", {"id": api.id("query"), "name": "q", **EVERYTHING}
    )
    await api.create(
        "/v1/entities", {"id": api.id("entity"), "attributes": {"x": "text"}}
    )
    await api.create("/v1/business-units", {"id": api.id("into"), "name": "into"})
    await api.create("/v1/dashboards", {"id": api.id("dashboard"), "name": "d"})
    for kind in ("user", "team", "business_unit", "role"):
        path = f"/v1/{kind.replace('_', '-')}s"
        await api.create(path, {"id": api.id(f"old-{kind}"), "name": kind})
    yield api
    # As the other tests of this service expect it.
    for name in ("old-role", "new"):
        await api.client.delete(api.at(name, of="roles"))
    changed = ("fiscal_calendar", "base_currency", "reading")
    await api.change(ORGANIZATION, {name: before[name] for name in changed})


async def test_no_route_is_forgotten(api: Api) -> None:
    """Whoever adds a route that writes says here which line it leaves, or why none."""
    document = await api.read("/openapi.json")

    writing = {
        f"{method.upper()} {path}"
        for path, operations in document["paths"].items()
        for method in operations
        if method in WRITING
    }

    assert writing == DEEDS.keys() | NOT_AUDITED.keys() | SESSIONS


@pytest.mark.parametrize("route", DEEDS)
async def test_each_route_that_writes_leaves_a_line(world: Api, route: str) -> None:
    """In the name of whoever asked."""
    before = await newest(world.installation)
    path, body, (what, action) = DEEDS[route]
    if path == "a token":
        wanted = {"name": world.id("old"), "scopes": ["goals:read"]}
        path = f"/v1/tokens/{(await world.create('/v1/tokens', wanted))['id']}"

    if path == REPLAY:
        await reject(world.installation.settings, (b"call/1", b"{", "not_json"))

    answer = await world.client.request(
        route.partition(" ")[0], _filled(world, path), json=_filled(world, body)
    )

    assert answer.is_success, answer.text
    told = [(one, did) for one, did, _, _ in await told_since(world, before)]
    if " " not in what:
        # Its id is made by the service.
        told = [(one.partition(" ")[0], did) for one, did in told]
    assert (what, action) in told


@pytest.mark.parametrize("route", NOT_AUDITED)
async def test_what_changes_nothing_leaves_no_line(world: Api, route: str) -> None:
    """Whoever only asks is not in the audit trail."""
    before = await newest(world.installation)
    path = route.partition(" ")[2].replace("{id}", "{query}")

    answer = await world.client.post(_filled(world, path), json=NOT_AUDITED[route])

    assert answer.is_success, answer.text
    assert await told_since(world, before) == []


def _filled(world: Api, given: Any) -> Any:
    if given == "a goal":
        return world.goal_body("new")
    if given == "a metric":
        return world.metric_body("new")
    text = re.sub(r"\{([a-z_-]+)\}", lambda one: world.id(one[1]), json.dumps(given))
    return json.loads(text)
