"""Everything that this service refuses, with the code that Dynamics has for it.

`error` is the name that clients see and programs may compare; the detail of each case
is written where it is raised.
"""

from dataclasses import dataclass
from enum import Enum, auto
from typing import Final, Self

from shared.domain.csv_rows import MALFORMED


class Fault(Enum):
    """What a request was refused for; HTTP has a status for each."""

    NOT_UNDERSTOOD = auto()
    FORBIDDEN = auto()
    NOT_FOUND = auto()
    CONFLICT = auto()
    RULE_BROKEN = auto()


@dataclass(frozen=True, slots=True)
class Refusal:
    """One reason to refuse."""

    error: str
    fault: Fault
    dynamics_code: str | None = None


class RefusedError(Exception):
    """Somebody asked for what the rules forbid, or in words that do not read."""

    def __init__(
        self, refusal: Refusal, detail: str, *, field: str | None = None
    ) -> None:
        super().__init__(detail)
        self.refusal = refusal
        self.detail = detail
        self.field = field
        # Which of many it was, where many were sent at once.
        self.index: int | None = None

    def at(self, index: int) -> Self:
        """Say which of many was refused."""
        self.index = index
        return self


def _not_understood(error: str) -> Refusal:
    return Refusal(error, Fault.NOT_UNDERSTOOD)


def _forbidden(error: str) -> Refusal:
    return Refusal(error, Fault.FORBIDDEN)


def _conflict(error: str, dynamics_code: str | None = None) -> Refusal:
    return Refusal(error, Fault.CONFLICT, dynamics_code)


def _rule(error: str, dynamics_code: str | None = None) -> Refusal:
    return Refusal(error, Fault.RULE_BROKEN, dynamics_code)


# Requests that do not read.
NOT_JSON: Final = _not_understood("not_json")
NESTED_TOO_DEEP: Final = _not_understood("nested_too_deep")
DUPLICATE_FIELD: Final = _not_understood("duplicate_field")
UNKNOWN_FIELD: Final = _not_understood("unknown_field")
MISSING_FIELD: Final = _not_understood("missing_field")
INVALID_FIELD: Final = _not_understood("invalid_field")
INVALID_PARAMETER: Final = _not_understood("invalid_parameter")

# What is there, or is not.
NOT_FOUND: Final = Refusal("not_found", Fault.NOT_FOUND)
ID_TAKEN: Final = _conflict("id_taken")
IN_USE: Final = _conflict("in_use")
VERSION_CONFLICT: Final = _conflict("version_conflict")
REFERENCE_NOT_FOUND: Final = _rule("reference_not_found")
IDEMPOTENCY_KEY_REUSED: Final = _rule("idempotency_key_reused")
TOO_MANY_ITEMS: Final = _rule("too_many_items")
DEFINITION_TOO_LARGE: Final = _rule("definition_too_large")

# What a person may do.
RIGHT_MISSING: Final = _forbidden("right_missing")

# Tokens, links and sessions.
HANDED_OUT_BY_PERSON: Final = _forbidden("handed_out_by_person")
SCOPE_NOT_ONES_OWN: Final = _forbidden("scope_not_ones_own")
TOKEN_NAME_TAKEN: Final = _conflict("token_name_taken")
TOO_MANY_TOKENS: Final = _rule("too_many_tokens")
USER_DISABLED: Final = _rule("user_is_disabled")
NO_SESSION: Final = _conflict("no_session")

# The directory and the organisation.
TIME_ZONE_UNKNOWN: Final = _rule("time_zone_unknown")
BUSINESS_UNIT_CYCLE: Final = _rule("business_unit_cycle")
USER_MANAGER_CYCLE: Final = _rule("user_manager_cycle")
MEMBER_NAMED_TWICE: Final = _rule("member_named_twice")

# Metrics (semantics, section 4).
METRIC_NAME_TAKEN: Final = _conflict("metric_name_taken", "80044802")
METRIC_IN_USE_DELETED: Final = _conflict("metric_in_use", "80044800")
METRIC_IN_USE_CHANGED: Final = _conflict("metric_in_use", "80044803")
METRIC_USED_BY_CLOSED_GOAL: Final = _conflict("metric_used_by_closed_goal", "80044801")
METRIC_WITHOUT_ROLLUP_FIELDS: Final = _rule("metric_without_rollup_fields", "8004f681")
METRIC_TYPE_FROZEN: Final = _rule("metric_type_frozen")
ROLLUP_FIELD_FROZEN: Final = _rule("rollup_field_frozen")
ROLLUP_FIELD_ALREADY_DEFINED: Final = _rule("rollup_field_already_defined", "80044807")
ROLLUP_FIELDS_TOO_MANY: Final = _rule("rollup_field_already_defined", "8004480a")
DATA_TYPE_REQUIRED: Final = _rule("data_type_required")
DATA_TYPE_FORBIDDEN: Final = _rule("data_type_forbidden")
SOURCE_ATTRIBUTE_REQUIRED: Final = _rule("source_attribute_required")
SOURCE_ATTRIBUTE_FORBIDDEN: Final = _rule("source_attribute_forbidden", "80044804")
SOURCE_ATTRIBUTE_TYPE_DIFFERS: Final = _rule(
    "source_attribute_type_differs", "80044808"
)
DATE_ATTRIBUTE_TYPE_DIFFERS: Final = _rule("date_attribute_type_differs")

