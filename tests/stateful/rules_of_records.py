"""Rules: records come, change, come again and contradict one another."""

from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import initialize, rule

from tests.stateful import bodies
from tests.stateful.bodies import pick
from tests.stateful.deeds import Deed, Json, Kind
from tests.stateful.life import REST, Life, with_goals
from tests.stateful.said import key_of

RECORDS_OF_AN_ENTITY = 5
FIRST_VERSION = 10
# What is done to a goal while a record of its own climbs; mostly nothing.
THEN = (
    None,
    None,
    None,
    {"state": "closed"},
    {"is_overridden": True},
    {"parent_id": None},
    {"owner_records_only": True},
    {"is_override": True, "values": {"actual": "5"}},
)


class RulesOfRecords(Life):
    """Upstream systems send records."""

    def __init__(self, *given: Any) -> None:
        super().__init__(*given)
        self._sent: list[Json] = []

    def _known(self, number: int) -> Json | None:
        known = sorted(self._oracle.said.records.values(), key=key_of)
        return known[number % len(known)] if known else None

    def _send(self, *several: Json) -> None:
        self._sent += several
        self._do(Kind.SEND_RECORDS, body=list(several))

    def _next(self, entity: str, number: int, content: Json, *, by: int = 1) -> Json:
        record = {"entity": entity, "id": f"O-{number % RECORDS_OF_AN_ENTITY}"}
        known = self._oracle.said.records.get(key_of(record))
        last = FIRST_VERSION if known is None else known["version"]
        return {**record, "version": last + by, **content}

    @initialize(contents=st.lists(bodies.contents, min_size=1, max_size=5))
    def begin_with_records(self, contents: list[Json]) -> None:
        """Begin with some opportunities."""
        self._send(
            *(
                self._next("opportunity", number, content)
                for number, content in enumerate(contents)
            )
        )

    @rule(
        entity=st.sampled_from(bodies.ENTITIES),
        number=pick,
        content=bodies.contents,
        at_once=st.booleans(),
    )
    def send_record(
        self, entity: str, number: int, content: Json, at_once: bool
    ) -> None:
        """Send a new version of a record, and maybe do not wait for it."""
        self._hurries |= at_once
        self._send(self._next(entity, number, content))

    @with_goals
    @rule(
        goal=pick,
        number=pick,
        amount=st.sampled_from(bodies.AMOUNTS[:5]),
        is_first_day=st.booleans(),
        then=st.sampled_from(THEN),
    )
    def feed(
        self, goal: int, number: int, amount: str, is_first_day: bool, then: Json | None
    ) -> None:
        """Send a record that counts in a goal; maybe do something to it at once."""
        goal_id = self._goal(goal)
        known = self._oracle.said.goals[goal_id]
        fields = self._oracle.said.metrics[known.metric_id].fields
        one = fields[max(fields)] if number % 2 else fields[min(fields)]
        day = known.period.start if is_first_day else known.period.end
        content = {
            "owner": known.owner,
            "state": one.get("source_state"),
            "status": one.get("source_status"),
            "attributes": {"amount": amount, "closed": str(day), "expected": str(day)},
        }
        self._hurries |= then is not None
        self._send(self._next(one["source_entity"], number, content))
        if then is not None:
            self._do(Kind.CHANGE_GOAL, goal_id, then)

    @rule(
        several=st.lists(
            st.tuples(
                st.sampled_from(bodies.ENTITIES),
                pick,
                bodies.contents,
                st.integers(1, 3),
            ),
            min_size=2,
            max_size=5,
        )
    )
    def send_records(self, several: list[tuple[str, int, Json, int]]) -> None:
        """Send several records at once, maybe several versions of one."""
        fresh: dict[tuple[str, int], Json] = {}
        for entity, number, content, by in several:
            record = self._next(entity, number, content, by=by)
            # Never two contents under one version: that is a rule of its own.
            fresh.setdefault((key_of(record), record["version"]), record)
        self._send(*fresh.values())

    @rule(number=pick, correction=bodies.corrections, at_once=st.booleans())
    def correct_record(self, number: int, correction: Json, at_once: bool) -> None:
        """Re-own, re-date, delete or restore a record, or change its state."""
        known = self._known(number)
        if known is None:
            return
        self._hurries |= at_once
        record = {**known, "version": known["version"] + 1}
        for name, value in correction.items():
            if name in known["attributes"]:
                record["attributes"] = known["attributes"] | {name: value}
            else:
                record[name] = value
        self._send(record)

    @rule(number=pick, content=bodies.contents, again=st.integers(0, 50))
    def send_old(self, number: int, content: Json, again: int) -> None:
        """Send a version that is older than what is known, and one that came once."""
        known = self._known(number)
        if known is None:
            return
        # None that was sent before: a version has one content.
        stale = {**known, **content, "version": known["version"] % FIRST_VERSION}
        self._send(stale, self._sent[-1 - again % len(self._sent)])

    @rule(number=pick, content=bodies.contents, other=bodies.contents)
    def send_conflict(self, number: int, content: Json, other: Json) -> None:
        """Send two contents under one version, of twins in either order."""
        contents = [
            {**one, "attributes": {**one["attributes"], "copy": copy}}
            for copy, one in (("one", content), ("other", other))
        ]
        if self._unsettled:
            self._do_so(REST)
        deed = Deed(Kind.SEND_RECORDS, "in conflict", contents)
        self._await(deed, self._settle_conflict(number, contents))

    async def _settle_conflict(self, number: int, contents: list[Json]) -> None:
        """Tell the oracle which content stands after each; no order may decide it."""
        last = [
            await self._stands_after(self._next("opportunity", twin, {}), in_order)
            for twin, in_order in ((number, contents), (number + 1, contents[::-1]))
        ]
        assert last[0] == last[1], f"the order decided between {contents}"

    async def _stands_after(self, record: Json, contents: list[Json]) -> Json:
        """Send these contents of a record, and the first once more."""
        stands: Json = {}
        for content in (*contents, contents[0]):
            body = [{**record, **content}]
            await self._house.do(Deed(Kind.SEND_RECORDS, body=body))
            await self._house.come_to_rest(turn=len(self._done))
            known = await self._house.attributes_of(key_of(record))
            [stands] = [
                one
                for one in contents
                if one["attributes"]["copy"] == known.get("copy")
            ]
            self._oracle.let_stand({**record, **stands})
        await self._judge(REST)
        return stands
