"""Rules: people change, and time passes."""

from hypothesis import strategies as st
from hypothesis.stateful import rule

from tests.stateful.deeds import Kind
from tests.stateful.life import Life


class RulesOfPeople(Life):
    """What else decides which records goals count, and when they stand still."""

    @rule(
        members=st.lists(st.sampled_from(("ada", "bob")), unique=True),
        is_manager=st.booleans(),
    )
    def change_people(self, members: list[str], is_manager: bool) -> None:
        """Disable a manager, or enable her again; or change who is on a team."""
        if is_manager:
            disabled = "mia" not in self._oracle.said.disabled
            self._do(Kind.CHANGE_USER, "mia", {"disabled": disabled})
        else:
            self._do(Kind.CHANGE_TEAM, "north", {"members": members})

    @rule(days=st.sampled_from((20, 1, 45)), expiry=st.sampled_from((None, 0, 30, 400)))
    def let_time_pass(self, days: int, expiry: int | None) -> None:
        """Let goals expire, or nearly; or say anew how long they have."""
        if expiry is None:
            self._do(Kind.LET_TIME_PASS, body={"days": days})
        else:
            body = {"goal_rollup_expiry_days": expiry}
            self._do(Kind.CHANGE_ORGANIZATION, body=body)
