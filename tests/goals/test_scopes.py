"""Every route has its scope."""

from types import SimpleNamespace
from typing import Any

import pytest

from services.goals.domain.callers import ADMIN, Caller, Scope
from services.goals.http.access import is_open
from services.goals.http.application import build_http
from services.goals.http.scopes import SCOPES, is_offered, scope_of
from services.goals.page.screens import SCREENS

METHODS = {"get", "post", "put", "patch", "delete"}
READER = Caller(name="token/reader", scopes=frozenset({Scope.GOALS_READ}))


def routes() -> set[str]:
    """Return the routes of the API document, but those that are open to everybody."""
    nothing: Any = SimpleNamespace()
    http = build_http(nothing, checks={}, asyncapi=dict)
    paths: dict[str, Any] = http.openapi()["paths"]
    return {
        f"{method.upper()} {path}"
        for path, operations in paths.items()
        for method in METHODS & operations.keys()
        if not is_open(path)
    }


def test_every_route_of_the_document_has_a_line() -> None:
    """A new route needs one in services/goals/http/scopes.py, or it is an admin's."""
    assert routes() - SCOPES.keys() == set()


def test_every_line_is_of_a_route() -> None:
    """What is misspelt would leave a route to admins alone."""
    documents = {"GET /docs", "GET /docs.css", "GET /openapi.json", "GET /asyncapi"}
    documents |= {f"GET {screen.path}" for screen in SCREENS}

    assert SCOPES.keys() - routes() == documents


@pytest.mark.parametrize("line", SCOPES)
def test_a_line_is_found_by_its_path(line: str) -> None:
    """An id may be anything, and no line stands in the way of another."""
    method, _, path = line.partition(" ")

    assert scope_of(method, path.replace("{id}", "a b.c")) == SCOPES[line]
    assert is_offered(READER, method, path.replace("{id}", "x"))


def test_only_what_reads_needs_a_scope_that_reads() -> None:
    """Whoever may only read changes nothing; the two that look into records post."""
    posts = {"POST /v1/rollup-queries/preview", "POST /v1/rollup-queries/{id}/impact"}
    for line, scope in SCOPES.items():
        reads = scope is None or scope.endswith(":read")
        assert reads == (line.startswith("GET ") or line in posts) or scope is None


def test_what_has_no_line_is_for_admins() -> None:
    """Until somebody has decided, nobody else comes in."""
    assert is_offered(ADMIN, "GET", "/v1/secrets")
    assert not is_offered(READER, "GET", "/v1/secrets")
    assert not is_offered(READER, "PUT", "/v1/goals/north")


def test_a_head_is_what_a_get_is() -> None:
    """It tells as much."""
    assert scope_of("HEAD", "/v1/goals") == Scope.GOALS_READ
