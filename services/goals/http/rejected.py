"""Routes of rejected records: look at them, and send them again."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Final, Self

import msgspec
from fastapi import APIRouter, Query, Request, Response
from pydantic import ConfigDict, Field, model_validator

from services.goals.domain import errors as refusals
from services.goals.domain.versions import not_found
from services.goals.flows import rejected as flows
from services.goals.http import writing
from services.goals.http.context import CurrentService, Service
from services.goals.http.documenting import BODY_REFUSALS, JSON, errors_of
from services.goals.http.errors import unavailable
from services.goals.http.fields import Body
from services.goals.http.listing import PageQuery, cursor_of, no_such_page
from services.goals.http.reading import ExactRoute
from services.goals.http.writing import IdempotencyKey
from services.goals.rejected import Kept, RejectedPage, RejectedPlace
from services.goals.store.database import Changes
from services.goals.topics import KafkaAwayError
from shared.plumbing.producing import DeliveryError
from shared.plumbing.rejected import RejectedRecord, text_of

SHOWN_CHARACTERS_MAX: Final = 4_000
REPLAYED_MAX: Final = 500
REPLAYED_DEFAULT: Final = 100

_AWAY: Final = ("kafka_unavailable",)
_CURSOR = re.compile(r"([0-9]{1,9}):([0-9]{1,18})", re.ASCII)
_NO_STORE: Final = {"Cache-Control": "no-store"}
_RECORD: Final = {
    "topic": "activity-records.rejected",
    "partition": 0,
    "offset": 12,
    "at": "2026-11-21T09:30:00.031000Z",
    "original": "activity-records/3@48190",
    "key": "opportunity/O-1",
    "error": "not_json",
    "detail": "the value is no JSON: it ends at byte 17; send whole records",
    "value": '{"entity": "oppor',
    "is_cut": False,
}
_EXAMPLE: Final = {
    "items": [_RECORD],
    "next": "MDoxMg==",
    "kept": [{"partition": 0, "first_offset": 0, "end_offset": 13, "records": 13}],
}
_REPLAYED: Final = {
    "replayed": 1,
    "items": [{"partition": 0, "offset": 12}],
    "next": None,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedAnswer:
    """A record that could not be understood, and why."""

    topic: str
    partition: int
    offset: int
    # When it was rejected.
    at: datetime
    # Where it came from: topic, partition and offset.
    original: str
    key: str
    error: str
    detail: str
    # What is no text is marked as such. Null: it had no value.
    value: str | None
    # Whether there is more of it than is shown.
    is_cut: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptAnswer:
    """How many rejected records Kafka keeps in a partition, and which."""

    partition: int
    first_offset: int
    end_offset: int
    records: int


@dataclass(frozen=True, slots=True, kw_only=True)
class RejectedListAnswer:
    """One page, newest first; `next` goes into `?after=` for the following page.

    With a filter a page may be short, or empty, and yet be followed by another: one
    question looks at 20,000 records at most.
    """

    items: Sequence[RejectedAnswer]
    next: str | None
    kept: Sequence[KeptAnswer]


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceAnswer:
    """Where a rejected record stands."""

    partition: int
    offset: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayAnswer:
    """What was sent again, and where to go on, where a reason was named."""

    replayed: int
    items: Sequence[PlaceAnswer]
    next: str | None


class RejectedQuery(PageQuery):
    """Which rejected records; all conditions given must hold."""

    error: str | None = Field(
        default=None,
        max_length=100,
        description="the name of what was wrong",
        examples=["not_json"],
    )
    q: str | None = Field(
        default=None,
        max_length=200,
        description="a part of the key, which is the record's entity/id",
        examples=["O-1"],
    )

    def wants(self, record: RejectedRecord) -> bool:
        """Tell whether a record is asked for."""
        return (self.error is None or record.error == self.error) and (
            self.q is None or self.q.casefold() in text_of(record.key).casefold()
        )


class PlaceBody(Body):
    """Where a rejected record stands."""

    partition: Annotated[int, Field(strict=True, ge=0, lt=10**9)]
    offset: Annotated[int, Field(strict=True, ge=0, lt=10**18)]


class ReplayBody(Body):
    """Which records to send again: these, or the newest with a reason."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"items": [{"partition": 0, "offset": 12}]},
                {"error": "not_json", "limit": 50},
            ]
        }
    )

    items: (
        Annotated[list[PlaceBody], Field(min_length=1, max_length=REPLAYED_MAX)] | None
    ) = None
    error: Annotated[str, Field(strict=True, min_length=1, max_length=100)] | None = (
        None
    )
    limit: Annotated[int, Field(strict=True, ge=1, le=REPLAYED_MAX)] = REPLAYED_DEFAULT
    after: Annotated[
        str, Field(strict=True, max_length=100, description="`next` of the last answer")
    ] = ""

    @model_validator(mode="after")
    def _names_some(self) -> Self:
        if (self.items is None) == (self.error is None):
            message = "name either items or an error"
            raise ValueError(message)
        return self


