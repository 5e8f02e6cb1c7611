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
from services.goals.domain.callers import Caller
from services.goals.domain.errors import NOT_A_ROOT, RefusedError
from services.goals.domain.settled import LogShorterThanAppliedError, Status
from services.goals.http.context import CurrentCaller, CurrentService, Service
from services.goals.http.documenting import JSON, errors_of
from services.goals.http.entrance import CurrentEntry
from services.goals.http.errors import AnswerError, unavailable
from services.goals.http.goals import absence_of
from services.goals.http.streams import while_allowed
from services.goals.live_rights import Watch
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
            "(incarnation, revision). `goal-gone` names a goal that left; where its "
            "parent may be read now, or no more, the goal itself follows at once. With "
            "`Last-Event-ID` only what came since is sent, where that is possible.",
            "content": {EVENT_STREAM: {"example": _EXAMPLE}},
        },
        **errors_of([refusals.NOT_FOUND, NOT_A_ROOT]),
        429: {
            "description": "Asked too often, or too many watch at once: "
            "`too_many_requests`, `too_many_streams`"
        },
    },
)
async def stream(
    service: CurrentService,
    entry: CurrentEntry,
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
    watch = await _watch(service, entry.caller, root)
    frames = _counted(
        service,
        entry.caller,
        while_allowed(service.live.stream(watch, last_event_id), entry.look_again),
    )
    # Errors that come before the first frame are answered as errors.
    first = await anext(frames)
    return _Frames(first, frames)


@router.get(
    "/v1/status",
    summary="Whether all that was accepted before this request is in the totals",
    response_model=Status,
    responses=errors_of(),
)
async def status(service: CurrentService, caller: CurrentCaller) -> Response:
    """Tell what is still to be applied; `settled` when there is nothing."""
    try:
        answer = await service.read_status(caller)
    except KafkaAwayError as fault:
        raise unavailable("kafka_unavailable", str(fault)) from None
    except LogShorterThanAppliedError as fault:
        raise unavailable("topic_made_anew", str(fault)) from None
    return Response(
        msgspec.json.encode(answer),
        media_type=JSON,
        headers={"Cache-Control": "no-store"},
    )


async def _counted(
    service: Service, caller: Caller, frames: AsyncGenerator[bytes, None]
) -> AsyncGenerator[bytes, None]:
    with service.streams.opened(caller.name):
        async with aclosing(frames):
            async for frame in frames:
                yield frame


async def _watch(service: Service, caller: Caller, root: str | None) -> Watch:
    """Return what is to be watched; a goal whose parent one may not read is a root."""
    if root is None:
        return Watch(caller=caller)
    goal_id = GoalId(root)
    async with service.database.reading(caller=caller) as reading:
        goal = await reading.readable_goal(goal_id)
        place = await reading.place(goal_id)
        if place is None:
            raise await absence_of(reading, goal_id)
        rights = await reading.rights()
        known = await reading.visible.of(rights, [goal.parent_id, place.tree_id])
    if place.tree_id == goal_id:
        top = None if rights.user is None else goal_id
        return Watch(caller=caller, tree_id=goal_id, top=top)
    if goal.parent_id not in known:
        return Watch(caller=caller, tree_id=place.tree_id, top=goal_id)
    instead = f"root={place.tree_id}" if place.tree_id in known else "no root"
    raise RefusedError(
        NOT_A_ROOT,
        f"goal {goal_id} is no root; watch its whole tree with {instead}",
        field="root",
    )
