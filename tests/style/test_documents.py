"""Documentation says what the code says."""

import json
import re

import pytest

from shared.messages.records import decode_record
from shared.messages.topics import CATALOGUE, Topic
from tests.style.documents import (
    examples_in,
    links_in,
    settings_in_operators,
    settings_table,
)
from tests.style.sources import PACKAGES, ROOT, documents, modules, name_of

SETTING = re.compile(r"\bCAIRN_[A-Z][A-Z0-9_]*[A-Z0-9]\b")
ENGINEERS = ROOT / "docs" / "engineers.md"
OPERATORS = ROOT / "docs" / "operators.md"


def test_every_setting_of_the_services_is_documented_as_it_is() -> None:
    """The table agrees; `python -m tests.style.documents` writes it anew."""
    assert settings_in_operators() == settings_table()


def test_every_variable_that_the_code_reads_is_documented() -> None:
    """Whatever the environment can decide stands in docs/operators.md."""
    read = {
        name
        for path in modules()
        if path.relative_to(ROOT).parts[0] != "tests"
        for name in SETTING.findall(path.read_text(encoding="utf-8"))
    }
    documented = set(SETTING.findall(OPERATORS.read_text(encoding="utf-8")))

    assert read - documented == set()


@pytest.mark.parametrize("topic", CATALOGUE, ids=lambda topic: topic.name)
def test_every_topic_is_documented_as_it_is(topic: Topic) -> None:
    """A topic's row says its key and how many partitions it has."""
    rows = ENGINEERS.read_text(encoding="utf-8").splitlines()
    row = next((one for one in rows if one.startswith(f"| `{topic.name}` ")), "")

    assert topic.key in row
    assert f"| {topic.partitions} |" in row
    assert topic.settings["cleanup.policy"] in row


def test_every_link_leads_somewhere() -> None:
    """A link to a file of ours names a file that is there."""
    broken = [
        f"{name_of(path)}: {target}"
        for path in documents()
        for target in links_in(path)
        if "://" not in target
        and not target.startswith(("#", "mailto:"))
        and not (path.parent / target.partition("#")[0]).exists()
    ]

    assert broken == []


def test_every_example_that_is_json_reads_as_json() -> None:
    """What people copy must at least be well-formed."""
    for path in documents():
        for example in examples_in(path):
            if example.language == "json":
                json.loads(example.text)


def test_every_example_of_a_record_is_one() -> None:
    """Examples of records decode as the services decode them."""
    records = [
        example
        for path in documents()
        for example in examples_in(path)
        if "record" in example.marks
    ]

    for example in records:
        assert decode_record(example.text.encode()).entity

    assert records


def test_the_readme_maps_the_whole_tree() -> None:
    """Every package of the project stands in the README's map."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    assert [name for name in PACKAGES if f"{name}/" not in text] == []
