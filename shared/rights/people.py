"""Who people are to one another, and what each may do.

Managers, teams, units and roles, as far as somebody's eyes depend on them. Whoever asks
twice is answered from what was found the first time, until something changes.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from shared.queries.eyes import Manager
from shared.rights.access import EVERYTHING, NOTHING, Access
from shared.rights.roles import Action, Depth, HierarchySecurity, Reading, Right, Role
from shared.rights.veil import Hidden

_Value = TypeVar("_Value")


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A user, as far as numbers depend on it."""

    manager_id: str | None = None
    business_unit: str | None = None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Team:
    """Users who own things together."""

    members: tuple[str, ...] = ()
    business_unit: str | None = None
    roles: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PeopleNews:
    """What is new of people; None: gone, and of a unit that it has no parent."""

    users: Mapping[str, Person | None] = field(default_factory=dict)
    teams: Mapping[str, Team | None] = field(default_factory=dict)
    units: Mapping[str, str | None] = field(default_factory=dict)
    roles: Mapping[str, Role | None] = field(default_factory=dict)
    hierarchy: HierarchySecurity | None = None
    reading: Reading | None = None

    @property
    def owners(self) -> list[str]:
        """The keys of the users and teams that it is about."""
        return [
            *(f"user/{name}" for name in self.users),
            *(f"team/{name}" for name in self.teams),
        ]

    def __bool__(self) -> bool:
        return bool(
            self.users
            or self.teams
            or self.units
            or self.roles
            or self.hierarchy is not None
            or self.reading is not None
        )


