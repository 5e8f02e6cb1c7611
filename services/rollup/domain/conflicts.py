"""Two contents under one version: which of them counts, whatever the order.

That is the sender's fault, but the totals must not depend on which came first: the
content with the greater hash wins.
"""

import hashlib
import json
from datetime import UTC
from decimal import Decimal

from shared.domain.records import AttributeValue, Record
from shared.queries.values import text_in


def content_hash(record: Record) -> bytes:
    """Return a hash of what the record says, not of how it was written."""
    occurred = record.occurred_at
    content = (
        record.deleted,
        record.owner,
        record.state,
        record.status,
        {name: _plain(value) for name, value in record.attributes.items()},
        sorted(record.shared_with),
        None if occurred is None else occurred.astimezone(UTC).isoformat(),
    )
    text = json.dumps(content, sort_keys=True, separators=(",", ":"))
    return hashlib.blake2b(text.encode(), digest_size=16).digest()


def _plain(value: AttributeValue) -> object:
    """Write a number as queries read it as text: 1e0 says the same as 1, 1.0 not."""
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        return value
    return ["number", text_in(value)]


_TEXTUAL = frozenset({str, type(None)})


def says_the_same(one: Record, other: Record) -> bool:
    """Tell at a glance that two records say the same; if not sure, say no."""
    return (
        one.attributes == other.attributes
        and one.deleted == other.deleted
        and one.owner == other.owner
        and one.state == other.state
        and one.status == other.status
        and list(one.shared_with) == list(other.shared_with)
        and one.occurred_at == other.occurred_at
        # True equals 1, and says something else.
        and _TEXTUAL.issuperset(map(type, one.attributes.values()))
    )
