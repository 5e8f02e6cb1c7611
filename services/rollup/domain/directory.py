"""What of people and the organisation decides which records goals count, and when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Final
from zoneinfo import ZoneInfo

from shared.domain.goals import EXPIRY_DAYS, Goal, GoalState, PrincipalType

BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_DAY: Final = BEGINNING.date()

# What keeps a goal from being rolled up, as people read it.
MANAGER_DISABLED: Final = "manager_disabled"


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
    # Of each team, the users.
    members: dict[str, Sequence[str]] = field(default_factory=dict)
    schedule: Schedule = field(default_factory=Schedule)
    # Known to whoever changes definitions, for as long as he does.
    now: datetime = BEGINNING
    # Goals whose period ends later have not expired anywhere; most do.
    young_until: date = _FIRST_DAY

    def look_at(self, now: datetime) -> None:
        """Let it be this instant."""
        self.now = now
        self.young_until = now.date() - timedelta(days=self.schedule.expiry_days)

    def take(self, news: "DirectoryNews") -> None:
        """Know what is new; no goal that counts with a changed team is indexed now."""
        for user, disabled in news.disabled.items():
            if disabled:
                self.disabled.add(user)
            else:
                self.disabled.discard(user)
        self.members.update(news.members)
        if news.schedule is not None:
            self.schedule = news.schedule
            self.look_at(self.now)

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
        return self.members.get(goal.owner.id, ())

    def lets_expire(self, goal: Goal) -> bool:
        """Tell whether the goal's period ended too long ago."""
        return self.now >= self.expiry_of(goal)

    def expiry_of(self, goal: Goal) -> datetime:
        """Return the instant from which a goal stands still by itself."""
        period = goal.period
        return _expiry_of(period.end, period.time_zone, self.schedule.expiry_days)

    def error_of(self, goal: Goal) -> str | None:
        """Return what keeps a goal from being rolled up though it is open."""
        if goal.is_open and goal.manager_id in self.disabled:
            return MANAGER_DISABLED
        return None

    def freezes(self, goal: Goal) -> bool:
        """Tell whether a goal should stand still."""
        return (
            goal.state is not GoalState.OPEN
            or goal.manager_id in self.disabled
            or (goal.period.end <= self.young_until and self.lets_expire(goal))
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class DirectoryNews:
    """What some change sets say of people and the organisation."""

    # Users; one who is gone is not disabled.
    disabled: Mapping[str, bool] = field(default_factory=dict)
    # Teams; one that is gone has no members.
    members: Mapping[str, Sequence[str]] = field(default_factory=dict)
    schedule: Schedule | None = None


@lru_cache(maxsize=4_096)
def _expiry_of(end: date, time_zone: str, days: int) -> datetime:
    """Return when, in the zone, the last of so many days after the end is over."""
    try:
        day = end + timedelta(days=days + 1)
        return datetime.combine(day, time(), ZoneInfo(time_zone)).astimezone(UTC)
    except OverflowError:  # the calendar ends before
        return datetime.max.replace(tzinfo=UTC)
