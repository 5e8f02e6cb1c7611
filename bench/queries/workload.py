"""The records that are sent, the same ones however many goals there are.

They are those of the other benchmark, with its changes, deletions, duplicates and late
versions; what the queries ask for is drawn anew for each version. All lie in the few
territories and postal codes that even the smallest company has a goal for.
"""

import random
from collections.abc import Sequence
from typing import Final

import msgspec

from bench import workload
from bench.company import company_of
from bench.queries.company import ACCOUNT, SIZE, STAGES, STATE, Equality, code_of
from bench.workload import SEED, Message

# Records lie in no more territories than this, and no more postal codes.
CODES_MAX: Final = 100

_ACCOUNTS: Final = 5_000
# Its owners are those of the records.
_LEVELS: Final = 3
# Four of five are in a stage that counts.
_STAGES: Final = (*STAGES, *STAGES, "qualify")
_RATINGS: Final = (None, "hot")


def accounts_of(codes: int) -> list[Message]:
    """Return the accounts, spread evenly over so many postal codes."""
    return [_account(number, number % codes) for number in range(_ACCOUNTS)]


def records_of(count: int, codes: int, *, shared: bool = False) -> list[Message]:
    """Return so many messages of records in so many territories.

    If they are shared, then each with one of as many managers.
    """
    company = company_of(_LEVELS)
    messages = workload.messages_of(company, count)
    return [_asked_about(message, codes, shared=shared) for message in messages]


def _account(number: int, code: int) -> Message:
    account_id = _account_id(number)
    body = {
        "entity": ACCOUNT,
        "id": account_id,
        "version": 1,
        "attributes": {"postalcode": code_of(Equality.BEHIND_LINK, code)},
    }
    return Message(f"{ACCOUNT}/{account_id}".encode(), msgspec.json.encode(body))


def _account_id(number: int) -> str:
    return f"account-{number}"


def _asked_about(message: Message, codes: int, *, shared: bool) -> Message:
    """Return the message with what the queries ask for, or who may read it."""
    body = msgspec.json.decode(message.value)
    if body.get("deleted", False):
        return message
    # A message that arrives twice says the same twice.
    chance = random.Random(f"{SEED}/{body['id']}/{body['version']}")
    body["state"] = STATE
    body["attributes"] |= {
        "territory": code_of(Equality.OF_RECORD, code := chance.randrange(codes)),
        "customerid": _account_id(chance.randrange(_ACCOUNTS)),
        "stage": chance.choice(_STAGES),
        "size": str(chance.randint(1, 2 * SIZE)),
        "rating": chance.choice(_RATINGS),
    }
    if shared:
        manager = code_of(Equality.OF_READER, code)
        body["shared_with"] = [{"type": "user", "id": manager}]
    return Message(message.key, msgspec.json.encode(body))


def codes_for(goals: Sequence[int]) -> int:
    """Return in how many territories records lie, if companies have so many goals."""
    return min(CODES_MAX, *goals)
