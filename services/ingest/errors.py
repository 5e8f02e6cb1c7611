"""The errors that ingest answers with, all of them, in the one shape of the API."""

from collections.abc import Mapping
from typing import ClassVar, Final

RETRY_SECONDS: Final = 1


class RefusedError(Exception):
    """A request that gets no 202, with the reason in words."""

    status = 400
    error = "not_understood"
    headers: ClassVar[Mapping[str, str]] = {}

    def __init__(
        self, detail: str, *, error: str | None = None, field: str | None = None
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.field = field
        if error is not None:
            self.error = error


class NotUnderstoodError(RefusedError):
    """The request as a whole does not read."""


class TooSlowError(RefusedError):
    """The body did not arrive in time."""

    status = 408
    error = "body_too_slow"


class TooLargeError(RefusedError):
    """The body passes a limit."""

    status = 413
    error = "request_too_large"


class UnsupportedMediaTypeError(RefusedError):
    """The content type or encoding is none of those that we read."""

    status = 415
    error = "unsupported_media_type"


class NothingAcceptableError(RefusedError):
    """Every record of the request was refused, or there was none."""

    status = 422
    error = "no_record_acceptable"


class NotAllAcceptableError(RefusedError):
    """Some records of a request that asked for all or none were refused."""

    status = 422
    error = "records_rejected"


class BusyError(RefusedError):
    """More requests are under way than we work on at once."""

    status = 429
    error = "too_many_requests"
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": str(RETRY_SECONDS)}


class KafkaAwayError(RefusedError):
    """Kafka did not acknowledge; whether it has the records is unknown."""

    status = 503
    error = "kafka_unavailable"
    headers: ClassVar[Mapping[str, str]] = {"Retry-After": str(RETRY_SECONDS)}
