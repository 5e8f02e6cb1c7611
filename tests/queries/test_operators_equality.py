"""eq, ne, in, not-in, null, the order operators, and attribute with attribute."""

from decimal import Decimal
from typing import Any, Final

import pytest

from shared.domain.entities import AttributeType
from shared.domain.records import AttributeValue
from tests.queries.looking import Row, condition, eyes_of, holds, holds_for

TEXT: Final = AttributeType.TEXT
NUMBER: Final = AttributeType.NUMBER
BOOLEAN: Final = AttributeType.BOOLEAN
DATE: Final = AttributeType.DATE
REFERENCE: Final = AttributeType.REFERENCE

YES: Final = True
NO: Final = False


@pytest.mark.parametrize(
    ("declared", "operand", "value", "equal"),
    [
        # Undeclared: an operand that is a number is compared as one.
        (None, 5, 5, YES),
        (None, 5, Decimal("5.00"), YES),
        (None, 5, "5", YES),
        (None, 5, "5.00", YES),
        (None, 5, "+5", YES),
        (None, 5, " 5", NO),
        (None, 5, "5e0", NO),
        (None, 5, "five", NO),
        (None, 0, Decimal("-0.0"), YES),
        (None, 1, YES, NO),
        (None, 0, NO, NO),
        # Undeclared: an operand that is text is compared as text.
        (None, "5", 5, YES),
        (None, "5", Decimal("5.0"), NO),
        (None, "5.0", Decimal("5.0"), YES),
        (None, "100", Decimal("1E+2"), YES),
        (None, "0.0015", Decimal("1.5E-3"), YES),
        (None, "0.0", Decimal("-0.0"), YES),
        (None, "-0.5", Decimal("-0.5"), YES),
        (None, "West", "West", YES),
        (None, "West", "west", NO),
        (None, "West", "West ", NO),
        (None, "", "", YES),
        (None, "true", YES, NO),
        # Undeclared: true and false are nothing but themselves.
        (None, YES, YES, YES),
        (None, YES, NO, NO),
        (None, YES, 1, NO),
        (None, NO, 0, NO),
        (None, YES, "true", NO),
        (None, NO, "", NO),
        # Declared.
        (NUMBER, "12.50", Decimal("12.5"), YES),
        (NUMBER, "12.50", "12.5", YES),
        (NUMBER, 1, YES, NO),
        (NUMBER, 10**30, Decimal("1E+30"), YES),
        (TEXT, "5", 5, YES),
        (TEXT, "5", "5.0", NO),
        (REFERENCE, "A0", "A0", YES),
        (REFERENCE, "A0", "a0", NO),
        (BOOLEAN, YES, YES, YES),
        (BOOLEAN, YES, 1, NO),
        (DATE, "2026-11-21", "2026-11-21", YES),
        (DATE, "2026-11-21", "2026-11-20T23:00Z", YES),
        (DATE, "2026-11-21", "2026-11-21T00:00Z", NO),
        (DATE, "2026-11-20T23:00Z", "2026-11-21", YES),
        (DATE, "2026-11-21T12:00Z", "2026-11-21T13:00:00.000+01:00", YES),
        (DATE, "2026-11-21T12:00", "2026-11-21 12:00Z", YES),
        (DATE, "2026-11-21", "soon", NO),
        (DATE, "2026-11-21", 20261121, NO),
    ],
)
def test_equality(
    declared: AttributeType | None,
    operand: object,
    value: AttributeValue,
    equal: bool,
) -> None:
    """Unequal and unreadable are both `ne`; the goal's zone is Berlin's."""
    eyes = eyes_of(zone="Europe/Berlin")

    for operator, given, expected in [
        ("eq", operand, equal),
        ("ne", operand, not equal),
        ("in", [operand], equal),
        ("not-in", [operand], not equal),
    ]:
        where = condition(operator, given)
        assert holds_for(where, value, eyes, declared=declared) is expected, operator


@pytest.mark.parametrize("declared", [None, TEXT, NUMBER, BOOLEAN, DATE, REFERENCE])
@pytest.mark.parametrize("operator", ["eq", "ne", "in", "not-in"])
def test_a_comparison_with_null_is_false(
    operator: str, declared: AttributeType | None
) -> None:
    """Its opposite too, whether the attribute is null or is not there."""
    operand: Any = {None: "x", TEXT: "x", NUMBER: 1, BOOLEAN: True, REFERENCE: "x"}.get(
        declared, "2026-11-21"
    )
    where = condition(operator, [operand] if "in" in operator else operand)
    types = {} if declared is None else {"x": declared}

    assert not holds(where, Row(attributes={"x": None}), types=types)
    assert not holds(where, Row(), types=types)


