"""What requests and records may say: few names and many edges, so that things meet."""

from collections.abc import Sequence
from typing import Any, Final, TypeVar

from hypothesis import strategies as st

from tests.stateful.deeds import Json
from tests.stateful.said import SLOTS

USERS: Final = frozenset({"ada", "bob", "grace", "mia"})
TEAMS: Final = frozenset({"north"})
OWNERS: Final = (
    {"type": "user", "id": "ada"},
    {"type": "user", "id": "bob"},
    {"type": "team", "id": "north"},
)

# The first ones are the usual ones, and what failing examples shrink to.
PERIODS: Final = (
    {
        "period": {"kind": "custom", "start": "2026-07-01", "end": "2026-09-30"},
        "time_zone": "Europe/Berlin",
    },
    {"period": {"kind": "fiscal", "year": 2026, "period": 3}},
    {
        "period": {"kind": "custom", "start": "2026-09-30", "end": "2026-09-30"},
        "time_zone": "America/New_York",
    },
    # The same days as the fiscal one has at first, and another name.
    {"period": {"kind": "custom", "start": "2026-07-01", "end": "2026-09-30"}},
)
OTHER_PERIODS: Final = (
    {"kind": "fiscal", "year": 2027, "period": 109},
    {"kind": "fiscal", "year": 2026, "period": 410},
    {"kind": "fiscal", "year": 2026, "period": 202},
    {"kind": "custom", "start": "2026-07-01"},
    {"kind": "custom", "start": "2026-10-01", "end": "2026-09-30"},
    {"kind": "fiscal", "year": 2026},
    {"kind": "fiscal", "year": 2026, "period": 3, "end": "2026-09-30"},
    {"kind": "custom", "start": "2026-07-01", "end": "2026-07-31", "year": 2026},
)
CALENDARS: Final = (
    {"start": "01-01", "template": "quarterly", "year_named_by": "start"},
    {"start": "04-01", "template": "quarterly", "year_named_by": "start"},
    {"start": "10-01", "template": "monthly", "year_named_by": "end"},
    {"start": "01-01", "template": "four_weekly", "year_named_by": "start"},
    {"start": "05-31", "template": "quarterly", "year_named_by": "end"},
    {"start": "07-01", "template": "semiannual", "year_named_by": "start"},
)
# The edges of those periods, as days and as instants, and what is no date.
DATES: Final = (
    "2026-08-15",
    "2026-09-30",
    "2026-10-01",
    "2026-06-30",
    "2026-09-30T21:59:59.999999Z",
    "2026-09-30T22:00:00+00:00",
    "2026-06-30T22:00:00+00:00",
    "2026-06-30T21:59:59Z",
    "2026-10-01T00:30:00+02:00",
    "2026-10-01T03:59:59Z",
    "2026-10-01T04:00:00Z",
    "2026-09-30T12:00:00",
    "soon",
    None,
)
AMOUNTS: Final = ("1", "10.5", "-3.25", 7, "100", "0.00005", "0.00015", None, "much")
WRITTEN: Final = ("5", "0", "-2", "1000000", "7.25", "0.00001", "1" + 17 * "0")
# 10.5 of 64 is a percentage between two that can be told.
TARGETS: Final = ("64", "0", None, "2.50", "33.3333", "-1")
STATES: Final = ("won", "open", None)
STATUSES: Final = ("1", "2", None)
ENTITIES: Final = ("opportunity", "call")


def _field(entity: str, date: str, **more: str) -> Json:
    return {"source_entity": entity, "date_attribute": date, **more}


METRICS: Final[dict[str, Json]] = {
    "revenue": {
        "kind": "amount",
        "data_type": "money",
        "stretch_tracked": True,
        "rollup_fields": {
            "actual": _field(
                "opportunity", "closed", source_attribute="amount", source_state="won"
            ),
            "in_progress": _field(
                "opportunity",
                "expected",
                source_attribute="amount",
                source_state="open",
                source_status="1",
            ),
        },
    },
    "calls": {
        "kind": "count",
        "rollup_fields": {
            "actual": _field("call", "closed"),
            "custom": _field("opportunity", "closed", source_state="open"),
        },
    },
    "ratio": {
        "kind": "amount",
        "data_type": "decimal",
        "rollup_fields": {
            "custom": _field("call", "expected", source_attribute="amount")
        },
    },
    "units": {
        "kind": "amount",
        "data_type": "integer",
        "rollup_fields": {
            "actual": _field("opportunity", "closed", source_attribute="amount")
        },
    },
}

Value = TypeVar("Value")


def _mostly(values: Sequence[Value]) -> st.SearchStrategy[Value]:
    """Return the first one in most cases, so that records and goals often meet."""
    return st.sampled_from([*([values[0]] * len(values)), *values])


