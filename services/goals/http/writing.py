"""Answering a write: once, in one change set, after others have seen it."""

import hashlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Final, Generic, Protocol, TypeVar
from urllib.parse import quote

import msgspec
from fastapi import Header, Request, Response

from services.goals.domain.errors import IDEMPOTENCY_KEY_REUSED, RefusedError
from services.goals.http.answers import ManyAnswer
from services.goals.http.context import Service, caller_of
from services.goals.http.documenting import JSON
from services.goals.http.reading import etag_of, traceparent_of
from services.goals.store import idempotency
from services.goals.store.database import Changes, Reading
from services.goals.store.idempotency import KeptAnswer, KeyOfWrite
from services.goals.store.tables import Thing
from shared.plumbing.logs import log_of
from shared.plumbing.postgres import TRANSIENT_ERRORS

log = log_of("goals.writing")

KEY_LENGTH_MAX: Final = 200

IdempotencyKey = Annotated[
    str | None,
    Header(
        min_length=1,
        max_length=KEY_LENGTH_MAX,
        description="sent again with the same body within a day, gets the same answer",
    ),
]


class Versioned(Protocol):
    """Anything that was written."""

    @property
    def version(self) -> int:
        """Its version."""


Written = TypeVar("Written", bound=Versioned)
Done = TypeVar("Done")
Seen_contra = TypeVar("Seen_contra", contravariant=True)


class View(Protocol[Seen_contra]):
    """What clients see of things."""

    def at_once(self, things: Sequence[Seen_contra]) -> Sequence[object]:
        """Show things as they were written."""

    async def with_numbers(
        self, reading: Reading, things: Sequence[Seen_contra]
    ) -> Sequence[object]:
        """Show things with what rollup has made of them since."""


class AsStored:
    """Shows things as they are: they have no numbers."""

    def at_once(self, things: Sequence[object]) -> Sequence[object]:
        """Show things as they were written."""
        return things

    async def with_numbers(
        self, _reading: Reading, things: Sequence[object]
    ) -> Sequence[object]:
        """Show things as they were written."""
        return things


@dataclass(frozen=True, slots=True, kw_only=True)
class _Form(Generic[Done]):
    """How a write is answered."""

    status: int
    many: bool
    headers: Callable[[Sequence[Done]], dict[str, str]]


async def create(
    service: Service,
    request: Request,
    *,
    many: bool,
    key: str | None,
    write: Callable[[Changes], Awaitable[Sequence[Thing]]],
    view: View[Thing],
) -> Response:
    """Create one thing or many; the same request again gets the same answer."""
    path = request.url.path
    return await _once(
        service,
        request,
        key=key,
        write=write,
        view=view,
        form=_Form(
            status=201,
            many=many,
            headers=lambda things: {} if many else _headers(path, things[0]),
        ),
    )


def _as_several(
    write: Callable[[Changes], Awaitable[Done]],
) -> Callable[[Changes], Awaitable[Sequence[Done]]]:
    """Return a write of one thing as one of several is asked for."""

    async def write_one(changes: Changes) -> Sequence[Done]:
        return [await write(changes)]

    return write_one


async def act(
    service: Service,
    request: Request,
    *,
    key: str | None,
    write: Callable[[Changes], Awaitable[Thing]],
    view: View[Thing],
) -> Response:
    """Do something with one thing; the same request again gets the same answer."""
    return await _once(
        service,
        request,
        key=key,
        write=_as_several(write),
        view=view,
        form=_Form(
            status=200,
            many=False,
            headers=lambda things: {"ETag": etag_of(things[0].version)},
        ),
    )


async def act_on_many(
    service: Service,
    request: Request,
    *,
    key: str | None,
    write: Callable[[Changes], Awaitable[Sequence[Thing]]],
    view: View[Thing],
) -> Response:
    """Do something with many things; the same request again gets the same answer."""
    return await _once(
        service,
        request,
        key=key,
        write=write,
        view=view,
        form=_Form(status=200, many=True, headers=lambda _things: {}),
    )


async def begin(
    service: Service,
    request: Request,
    *,
    key: str | None,
    write: Callable[[Changes], Awaitable[Done]],
    view: View[Done],
    location: Callable[[Done], str],
) -> Response:
    """Begin what goes on by itself, and say where to look how far it is."""
    return await _once(
        service,
        request,
        key=key,
        write=_as_several(write),
        view=view,
        form=_Form(
            status=202,
            many=False,
            headers=lambda begun: {"Location": location(begun[0])},
        ),
    )


async def report(
    service: Service,
    request: Request,
    *,
    key: str | None,
    write: Callable[[Changes], Awaitable[object]],
) -> Response:
    """Do something and tell what was done; the same request again is told the same."""
    return await _once(
        service,
        request,
        key=key,
        write=_as_several(write),
        view=AsStored(),
        form=_Form(status=200, many=False, headers=lambda _reports: {}),
    )


