"""The order of names, much as browsers have it: numbers by size, accents aside."""

import re
import unicodedata
from typing import Final

_DIGITS: Final = re.compile("([0-9]+)")
# Letters that Unicode does not take apart, and English readers seek there.
_PLAIN: Final = str.maketrans(
    {"ø": "o", "æ": "ae", "œ": "oe", "ł": "l", "đ": "d", "ð": "d"}
)


def by_name(name: str) -> tuple[tuple[str | int, ...], str]:
    """Return what names are sorted by."""
    folded = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(one for one in folded if not unicodedata.combining(one))
    plain = plain.translate(_PLAIN)
    # Text and digits take turns, so like is compared with like.
    parts = _DIGITS.split(plain)
    return tuple(
        int(one) if place % 2 else one for place, one in enumerate(parts)
    ), name
