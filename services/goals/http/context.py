"""What the routes work with."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from services.goals.applying import Applied
from services.goals.domain.settled import Status
from services.goals.live import Live
from services.goals.store.database import Database


@dataclass(frozen=True, slots=True, kw_only=True)
class Service:
    """The parts of the running service, for its routes."""

    database: Database
    applied: Applied
    live: Live
    read_status: Callable[[], Awaitable[Status]]
    now: Callable[[], datetime]
    admin_token: bytes
    # Where people reach the page.
    address: str


def _service_of(request: Request) -> Service:
    service: Service = request.app.state.service
    return service


CurrentService = Annotated[Service, Depends(_service_of)]
