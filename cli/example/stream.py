"""What happens next at Meridian Instruments, one record at a time. No input or output.

The stream knows the records that are open, and draws what becomes of one of them: it
advances, is won or lost, corrected, worked on again, deleted. As upstream systems do,
it repeats itself now and then, and sends an old version late.

Deals are won no faster than the company's targets ask for on average: a demonstration
that runs for weeks stays believable.
"""

import random
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from cli.example import history
from cli.example.company import REGIONS, Quarter, callers
from cli.example.history import STAGES, Body, Turn

# Small deals, compared with those of the past: each moves a number, none a target.
_VALUE_MEDIAN: Final = 2_400
# What the targets of a quarter come to in a second.
_PACE: Final = Decimal("2.9")
# What may be won at once, before the pace allows for more.
_HEAD_START: Final = Decimal(60_000)
_REMEMBERED_MAX: Final = 500
# Of so many deals the smallest is taken.
_COMPARED: Final = 6
_CALLERS: Final = tuple(callers())


@dataclass(slots=True)
class Pool:
    """Records of one kind and condition, to draw from; the oldest are forgotten."""

    turns: dict[str, Turn] = field(default_factory=dict)
    size_max: int = 5_000

    def put(self, turn: Turn) -> None:
        """Keep a record as it stands now."""
        self.turns.pop(turn.id, None)
        self.turns[turn.id] = turn
        if len(self.turns) > self.size_max:
            del self.turns[next(iter(self.turns))]

    def drop(self, turn: Turn) -> None:
        """Forget a record."""
        self.turns.pop(turn.id, None)

    def draw(self, chance: random.Random) -> Turn | None:
        """Return any of the records."""
        if not self.turns:
            return None
        return self.turns[chance.choice(list(self.turns))]


