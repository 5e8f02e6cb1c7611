"""Why a record counts or does not: every test, with what it saw."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from services.goals.domain.explaining import (
    Criterion,
    JudgedTest,
    Judgement,
    Question,
    judgement_of,
)
from shared.domain.amounts import DataType, MetricKind
from shared.domain.goals import (
    Link,
    Metric,
    MetricId,
    Principal,
    PrincipalType,
    RollupField,
    Slot,
)
from shared.queries.eyes import Eyes, Manager, Surroundings
from shared.queries.reading import where_of
from shared.queries.seeing import Seeing
from shared.rights.access import EVERYTHING, Access
from shared.rights.participation_sql import GoalField
from shared.rights.veil import Hidden
from tests.goals.made import GOAL
from tests.queries.looking import Row

EYES = Eyes(
    around=Surroundings(now=datetime(2026, 11, 21, 12, tzinfo=UTC)),
    time_zone="Europe/Berlin",
    manager=Manager(id="grace"),
)
FIELD = RollupField(
    source_entity="opportunity",
    source_attribute="actualvalue",
    source_state="won",
    source_status="3",
    date_attribute="actualclosedate",
)
WON = Row(
    owner="user/ada",
    state="won",
    status="3",
    attributes={"actualvalue": "400.00", "actualclosedate": "2026-11-21"},
)
PERIOD = "2026-10-01 to 2026-12-31"
OF_OPPORTUNITY = Link(link="opportunityid", entity="opportunity")


def asked(
    *,
    field: RollupField = FIELD,
    where: object = None,
    access: Access = EVERYTHING,
    hidden: Hidden | None = None,
    **changes: Any,
) -> GoalField:
    """Return what is asked for the actual revenue of `north`."""
    return GoalField(
        goal=replace(GOAL, **changes),
        slot=Slot.ACTUAL,
        metric=Metric(
            id=MetricId("revenue"),
            kind=MetricKind.AMOUNT,
            data_type=DataType.MONEY,
            rollup_fields={Slot.ACTUAL: field},
        ),
        members=("alan", "tony"),
        query=where_of(where or {"all": []}, "opportunity", {}),
        eyes=EYES,
        access=access,
        hidden=hidden or {},
    )


def judged(record: Row, *linked: Row, **changes: Any) -> Judgement:
    """Return what the tests say of a record; nothing else is there but `linked`."""
    at_hand = {one.key: one for one in linked}
    sight = Seeing({"account/A0": None, "opportunity/O-2": None, **at_hand})
    found = judgement_of(record, Question(asked=asked(**changes)), sight)
    assert not sight.missing
    return found


def only(found: Judgement, name: Criterion) -> JudgedTest:
    """Return the only test of a name."""
    [test] = [one for one in found.tests if one.name is name]
    return test


def test_every_test_of_a_record_that_counts_holds() -> None:
    """In the order of the rule; what it adds is exact."""
    found = judged(WON, where={"attribute": "stage", "operator": "null"})

    assert [test.name for test in found.tests] == [
        Criterion.EXISTS,
        Criterion.ENTITY,
        Criterion.PERIOD,
        Criterion.STATE,
        Criterion.STATUS,
        Criterion.QUERY,
        Criterion.OWNER,
        Criterion.ACCESS,
        Criterion.ONLY_FROM_CHILDREN,
        Criterion.AMOUNT,
    ]
    assert found.failing == ()
    assert found.deserves == found.units == 4_000_000


def with_attributes(**attributes: Any) -> Row:
    """Return the record with other attributes."""
    return replace(WON, attributes={**WON.attributes, **attributes})


@pytest.mark.parametrize(
    ("record", "name", "seen", "says"),
    [
        (replace(WON, deleted=True), Criterion.EXISTS, "deleted", "it was deleted"),
        (
            replace(WON, key="lead/O-1"),
            Criterion.ENTITY,
            "lead",
            "it is of lead, and actual counts opportunity",
        ),
        (
            with_attributes(actualclosedate="2027-01-02"),
            Criterion.PERIOD,
            "2027-01-02",
            "its actualclosedate is 2027-01-02, after the period ended on 2026-12-31",
        ),
        (
            with_attributes(actualclosedate="2026-09-30"),
            Criterion.PERIOD,
            "2026-09-30",
            "its actualclosedate is 2026-09-30, before the period began on 2026-10-01",
        ),
        (
            # Midnight has come in Berlin.
            with_attributes(actualclosedate="2026-12-31T23:00:00Z"),
            Criterion.PERIOD,
            "2026-12-31T23:00:00Z",
            (
                "its actualclosedate is 2026-12-31T23:00:00Z (2027-01-01 in "
                "Europe/Berlin), after the period ended on 2026-12-31"
            ),
        ),
        (
            with_attributes(actualclosedate="9999-12-31T23:59:00Z"),
            Criterion.PERIOD,
            "9999-12-31T23:59:00Z",
            (
                "its actualclosedate is 9999-12-31T23:59:00Z, after the period ended "
                "on 2026-12-31"
            ),
        ),
        (
            with_attributes(actualclosedate=None),
            Criterion.PERIOD,
            None,
            "its actualclosedate is empty",
        ),
        (
            with_attributes(actualclosedate="soon"),
            Criterion.PERIOD,
            "soon",
            "its actualclosedate is soon, which is no date",
        ),
        (
            replace(WON, state="open"),
            Criterion.STATE,
            "open",
            "its state is open, and actual counts won",
        ),
        (
            replace(WON, status=None),
            Criterion.STATUS,
            None,
            "its status is empty, and actual counts 3",
        ),
        (
            replace(WON, owner="user/tony"),
            Criterion.OWNER,
            "user/tony",
            "it belongs to user tony, and the goal counts only records of user ada",
        ),
        (
            replace(WON, owner=None),
            Criterion.OWNER,
            None,
            "it belongs to nobody, and the goal counts only records of user ada",
        ),
        (
            with_attributes(actualvalue=None),
            Criterion.AMOUNT,
            None,
            "its actualvalue is empty",
        ),
        (
            with_attributes(actualvalue=True),
            Criterion.AMOUNT,
            "true",
            "its actualvalue is true, which is no amount",
        ),
        (
            with_attributes(actualvalue="0.00001"),
            Criterion.AMOUNT,
            "0.00001",
            "its actualvalue is 0.00001, which adds nothing",
        ),
    ],
)
def test_what_fails_says_what_was_seen(
    record: Row, name: Criterion, seen: str | None, says: str
) -> None:
    """And nothing else of the record fails with it."""
    [test] = judged(record).failing

    assert (test.name, test.seen, test.says) == (name, seen, says)
    assert judged(record).deserves == 0


def test_a_goal_that_takes_only_its_childrens_says_so() -> None:
    """Whatever the record is."""
    [test] = judged(WON, rollup_only_from_children=True).failing

    assert test.name is Criterion.ONLY_FROM_CHILDREN
    assert test.says == "the goal takes only what its children show"


@pytest.mark.parametrize(
    ("owner", "with_members", "holds"),
    [
        ("team/T0", False, True),
        ("user/alan", True, True),
        ("user/alan", False, False),
        ("user/ada", True, False),
    ],
)
def test_a_teams_goal_counts_its_members_records_where_it_is_told_to(
    owner: str, *, with_members: bool, holds: bool
) -> None:
    """Wanted says whose."""
    found = judged(
        replace(WON, owner=owner),
        owner=Principal(PrincipalType.TEAM, "T0"),
        include_team_members=with_members,
    )

    test = only(found, Criterion.OWNER)
    assert test.holds is holds
    assert test.wanted == "team/T0" + (" or one of its members" if with_members else "")


def test_what_a_goal_does_not_ask_is_no_test() -> None:
    """Anybody's, in any state."""
    field = replace(FIELD, source_state=None, source_status=None)

    found = judged(WON, field=field, owner_records_only=False)

    names = {test.name for test in found.tests}
    assert not names & {Criterion.OWNER, Criterion.STATE, Criterion.STATUS}


