"""Amounts are exact: read, kept, added and written without losing a digit."""

from decimal import ROUND_HALF_EVEN, Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared.domain.amounts import (
    DataType,
    MetricKind,
    decimals_of,
    divide_half_even,
    percentage,
    text_of,
    units_of,
)

DECIMALS = st.sampled_from([0, 2, 4, 10])
UNITS = st.integers(-(10**30), 10**30)
# Around halves on purpose: there rounding is decided.
TEXTS = st.from_regex(
    r"[+-]?[0-9]{1,17}(\.[0-9]{0,12}(5|50|500|49|51)?[0-9])?", fullmatch=True
)


def rounded(text: str, decimals: int) -> int:
    """Return the units by fractions, without what is judged."""
    # Python rounds fractions half to even.
    return round(Fraction(text) * Fraction(10**decimals))


@given(UNITS, DECIMALS)
def test_what_is_written_reads_back(units: int, decimals: int) -> None:
    """The text of an amount that fits is read as the same amount."""
    text = text_of(units, decimals)

    fits = abs(units) < 10 ** (17 + decimals)
    assert units_of(text, decimals) == (units if fits else None)


@given(UNITS, DECIMALS)
def test_written_amounts_have_all_their_decimals(units: int, decimals: int) -> None:
    """An amount is written in full and says what it is worth."""
    text = text_of(units, decimals)

    assert Fraction(text) == Fraction(units, 10**decimals)
    assert len(text.partition(".")[2]) == decimals


@given(TEXTS, DECIMALS)
def test_a_text_is_rounded_once_half_to_even(text: str, decimals: int) -> None:
    """More places than the type keeps are rounded, a half to the even neighbour."""
    assert units_of(text, decimals) == rounded(text, decimals)


@given(TEXTS, DECIMALS)
def test_a_number_reads_as_its_text(text: str, decimals: int) -> None:
    """Whether an amount comes as text or as a number makes no difference."""
    assert units_of(Decimal(text), decimals) == units_of(text, decimals)


@given(st.integers(-(10**17) + 1, 10**17 - 1), DECIMALS)
def test_a_whole_number_reads_as_its_text(number: int, decimals: int) -> None:
    """A whole number is read like the same digits as text."""
    assert units_of(number, decimals) == units_of(str(number), decimals)


@pytest.mark.parametrize(
    ("value", "decimals", "units"),
    [
        ("0.00005", 4, 0),
        ("0.00015", 4, 2),
        ("-0.00005", 4, 0),
        ("-0.00015", 4, -2),
        ("0.000050000000000000000000000000000000001", 4, 1),
        ("2.5", 0, 2),
        ("3.5", 0, 4),
        ("400.00", 4, 4_000_000),
        ("007", 0, 7),
        ("+1", 0, 1),
        (Decimal("1E+5"), 4, 1_000_000_000),
        (Decimal("-0.0"), 4, 0),
        (Decimal("1E-999999"), 10, 0),
        (0, 4, 0),
    ],
)
def test_edges_of_rounding(value: object, decimals: int, units: int) -> None:
    """Halves go to the even neighbour, on both sides of zero."""
    assert units_of(value, decimals) == units


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        False,
        1.5,
        "",
        " 1",
        "1 ",
        "1_000",
        "1e5",
        ".5",
        "1.",
        "--1",
        "NaN",
        "Infinity",
        "0x10",
        "\u0661",
        "1,5",
        "1" * 18,
        "0." + "1" * 41,
        Decimal("NaN"),
        Decimal("Infinity"),
        Decimal("1E+17"),
        Decimal("1E+999999"),
        10**17,
        -(10**17),
        [],
    ],
)
def test_what_is_no_amount_adds_nothing(value: object) -> None:
    """Whatever does not read as an amount of at most 17 digits is none."""
    assert units_of(value, 4) is None


@given(st.lists(st.from_regex(r"-?[0-9]{1,9}\.[0-9]{4}", fullmatch=True)))
def test_sums_of_units_are_exact(texts: list[str]) -> None:
    """Adding units is adding the amounts themselves, to the last digit."""
    units = [units_of(text, 4) or 0 for text in texts]

    assert Fraction(text_of(sum(units), 4)) == sum(map(Fraction, texts), Fraction())


@given(st.integers(-(10**24), 10**24), st.integers(-(10**12), 10**12).filter(bool))
def test_division_rounds_half_to_even(numerator: int, denominator: int) -> None:
    """A quotient goes to the nearest whole number, a half to the even one."""
    assert divide_half_even(numerator, denominator) == round(
        Fraction(numerator, denominator)
    )


@given(st.integers(-1000, 1000), st.integers(1, 500))
def test_exact_halves_go_to_the_even_neighbour(half: int, denominator: int) -> None:
    """An exact half is never rounded away from zero for its own sake."""
    numerator = (2 * half + 1) * denominator

    assert divide_half_even(numerator, 2 * denominator) % 2 == 0


@given(st.integers(-(10**20), 10**20), st.integers(1, 10**15))
def test_a_percentage_has_four_decimals_half_to_even(actual: int, target: int) -> None:
    """A percentage is exact to four decimals."""
    with localcontext(prec=80):
        quotient = Decimal(actual) * 100 / Decimal(target)
        expected = quotient.quantize(Decimal("0.0001"), rounding=ROUND_HALF_EVEN)

    assert percentage(actual, target) == f"{expected + 0:f}"


@pytest.mark.parametrize(
    ("actual", "target", "text"),
    [
        (4_000_000, 1_000_000, "400.0000"),
        (8_000_000, 3_000_000, "266.6667"),
        (1, 5, "20.0000"),
        (0, 5, "0.0000"),
        (-1, 3, "-33.3333"),
        (1, 2_000_000, "0.0000"),
        (3, 2_000_000, "0.0002"),
    ],
)
def test_percentages_of_the_worked_examples(
    actual: int, target: int, text: str
) -> None:
    """The worked examples come out digit by digit."""
    assert percentage(actual, target) == text


@pytest.mark.parametrize("target", [None, 0])
def test_no_target_has_no_percentage(target: int | None) -> None:
    """Without a target, or with one of zero, there is no percentage."""
    assert percentage(5, target) is None


@pytest.mark.parametrize(
    ("kind", "data_type", "decimals"),
    [
        (MetricKind.COUNT, None, 0),
        (MetricKind.COUNT, DataType.MONEY, 0),
        (MetricKind.AMOUNT, DataType.MONEY, 4),
        (MetricKind.AMOUNT, DataType.DECIMAL, 10),
        (MetricKind.AMOUNT, DataType.INTEGER, 0),
    ],
)
def test_the_type_decides_the_decimals(
    kind: MetricKind, data_type: DataType | None, decimals: int
) -> None:
    """Money has four decimals, a decimal ten, whole numbers and counts none."""
    assert decimals_of(kind, data_type) == decimals
