"""The services as a command sees them: JSON over HTTP, errors in words."""

import time
from collections.abc import Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, Final, Self

import httpx

from cli.exits import CommandError, ExitCode

REQUEST_SECONDS_MAX: Final = 60.0
PAGE_SIZE: Final = 1_000

# A service that is busy or briefly away says so; it is asked again this often.
_TRIES_MAX: Final = 8
_PAUSE_SECONDS_MAX: Final = 5.0
_AGAIN: Final = frozenset({429, 503})
_CODES: Final = {401: ExitCode.NO_RIGHTS, 403: ExitCode.NO_RIGHTS}

Json = dict[str, Any]


class Api:
    """One service, asked with a bearer token."""

    def __init__(self, name: str, url: str, token: str) -> None:
        self._name = name
        self._url = url
        self._client = httpx.Client(
            base_url=url,
            timeout=REQUEST_SECONDS_MAX,
            headers={"Authorization": f"Bearer {token}"},
            # No proxy of the environment stands between us and our own services.
            trust_env=False,
        )

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._client.close()

    def get(self, path: str, **parameters: str | int) -> Json:
        """Return what is at `path`."""
        return self._json(self._send("GET", path, params=parameters))

    def post(self, path: str, body: Json | Sequence[Json] | None = None) -> Json:
        """Send a body and return the answer."""
        return self._json(self._send("POST", path, json=body))

    def delete(self, path: str) -> None:
        """Delete what is at `path`."""
        self._send("DELETE", path)

    def post_bytes(
        self,
        path: str,
        body: bytes,
        content_type: str,
        *,
        key: str | None = None,
        **parameters: str,
    ) -> httpx.Response:
        """Send bytes as they are; a report of what is wrong with them is an answer."""
        more = {} if key is None else {"Idempotency-Key": key}
        response = self._send(
            "POST",
            path,
            content=body,
            params=parameters,
            headers={"Content-Type": content_type, **more},
            fine=frozenset({422}),
        )
        if not response.is_success and "rejected" not in self._json(response):
            raise self._refusal("POST", path, response)
        return response

    def items(self, path: str, **parameters: str) -> Iterator[Json]:
        """Yield all items of a list, page by page."""
        after: str | None = None
        while True:
            following = {} if after is None else {"after": after}
            page = self.get(path, limit=PAGE_SIZE, **parameters, **following)
            yield from page["items"]
            after = page["next"]
            if after is None:
                return

    def tables(self, path: str) -> Iterator[str]:
        """Yield a list as tables, each with its header, until none follows."""
        following: str | None = path
        while following is not None:
            response = self._send("GET", following, headers={"Accept": "text/csv"})
            if not response.headers.get("content-type", "").startswith("text/csv"):
                raise CommandError(
                    f"{self._name} at {self._url} answers no table to GET {path}; run "
                    f"the same version of `cairn` and {self._name}"
                )
            yield response.text
            following = response.links.get("next", {}).get("url")

    def _send(
        self,
        method: str,
        path: str,
        *,
        fine: frozenset[int] = frozenset(),
        **content: Any,
    ) -> httpx.Response:
        for attempt in range(_TRIES_MAX):
            response = self._send_once(method, path, content)
            if response.status_code not in _AGAIN or attempt == _TRIES_MAX - 1:
                break
            time.sleep(_pause_of(response, attempt))
        else:  # the loop ends by its break
            raise AssertionError
        if response.is_success or response.status_code in fine:
            return response
        raise self._refusal(method, path, response)

    def _send_once(
        self, method: str, path: str, content: Mapping[str, Any]
    ) -> httpx.Response:
        try:
            return self._client.request(method, path, **content)
        except httpx.HTTPError as fault:
            raise CommandError(
                f"{self._name} does not answer at {self._url}: "
                f"{str(fault) or type(fault).__name__}; start it with `cairn run` or "
                f"`cairn serve {self._name}`, or look at `cairn doctor`",
                ExitCode.NOT_READY,
            ) from None

    def _refusal(
        self, method: str, path: str, response: httpx.Response
    ) -> CommandError:
        status = response.status_code
        code = _CODES.get(status, ExitCode.FAILURE)
        if status in _AGAIN:
            code = ExitCode.NOT_READY
        try:
            body = response.json()
            words = f"{body['error']}: {body['detail']}"
        except (ValueError, KeyError, TypeError):
            words = response.text[:200] or response.reason_phrase
        if code is ExitCode.NO_RIGHTS:
            words += "; check CAIRN_TOKEN or CAIRN_ADMIN_TOKEN"
        return CommandError(
            f"{self._name} answered {status} to {method} {path}: {words}", code
        )

    def _json(self, response: httpx.Response) -> Json:
        if not response.content:
            return {}
        try:
            found = response.json()
        except ValueError:
            raise CommandError(
                f"{self._name} at {self._url} does not answer in JSON; check that the "
                "address is Cairn's"
            ) from None
        return found if isinstance(found, dict) else {"items": found, "next": None}


def _pause_of(response: httpx.Response, attempt: int) -> float:
    asked = response.headers.get("retry-after", "")
    seconds = float(asked) if asked.isdecimal() else 0.1 * 2**attempt
    return min(seconds, _PAUSE_SECONDS_MAX)
