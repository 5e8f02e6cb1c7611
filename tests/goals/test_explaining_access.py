"""What the goal's manager may read decides what counts, and is told in words."""

from dataclasses import replace
from typing import Any

import pytest

from services.goals.domain.access_in_words import outcome, reads, standing
from services.goals.domain.explaining import Criterion, Question, judgement_of
from services.goals.domain.verdicts import verdict_of
from shared.domain.goals import Link
from shared.queries.eyes import Manager, Surroundings
from shared.queries.seeing import Seeing
from shared.rights.access import EVERYTHING, NOTHING, Access
from tests.goals.made import GOAL
from tests.goals.test_explaining import (
    EYES,
    FIELD,
    WON,
    asked,
    judged,
    only,
    with_attributes,
)
from tests.queries.looking import Row

UNITS = {"user/ada": "emea", "user/alan": "apac"}
BO = Manager(
    id="bo", teams=frozenset({"north", "south"}), reports=frozenset({"ada", "alan"})
)
MINE = frozenset({"user/bo", "team/north"})
REGIONAL = Access(
    owners=MINE,
    units=frozenset({"emea", "dach"}),
    top_unit="emea",
    shared_with=MINE,
)


@pytest.mark.parametrize(
    ("access", "words"),
    [
        (EVERYTHING, "every record"),
        (NOTHING, "no opportunity"),
        (
            Access(owners=frozenset({"user/bo"}), shared_with=frozenset({"user/bo"})),
            "records of user bo, and what is shared with them",
        ),
        (
            REGIONAL,
            (
                "records of user bo, team north, unit emea and below, and what is "
                "shared with them"
            ),
        ),
        (
            replace(REGIONAL, units=frozenset({"emea"})),
            "records of user bo, team north, unit emea, and what is shared with them",
        ),
        (
            # Hierarchy security: those who report come last.
            Access(owners=MINE | {"team/south", "user/ada", "user/alan"}),
            (
                "records of user bo, team north, team south, user ada, user alan, and "
                "what is shared with them"
            ),
        ),
        (
            Access(owners=MINE | {f"user/p{number}" for number in range(9)}),
            (
                "records of user bo, team north, user p0, user p1, user p2, user p3 "
                "and 5 more, and what is shared with them"
            ),
        ),
    ],
)
def test_what_somebody_reads_is_one_plain_phrase(access: Access, words: str) -> None:
    """His own first, then his teams', those who report, units, and shares."""
    assert reads(BO, access, "opportunity") == words


@pytest.mark.parametrize(
    ("changes", "seen", "says"),
    [
        (
            {"owner": "user/ada"},
            "owner user/ada, unit emea",
            "bo may read it, for it belongs to unit emea",
        ),
        (
            {"owner": "team/north"},
            "owner team/north, no unit",
            "bo may read it, for it belongs to team north",
        ),
        (
            {"owner": "user/alan", "shared_with": ["user/x", "user/bo"]},
            "owner user/alan, unit apac, shared with user/bo, user/x",
            "bo may read it, for it is shared with user bo",
        ),
        (
            {"owner": None, "shared_with": ["user/bo"]},
            "no owner, shared with user/bo",
            (
                "the goal's manager bo may not read it, for nobody owns it, and that "
                "is read by those who read every record"
            ),
        ),
        (
            {"owner": "user/alan", "shared_with": ["user/x"]},
            "owner user/alan, unit apac, shared with user/x",
            (
                "the goal's manager bo may not read it, who reads only records of user "
                "bo, team north, unit emea and below, and what is shared with them"
            ),
        ),
    ],
)
def test_a_record_s_owner_unit_and_shares_decide(
    changes: dict[str, Any], seen: str, says: str
) -> None:
    """Why somebody may read it is told by what he reads it by."""
    record = replace(WON, **changes)

    assert standing(record, UNITS) == seen
    assert outcome(BO, REGIONAL, record, UNITS) == says


def test_what_goes_without_saying_is_not_said() -> None:
    """That somebody who reads everything reads this; who reads nothing is told of."""
    assert outcome(BO, EVERYTHING, WON, {}) == ""
    assert outcome(BO, NOTHING, WON, {}) == (
        "the goal's manager bo may not read it, and reads no opportunity"
    )


def told(record: Row, **changes: Any) -> str:
    """Return the sentence on a record that is not in the totals."""
    verdict = verdict_of(
        record, GOAL, judged(record, **changes), held=0, decimals=4, lag=None
    )
    return verdict.sentence


