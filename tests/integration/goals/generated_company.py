"""A company at random, from a seed: people, queries, goals, and records for them.

Most records fulfil most of what goals ask, so that many count, many nearly do, and
many do not by far.
"""

import random
from datetime import date, timedelta
from typing import Any, Final

from tests.integration.goals.rolling_up import RollingUp

USERS: Final = ("R0", "R1", "R2", "R3")
# How far each role reads; those who manage most read nearly everything.
ROLES: Final[dict[str, dict[str, Any]]] = {
    "all": {"privileges": {"*": {"read": "organization"}}},
    "region": {
        "privileges": {"*": {"read": "parent_child_business_units"}},
        "secured_attributes": {"opportunity": ["rating"], "account": ["city"]},
    },
    "unit": {"privileges": {"opportunity": {"read": "business_unit"}}},
    "own": {"privileges": {"*": {"read": "user"}}},
}
ROLES_OF: Final = {"M": ["all"], "R0": ["region"], "R1": ["unit"], "R2": ["own"]}
TEAMS: Final = {"T0": ["R0", "R1"], "T1": ["R2"]}
ACCOUNTS: Final = 12
FIRST_DAY: Final = date(2026, 9, 1)
TODAY: Final = date(2026, 11, 21)
ZONES: Final = ("Europe/Berlin", "America/New_York", "Pacific/Kiritimati")
OF_OPPORTUNITY: Final = {"link": "opportunityid", "entity": "opportunity"}

METRICS: Final[list[dict[str, Any]]] = [
    {
        "id": "revenue",
        "name": "revenue",
        "kind": "amount",
        "data_type": "money",
        "rollup_fields": {
            "actual": {
                "source_entity": "opportunity",
                "source_attribute": "actualvalue",
                "source_state": "won",
                "date_attribute": "actualclosedate",
            },
            "in_progress": {
                "source_entity": "opportunity",
                "source_attribute": "estimatedvalue",
                "date_attribute": "estimatedclosedate",
            },
        },
    },
    {
        "id": "deals",
        "name": "deals",
        "kind": "count",
        "rollup_fields": {
            "actual": {
                "source_entity": "opportunity",
                "source_state": "won",
                "source_status": "3",
                "date_attribute": "actualclosedate",
            }
        },
    },
    {
        "id": "products",
        "name": "products",
        "kind": "amount",
        "data_type": "integer",
        "rollup_fields": {
            "actual": {
                "source_entity": "opportunityproduct",
                "source_attribute": "quantity",
                "source_state": "won",
                "date_attribute": "actualclosedate",
                "state_from": OF_OPPORTUNITY,
                "date_from": OF_OPPORTUNITY,
            }
        },
    },
]


def one(attribute: str, operator: str, value: object = None) -> dict[str, Any]:
    """Return one condition."""
    said = {"attribute": attribute, "operator": operator}
    return said if value is None else said | {"value": value}


def of_account(where: object) -> dict[str, Any]:
    """Return a condition on the account of an opportunity."""
    return {"link": "customerid", "entity": "account", "where": where}


QUERIES: Final[dict[str, object]] = {
    "stage": one("stage", "in", ["propose", "close"]),
    "chicago": of_account(one("city", "eq", "Chicago")),
    "big": {
        "all": [one("actualvalue", "gt", 100), {"not": one("rating", "eq", "cold")}]
    },
    "any": {"any": [one("rating", "null"), of_account(one("city", "like", "%o%"))]},
    "recent": one("createdon", "last-x-days", 40),
    "month": one("createdon", "this-month"),
    "fiscal": one("createdon", "in-fiscal-year", 2026),
    "mine": one("@owner", "eq-useroruserhierarchy"),
    "unit": one("@owner_business_unit", "eq-or-under", "sales"),
    "group": {
        "attribute": "customerid",
        "operator": "eq-or-under",
        "value": "A0",
        "entity": "account",
        "via": "parentaccountid",
    },
    "known": {"all": [one("stage", "not-null"), one("createdon", "not-null")]},
    "early": one("createdon", "le-attribute", "estimatedclosedate"),
    "everything": {"all": []},
}