@dataclass(slots=True, kw_only=True)
class Stream:
    """The company from now on."""

    chance: random.Random
    began: datetime
    open_opportunities: Pool = field(default_factory=Pool)
    won_opportunities: Pool = field(
        default_factory=lambda: Pool(size_max=_REMEMBERED_MAX)
    )
    lost_opportunities: Pool = field(
        default_factory=lambda: Pool(size_max=_REMEMBERED_MAX)
    )
    open_calls: Pool = field(default_factory=Pool)
    open_cases: Pool = field(default_factory=Pool)
    # Won since the stream began, less what was taken back.
    net_won: Decimal = Decimal(0)
    _sent: list[tuple[Body, Body]] = field(default_factory=list)

    def continue_from(self, turns: Iterable[Turn]) -> None:
        """Take over records as they stand."""
        for turn in turns:
            self._place(turn)

    def next(self, now: datetime) -> Body:
        """Return the next record to send."""
        happenings = self._happenings()
        weights = [weight for _, weight in happenings]
        happen, _ = self.chance.choices(happenings, weights)[0]
        body = happen(now)
        # Where there is nothing to do it to, something new begins.
        return body if body is not None else self._begin_opportunity(now)

    def _happenings(
        self,
    ) -> Sequence[tuple[Callable[[datetime], Body | None], int]]:
        """Return what may happen, and how often of a hundred times."""
        return (
            (self._begin_opportunity, 10),
            (self._advance, 25),
            (self._win, 11),
            (self._lose, 7),
            (self._reopen_lost, 3),
            (self._reopen_won, 2),
            (self._correct, 6),
            (self._delete, 2),
            (self._plan_call, 9),
            (self._make_call, 9),
            (self._open_case, 5),
            (self._resolve_case, 5),
            (self._repeat, 3),
            (self._come_late, 3),
        )

    def _send(self, turn: Turn, before: Turn | None = None) -> Body:
        """Return the record, newer than it was, and remember both."""
        if before is not None and turn.version <= before.version:
            turn = replace(turn, at=history.instant_of(before.version + 1))
        self._place(turn)
        body = turn.body()
        self._sent.append((body, body if before is None else before.body()))
        del self._sent[:-_REMEMBERED_MAX]
        return body

    def _place(self, turn: Turn) -> None:
        for pool in self._pools_of(turn.entity):
            pool.drop(turn)
        home = self._pool_of(turn)
        if home is not None:
            home.put(turn)

    def _pools_of(self, entity: str) -> Sequence[Pool]:
        return {
            "opportunity": (
                self.open_opportunities,
                self.won_opportunities,
                self.lost_opportunities,
            ),
            "phonecall": (self.open_calls,),
            "case": (self.open_cases,),
        }[entity]

    def _pool_of(self, turn: Turn) -> Pool | None:
        if turn.deleted or self._is_history(turn):
            return None
        return {
            ("opportunity", "open"): self.open_opportunities,
            ("opportunity", "won"): self.won_opportunities,
            ("opportunity", "lost"): self.lost_opportunities,
            ("phonecall", "open"): self.open_calls,
            ("case", "active"): self.open_cases,
        }.get((turn.entity, turn.state))

    def _is_history(self, turn: Turn) -> bool:
        """Tell whether a deal was won for earlier goals: those are left alone."""
        closed = turn.attributes.get("actualclosedate", "")
        first_day = Quarter.of(self.began.date()).start.isoformat()
        return turn.state == "won" and closed < first_day

    def _may_win(self, now: datetime) -> bool:
        seconds = Decimal(round((now - self.began).total_seconds()))
        return self.net_won <= _HEAD_START + _PACE * seconds

    def _begin_opportunity(self, now: datetime) -> Body:
        closing = now + timedelta(days=self.chance.uniform(1, 25))
        value = history.opportunity_value(self.chance, _VALUE_MEDIAN)
        turn = Turn(
            at=now,
            entity="opportunity",
            id=self._new_id("OPP", now),
            owner_id=history.seller(self.chance).id,
            state="open",
            status="1",
            attributes={
                "name": history.opportunity_name(self.chance),
                "stage": STAGES[0],
                "estimatedvalue": str(max(value, Decimal("100.00"))),
                "estimatedclosedate": closing.date().isoformat(),
                "createdon": now.isoformat(),
            },
        )
        return self._send(turn)

    def _advance(self, now: datetime) -> Body | None:
        turn = self.open_opportunities.draw(self.chance)
        if turn is None:
            return None
        stage = turn.attributes.get("stage", STAGES[0])
        place = STAGES.index(stage) if stage in STAGES else 0
        changes = {
            "stage": STAGES[min(place + 1, len(STAGES) - 1)],
            "estimatedvalue": self._changed(turn, "estimatedvalue", 0.93, 1.08),
        }
        return self._change(turn, now, changes)

    def _win(self, now: datetime) -> Body | None:
        if not self._may_win(now):
            return self._reopen_won(now)
        turn = self._small(self.open_opportunities)
        if turn is None:
            return None
        value = Decimal(self._changed(turn, "estimatedvalue", 0.9, 1.05))
        self.net_won += value
        return self._send(history.won(turn, now, value), turn)

    def _lose(self, now: datetime) -> Body | None:
        turn = self._small(self.open_opportunities)
        return None if turn is None else self._send(history.lost(turn, now), turn)

    def _small(self, pool: Pool) -> Turn | None:
        """Return the smallest of a few deals, so that none moves a target."""
        drawn = [pool.draw(self.chance) for _ in range(_COMPARED)]
        found = [turn for turn in drawn if turn is not None]
        return min(found, key=_value_of, default=None)

    def _reopen_won(self, now: datetime) -> Body | None:
        turn = self._small(self.won_opportunities)
        if turn is None:
            return None
        self.net_won -= _actual_of(turn)
        return self._send(history.reopened(turn, now), turn)

    def _reopen_lost(self, now: datetime) -> Body | None:
        turn = self.lost_opportunities.draw(self.chance)
        return None if turn is None else self._send(history.reopened(turn, now), turn)

    def _correct(self, now: datetime) -> Body | None:
        turn = self.won_opportunities.draw(self.chance)
        if turn is None:
            return None
        value = self._changed(turn, "actualvalue", 0.95, 1.05)
        self.net_won += Decimal(value) - _actual_of(turn)
        return self._change(turn, now, {"actualvalue": value})

    def _delete(self, now: datetime) -> Body | None:
        pool = self.chance.choice((self.open_opportunities, self.won_opportunities))
        turn = self._small(pool)
        if turn is None:
            return None
        if turn.state == "won":
            self.net_won -= _actual_of(turn)
        return self._send(replace(turn, at=now, deleted=True), turn)

    def _plan_call(self, now: datetime) -> Body:
        due = now + timedelta(minutes=self.chance.uniform(5, 600))
        turn = Turn(
            at=now,
            entity="phonecall",
            id=self._new_id("CALL", now),
            owner_id=self.chance.choice(_CALLERS).id,
            state="open",
            status="1",
            attributes={
                "subject": history.opportunity_name(self.chance),
                "directioncode": "outgoing",
                "scheduledend": due.strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
        )
        return self._send(turn)

    def _make_call(self, now: datetime) -> Body | None:
        turn = self.open_calls.draw(self.chance)
        return None if turn is None else self._send(history.call_made(turn, now), turn)

    def _open_case(self, now: datetime) -> Body:
        turn = Turn(
            at=now,
            entity="case",
            id=self._new_id("CASE", now),
            owner_type="team",
            owner_id=self.chance.choice(REGIONS).service_team_id,
            state="active",
            status="1",
            attributes={
                "title": f"{self.chance.choice(history.CUSTOMERS)}: question",
                "priority": "normal",
                "createdon": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            },
        )
        return self._send(turn)

    def _resolve_case(self, now: datetime) -> Body | None:
        turn = self.open_cases.draw(self.chance)
        if turn is None:
            return None
        return self._send(history.case_resolved(turn, now), turn)

    def _repeat(self, _now: datetime) -> Body | None:
        """Send a record a second time, as a retry upstream would."""
        return self.chance.choice(self._sent)[0] if self._sent else None

    def _come_late(self, _now: datetime) -> Body | None:
        """Send a version that a newer one has overtaken."""
        return self.chance.choice(self._sent)[1] if self._sent else None

    def _change(self, turn: Turn, now: datetime, changes: dict[str, str]) -> Body:
        attributes = {**turn.attributes, **changes}
        return self._send(replace(turn, at=now, attributes=attributes), turn)

    def _changed(self, turn: Turn, name: str, low: float, high: float) -> str:
        share = Decimal(str(round(self.chance.uniform(low, high), 3)))
        value = Decimal(turn.attributes.get(name, "1000")) * share
        return str(value.quantize(Decimal("0.01")))

    def _new_id(self, kind: str, now: datetime) -> str:
        return f"{kind}-{now:%Y%m%d}-{self.chance.randrange(16**8):08x}"


def _value_of(turn: Turn) -> Decimal:
    return Decimal(turn.attributes.get("estimatedvalue", "0"))


def _actual_of(turn: Turn) -> Decimal:
    return Decimal(turn.attributes.get("actualvalue", "0"))
