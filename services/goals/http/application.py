"""The HTTP application: its routes, who may come in, and how errors look."""

from collections.abc import Callable, Mapping
from typing import Any

from fastapi import FastAPI

from services.goals.http import (
    api_tokens,
    attainment,
    audit,
    by_date,
    changing_many,
    dashboards,
    directory,
    entities,
    entrance,
    explaining,
    goals,
    history,
    import_kinds,
    live,
    merging,
    metrics,
    operations,
    planning,
    queries,
    recalculations,
    rejected,
    roles,
    trials,
)
from services.goals.http.access import Access
from services.goals.http.context import Service
from services.goals.http.documents import (
    API_VERSION,
    DESCRIPTION,
    document_routes,
    openapi_of,
)
from services.goals.http.errors import answer_errors
from services.goals.http.reading import InnerSlashes
from services.goals.http.timing import Timed
from services.goals.page.routes import page_router
from shared.plumbing.health import Check, operational_routes


def build_http(
    service: Service,
    *,
    checks: Mapping[str, Check],
    asyncapi: Callable[[], Mapping[str, Any]],
) -> FastAPI:
    """Return the HTTP application of the service."""
    http = FastAPI(
        title="Cairn goals",
        version=API_VERSION,
        description=DESCRIPTION,
        # The pages that come with the framework load scripts of foreign hosts.
        docs_url=None,
        redoc_url=None,
    )
    http.state.service = service
    for router in (
        goals.router,
        history.router,
        attainment.router,
        audit.router,
        operations.router,
        rejected.router,
        explaining.router,
        by_date.router,
        planning.router,
        import_kinds.goals_router,
        changing_many.router,
        recalculations.router,
        metrics.router,
        import_kinds.metrics_router,
        queries.router,
        trials.router,
        import_kinds.queries_router,
        entities.router,
        directory.router,
        merging.router,
        roles.router,
        import_kinds.directory_router,
        dashboards.router,
        live.router,
        entrance.router,
        api_tokens.router,
        operational_routes(checks),
        document_routes(asyncapi),
        page_router(),
    ):
        http.include_router(router)
    answer_errors(http)
    http.add_middleware(Access, service=service)
    http.add_middleware(InnerSlashes)
    http.add_middleware(Timed)
    http.openapi = openapi_of(http)  # type: ignore[method-assign] # as FastAPI's manual has it
    return http
