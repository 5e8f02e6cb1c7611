"""CloudEvents 1.0 attributes as Kafka headers (binary mode)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Final

SPECIFICATION_VERSION: Final = "1.0"
CONTENT_TYPE: Final = "application/json"
STRUCTURED_CONTENT_TYPE: Final = b"application/cloudevents"


def headers(
    *,
    event_id: str,
    event_type: str,
    source: str,
    subject: str,
    time: datetime,
    traceparent: str | None = None,
    extra: Mapping[str, str] | None = None,
) -> list[tuple[str, bytes]]:
    """Return the headers that go on every message we write; none is null."""
    values = {
        "ce_specversion": SPECIFICATION_VERSION,
        "ce_id": event_id,
        "ce_type": event_type,
        "ce_source": source,
        "ce_subject": subject,
        "ce_time": time.isoformat(),
        "content-type": CONTENT_TYPE,
    }
    if traceparent:
        values["traceparent"] = traceparent
    if extra:
        values.update(extra)
    return [(name, value.encode()) for name, value in values.items()]
