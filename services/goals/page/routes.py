"""Routes of the web page: a document for each screen.

What a screen shows is drawn once here, as far as the one who asks may read it, and from
then on by its script. Who comes from another site shows no session yet: he is sent the
document without any data, and its script asks for them.
"""

from typing import Annotated

from fastapi import APIRouter, Header, Request, Response
from fastapi import Path as InPath

from services.goals.domain.callers import Caller
from services.goals.http.context import CurrentService
from services.goals.http.reading import PathId
from services.goals.page import (
    first_dashboard,
    first_goal,
    first_operations,
    first_overview,
    first_report,
    first_things,
    first_tree,
)
from services.goals.page.asking import answered
from services.goals.page.documents import Documents
from services.goals.page.files import files_router
from services.goals.page.numbers import marks_of
from services.goals.page.operators import OPERATORS
from services.goals.page.screens import (
    DASHBOARD,
    DASHBOARDS,
    EMPTY,
    GOAL,
    MANAGED,
    OPERATIONS,
    OVERVIEW,
    REPORTS,
    TREE,
    Managed,
    Screen,
)

_Languages = Annotated[str, Header(alias="Accept-Language")]


def page_router() -> APIRouter:
    """Return the routes of the page."""
    router = APIRouter(include_in_schema=False)
    router.include_router(files_router())
    documents = Documents()

    @router.get(TREE.path)
    async def tree(
        service: CurrentService, request: Request, languages: _Languages = ""
    ) -> Response:
        caller, marks = _reader(request), marks_of(languages)
        rows = None
        if caller is not None:
            rows = await first_tree.rows_of(service.database, caller, marks)
        return documents.draw(TREE, rows=rows)

    @router.get(OVERVIEW.path)
    async def overview(
        service: CurrentService, request: Request, languages: _Languages = ""
    ) -> Response:
        caller, marks = _reader(request), marks_of(languages)
        cards = None
        # Which goals an address names, its script knows.
        if caller is not None and "roots" not in request.query_params:
            now = service.now()
            cards = await first_overview.cards_of(service.database, caller, marks, now)
        return documents.draw(OVERVIEW, cards=cards)

    @router.get(GOAL.path)
    async def goal(
        service: CurrentService,
        request: Request,
        goal_id: Annotated[PathId, InPath(alias="id")],
        languages: _Languages = "",
    ) -> Response:
        caller, marks = _reader(request), marks_of(languages)
        first = None
        if caller is not None:
            first = await first_goal.goal_of(service.database, caller, goal_id, marks)
        return documents.draw(GOAL, first=first)

    _add_reports(router, documents)
    _add_dashboards(router, documents)
    _add_operations(router, documents)
    for screen in EMPTY:
        _add_empty(router, documents, screen)
    for managed in MANAGED:
        _add_managed(router, documents, managed)
    return router


def _reader(request: Request) -> Caller | None:
    """Return whom `Access` let in, if anybody."""
    caller: Caller | None = getattr(request.state, "caller", None)
    return caller


def _add_reports(router: APIRouter, documents: Documents) -> None:
    """Offer the document of a report; all that is chosen stands in its address."""

    @router.get(REPORTS.path)
    async def reports(
        service: CurrentService, request: Request, languages: _Languages = ""
    ) -> Response:
        caller, marks = _reader(request), marks_of(languages)
        first, address = None, request.query_params
        if caller is not None:
            first = await answered(first_report.report(service, caller, address, marks))
        return documents.draw(
            REPORTS,
            first=first,
            by_words=first_report.BY_WORDS,
            periods=first_report.PERIODS,
            bar_places=first_report.BAR_PLACES,
        )


def _add_dashboards(router: APIRouter, documents: Documents) -> None:
    """Offer the documents of the list of dashboards, and of each of them."""

    @router.get(DASHBOARDS.path)
    async def dashboards(service: CurrentService, request: Request) -> Response:
        caller, first = _reader(request), None
        if caller is not None:
            first = await answered(first_dashboard.listed(service.database, caller))
        return documents.draw(DASHBOARDS, first=first)

    @router.get(DASHBOARD.path)
    async def dashboard(
        service: CurrentService,
        request: Request,
        dashboard_id: Annotated[PathId, InPath(alias="id")],
        languages: _Languages = "",
    ) -> Response:
        caller, marks = _reader(request), marks_of(languages)
        first = None
        # To arrange one and to hang it on a wall looks otherwise.
        if caller is not None and not {"edit", "wall"} & request.query_params.keys():
            first = await answered(
                first_dashboard.dashboard(service.database, caller, dashboard_id, marks)
            )
        return documents.draw(DASHBOARD, first=first)


def _add_operations(router: APIRouter, documents: Documents) -> None:
    """Offer the document that shows what runs to whoever may see it."""

    @router.get(OPERATIONS.path)
    async def operations(
        service: CurrentService, request: Request, languages: _Languages = ""
    ) -> Response:
        caller, marks = _reader(request), marks_of(languages)
        first = None
        if caller is not None:
            first = await answered(first_operations.operations(service, caller, marks))
        return documents.draw(OPERATIONS, first=first)


def _add_empty(router: APIRouter, documents: Documents, screen: Screen) -> None:
    """Offer the document of a screen whose script asks for all that it shows."""

    @router.get(screen.path, name=screen.path)
    async def empty() -> Response:
        return documents.draw(screen)


def _add_managed(router: APIRouter, documents: Documents, managed: Managed) -> None:
    """Offer the document in which one kind of thing is edited."""

    @router.get(managed.screen.path, name=managed.screen.path)
    async def manage(service: CurrentService, request: Request) -> Response:
        caller, first = _reader(request), None
        if caller is not None:
            first = await answered(
                first_things.things(service, caller, managed.kind, request.query_params)
            )
        return documents.draw(
            managed.screen,
            managed=managed,
            kinds=MANAGED,
            operators=OPERATORS,
            first=first,
        )
