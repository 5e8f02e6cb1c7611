"""Owners, the goal's manager, business units, and hierarchies."""

from typing import Final

import pytest

from shared.domain.records import AttributeValue
from shared.queries.compiled import compiled
from shared.queries.eyes import Manager
from shared.queries.reading import where_of
from tests.queries.looking import Looking, Row, condition, eyes_of, holds, holds_for

YES: Final = True
NO: Final = False

MANAGER: Final = Manager(
    id="M",
    teams=frozenset({"T1"}),
    reports=frozenset({"R0", "R1"}),
    teams_of_reports=frozenset({"T9"}),
    business_unit="west",
)
EYES: Final = eyes_of(manager=MANAGER)


def of_owner(operator: str, value: object = None) -> dict[str, object]:
    """Return a condition on the owner."""
    return {"attribute": "@owner", "operator": operator, "value": value}


@pytest.mark.parametrize(
    ("operand", "owner", "equal"),
    [
        ("user/R0", "user/R0", YES),
        ("user/R0", "team/R0", NO),
        ({"type": "team", "id": "T1"}, "team/T1", YES),
        ({"type": "team", "id": "T1"}, "user/T1", NO),
        ("R0", "user/R0", YES),
        ("R0", "team/R0", YES),
        ("R0", "user/R00", NO),
        ("R0", "user/r0", NO),
        ("a/b", "user/a/b", YES),
    ],
)
def test_owners(operand: object, owner: str, equal: bool) -> None:
    """A bare id means a user or a team of that id; nobody is neither equal nor not."""
    for operator, value, expected in [
        ("eq", operand, equal),
        ("ne", operand, not equal),
        ("in", ["user/nobody", operand], equal),
        ("not-in", ["user/nobody", operand], not equal),
    ]:
        assert holds(of_owner(operator, value), Row(owner=owner)) is expected
        assert not holds(of_owner(operator, value), Row(owner=None))


@pytest.mark.parametrize(
    ("operator", "owners"),
    [
        ("eq-userid", ["user/M"]),
        ("ne-userid", ["user/R0", "user/X", "team/T1", "team/T9", "team/M", None]),
        ("eq-userteams", ["team/T1"]),
        ("eq-useroruserteams", ["user/M", "team/T1"]),
        ("eq-useroruserhierarchy", ["user/M", "user/R0"]),
        (
            "eq-useroruserhierarchyandteams",
            ["user/M", "user/R0", "team/T1", "team/T9"],
        ),
        ("null", [None]),
    ],
)
def test_the_goal_s_manager_and_owners(operator: str, owners: list[str | None]) -> None:
    """A team that is called as a user is another one."""
    everybody = [
        "user/M",
        "user/R0",
        "user/X",
        "team/T1",
        "team/T9",
        "team/M",
        None,
    ]

    found = [
        owner
        for owner in everybody
        if holds(of_owner(operator), Row(owner=owner), EYES)
    ]

    assert found == owners


@pytest.mark.parametrize(
    ("operator", "values"),
    [
        ("eq-userid", ["M"]),
        ("ne-userid", ["R0", "X", "T1", "T9", "m", "user/M", "", 7, True, None]),
        ("eq-userteams", ["T1"]),
        ("eq-useroruserteams", ["M", "T1"]),
        ("eq-useroruserhierarchy", ["M", "R0"]),
        ("eq-useroruserhierarchyandteams", ["M", "R0", "T1", "T9"]),
    ],
)
def test_the_goal_s_manager_and_attributes(
    operator: str, values: list[AttributeValue]
) -> None:
    """An attribute holds the id alone, as text."""
    everything: list[AttributeValue] = [
        "M",
        "R0",
        "X",
        "T1",
        "T9",
        "m",
        "user/M",
        "",
        7,
        True,
        None,
    ]

    found = [
        value for value in everything if holds_for(condition(operator), value, EYES)
    ]

    assert found == values


@pytest.mark.parametrize(
    ("manager", "value", "equal"),
    [
        (MANAGER, "west", YES),
        (MANAGER, "West", NO),
        (MANAGER, None, NO),
        (MANAGER, True, NO),
        (Manager(id="M", business_unit="7"), 7, YES),
        (Manager(id="M"), "west", NO),
        (Manager(id="M"), None, NO),
    ],
)
def test_the_manager_s_business_unit(
    manager: Manager, value: AttributeValue, equal: bool
) -> None:
    """Null is not the manager's unit, and `ne-businessid` says so."""
    eyes = eyes_of(manager=manager)

    assert holds_for(condition("eq-businessid"), value, eyes) is equal
    assert holds_for(condition("ne-businessid"), value, eyes) is not equal


def test_the_owner_s_business_unit() -> None:
    """It is the unit of the owner that the record has now, a team's too."""
    eyes = eyes_of(
        manager=MANAGER, unit_of_owner={"user/R0": "west", "team/R0": "east"}
    )

    def unit(operator: str, owner: str | None, value: object = None) -> bool:
        where = {
            "attribute": "@owner_business_unit",
            "operator": operator,
            "value": value,
        }
        return holds(where, Row(owner=owner), eyes)

    assert unit("eq", "user/R0", "west")
    assert unit("eq", "team/R0", "east")
    assert unit("eq-businessid", "user/R0")
    assert not unit("eq-businessid", "team/R0")
    assert unit("null", "user/unknown")
    assert unit("null", None)
    assert unit("ne-businessid", None)


# world
# ├─ emea
# │  ├─ dach
# │  │  └─ vienna
# │  └─ nordics
# └─ amer
UNITS: Final = {
    "emea": "world",
    "dach": "emea",
    "vienna": "dach",
    "nordics": "emea",
    "amer": "world",
}
EVERY_UNIT: Final = ["world", "emea", "dach", "vienna", "nordics", "amer", "mars"]


