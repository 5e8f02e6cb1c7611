"""Patterns of text: `%` stands for any run, `_` for one character, case for nothing.

The time it takes grows with text times pattern and no faster, whatever the pattern.
"""

import re
from collections.abc import Callable
from typing import Final

from shared.queries.operators import Operator

Fits = Callable[[str], bool]

_ANY_RUN: Final = "%"
_ONE: Final = "_"

# How an operand becomes a pattern of the whole text.
_WHOLE: Final = {
    Operator.LIKE: "{}",
    Operator.NOT_LIKE: "{}",
    Operator.BEGINS_WITH: "{}%",
    Operator.NOT_BEGIN_WITH: "{}%",
    Operator.ENDS_WITH: "%{}",
    Operator.NOT_END_WITH: "%{}",
}


def fits(operator: Operator, operand: str) -> Fits:
    """Return whether a text is like the operand, also for the operator's negation."""
    first, *others = _WHOLE[operator].format(operand).casefold().split(_ANY_RUN)
    if not others:
        whole = _piece(first)
        return lambda text: whole.fullmatch(text.casefold()) is not None
    *middle, last = others
    start, end = _piece(first), _piece(last)
    pieces = tuple(_piece(one) for one in middle if one)
    start_length, end_length = len(first), len(last)

    def fit(text: str) -> bool:
        folded = text.casefold()
        stop = len(folded) - end_length
        if stop < start_length or start.match(folded) is None:
            return False
        if end.match(folded, stop) is None:
            return False
        position = start_length
        # The leftmost place is the best one: it leaves most for those that follow.
        for piece in pieces:
            found = piece.search(folded, position, stop)
            if found is None:
                return False
            position = found.end()
        return True

    return fit


def _piece(text: str) -> re.Pattern[str]:
    plain = _ONE_CHARACTER.join(map(re.escape, text.split(_ONE)))
    return re.compile(plain, re.DOTALL)


_ONE_CHARACTER: Final = "."
