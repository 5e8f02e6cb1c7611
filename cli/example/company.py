"""Who works at Meridian Instruments, and what they aim at. No input or output.

    Meridian                      revenue, calls, cases
    ├─ Nordics                    three sales teams of a lead and three sellers,
    ├─ Central Europe             an inside-sales team of three callers,
    └─ Southern Europe            a service team of two

Ids are made of names, so that a person finds them again in every list.
"""

import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from typing import Final

from cli.example.roles import MANAGER, OPERATIONS, SELLER, SERVICE, Body

COMPANY_ID: Final = "meridian"
COMPANY_NAME: Final = "Meridian Instruments"
TIME_ZONE: Final = "Europe/Berlin"

REVENUE: Final = "revenue"
CALLS: Final = "calls"
CASES: Final = "cases"

_QUARTER_MONTHS: Final = 3


@cache
def _plain_letters(name: str) -> str:
    # Most letters are a plain one and a mark; this one is its own.
    plain = unicodedata.normalize("NFKD", name.replace("ø", "o"))
    letters = "".join(one for one in plain if not unicodedata.combining(one))
    return letters.lower().replace(" ", ".")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """One employee."""

    name: str
    # Compared with colleagues: 1 is the average.
    strength: float = 1.0

    @property
    def id(self) -> str:
        """The name in plain letters: `soren.dahl`."""
        return _plain_letters(self.name)


@dataclass(frozen=True, slots=True, kw_only=True)
class SalesTeam:
    """A lead, who sells too, and the sellers."""

    id: str
    name: str
    lead: Person
    sellers: Sequence[Person]

    @property
    def members(self) -> Sequence[Person]:
        """Everybody who sells."""
        return (self.lead, *self.sellers)


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """A business unit with its teams."""

    id: str
    name: str
    director: Person
    teams: Sequence[SalesTeam]
    callers: Sequence[Person]
    service: Sequence[Person]
    # What its sellers are asked for, compared with the average.
    ambition: float

    @property
    def inside_team_id(self) -> str:
        """The team of the callers."""
        return f"{self.id}-inside-sales"

    @property
    def service_team_id(self) -> str:
        """The team that owns the region's cases."""
        return f"{self.id}-service"


def _team(team_id: str, name: str, lead: str, *sellers: tuple[str, float]) -> SalesTeam:
    return SalesTeam(
        id=team_id,
        name=name,
        lead=Person(name=lead, strength=0.8),
        sellers=[Person(name=who, strength=strength) for who, strength in sellers],
    )


def _people(*names: str) -> Sequence[Person]:
    return [Person(name=name) for name in names]


CHIEF: Final = Person(name="Helena Brandt")
HEAD_OF_SERVICE: Final = Person(name="Tomasz Wolny")

