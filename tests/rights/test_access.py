"""What roles, teams, units, lines and shares come to for one user."""

from collections import Counter
from itertools import product
from random import Random

import pytest

from shared.messages.definitions import Kind
from shared.messages.people import people_news
from shared.rights.access import EVERYTHING, NOTHING, seen_through
from shared.rights.people import People, PeopleNews, Person, Team
from shared.rights.roles import Action, Depth, HierarchySecurity, Reading, Right, Role
from tests.rights import directories, naive
from tests.rights.directories import Entries, definitions_of


def _reader(depth: Depth, **fields: object) -> Role:
    return Role(privileges={"opportunity": {Action.READ: depth}}, **fields)  # type: ignore[arg-type]


def _people(**fields: object) -> People:
    people = People()
    people.take(PeopleNews(**{"reading": Reading.ROLES, **fields}))  # type: ignore[arg-type]
    return people


@pytest.mark.parametrize("seed", range(6))
def test_a_generated_directory_lets_people_do_what_the_rules_say(seed: int) -> None:
    """The one value says what a walk through the whole directory says, for everybody.

    Also after some changes, of which only the news is told.
    """
    random = Random(seed)
    seen: Counter[bool] = Counter()
    for _ in range(10):
        entries = directories.directory(random)
        people = People()
        people.take(people_news(definitions_of(entries)))
        for _ in range(6):
            for user in directories.users():
                seen += _compared(random, entries, people, user)
            kind, name = directories.changed(random, entries)
            left = entries[kind].get(name)
            news = {(Kind(kind), name): None} if left is None else None
            people.take(people_news(news or definitions_of({kind: {name: left or {}}})))
    assert min(seen[True], seen[False]) > 1_000


def _compared(
    random: Random, entries: Entries, people: People, user: str
) -> Counter[bool]:
    """Compare what one user may do with some records; count the answers."""
    seen: Counter[bool] = Counter()
    for entity, action in product(directories.ENTITIES, (Action.READ, Action.WRITE)):
        access = people.access(user, entity, action)
        for _ in range(6):
            owner, shares = directories.owner(random), directories.shares(random)
            expected = naive.may(entries, user, entity, owner, shares, action)
            found = access.allows(owner, shares, people.unit_of_owner)
            assert found is expected, (user, entity, action, owner, shares)
            seen[found] += 1
        # From who reads nothing at all there is nothing to hide.
        if action is Action.READ and not access.is_nothing:
            for attribute in directories.ATTRIBUTES:
                is_hidden = naive.hidden(entries, user, entity, attribute)
                assert (attribute in access.hidden) is is_hidden
    return seen


def test_who_has_no_role_reads_nothing() -> None:
    """Once there are roles, nothing is open by default."""
    people = _people(users={"ada": Person()}, roles={"seller": _reader(Depth.USER)})

    assert people.access("ada", "opportunity") == NOTHING
    assert people.access("nobody", "opportunity") == NOTHING


def test_before_the_first_role_everybody_reads() -> None:
    """An organisation without roles works at once; it lets nobody write by that."""
    people = People()

    assert people.access("ada", "opportunity") == EVERYTHING
    assert people.access("ada", "opportunity", Action.WRITE) == NOTHING
    assert people.rights("ada") == frozenset()


def test_a_role_of_a_team_is_one_of_its_members() -> None:
    """Rights are the union over one's own roles and those of one's teams."""
    roles = {
        "seller": _reader(Depth.USER, rights=frozenset({Right.ROLL_UP_GOAL})),
        "admin": Role(rights=frozenset({Right.MANAGE_METRICS})),
    }
    people = _people(
        users={"ada": Person(roles=("admin",))},
        teams={"north": Team(members=("ada",), roles=("seller",))},
        roles=roles,
    )

    assert people.rights("ada") == {Right.ROLL_UP_GOAL, Right.MANAGE_METRICS}
    assert people.access("ada", "opportunity").owners == {"user/ada", "team/north"}


def test_a_share_needs_at_least_depth_user() -> None:
    """What is shared with somebody who may read nothing of its kind stays unread."""
    people = _people(
        users={"ada": Person(roles=("other",)), "bo": Person(roles=("seller",))},
        roles={
            "other": Role(privileges={"case": {Action.READ: Depth.ORGANIZATION}}),
            "seller": _reader(Depth.USER),
        },
    )
    shared = ["user/ada", "user/bo"]

    assert not people.access("ada", "opportunity").allows("user/x", shared, {})
    assert people.access("bo", "opportunity").allows("user/x", shared, {})


def test_the_hierarchy_reaches_as_deep_as_is_set() -> None:
    """Those who report over more lines than are set are not reached."""
    people = _people(
        users={
            "boss": Person(roles=("seller",)),
            "middle": Person(manager_id="boss"),
            "low": Person(manager_id="middle"),
        },
        roles={"seller": _reader(Depth.USER)},
        hierarchy=HierarchySecurity(enabled=True, depth=1),
    )

    assert people.access("boss", "opportunity").owners == {"user/boss", "user/middle"}


def test_an_attribute_that_a_role_names_is_secured_for_all_others() -> None:
    """Naming an attribute in a role secures it, and shows it to those who have it."""
    people = _people(
        users={
            "ada": Person(roles=("seller", "finance")),
            "bo": Person(roles=("seller",)),
        },
        roles={
            "seller": _reader(Depth.ORGANIZATION),
            "finance": Role(secured_attributes={"opportunity": frozenset({"amount"})}),
        },
    )
    said = {"amount": "400", "closed": "2026-11-21"}

    bo = people.access("bo", "opportunity").hidden

    assert people.access("ada", "opportunity").hidden == frozenset()
    assert bo == {"amount"}
    assert seen_through(said, bo) == {"closed": "2026-11-21"}
    assert seen_through(said, frozenset()) is said


def test_every_entity_stands_for_those_that_are_not_named() -> None:
    """What is said of an entity by name counts instead of what is said of all."""
    role = Role(
        privileges={
            "*": {Action.READ: Depth.ORGANIZATION},
            "case": {Action.READ: Depth.NONE},
        }
    )

    assert role.depth("opportunity", Action.READ) is Depth.ORGANIZATION
    assert role.depth("case", Action.READ) is Depth.NONE
    assert role.depth("opportunity", Action.WRITE) is Depth.NONE
