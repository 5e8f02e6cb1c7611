"""What happened at Meridian Instruments until now. No input or output.

Each day begins lives: opportunities, calls and cases, drawn from the day alone. A life
is a list of turns, each a whole record with the time as its version; as of any
instant, a record stands where its last turn before that left it. So the same instant
gives the same records everywhere, and a later one only adds turns.
"""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from typing import Final

from cli.example.company import (
    REGIONS,
    Person,
    callers,
    sellers,
)

SEED: Final = 7

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
DAYS: Final = 365

_SATURDAY: Final = 5

# On a working day begin so many, on average; at the weekend a few.
_OPPORTUNITIES: Final = 15
_CALLS: Final = 46
_CASES: Final = 14
_WEEKEND_SHARE: Final = 0.06

_VALUE_MEDIAN: Final = 38_000
_VALUE_SPREAD: Final = 0.8
_CYCLE_DAYS_MEDIAN: Final = 32
_CYCLE_DAYS_MIN: Final = 3
_CYCLE_DAYS_MAX: Final = 150
_WIN_SHARE: Final = 0.42

STAGES: Final = ("qualify", "develop", "propose", "close")
CUSTOMERS: Final = (
    "Aalto Photonics",
    "Alpina Pharma",
    "Baltic Marine Lab",
    "Bergen Institute of Technology",
    "Cantabria Steel",
    "Danube Water Board",
    "Engadin Clinics",
    "Fjord Aquaculture",
    "Galileo Optics",
    "Hansa Brewing",
    "Iberia Solar",
    "Jura Watchworks",
    "Karelia Timber",
    "Ligurian Ports",
    "Malmö Biotech",
    "Nordsee Wind",
    "Öresund Hospital",
    "Po Valley Dairy",
    "Rhône Chemicals",
    "Silesia Motors",
    "Tagus Foods",
    "Uppsala Genomics",
    "Vistula Paper",
    "Zillertal Ceramics",
)
PRODUCTS: Final = (
    "spectrometer",
    "flow cytometer",
    "particle counter",
    "calibration service",
    "chromatography bench",
    "climate chamber",
    "laser interferometer",
    "service contract",
)
_TOPICS: Final = (
    "calibration is off",
    "software update fails",
    "spare part needed",
    "training wanted",
    "invoice unclear",
    "display stays dark",
)

