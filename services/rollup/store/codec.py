"""How slots and amounts stand in arrays of PostgreSQL.

An amount is a whole number of any size; a bigint is not. An amount beyond 10^18 units
takes two places: its low part under the even slot, and under the odd slot above it
how many times 10^18 come on top. Almost no amount is so large, so almost always the
lists go through as they are.
"""

from collections.abc import Sequence
from typing import Final

from services.rollup.domain.contributions import Contributions

LARGE: Final = 10**18


def encode(
    slots: Sequence[int], amounts: Sequence[int]
) -> tuple[Sequence[int], Sequence[int]]:
    """Return slots and amounts with every amount inside a bigint."""
    if not amounts or (max(amounts) < LARGE and min(amounts) > -LARGE):
        return slots, amounts
    places: list[int] = []
    parts: list[int] = []
    for slot, amount in zip(slots, amounts, strict=True):
        sign = -1 if amount < 0 else 1
        high, low = divmod(abs(amount), LARGE)
        places.append(slot)
        parts.append(sign * low)
        if high:
            places.append(slot | 1)
            parts.append(sign * high)
    return places, parts


def decode(slots: list[int], amounts: list[int]) -> Contributions:
    """Return what `encode` was given."""
    for slot in slots:
        if slot & 1:
            break
    else:
        return slots, amounts
    whole: dict[int, int] = {}
    for slot, amount in zip(slots, amounts, strict=True):
        if slot & 1:
            whole[slot - 1] = whole.get(slot - 1, 0) + amount * LARGE
        else:
            whole[slot] = whole.get(slot, 0) + amount
    return list(whole), list(whole.values())


def array_literal(numbers: Sequence[int]) -> str:
    """Return an array as text, because unnest would flatten arrays of arrays."""
    if len(numbers) == 1:
        return f"{{{numbers[0]}}}"
    return "{" + ",".join(map(str, numbers)) + "}"
