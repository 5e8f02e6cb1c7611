"""Whether two values are the same, by what they are compared as."""

from collections.abc import Callable
from decimal import Decimal

from shared.domain.goals import PrincipalType
from shared.domain.periods import when_of
from shared.domain.records import AttributeValue
from shared.queries.conditions import Compares, Value
from shared.queries.eyes import Eyes
from shared.queries.moments import midnight_of
from shared.queries.values import number_in, text_in

# Whether a value, which is not null, is one of those asked for.
Same = Callable[[AttributeValue, Eyes], bool]


def one_of(compares: Compares, values: tuple[Value, ...]) -> Same:
    """Return whether a value is one of these."""
    makers: dict[Compares, Callable[[tuple[Value, ...]], Same]] = {
        Compares.NUMBERS: _one_of_numbers,
        Compares.TEXTS: _one_of_texts,
        Compares.BOOLEANS: _one_of_booleans,
        Compares.DATES: _one_of_dates,
        Compares.OWNERS: _one_of_owners,
        Compares.AS_GIVEN: _one_of_all_kinds,
    }
    return makers[compares](values)


def same(
    compares: Compares, mine: AttributeValue, other: AttributeValue, eyes: Eyes
) -> bool:
    """Tell whether two values of a record, neither of them null, are the same."""
    if compares is Compares.AS_FOUND:
        compares = _as_found(mine, other)
    if compares is Compares.DATES:
        sides = sides_of(when_of(mine), when_of(other), eyes.time_zone)
        return sides is not None and sides[0] == sides[1]
    if compares is Compares.BOOLEANS:
        return isinstance(mine, bool) and mine is other
    read = number_in if compares is Compares.NUMBERS else text_in
    left = read(mine)
    return left is not None and left == read(other)


def sides_of(
    left: str | int | None, right: str | int | None, zone: str
) -> tuple[str, str] | tuple[int, int] | None:
    """Return two dates as what can be compared, if both are dates.

    Beside an instant a day stands for its first moment.
    """
    if left is None or right is None:
        return None
    if isinstance(left, str):
        if isinstance(right, str):
            return left, right
        return midnight_of(left, zone), right
    return left, midnight_of(right, zone) if isinstance(right, str) else right


def _as_found(mine: AttributeValue, other: AttributeValue) -> Compares:
    """Return as what values of unknown type compare: as operands of `eq` would."""
    if isinstance(mine, bool) or isinstance(other, bool):
        return Compares.BOOLEANS
    if isinstance(mine, str) and isinstance(other, str):
        return Compares.TEXTS
    return Compares.NUMBERS


def _one_of_numbers(values: tuple[Value, ...]) -> Same:
    if len(values) == 1:
        number = values[0]
        return lambda value, _eyes: number_in(value) == number
    numbers = frozenset(values)
    return lambda value, _eyes: number_in(value) in numbers


def _one_of_texts(values: tuple[Value, ...]) -> Same:
    if len(values) == 1:
        text = values[0]
        return lambda value, _eyes: (
            value == text if value.__class__ is str else text_in(value) == text
        )
    texts = frozenset(values)
    return lambda value, _eyes: text_in(value) in texts


def _one_of_booleans(values: tuple[Value, ...]) -> Same:
    return lambda value, _eyes: value.__class__ is bool and value in values


def _one_of_dates(values: tuple[Value, ...]) -> Same:
    dates = tuple(when_of(value) for value in values)

    def same_date(value: AttributeValue, eyes: Eyes) -> bool:
        when = when_of(value)
        for date in dates:
            sides = sides_of(when, date, eyes.time_zone)
            if sides is not None and sides[0] == sides[1]:
                return True
        return False

    return same_date


def _one_of_owners(values: tuple[Value, ...]) -> Same:
    """Owners are keys; what is none means a user or a team of that id."""
    kinds = tuple(f"{kind}/" for kind in PrincipalType)
    keys = frozenset(
        key
        for value in map(str, values)
        for key in (
            (value,) if value.startswith(kinds) else [kind + value for kind in kinds]
        )
    )
    return lambda value, _eyes: value in keys


def _one_of_all_kinds(values: tuple[Value, ...]) -> Same:
    kinds = (
        (bool, _one_of_booleans),
        (Decimal, _one_of_numbers),
        (str, _one_of_texts),
    )
    tests = [
        make(of_kind)
        for kind, make in kinds
        if (of_kind := tuple(value for value in values if value.__class__ is kind))
    ]
    if len(tests) == 1:
        return tests[0]
    return lambda value, eyes: any(test(value, eyes) for test in tests)
