"""What the routes work with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from services.goals.applying import Applied
from services.goals.domain.callers import Caller
from services.goals.domain.settled import Status
from services.goals.http.streams import OpenStreams
from services.goals.live import Live
from services.goals.operations import Operations
from services.goals.rejected import RejectedTopic
from services.goals.store.database import Database
from shared.doors.keeper import Keeper
from shared.doors.rates import Rates


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The parts of the running service, for its routes."""

    database: Database
    applied: Applied
    live: Live
    read_status: Callable[[Caller], Awaitable[Status]]
    operations: Operations
    rejected: RejectedTopic
    now: Callable[[], datetime]
    # Who shows a bearer token, and how often each may ask.
    keeper: Keeper
    rates: Rates
    streams: OpenStreams
    # Where people reach the page.
    address: str


def _service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


def caller_of(request: Request) -> Caller:
    """Return whom `Access` let in; a route that is open to everybody has no caller."""
    caller: Caller = request.state.caller
    return caller


CurrentService = Annotated[Service, Depends(_service_of)]
CurrentCaller = Annotated[Caller, Depends(caller_of)]