# Rollup queries (semantics, section 5).
QUERY_UNREADABLE: Final = _rule("query_unreadable")
QUERY_ENTITY_FROZEN: Final = _rule("query_entity_frozen")
QUERY_IN_USE: Final = _conflict("query_in_use")
QUERY_NOT_FOUND: Final = _rule("query_not_found")
QUERY_ENTITY_DIFFERS: Final = _rule("query_entity_differs", "80044909")
QUERY_WITHOUT_ROLLUP_FIELD: Final = _rule("query_without_rollup_field", "8004f683")
QUERY_INACTIVE: Final = _rule("query_inactive", "8004f685")
ENTITY_IN_USE: Final = _conflict("entity_in_use")
FETCHXML_CANNOT_SAY: Final = _rule("fetchxml_cannot_say")
MANAGER_NEEDED: Final = _rule("manager_needed")

# Goals (semantics, section 6).
GOAL_MANAGER_REQUIRED: Final = _rule("goal_manager_required")
GOAL_MANAGER_MUST_BE_USER: Final = _rule("goal_manager_must_be_user", "8004f684")
METRIC_REQUIRED: Final = _rule("metric_required")
PERIOD_REQUIRED: Final = _rule("period_required")
PERIOD_NEEDS_BOTH_DATES: Final = _rule("period_needs_both_dates", "80044907")
PERIOD_ENDS_BEFORE_IT_STARTS: Final = _rule("period_ends_before_it_starts")
CUSTOM_PERIOD_WITH_FISCAL_COLUMNS: Final = _rule(
    "custom_period_with_fiscal_columns", "80044904"
)
FISCAL_PERIOD_INCOMPLETE: Final = _rule("fiscal_period_incomplete", "80044903")
FISCAL_PERIOD_NOT_OF_TEMPLATE: Final = _rule(
    "fiscal_period_not_of_template", "80044814"
)
FISCAL_PERIOD_WITH_OTHER_DATES: Final = _rule("fiscal_period_with_other_dates")
PERIOD_NOT_FISCAL: Final = _rule("period_not_fiscal")
YEAR_OUT_OF_RANGE: Final = _rule("year_out_of_range")
GOAL_CYCLE: Final = _rule("goal_cycle")
GOAL_TOO_DEEP: Final = _rule("goal_too_deep")
PARENT_METRIC_DIFFERS: Final = _rule("parent_metric_differs", "80044905")
PARENT_PERIOD_DIFFERS: Final = _rule("parent_period_differs", "80044906")
PARENT_WITH_METRIC_OR_PERIOD: Final = _rule("parent_with_metric_or_period", "8004480c")
METRIC_CHANGE_ON_CHILD: Final = _rule("metric_change_on_child", "80044900")
METRIC_CHANGE_ON_PARENT: Final = _rule("metric_change_on_parent", "80044902")
PERIOD_CHANGE_ON_CHILD: Final = _rule("period_change_on_child", "80044901")
PERIOD_CHANGE_WITH_CLOSED_DESCENDANT: Final = _rule(
    "period_change_with_closed_descendant", "80044910"
)
GOAL_MUST_START_OPEN: Final = _rule("goal_must_start_open")
GOAL_NOT_OPEN: Final = _conflict("goal_not_open")
TARGET_NEGATIVE: Final = _rule("target_negative")
TARGET_TOO_PRECISE: Final = _rule("target_too_precise")
TARGET_TOO_LARGE: Final = _rule("target_too_large")
STRETCH_NOT_TRACKED: Final = _rule("stretch_not_tracked")
ATTRIBUTE_NOT_FLAT: Final = _rule("attribute_not_flat")
TOO_MANY_ATTRIBUTES: Final = _rule("too_many_attributes")
PRINCIPAL_NAMED_TWICE: Final = _rule("principal_named_twice")
NOT_A_ROOT: Final = _rule("not_a_root")

# Overrides (semantics, section 10).
ROLLUP_FIELD_IS_COMPUTED: Final = _rule("rollup_field_is_computed", "80044911")
ROLLUP_FIELD_NOT_MEASURED: Final = _rule("rollup_field_not_measured")
VALUE_TOO_PRECISE: Final = _rule("value_too_precise")
VALUE_TOO_LARGE: Final = _rule("value_too_large")
OVERRIDE_WITHOUT_VALUES: Final = _rule("override_without_values")
OVERRIDE_REASON_WITHOUT_OVERRIDE: Final = _rule("override_reason_without_override")
GOAL_IS_LOCKED: Final = _rule("goal_is_locked")

# Many goals at once.
NO_CHILDREN: Final = _rule("no_children")
NO_TARGET: Final = _rule("no_target")
WEIGHTS_INCOMPLETE: Final = _rule("weights_incomplete")
WEIGHTS_ZERO: Final = _rule("weights_zero")
NO_LAST_PERIOD: Final = _rule("no_last_period")
PERIOD_CANNOT_FOLLOW: Final = _rule("period_cannot_follow")
IMPORT_REJECTED: Final = _rule("import_rejected")
CSV_MALFORMED: Final = _not_understood(MALFORMED)
