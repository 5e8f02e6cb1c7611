"""Conditions said in SQL: a predicate over a row of records. It runs nothing.

It shares the tree with the other readers and nothing else; what dates, numbers and
fiscal periods mean is reckoned in the database, by the functions of rollup's migration
0015. No function fails on what a record holds, so it does not matter in which order
PostgreSQL evaluates. All that a user wrote travels as an argument.
"""

import json
from collections.abc import Callable, Iterable, Mapping
from collections.abc import Set as AbstractSet
from typing import Final

from shared.domain.fiscal import YearNamedBy
from shared.domain.goals import ID_LENGTH_MAX
from shared.queries.arguments import Arguments
from shared.queries.conditions import (
    ID,
    OWNER,
    OWNER_BUSINESS_UNIT,
    STATE,
    STATUS,
    All,
    AnyOf,
    Compares,
    Condition,
    Hierarchy,
    Linked,
    Not,
    Value,
    Where,
)
from shared.queries.eyes import Eyes
from shared.queries.operators import Family, Operator
from shared.queries.sql_spans import Span, calendar_of, span_of

__all__ = ["Arguments", "predicate_of"]

NOTHING_HIDDEN: Final[Mapping[str, AbstractSet[str]]] = {}

_STEPS_MAX: Final = 64
_OWNER_TYPES: Final = ("user/", "team/")

_SIGNS: Final = {
    Operator.GT: ">",
    Operator.GE: ">=",
    Operator.LT: "<",
    Operator.LE: "<=",
    Operator.ON: "=",
    Operator.ON_OR_BEFORE: "<=",
    Operator.ON_OR_AFTER: ">=",
    Operator.GT_ATTRIBUTE: ">",
    Operator.GE_ATTRIBUTE: ">=",
    Operator.LT_ATTRIBUTE: "<",
    Operator.LE_ATTRIBUTE: "<=",
    Operator.IN_FISCAL_PERIOD_AND_YEAR: "=",
    Operator.IN_OR_BEFORE_FISCAL_PERIOD_AND_YEAR: "<=",
    Operator.IN_OR_AFTER_FISCAL_PERIOD_AND_YEAR: ">=",
}
_UNEQUAL: Final = (Operator.NE, Operator.NOT_IN)
_BEGINS: Final = (Operator.BEGINS_WITH, Operator.NOT_BEGIN_WITH)
_ENDS: Final = (Operator.ENDS_WITH, Operator.NOT_END_WITH)
_UNLIKE: Final = (Operator.NOT_LIKE, Operator.NOT_BEGIN_WITH, Operator.NOT_END_WITH)
# Where the codes of a template's periods begin.
_CODES_BEGIN: Final = {
    "annual": 301,
    "semiannual": 201,
    "quarterly": 1,
    "monthly": 101,
    "four_weekly": 401,
}


def predicate_of(
    where: Where,
    entity: str,
    eyes: Eyes,
    *,
    hidden: Mapping[str, AbstractSet[str]] = NOTHING_HIDDEN,
    record: str = "record",
    table: str = "rollup.record",
    arguments: Arguments,
) -> str:
    """Return an SQL expression, true or false and never null, over a row of records.

    `record` names the row, `table` is where linked ones are found; both are names of
    ours. Attributes that are `hidden`, entity by entity, are null. A fiscal period that
    the calendar's template lacks is never met.
    """
    sentence = _Sentence(eyes, hidden, table, arguments)
    return sentence.of(where, sentence.row(record, entity))


