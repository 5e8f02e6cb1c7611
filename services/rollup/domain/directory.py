"""What of people and the organisation decides which records goals count, and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from services.rollup.domain.doors import doors_of
from services.rollup.domain.goal_index import Place, Places
from services.rollup.domain.queries import Asked, ReadQuery
from shared.domain.amounts import MetricKind
from shared.domain.entities import AttributeType
from shared.domain.fiscal import FiscalCalendar
from shared.domain.goals import (
    EXPIRY_DAYS,
    Goal,
    GoalState,
    Metric,
    PrincipalType,
    RollupField,
    Slot,
)
from shared.queries.eyes import Eyes, Manager, Surroundings
from shared.rights.people import People, PeopleNews
from shared.rights.veil import Hidden

BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY: Final = BEGINNING.date()

# What keeps a goal from being rolled up, as people read it.
MANAGER_DISABLED: Final = "manager_disabled"

# Whose eyes do not matter.
_NOBODY: Final = Manager(id="")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """When goals expire, and how often what they show moves."""

    # So many days after the end of its period.
    expiry_days: int = EXPIRY_DAYS
    # 0: with each record.
    frequency_hours: int = 0

    def is_due(self, *, since: datetime, now: datetime) -> bool:
        """Tell whether an hour has begun meanwhile at which shown values move."""
        if not self.frequency_hours:
            return False
        step = timedelta(hours=self.frequency_hours)
        return (now - BEGINNING) // step > (since - BEGINNING) // step


@dataclass(slots=True)
class Directory:
    """People and the organisation, as far as rollup needs them."""

    disabled: set[str] = field(default_factory=set)
    schedule: Schedule = field(default_factory=Schedule)
    people: People = field(default_factory=People)
    # What queries are asked in: the time that all go by, and the organisation.
    around: Surroundings = field(default_factory=Surroundings)
    # Goals whose period ends later have not expired anywhere; most do.
    young_until: date = _FIRST_DAY

    def __post_init__(self) -> None:
        self.around.unit_of_owner = self.people.unit_of_owner
        self.around.parent_of_unit = self.people.parent_of_unit

    @property
    def now(self) -> datetime:
        """The instant that all go by."""
        return self.around.now

    def look_at(self, now: datetime) -> None:
        """Let it be this instant."""
        self.around.now = now
        self.young_until = now.date() - timedelta(days=self.schedule.expiry_days)

    def take(self, news: "DirectoryNews") -> None:
        """Know what is new."""
        for user, disabled in news.disabled.items():
            if disabled:
                self.disabled.add(user)
            else:
                self.disabled.discard(user)
        self.people.take(news.people)
        if news.schedule is not None:
            self.schedule = news.schedule
            self.look_at(self.now)
        if news.week_start is not None:
            self.around.week_start = news.week_start
        if news.calendar is not None:
            self.around.calendar = news.calendar

    def asks(self, goal: Goal, query: ReadQuery) -> Asked:
        """Return a query as a goal asks it: with its manager's eyes, in its zone."""
        manager = (
            self.people.manager(goal.manager_id) if query.looks_at_manager else _NOBODY
        )
        eyes = Eyes(
            around=self.around, time_zone=goal.period.time_zone, manager=manager
        )
        return Asked(query, eyes, self._hidden_in(goal.manager_id, query))

    def _hidden_in(self, manager: str, query: ReadQuery) -> Hidden:
        return {
            entity: hidden
            for entity in query.entities
            if (hidden := self.people.access(manager, entity).hidden)
        }

    def places(
        self, goal: Goal, metric: Metric, queries: Mapping[Slot, ReadQuery]
    ) -> Places:
        """Return where those fields of a goal stand that may count something."""
        if goal.rollup_only_from_children:
            return {}
        owners = self.owners_of(goal)
        found: dict[Slot, Place] = {}
        for slot, rollup_field in metric.rollup_fields.items():
            access = self.people.access(goal.manager_id, rollup_field.source_entity)
            doors = doors_of(owners, access, self.people)
            if doors and self._shows(goal.manager_id, metric, rollup_field):
                query = queries.get(slot)
                asked = None if query is None else self.asks(goal, query)
                found[slot] = Place(doors, asked)
        return found

    def _shows(self, manager: str, metric: Metric, rollup_field: RollupField) -> bool:
        """Tell whether a manager sees what a field reads; else it counts nothing."""
        entity, dated = rollup_field.source_entity, rollup_field.date_from
        read = [
            (entity if dated is None else dated.entity, rollup_field.date_attribute)
        ]
        if metric.kind is MetricKind.AMOUNT and rollup_field.source_attribute:
            read.append((entity, rollup_field.source_attribute))
        read += [(entity, link.link) for link in rollup_field.links]
        return all(
            attribute not in self.people.access(manager, one).hidden
            for one, attribute in read
        )

    def decides(self, goal: Goal, query: ReadQuery) -> tuple[object, ...]:
        """Return what of people and the organisation decides what a query answers."""
        around = self.around
        return (
            query,
            self._hidden_in(goal.manager_id, query),
            self.people.manager(goal.manager_id) if query.looks_at_manager else None,
            self.people.units_revision if query.looks_at_units else None,
            around.week_start if query.looks_at_week else None,
            around.calendar if query.looks_at_calendar else None,
        )

    def owners_of(self, goal: Goal) -> Sequence[str] | None:
        """Return whose records a goal counts, or None for anybody's."""
        if not goal.owner_records_only:
            return None
        return [goal.owner.key, *(f"user/{one}" for one in self.counted_with(goal))]

    def counted_with(self, goal: Goal) -> Sequence[str]:
        """Return the members of a team whose records its goal counts as well."""
        if not (goal.include_team_members and goal.owner_records_only):
            return ()
        if goal.owner.type is not PrincipalType.TEAM:
            return ()
        team = self.people.teams.get(goal.owner.id)
        return () if team is None else team.members

    def lets_expire(self, goal: Goal) -> bool:
        """Tell whether the goal's period ended too long ago."""
        return self.now >= self.expiry_of(goal)

    def expiry_of(self, goal: Goal) -> datetime:
        """Return the instant from which a goal stands still by itself."""
        period = goal.period
        return _expiry_of(period.end, period.time_zone, self.schedule.expiry_days)

    def stops(self, goal: Goal) -> bool:
        """Tell whether a goal's manager is disabled."""
        return goal.manager_id in self.disabled

    def ends(self, goal: Goal) -> bool:
        """Tell whether a goal is closed, discarded, or over for too long."""
        return goal.state is not GoalState.OPEN or (
            goal.period.end <= self.young_until and self.lets_expire(goal)
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryNews:
    """What some change sets say of people and the organisation."""

    # Users; one who is gone is not disabled.
    disabled: Mapping[str, bool] = field(default_factory=dict)
    schedule: Schedule | None = None
    people: PeopleNews = field(default_factory=PeopleNews)
    week_start: int | None = None
    calendar: FiscalCalendar | None = None
    # What attributes are declared to hold, by entity.
    types: Mapping[str, Mapping[str, AttributeType] | None] = field(
        default_factory=dict
    )

    @property
    def may_move_goals(self) -> bool:
        """Tell whether goals may count otherwise by this."""
        return bool(
            self.people
            or self.types
            or self.week_start is not None
            or self.calendar is not None
        )


@lru_cache(maxsize=4_096)
def _expiry_of(end: date, time_zone: str, days: int) -> datetime:
    """Return when, in the zone, the last of so many days after the end is over."""
    try:
        day = end + timedelta(days=days + 1)
        return datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(UTC)
    except OverflowError:  # the calendar ends before
        return datetime.max.replace(tzinfo=UTC)
