"""Amounts of any size go through columns of whole numbers of 64 bits."""

from hypothesis import given
from hypothesis import strategies as st

from services.rollup.store.codec import LARGE, array_literal, decode, encode

AROUND = st.sampled_from((0, LARGE, -LARGE, 3 * LARGE, 10**27, -(10**27)))
AMOUNT = (
    st.builds(lambda middle, off: middle + off, AROUND, st.integers(-2, 2))
    | st.integers(-(10**36), 10**36)
).filter(bool)


@given(st.dictionaries(st.integers(1, 2**27).map(lambda one: one * 2), AMOUNT))
def test_what_is_encoded_decodes_to_the_same(amounts: dict[int, int]) -> None:
    """Slots and amounts read back, whatever their size and sign."""
    places, parts = encode(list(amounts), list(amounts.values()))

    slots, values = decode(list(places), list(parts))

    assert dict(zip(slots, values, strict=True)) == amounts
    assert len(slots) == len(amounts)


@given(st.dictionaries(st.integers(1, 2**27).map(lambda one: one * 2), AMOUNT))
def test_every_part_fits_its_column(amounts: dict[int, int]) -> None:
    """Each part is a whole number of 64 bits, at most one place more per amount."""
    places, parts = encode(list(amounts), list(amounts.values()))

    assert all(-(2**63) <= part < 2**63 for part in parts)
    assert len(set(places)) == len(places) <= 2 * len(amounts)


@given(st.lists(st.integers(-(2**63), 2**63 - 1)))
def test_arrays_are_written_as_postgresql_reads_them(numbers: list[int]) -> None:
    """One pair of braces, commas between."""
    text = array_literal(numbers)

    inner = text.removeprefix("{").removesuffix("}")
    assert [int(one) for one in inner.split(",") if one] == numbers
    assert text[0] + text[-1] == "{}"
