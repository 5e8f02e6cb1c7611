"""Reading what came: exact JSON within limits, ids in paths, versions in headers."""

import asyncio
import json
import re
from collections.abc import Callable, Coroutine, Iterable
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final, Self
from urllib.parse import unquote

from fastapi import Header, Request, Response
from fastapi.routing import APIRoute
from pydantic import AfterValidator
from starlette.types import ASGIApp, Receive, Scope, Send
from typing_extensions import override

from services.goals.domain.errors import (
    DUPLICATE_FIELD,
    INVALID_PARAMETER,
    NESTED_TOO_DEEP,
    NOT_JSON,
    ROLLUP_FIELD_ALREADY_DEFINED,
    RefusedError,
)
from services.goals.domain.versions import Expected
from services.goals.http.errors import AnswerError
from shared.domain.goals import SLOTS

# Ten thousand goals with long names fit.
BODY_BYTES_MAX: Final = 16 * 1024 * 1024
# A sender that trickles its body would be waited for as long as it likes.
BODY_SECONDS_MAX: Final = 30.0

# A rollup query is what nests deepest, and has a limit of its own below this.
NESTING_MAX: Final = 128

# Lines of JSON; a route that takes them says so in its document.
LINES: Final = "application/x-ndjson"

_CONTENT_TYPE: Final = b"content-type"
# A slash inside an id, as it travels through the router: no id may hold it.
_INNER_SLASH: Final = "\x00"

_ESCAPED_SLASH = re.compile("%2f", re.IGNORECASE)
_ETAG = re.compile(r'\s*(?:(?P<any>\*)|(?:W/)?"(?P<version>[^"]*)")\s*')
_VERSION = re.compile(r"[0-9]{1,19}", re.ASCII)
_TRACEPARENT = re.compile(r"[0-9a-f]{2}-[0-9a-f]{32}-[0-9a-f]{16}-[0-9a-f]{2}")


class ExactRequest(Request):
    """A request whose numbers keep their digits, and whose body has a limit."""

    _exact: Any = None

    async def read(self) -> None:
        """Read and decode the body, or refuse it."""
        body = await self.read_bytes()
        if body:
            self._check_content_type()
            self._exact = exact_json(body)

    @classmethod
    async def of_lines(cls, request: Request) -> Self:
        """Read lines of JSON; to all who come after it is the array of them."""
        headers = [one for one in request.scope["headers"] if one[0] != _CONTENT_TYPE]
        exact = cls(
            {
                **request.scope,
                "headers": [*headers, (_CONTENT_TYPE, b"application/json")],
            },
            request.receive,
        )
        exact._exact = exact_lines(await exact.read_bytes())
        return exact

    async def read_bytes(self) -> bytes:
        """Read the body as it comes, within its limits."""
        self._body = await self._limited()
        return self._body

    @override
    async def json(self) -> Any:
        """Return what `read` has decoded."""
        return self._exact

    async def _limited(self) -> bytes:
        announced = self.headers.get("content-length", "")
        if announced.isdecimal():
            # As many digits as tell that it is too large.
            _check_size(int(announced[:19]))
        chunks = bytearray()
        try:
            async with asyncio.timeout(BODY_SECONDS_MAX):
                async for chunk in self.stream():
                    _check_size(len(chunks) + len(chunk))
                    chunks += chunk
        except TimeoutError:
            raise AnswerError(
                408,
                "body_too_slow",
                f"the body did not arrive within {BODY_SECONDS_MAX:.0f} s; send it "
                "faster or in smaller requests",
            ) from None
        return bytes(chunks)

    def _check_content_type(self) -> None:
        media_type = media_type_of(self)
        if media_type != "application/json":
            raise AnswerError(
                415,
                "unsupported_media_type",
                f"the content type is {media_type or 'not given'}; send "
                "Content-Type: application/json",
            )


class ExactRoute(APIRoute):
    """A route whose handler gets an `ExactRequest`."""

    @override
    def get_route_handler(
        self,
    ) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler, with the body read our way first."""
        handle = super().get_route_handler()

        async def handle_exactly(request: Request) -> Response:
            if self._takes_lines and media_type_of(request) == LINES:
                return await handle(await ExactRequest.of_lines(request))
            exact = ExactRequest(request.scope, request.receive)
            if request.method in ("POST", "PATCH"):
                await exact.read()
            return await handle(exact)

        return handle_exactly

    @property
    def _takes_lines(self) -> bool:
        """Whether the document says of this route that it takes lines of JSON."""
        body = (self.openapi_extra or {}).get("requestBody", {})
        return LINES in body.get("content", ())


class InnerSlashes:
    """Keeps a slash inside an id (`%2F` in the path) from being taken for a level."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Decode the path anew where it holds such a slash."""
        raw = scope.get("raw_path") or b""
        if scope["type"] == "http" and b"%2f" in raw.lower():
            levels = re.split(
                "%2f", raw.decode("ascii", "replace"), flags=re.IGNORECASE
            )
            scope = {**scope, "path": _INNER_SLASH.join(map(unquote, levels))}
        await self._app(scope, receive, send)


