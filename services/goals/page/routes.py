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
from services.goals.page import first_goal, first_overview, first_tree
from services.goals.page.documents import Documents
from services.goals.page.files import files_router
from services.goals.page.numbers import marks_of
from services.goals.page.operators import OPERATORS
from services.goals.page.screens import (
    EMPTY,
    GOAL,
    MANAGED,
    OVERVIEW,
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

    for screen in EMPTY:
        _add_empty(router, documents, screen)
    for managed in MANAGED:
        _add_managed(router, documents, managed)
    return router


def _reader(request: Request) -> Caller | None:
    """Return whom `Access` let in, if anybody."""
    caller: Caller | None = getattr(request.state, "caller", None)
    return caller


def _add_empty(router: APIRouter, documents: Documents, screen: Screen) -> None:
    """Offer the document of a screen whose script asks for all that it shows."""

    @router.get(screen.path, name=screen.path)
    async def empty() -> Response:
        return documents.draw(screen)


def _add_managed(router: APIRouter, documents: Documents, managed: Managed) -> None:
    """Offer the document in which one kind of thing is edited."""

    @router.get(managed.screen.path, name=managed.screen.path)
    async def manage() -> Response:
        return documents.draw(
            managed.screen, managed=managed, kinds=MANAGED, operators=OPERATORS
        )
