"""What was written as FetchXML and read again answers as before, for every record."""

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shared.domain.records import Record
from shared.queries.compiled import compiled
from shared.queries.conditions import Where
from shared.queries.eyes import Eyes, Manager, Surroundings
from shared.queries.fetchxml import tree_of
from shared.queries.fetchxml_names import FetchXmlError
from shared.queries.fetchxml_writing import fetchxml_of
from shared.queries.operators import Family, Operator
from shared.queries.reading import where_of
from shared.queries.unreadable import UnreadableQueryError
from tests.queries.fetched import TYPES, fetch
from tests.rollup.making import record

EYES: Final = Eyes(
    around=Surroundings(
        now=datetime(2026, 11, 21, 12, tzinfo=UTC),
        unit_of_owner={"user/R0": "north", "user/M": "south", "team/T": "top"},
        parent_of_unit={"north": "top", "south": "top"},
    ),
    time_zone="Europe/Berlin",
    manager=Manager(
        id="M",
        teams=frozenset({"T"}),
        reports=frozenset({"R0"}),
        business_unit="north",
    ),
)

NAMES: Final = ("value", "closes", "created", "won", "name", "customerid", "nobody")
BESIDES: Final = ("@id", "@owner", "@owner_business_unit", "@state", "@status")
TEXTS: Final = ("O1", "A1", "R0", "user/R0", "north", "top", "x", "X%", "a_", " é\n<&")
DATES: Final = ("2026-11-21", "2026-11-22", "2026-11-21T10:30:00Z", "2026-11-20T23:30Z")
VALUES: Final = (*TEXTS, *DATES, 1, 2, "1", "2.0", True, False, None)

values = st.sampled_from(VALUES)
said = st.sampled_from([one for one in VALUES if one is not None])
attributes = st.sampled_from((*NAMES, *BESIDES))


_OF_FAMILIES: Final[Mapping[Family, st.SearchStrategy[Any]]] = {
    Family.NULL: st.none(),
    Family.SPAN: st.none(),
    Family.MANAGER: st.none(),
    Family.MANAGER_UNIT: st.none(),
    Family.COUNTED_SPAN: st.integers(1, 3),
    Family.DAY: st.sampled_from(DATES),
    Family.FISCAL: st.tuples(st.integers(1, 4), st.just(2026)).map(list),
    Family.TEXT: st.sampled_from(TEXTS),
    Family.HIERARCHY: st.sampled_from(TEXTS),
    Family.ATTRIBUTE_EQUALITY: attributes,
    Family.ATTRIBUTE_ORDER: attributes,
    Family.EQUALITY: said,
    Family.ORDER: said,
}
_OF_OPERATORS: Final[Mapping[Operator, st.SearchStrategy[Any]]] = {
    Operator.IN: st.lists(said, min_size=1, max_size=3),
    Operator.NOT_IN: st.lists(said, min_size=1, max_size=3),
    Operator.BETWEEN: st.lists(said, min_size=2, max_size=2),
    Operator.NOT_BETWEEN: st.lists(said, min_size=2, max_size=2),
    Operator.IN_FISCAL_YEAR: st.just(2026),
    Operator.IN_FISCAL_PERIOD: st.integers(1, 4),
}


def operands_of(operator: Operator) -> st.SearchStrategy[Any]:
    """Return values that an operator may take."""
    return _OF_OPERATORS.get(operator, _OF_FAMILIES[operator.family])


def conditions_on(names: st.SearchStrategy[str]) -> st.SearchStrategy[dict[str, Any]]:
    """Return conditions; not all of them read."""
    return st.sampled_from(Operator).flatmap(
        lambda operator: st.fixed_dictionaries(
            {
                "attribute": names,
                "operator": st.just(str(operator)),
                "value": operands_of(operator),
            }
        )
    )


def reads(condition: Any, entity: str) -> bool:
    """Tell whether a condition reads, and can be said in FetchXML."""
    try:
        fetchxml_of(where_of(condition, entity, TYPES), entity)
    except (UnreadableQueryError, FetchXmlError):
        return False
    return True


def negates(condition: Any, entity: str) -> bool:
    """Tell whether the opposite of a condition can be said in FetchXML."""
    return reads({"not": condition}, entity)


def linked_to(where: Any) -> dict[str, Any]:
    """Return a condition on the customer of an opportunity, and on its parent."""
    return {"link": "customerid", "entity": "account", "where": where}


leaves = conditions_on(attributes).filter(lambda one: reads(one, "opportunity"))
linked = (
    conditions_on(st.sampled_from(("postalcode", "staff", "@state", "@id")))
    .filter(lambda one: reads(one, "account"))
    .map(linked_to)
)
everything: st.SearchStrategy[dict[str, Any]] = st.just({"all": []})
trees = st.recursive(
    leaves | linked | everything,
    lambda inner: (
        st.lists(inner, max_size=3).map(lambda several: {"all": several})
        | st.lists(inner, min_size=1, max_size=3).map(lambda several: {"any": several})
        | inner.filter(lambda one: negates(one, "opportunity")).map(
            lambda one: {"not": one}
        )
    ),
    max_leaves=8,
)


