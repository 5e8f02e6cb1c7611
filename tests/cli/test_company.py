"""The example company: definitions that hold together, a believable past."""

from datetime import UTC, date, datetime, timedelta
from typing import cast

import msgspec
import pytest
from pydantic import TypeAdapter

from cli.example import boards, company, history
from cli.example import roles as company_roles
from cli.example.company import Quarter
from cli.example.history import lives_of, records_as_of
from services.goals.http.dashboard_bodies import NewDashboard
from shared.domain.amounts import DECIMALS, DataType, units_of
from shared.domain.goals import ID_LENGTH_MAX
from shared.domain.periods import when_of
from shared.messages.definitions import Definition, Kind
from shared.messages.people import people_news
from shared.messages.records import decode_record
from shared.rights.people import People, PeopleNews
from shared.rights.roles import Reading, Right
from tests.cli.running import Item

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
QUARTER = Quarter.of(NOW.date())


@pytest.mark.parametrize(
    ("day", "start", "end", "quarter_id", "title"),
    [
        ("2026-01-01", "2026-01-01", "2026-03-31", "2026-q1", "Q1 2026"),
        ("2026-06-30", "2026-04-01", "2026-06-30", "2026-q2", "Q2 2026"),
        ("2026-08-15", "2026-07-01", "2026-09-30", "2026-q3", "Q3 2026"),
        ("2028-12-31", "2028-10-01", "2028-12-31", "2028-q4", "Q4 2028"),
    ],
)
def test_a_quarter_is_three_calendar_months(
    day: str, start: str, end: str, quarter_id: str, title: str
) -> None:
    """Both ends belong to it."""
    quarter = Quarter.of(date.fromisoformat(day))

    assert (quarter.start.isoformat(), quarter.end.isoformat()) == (start, end)
    assert (quarter.id, quarter.title) == (quarter_id, title)


def test_everything_named_is_defined_before() -> None:
    """Sent in their order, no definition names one that is not there yet."""
    units: set[object] = {None}
    for unit in company.business_units():
        assert unit.get("parent_id") in units
        units.add(unit["id"])
    people: set[object] = {None}
    roles = {role["id"] for role in company_roles.roles()}
    for user in company.users():
        assert set(_names(user, "roles")) <= roles
        assert user["business_unit_id"] in units
        assert user["manager_id"] in people
        people.add(user["id"])
    teams = {team["id"] for team in company.teams()}
    for team in company.teams():
        assert set(_names(team, "members")) <= people
    goals: set[object] = {None}
    for goal in company.goals(QUARTER):
        assert goal.get("parent_id") in goals
        assert goal["manager_id"] in people
        assert _owner(goal) in {("user", one) for one in people} | {
            ("team", one) for one in teams
        }
        goals.add(goal["id"])
    assert company.root_goal_id(QUARTER) in goals
    metrics = {metric["id"] for metric in company.metrics()}
    for body in boards.dashboards(QUARTER):
        board = NewDashboard.model_validate(body)
        for tile in (one for section in board.sections for one in section.tiles):
            assert getattr(tile, "goal_id", None) in goals
            assert getattr(tile, "metric", None) in {None, *metrics}


def test_ids_are_plain_and_each_its_own() -> None:
    """What is typed on a command line has no letters of one country."""
    for bodies in (
        company_roles.roles(),
        company.business_units(),
        company.users(),
        company.teams(),
        company.metrics(),
        company.goals(QUARTER),
        boards.dashboards(QUARTER),
    ):
        ids = [str(body["id"]) for body in bodies]
        assert len(ids) == len(set(ids))
        assert all(one.isascii() and len(one) <= ID_LENGTH_MAX for one in ids)
        assert not any(" " in one for one in ids)


def test_managers_read_what_their_goals_count() -> None:
    """Every record of the past; so roles take nothing away from any number."""
    people = _people()
    entities = {
        str(metric["id"]): metric["rollup_fields"]["actual"]["source_entity"]
        for metric in cast("list[Item]", company.metrics())
    }
    owners: dict[str, set[str]] = {entity: set() for entity in entities.values()}
    for turn in records_as_of(NOW):
        record = decode_record(msgspec.json.encode(turn.body()))
        owners[record.entity].add(str(record.owner))
    counted = 0
    for goal in company.goals(QUARTER):
        if goal["rollup_only_from_children"]:
            continue
        entity = entities[str(goal["id"]).partition("-")[0]]
        access = people.access(str(goal["manager_id"]), entity)
        is_open = goal.get("owner_records_only") is False
        own = {"/".join(_owner(goal))}
        for owner in owners[entity] if is_open else own:
            assert access.allows(owner, (), people.unit_of_owner), (goal["id"], owner)
            counted += 1
    assert counted > len(company.users())


def test_roles_differ_in_what_they_open() -> None:
    """A seller reads no colleague's, a director no other region's."""
    people = _people()
    region, other = company.REGIONS[:2]
    seller, colleague = region.teams[0].sellers[:2]
    stranger = other.teams[0].sellers[0]

    def reads(user: company.Person, owner: company.Person) -> bool:
        access = people.access(user.id, "opportunity")
        return access.allows(f"user/{owner.id}", (), people.unit_of_owner)

    assert reads(seller, seller)
    assert not reads(seller, colleague)
    assert reads(region.director, colleague)
    assert not reads(region.director, stranger)
    assert reads(company.CHIEF, stranger)
    assert people.rights(company.CHIEF.id) == set(Right)
    assert people.rights(seller.id) == set()