class GeneratedCompany:
    """What a seed makes of it."""

    def __init__(
        self, seed: int, *, goals: int, records: int, with_roles: bool = False
    ) -> None:
        self._random = random.Random(seed)
        self._with_roles = with_roles
        self._goals = goals
        self._opportunities = records * 4 // 5
        self._products = records - self._opportunities

    async def build(self, rolling_up: RollingUp) -> None:
        """Create it, have it rolled up, and change some of it afterwards."""
        await self._define(rolling_up)
        for number in range(ACCOUNTS):
            rolling_up.record(self._account(number))
        for number in range(self._opportunities):
            rolling_up.record(self._opportunity(number, version=1))
        for number in range(self._products):
            rolling_up.record(self._product(number))
        await rolling_up.settle()
        # What changes later takes other ways through the engine.
        for number in range(0, self._opportunities, 5):
            rolling_up.record(self._opportunity(number, version=2))
        for number in range(0, ACCOUNTS, 3):
            rolling_up.record(self._account(number, version=2))
        await rolling_up.settle()

    async def _define(self, rolling_up: RollingUp) -> None:
        api = rolling_up.api
        units = [{"id": "sales", "name": "Sales"}]
        units.append({"id": "inside", "name": "Inside", "parent_id": "sales"})
        units.append({"id": "other", "name": "Other"})
        await api.create("/v1/business-units", units)
        if self._with_roles:
            roles = [{"id": name, "name": name, **one} for name, one in ROLES.items()]
            await api.create("/v1/roles", roles)
        manager = {"id": "M", "name": "M", "roles": self._roles_of("M")}
        await api.create("/v1/users", manager)
        people = [
            {
                "id": name,
                "name": name,
                "manager_id": "M" if index else None,
                "business_unit_id": ("sales", "inside", "inside", "other")[index],
                "roles": self._roles_of(name),
            }
            for index, name in enumerate(USERS)
        ]
        await api.create("/v1/users", people)
        teams = [
            {"id": name, "name": name, "members": who} for name, who in TEAMS.items()
        ]
        await api.create("/v1/teams", teams)
        await api.create("/v1/metrics", METRICS)
        queries = [
            {"id": name, "name": name, "entity": "opportunity", "where": where}
            for name, where in QUERIES.items()
        ]
        await api.create("/v1/rollup-queries", queries)
        await api.create("/v1/goals", [self._goal(n) for n in range(self._goals)])

    def _roles_of(self, user: str) -> list[str]:
        return ROLES_OF.get(user, []) if self._with_roles else []

    def _goal(self, number: int) -> dict[str, Any]:
        rng, name = self._random, f"G{number}"
        is_team = rng.random() < 0.3
        owner = {"type": "user", "id": rng.choice(USERS)}
        if is_team:
            owner = {"type": "team", "id": rng.choice(list(TEAMS))}
        start = FIRST_DAY + timedelta(days=rng.choice((0, 0, 7, 30)))
        body: dict[str, Any] = {
            "id": name,
            "title": f"Goal {number}",
            "owner": owner,
            "manager_id": rng.choice(("M", "M", *USERS)),
            "owner_records_only": rng.random() < 0.4,
            "include_team_members": is_team and rng.random() < 0.7,
            "rollup_only_from_children": rng.random() < 0.05,
            "metric_id": rng.choice(("revenue", "revenue", "revenue", "deals")),
            "period": {
                "kind": "custom",
                "start": str(start),
                "end": str(start + timedelta(days=rng.choice((90, 120)))),
            },
            "time_zone": rng.choice(ZONES),
        }
        if number % 8 == 7:
            body["metric_id"] = "products"
            return body
        slots = ("actual", "in_progress")[: 2 if body["metric_id"] == "revenue" else 1]
        body["queries"] = {
            slot: rng.choice(list(QUERIES)) for slot in slots if rng.random() < 0.6
        }
        return body

    def _account(self, number: int, *, version: int = 1) -> dict[str, Any]:
        rng = self._random
        return {
            "entity": "account",
            "id": f"A{number}",
            "version": version,
            "deleted": version == 2 and rng.random() < 0.3,
            "attributes": {
                "city": rng.choice(("Chicago", "Chicago", "Oslo", "Bern")),
                "parentaccountid": f"A{rng.randrange(number)}" if number else None,
            },
        }

    def _date(self) -> object:
        rng = self._random
        day = FIRST_DAY + timedelta(days=rng.randrange(8, 90))
        late = FIRST_DAY + timedelta(days=rng.choice((-3, -1, 0, 90, 121, 300)))
        return rng.choices(
            (
                str(day),
                f"{day}T{rng.randrange(24):02}:30:00Z",
                str(late),
                f"{late}T23:30:00Z",
                None,
                "soon",
            ),
            weights=(50, 30, 8, 6, 3, 3),
        )[0]

    def _opportunity(self, number: int, *, version: int) -> dict[str, Any]:
        rng = self._random
        attributes: dict[str, object] = {
            "actualvalue": rng.choice(("400.00", 250, "120.50", "99.99995", 7)),
            "actualclosedate": self._date(),
            "estimatedvalue": rng.choice(("1000", "12.5", 300, -20)),
            "estimatedclosedate": self._date(),
            "createdon": self._date(),
            "stage": rng.choice(("propose", "close", "close", "qualify", None)),
            "rating": rng.choice((None, "hot", "hot", "cold")),
            "customerid": f"A{rng.randrange(ACCOUNTS + 1)}",
        }
        if rng.random() < 0.1:
            attributes["actualvalue"] = rng.choice((None, "0", "much", 0, "0.00001"))
        if rng.random() < 0.02:
            attributes["actualvalue"] = "99999999999999999.99"
        owner = rng.choice([f"user/{name}" for name in USERS] + ["team/T0", None])
        kind, _, name = (owner or "/").partition("/")
        return {
            "entity": "opportunity",
            "id": f"O{number}",
            "version": version,
            "deleted": rng.random() < 0.03,
            "owner": {"type": kind, "id": name} if owner else None,
            "shared_with": self._shares(),
            "state": rng.choice(("won", "won", "won", "won", "open")),
            "status": rng.choice(("3", "3", "3", "4")),
            "attributes": attributes,
        }

    def _shares(self) -> list[dict[str, str]]:
        if not self._with_roles or self._random.random() < 0.7:
            return []
        return [{"type": "user", "id": self._random.choice(USERS)}]

    def _product(self, number: int) -> dict[str, Any]:
        rng = self._random
        return {
            "entity": "opportunityproduct",
            "id": f"P{number}",
            "version": 1,
            "owner": {"type": "user", "id": rng.choice(USERS)},
            "attributes": {
                "quantity": rng.choice((1, 2, "3", "2.5", None)),
                "opportunityid": f"O{rng.randrange(self._opportunities + 5)}",
            },
        }