class Seen:
    """Sees the records that are there."""

    def __init__(self, records: Mapping[str, Record]) -> None:
        self._records = records

    def look(self, key: str) -> Record | None:
        """Return a record that is there."""
        return self._records.get(key)

    def again(self, instant: datetime) -> None:
        """Nothing is asked again."""


# Often null, often 1, and sometimes anything.
sizes = st.sampled_from((None, None, "1", 1)) | values
accounts = st.fixed_dictionaries(
    {},
    optional={"postalcode": sizes, "staff": sizes},
).map(
    lambda said: {
        "account/A1": record(entity="account", id="A1", attributes=said, state="1")
    }
)
records = st.builds(
    lambda said, owner, state, identifier: record(
        attributes=said, owner=owner, state=state, id=identifier
    ),
    st.fixed_dictionaries(
        {},
        optional=dict.fromkeys(NAMES, values)
        # Most link to the account that may be there.
        | {"customerid": st.sampled_from(("A1", "A1", "A1", *VALUES))},
    ),
    st.sampled_from((None, "user/R0", "user/M", "team/T")),
    st.sampled_from((None, "1", "x")),
    st.sampled_from(("O1", "O2")),
)


def answer(where: Where, one: Record, others: Mapping[str, Record]) -> bool:
    """Tell whether a record fulfils a query."""
    return compiled(where, "opportunity")(one, EYES, Seen(others))


@settings(
    max_examples=600,
    suppress_health_check=[HealthCheck.filter_too_much, HealthCheck.too_slow],
)
@given(trees, st.lists(st.tuples(records, accounts), min_size=1, max_size=8))
def test_what_was_written_answers_as_before(
    where: Any, several: list[tuple[Record, dict[str, Record]]]
) -> None:
    """Whatever can be written, with every `not` pushed inwards."""
    before = where_of(where, "opportunity", TYPES)

    entity, after = tree_of(fetchxml_of(before, "opportunity"), TYPES)

    assert entity == "opportunity"
    for one, others in several:
        assert answer(after, one, others) == answer(before, one, others)


ON_ACCOUNTS = st.tuples(
    st.sampled_from(("postalcode", "staff", "accountid")),
    st.sampled_from(("null", "not-null", "ne-userid", "eq", "ne")),
)


@settings(max_examples=500)
@given(
    st.lists(ON_ACCOUNTS, min_size=1, max_size=3),
    st.sampled_from(("and", "or")),
    st.sampled_from(("inner", "outer")),
    st.booleans(),
    st.lists(st.tuples(records, accounts), min_size=1, max_size=8),
)
def test_conditions_after_an_outer_join(
    tests: list[tuple[str, str]],
    kind: str,
    link_type: str,
    demands: bool,
    several: list[tuple[Record, dict[str, Record]]],
) -> None:
    """They are asked of the joined row: of nulls, where there is nothing to join."""
    on = '<filter><condition attribute="staff" operator="not-null"/></filter>'
    conditions = "".join(
        f'<condition entityname="a" attribute="{name}" operator="{operator}"'
        + (' value="1"/>' if operator in ("eq", "ne") else "/>")
        for name, operator in tests
    )
    _, where = tree_of(
        fetch(
            f'<filter type="{kind}">{conditions}</filter>'
            '<link-entity name="account" from="accountid" to="customerid" alias="a" '
            f'link-type="{link_type}">{on if demands else ""}</link-entity>'
        ),
        {},
    )

    for one, others in several:
        row = joined(one, others, demands=demands)
        holds = (all if kind == "and" else any)(
            on_row(row, name, operator) for name, operator in tests
        )
        expected = holds and (link_type == "outer" or row is not None)
        assert answer(where, one, others) == expected


def joined(
    one: Record, others: Mapping[str, Record], *, demands: bool
) -> Mapping[str, Any] | None:
    """Return the row that a join puts beside a record, or nothing."""
    found = others.get(f"account/{one.attributes.get('customerid')}")
    if found is None or (demands and found.attributes.get("staff") is None):
        return None
    return {**found.attributes, "accountid": "A1"}


def on_row(row: Mapping[str, Any] | None, name: str, operator: str) -> bool:
    """Tell whether a condition holds for a joined row, as SQL would have it."""
    value = None if row is None else row.get(name)
    if value is None:
        return operator in ("null", "ne-userid")
    # A number in a record is 1 as well as the text of it; true is not.
    is_one = value in (1, "1") and value is not True
    answers: dict[str, bool] = {
        "null": False,
        "not-null": True,
        "ne-userid": value != "M",
        "eq": is_one,
        "ne": not is_one,
    }
    return answers[operator]
