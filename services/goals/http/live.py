"""Routes for watching: the live stream, and whether all is in the totals."""

from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import aclosing
from typing import Annotated, Final

import msgspec
from fastapi import APIRouter, Header, Query, Response
from fastapi.responses import StreamingResponse
from starlette.types import Receive, Scope, Send
from typing_extensions import override

from services.goals.domain import errors as refusals
from services.goals.domain.errors import NOT_A_ROOT, RefusedError
from services.goals.domain.settled import LogShorterThanAppliedError, Status
from services.goals.http.context import CurrentService, Service
from services.goals.http.documenting import JSON, errors_of
from services.goals.http.errors import AnswerError, unavailable
from services.goals.http.goals import absence_of
from services.goals.topics import KafkaAwayError
from shared.domain.goals import GoalId

EVENT_STREAM: Final = "text/event-stream"
_HEADERS: Final = {
    "Cache-Control": "no-cache",
    # Proxies must not hold frames back.
    "X-Accel-Buffering": "no",
}
_EXAMPLE: Final = (
    'event: snapshot\nid: 1.7.41\ndata: [{"goal_id": "north", "revision": 41, …}]\n\n'
    'event: goal-updated\nid: 1.7.41\ndata: {"goal_id": "north", "revision": 42, …}\n\n'
    'event: goal-gone\nid: 1.7.41\ndata: {"goal_id": "north"}\n\n'
)

router = APIRouter(tags=["live"])


class _Frames(StreamingResponse):
    """A stream that lets go of its watcher however it ends."""

    def __init__(self, first: bytes, frames: AsyncGenerator[bytes, None]) -> None:
        self._first = first
        self._frames = frames
        super().__init__(self._all(), media_type=EVENT_STREAM, headers=_HEADERS)

    async def _all(self) -> AsyncIterator[bytes]:
        yield self._first
        async for frame in self._frames:
            yield frame

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async with aclosing(self._frames):
            await super().__call__(scope, receive, send)


@router.get(
    "/v1/stream",
    summary="Watch a tree, or all of them, as server-sent events",
    response_class=StreamingResponse,
    responses={
        200: {
            "description": "First `snapshot`: a list of goals as in the topic "
            "goal-updated. Then `goal-updated`, one goal each, at most four times a "
            "second and only the newest of each; drop what is not newer by "
            "(incarnation, revision). `goal-gone` names a goal that left. With "
            "`Last-Event-ID` only what came since is sent, where that is possible.",
            "content": {EVENT_STREAM: {"example": _EXAMPLE}},
        },
        **errors_of([refusals.NOT_FOUND, NOT_A_ROOT]),
        429: {"description": "Too many watch at once: `too_many_streams`"},
    },
)
async def stream(
    service: CurrentService,
    root: Annotated[
        str | None, Query(description="the goal on top; left out: all trees")
    ] = None,
    last_event_id: Annotated[str | None, Header()] = None,
) -> Response:
    """Send a picture and then every change."""
    if service.live.is_full:
        raise AnswerError(
            429,
            "too_many_streams",
            "as many watch as this process serves; try again, or another copy",
            headers={"Retry-After": "5"},
        )
    tree_id = None if root is None else await _root_of(service, GoalId(root))
    frames = service.live.stream(tree_id, last_event_id)
    # Errors that come before the first frame are answered as errors.
    first = await anext(frames)
    return _Frames(first, frames)


@router.get(
    "/v1/status",
    summary="Whether all that was accepted before this request is in the totals",
    response_model=Status,
    responses=errors_of(),
)
async def status(service: CurrentService) -> Response:
    """Tell what is still to be applied; `settled` when there is nothing."""
    try:
        answer = await service.read_status()
    except KafkaAwayError as fault:
        raise unavailable("kafka_unavailable", str(fault)) from None
    except LogShorterThanAppliedError as fault:
        raise unavailable("topic_made_anew", str(fault)) from None
    return Response(
        msgspec.json.encode(answer),
        media_type=JSON,
        headers={"Cache-Control": "no-store"},
    )


async def _root_of(service: Service, goal_id: GoalId) -> GoalId:
    async with service.database.reading() as reading:
        place = await reading.place(goal_id)
        if place is None:
            raise await absence_of(reading, goal_id)
    if place.tree_id != goal_id:
        raise RefusedError(
            NOT_A_ROOT,
            f"goal {goal_id} is no root; watch its whole tree with root="
            f"{place.tree_id}",
            field="root",
        )
    return goal_id