def test_a_record_that_the_manager_may_not_read_does_not_count() -> None:
    """The test stands after the owner's, and the sentence says it."""
    access = Access(owners=frozenset({"user/grace"}))

    found = judged(WON, access=access)

    assert [test.name for test in found.failing] == [Criterion.ACCESS]
    names = [test.name for test in found.tests]
    assert names.index(Criterion.ACCESS) == names.index(Criterion.OWNER) + 1
    test = only(found, Criterion.ACCESS)
    assert (test.seen, test.wanted) == (
        "owner user/ada, no unit",
        "read by grace: records of user grace, and what is shared with them",
    )
    assert found.deserves == 0
    assert told(WON, access=access) == (
        "Opportunity O-1 does not count towards actual of North: the goal's manager "
        "grace may not read it, who reads only records of user grace, and what is "
        "shared with them."
    )


def test_units_are_those_of_the_goal_s_surroundings() -> None:
    """An owner who is of no unit is of none that is read."""
    access = Access(units=frozenset({"emea"}), top_unit="emea")
    around = replace(EYES.around, unit_of_owner=UNITS)
    of_emea = replace(asked(access=access), eyes=replace(EYES, around=around))
    of_none = replace(of_emea, eyes=replace(EYES, around=Surroundings()))

    [found, lost] = [
        judgement_of(WON, Question(asked=one), Seeing({})) for one in (of_emea, of_none)
    ]

    assert only(found, Criterion.ACCESS).holds
    assert not only(lost, Criterion.ACCESS).holds


@pytest.mark.parametrize(
    ("hidden", "name", "says"),
    [
        (
            "actualvalue",
            Criterion.AMOUNT,
            "its actualvalue is hidden from the goal's manager grace",
        ),
        (
            "actualclosedate",
            Criterion.PERIOD,
            "its actualclosedate is hidden from the goal's manager grace",
        ),
        (
            "stage",
            Criterion.QUERY,
            (
                'the goal\'s query asks that stage is "close", but found nothing '
                "(stage is hidden from grace)"
            ),
        ),
    ],
)
def test_what_is_hidden_from_the_manager_is_null(
    hidden: str, name: Criterion, says: str
) -> None:
    """It adds nothing, lies in no period, and fulfils no condition; it says why."""
    where = {"attribute": "stage", "operator": "eq", "value": "close"}
    record = with_attributes(stage="close")
    shown = judged(record, where=where)

    found = judged(record, where=where, hidden={"opportunity": frozenset({hidden})})

    assert shown.failing == ()
    [test] = found.failing
    assert (test.name, test.says) == (name, says)
    assert test.seen in (None, f"nothing ({hidden} is hidden from grace)")
    assert found.deserves == 0


PARENT = Link(link="opportunityid", entity="case")


@pytest.mark.parametrize(
    ("hidden", "says"),
    [
        (
            {"opportunity": frozenset({"opportunityid"})},
            "its opportunityid is hidden from the goal's manager grace",
        ),
        (
            {"case": frozenset({"actualclosedate"})},
            (
                "the actualclosedate of its case/C-1 is hidden from the goal's manager "
                "grace"
            ),
        ),
    ],
)
def test_a_hidden_link_leads_nowhere_and_what_is_behind_it_may_be_hidden(
    hidden: dict[str, frozenset[str]], says: str
) -> None:
    """What of a linked record is hidden goes by the linked record's entity."""
    field = replace(FIELD, date_from=PARENT)
    line = with_attributes(opportunityid="C-1")
    case = Row(key="case/C-1", attributes={"actualclosedate": "2026-11-21"})

    shown = judged(line, case, field=field)
    found = judged(line, case, field=field, hidden=hidden)

    assert shown.failing == ()
    assert [(one.name, one.says) for one in found.failing] == [(Criterion.PERIOD, says)]


def test_a_query_sees_no_more_of_linked_records_than_the_manager() -> None:
    """The words say which attribute, and from whom."""
    where = {
        "link": "customerid",
        "entity": "case",
        "where": {"attribute": "city", "operator": "eq", "value": "Oslo"},
    }
    record = with_attributes(customerid="C-1")
    case = Row(key="case/C-1", attributes={"city": "Oslo"})

    behind = judged(record, case, where=where, hidden={"case": frozenset({"city"})})
    link = judged(
        record, case, where=where, hidden={"opportunity": frozenset({"customerid"})}
    )

    assert only(behind, Criterion.QUERY).seen == (
        "case/C-1: nothing (city is hidden from grace)"
    )
    assert only(link, Criterion.QUERY).seen == (
        "nothing (customerid is hidden from grace)"
    )
    assert judged(record, case, where=where).failing == ()