@pytest.mark.parametrize(
    ("operator", "named", "units"),
    [
        ("under", "emea", ["dach", "vienna", "nordics"]),
        ("under", "vienna", []),
        ("under", "world", ["emea", "dach", "vienna", "nordics", "amer"]),
        ("eq-or-under", "emea", ["emea", "dach", "vienna", "nordics"]),
        ("eq-or-under", "mars", ["mars"]),
        ("not-under", "emea", ["world", "emea", "amer", "mars"]),
        ("above", "vienna", ["world", "emea", "dach"]),
        ("above", "world", []),
        ("eq-or-above", "dach", ["world", "emea", "dach"]),
    ],
)
def test_business_units(operator: str, named: str, units: list[str]) -> None:
    """The named one is neither below nor above itself."""
    of_owners = {f"user/{unit}": unit for unit in EVERY_UNIT}
    eyes = eyes_of(units=UNITS, unit_of_owner=of_owners)
    owners = {"attribute": "@owner_business_unit", "operator": operator, "value": named}

    by_attribute = [
        unit for unit in EVERY_UNIT if holds_for(condition(operator, named), unit, eyes)
    ]
    by_owner = [
        unit for unit in EVERY_UNIT if holds(owners, Row(owner=f"user/{unit}"), eyes)
    ]

    assert by_attribute == units
    assert by_owner == units


def account(name: str, above: AttributeValue = None, *, deleted: bool = False) -> Row:
    """Return an account, and the one above it."""
    return Row(
        key=f"account/{name}",
        deleted=deleted,
        attributes={"parentaccountid": above},
    )


def among(operator: str, named: str) -> dict[str, object]:
    """Return a condition on accounts that stand under one another."""
    return condition(operator, named, entity="account", via="parentaccountid")


# A0
# ├─ A1
# │  └─ A2
# └─ A3 (deleted)
#    └─ A4
ACCOUNTS: Final = [
    account("A0"),
    account("A1", "A0"),
    account("A2", "A1"),
    account("A3", "A0", deleted=True),
    account("A4", "A3"),
    account("A5", True),
]


@pytest.mark.parametrize(
    ("operator", "named", "names"),
    [
        ("under", "A0", ["A1", "A2"]),
        ("eq-or-under", "A0", ["A0", "A1", "A2"]),
        ("not-under", "A0", ["A0", "A3", "A4", "A5", "A9", True]),
        ("under", "A3", ["A4"]),
        ("under", "A9", []),
        ("above", "A2", ["A0", "A1"]),
        ("eq-or-above", "A2", ["A0", "A1", "A2"]),
        ("above", "A4", ["A3"]),
        ("above", "A5", []),
        ("eq-or-above", "A9", ["A9"]),
    ],
)
def test_records_that_stand_under_one_another(
    operator: str, named: str, names: list[AttributeValue]
) -> None:
    """A deleted one is named by those below, but leads no further."""
    everything: list[AttributeValue] = [
        "A0",
        "A1",
        "A2",
        "A3",
        "A4",
        "A5",
        "A9",
        True,
        None,
    ]

    found = [
        name
        for name in everything
        if holds(among(operator, named), Row(attributes={"x": name}), None, *ACCOUNTS)
    ]

    assert found == names


@pytest.mark.parametrize(
    ("operator", "named", "names"),
    [
        ("under", "B", ["A", "C", "D"]),
        ("eq-or-under", "B", ["A", "B", "C", "D"]),
        ("not-under", "B", ["B"]),
        ("above", "B", ["A", "C"]),
        ("eq-or-above", "B", ["A", "B", "C"]),
        ("above", "D", ["A", "B", "C"]),
        ("under", "D", []),
    ],
)
def test_a_circle_ends_where_it_began(
    operator: str, named: str, names: list[str]
) -> None:
    """A stands under B, B under C, C under A; and D hangs below A."""
    circle = {"A": "B", "B": "C", "C": "A", "D": "A"}
    accounts = [account(name, above) for name, above in circle.items()]

    by_units = [
        name
        for name in circle
        if holds_for(condition(operator, named), name, eyes_of(units=circle))
    ]
    by_records = [
        name
        for name in circle
        if holds(among(operator, named), Row(attributes={"x": name}), None, *accounts)
    ]

    assert by_units == names
    assert by_records == names


def test_a_hierarchy_is_walked_64_steps() -> None:
    """Who stands 65 steps above is not found, in either direction."""
    accounts = [account(f"A{step}", f"A{step + 1}") for step in range(100)]
    units = {f"A{step}": f"A{step + 1}" for step in range(100)}

    for steps, expected in [(64, YES), (65, NO)]:
        top = f"A{steps}"
        lowest = Row(attributes={"x": "A0"})
        assert holds(among("under", top), lowest, None, *accounts) is expected
        assert holds(among("not-under", top), lowest, None, *accounts) is not expected
        highest = Row(attributes={"x": top})
        assert holds(among("above", "A0"), highest, None, *accounts) is expected
        eyes = eyes_of(units=units)
        assert holds_for(condition("under", top), "A0", eyes) is expected


def test_no_more_is_looked_at_than_was_needed() -> None:
    """The walk upward ends with the one that was asked for."""
    test = compiled(where_of(among("under", "A1"), "opportunity", {}), "opportunity")
    sight = Looking(*ACCOUNTS)

    assert test(Row(attributes={"x": "A2"}), eyes_of(), sight)
    assert sight.looked_at == ["account/A2"]