router = APIRouter(tags=["rejected records"], route_class=ExactRoute)


@router.get(
    "/v1/rejected",
    summary="List records that could not be understood, with the reason",
    response_model=RejectedListAnswer,
    responses={
        200: {"content": {JSON: {"example": _EXAMPLE}}},
        **errors_of([refusals.INVALID_PARAMETER], away=_AWAY),
    },
)
async def list_rejected(
    service: CurrentService, query: Annotated[RejectedQuery, Query()]
) -> Response:
    """List rejected records, newest first, with up to 4,000 characters of each.

    Nobody can tell whose records these are, so no right on records is asked for.
    """
    after = _place_of(query.after_id, query.after)
    page = await _page(service, query, after)
    answer = RejectedListAnswer(
        items=[_shown(service.rejected.name, one) for one in page.records],
        next=_next_of(page),
        kept=[_kept(one) for one in page.kept],
    )
    return Response(msgspec.json.encode(answer), media_type=JSON, headers=_NO_STORE)


@router.post(
    "/v1/rejected/replay",
    summary="Send rejected records again, as they first came",
    response_model=ReplayAnswer,
    responses={
        200: {"content": {JSON: {"example": _REPLAYED}}},
        **errors_of(
            BODY_REFUSALS,
            [
                refusals.NOT_FOUND,
                refusals.INVALID_PARAMETER,
                refusals.TOO_MANY_ITEMS,
                refusals.IDEMPOTENCY_KEY_REUSED,
            ],
            writes=True,
            away=_AWAY,
        ),
    },
)
async def replay_rejected(
    service: CurrentService,
    request: Request,
    body: ReplayBody,
    idempotency_key: IdempotencyKey = None,
) -> Response:
    """Put records back on `activity-records`, byte for byte, oldest first.

    Either those that `items` names, all or none, or the newest `limit` with the reason
    `error`; `next` goes into `after` for those before them. What still cannot be
    understood is rejected again, in a place of its own; what was counted meanwhile
    changes nothing. The answer comes once Kafka has all of them.
    """
    records, following = await _asked_for(service, body)

    async def write(changes: Changes) -> ReplayAnswer:
        sent = await flows.replay(changes, records, service.rejected.send_again)
        return ReplayAnswer(
            replayed=len(sent),
            items=[
                PlaceAnswer(partition=one.partition, offset=one.offset) for one in sent
            ],
            next=following,
        )

    try:
        return await writing.report(service, request, key=idempotency_key, write=write)
    except DeliveryError as fault:
        raise unavailable("kafka_unavailable", str(fault)) from None


async def _page(
    service: Service, query: RejectedQuery, after: RejectedPlace | None
) -> RejectedPage:
    try:
        return await service.rejected.page(after, query.limit, query.wants)
    except KafkaAwayError as fault:
        raise unavailable("kafka_unavailable", str(fault)) from None


async def _asked_for(
    service: Service, body: ReplayBody
) -> tuple[Sequence[RejectedRecord], str | None]:
    """Return the records to be sent again, oldest first, and where to go on."""
    following = None
    if body.items is not None:
        places = [RejectedPlace(one.partition, one.offset) for one in body.items]
    else:
        query = RejectedQuery(limit=body.limit, after=body.after, error=body.error)
        page = await _page(service, query, _place_of(query.after_id, query.after))
        places = [RejectedPlace(one.partition, one.offset) for one in page.records]
        following = _next_of(page)
    if not places:
        return (), following
    try:
        found = await service.rejected.find(places)
    except KafkaAwayError as fault:
        raise unavailable("kafka_unavailable", str(fault)) from None
    for place in places:
        if place not in found:
            raise not_found(
                f"a rejected record at offset {place.offset} of partition "
                f"{place.partition}"
            )
    return [found[place] for place in sorted(found)], following


def _place_of(text: str, cursor: str) -> RejectedPlace | None:
    if not text:
        return None
    match = _CURSOR.fullmatch(text)
    if match is None:
        raise no_such_page(cursor)
    return RejectedPlace(int(match[1]), int(match[2]))


def _next_of(page: RejectedPage) -> str | None:
    last = page.last
    return None if last is None else cursor_of(f"{last.partition}:{last.offset}")


def _shown(topic: str, record: RejectedRecord) -> RejectedAnswer:
    value = None if record.value is None else text_of(record.value)
    return RejectedAnswer(
        topic=topic,
        partition=record.partition,
        offset=record.offset,
        at=record.at,
        original=record.original,
        key=text_of(record.key)[:SHOWN_CHARACTERS_MAX],
        error=record.error,
        detail=record.detail[:SHOWN_CHARACTERS_MAX],
        value=None if value is None else value[:SHOWN_CHARACTERS_MAX],
        is_cut=value is not None and len(value) > SHOWN_CHARACTERS_MAX,
    )


def _kept(one: Kept) -> KeptAnswer:
    return KeptAnswer(
        partition=one.partition,
        first_offset=one.first_offset,
        end_offset=one.end_offset,
        records=one.records,
    )