@pytest.mark.parametrize(
    ("declared", "listed", "value", "among"),
    [
        (None, ["a", 5, True], "a", YES),
        (None, ["a", 5, True], "5.0", YES),
        (None, ["a", 5, True], True, YES),
        (None, ["a", 5, True], 1, NO),
        (None, ["a", 5, True], "true", NO),
        (None, ["5.0", "6"], Decimal("5.0"), YES),
        (None, ["5.0", "6"], 5, NO),
        (NUMBER, ["1", 2, "3.5"], Decimal("3.50"), YES),
        (NUMBER, ["1", 2, "3.5"], "2.0", YES),
        (NUMBER, ["1", 2, "3.5"], True, NO),
        (BOOLEAN, [True, False], False, YES),
        (DATE, ["2026-01-01", "2026-02-01T00:00Z"], "2026-02-01", YES),
        (DATE, ["2026-01-01", "2026-02-01T00:00Z"], "2026-01-01T00:00Z", YES),
        (DATE, ["2026-01-01", "2026-02-01T00:00Z"], "2026-01-02", NO),
    ],
)
def test_lists(
    declared: AttributeType | None,
    listed: list[object],
    value: AttributeValue,
    among: bool,
) -> None:
    """Each listed value is compared as what it is."""
    found = holds_for(condition("in", listed), value, declared=declared)
    opposite = holds_for(condition("not-in", listed), value, declared=declared)

    assert (found, opposite) == (among, not among)


@pytest.mark.parametrize(
    ("value", "is_null"),
    [(None, YES), ("", NO), (0, NO), (NO, NO), ("null", NO)],
)
def test_null(value: AttributeValue, is_null: bool) -> None:
    """Empty text, zero and false are something; what is not there is null."""
    assert holds_for(condition("null"), value) is is_null
    assert holds_for(condition("not-null"), value) is not is_null
    assert holds(condition("null"), Row())


ORDER: Final = {
    "gt": (NO, NO, YES),
    "ge": (NO, YES, YES),
    "lt": (YES, NO, NO),
    "le": (YES, YES, NO),
}


@pytest.mark.parametrize("operator", ORDER)
@pytest.mark.parametrize(
    ("declared", "operand", "below", "equal", "over"),
    [
        (None, "10", 9, "10.0", Decimal("10.01")),
        (None, 10, "9.99", 10, "11"),
        (None, "-1", -2, Decimal("-1.0"), 0),
        (None, "2026-11-21", "2026-11-20", "2026-11-21", "2026-11-22"),
        (NUMBER, "10", "9", 10, "010.1"),
        (TEXT, "M", "LZ", "M", "m"),
        (TEXT, "b", "B", "b", "ß"),
        (TEXT, "10", 1, 10, 9),
        (DATE, "2026-11-21", "2026-11-20T22:59Z", "2026-11-20T23:00Z", "2026-11-22"),
        (
            DATE,
            "2026-11-21T12:00Z",
            "2026-11-21",
            "2026-11-21T12:00Z",
            "2026-11-21T12:00:00.000001Z",
        ),
    ],
)
def test_order(
    operator: str,
    declared: AttributeType | None,
    operand: object,
    below: AttributeValue,
    equal: AttributeValue,
    over: AttributeValue,
) -> None:
    """Numbers as numbers, dates as dates (in Berlin), text by code point."""
    eyes = eyes_of(zone="Europe/Berlin")
    where = condition(operator, operand)

    found = tuple(
        holds_for(where, value, eyes, declared=declared)
        for value in (below, equal, over)
    )

    assert found == ORDER[operator]


@pytest.mark.parametrize(
    ("declared", "low", "high", "inside", "outside"),
    [
        (None, 1, "3", [1, "2", Decimal("3.0")], [0, "3.01", -1]),
        (None, 3, 1, [], [0, 1, 2, 3, 4]),
        (TEXT, "b", "d", ["b", "cz", "d"], ["a", "da", "B"]),
        (
            DATE,
            "2026-01-01",
            "2026-01-31",
            ["2026-01-01", "2025-12-31T23:00Z", "2026-01-31", "2026-01-30T23:00Z"],
            ["2025-12-31", "2025-12-31T22:59Z", "2026-02-01", "2026-01-31T12:00Z"],
        ),
    ],
)
def test_between_holds_both_ends(
    declared: AttributeType | None,
    low: object,
    high: object,
    inside: list[AttributeValue],
    outside: list[AttributeValue],
) -> None:
    """A day beside an instant is its first moment, as the upper end too."""
    eyes = eyes_of(zone="Europe/Berlin")

    for operator, matching, others in [
        ("between", inside, outside),
        ("not-between", outside, inside),
    ]:
        where = condition(operator, [low, high])
        for value in matching:
            assert holds_for(where, value, eyes, declared=declared), (operator, value)
        for value in others:
            assert not holds_for(where, value, eyes, declared=declared), value