LINKED = replace(FIELD, state_from=OF_OPPORTUNITY, date_from=OF_OPPORTUNITY)
LINE = Row(
    key="opportunity/L-1",
    owner="user/ada",
    attributes={"actualvalue": 1, "opportunityid": "O-2"},
)


def test_state_and_date_may_be_those_of_a_linked_record() -> None:
    """Which one is said."""
    parent = replace(WON, key="opportunity/O-2", state="open")

    found = judged(LINE, parent, field=LINKED)

    period, state = only(found, Criterion.PERIOD), only(found, Criterion.STATE)
    assert (period.holds, period.seen, period.wanted) == (True, "2026-11-21", PERIOD)
    assert period.record == state.record == "opportunity/O-2"
    assert state.says == (
        "the state of its opportunity/O-2 is open, and actual counts won"
    )


@pytest.mark.parametrize(
    ("line", "linked", "says"),
    [
        (LINE, [], "its opportunity O-2 was deleted or never sent"),
        (
            LINE,
            [replace(WON, key="opportunity/O-2", deleted=True)],
            "its opportunity O-2 was deleted or never sent",
        ),
        (
            replace(LINE, attributes={"actualvalue": 1}),
            [],
            "it names no opportunity in opportunityid",
        ),
    ],
)
def test_a_linked_record_that_is_not_there_is_told(
    line: Row, linked: list[Row], says: str
) -> None:
    """In every test that looks at it."""
    found = judged(line, *linked, field=LINKED)

    assert [test.says for test in found.failing] == [says] * 3


