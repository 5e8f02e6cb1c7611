"""The opposite of conditions, said without `not`: FetchXML has none.

Logic is two-valued, and a comparison with null is false: so the opposite of `eq` is
`ne` or null. Where a value that does not read matches neither an operator nor its
counterpart, no condition says the opposite.
"""

from dataclasses import replace
from typing import Final

from shared.queries.conditions import ID, AnyOf, Condition
from shared.queries.fetchxml_names import FetchXmlError
from shared.queries.operators import Operator

# Nothing and everything, as conditions: a record without id there is not.
NEVER: Final = Condition(attribute=ID, operator=Operator.NULL)
ALWAYS: Final = Condition(attribute=ID, operator=Operator.NOT_NULL)

# The exact opposites.
_OPPOSITES: Final = {
    Operator.NULL: Operator.NOT_NULL,
    Operator.NOT_NULL: Operator.NULL,
    Operator.EQ_USERID: Operator.NE_USERID,
    Operator.NE_USERID: Operator.EQ_USERID,
    Operator.EQ_BUSINESSID: Operator.NE_BUSINESSID,
    Operator.NE_BUSINESSID: Operator.EQ_BUSINESSID,
}
# Those that are opposites of all that is not null.
_OPPOSITES_OR_NULL: Final = {
    Operator.EQ: Operator.NE,
    Operator.NE: Operator.EQ,
    Operator.IN: Operator.NOT_IN,
    Operator.NOT_IN: Operator.IN,
    Operator.UNDER: Operator.NOT_UNDER,
    Operator.NOT_UNDER: Operator.UNDER,
}
# Those that are opposites where neither attribute is null.
_OPPOSITES_OR_EITHER_NULL: Final = {
    Operator.EQ_ATTRIBUTE: Operator.NE_ATTRIBUTE,
    Operator.NE_ATTRIBUTE: Operator.EQ_ATTRIBUTE,
}
_NEARLY: Final = {
    Operator.GT: Operator.LE,
    Operator.GE: Operator.LT,
    Operator.LT: Operator.GE,
    Operator.LE: Operator.GT,
    Operator.BETWEEN: Operator.NOT_BETWEEN,
    Operator.NOT_BETWEEN: Operator.BETWEEN,
    Operator.LIKE: Operator.NOT_LIKE,
    Operator.NOT_LIKE: Operator.LIKE,
    Operator.BEGINS_WITH: Operator.NOT_BEGIN_WITH,
    Operator.NOT_BEGIN_WITH: Operator.BEGINS_WITH,
    Operator.ENDS_WITH: Operator.NOT_END_WITH,
    Operator.NOT_END_WITH: Operator.ENDS_WITH,
}


def opposite_of(test: Condition, place: str) -> Condition | AnyOf:
    """Return what holds where a condition does not."""
    exact = _OPPOSITES.get(test.operator)
    if exact is not None:
        return replace(test, operator=exact)
    is_null = Condition(attribute=test.attribute, operator=Operator.NULL)
    other = _OPPOSITES_OR_NULL.get(test.operator)
    if other is not None:
        return AnyOf(conditions=(replace(test, operator=other), is_null))
    other = _OPPOSITES_OR_EITHER_NULL.get(test.operator)
    if other is not None:
        beside = replace(is_null, attribute=str(test.values[0]))
        return AnyOf(conditions=(replace(test, operator=other), is_null, beside))
    nearly = _NEARLY.get(test.operator)
    advice = (
        f"write {nearly}, or any of {nearly} and null: they differ only for values "
        "that do not read"
        if nearly is not None
        else "say what is to match without not"
    )
    raise FetchXmlError(
        place, f"FetchXML cannot say the opposite of {test.operator}; {advice}"
    )