@dataclass(slots=True)
class People:
    """All users, teams, business units and roles."""

    users: dict[str, Person] = field(default_factory=dict)
    teams: dict[str, Team] = field(default_factory=dict)
    roles: dict[str, Role] = field(default_factory=dict)
    hierarchy: HierarchySecurity = field(default_factory=HierarchySecurity)
    reading: Reading = Reading.EVERYONE
    # What queries read: by an owner's key its unit, by a unit its parent.
    unit_of_owner: dict[str, str] = field(default_factory=dict)
    parent_of_unit: dict[str, str] = field(default_factory=dict)
    # Grows with every change of those two.
    units_revision: int = 0
    _managers: dict[str, Manager] = field(default_factory=dict)
    # By user, then by entity and action.
    _accesses: dict[str, dict[tuple[str, Action], Access]] = field(default_factory=dict)
    _reports: dict[str, list[str]] | None = None
    _teams_of: dict[str, list[str]] | None = None
    _below: dict[str, list[str]] | None = None
    _units_below: dict[str, frozenset[str]] = field(default_factory=dict)
    _up_from: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _secured: dict[str, frozenset[str]] | None = None

    def take(self, news: PeopleNews) -> None:
        """Know what is new."""
        if not news:
            return
        concerned = self.concerned_by(news)
        before = dict(self.unit_of_owner), dict(self.parent_of_unit)
        for name, person in news.users.items():
            _set(self.users, name, person)
            unit = None if person is None else person.business_unit
            _set(self.unit_of_owner, f"user/{name}", unit)
        for name, team in news.teams.items():
            _set(self.teams, name, team)
            unit = None if team is None else team.business_unit
            _set(self.unit_of_owner, f"team/{name}", unit)
        for name, parent in news.units.items():
            _set(self.parent_of_unit, name, parent)
        for name, role in news.roles.items():
            _set(self.roles, name, role)
        self.hierarchy = news.hierarchy or self.hierarchy
        self.reading = news.reading or self.reading
        if before != (self.unit_of_owner, self.parent_of_unit):
            self.units_revision += 1
        self._forget(concerned)

    def concerned_by(self, news: PeopleNews) -> frozenset[str] | None:
        """Return the users whose access may change by news; None: anybody's."""
        is_wide = (
            news.roles
            or news.units
            or (self.hierarchy.enabled and self._lines_change(news))
        )
        if (
            is_wide
            or news.hierarchy not in (None, self.hierarchy)
            or news.reading not in (None, self.reading)
        ):
            return None
        several = [self.teams.get(name) for name in news.teams] + [*news.teams.values()]
        return frozenset(news.users).union(*(one.members for one in several if one))

    def _lines_change(self, news: PeopleNews) -> bool:
        """Tell whether anybody comes to report to somebody else."""
        return any(
            (None if person is None else person.manager_id)
            != (known.manager_id if (known := self.users.get(name)) else None)
            for name, person in news.users.items()
        )

    def _forget(self, concerned: frozenset[str] | None) -> None:
        self._managers.clear()
        if concerned is None:
            self._accesses.clear()
        for user in concerned or ():
            self._accesses.pop(user, None)
        self._up_from.clear()
        self._units_below.clear()
        self._reports = self._teams_of = self._below = self._secured = None

    def manager(self, user: str) -> Manager:
        """Return what a user is to queries that are read with his eyes."""
        found = self._managers.get(user)
        if found is None:
            found = self._managers[user] = self._look_up(user)
        return found

    def access(self, user: str, entity: str, action: Action = Action.READ) -> Access:
        """Return with which things of an entity a user may do something."""
        known = self._accesses.setdefault(user, {})
        found = known.get((entity, action))
        if found is None:
            found = known[entity, action] = self._access(user, entity, action)
        return found

    def hidden_from(self, user: str) -> Hidden:
        """Return what is null to a user, entity by entity."""
        secured = {
            entity for role in self.roles.values() for entity in role.secured_attributes
        }
        found = {entity: self.access(user, entity).hidden for entity in sorted(secured)}
        return {entity: hidden for entity, hidden in found.items() if hidden}

    def rights(self, user: str) -> frozenset[Right]:
        """Return what a user may do that is about no single record."""
        return frozenset(right for role in self.roles_of(user) for right in role.rights)

    def roles_of(self, user: str) -> list[Role]:
        """Return the roles of a user, his own and those of his teams."""
        person = self.users.get(user)
        if person is None:
            return []
        named = dict.fromkeys(person.roles)
        for team in sorted(self._teams_with([user])):
            named.update(dict.fromkeys(self.teams[team].roles))
        return [self.roles[name] for name in named if name in self.roles]

    def units_up_from(self, unit: str) -> tuple[str, ...]:
        """Return a unit and all that it lies in, from the inside out."""
        found = self._up_from.get(unit)
        if found is None:
            up: dict[str, None] = {}
            at: str | None = unit
            while at is not None and at not in up:
                up[at] = None
                at = self.parent_of_unit.get(at)
            found = self._up_from[unit] = tuple(up)
        return found

    def _access(self, user: str, entity: str, action: Action) -> Access:
        if self.reading is Reading.EVERYONE:
            return EVERYTHING if action is Action.READ else NOTHING
        roles = self.roles_of(user)
        depths = {role.depth(entity, action) for role in roles}
        hidden = self._hidden_from(roles, entity)
        if not any(depth.reaches(Depth.USER) for depth in depths):
            return Access(hidden=hidden)
        if Depth.ORGANIZATION in depths:
            return Access(everything=True, hidden=hidden)
        unit = self.users[user].business_unit
        units = self._units_within(unit, depths)
        people = frozenset(
            [f"user/{user}", *(f"team/{team}" for team in self._teams_with([user]))]
        )
        if self.hierarchy.enabled:
            people |= {
                f"user/{name}" for name in self._reports_of(user, self.hierarchy.depth)
            }
        return Access(
            owners=people,
            units=units,
            top_unit=unit if units else None,
            is_all_below=bool(units) and Depth.PARENT_CHILD_BUSINESS_UNITS in depths,
            shared_with=people,
            hidden=hidden,
        )

    def _hidden_from(self, roles: Iterable[Role], entity: str) -> frozenset[str]:
        if self._secured is None:
            self._secured = {}
            for role in self.roles.values():
                for name, attributes in role.secured_attributes.items():
                    known = self._secured.get(name, frozenset())
                    self._secured[name] = known | attributes
        hidden = self._secured.get(entity, frozenset())
        for role in roles:
            hidden -= role.secured_attributes.get(entity, frozenset())
        return hidden

    def _units_within(
        self, unit: str | None, depths: Iterable[Depth]
    ) -> frozenset[str]:
        if unit is None:
            return frozenset()
        if Depth.PARENT_CHILD_BUSINESS_UNITS in depths:
            if self._below is None:
                self._below = {}
                for name, parent in self.parent_of_unit.items():
                    self._below.setdefault(parent, []).append(name)
            found = self._units_below.get(unit)
            if found is None:
                found = self._units_below[unit] = _reached([unit], self._below)
            return found
        return frozenset({unit} if Depth.BUSINESS_UNIT in depths else ())

    def _look_up(self, user: str) -> Manager:
        reports = self._reports_of(user)
        person = self.users.get(user)
        return Manager(
            id=user,
            teams=self._teams_with([user]),
            reports=reports,
            teams_of_reports=self._teams_with(reports),
            business_unit=None if person is None else person.business_unit,
        )

    def _reports_of(self, user: str, lines: int | None = None) -> frozenset[str]:
        """Return who reports to a user over so many lines; None: over any number."""
        if self._reports is None:
            self._reports = {}
            for name, person in self.users.items():
                if person.manager_id is not None:
                    self._reports.setdefault(person.manager_id, []).append(name)
        return _reached([user], self._reports, steps=lines) - {user}

    def _teams_with(self, users: Iterable[str]) -> frozenset[str]:
        if self._teams_of is None:
            self._teams_of = {}
            for name, team in self.teams.items():
                for member in team.members:
                    self._teams_of.setdefault(member, []).append(name)
        return frozenset(
            team for user in users for team in self._teams_of.get(user, ())
        )


def _reached(
    start: Iterable[str], leads_to: Mapping[str, list[str]], steps: int | None = None
) -> frozenset[str]:
    """Return what one comes to in so many steps, the start included; circles end."""
    found = set(start)
    newest = list(found)
    while newest and steps != 0:
        newest = [
            name
            for name in {one for at in newest for one in leads_to.get(at, ())}
            if name not in found
        ]
        found.update(newest)
        steps = None if steps is None else steps - 1
    return frozenset(found)


def _set(known: dict[str, _Value], name: str, value: _Value | None) -> None:
    if value is None:
        known.pop(name, None)
    else:
        known[name] = value