ADDRESS = {
    "link": "customerid",
    "entity": "account",
    "where": {"attribute": "postalcode", "operator": "eq", "value": "60661"},
}
LEAF = {"attribute": "stage", "operator": "eq", "value": "close"}


def test_each_demand_of_a_query_is_a_test_of_its_own() -> None:
    """In words, with what was found behind links."""
    record = with_attributes(stage="propose", customerid="A0")
    account = Row(key="account/A0", attributes={"postalcode": "60662"})

    found = judged(record, account, where={"all": [LEAF, {"all": [ADDRESS]}]})

    stage, address = found.failing
    assert (stage.seen, stage.wanted) == ("propose", 'stage is "close"')
    assert address.seen == "account/A0: 60662"
    assert address.wanted == 'customerid\'s account has postalcode "60661"'
    assert stage.says == (
        'the goal\'s query asks that stage is "close", but found propose'
    )


@pytest.mark.parametrize(
    ("where", "seen"),
    [
        ({"any": [LEAF, ADDRESS]}, "propose, no account/A0"),
        ({"not": {"not": LEAF}}, "propose"),
        ({"any": [LEAF, {"all": [LEAF, LEAF]}]}, "propose"),
        (ADDRESS, "no account/A0"),
    ],
)
def test_a_group_shows_all_that_was_seen(where: object, seen: str) -> None:
    """Each value once."""
    found = judged(with_attributes(stage="propose", customerid="A0"), where=where)

    [test] = found.failing
    assert test.seen == seen


def test_a_query_that_cannot_be_asked_fails_and_says_why() -> None:
    """It is nobody's fault but the query's."""
    question = Question(asked=asked(), unreadable="rollup query q does not read")

    found = judgement_of(WON, question, Seeing({}))

    [test] = found.failing
    assert test.name is Criterion.QUERY
    assert test.says.endswith("rollup query q does not read")


def test_counts_count_one_and_have_no_amount() -> None:
    """What the attribute holds plays no part."""
    question = Question(asked=asked())
    metric = replace(question.asked.metric, kind=MetricKind.COUNT, data_type=None)
    question = replace(question, asked=replace(question.asked, metric=metric))

    found = judgement_of(with_attributes(actualvalue=None), question, Seeing({}))

    assert found.deserves == 1
    assert Criterion.AMOUNT not in [test.name for test in found.tests]


def test_what_is_not_at_hand_is_asked_for() -> None:
    """And once it is known to be missing, no more."""
    question = Question(asked=asked(field=LINKED))
    unknown, known = Seeing({}), Seeing({"opportunity/O-2": None})

    judgement_of(LINE, question, unknown)
    judgement_of(LINE, question, known)

    assert unknown.missing == {"opportunity/O-2"}
    assert known.missing == set()
