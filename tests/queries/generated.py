"""Worlds at random, from a seed: records, people, calendars, and queries about them.

They are made towards what is hard: dates at the ends of spans, midnights that come
twice or never, values that do not read, circles, what is deleted or was never there.
Queries are put together so that many records fulfil all, or all but one, of what is
demanded.
"""

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import cycle
from random import Random
from typing import Any

from shared.domain.entities import AttributeType
from shared.domain.fiscal import FiscalCalendar, Template, YearNamedBy
from shared.domain.records import AttributeValue
from shared.queries.conditions import (
    ID,
    OWNER,
    OWNER_BUSINESS_UNIT,
    STATE,
    STATUS,
    Where,
)
from shared.queries.eyes import Eyes, Manager, Surroundings
from shared.queries.operators import TYPES, Family, Operator
from shared.queries.reading import where_of
from tests.queries.naive import Naive
from tests.queries.naive_time import civil, now_of, span_of

OPPORTUNITIES = 215
ACCOUNTS = 30
CHAIN = 70

# A zone, and an instant near which its clocks do something.
MOMENTS = (
    # Midnight comes twice, and not at all.
    ("America/Havana", "2026-11-01T05:30"),
    ("America/Havana", "2026-03-08T05:00"),
    ("Atlantic/Azores", "2025-10-26T01:00"),
    # One minute after midnight the clock was put back into the day before.
    ("America/St_Johns", "2010-11-07T02:31"),
    ("America/St_Johns", "2010-03-14T03:31"),
    ("Asia/Beirut", "2026-03-29T00:10"),
    ("America/Santiago", "2026-09-06T04:00"),
    ("America/Santiago", "2026-04-05T03:59"),
    ("Europe/Berlin", "2026-03-29T01:00"),
    ("Europe/Berlin", "2024-02-29T23:00"),
    ("Australia/Lord_Howe", "2026-05-31T13:30"),
    ("Asia/Kathmandu", "2025-12-31T18:15"),
    ("Pacific/Kiritimati", "2026-11-21T09:30"),
    ("America/Los_Angeles", "2024-03-31T06:59"),
    ("UTC", "2027-01-01T00:00"),
)
TEXTS = (
    *("", "Straße", "STRASSE", "strasse", "İstanbul", "istanbul", "a%b_c", "A\\b"),
    *(
        "a\nb",
        "Ünïcode",
        "\U0001d4b3",
        "\U0001f600 b",
        "12.50",
        "2026-11-21",
        "true",
        "\uffff",
    ),
    *("ab", "abc", "AB", "b", "ς", "Σ", "ﬁn", "null"),
)
PATTERNS = (
    *("%", "_", "", "__", "%s_e", "STRA_E%", "stra%e", "%i%", "a\\%", "%\\b", "_b%"),
    *(
        "%%",
        "a%b%c",
        "%\n%",
        "fin",
        "\u03c3",
        "i̇%",
        "%.50",
        "2026-%",
        "__c",
        "%b",
        "\\_",
    ),
)
NUMBERS = ("0", "1", "-1", "12.5", "12.49999999999999999999999999999999999999", "1000")
# Longer than an id may be, whatever stands there.
LONG = "x" * 201
JUNK = (
    *("true", "false", "0", "-0.0", "1e3", "1e-7", '"1e3"', '"-0"', '"+0"', '"０"'),  # noqa: RUF001
    *('""', '" 1"', '"1."', '".5"', '"--1"', '"2026-02-30"', '"2026-2-1"', '"soon"'),
    *('"0000-01-01"', '"2026-11-21T24:00"', '"2026-11-21T10"', '"2026-11-21T10:00z"'),
    *('"2026-11-21T10:00+24:00"', '"2026-11-21\\n"', '"2026-11-21 10:00:00.Z"'),
    *('"0001-01-01"', '"9999-12-31"', '"0001-01-01T00:00+23:59"', '"infinity"'),
    *('"9999-12-31T23:59:59.999999999-23:59"', '"2025-02-29T00:00Z"', '"1900-01-01"'),
    *(json.dumps("9" * 40), json.dumps("9" * 41), json.dumps(LONG)),
    *("99999999999999999999999999", "123456789.000", '"0.' + "1" * 40 + '"'),
)
USERS = ("R0", "R1", "R2", "R3", "a/b", "T1")
TEAMS = ("T0", "T1", "T2", "R0")
UNITS = ("U0", "U1", "U2", "U3", "U4", "round", "robin")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stored:
    """A record, with its attributes as they came."""

    key: str
    entity: str
    version: int = 1
    deleted: bool = False
    owner: str | None = None
    state: str | None = None
    status: str | None = None
    attributes_json: str = "{}"
    attributes: Mapping[str, AttributeValue]
    shared_with: Sequence[str] = ()
    occurred_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Attribute:
    """What is declared of an attribute, and what mostly stands there."""

    type: AttributeType | None
    kind: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A query, and whose eyes it is asked with."""

    text: str
    where: Where
    eyes: Eyes


@dataclass(slots=True)
class World:
    """Everything that a query may look at."""

    number: int
    records: dict[str, Stored] = field(default_factory=dict)
    eyes: list[Eyes] = field(default_factory=list)
    # Of each kind of attribute, as JSON.
    pools: dict[str, list[str]] = field(default_factory=dict)
    queries: list[Asked] = field(default_factory=list)

    @property
    def asked_of(self) -> list[Stored]:
        """The records that queries are asked of."""
        return [
            record
            for record in self.records.values()
            if record.entity == "opportunity"
            and not record.deleted
            and record.version >= 0
        ]


def _declared(name: AttributeType, kind: str) -> Attribute:
    return Attribute(name, kind)


def _undeclared(kind: str) -> Attribute:
    return Attribute(None, kind)


_SHARED = {
    "amount": _declared(AttributeType.NUMBER, "number"),
    "amount2": _declared(AttributeType.NUMBER, "number"),
    "flag": _declared(AttributeType.BOOLEAN, "flag"),
    "flag2": _declared(AttributeType.BOOLEAN, "flag"),
    "name": _declared(AttributeType.TEXT, "text"),
    "name2": _declared(AttributeType.TEXT, "text"),
    "day": _declared(AttributeType.DATE, "date"),
    "day2": _declared(AttributeType.DATE, "date"),
    "at": _declared(AttributeType.DATETIME, "date"),
    "at2": _declared(AttributeType.DATETIME, "date"),
    "customerid": _declared(AttributeType.REFERENCE, "account"),
    "byid": _declared(AttributeType.REFERENCE, "people"),
    "unitid": _declared(AttributeType.REFERENCE, "unit"),
    "by": _declared(AttributeType.TEXT, "people"),
    "unit": _declared(AttributeType.TEXT, "unit"),
    "number": _undeclared("number"),
    "number2": _undeclared("number"),
    "text": _undeclared("text"),
    "date": _undeclared("date"),
    "date2": _undeclared("date"),
    "truth": _undeclared("flag"),
    "customer": _undeclared("account"),
    "person": _undeclared("people"),
    "place": _undeclared("unit"),
}
ATTRIBUTES: dict[str, dict[str, Attribute]] = {
    "opportunity": _SHARED
    | {"parentid": _declared(AttributeType.REFERENCE, "opportunity")},
    # The same names, and other types.
    "account": _SHARED
    | {
        "parentid": _declared(AttributeType.REFERENCE, "account"),
        "amount": _declared(AttributeType.TEXT, "number"),
        "flag": _undeclared("flag"),
        "date": _declared(AttributeType.DATETIME, "date"),
        "day": _undeclared("date"),
    },
}
DECLARED = {
    entity: {name: one.type for name, one in attributes.items() if one.type is not None}
    for entity, attributes in ATTRIBUTES.items()
}
BESIDES = {
    ID: Attribute(AttributeType.TEXT, "opportunity"),
    OWNER: Attribute(AttributeType.TEXT, "owner"),
    OWNER_BUSINESS_UNIT: Attribute(AttributeType.TEXT, "unit"),
    STATE: Attribute(AttributeType.TEXT, "state"),
    STATUS: Attribute(AttributeType.TEXT, "state"),
}
# What kinds say anything to a family, where it does not take all.
_KINDS = {
    Family.TEXT: ("text",),
    Family.DAY: ("date",),
    Family.SPAN: ("date",),
    Family.COUNTED_SPAN: ("date",),
    Family.FISCAL: ("date",),
    Family.MANAGER: ("people", "owner"),
    Family.MANAGER_UNIT: ("unit",),
    Family.HIERARCHY: ("unit", "account", "opportunity"),
}
_TURNS = {
    Family.EQUALITY: 3,
    Family.TEXT: 3,
    Family.DAY: 4,
    Family.SPAN: 4,
    Family.COUNTED_SPAN: 2,
    Family.FISCAL: 3,
    Family.MANAGER: 3,
    Family.MANAGER_UNIT: 3,
    Family.HIERARCHY: 4,
    Family.ATTRIBUTE_EQUALITY: 3,
    Family.ATTRIBUTE_ORDER: 2,
}
_ATTRIBUTE_FAMILIES = (Family.ATTRIBUTE_EQUALITY, Family.ATTRIBUTE_ORDER)


def worlds(seed: int, *, count: int, queries: int) -> Iterator[World]:
    """Return so many worlds with so many queries each."""
    random = Random(seed)
    wanted = cycle(_operators_and_types(random))
    for number in range(count):
        yield _Making(random, number, wanted).world(queries)


def _operators_and_types(
    random: Random,
) -> list[tuple[Operator, AttributeType | None]]:
    """Return each operator with each type that it applies to, in any order."""
    found = [
        (operator, each)
        for operator in Operator
        # Those that few records fulfil have more turns.
        for _ in range(
            _TURNS.get(operator.family, 1) + 3 * operator.startswith("older")
        )
        for each in (*sorted(TYPES[operator.family]), None)
    ]
    random.shuffle(found)
    return found


class _Making:
    """Makes one world."""

    def __init__(
        self,
        random: Random,
        number: int,
        wanted: Iterator[tuple[Operator, AttributeType | None]],
    ) -> None:
        self._random = random
        self._wanted = wanted
        self._world = World(number=number)
        self._zone, moment = MOMENTS[number % len(MOMENTS)]
        self._now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
        if number % 3:
            self._now += timedelta(minutes=random.choice((-1, 1, 29, 600, -1440)))
        self._naive = Naive(self._world.records)

    def world(self, queries: int) -> World:
        """Return it with everything in it."""
        self._world.eyes = self._eyes()
        self._world.pools = self._pools()
        self._put_accounts()
        self._put_opportunities()
        # Anything may be demanded of these, without asking all.
        self._sample = self._random.sample(self._world.asked_of, 16)
        while len(self._world.queries) < queries:
            self._world.queries.append(self._asked())
        return self._world

    def _eyes(self) -> list[Eyes]:
        random = self._random
        calendar = FiscalCalendar(
            month=random.choice((1, 2, 4, 7, 10, self._now.month)),
            day=random.choice((1, 1, 1, 15, 29, 31, self._now.day)),
            template=list(Template)[self._world.number % len(Template)],
            year_named_by=random.choice(list(YearNamedBy)),
        )
        owners = [f"user/{one}" for one in USERS] + [f"team/{one}" for one in TEAMS]
        around = Surroundings(
            now=self._now,
            week_start=random.randrange(7),
            calendar=calendar,
            unit_of_owner={
                owner: random.choice(UNITS) for owner in owners if random.random() < 0.8
            },
            parent_of_unit={
                "U1": "U0",
                "U2": "U1",
                "U3": "U2",
                "U4": "nowhere",
                # A circle, with a tail that leads into it.
                "round": "robin",
                "robin": "round",
                "U0": "round",
            }
            | {f"c{step}": f"c{step + 1}" for step in range(CHAIN)},
        )
        return [
            Eyes(around=around, time_zone=zone, manager=self._manager())
            for zone in (self._zone, self._zone, random.choice(MOMENTS)[0])
        ]

    def _manager(self) -> Manager:
        random = self._random
        return Manager(
            id=random.choice(USERS),
            teams=frozenset(random.sample(TEAMS, random.randrange(3))),
            reports=frozenset(random.sample(USERS, random.randrange(4))),
            teams_of_reports=frozenset(random.sample(TEAMS, random.randrange(2))),
            business_unit=random.choice((None, *UNITS[:5], *UNITS[:5])),
        )

    def _pools(self) -> dict[str, list[str]]:
        random = self._random
        opportunities = [f"O{number}" for number in range(25)]
        accounts = [f"A{number}" for number in range(ACCOUNTS)]
        ends = [f"c{step}" for step in (0, 1, 5, 6, 63, 64, 65, 69, CHAIN)]
        pools = {
            "text": random.sample(TEXTS, 10),
            "account": [*random.sample(accounts, 12), "nobody", *ends[:5], LONG],
            "opportunity": opportunities,
            "people": [*USERS, *TEAMS, "nobody"],
            "unit": [*UNITS, *UNITS, "nowhere", *ends],
            "state": ["open", "won", "3", "Open"],
        }
        found = {kind: list(map(json.dumps, pool)) for kind, pool in pools.items()}
        # A number as text has no exponent.
        found["text"] += ["1e3", '"1000"']
        return found | {
            "number": [each for one in NUMBERS for each in _written_number(one)],
            "flag": ["true", "false"],
            "date": self._dates(),
        }

    def _dates(self) -> list[str]:
        """Return dates around the ends of spans, and near now."""
        random, eyes = self._random, self._world.eyes
        now = now_of(eyes[0].around)
        found = [now]
        hourly = ["last-x-hours", "next-x-hours"]
        for operator in (*random.sample(_RELATIVE, 20), *hourly, *hourly):
            found += span_of(
                operator,
                random.choice((1, 1, 2, 3, 10)),
                now,
                random.choice(eyes).time_zone,
                eyes[0].around.week_start,
                eyes[0].around.calendar,
            )
        hour = 3_600 * 1_000_000
        for hours, some in ((48, 18), (300, 10), (900, 11), (9_000, 9), (50_000, 12)):
            found += [now + random.randrange(-hours, hours) * hour for _ in range(some)]
        return [
            json.dumps(self._date(instant + random.choice((-1, 0, 0, 1))))
            for instant in found
        ]

    def _date(self, instant: int) -> str:
        """Return an instant or its day in one of the forms that it may have."""
        random = self._random
        day_length = 24 * 3_600 * 1_000_000
        instant = min(max(instant, 2 * day_length), 3_652_000 * day_length)
        year, month, day = civil(instant // day_length + 1)
        if random.random() < 0.4:
            return f"{year:04}-{month:02}-{day:02}"
        offset = random.choice(("", "Z", "+05:30", "-0800", "+00:00"))
        minutes = {"+05:30": 330, "-0800": -480}.get(offset, 0)
        local = datetime(1, 1, 1, tzinfo=UTC)
        local += timedelta(microseconds=instant, minutes=minutes)
        text = local.replace(tzinfo=None).isoformat(sep=random.choice("TT "))
        if random.random() < 0.3:
            text = text.removesuffix(":00")
        if "." in text and random.random() < 0.3:
            # Cut off, not rounded.
            text += "999"
        return text + offset

    def _put(self, key: str, written: Mapping[str, str], **said: Any) -> None:
        text = (
            "{" + ", ".join(f'"{name}": {one}' for name, one in written.items()) + "}"
        )
        self._world.records[key] = Stored(
            key=key,
            entity=key.split("/", maxsplit=1)[0],
            attributes_json=text,
            attributes=json.loads(text, parse_float=Decimal),
            **said,
        )

    def _put_accounts(self) -> None:
        for number in range(ACCOUNTS):
            fate: dict[str, Any] = {"deleted": number % 9 == 4}
            if number % 11 == 7:
                # A placeholder.
                fate = {"version": -1, "deleted": False}
            self._put(f"account/A{number}", self._attributes("account"), **fate)
        self._put(f"account/{LONG}", {"parentid": '"A0"'})
        for step in range(CHAIN):
            self._put(f"account/c{step}", {"parentid": f'"c{step + 1}"'})

    def _put_opportunities(self) -> None:
        random = self._random
        for number in range(OPPORTUNITIES):
            kind = random.choice(("user", "user", "team"))
            owner = f"{kind}/{random.choice(USERS if kind == 'user' else TEAMS)}"
            self._put(
                f"opportunity/O{number}",
                self._attributes("opportunity"),
                owner=None if random.random() < 0.08 else owner,
                state=random.choice(("open", "won", "Open", "3", None)),
                status=random.choice(("3", "won", None)),
                deleted=number % 40 == 13,
            )

    def _attributes(self, entity: str) -> dict[str, str]:
        """Return what a record says, as JSON by attribute."""
        random = self._random
        found: dict[str, str] = {}
        for name, attribute in ATTRIBUTES[entity].items():
            chance = random.random()
            sibling = found.get(name.removesuffix("2"))
            if chance < 0.04:
                continue
            if chance < 0.09:
                found[name] = "null"
            elif chance < 0.17:
                found[name] = random.choice(JUNK)
            elif name.endswith("2") and sibling is not None and chance < 0.5:
                found[name] = sibling
            else:
                found[name] = random.choice(self._world.pools[attribute.kind])
        return found

    def _asked(self) -> Asked:
        random = self._random
        demands = [self._demand() for _ in range(random.choice((1, 2, 2, 3, 3, 4)))]
        where: dict[str, Any] = {"all": demands}
        if len(demands) > 1 and random.random() < 0.2:
            # Within one another they demand the same.
            where = {"all": [demands[0], {"all": demands[1:]}]}
        text = json.dumps(where, ensure_ascii=False)
        eyes = random.choice(self._world.eyes)
        return Asked(text, _read(text), eyes)

    def _demand(self) -> dict[str, Any]:
        """Return what some records fulfil and some do not, if it can be had."""
        random = self._random
        demand = self._part("opportunity", depth=0)
        share = self._share(demand)
        if share < 0.2 and random.random() < 0.6:
            demand, share = {"not": demand}, 1 - share
        if share < 0.2 and random.random() < 0.7:
            demand = {"any": [demand, self._part("opportunity", depth=1)]}
        if share > 0.95 and random.random() < 0.7:
            demand = {"all": [demand, self._part("opportunity", depth=1)]}
        return demand

    def _share(self, demand: dict[str, Any]) -> float:
        """Return how many of some records fulfil a demand."""
        where = _read(json.dumps(demand))
        eyes = self._world.eyes[0]
        fulfil = [self._naive.holds(where, one, eyes) for one in self._sample]
        return sum(fulfil) / len(fulfil)

    def _part(self, entity: str, *, depth: int) -> dict[str, Any]:
        random = self._random
        chance = random.random() if depth < 3 else 1
        if chance < 0.12:
            group = [self._part(entity, depth=depth + 1) for _ in range(2)]
            return {random.choice(("any", "any", "all")): group}
        if chance < 0.16:
            return {"not": self._part(entity, depth=depth + 1)}
        if chance < 0.26:
            return self._link(entity, depth)
        return self._test(entity)

    def _link(self, entity: str, depth: int) -> dict[str, Any]:
        names = [
            name
            for name, attribute in ATTRIBUTES[entity].items()
            if attribute.kind in ATTRIBUTES
        ]
        name = self._random.choice(names)
        leads_to = ATTRIBUTES[entity][name].kind
        link: dict[str, Any] = {"link": name, "entity": leads_to}
        if self._random.random() < 0.85:
            link["where"] = self._part(leads_to, depth=depth + 1)
        return link

    def _test(self, entity: str) -> dict[str, Any]:
        """Return a condition with the operator and the type whose turn it is."""
        known = ATTRIBUTES[entity] | BESIDES
        while True:
            operator, its_type = next(self._wanted)
            family = operator.family
            fitting = [
                name
                for name, attribute in known.items()
                if attribute.type is its_type and _fits(family, name, attribute)
            ]
            if fitting:
                break
        # What nothing says much of is asked of what says anything, mostly.
        kinds = _KINDS.get(family, ())
        better = [name for name in fitting if known[name].kind in kinds]
        name = self._random.choice(better or fitting)
        if OWNER in fitting and self._random.random() < 0.3:
            name = OWNER
        test: dict[str, Any] = {"attribute": name, "operator": str(operator)}
        return test | self._operand(operator, name, known)

    def _operand(
        self, operator: Operator, name: str, known: Mapping[str, Attribute]
    ) -> dict[str, Any]:
        random, attribute = self._random, known[name]
        family = operator.family
        if family is Family.HIERARCHY:
            return self._hierarchy(attribute, name)
        if family in _ATTRIBUTE_FAMILIES:
            others = [
                other
                for other, its in known.items()
                if other not in (name, OWNER)
                and _may_stand_beside(family, attribute, its)
            ]
            if name + "2" in others and random.random() < 0.8:
                others = [name + "2"]
            return {"value": random.choice(others)}
        makers: dict[Family, Callable[[], Any]] = {
            Family.TEXT: lambda: random.choice(
                (random.choice(PATTERNS), self._piece())
            ),
            Family.DAY: lambda: self._of_pool("date"),
            Family.COUNTED_SPAN: lambda: random.choice((1, 1, 1, 2, 3, "40", 10_000)),
            Family.FISCAL: lambda: self._fiscal(operator),
            Family.EQUALITY: lambda: self._equality(operator, name, attribute),
            Family.ORDER: lambda: self._order(operator, attribute),
        }
        return {"value": makers[family]()} if family in makers else {}

    def _hierarchy(self, attribute: Attribute, name: str) -> dict[str, Any]:
        kind = attribute.kind if attribute.kind in ATTRIBUTES else "unit"
        if kind == "unit" or name == OWNER_BUSINESS_UNIT:
            return {"value": self._of_pool("unit")}
        return {"value": self._of_pool(kind), "entity": kind, "via": "parentid"}

    def _piece(self) -> str:
        """Return a part of some text."""
        text = str(self._of_pool("text"))
        place = self._random.randrange(len(text) + 1)
        before = self._random.choice(("", "", "%", "_"))
        return before + text[len(before) : place or None] + self._random.choice("%%_")

    def _fiscal(self, operator: Operator) -> Any:
        calendar = self._world.eyes[0].around.calendar
        codes = {
            Template.ANNUAL: range(301, 302),
            Template.SEMIANNUAL: range(201, 203),
            Template.QUARTERLY: range(1, 5),
            Template.MONTHLY: range(101, 113),
            Template.FOUR_WEEKLY: range(401, 414),
        }
        template = calendar.template
        if self._random.random() < 0.06:
            template = self._random.choice(list(Template))
        code = self._random.choice(codes[template])
        year = self._now.year + self._random.choice((-1, 0, 0, 0, 1, 1))
        if operator is Operator.IN_FISCAL_YEAR:
            return year
        return code if operator is Operator.IN_FISCAL_PERIOD else [code, year]

    def _equality(self, operator: Operator, name: str, attribute: Attribute) -> Any:
        if operator not in (Operator.IN, Operator.NOT_IN):
            return self._equal(name, attribute)
        some = self._random.randrange(1, 6)
        return [self._equal(name, attribute) for _ in range(some)]

    def _equal(self, name: str, attribute: Attribute) -> Any:
        random = self._random
        if name == OWNER:
            kind = random.choice(("user", "team"))
            one = random.choice(USERS if kind == "user" else TEAMS)
            forms: tuple[Any, ...] = (f"{kind}/{one}", one, {"type": kind, "id": one})
            return random.choice(forms)
        value = self._of_pool(attribute.kind)
        if attribute.type is AttributeType.TEXT and not isinstance(value, str):
            return str(value)
        if attribute.type is None and random.random() < 0.15:
            return random.choice((True, "12.50", 12, "2026-11-21", "1"))
        return value

    def _order(self, operator: Operator, attribute: Attribute) -> Any:
        some = 2 if operator in (Operator.BETWEEN, Operator.NOT_BETWEEN) else 1
        kind = attribute.kind
        if attribute.type is None and kind not in ("number", "date"):
            kind = "number"
        values = [self._of_pool(kind) for _ in range(some)]
        if attribute.type is AttributeType.TEXT:
            values = [str(one) for one in values]
        if some == 1:
            return values[0]
        return values if self._random.random() < 0.2 else sorted(values, key=_as_key)

    def _of_pool(self, kind: str) -> Any:
        """Return a value that some record has."""
        return json.loads(self._random.choice(self._world.pools[kind]))


def _read(text: str) -> Where:
    return where_of(json.loads(text, parse_float=Decimal), "opportunity", DECLARED)


def _as_key(value: object) -> tuple[float, str]:
    text = str(value)
    try:
        return float(text), text
    except ValueError:
        return 0.0, text


def _written_number(number: str) -> list[str]:
    """Return a number as JSON and as text."""
    return [number, f'"{number}"', f'"{number}{"0" if "." in number else ".00"}"']


def _fits(family: Family, name: str, attribute: Attribute) -> bool:
    """Tell whether conditions of a family read on an attribute, and say something."""
    if name == OWNER:
        return family in (Family.EQUALITY, Family.NULL, Family.MANAGER)
    return attribute.type is not None or attribute.kind in _KINDS.get(
        family, (attribute.kind,)
    )


def _may_stand_beside(family: Family, mine: Attribute, other: Attribute) -> bool:
    if other.type is None:
        return True
    if other.type not in TYPES[family]:
        return False
    return mine.type is None or _class_of(mine.type) == _class_of(other.type)


def _class_of(declared: AttributeType) -> str:
    if declared in (AttributeType.DATE, AttributeType.DATETIME):
        return "dates"
    if declared in (AttributeType.TEXT, AttributeType.REFERENCE):
        return "texts"
    return declared


_RELATIVE = [
    str(operator)
    for operator in Operator
    if operator.family in (Family.SPAN, Family.COUNTED_SPAN)
    and not operator.startswith("olderthan")
]
