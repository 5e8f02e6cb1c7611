"""Custom attributes: what is taken, and that a number keeps its digits everywhere."""

import json
from dataclasses import replace
from decimal import Decimal

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from services.goals.announcing import goal_definition
from services.goals.domain.errors import RefusedError
from services.goals.http.attributes import conditions_of
from services.goals.http.goal_bodies import GoalPatch
from services.goals.http.reading import exact_json
from shared.domain.goals import Goal, GoalAttribute
from shared.messages.definitions import GoalDefinition
from tests.goals.made import GOAL

plain_numbers = st.decimals(
    allow_nan=False,
    allow_infinity=False,
    places=12,
    min_value=-(10**20),
    max_value=10**20,
)


def taken(attributes: str) -> dict[str, GoalAttribute]:
    """Return what becomes of a map as it is sent."""
    body = exact_json(f'{{"attributes": {attributes}}}'.encode())
    return GoalPatch.model_validate(body).attributes


@given(plain_numbers)
def test_a_number_keeps_its_digits(number: Decimal) -> None:
    """From the request to both readers of goal-changes, and it is text in the end."""
    digits = format(number, "f")

    attributes = taken(f'{{"n": {digits}}}')
    announced = goal_definition(replace(GOAL, attributes=attributes)).model_dump_json()

    assert attributes == {"n": digits}
    read = GoalDefinition.model_validate_json(announced).as_goal()
    assert read.attributes == {"n": digits}
    assert msgspec.json.decode(announced, type=Goal).attributes == {"n": digits}


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("12", "12"),
        ("-0.50", "-0.50"),
        ("1e3", "1000"),
        ("0.1234567890123456789", "0.1234567890123456789"),
        ("12345678901234567890", "12345678901234567890"),
        ('"12"', "12"),
        ('""', ""),
        ("true", True),
        ("false", False),
        ("null", None),
        ('"株式会社 \\"x\\" : /"', '株式会社 "x" : /'),
    ],
)
def test_values_are_text_truth_or_nothing(sent: str, kept: GoalAttribute) -> None:
    """A number becomes the text of its digits, with an exponent written out."""
    [value] = taken(f'{{"a": {sent}}}').values()

    assert value == kept
    assert type(value) is type(kept)


@pytest.mark.parametrize(
    ("sent", "kind", "place"),
    [
        ('{"a": []}', "attribute_not_flat", ("attributes", "a")),
        ('{"a": {"b": 1}}', "attribute_not_flat", ("attributes", "a")),
        ('{"a": 1e99}', "invalid_field", ("attributes", "a")),
        ('{"a": "x\\u0000"}', "invalid_field", ("attributes", "a")),
        ('{"a": "\\ud800"}', "invalid_field", ("attributes", "a")),
        (json.dumps({"a": "x" * 1_001}), "invalid_field", ("attributes", "a")),
        ('{"": 1}', "invalid_field", ("attributes",)),
        (json.dumps({"x" * 201: 1}), "invalid_field", ("attributes",)),
        ('{"a:b": 1}', "invalid_field", ("attributes",)),
        ('{"a\\n": 1}', "invalid_field", ("attributes",)),
        ('{"\\udfff": 1}', "invalid_field", ("attributes",)),
        ("null", "invalid_field", ("attributes",)),
        ("[]", "invalid_field", ("attributes",)),
        (
            json.dumps({str(one): one for one in range(101)}),
            "too_many_attributes",
            ("attributes",),
        ),
    ],
)
def test_what_is_no_attribute_is_refused(
    sent: str, kind: str, place: tuple[str, ...]
) -> None:
    """At the place where it stands, by name."""
    with pytest.raises(ValidationError) as caught:
        taken(sent)

    [error] = caught.value.errors()
    assert (error["type"], error["loc"]) == (kind, place)


def test_as_many_and_as_long_as_allowed_are_taken() -> None:
    """The limits themselves are inside."""
    many = {f"{one:0200}": "x" * 1_000 for one in range(100)}

    assert taken(json.dumps(many)) == many


def test_the_first_colon_ends_the_name() -> None:
    """A value may hold others, and may be empty."""
    assert conditions_of(["a:b:c", "d:"]) == [("a", "b:c"), ("d", "")]


@pytest.mark.parametrize("text", ["region", ":EMEA", "", "a:\x00"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    """It would otherwise find nothing, or everything."""
    with pytest.raises(RefusedError) as caught:
        conditions_of([text])

    assert caught.value.refusal.error == "invalid_parameter"
    assert caught.value.field == "attribute"
    assert "region:EMEA" in caught.value.detail