# Which one of what there is; the first one is taken if a failing example shrinks.
pick = st.integers(0, 11)
owners = _mostly(OWNERS)
periods = _mostly(PERIODS)
calendars = st.sampled_from(CALENDARS)
metric_ids = st.sampled_from(("revenue", "revenue", *METRICS))
targets = st.sampled_from(TARGETS)

_given_period = {
    "period": st.sampled_from((*(one["period"] for one in PERIODS), *OTHER_PERIODS))
}


def written(slots: tuple[str, ...] = SLOTS) -> st.SearchStrategy[Json]:
    """Return values that somebody writes over some slots."""
    return st.dictionaries(st.sampled_from(slots), st.sampled_from(WRITTEN), max_size=2)


# Any mixture of flags and values, most of them wrong.
overrides: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {},
    optional={
        "is_override": st.booleans(),
        "is_overridden": st.booleans(),
        "values": written(),
        "override_reason": st.just("by contract"),
    },
)

# What is mostly right of them, for several goals at once.
sound_overrides: st.SearchStrategy[Json] = st.sampled_from(
    (
        *(4 * ({},)),
        {"is_overridden": True},
        {"is_override": True, "values": {"actual": "5"}},
        {"is_override": True, "is_overridden": True, "values": {"actual": "20"}},
    )
)

edits: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {},
    optional={
        "title": st.sampled_from(("North", "South")),
        "target": targets,
        "stretch_target": targets,
        "manager_id": st.sampled_from(("grace", "mia", "north", "nobody")),
        "owner": st.sampled_from((*OWNERS, {"type": "user", "id": "nobody"})),
        "attributes": st.sampled_from(({}, {"region": "EMEA"})),
        "shared_with": st.sampled_from(
            ([], [{"type": "user", "id": "bob", "rights": ["read"]}])
        ),
    },
)

remeasured: st.SearchStrategy[Json] = st.one_of(
    st.fixed_dictionaries({"owner": owners}),
    st.fixed_dictionaries({"owner_records_only": st.booleans()}),
    st.fixed_dictionaries({"rollup_only_from_children": st.booleans()}),
    st.fixed_dictionaries({"include_team_members": st.booleans()}),
    st.fixed_dictionaries(
        {"owner": owners, "owner_records_only": st.booleans(), "title": st.just("New")}
    ),
)

new_goals: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {
        "owner": owners,
        "owner_records_only": st.booleans(),
        "include_team_members": st.booleans(),
        "manager_id": st.sampled_from(("grace", "grace", "mia")),
        "rollup_only_from_children": st.sampled_from((False, False, False, True)),
        "target": st.sampled_from(TARGETS[:-2]),
    }
)

new_periods: st.SearchStrategy[Json] = st.one_of(
    periods,
    st.fixed_dictionaries(_given_period),
    st.fixed_dictionaries(
        {"time_zone": st.sampled_from(("UTC", "Pacific/Kiritimati"))}
    ),
)

contents: st.SearchStrategy[Json] = st.fixed_dictionaries(
    {
        "deleted": st.sampled_from((False, False, False, False, False, True)),
        "owner": _mostly((*OWNERS, None)),
        "state": _mostly(STATES),
        "status": _mostly(STATUSES),
        "attributes": st.fixed_dictionaries(
            {
                "amount": st.sampled_from(AMOUNTS),
                "closed": _mostly(DATES),
                "expected": _mostly(DATES),
            }
        ),
    }
)

# What somebody corrects in a record that is there.
corrections: st.SearchStrategy[Json] = st.one_of(
    st.fixed_dictionaries({"owner": st.sampled_from((*OWNERS, None))}),
    st.fixed_dictionaries({"state": st.sampled_from(STATES)}),
    st.fixed_dictionaries({"status": st.sampled_from(STATUSES)}),
    st.fixed_dictionaries({"deleted": st.booleans()}),
    st.fixed_dictionaries({"closed": st.sampled_from(DATES)}),
    st.fixed_dictionaries({"expected": st.sampled_from(DATES)}),
    st.fixed_dictionaries({"amount": st.sampled_from(AMOUNTS)}),
)

fields: st.SearchStrategy[dict[str, Any]] = st.dictionaries(
    st.sampled_from(SLOTS),
    st.one_of(
        st.none(),
        st.builds(
            _field,
            st.sampled_from(ENTITIES),
            st.sampled_from(("closed", "expected")),
            source_state=st.sampled_from(("won", "open")),
        ),
        st.builds(
            _field,
            st.sampled_from(ENTITIES),
            st.sampled_from(("closed", "expected")),
            source_attribute=st.just("amount"),
        ),
    ),
    min_size=1,
    max_size=2,
)

metric_changes: st.SearchStrategy[Json] = st.one_of(
    st.fixed_dictionaries({"rollup_fields": fields}),
    st.fixed_dictionaries(
        {},
        optional={
            "name": st.sampled_from(("Revenue", "Other")),
            "kind": st.sampled_from(("count", "amount")),
            "stretch_tracked": st.booleans(),
        },
    ),
)