def _people() -> People:
    """Return the people of the company, as services are told of them."""
    bodies = {
        Kind.ROLE: company_roles.roles(),
        Kind.BUSINESS_UNIT: company.business_units(),
        Kind.USER: company.users(),
        Kind.TEAM: company.teams(),
    }
    definition: TypeAdapter[Definition] = TypeAdapter(Definition)
    people = People()
    people.take(PeopleNews(reading=Reading.ROLES))
    for kind, of_kind in bodies.items():
        entries: dict[tuple[Kind, str], Definition | None] = {
            (kind, str(one["id"])): definition.validate_python(
                {"kind": kind, "version": 1, **one}
            )
            for one in of_kind
        }
        people.take(people_news(entries))
    return people


def test_targets_add_up_the_tree() -> None:
    """A parent's target is what its children's come to."""
    goals = company.goals(QUARTER)
    for goal in goals:
        below = [one for one in goals if one.get("parent_id") == goal["id"]]
        if below:
            assert int(str(goal["target"])) == sum(
                int(str(one["target"])) for one in below
            )


def test_only_roots_say_metric_and_period() -> None:
    """A goal made under a parent takes both from it."""
    for goal in company.goals(QUARTER):
        assert ("period" in goal) == ("parent_id" not in goal)
        assert ("metric_id" in goal) == ("parent_id" not in goal)


def _names(body: Item, field: str) -> list[str]:
    names: list[str] = body[field]
    return names


def _owner(goal: Item) -> tuple[str, str]:
    owner: dict[str, str] = goal["owner"]
    return owner["type"], owner["id"]


def test_the_same_instant_gives_the_same_records() -> None:
    """Whoever seeds, and how often, the past is one."""
    assert list(records_as_of(NOW)) == list(records_as_of(NOW))


def test_a_later_instant_only_adds_turns() -> None:
    """What has happened stays; a version that is met again has the same content."""
    before = {turn.id: turn for turn in records_as_of(NOW)}
    after = {turn.id: turn for turn in records_as_of(NOW + timedelta(days=1))}

    both = before.keys() & after.keys()
    assert len(both) > 19_000
    for record_id in both:
        old, new = before[record_id], after[record_id]
        assert new.version > old.version or new == old
    assert any(after[one].version > before[one].version for one in both)


def test_about_twenty_thousand_records_of_all_kinds_are_there() -> None:
    """Every record reads as ingest and rollup read it, and lies in the past."""
    records = list(records_as_of(NOW))

    assert 19_000 < len(records) < 22_000
    assert len({turn.id for turn in records}) == len(records)
    kinds = {(turn.entity, turn.state) for turn in records}
    assert kinds >= {
        ("opportunity", "open"),
        ("opportunity", "won"),
        ("opportunity", "lost"),
        ("phonecall", "completed"),
        ("case", "resolved"),
        ("case", "active"),
    }
    assert any(turn.deleted for turn in records)
    for turn in records:
        assert turn.at <= NOW
        record = decode_record(msgspec.json.encode(turn.body()))
        assert record.version == turn.version


def test_every_record_is_somebodys_and_reads_as_its_metric_wants() -> None:
    """Owners exist; amounts and dates that goals look at are well formed."""
    owners = {("user", str(one["id"])) for one in company.users()} | {
        ("team", str(one["id"])) for one in company.teams()
    }
    for turn in records_as_of(NOW):
        assert (turn.owner_type, turn.owner_id) in owners
        read = turn.attributes
        if turn.state == "won":
            assert (units_of(read["actualvalue"], DECIMALS[DataType.MONEY]) or 0) > 0
            assert when_of(read["actualclosedate"])
        if turn.entity == "opportunity":
            assert when_of(read["estimatedclosedate"])
        if turn.state == "completed":
            assert when_of(read["actualend"])
        if turn.state == "resolved":
            assert when_of(read["resolvedon"])


@pytest.mark.parametrize("day", ["2026-12-28", "2026-09-29", "2026-06-29"])
def test_at_the_end_of_a_quarter_some_are_ahead_and_some_behind(day: str) -> None:
    """Attainment looks real, for the company and for each seller."""
    now = datetime.fromisoformat(f"{day}T12:00:00Z")
    quarter = Quarter.of(now.date())
    root = company.root_goal_id(quarter)
    targets = {
        str(goal["id"]): int(str(goal["target"])) for goal in company.goals(quarter)
    }
    won: dict[str, float] = {}
    for turn in records_as_of(now):
        closed = turn.attributes.get("actualclosedate", "")
        if turn.state == "won" and closed >= quarter.start.isoformat():
            value = float(turn.attributes["actualvalue"])
            won[turn.owner_id] = won.get(turn.owner_id, 0) + value

    attained = [
        won.get(person.id, 0) / targets[f"{root}-{person.id}"]
        for _, person in company.sellers()
    ]

    assert 0.7 < sum(won.values()) / targets[root] < 1.4
    assert sum(one >= 1 for one in attained) >= 5
    assert sum(one < 0.9 for one in attained) >= 5


def test_turns_of_a_life_follow_each_other() -> None:
    """No record changes twice in one instant, or before it exists."""
    for life in lives_of(date(2026, 11, 20)):
        times = [turn.at for turn in life]
        assert times == sorted(set(times))
        assert {turn.id for turn in life} == {life[0].id}


def test_a_version_is_the_instant_in_microseconds() -> None:
    """Both ways, to the last digit."""
    at = datetime(2026, 11, 21, 9, 30, 0, 123457, tzinfo=UTC)

    (life, *_) = lives_of(date(2026, 11, 20))

    version = 1_795_253_400_123_457
    assert history.instant_of(version) == at
    assert [history.instant_of(turn.version) for turn in life] == [
        turn.at for turn in life
    ]
