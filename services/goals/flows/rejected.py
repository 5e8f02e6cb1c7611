"""Sending rejected records again: a deed, which stands in the audit trail."""

from collections.abc import Awaitable, Callable, Sequence
from typing import Final

from services.goals.store.database import Changes
from shared.plumbing.identifiers import new_id
from shared.plumbing.rejected import RejectedRecord

KIND: Final = "rejected_replay"

SendAgain = Callable[[Sequence[RejectedRecord]], Awaitable[int]]


async def replay(
    changes: Changes, records: Sequence[RejectedRecord], send_again: SendAgain
) -> Sequence[RejectedRecord]:
    """Send records again and note who did it, once Kafka has them.

    If the note cannot be committed afterwards, they are sent all the same; sent twice,
    a record changes nothing.
    """
    if records:
        await send_again(records)
        places = [f"{one.partition}:{one.offset}" for one in records]
        changes.trail.created(
            KIND, new_id(), {"records": len(records), "places": places}
        )
    return records