Body = dict[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A record as it stands from one instant on."""

    at: datetime
    entity: str
    id: str
    owner_type: str = "user"
    owner_id: str
    state: str
    status: str
    attributes: dict[str, str]
    deleted: bool = False

    @property
    def version(self) -> int:
        """Microseconds since 1970: what an upstream without versions has."""
        return (self.at - _EPOCH) // _MICROSECOND

    def body(self) -> Body:
        """Return the record as it goes over the wire."""
        return {
            "entity": self.entity,
            "id": self.id,
            "version": self.version,
            "deleted": self.deleted,
            "owner": {"type": self.owner_type, "id": self.owner_id},
            "state": self.state,
            "status": self.status,
            "attributes": self.attributes,
            "occurred_at": self.at.isoformat(),
        }


def instant_of(version: int) -> datetime:
    """Return the instant that a version stands for."""
    return _EPOCH + version * _MICROSECOND


Life = Sequence[Turn]


def records_as_of(now: datetime, *, seed: int = SEED) -> Iterator[Turn]:
    """Yield every record of the last year as it stands at `now`."""
    today = now.date()
    for back in range(DAYS, -1, -1):
        for life in lives_of(today - timedelta(days=back), seed=seed):
            past = [turn for turn in life if turn.at <= now]
            if past:
                yield max(past, key=lambda turn: turn.at)


def lives_of(day: date, *, seed: int = SEED) -> Iterator[Life]:
    """Yield the lives that begin on a day, all turns of them."""
    chance = random.Random(f"{seed}/{day.isoformat()}")  # noqa: S311 - a story, no secret
    for kind, usual, live in _KINDS:
        for place in range(_how_many(chance, day, usual)):
            yield live(chance, day, f"{kind}-{day:%Y%m%d}-{place:03}")


def _how_many(chance: random.Random, day: date, usual: int) -> int:
    expected = usual * (_WEEKEND_SHARE if day.weekday() >= _SATURDAY else 1.0)
    return max(0, round(chance.gauss(expected, expected**0.5)))


def opportunity_value(chance: random.Random, median: float = _VALUE_MEDIAN) -> Decimal:
    """Draw what an opportunity may bring."""
    drawn = median * chance.lognormvariate(0, _VALUE_SPREAD)
    return Decimal(round(drawn, -2)).quantize(Decimal("0.01"))


def seller(chance: random.Random) -> Person:
    """Draw a seller; the strong ones open more."""
    return chance.choices(_SELLERS, _STRENGTHS)[0]


def opportunity_name(chance: random.Random) -> str:
    """Draw a customer and what it may buy."""
    return f"{chance.choice(CUSTOMERS)}: {chance.choice(PRODUCTS)}"


def _opportunity(chance: random.Random, day: date, record_id: str) -> Life:
    owner = seller(chance)
    opened = _working_hour(chance, day)
    cycle = timedelta(
        days=min(
            max(
                _CYCLE_DAYS_MEDIAN * chance.lognormvariate(0, 0.6),
                _CYCLE_DAYS_MIN,
            ),
            _CYCLE_DAYS_MAX,
        )
    )
    value = opportunity_value(chance)
    guess = (opened + cycle * chance.uniform(0.8, 1.2)).date()
    turn = Turn(
        at=opened,
        entity="opportunity",
        id=record_id,
        owner_id=owner.id,
        state="open",
        status="1",
        attributes={
            "name": opportunity_name(chance),
            "stage": STAGES[0],
            "estimatedvalue": str(value),
            "estimatedclosedate": guess.isoformat(),
            "createdon": opened.isoformat(),
        },
    )
    life = [turn]
    for share, stage in zip((0.2, 0.5, 0.8), STAGES[1:], strict=True):
        value = (value * Decimal(str(round(chance.uniform(0.9, 1.12), 2)))).quantize(
            Decimal("0.01")
        )
        changes = {"stage": stage, "estimatedvalue": str(value)}
        if stage == STAGES[-1]:
            changes["estimatedclosedate"] = (opened + cycle).date().isoformat()
        life.append(_advanced(life[-1], opened + cycle * share, changes))
    closed = _on_working_day(opened + cycle)
    life.append(_closed(chance, life[-1], closed, owner, value))
    return life + list(_afterwards(chance, life, closed))


def _closed(
    chance: random.Random, turn: Turn, at: datetime, owner: Person, value: Decimal
) -> Turn:
    if chance.random() < _WIN_SHARE * (0.7 + 0.3 * owner.strength):
        return won(turn, at, value)
    return lost(turn, at)


def won(turn: Turn, at: datetime, value: Decimal) -> Turn:
    """Return an opportunity as it stands when the customer has signed."""
    closing = {"actualvalue": str(value), "actualclosedate": at.date().isoformat()}
    return replace(_advanced(turn, at, closing), state="won", status="3")


def lost(turn: Turn, at: datetime) -> Turn:
    """Return an opportunity as it stands when the customer has declined."""
    closing = {"actualclosedate": at.date().isoformat()}
    return replace(_advanced(turn, at, closing), state="lost", status="4")


def reopened(turn: Turn, at: datetime) -> Turn:
    """Return a closed opportunity as it stands when it is worked on again."""
    left = {
        name: value
        for name, value in turn.attributes.items()
        if name not in {"actualvalue", "actualclosedate"}
    }
    left["estimatedclosedate"] = (at + timedelta(days=14)).date().isoformat()
    return replace(turn, at=at, state="open", status="1", attributes=left)


def _afterwards(chance: random.Random, life: Life, closed: datetime) -> Iterator[Turn]:
    """Yield what happens to a few: corrected, worked on again, deleted as a double."""
    last, fate = life[-1], chance.random()
    later = closed + timedelta(days=chance.uniform(0.5, 6))
    if fate < 0.04 and last.state == "won":  # noqa: PLR2004 - shares of a story
        value = Decimal(last.attributes["actualvalue"])
        share = Decimal(str(round(chance.uniform(0.85, 1.05), 3)))
        yield _advanced(
            last, later, {"actualvalue": str((value * share).quantize(Decimal("0.01")))}
        )
    elif fate < 0.05 and last.state == "lost":  # noqa: PLR2004 - shares of a story
        yield reopened(last, later)
    elif fate < 0.06:  # noqa: PLR2004 - shares of a story
        yield replace(last, at=later, deleted=True)


def _call(chance: random.Random, day: date, record_id: str) -> Life:
    # Two of three calls are inside sales', the others are sellers'.
    inside = chance.random() < 2 / 3
    owner = chance.choice(_CALLERS) if inside else seller(chance)
    due = _working_hour(chance, day)
    planned = due - timedelta(hours=chance.uniform(1, 60))
    ended = due + timedelta(minutes=chance.uniform(3, 45))
    turn = Turn(
        at=planned,
        entity="phonecall",
        id=record_id,
        owner_id=owner.id,
        state="open",
        status="1",
        attributes={
            "subject": opportunity_name(chance),
            "directioncode": "outgoing",
            "scheduledend": _instant(due),
        },
    )
    cancelled = chance.random() < 0.08  # noqa: PLR2004 - a share of a story
    return [turn, call_cancelled(turn, due) if cancelled else call_made(turn, ended)]


def call_made(turn: Turn, at: datetime) -> Turn:
    """Return a call as it stands when it is over."""
    done = _advanced(turn, at, {"actualend": _instant(at)})
    return replace(done, state="completed", status="2")


def call_cancelled(turn: Turn, at: datetime) -> Turn:
    """Return a call as it stands when nobody wants it any more."""
    return replace(turn, at=at, state="cancelled", status="3")


def _case(chance: random.Random, day: date, record_id: str) -> Life:
    opened = _working_hour(chance, day)
    turn = Turn(
        at=opened,
        entity="case",
        id=record_id,
        owner_type="team",
        owner_id=chance.choice(REGIONS).service_team_id,
        state="active",
        status="1",
        attributes={
            "title": f"{chance.choice(CUSTOMERS)}: {chance.choice(_TOPICS)}",
            "priority": chance.choice(("low", "normal", "normal", "high")),
            "createdon": _instant(opened),
        },
    )
    days = min(chance.expovariate(1 / 2.5), 20) + 0.05
    return [turn, case_resolved(turn, _on_working_day(opened + timedelta(days=days)))]


def case_resolved(turn: Turn, at: datetime) -> Turn:
    """Return a case as it stands when the customer is helped."""
    done = _advanced(turn, at, {"resolvedon": _instant(at)})
    return replace(done, state="resolved", status="5")


def _advanced(turn: Turn, at: datetime, changes: dict[str, str]) -> Turn:
    return replace(turn, at=at, attributes={**turn.attributes, **changes})


def _working_hour(chance: random.Random, day: date) -> datetime:
    midnight = datetime.combine(day, time(), UTC)
    return midnight + timedelta(seconds=chance.randrange(7 * 3600, 17 * 3600))


def _on_working_day(at: datetime) -> datetime:
    weekday = at.weekday()
    return at + timedelta(days=7 - weekday) if weekday >= _SATURDAY else at


def _instant(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ")


_SELLERS: Final = [person for _, person in sellers()]
_STRENGTHS: Final = [person.strength for person in _SELLERS]
_CALLERS: Final = list(callers())

_Live = Callable[[random.Random, date, str], Life]
_KINDS: Final[Sequence[tuple[str, int, _Live]]] = (
    ("OPP", _OPPORTUNITIES, _opportunity),
    ("CALL", _CALLS, _call),
    ("CASE", _CASES, _case),
)