class _Sentence:
    """Says one query in SQL."""

    def __init__(
        self,
        eyes: Eyes,
        hidden: Mapping[str, AbstractSet[str]],
        table: str,
        arguments: Arguments,
    ) -> None:
        self._eyes = eyes
        self._hidden = hidden
        # By the name of a row: which attributes of its record are null.
        self._null_in: dict[str, AbstractSet[str]] = {}
        self._table = table
        self._arguments = arguments
        self._aliases = 0
        self._families: Mapping[Family, Callable[[Condition, str], str]] = {
            Family.EQUALITY: self._equality,
            Family.ORDER: self._order,
            Family.NULL: self._null,
            Family.TEXT: self._text,
            Family.DAY: self._day,
            Family.SPAN: self._span,
            Family.COUNTED_SPAN: self._span,
            Family.FISCAL: self._fiscal,
            Family.MANAGER: self._manager,
            Family.MANAGER_UNIT: self._manager_unit,
            Family.HIERARCHY: self._hierarchy,
            Family.ATTRIBUTE_EQUALITY: self._attribute_equality,
            Family.ATTRIBUTE_ORDER: self._attribute_order,
        }

    def row(self, name: str, entity: str) -> str:
        """Know of which entity a row is; return its name."""
        self._null_in[name] = self._hidden.get(entity, frozenset())
        return name

    def of(self, where: Where, record: str) -> str:
        """Return a part of the query, asked of the row of that name."""
        match where:
            case Condition():
                return self._families[where.operator.family](where, record)
            case Linked():
                return self._linked(where, record)
            case Not():
                return f"(NOT {self.of(where.condition, record)})"
            case All():
                if not where.conditions:
                    return "true"
                return self._joined(" AND ", where.conditions, record)
            case AnyOf():
                return self._joined(" OR ", where.conditions, record)

    @property
    def _calendar(self) -> str:
        return calendar_of(self._eyes, self._arguments)

    @property
    def _zone(self) -> str:
        return self._arguments.add(self._eyes.time_zone, "text")

    def _joined(self, word: str, conditions: Iterable[Where], record: str) -> str:
        return "(" + word.join(self.of(one, record) for one in conditions) + ")"

    def _linked(self, where: Linked, record: str) -> str:
        self._aliases += 1
        other = self.row(f"linked_{self._aliases}", where.link.entity)
        key = self._key(
            where.link.entity, f"rollup.id_in({self._value(where.link.link, record)})"
        )
        return (
            f"EXISTS (SELECT FROM {self._table} AS {other} WHERE {other}.key = {key} "
            f"AND NOT {other}.deleted AND {other}.version >= 0 "
            f"AND {self.of(where.where, other)})"
        )

    def _key(self, entity: str, record_id: str) -> str:
        return f"{self._arguments.add(entity + '/', 'text')} || {record_id}"

    def _value(self, attribute: str, record: str) -> str:
        """Return what a row says of an attribute, as JSON; null where it is null."""
        units = self._eyes.around.unit_of_owner
        besides: Mapping[str, Callable[[], str]] = {
            ID: lambda: f"to_jsonb(substr({record}.key, length({record}.entity) + 2))",
            OWNER: lambda: f"to_jsonb({record}.owner)",
            OWNER_BUSINESS_UNIT: lambda: (
                f"({self._arguments.add_json(dict(units))} -> {record}.owner)"
            ),
            STATE: lambda: f"to_jsonb({record}.state)",
            STATUS: lambda: f"to_jsonb({record}.status)",
        }
        if attribute in besides:
            return besides[attribute]()
        if attribute in self._null_in[record]:
            return "NULL::jsonb"
        name = self._arguments.add(attribute, "text")
        return f"nullif({record}.attributes -> {name}, 'null'::jsonb)"

    def _null(self, condition: Condition, record: str) -> str:
        value = self._value(condition.attribute, record)
        is_not = " NOT" if condition.operator is Operator.NOT_NULL else ""
        return f"({value} IS{is_not} NULL)"

    def _equality(self, condition: Condition, record: str) -> str:
        value = self._value(condition.attribute, record)
        equal = _holds(self._equals_any(condition, value))
        if condition.operator in _UNEQUAL:
            return f"({value} IS NOT NULL AND NOT {equal})"
        return equal

    def _equals_any(self, condition: Condition, value: str) -> str:
        values = condition.values
        match condition.compares:
            case Compares.OWNERS:
                return self._is_text(value, _owner_keys(values))
            case Compares.NUMBERS:
                return self._is_number(value, values)
            case Compares.TEXTS:
                return self._is_text(value, values)
            case Compares.DATES:
                return " OR ".join(
                    f"{self._date_order(value, one)} = 0" for one in values
                )
            case _:
                return self._is_as_given(value, values)

    def _is_as_given(self, value: str, values: Iterable[Value]) -> str:
        truths = [one for one in values if isinstance(one, bool)]
        texts = [one for one in values if isinstance(one, str)]
        numbers = [one for one in values if not isinstance(one, bool | str)]
        parts = [f"{value} = '{json.dumps(one)}'::jsonb" for one in truths]
        if texts:
            parts.append(self._is_text(value, texts))
        if numbers:
            parts.append(self._is_number(value, numbers))
        return " OR ".join(f"coalesce({part}, false)" for part in parts)

    def _is_text(self, value: str, texts: Iterable[Value]) -> str:
        listed = self._arguments.add(list(texts), "text[]")
        return f"rollup.text_in({value}) = ANY ({listed})"

    def _is_number(self, value: str, numbers: Iterable[Value]) -> str:
        listed = self._arguments.add(list(numbers), "numeric[]")
        return f"rollup.number_in({value}) = ANY ({listed})"

    def _date_order(self, value: str, date: Value) -> str:
        given = self._arguments.add_json(date)
        return (
            f"rollup.order_of_dates({value}, (SELECT rollup.day_in({given})), "
            f"(SELECT rollup.moment_in({given}, {self._zone})), {self._zone})"
        )

    def _order(self, condition: Condition, record: str) -> str:
        value = self._value(condition.attribute, record)
        if condition.operator in _SIGNS:
            [given] = condition.values
            return _holds(
                self._ordered(condition, value, _SIGNS[condition.operator], given)
            )
        least, most = condition.values
        between = (
            f"({self._ordered(condition, value, '>=', least)} "
            f"AND {self._ordered(condition, value, '<=', most)})"
        )
        # Of what does not read both are null, and it is neither inside nor outside.
        is_outside = condition.operator is Operator.NOT_BETWEEN
        return _holds(f"NOT {between}" if is_outside else between)

    def _ordered(
        self, condition: Condition, value: str, sign: str, given: Value
    ) -> str:
        match condition.compares:
            case Compares.NUMBERS:
                number = self._arguments.add(given, "numeric")
                return f"rollup.number_in({value}) {sign} {number}"
            case Compares.DATES:
                return f"{self._date_order(value, given)} {sign} 0"
            case _:
                text = self._arguments.add(given, "text")
                return f'rollup.text_in({value}) COLLATE "C" {sign} {text}'

    def _text(self, condition: Condition, record: str) -> str:
        [given] = condition.values
        pattern = (
            ("%" if condition.operator in _ENDS else "")
            + str(given)
            + ("%" if condition.operator in _BEGINS else "")
        )
        value = f"rollup.text_in({self._value(condition.attribute, record)})"
        folded = f"(SELECT {_folded(self._arguments.add(pattern, 'text'))})"
        unlike = " NOT" if condition.operator in _UNLIKE else ""
        # Only % and _ are special: a backslash is itself.
        return _holds(f"{_folded(value)}{unlike} LIKE {folded} ESCAPE ''")

    def _day(self, condition: Condition, record: str) -> str:
        [given] = condition.values
        day = f"rollup.whole_day_in({self._arguments.add_json(given)}, {self._zone})"
        return _holds(
            f"{self._whole_day(condition, record)} {_SIGNS[condition.operator]} "
            f"(SELECT {day})"
        )

    def _whole_day(self, condition: Condition, record: str) -> str:
        value = self._value(condition.attribute, record)
        return f"rollup.whole_day_in({value}, {self._zone})"

    def _span(self, condition: Condition, record: str) -> str:
        value = self._value(condition.attribute, record)
        span = span_of(condition, self._eyes, self._arguments)
        return _holds(self._lies_in(value, span))

    def _lies_in(self, value: str, span: Span) -> str:
        last = f"{span.closes} - interval '1 microsecond'"
        return (
            f"rollup.lies_in({value}, (SELECT {span.opens}), (SELECT {span.closes}), "
            f"(SELECT rollup.day_at({span.opens}, {self._zone})), "
            f"(SELECT rollup.day_at({last}, {self._zone})))"
        )

    def _periods(self) -> str:
        template = self._arguments.add(str(self._eyes.around.calendar.template), "text")
        return f"rollup.fiscal_periods({template})"

    def _fiscal(self, condition: Condition, record: str) -> str:
        calendar = self._eyes.around.calendar
        day = self._whole_day(condition, record)
        counted = f"rollup.fiscal_period_at({day}, {self._calendar})"
        periods = self._periods()
        # A year that is named by its end begins in the calendar year before.
        is_named_later = calendar.year_named_by is YearNamedBy.END and (
            calendar.month,
            calendar.day,
        ) != (1, 1)
        if condition.operator is Operator.IN_FISCAL_YEAR:
            year = self._year(condition.values[0], is_named_later=is_named_later)
            return _holds(f"floor({counted}::numeric / {periods}) = {year}")
        place = self._place(condition.values[0])
        if condition.operator is Operator.IN_FISCAL_PERIOD:
            return _holds(
                f"mod(mod({counted}, {periods}) + {periods}, {periods}) = {place}"
            )
        year = self._year(condition.values[1], is_named_later=is_named_later)
        sign = _SIGNS[condition.operator]
        return _holds(f"{counted} {sign} {year} * {periods} + {place}")

    def _year(self, year: Value, *, is_named_later: bool) -> str:
        return self._arguments.add(int(year) - is_named_later, "integer")

    def _place(self, code: Value) -> str:
        """Return how many periods of a fiscal year come before the one of a code."""
        calendar = self._eyes.around.calendar
        before = int(code) - _CODES_BEGIN[calendar.template]
        code_sql = self._arguments.add(before, "integer")
        periods = self._periods()
        # Months are called after the calendar's, all others are counted.
        first = calendar.month - 1 if calendar.template == "monthly" else 0
        shift = self._arguments.add(first, "integer")
        return (
            f"CASE WHEN {code_sql} BETWEEN 0 AND {periods} - 1 "
            f"THEN mod({code_sql} - {shift} + {periods}, {periods}) END"
        )

    def _manager(self, condition: Condition, record: str) -> str:
        users, teams = self._people(condition.operator)
        names = [*sorted(users), *sorted(teams)]
        if condition.attribute == OWNER:
            names = [f"user/{one}" for one in sorted(users)]
            names += [f"team/{one}" for one in sorted(teams)]
        value = self._value(condition.attribute, record)
        equal = _holds(self._is_text(value, names))
        is_opposite = condition.operator is Operator.NE_USERID
        return f"(NOT {equal})" if is_opposite else equal

    def _people(self, operator: Operator) -> tuple[frozenset[str], frozenset[str]]:
        """Return the ids of the users and of the teams that an operator means."""
        manager, nobody = self._eyes.manager, frozenset[str]()
        me = frozenset({manager.id})
        means = {
            Operator.EQ_USERID: (me, nobody),
            Operator.NE_USERID: (me, nobody),
            Operator.EQ_USERTEAMS: (nobody, manager.teams),
            Operator.EQ_USERORUSERTEAMS: (me, manager.teams),
            Operator.EQ_USERORUSERHIERARCHY: (me | manager.reports, nobody),
            Operator.EQ_USERORUSERHIERARCHYANDTEAMS: (
                me | manager.reports,
                manager.teams | manager.teams_of_reports,
            ),
        }
        return means[operator]

    def _manager_unit(self, condition: Condition, record: str) -> str:
        unit = self._eyes.manager.business_unit
        value = self._value(condition.attribute, record)
        equal = _holds(self._is_text(value, [] if unit is None else [unit]))
        is_opposite = condition.operator is Operator.NE_BUSINESSID
        return f"(NOT {equal})" if is_opposite else equal

    def _hierarchy(self, condition: Condition, record: str) -> str:
        json_value = self._value(condition.attribute, record)
        value = f"rollup.text_in({json_value})"
        named = self._arguments.add(condition.values[0], "text")
        is_above = condition.operator in (Operator.ABOVE, Operator.EQ_OR_ABOVE)
        walked = self._walk(condition.hierarchy, named, is_above=is_above)
        found = _holds(f"{value} <> {named} AND {value} IN ({walked})")
        match condition.operator:
            case Operator.EQ_OR_UNDER | Operator.EQ_OR_ABOVE:
                return f"({_holds(f'{value} = {named}')} OR {found})"
            case Operator.NOT_UNDER:
                return f"({json_value} IS NOT NULL AND NOT {found})"
            case _:
                return found

    def _walk(self, hierarchy: Hierarchy | None, named: str, *, is_above: bool) -> str:
        """Return a query for the ids of all above or below the named one."""
        known, wanted = ("id", "parent") if is_above else ("parent", "id")
        return (
            "WITH RECURSIVE edge (id, parent) AS MATERIALIZED "
            f"({self._edges(hierarchy)}), "
            f'step (id, number) AS (SELECT {named} COLLATE "C", 0 '
            f"UNION ALL SELECT edge.{wanted}, step.number + 1 FROM step "
            f"JOIN edge ON edge.{known} = step.id WHERE step.number < {_STEPS_MAX}) "
            "SELECT step.id FROM step WHERE step.number > 0"
        )

    def _edges(self, hierarchy: Hierarchy | None) -> str:
        """Return a query for who stands right below whom."""
        if hierarchy is None:
            parents = self._arguments.add_json(dict(self._eyes.around.parent_of_unit))
            return (
                'SELECT key COLLATE "C", value COLLATE "C" '
                f"FROM jsonb_each_text({parents})"
            )
        via = self._value(hierarchy.via, self.row("one", hierarchy.entity))
        entity = self._arguments.add(hierarchy.entity, "text")
        return (
            'SELECT substr(one.key, length(one.entity) + 2) COLLATE "C", '
            'parent.id COLLATE "C" '
            f"FROM {self._table} AS one CROSS JOIN LATERAL "
            f"(SELECT rollup.id_in({via})) AS parent (id) "
            f"WHERE one.entity = {entity} AND NOT one.deleted AND one.version >= 0 "
            "AND parent.id IS NOT NULL "
            f"AND length(one.key) - length(one.entity) - 1 <= {ID_LENGTH_MAX}"
        )

    def _attribute_equality(self, condition: Condition, record: str) -> str:
        mine, theirs = self._both(condition, record)
        equal = _holds(self._same(condition.compares, mine, theirs))
        if condition.operator is Operator.NE_ATTRIBUTE:
            return f"({mine} IS NOT NULL AND {theirs} IS NOT NULL AND NOT {equal})"
        return equal

    def _both(self, condition: Condition, record: str) -> tuple[str, str]:
        other = str(condition.values[0])
        return self._value(condition.attribute, record), self._value(other, record)

    def _same(self, compares: Compares, mine: str, theirs: str) -> str:
        match compares:
            case Compares.BOOLEANS:
                return f"{mine} = {theirs} AND jsonb_typeof({mine}) = 'boolean'"
            case Compares.AS_FOUND:
                return (
                    "CASE WHEN 'number' IN "
                    f"(jsonb_typeof({mine}), jsonb_typeof({theirs})) "
                    f"THEN {_compared(mine, '=', theirs, 'number_in')} "
                    f"ELSE {mine} = {theirs} END"
                )
            case _:
                return self._in_order(compares, mine, "=", theirs)

    def _attribute_order(self, condition: Condition, record: str) -> str:
        mine, theirs = self._both(condition, record)
        sign = _SIGNS[condition.operator]
        if condition.compares is not Compares.AS_FOUND:
            return _holds(self._in_order(condition.compares, mine, sign, theirs))
        numbers = _compared(mine, sign, theirs, "number_in")
        dates = self._in_order(Compares.DATES, mine, sign, theirs)
        return _holds(f"coalesce({numbers}, {dates})")

    def _in_order(self, compares: Compares, mine: str, sign: str, theirs: str) -> str:
        match compares:
            case Compares.NUMBERS:
                return _compared(mine, sign, theirs, "number_in")
            case Compares.DATES:
                return (
                    f"rollup.order_of_dates({mine}, rollup.day_in({theirs}), "
                    f"rollup.moment_in({theirs}, {self._zone}), {self._zone}) {sign} 0"
                )
            case _:
                return _compared(mine, sign, theirs, "text_in")


def _holds(predicate: str) -> str:
    """Return a predicate that is false where it was null."""
    return f"coalesce({predicate}, false)"


def _folded(text: str) -> str:
    return f'casefold({text} COLLATE "pg_unicode_fast")'


def _compared(mine: str, sign: str, theirs: str, reader: str) -> str:
    collation = ' COLLATE "C"' if reader == "text_in" else ""
    return f"rollup.{reader}({mine}){collation} {sign} rollup.{reader}({theirs})"


def _owner_keys(values: Iterable[Value]) -> list[str]:
    """Return the keys that are meant; an id alone is a user's or a team's."""
    keys: list[str] = []
    for value in map(str, values):
        if value.startswith(_OWNER_TYPES):
            keys.append(value)
        else:
            keys += [kind + value for kind in _OWNER_TYPES]
    return keys
