"""A producer that keeps what it is given, and fails when it is told to."""

import asyncio
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field

import msgspec

from shared.plumbing.producing import DeliveryError, Message


@dataclass(slots=True)
class Outgoing:
    """What was published, in order."""

    messages: list[Message] = field(default_factory=list)
    # How many sends are to fail; each has sent the first half by then.
    failures: int = 0

    # While it is set nothing is acknowledged but by `acknowledge`.
    holds: bool = False
    held: list["asyncio.Future[None]"] = field(default_factory=list)

    async def send(self, messages: Iterable[Message]) -> None:
        """Keep the messages, or only some of them and say so."""
        await (await self.hand_over(messages))

    async def hand_over(self, messages: Iterable[Message]) -> "asyncio.Future[None]":
        """Keep the messages; return what is done once they are acknowledged."""
        several = list(messages)
        answer: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        if self.failures:
            self.failures -= 1
            self.messages += several[: len(several) // 2]
            answer.set_exception(
                DeliveryError("kafka did not acknowledge; it was told not to")
            )
        else:
            self.messages += several
            if self.holds:
                self.held.append(answer)
            else:
                answer.set_result(None)
        return answer

    def acknowledge(self) -> None:
        """Acknowledge all that is held."""
        for answer in self.held:
            if not answer.done():
                answer.set_result(None)
        self.held.clear()

    def last(self) -> dict[str, dict[str, object] | None]:
        """Return the newest value of every key."""
        return {
            (message.key or b"").decode(): (
                None if message.value is None else msgspec.json.decode(message.value)
            )
            for message in self.messages
        }

    def revisions(self) -> dict[str, list[int]]:
        """Return, for every goal, the revisions it was announced with, in order."""
        found: defaultdict[str, list[int]] = defaultdict(list)
        for message in self.messages:
            if message.value is not None:
                event = msgspec.json.decode(message.value)
                found[event["goal_id"]].append(event["revision"])
        return found