@pytest.mark.parametrize("operator", [*ORDER, "between", "not-between"])
@pytest.mark.parametrize(
    ("declared", "operand", "values"),
    [
        (None, 1, [None, "x", True, "", "1,5", "2026-11-21"]),
        (None, "2026-11-21", [None, "x", True, 20261121, "2026-02-30"]),
        (NUMBER, 1, [None, "x", True, "1e5"]),
        (TEXT, "x", [None, True]),
        (DATE, "2026-11-21", [None, "21.11.2026", 5, "2026-11-21T25:00Z"]),
    ],
)
def test_what_does_not_read_is_in_no_order(
    operator: str,
    declared: AttributeType | None,
    operand: object,
    values: list[AttributeValue],
) -> None:
    """It is neither between nor not between."""
    where = condition(operator, [operand] * 2 if "between" in operator else operand)

    for value in values:
        assert not holds_for(where, value, declared=declared), value


def beside(
    operator: str, mine: AttributeValue, other: AttributeValue, **declared: Any
) -> bool:
    """Tell whether a record with x and y fulfils a condition on both, in Berlin."""
    return holds(
        condition(operator, "y"),
        Row(attributes={"x": mine, "y": other}),
        eyes_of(zone="Europe/Berlin"),
        types=declared,
    )


@pytest.mark.parametrize(
    ("declared", "mine", "other", "equal"),
    [
        (None, 5, "5.0", YES),
        (None, "5", "5.0", NO),
        (None, "a", "a", YES),
        (None, "a", "A", NO),
        (None, 5, "five", NO),
        (None, True, True, YES),
        (None, True, False, NO),
        (None, True, 1, NO),
        (None, "2026-11-21", "2026-11-20T23:00Z", NO),
        (NUMBER, "5", "5.0", YES),
        (TEXT, 5, "5", YES),
        (BOOLEAN, True, True, YES),
        (BOOLEAN, 1, 1, NO),
        (DATE, "2026-11-21", "2026-11-20T23:00Z", YES),
        (DATE, "soon", "soon", NO),
    ],
)
def test_attributes_are_equal(
    declared: AttributeType | None,
    mine: AttributeValue,
    other: AttributeValue,
    equal: bool,
) -> None:
    """Of unknown type they are compared as operands of `eq` would be."""
    types = {} if declared is None else {"x": declared, "y": declared}

    assert beside("eq-attribute", mine, other, **types) is equal
    assert beside("eq-attribute", other, mine, **types) is equal
    assert beside("ne-attribute", mine, other, **types) is not equal
    for operator in ("eq-attribute", "ne-attribute"):
        assert not beside(operator, mine, None, **types)
        assert not beside(operator, None, other, **types)
        assert not beside(operator, None, None, **types)


@pytest.mark.parametrize(
    ("declared", "less", "more"),
    [
        (None, 9, "10"),
        (None, "9", "10"),
        (None, "2026-11-21", "2026-11-22T00:00Z"),
        (NUMBER, "9", Decimal("9.5")),
        (TEXT, "10", "9"),
        (DATE, "2026-11-20T22:59Z", "2026-11-21"),
    ],
)
def test_attributes_are_in_order(
    declared: AttributeType | None, less: AttributeValue, more: AttributeValue
) -> None:
    """Of unknown type they are in order as numbers, or else as dates."""
    types = {} if declared is None else {"x": declared, "y": declared}
    names = ("gt-attribute", "ge-attribute", "lt-attribute", "le-attribute")

    assert [beside(name, less, more, **types) for name in names] == [NO, NO, YES, YES]
    assert [beside(name, more, less, **types) for name in names] == [YES, YES, NO, NO]
    assert [beside(name, less, less, **types) for name in names] == [NO, YES, NO, YES]
    assert not any(beside(name, less, None, **types) for name in names)


def test_texts_of_unknown_type_are_in_no_order() -> None:
    """They would be, were they declared as text."""
    assert not beside("lt-attribute", "a", "b")
    assert not beside("gt-attribute", "b", 5)
    assert beside("lt-attribute", "a", "b", x=TEXT, y=TEXT)


@pytest.mark.parametrize(
    ("attribute", "operand", "matches", "others"),
    [
        ("@id", "O-1", "O-1", "O-2"),
        ("@state", "won", "won", "open"),
        ("@state", 3, "3", "03"),
        ("@status", "3", "3", "4"),
    ],
)
def test_what_stands_beside_the_attributes(
    attribute: str, operand: object, matches: str, others: str
) -> None:
    """An id without its entity, state and status as text."""
    where = {"attribute": attribute, "operator": "eq", "value": operand}

    def record(value: str) -> Row:
        if attribute == "@id":
            return Row(key=f"opportunity/{value}")
        return Row(**{attribute[1:]: value})  # type: ignore[arg-type] # state, status

    assert holds(where, record(matches))
    assert not holds(where, record(others))