def _with_slashes(text: str) -> str:
    return text.replace(_INNER_SLASH, "/")


PathId = Annotated[str, AfterValidator(_with_slashes)]
IfMatch = Annotated[
    str | None,
    Header(description="the ETag that a read gave; the write is refused if it moved"),
]


def expected_of(if_match: str | None) -> Expected:
    """Return the versions that `If-Match` names; None where any will do."""
    if if_match is None:
        return None
    versions = set()
    for part in if_match.split(","):
        match = _ETAG.fullmatch(part)
        if match is None:
            raise RefusedError(
                INVALID_PARAMETER,
                f"If-Match is {if_match}, which is no ETag; send what a read gave in "
                'ETag, quotes included, for example "17"',
                field="If-Match",
            )
        if match["any"]:
            return None
        # What is no version of ours matches nothing.
        is_ours = _VERSION.fullmatch(match["version"])
        versions.add(int(match["version"]) if is_ours else -1)
    return versions


def etag_of(version: int) -> str:
    """Return the version as it goes into `ETag`."""
    return f'"{version}"'


def traceparent_of(request: Request) -> str | None:
    """Return the caller's trace, if there is one that can be carried on."""
    given = request.headers.get("traceparent", "")
    return given if _TRACEPARENT.fullmatch(given) else None


def media_type_of(request: Request) -> str:
    """Return the content type of a request without its parameters."""
    given = request.headers.get("content-type", "")
    return given.partition(";")[0].strip().lower()


def exact_lines(body: bytes) -> list[Any]:
    """Decode lines of JSON, blank ones left out."""
    found: list[Any] = []
    for line in body.splitlines():
        if line.strip():
            try:
                found.append(exact_json(line, what="the line"))
            except RefusedError as refused:
                raise refused.at(len(found)) from None
    return found


def exact_json(body: bytes, *, what: str = "the body") -> Any:
    """Decode JSON without passing a number through binary floating point."""
    try:
        found = json.loads(
            body,
            parse_float=_exact_number,
            parse_constant=_refuse_constant,
            object_pairs_hook=_without_duplicates,
        )
    except RecursionError:
        raise _nested_too_deep(what) from None
    except ValueError as fault:
        raise RefusedError(NOT_JSON, f"{what} does not read as JSON: {fault}") from None
    _check_nesting(found, what)
    return found


def _check_nesting(value: Any, what: str) -> None:
    """Refuse what nests deeper than anything that means something."""
    level = [value]
    for _ in range(NESTING_MAX + 1):
        level = [one for outer in level for one in _inside(outer)]
        if not level:
            return
    raise _nested_too_deep(what)


def _inside(value: Any) -> Iterable[Any]:
    """Return the objects and arrays that stand directly in another."""
    inner: Iterable[Any] = ()
    if isinstance(value, dict):
        inner = value.values()
    elif isinstance(value, list):
        inner = value
    return [one for one in inner if isinstance(one, dict | list)]


def _nested_too_deep(what: str) -> RefusedError:
    return RefusedError(
        NESTED_TOO_DEEP,
        f"{what} nests objects and arrays deeper than {NESTING_MAX} levels; flatten it",
    )


def _exact_number(text: str) -> Decimal:
    try:
        return Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text[:40]} has an exponent beyond all bounds") from None


def _refuse_constant(name: str) -> None:
    raise ValueError(f"{name} is no number")


def _without_duplicates(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    fields = dict(pairs)
    if len(fields) < len(pairs):
        names = [name for name, _ in pairs]
        twice = next(name for name in names if names.count(name) > 1)
        # Objects under these names are rollup fields of a metric.
        is_rollup_field = twice in SLOTS and isinstance(fields[twice], dict)
        raise RefusedError(
            ROLLUP_FIELD_ALREADY_DEFINED if is_rollup_field else DUPLICATE_FIELD,
            f"the field {twice} is given twice; leave one out",
            field=f"rollup_fields.{twice}" if is_rollup_field else twice,
        )
    return fields


def _check_size(size: int) -> None:
    if size > BODY_BYTES_MAX:
        raise AnswerError(
            413,
            "request_too_large",
            f"the body has {size} bytes or more, {BODY_BYTES_MAX} are allowed; send it "
            "in several requests",
        )
