"""Records as they may stand on the wire, for properties of whoever reads them."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
from hypothesis import strategies as st

from shared.messages.records import NUMBER_DIGITS_MAX

_CONTROL = [chr(code) for code in (*range(0x20), 0x7F)]
# Everything that PostgreSQL can keep: no NUL, no halves of pairs.
TEXT = st.text(
    st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=30
)
# Names have no control characters either.
NAME = st.text(
    st.characters(exclude_characters=_CONTROL, exclude_categories=["Cs"]),
    min_size=1,
    max_size=20,
)
PRINCIPAL = st.fixed_dictionaries(
    {"type": st.sampled_from(["user", "team"]), "id": NAME}
)


def _is_in_range(digits: str) -> bool:
    number = Decimal(digits)
    return not number or abs(number.adjusted()) <= NUMBER_DIGITS_MAX


NUMBER = (
    st.from_regex(
        r"-?(0|[1-9][0-9]{0,38})(\.[0-9]{1,39})?([eE][+-]?0?[0-9])?", fullmatch=True
    )
    .filter(lambda text: len(text) < 60)
    .filter(_is_in_range)
)


def json_values() -> st.SearchStrategy[Any]:
    """Return any JSON at all, NUL characters included."""
    return st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.floats(allow_nan=False, allow_infinity=False)
        | st.text(max_size=10),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.text(max_size=5), inner, max_size=3)
        ),
        max_leaves=5,
    )


def attribute_values() -> st.SearchStrategy[Any]:
    """Return what an attribute may hold; numbers by their digits."""
    return (
        TEXT
        | st.none()
        | st.booleans()
        | st.integers(-(10**40) + 1, 10**40 - 1)
        | NUMBER.map(lambda digits: msgspec.Raw(digits.encode()))
    )


def records_on_wire() -> st.SearchStrategy[dict[str, Any]]:
    """Return records that are right, over everything that a record may hold."""
    return st.fixed_dictionaries(
        {
            "entity": NAME.map(lambda name: name.replace("/", "-")),
            "id": NAME,
            "version": st.integers(0, 2**63 - 1),
        },
        optional={
            "deleted": st.booleans(),
            "owner": st.none() | PRINCIPAL,
            "state": st.none() | NAME | st.integers(-(2**31), 2**31),
            "status": st.none() | NAME | st.integers(-(2**31), 2**31),
            "attributes": st.dictionaries(TEXT, attribute_values(), max_size=8),
            "shared_with": st.lists(PRINCIPAL, max_size=3),
            "occurred_at": st.none()
            | st.datetimes(datetime(1901, 1, 1), datetime(2199, 1, 1)).map(  # noqa: DTZ001 - a face; the zone follows
                lambda moment: moment.isoformat() + "+05:45"
            ),
        },
    )
