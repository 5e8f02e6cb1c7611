"""The operational endpoints that every service answers: /livez, /readyz, /metrics."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final

from fastapi import APIRouter, Response
from fastapi.responses import JSONResponse
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest

CHECK_SECONDS_MAX: Final = 3.0

# Returns None when all is well, else the reason in words.
Check = Callable[[], Awaitable[str | None]]


def operational_routes(checks: Mapping[str, Check]) -> APIRouter:
    """Return the three endpoints; ready means that every check has no complaint."""
    router = APIRouter(tags=["operations"])

    @router.get("/livez", summary="The process is up")
    async def livez() -> dict[str, str]:
        return {"status": "up"}

    @router.get(
        "/readyz",
        summary="The service can do its work",
        responses={503: {"description": "not ready, with the reason of each check"}},
    )
    async def readyz() -> JSONResponse:
        reasons = await reasons_of(checks)
        status = 503 if reasons else 200
        headers = {"Retry-After": "1"} if reasons else None
        return JSONResponse(
            {"ready": not reasons, "reasons": reasons},
            status_code=status,
            headers=headers,
        )

    @router.get("/metrics", summary="Prometheus metrics", response_class=Response)
    async def metrics() -> Response:
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    return router


async def reasons_of(checks: Mapping[str, Check]) -> dict[str, str]:
    """Return what each check objects to; those that object to nothing are left out."""
    answers = await asyncio.gather(*(_ask(check) for check in checks.values()))
    return {
        name: answer
        for name, answer in zip(checks, answers, strict=True)
        if answer is not None
    }


async def _ask(check: Check) -> str | None:
    try:
        return await asyncio.wait_for(check(), CHECK_SECONDS_MAX)
    except TimeoutError:
        return f"no answer within {CHECK_SECONDS_MAX:.0f} s"
    except Exception as fault:  # noqa: BLE001 - an edge: whatever it is, we are not ready
        return f"{type(fault).__name__}: {fault}"
