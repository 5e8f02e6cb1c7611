"""Answering a write: once, in one change set, after others have seen it."""

import hashlib
from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Final, Generic, Protocol, TypeVar
from urllib.parse import quote

import msgspec
from fastapi import Header, Request, Response

from services.goals.domain.errors import IDEMPOTENCY_KEY_REUSED, RefusedError
from services.goals.http.answers import ManyAnswer
from services.goals.http.context import Service
from services.goals.http.documenting import JSON
from services.goals.http.reading import etag_of, traceparent_of
from services.goals.store import idempotency
from services.goals.store.database import Changes
from services.goals.store.idempotency import KeyOfWrite

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


class Stored(Versioned, Protocol):
    """Anything that was written under an id."""

    @property
    def id(self) -> str:
        """Its id."""


Thing = TypeVar("Thing", bound=Versioned)
Created = TypeVar("Created", bound=Stored)
Seen_contra = TypeVar("Seen_contra", contravariant=True)


class View(Protocol[Seen_contra]):
    """What clients see of things."""

    def at_once(self, things: Sequence[Seen_contra]) -> Sequence[object]:
        """Show things as they were written."""

    async def with_numbers(self, things: Sequence[Seen_contra]) -> Sequence[object]:
        """Show things with what rollup has made of them since."""


class AsStored(Generic[Thing]):
    """Shows things as they are: they have no numbers."""

    def at_once(self, things: Sequence[Thing]) -> Sequence[object]:
        """Show things as they were written."""
        return things

    async def with_numbers(self, things: Sequence[Thing]) -> Sequence[object]:
        """Show things as they were written."""
        return things


async def create(
    service: Service,
    request: Request,
    *,
    many: bool,
    key: str | None,
    write: Callable[[Changes], Awaitable[Sequence[Created]]],
    view: View[Created],
) -> Response:
    """Create one thing or many; the same request again gets the same answer."""
    path, trace = request.url.path, traceparent_of(request)
    asked = None if key is None else await _asked(request, path, key)
    try:
        async with service.database.changing(traceparent=trace) as changes:
            if asked is not None:
                kept = await _kept(changes, asked)
                if kept is not None:
                    return kept
            things = await write(changes)
            headers = {} if many else _headers(path, things[0])
            if asked is not None:
                # Within the write: whoever asks again finds both, or neither.
                content = _content(view.at_once(things), many=many)
                await idempotency.keep(changes.connection, asked, headers, content)
    except RefusedError as refused:
        if not many:
            refused.index = None
        raise
    await service.applied.wait(changes.position)
    content = _content(await view.with_numbers(things), many=many)
    if asked is not None:
        async with service.database.connection() as connection:
            await idempotency.complete(connection, asked, content)
    return _created(headers, content)


async def change(
    service: Service,
    request: Request,
    *,
    write: Callable[[Changes], Awaitable[Thing]],
    view: View[Thing],
) -> Response:
    """Change one thing."""
    async with service.database.changing(
        traceparent=traceparent_of(request)
    ) as changes:
        thing = await write(changes)
    await service.applied.wait(changes.position)
    shown = await view.with_numbers([thing])
    return Response(
        msgspec.json.encode(shown[0]),
        media_type=JSON,
        headers={"ETag": etag_of(thing.version)},
    )


async def delete(
    service: Service, request: Request, *, write: Callable[[Changes], Awaitable[None]]
) -> Response:
    """Delete one thing."""
    async with service.database.changing(
        traceparent=traceparent_of(request)
    ) as changes:
        await write(changes)
    await service.applied.wait(changes.position)
    return Response(status_code=204)


async def _asked(request: Request, path: str, key: str) -> KeyOfWrite:
    body = await request.body()
    return KeyOfWrite(path=path, key=key, body_sha256=hashlib.sha256(body).digest())


async def _kept(changes: Changes, asked: KeyOfWrite) -> Response | None:
    kept = await idempotency.find(changes.connection, asked)
    if kept is None:
        return None
    if kept.body_sha256 != asked.body_sha256:
        raise RefusedError(
            IDEMPOTENCY_KEY_REUSED,
            f"the idempotency key {asked.key} came with another body before; use a new "
            "key for a new request",
            field="Idempotency-Key",
        )
    return _created(kept.headers, kept.answer)


def _created(headers: dict[str, str], content: bytes) -> Response:
    return Response(content, status_code=201, media_type=JSON, headers=headers)


def _content(shown: Sequence[object], *, many: bool) -> bytes:
    return msgspec.json.encode(ManyAnswer(items=shown) if many else shown[0])


def _headers(path: str, thing: Stored) -> dict[str, str]:
    return {
        "Location": f"{path}/{quote(thing.id, safe='')}",
        "ETag": etag_of(thing.version),
    }