REGIONS: Final = (
    Region(
        id="nordics",
        name="Nordics",
        director=Person(name="Ingrid Solheim"),
        ambition=1.0,
        teams=(
            _team(
                "oslo",
                "Oslo",
                "Magnus Eide",
                ("Astrid Haugen", 1.35),
                ("Jonas Bakke", 0.95),
                ("Leila Karimi", 1.1),
            ),
            _team(
                "stockholm",
                "Stockholm",
                "Karin Lindqvist",
                ("Erik Sandström", 0.7),
                ("Amina Yusuf", 1.2),
                ("Oskar Nyberg", 1.0),
            ),
            _team(
                "copenhagen",
                "Copenhagen",
                "Søren Dahl",
                ("Freja Holm", 1.05),
                ("Mikkel Juhl", 0.85),
                ("Sofie Krogh", 1.25),
            ),
        ),
        callers=_people("Elin Ahlgren", "Henrik Moen", "Maja Friis"),
        service=_people("Petter Lunde", "Anna Ekholm"),
    ),
    Region(
        id="central",
        name="Central Europe",
        director=Person(name="Matthias Keller"),
        ambition=1.2,
        teams=(
            _team(
                "berlin",
                "Berlin",
                "Nadine Vogt",
                ("Lukas Reinhardt", 1.15),
                ("Emine Aydin", 1.4),
                ("Paul Siebert", 0.75),
            ),
            _team(
                "munich",
                "Munich",
                "Florian Huber",
                ("Theresa Lang", 1.0),
                ("Dominik Egger", 0.9),
                ("Miriam Roth", 1.1),
            ),
            _team(
                "zurich",
                "Zürich",
                "Claudia Frei",
                ("Reto Ammann", 1.3),
                ("Noemi Suter", 0.8),
                ("Luca Bernasconi", 1.05),
            ),
        ),
        callers=_people("Jana Novotná", "Felix Baumann", "Zofia Kamińska"),
        service=_people("Stefan Gruber", "Irena Horvat"),
    ),
    Region(
        id="south",
        name="Southern Europe",
        director=Person(name="Beatriz Navarro"),
        ambition=0.9,
        teams=(
            _team(
                "madrid",
                "Madrid",
                "Javier Ortega",
                ("Carmen Molina", 1.2),
                ("Diego Herrero", 0.65),
                ("Lucía Campos", 0.95),
            ),
            _team(
                "milan",
                "Milan",
                "Giulia Ferrari",
                ("Marco Conti", 1.05),
                ("Chiara Galli", 1.3),
                ("Davide Riva", 0.85),
            ),
            _team(
                "lisbon",
                "Lisbon",
                "Rui Teixeira",
                ("Inês Carvalho", 1.15),
                ("Tiago Matos", 0.9),
                ("Marta Pinto", 1.0),
            ),
        ),
        callers=_people("Pilar Vega", "Andrea Sala", "João Freitas"),
        service=_people("Elena Costa", "Nuno Barros"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quarter:
    """Three calendar months."""

    start: date

    @classmethod
    def of(cls, day: date) -> "Quarter":
        """Return the quarter that holds `day`."""
        first_month = day.month - (day.month - 1) % _QUARTER_MONTHS
        return cls(start=date(day.year, first_month, 1))

    @property
    def end(self) -> date:
        """The last day."""
        # Any day of the month after the quarter's last leads back to its first.
        after = self.start + timedelta(days=31 * _QUARTER_MONTHS)
        return after.replace(day=1) - timedelta(days=1)

    @property
    def id(self) -> str:
        """As it stands in the ids of goals: `2026-q4`."""
        return f"{self.start.year}-q{(self.start.month - 1) // _QUARTER_MONTHS + 1}"

    @property
    def title(self) -> str:
        """As people say it: `Q4 2026`."""
        year, _, name = self.id.partition("-")
        return f"{name.upper()} {year}"


def sellers() -> Iterator[tuple[Region, Person]]:
    """Yield all who sell."""
    for region in REGIONS:
        for team in region.teams:
            for person in team.members:
                yield region, person


def callers() -> Iterator[Person]:
    """Yield all whose work is calling."""
    for region in REGIONS:
        yield from region.callers


# Definitions, as the HTTP API takes them; each list begins with what others name.


def business_units() -> Sequence[Body]:
    """Return the company and its regions."""
    company: Body = {"id": COMPANY_ID, "name": COMPANY_NAME}
    regions: list[Body] = [
        {"id": region.id, "name": region.name, "parent_id": COMPANY_ID}
        for region in REGIONS
    ]
    return [company, *regions]


def users() -> Sequence[Body]:
    """Return everybody, managers before those they manage."""
    found = [
        _user(CHIEF, COMPANY_ID, None, OPERATIONS),
        _user(HEAD_OF_SERVICE, COMPANY_ID, CHIEF, MANAGER),
    ]
    for region in REGIONS:
        director = region.director
        found.append(_user(director, region.id, CHIEF, MANAGER))
        for team in region.teams:
            found.append(_user(team.lead, region.id, director, MANAGER, SELLER))
            found += [_user(who, region.id, team.lead, SELLER) for who in team.sellers]
        found += [_user(who, region.id, director, SELLER) for who in region.callers]
        found += [
            _user(who, region.id, HEAD_OF_SERVICE, SERVICE) for who in region.service
        ]
    return found


def _user(person: Person, unit_id: str, manager: Person | None, *roles: str) -> Body:
    return {
        "id": person.id,
        "name": person.name,
        "business_unit_id": unit_id,
        "manager_id": None if manager is None else manager.id,
        "time_zone": TIME_ZONE,
        "roles": roles,
    }


def teams() -> Sequence[Body]:
    """Return all teams with their members."""
    found = []
    for region in REGIONS:
        found += [
            _team_body(team.id, team.name, region, team.members)
            for team in region.teams
        ]
        found.append(
            _team_body(
                region.inside_team_id,
                f"Inside sales {region.name}",
                region,
                region.callers,
            )
        )
        found.append(
            _team_body(
                region.service_team_id, f"Service {region.name}", region, region.service
            )
        )
    return found


def _team_body(
    team_id: str, name: str, region: Region, members: Sequence[Person]
) -> Body:
    return {
        "id": team_id,
        "name": name,
        "business_unit_id": region.id,
        "members": [person.id for person in members],
    }


def metrics() -> Sequence[Body]:
    """Return what is measured."""
    return [
        {
            "id": REVENUE,
            "name": "Revenue",
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
                    "source_state": "open",
                    "date_attribute": "estimatedclosedate",
                },
            },
        },
        {
            "id": CALLS,
            "name": "Calls",
            "kind": "count",
            "rollup_fields": {
                "actual": {
                    "source_entity": "phonecall",
                    "source_state": "completed",
                    "date_attribute": "actualend",
                },
                "in_progress": {
                    "source_entity": "phonecall",
                    "source_state": "open",
                    "date_attribute": "scheduledend",
                },
            },
        },
        {
            "id": CASES,
            "name": "Cases resolved",
            "kind": "count",
            "rollup_fields": {
                "actual": {
                    "source_entity": "case",
                    "source_state": "resolved",
                    "date_attribute": "resolvedon",
                },
                "in_progress": {
                    "source_entity": "case",
                    "source_state": "active",
                    "date_attribute": "createdon",
                },
            },
        },
    ]


# What an average colleague is asked for in a quarter.
_SELLER_TARGET: Final = 600_000
_LEAD_TARGET: Final = 450_000
_CALLER_TARGET: Final = 220
_SERVICE_TARGET: Final = 300
_ALL_CALLS_TARGET: Final = 3_200
# Targets are round numbers.
_ROUNDED_TO: Final = 5_000


@dataclass(frozen=True, slots=True, kw_only=True)
class _Owner:
    type: str
    id: str
    # Who manages the goal.
    manager: Person


def goals(quarter: Quarter) -> Sequence[Body]:
    """Return all goals of a quarter, parents before children."""
    return [
        *_revenue_goals(quarter),
        *_call_goals(quarter),
        *_case_goals(quarter),
    ]


def root_goal_id(quarter: Quarter) -> str:
    """Return the goal that all sellers work for."""
    return f"{REVENUE}-{quarter.id}"


def _revenue_goals(quarter: Quarter) -> Iterator[Body]:
    root = root_goal_id(quarter)
    targets = {
        person.id: _seller_target(region, person) for region, person in sellers()
    }
    yield _root(quarter, REVENUE, "Revenue", sum(targets.values()), CHIEF)
    for region in REGIONS:
        in_region = [person for team in region.teams for person in team.members]
        yield _child(
            f"{root}-{region.id}",
            root,
            region.name,
            _total(targets, in_region),
            _Owner(type="user", id=region.director.id, manager=CHIEF),
        )
        for team in region.teams:
            yield _child(
                f"{root}-{team.id}",
                f"{root}-{region.id}",
                team.name,
                _total(targets, team.members),
                _Owner(type="team", id=team.id, manager=region.director),
            )
            for person in team.members:
                yield _leaf(
                    f"{root}-{person.id}",
                    f"{root}-{team.id}",
                    person.name,
                    targets[person.id],
                    _Owner(type="user", id=person.id, manager=team.lead),
                )


def _seller_target(region: Region, person: Person) -> int:
    leads = {team.lead.id for team in region.teams}
    base = _LEAD_TARGET if person.id in leads else _SELLER_TARGET
    return round(base * region.ambition / _ROUNDED_TO) * _ROUNDED_TO


def _total(targets: Mapping[str, int], people: Sequence[Person]) -> int:
    return sum(targets[person.id] for person in people)


def _call_goals(quarter: Quarter) -> Iterator[Body]:
    root = f"{CALLS}-{quarter.id}"
    each = len(REGIONS[0].callers) * _CALLER_TARGET
    yield _root(quarter, CALLS, "Inside-sales calls", len(REGIONS) * each, CHIEF)
    for region in REGIONS:
        yield _child(
            f"{root}-{region.id}",
            root,
            f"Inside sales {region.name}",
            each,
            _Owner(type="team", id=region.inside_team_id, manager=region.director),
        )
        for person in region.callers:
            yield _leaf(
                f"{root}-{person.id}",
                f"{root}-{region.id}",
                person.name,
                _CALLER_TARGET,
                _Owner(type="user", id=person.id, manager=region.director),
            )
    # Sellers call as well: this one counts every call, whoever owns it.
    yield {
        **_root(quarter, CALLS, "All calls", _ALL_CALLS_TARGET, CHIEF),
        "id": f"{root}-everybody",
        "owner_records_only": False,
        "rollup_only_from_children": False,
    }


def _case_goals(quarter: Quarter) -> Iterator[Body]:
    root = f"{CASES}-{quarter.id}"
    total = len(REGIONS) * _SERVICE_TARGET
    yield _root(quarter, CASES, "Cases resolved", total, HEAD_OF_SERVICE)
    for region in REGIONS:
        yield _leaf(
            f"{root}-{region.id}",
            root,
            f"Service {region.name}",
            _SERVICE_TARGET,
            _Owner(type="team", id=region.service_team_id, manager=HEAD_OF_SERVICE),
        )


def _root(
    quarter: Quarter, metric_id: str, title: str, target: int, owner: Person
) -> Body:
    return {
        "id": f"{metric_id}-{quarter.id}",
        "title": f"{title} {quarter.title}",
        "metric_id": metric_id,
        "owner": {"type": "user", "id": owner.id},
        "manager_id": owner.id,
        "period": {
            "kind": "custom",
            "start": quarter.start.isoformat(),
            "end": quarter.end.isoformat(),
        },
        "time_zone": TIME_ZONE,
        "target": str(target),
        "rollup_only_from_children": True,
    }


def _child(
    goal_id: str, parent_id: str, title: str, target: int, owner: _Owner
) -> Body:
    """Return a goal that takes metric and period from its parent, as goals do."""
    return {
        "id": goal_id,
        "parent_id": parent_id,
        "title": title,
        "owner": {"type": owner.type, "id": owner.id},
        "manager_id": owner.manager.id,
        "target": str(target),
        "rollup_only_from_children": True,
    }


def _leaf(goal_id: str, parent_id: str, title: str, target: int, owner: _Owner) -> Body:
    return {
        **_child(goal_id, parent_id, title, target, owner),
        "rollup_only_from_children": False,
    }
