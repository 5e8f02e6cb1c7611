"""Sums and shares of numbers that are decimal texts, without losing a digit.

Numbers of different metrics have decimals of their own; of several the most are kept.
"""

from collections.abc import Iterable, Sequence

from shared.domain.amounts import percentage, text_of


def sum_of(texts: Iterable[str | None]) -> str | None:
    """Return the sum of the numbers that are known; None: none is."""
    known = [text for text in texts if text is not None]
    if not known:
        return None
    units, places = in_units(known)
    return text_of(sum(units), places)


def difference_of(now: str | None, before: str | None) -> str | None:
    """Return by how much a number has grown, if both are known."""
    if now is None or before is None:
        return None
    (after, earlier), places = in_units([now, before])
    return text_of(after - earlier, places)


def percentage_of_texts(actual: str | None, target: str | None) -> str | None:
    """Return actual as a percentage of target; each may have decimals of its own."""
    if actual is None or target is None:
        return None
    (reached, aimed), _ = in_units([actual, target])
    return percentage(reached, aimed)


def places_of(text: str) -> int:
    """Return how many decimals a number has."""
    return len(text.partition(".")[2])


def in_units(texts: Sequence[str], *, least: int = 0) -> tuple[Sequence[int], int]:
    """Return numbers in units of the most decimals that one has, and how many."""
    places = max(least, *(places_of(text) for text in texts))
    return [_scaled(text, places) for text in texts], places


def _scaled(text: str, places: int) -> int:
    whole, _, fraction = text.partition(".")
    return int(whole + fraction.ljust(places, "0"))
