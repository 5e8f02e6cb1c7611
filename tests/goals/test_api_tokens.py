"""Who may hand out what."""

import pytest

from services.goals.domain.api_tokens import (
    TOKENS_MAX,
    check_count,
    check_hands_out,
)
from services.goals.domain.callers import ADMIN, ALL_SCOPES, Caller, Scope
from services.goals.domain.errors import RefusedError

KEEPER = Caller(
    name="token/keeper",
    scopes=frozenset({Scope.ORGANIZATION_WRITE, Scope.GOALS_READ}),
)
ADA = Caller(name="user/ada", user_id="ada", scopes=ALL_SCOPES)


def test_an_admin_hands_out_everything() -> None:
    """It is how everything begins."""
    check_hands_out(ADMIN, ALL_SCOPES)


def test_a_system_hands_out_what_it_has() -> None:
    """And nothing else: the error names what it lacks."""
    check_hands_out(KEEPER, {Scope.GOALS_READ})
    with pytest.raises(RefusedError, match="goals:write, records:write itself") as more:
        check_hands_out(KEEPER, {Scope.GOALS_WRITE, Scope.RECORDS_WRITE})

    assert more.value.refusal.error == "scope_not_ones_own"


def test_a_person_hands_out_nothing() -> None:
    """Not even what he has: it would not end with his rights."""
    with pytest.raises(RefusedError, match="user/ada is a person") as caught:
        check_hands_out(ADA, {Scope.GOALS_READ})

    assert caught.value.refusal.error == "handed_out_by_person"


def test_there_are_so_many_tokens_and_no_more() -> None:
    """All of them are read every few seconds."""
    check_count(TOKENS_MAX - 1)
    with pytest.raises(RefusedError, match="revoke those that nobody uses") as caught:
        check_count(TOKENS_MAX)

    assert caught.value.refusal.error == "too_many_tokens"
