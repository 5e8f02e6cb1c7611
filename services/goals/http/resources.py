"""The five routes that each kind of thing has: create, list, read, change, delete."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Final, Generic, TypeVar

from fastapi import APIRouter, Path, Query, Request, Response

from services.goals.domain import errors as refusals
from services.goals.domain.errors import Refusal
from services.goals.domain.versions import Expected, not_found
from services.goals.flows import defining
from services.goals.flows.defining import Defined
from services.goals.http import writing
from services.goals.http.answers import ListAnswer, ManyAnswer
from services.goals.http.context import (
    CurrentCaller,
    CurrentService,
    Service,
    caller_of,
)
from services.goals.http.documenting import (
    CHANGE_REFUSALS,
    CREATE_REFUSALS,
    DELETE_REFUSALS,
    errors_of,
)
from services.goals.http.fields import Body, OneOrMany
from services.goals.http.listing import PageQuery, list_response
from services.goals.http.reading import LINES, IfMatch, PathId, expected_of
from services.goals.http.tables import (
    answer_of_table,
    rows_asked,
    table_response,
    wants_table,
)
from services.goals.http.writing import (
    AsStored,
    IdempotencyKey,
    View,
    thing_response,
)
from services.goals.store.database import Changes, Reading
from services.goals.store.tables import Table, Thing

_ThingId = Annotated[PathId, Path(alias="id")]

New = TypeVar("New", bound=Body)
Patch = TypeVar("Patch", bound=Body)


@dataclass(frozen=True, slots=True)
class Told:
    """What the document says of a route: in a line, and in full."""

    summary: str
    description: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Words:
    """What people call one and several, and what the document says of the routes."""

    one: str
    many: str
    create: Told
    list: Told
    read: Told
    change: Told
    delete: Told
    # What the list looks like as a table; none: it is not offered as one.
    table: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusals:
    """What a kind of thing is refused for, beyond what every kind is."""

    written: Sequence[Refusal] = ()
    created: Sequence[Refusal] = ()
    changed: Sequence[Refusal] = ()
    deleted: Sequence[Refusal] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource(Generic[New, Patch, Thing]):
    """A kind of thing: what is sent and answered, and what does the work."""

    words: Words
    refusals: Refusals
    new: type[New]
    patch: type[Patch]
    answer: type
    table: Callable[[Reading], Table[Thing]]
    create: Callable[[Changes, Sequence[New]], Awaitable[Sequence[Thing]]]
    change: Callable[[Changes, str, Patch, Expected], Awaitable[Thing]]
    delete: Callable[[Changes, str, Expected], Awaitable[None]]
    view: Callable[[Service], View[Thing]] = lambda _: AsStored()
    query: type[PageQuery] = PageQuery
    # Given a `query`, the next things of a list; left out: by their ids.
    page: Callable[[Reading, Any, int], Awaitable[Sequence[Thing]]] | None = None
    # One by its id, or the refusal; left out: whoever comes in may read any.
    one: Callable[[Reading, str], Awaitable[Thing]] | None = None

    @property
    def path(self) -> str:
        """Where all of them are; each one is below, by its id."""
        return f"/v1/{self.words.many.replace(' ', '-')}"


def words_of(
    one: str,
    many: str,
    *,
    create: str,
    change: str,
    delete: Told,
    table: str | None = None,
) -> Words:
    """Return what the document says of things of which there is little to say."""
    return Words(
        one=one,
        many=many,
        create=Told(f"Create a {one}, or up to 10,000 at once", create),
        list=Told(f"List {many}", f"List {many} in the order of their ids."),
        read=Told(
            f"Read a {one}", f"Return a {one}, and in ETag the version for If-Match."
        ),
        change=Told(f"Change a {one}", change),
        delete=delete,
        table=table,
    )


def resource_of(
    defined: Defined[Thing],
    *,
    words: Words,
    refusals: Refusals,
    new: type[New],
    as_thing: Callable[[New], Thing],
    patch: type[Patch],
    applied: Callable[[Patch, Thing], Thing],
    answer: type,
) -> Resource[New, Patch, Thing]:
    """Return a kind of thing that is written as every kind is."""
    return Resource(
        words=words,
        refusals=refusals,
        new=new,
        patch=patch,
        answer=answer,
        table=defined.table,
        create=lambda changes, bodies: defining.create(
            changes, defined, [as_thing(body) for body in bodies]
        ),
        change=lambda changes, thing_id, body, expected: defining.change(
            changes, defined, thing_id, lambda thing: applied(body, thing), expected
        ),
        delete=lambda changes, thing_id, expected: defining.delete(
            changes, defined, thing_id, expected
        ),
    )


_OF_LINES: Final = {
    "schema": {
        "type": "string",
        "description": "one object a line, the same as in an array",
    }
}

# The framework reads the annotations of a route when it is added, and only then it is
# known what they are: to the type checker these are any values.
_ANNOTATED: Any = Annotated
_LIST: Any = ListAnswer
_MANY: Any = ManyAnswer
_ONE_OR_MANY: Any = OneOrMany


def add_routes(router: APIRouter, resource: Resource[New, Patch, Thing]) -> None:
    """Offer the five routes of a kind of thing."""
    _add_create(router, resource)
    _add_list(router, resource)
    _add_read(router, resource)
    _add_change(router, resource)
    _add_delete(router, resource)


def _add_create(router: APIRouter, resource: Resource[New, Patch, Thing]) -> None:
    async def create(
        service: CurrentService,
        request: Request,
        body: Any,
        idempotency_key: IdempotencyKey = None,
    ) -> Response:
        bodies: Sequence[New] = body if isinstance(body, list) else [body]
        return await writing.create(
            service,
            request,
            many=isinstance(body, list),
            key=idempotency_key,
            write=lambda changes: resource.create(changes, bodies),
            view=resource.view(service),
        )

    create.__annotations__["body"] = _ONE_OR_MANY[resource.new]
    refused, answer = resource.refusals, resource.answer
    router.add_api_route(
        resource.path,
        create,
        methods=["POST"],
        name=_name("create", resource.words.many),
        summary=resource.words.create.summary,
        description=resource.words.create.description,
        status_code=201,
        response_model=answer | _MANY[answer],
        responses=errors_of(
            CREATE_REFUSALS, refused.written, refused.created, writes=True
        ),
        openapi_extra={"requestBody": {"content": {LINES: _OF_LINES}}},
    )


def _add_list(router: APIRouter, resource: Resource[New, Patch, Thing]) -> None:
    columns, example = list(resource.new.model_fields), resource.words.table

    async def list_(
        service: CurrentService, request: Request, query: PageQuery
    ) -> Response:
        as_table = example is not None and wants_table(request)
        size = rows_asked(query) if as_table else query.limit
        # One more than asked, to know of the next page.
        limit = size + 1
        caller = caller_of(request)
        async with service.database.reading(caller=caller) as reading:
            if resource.page is None:
                found = await resource.table(reading).after(query.after_id, limit)
            else:
                found = await resource.page(reading, query, limit)
            view = resource.view(service)
            shown = found if as_table else await view.with_numbers(reading, found)
        if as_table:
            return await table_response(request, found, columns, rows=size)
        return list_response(shown, size, [thing.id for thing in found])

    list_.__annotations__["query"] = _ANNOTATED[resource.query, Query()]
    router.add_api_route(
        resource.path,
        list_,
        name=_name("list", resource.words.many),
        summary=resource.words.list.summary,
        description=resource.words.list.description,
        response_model=_LIST[resource.answer],
        responses=errors_of([refusals.INVALID_PARAMETER])
        | ({} if example is None else answer_of_table(example)),
    )


def _add_read(router: APIRouter, resource: Resource[New, Patch, Thing]) -> None:
    async def read(
        service: CurrentService, caller: CurrentCaller, thing_id: _ThingId
    ) -> Response:
        async with service.database.reading(caller=caller) as reading:
            thing = await _thing(reading, resource, thing_id)
            shown = await resource.view(service).with_numbers(reading, [thing])
        return thing_response(shown[0], thing.version)

    router.add_api_route(
        resource.path + "/{id}",
        read,
        name=_name("read", resource.words.one),
        summary=resource.words.read.summary,
        description=resource.words.read.description,
        response_model=resource.answer,
        responses=errors_of([refusals.NOT_FOUND]),
    )


async def _thing(
    reading: Reading, resource: Resource[New, Patch, Thing], thing_id: str
) -> Thing:
    if resource.one is not None:
        return await resource.one(reading, thing_id)
    thing = await resource.table(reading).get(thing_id)
    if thing is None:
        raise not_found(f"{resource.words.one} {thing_id}")
    return thing


def _add_change(router: APIRouter, resource: Resource[New, Patch, Thing]) -> None:
    async def change(
        service: CurrentService,
        request: Request,
        thing_id: _ThingId,
        body: Any,
        if_match: IfMatch = None,
    ) -> Response:
        expected = expected_of(if_match)
        return await writing.change(
            service,
            request,
            write=lambda changes: resource.change(changes, thing_id, body, expected),
            view=resource.view(service),
        )

    change.__annotations__["body"] = resource.patch
    refused = resource.refusals
    router.add_api_route(
        resource.path + "/{id}",
        change,
        methods=["PATCH"],
        name=_name("change", resource.words.one),
        summary=resource.words.change.summary,
        description=resource.words.change.description,
        response_model=resource.answer,
        responses=errors_of(
            CHANGE_REFUSALS, refused.written, refused.changed, writes=True
        ),
    )


def _add_delete(router: APIRouter, resource: Resource[New, Patch, Thing]) -> None:
    async def delete(
        service: CurrentService,
        request: Request,
        thing_id: _ThingId,
        if_match: IfMatch = None,
    ) -> Response:
        expected = expected_of(if_match)
        return await writing.delete(
            service,
            request,
            write=lambda changes: resource.delete(changes, thing_id, expected),
        )

    router.add_api_route(
        resource.path + "/{id}",
        delete,
        methods=["DELETE"],
        name=_name("delete", resource.words.one),
        summary=resource.words.delete.summary,
        description=resource.words.delete.description,
        status_code=204,
        responses=errors_of(DELETE_REFUSALS, resource.refusals.deleted, writes=True),
    )


def _name(verb: str, what: str) -> str:
    """Return the name of a route, of which the document makes its operation's id."""
    return f"{verb}_{what.replace(' ', '_')}"