async def plan(
    service: Service,
    request: Request,
    *,
    status: int,
    read: Callable[[Reading], Awaitable[Sequence[Thing]]],
    view: View[Thing],
) -> Response:
    """Answer as a write would, and write nothing; so no key need be kept either."""
    async with service.database.reading(caller=caller_of(request)) as reading:
        shown = await view.with_numbers(reading, await read(reading))
    return _answered(_content(shown, many=True), status, {})


async def _once(
    service: Service,
    request: Request,
    *,
    key: str | None,
    write: Callable[[Changes], Awaitable[Sequence[Done]]],
    view: View[Done],
    form: _Form[Done],
) -> Response:
    trace, many = traceparent_of(request), form.many
    asked = None if key is None else await _asked(request, key)
    with _placed(many=many):
        async with service.database.changing(
            caller=caller_of(request), traceparent=trace
        ) as changes:
            if asked is not None:
                kept = await _kept(changes, asked)
                if kept is not None:
                    return _answered(kept.answer, form.status, kept.headers)
            things = await write(changes)
            headers = form.headers(things)
            if asked is not None:
                # Within the write: whoever asks again finds both, or neither.
                content = _content(view.at_once(things), many=many)
                await idempotency.keep(changes.connection, asked, headers, content)
    await service.applied.wait(changes.position)
    try:
        async with service.database.reading(caller=caller_of(request)) as reading:
            content = _content(await view.with_numbers(reading, things), many=many)
            if asked is not None:
                await idempotency.complete(reading.connection, asked, content)
    except TRANSIENT_ERRORS:
        content = _content(_without_numbers(view, things), many=many)
    return _answered(content, form.status, headers)


async def change(
    service: Service,
    request: Request,
    *,
    write: Callable[[Changes], Awaitable[Written]],
    view: View[Written],
) -> Response:
    """Change one thing."""
    trace = traceparent_of(request)
    with _placed(many=False):
        async with service.database.changing(
            caller=caller_of(request), traceparent=trace
        ) as changes:
            thing = await write(changes)
    await service.applied.wait(changes.position)
    try:
        async with service.database.reading(caller=caller_of(request)) as reading:
            shown = await view.with_numbers(reading, [thing])
    except TRANSIENT_ERRORS:
        shown = _without_numbers(view, [thing])
    return thing_response(shown[0], thing.version)


async def delete(
    service: Service, request: Request, *, write: Callable[[Changes], Awaitable[None]]
) -> Response:
    """Delete one thing."""
    async with service.database.changing(
        caller=caller_of(request), traceparent=traceparent_of(request)
    ) as changes:
        await write(changes)
    await service.applied.wait(changes.position)
    return Response(status_code=204)


def thing_response(shown: object, version: int) -> Response:
    """Return one thing, and in ETag the version for If-Match."""
    return Response(
        msgspec.json.encode(shown), media_type=JSON, headers={"ETag": etag_of(version)}
    )


def _without_numbers(view: View[Done], things: Sequence[Done]) -> Sequence[object]:
    """Show what was written, though nobody can look what became of it.

    It is committed: to say that the database was away would have it written again.
    """
    log.warning("written_unseen")
    return view.at_once(things)


@contextmanager
def _placed(*, many: bool) -> Iterator[None]:
    """Say of a refusal which item it was for, only where there are many."""
    try:
        yield
    except RefusedError as refused:
        if not many:
            refused.index = None
        raise


async def _asked(request: Request, key: str) -> KeyOfWrite:
    body = await request.body()
    # What stands after the question mark is a part of what was asked.
    path = request.url.path + (f"?{request.url.query}" if request.url.query else "")
    # Under his own name: what others were answered is none of his business.
    path = f"{caller_of(request).name} {path}"
    return KeyOfWrite(path=path, key=key, body_sha256=hashlib.sha256(body).digest())


async def _kept(changes: Changes, asked: KeyOfWrite) -> KeptAnswer | None:
    kept = await idempotency.find(changes.connection, asked)
    if kept is not None and kept.body_sha256 != asked.body_sha256:
        raise RefusedError(
            IDEMPOTENCY_KEY_REUSED,
            f"the idempotency key {asked.key} came with another body before; use a new "
            "key for a new request",
            field="Idempotency-Key",
        )
    return kept


def _answered(content: bytes, status: int, headers: dict[str, str]) -> Response:
    return Response(content, status_code=status, media_type=JSON, headers=headers)


def _content(shown: Sequence[object], *, many: bool) -> bytes:
    return msgspec.json.encode(ManyAnswer(items=shown) if many else shown[0])


def _headers(path: str, thing: Thing) -> dict[str, str]:
    return {
        "Location": f"{path}/{quote(thing.id, safe='')}",
        "ETag": etag_of(thing.version),
    }
