"""The workload: repeatable, and with all that makes records hard."""

import json
from collections import Counter

from bench.company import company_of
from bench.workload import messages_of

COMPANY = company_of(3)


def test_a_seed_repeats_the_workload() -> None:
    """The same seed gives the same messages; another seed gives others."""
    first = messages_of(COMPANY, 500, seed=1)

    assert messages_of(COMPANY, 500, seed=1) == first
    assert messages_of(COMPANY, 500, seed=2) != first


def test_the_workload_holds_what_makes_records_hard() -> None:
    """Updates, deletions, duplicates and late versions come in their shares."""
    seen: dict[str, int] = {}
    kinds: Counter[str] = Counter()

    messages = messages_of(COMPANY, 10_000)
    for message in messages:
        record = json.loads(message.value)
        known = seen.get(record["id"], 0)
        kinds["deleted"] += record.get("deleted", False)
        kinds["changed"] += record["version"] > 1
        kinds["twice"] += record["version"] == known
        kinds["late"] += record["version"] < known
        seen[record["id"]] = max(known, record["version"])

    assert len(messages) == 10_000
    assert 800 < kinds["deleted"] < 1_200
    assert 2_700 < kinds["changed"] < 3_300
    assert kinds["twice"] > 300
    assert kinds["late"] > 300


def test_messages_go_under_the_key_of_their_record() -> None:
    """All versions of a record travel under one key, entity and id."""
    for message in messages_of(COMPANY, 200):
        record = json.loads(message.value)

        assert message.key.decode() == f"{record['entity']}/{record['id']}"


def test_a_record_has_about_400_bytes_and_eight_attributes() -> None:
    """Records are as wide as those of a real CRM's feed."""
    message = messages_of(COMPANY, 200)[0]

    assert 350 < len(message.value) < 450
    assert len(json.loads(message.value)["attributes"]) == 8
