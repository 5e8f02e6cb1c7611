"""Which scope each route needs: one line for every route there is.

A route without a line is for the bootstrap token only, and a test names it.
"""

import re
from collections.abc import Iterator, Mapping
from typing import Final

from services.goals.domain.callers import Caller, Scope
from services.goals.page.screens import SCREENS

# Needs no more than to be somebody.
ANYBODY: Final = None

_READ: Final = Scope.GOALS_READ
_RECORDS: Final = Scope.RECORDS_READ
_GOALS: Final = Scope.GOALS_WRITE
_METRICS: Final = Scope.METRICS_WRITE
_PEOPLE: Final = Scope.DIRECTORY_READ
_DIRECTORY: Final = Scope.DIRECTORY_WRITE

SCOPES: Final[Mapping[str, Scope | None]] = {
    # Paths without an id in them come before those with one.
    "POST /v1/goals/import": _GOALS,
    "POST /v1/goals": _GOALS,
    "PATCH /v1/goals": _GOALS,
    "PATCH /v1/goals/{id}": _GOALS,
    "DELETE /v1/goals/{id}": _GOALS,
    "POST /v1/goals/{id}/align-fiscal-period": _GOALS,
    "POST /v1/goals/{id}/split-target": _GOALS,
    "POST /v1/goals/{id}/clone": _GOALS,
    "POST /v1/goals/{id}/recalculate": _GOALS,
    "GET /v1/goals": _READ,
    "GET /v1/goals/{id}": _READ,
    "GET /v1/goals/{id}/tree": _READ,
    "GET /v1/goals/{id}/history": _READ,
    "GET /v1/goals/{id}/changes": _READ,
    "GET /v1/goals/{id}/by-date": _RECORDS,
    "GET /v1/goals/{id}/explain": _RECORDS,
    "GET /v1/goals/{id}/records": _RECORDS,
    "GET /v1/recalculations/{id}": _READ,
    "GET /v1/recalculations": _READ,
    "GET /v1/reports/attainment": _READ,
    "POST /v1/dashboards": _GOALS,
    "PATCH /v1/dashboards/{id}": _GOALS,
    "DELETE /v1/dashboards/{id}": _GOALS,
    "GET /v1/dashboards": _READ,
    "GET /v1/dashboards/{id}": _READ,
    "GET /v1/stream": _READ,
    "GET /v1/status": _READ,
    "POST /v1/metrics/import": _METRICS,
    "POST /v1/metrics": _METRICS,
    "PATCH /v1/metrics/{id}": _METRICS,
    "DELETE /v1/metrics/{id}": _METRICS,
    "GET /v1/metrics": _READ,
    "GET /v1/metrics/{id}": _READ,
    "POST /v1/rollup-queries/import": _METRICS,
    # Sums over conditions of one's own choice tell what single records hold.
    "POST /v1/rollup-queries/preview": _RECORDS,
    "POST /v1/rollup-queries/{id}/impact": _RECORDS,
    "POST /v1/rollup-queries": _METRICS,
    "PATCH /v1/rollup-queries/{id}": _METRICS,
    "DELETE /v1/rollup-queries/{id}": _METRICS,
    "GET /v1/rollup-queries": _READ,
    "GET /v1/rollup-queries/{id}": _READ,
    "GET /v1/rollup-queries/{id}/fetchxml": _READ,
    "POST /v1/entities": _METRICS,
    "PATCH /v1/entities/{id}": _METRICS,
    "DELETE /v1/entities/{id}": _METRICS,
    "GET /v1/entities": _READ,
    "GET /v1/entities/{id}": _READ,
    "POST /v1/users/import": _DIRECTORY,
    "POST /v1/users": _DIRECTORY,
    "PATCH /v1/users/{id}": _DIRECTORY,
    "DELETE /v1/users/{id}": _DIRECTORY,
    "GET /v1/users": _PEOPLE,
    "GET /v1/users/{id}": _PEOPLE,
    "POST /v1/teams/import": _DIRECTORY,
    "POST /v1/teams": _DIRECTORY,
    "PATCH /v1/teams/{id}": _DIRECTORY,
    "DELETE /v1/teams/{id}": _DIRECTORY,
    "GET /v1/teams": _PEOPLE,
    "GET /v1/teams/{id}": _PEOPLE,
    "POST /v1/business-units/import": _DIRECTORY,
    "POST /v1/business-units": _DIRECTORY,
    "PATCH /v1/business-units/{id}": _DIRECTORY,
    "DELETE /v1/business-units/{id}": _DIRECTORY,
    "GET /v1/business-units": _PEOPLE,
    "GET /v1/business-units/{id}": _PEOPLE,
    "POST /v1/business-units/{id}/merge": _DIRECTORY,
    "POST /v1/roles/import": _DIRECTORY,
    "POST /v1/roles": _DIRECTORY,
    "PATCH /v1/roles/{id}": _DIRECTORY,
    "DELETE /v1/roles/{id}": _DIRECTORY,
    "GET /v1/roles": _PEOPLE,
    "GET /v1/roles/{id}": _PEOPLE,
    "GET /v1/organization": _READ,
    "PATCH /v1/organization": Scope.ORGANIZATION_WRITE,
    "GET /v1/audit": Scope.ORGANIZATION_READ,
    "GET /v1/operations": Scope.ORGANIZATION_READ,
    "GET /v1/rejected": Scope.ORGANIZATION_READ,
    "POST /v1/rejected/replay": Scope.ORGANIZATION_WRITE,
    "POST /v1/tokens": Scope.ORGANIZATION_WRITE,
    "DELETE /v1/tokens/{id}": Scope.ORGANIZATION_WRITE,
    "GET /v1/tokens": Scope.ORGANIZATION_READ,
    "POST /v1/page-links": Scope.ORGANIZATION_WRITE,
    "GET /v1/session": ANYBODY,
    "POST /v1/session/end": ANYBODY,
    "GET /docs": ANYBODY,
    "GET /docs.css": ANYBODY,
    "GET /openapi.json": ANYBODY,
    "GET /asyncapi": ANYBODY,
    **{f"GET {screen.path}": _READ for screen in SCREENS},
}

_ID: Final = re.compile(r"\\{id\\}")


def _patterns() -> Iterator[tuple[str, re.Pattern[str], Scope | None]]:
    for line, scope in SCOPES.items():
        method, _, path = line.partition(" ")
        yield method, re.compile(_ID.sub("[^/]+", re.escape(path))), scope


_PATTERNS: Final = tuple(_patterns())


def is_offered(caller: Caller, method: str, path: str) -> bool:
    """Tell whether there is a line for this; without one, an admin alone finds out."""
    return caller.is_admin or _line_of(method, path) is not None


def scope_of(method: str, path: str) -> Scope | None:
    """Return the scope that is needed; None: none."""
    line = _line_of(method, path)
    return None if line is None else line[1]


def _line_of(method: str, path: str) -> tuple[str, Scope | None] | None:
    sought = "GET" if method == "HEAD" else method
    for known, pattern, scope in _PATTERNS:
        if known == sought and pattern.fullmatch(path):
            return known, scope
    return None
