"""What somebody writes over a goal's values, and for how long (semantics, section 10).

Here stands what was asked for last; what of it still shows, rollup tells.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Context, Decimal
from typing import Final

from services.goals.domain.errors import (
    GOAL_IS_LOCKED,
    OVERRIDE_REASON_WITHOUT_OVERRIDE,
    OVERRIDE_WITHOUT_VALUES,
    ROLLUP_FIELD_IS_COMPUTED,
    ROLLUP_FIELD_NOT_MEASURED,
    VALUE_TOO_LARGE,
    VALUE_TOO_PRECISE,
    RefusedError,
)
from services.goals.domain.metrics import DefinedMetric
from shared.domain.amounts import WHOLE_DIGITS_MAX, text_of
from shared.domain.goals import Goal, Override, Slot

# More digits than a value that was let in can have.
_EXACT: Final = Context(prec=200)


@dataclass(frozen=True, slots=True, kw_only=True)
class GivenOverride:
    """What a request says of overriding; a flag that is None was left out."""

    is_override: bool | None = None
    is_overridden: bool | None = None
    values: Mapping[Slot, Decimal] = field(default_factory=dict)
    reason: str | None = None


NOTHING_GIVEN: Final = GivenOverride()


@dataclass(frozen=True, slots=True, kw_only=True)
class Signature:
    """Which write it is, whose, and when."""

    # Greater than that of any write before.
    number: int
    # As the audit trail names him; none: nothing of it will be kept.
    by: str | None
    at: datetime
    # The user who writes, if it is one.
    user_id: str | None = None


def overridden_goal(
    goal: Goal, given: GivenOverride, metric: DefinedMetric, signed: Signature
) -> Goal:
    """Return the goal with the override that is asked for, or refuse it."""
    values = _texts_of(goal, given, metric)
    _check_values_given(goal, given)
    _check_nothing_is_taken_from_a_lock(goal, given)
    override = _new_override(goal.override, given, values, signed)
    if override is not None:
        return replace(goal, override=override)
    if given.reason is not None:
        raise _reason_for_nothing(goal)
    return goal


def changed_override(
    goal: Goal,
    after: Goal,
    given: GivenOverride,
    metric: DefinedMetric,
    *,
    signed: Signature,
) -> Goal:
    """Return what `goal` becomes with the override that it has then, or refuse it."""
    overridden = overridden_goal(after, given, metric, signed)
    if after.metric_id == goal.metric_id:
        return overridden
    _check_not_locked(goal, overridden)
    if overridden is after and _holds(goal.override):
        # A value of the former metric says nothing under another.
        return replace(after, override=_taken_back(signed, reason=None))
    return overridden


def _check_not_locked(before: Goal, after: Goal) -> None:
    """Refuse another metric for a goal whose values are locked, or are to be."""
    for goal in (before, after):
        if goal.override is not None and goal.override.is_overridden:
            raise RefusedError(
                GOAL_IS_LOCKED,
                f"goal {goal.id} is locked at values of metric {before.metric_id}; "
                "take the lock off with is_overridden: false, then change its metric",
                field="metric_id",
            )


def _new_override(
    standing: Override | None,
    given: GivenOverride,
    values: Mapping[Slot, str],
    signed: Signature,
) -> Override | None:
    """Return what is written over the goal's values now; None: nothing changes."""
    was_locked = standing is not None and standing.is_overridden
    locks = was_locked if given.is_overridden is None else given.is_overridden
    # Compaction may take the message with the earlier values before anybody reads it,
    # and a lock's values certainly show. Those of an unlocked override may not.
    carried = standing.values if standing is not None and was_locked else {}
    is_locked_anew = not was_locked or given.reason is not None
    if values or (given.is_overridden and is_locked_anew):
        values = {**carried, **values}
        return Override(
            number=signed.number,
            values=values,
            is_override=bool(values),
            is_overridden=locks,
            reason=given.reason,
            by=signed.by,
            at=signed.at,
        )
    is_withdrawn = given.is_override is False and _holds(standing)
    if was_locked != locks or (is_withdrawn and not locks):
        return _taken_back(signed, given.reason)
    return None


def _holds(override: Override | None) -> bool:
    return override is not None and override.holds


def _taken_back(signed: Signature, reason: str | None) -> Override:
    return Override(number=signed.number, reason=reason, by=signed.by, at=signed.at)


def _texts_of(
    goal: Goal, given: GivenOverride, metric: DefinedMetric
) -> Mapping[Slot, str]:
    """Return the values as text of the metric's type, or refuse them."""
    for slot in given.values:
        if given.is_override is not True:
            raise RefusedError(
                ROLLUP_FIELD_IS_COMPUTED,
                f"{slot} of goal {goal.id} is computed from records and children; send "
                "is_override: true with it to write another value, or leave it out",
                field=f"values.{slot}",
            )
    return {
        slot: _text_of(goal, slot, value, metric)
        for slot, value in given.values.items()
    }


def _text_of(goal: Goal, slot: Slot, value: Decimal, metric: DefinedMetric) -> str:
    if slot not in metric.rollup_fields:
        measured = ", ".join(one for one in Slot if one in metric.rollup_fields)
        raise RefusedError(
            ROLLUP_FIELD_NOT_MEASURED,
            f"goal {goal.id} is given a value for {slot}, which metric {metric.id} "
            f"does not measure; it has {measured}",
            field=f"values.{slot}",
        )
    if value and value.adjusted() >= WHOLE_DIGITS_MAX:
        raise RefusedError(
            VALUE_TOO_LARGE,
            f"{slot} of goal {goal.id} has {value.adjusted() + 1} digits before the "
            f"point; give at most {WHOLE_DIGITS_MAX}",
            field=f"values.{slot}",
        )
    places = metric.decimals
    scaled = value.scaleb(places, context=_EXACT)
    units = int(scaled)
    if units != scaled:
        raise RefusedError(
            VALUE_TOO_PRECISE,
            f"{slot} of goal {goal.id} has more decimals than metric {metric.id} "
            f"keeps; give at most {places}",
            field=f"values.{slot}",
        )
    return text_of(units, places)


def _check_values_given(goal: Goal, given: GivenOverride) -> None:
    """Refuse an override that neither writes nor locks anything."""
    if given.is_override and not given.values and not given.is_overridden:
        raise RefusedError(
            OVERRIDE_WITHOUT_VALUES,
            f"goal {goal.id} is to be overridden, and nothing says with what; send "
            "values with at least one of actual, in_progress and custom, or "
            "is_overridden: true to lock what it shows",
            field="values",
        )


def _check_nothing_is_taken_from_a_lock(goal: Goal, given: GivenOverride) -> None:
    """Refuse to take back what was written while the lock that keeps it stays on."""
    standing = goal.override
    if (
        given.is_override is False
        and given.is_overridden is not False
        and standing is not None
        and standing.is_overridden
        and standing.is_override
    ):
        raise RefusedError(
            GOAL_IS_LOCKED,
            f"goal {goal.id} is locked at values that were written; send "
            "is_overridden: false to take the lock off, and the values with it",
            field="is_override",
        )


def _reason_for_nothing(goal: Goal) -> RefusedError:
    return RefusedError(
        OVERRIDE_REASON_WITHOUT_OVERRIDE,
        f"override_reason of goal {goal.id} comes with no override; send it together "
        "with what it explains: values, a lock, or taking one back",
        field="override_reason",
    )
