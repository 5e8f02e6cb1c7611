"""JSON that keeps every digit, and ETags."""

import json
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.goals.domain.errors import RefusedError
from services.goals.http.reading import etag_of, exact_json, expected_of

FINITE = st.decimals(allow_nan=False, allow_infinity=False)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(FINITE)
def test_numbers_keep_every_digit(number: Decimal) -> None:
    """Through no double, however many digits there are."""
    read = exact_json(f"[{number}]".encode())

    assert Decimal(read[0]) == number


@settings(max_examples=50)
@given(PLAIN)
def test_everything_else_reads_as_json_does(value: object) -> None:
    """Texts, lists and objects are nothing special."""
    assert exact_json(json.dumps(value).encode()) == value


@pytest.mark.parametrize(
    ("body", "error"),
    [
        (b"", "not_json"),
        (b"nope", "not_json"),
        (b'{"a": Infinity}', "not_json"),
        (b'"\xff"', "not_json"),
        (b"[" * 100_000, "nested_too_deep"),
        (b"[" * 200 + b"]" * 200, "nested_too_deep"),
        (b"9" * 5000, "not_json"),
        (b"1e" + b"9" * 30, "not_json"),
        (b'{"a": 1, "b": {"c": 1, "c": 2}}', "duplicate_field"),
        (b'{"actual": {}, "actual": {}}', "rollup_field_already_defined"),
        (b'{"actual": 1, "actual": 2}', "duplicate_field"),
    ],
)
def test_what_is_no_json_is_refused(body: bytes, error: str) -> None:
    """With a name, and never with a fault of ours."""
    with pytest.raises(RefusedError) as caught:
        exact_json(body)

    assert caught.value.refusal.error == error


@given(st.integers(1, 2**63 - 1))
def test_an_etag_is_read_back(version: int) -> None:
    """As we wrote it."""
    assert expected_of(etag_of(version)) == {version}


@pytest.mark.parametrize(
    ("if_match", "expected"),
    [
        (None, None),
        ("*", None),
        ('"1", W/"2"', {1, 2}),
        ('"abc"', {-1}),
        ('""', {-1}),
        ('"' + "9" * 5000 + '"', {-1}),
        ('"²"', {-1}),
    ],
)
def test_if_match_has_many_forms(
    if_match: str | None, expected: set[int] | None
) -> None:
    """What is no version of ours matches nothing."""
    assert expected_of(if_match) == expected


@pytest.mark.parametrize("if_match", ["", "17", '"17', '"1" "2"', ","])
def test_what_is_no_etag_is_refused(if_match: str) -> None:
    """A missing quote is a mistake, not a wish to write over anything."""
    with pytest.raises(RefusedError):
        expected_of(if_match)
