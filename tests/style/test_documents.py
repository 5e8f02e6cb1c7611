"""Documentation says what the code says."""

import json
import re
from decimal import Decimal

import pytest

from shared.domain.callers import Scope
from shared.domain.entities import AttributeType
from shared.messages.records import decode_record
from shared.messages.topics import CATALOGUE, Topic
from shared.queries.fetchxml import tree_of
from shared.queries.operators import TYPES, Operator
from shared.queries.reading import where_of
from tests.style.documents import (
    examples_in,
    links_in,
    settings_in_operators,
    settings_table,
)
from tests.style.sources import PACKAGES, ROOT, documents, modules, name_of

SETTING = re.compile(r"\bCAIRN_[A-Z][A-Z0-9_]*[A-Z0-9]\b")
ADMINISTRATORS = ROOT / "docs" / "administrators.md"
CALLERS = ROOT / "docs" / "callers.md"
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


def test_every_example_of_conditions_reads() -> None:
    """Examples of `where` read as a rollup query's do."""
    examples = [
        example
        for path in documents()
        for example in examples_in(path)
        if "where" in example.marks
    ]

    for example in examples:
        where_of(json.loads(example.text, parse_float=Decimal), "opportunity", {})

    assert examples


def test_every_example_of_fetchxml_reads() -> None:
    """Examples of FetchXML are queries over opportunities."""
    examples = [
        example
        for path in documents()
        for example in examples_in(path)
        if "fetchxml" in example.marks
    ]

    assert examples
    for example in examples:
        assert tree_of(example.text, {})[0] == "opportunity", example.path


def test_every_operator_is_documented_with_the_types_it_applies_to() -> None:
    """Each stands in one row, beside the types that it takes."""
    rows = [
        [re.findall(r"`([^`]+)`", cell) for cell in line.strip("|").split("|")]
        for line in ADMINISTRATORS.read_text(encoding="utf-8").splitlines()
        if line.startswith("| `")
    ]
    found = [
        (operator, set(row[-1]))
        for row in rows
        if row[-1] and set(row[-1]) <= set(AttributeType)
        for operator in row[0]
    ]

    assert sorted(operator for operator, _ in found) == sorted(Operator)
    for operator, types in found:
        assert types == TYPES[Operator(operator).family], operator


def test_every_scope_is_documented() -> None:
    """What a token may allow stands in one table, each in a row, and no other."""
    text = CALLERS.read_text(encoding="utf-8")
    rows = re.findall(r"(?m)^\| `([a-z]+:[a-z]+)` \| \S", text)

    assert sorted(rows) == sorted(Scope)


def test_the_readme_maps_the_whole_tree() -> None:
    """Every package of the project stands in the README's map."""
    text = (ROOT / "README.md").read_text(encoding="utf-8")

    assert [name for name in PACKAGES if f"{name}/" not in text] == []
