"""FetchXML as somebody hostile sends it: nothing is expanded, fetched or overrun."""

from pathlib import Path

import pytest

from shared.queries.fetchxml_names import SIZE_MAX
from shared.queries.fetchxml_parsing import DEPTH_MAX
from tests.queries.fetched import fault_of, fetch, filtered, json_of

LAUGHS = "".join(
    f'<!ENTITY l{level} "{f"&l{level - 1};" * 10}">' for level in range(1, 10)
)


def test_a_billion_laughs_are_not_heard() -> None:
    """The document type is refused before any entity in it is declared."""
    fault = fault_of(
        f'<!DOCTYPE fetch [<!ENTITY l0 "ha">{LAUGHS}]>'
        + filtered('<condition attribute="a" operator="eq" value="&l9;"/>')
    )

    assert fault.place.startswith("line 1, column ")
    assert "remove <!DOCTYPE>" in fault.detail


def test_nothing_outside_is_read(tmp_path: Path) -> None:
    """An external entity is refused with its document type; no file is opened."""
    secret = tmp_path / "secret"
    secret.write_text("hidden")
    fault = fault_of(
        f'<!DOCTYPE fetch [<!ENTITY x SYSTEM "{secret.as_uri()}">]>'
        + filtered(
            '<condition attribute="a" operator="in"><value>&x;</value></condition>'
        )
    )

    assert "document type" in fault.detail
    assert "hidden" not in str(fault)


@pytest.mark.parametrize(
    "declared",
    [
        '<!DOCTYPE fetch SYSTEM "http://127.0.0.1:1/fetch.dtd">',
        '<!DOCTYPE fetch PUBLIC "-//x//y" "http://127.0.0.1:1/fetch.dtd">',
        '<!DOCTYPE fetch [<!ENTITY % p SYSTEM "http://127.0.0.1:1/p"> %p;]>',
        "<!DOCTYPE fetch [<!ATTLIST condition operator CDATA 'null'>]>",
        "<!DOCTYPE fetch>",
    ],
)
def test_every_document_type_is_refused(declared: str) -> None:
    """Wherever it would be read from, and whatever it would declare."""
    assert "document type" in fault_of(declared + fetch("")).detail


def test_an_entity_that_nobody_declared() -> None:
    """A reference to one is no XML."""
    fault = fault_of(filtered('<condition attribute="&x;" operator="null"/>'))

    assert "undefined entity" in fault.detail
    assert fault.place.startswith("line 1, column ")


def test_deep_nesting_ends_early() -> None:
    """Elements nest so deep and no deeper, far from what the machine bears."""
    deep = 10_000
    fault = fault_of(fetch("<filter>" * deep + "</filter>" * deep))

    assert f"deeper than {DEPTH_MAX}" in fault.detail


def test_nesting_within_xml_s_bounds_meets_the_query_s() -> None:
    """Groups that a query may not nest are refused as in JSON."""
    test = '<condition attribute="a" operator="null"/>'
    inside = test
    for level in range(DEPTH_MAX - 10):
        kind = "or" if level % 2 else "and"
        inside = f'<filter type="{kind}">{test}{inside}</filter>'

    assert "nest deeper" in fault_of(fetch(inside)).detail


def test_what_is_too_large_is_not_parsed() -> None:
    """Bytes are counted, not characters."""
    value = "é" * (SIZE_MAX // 2)
    fault = fault_of(
        filtered(f'<condition attribute="a" operator="eq" value="{value}"/>')
    )

    assert f"{SIZE_MAX} are allowed" in fault.detail


def test_a_huge_value_is_named_with_its_place() -> None:
    """A value that fits into the text but into no query."""
    fault = fault_of(
        filtered(f'<condition attribute="a" operator="eq" value="{"x" * 5_000}"/>')
    )

    assert "5000 characters, 4000 are allowed" in fault.detail


def test_very_many_conditions() -> None:
    """A filter holds as many as a group of a query."""
    fault = fault_of(filtered('<condition attribute="a" operator="null"/>' * 501, "or"))

    assert "501 conditions, 500 are allowed" in fault.detail


@pytest.mark.parametrize("encoding", ["utf-16", "us-ascii", "utf-7", "no-such-thing"])
def test_the_claimed_encoding_is_not_believed(encoding: str) -> None:
    """The text was decoded before; what it says of its encoding changes nothing."""
    text = f'<?xml version="1.0" encoding="{encoding}"?>' + filtered(
        '<condition attribute="städte" operator="null"/>'
    )

    assert json_of(text)["attribute"] == "städte"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no element found"),
        ("fetch", "syntax error"),
        ("<fetch>", "no element found"),
        ("<fetch><entity></fetch>", "mismatched tag"),
        ("<fetch/><fetch/>", "junk after document element"),
        ('<fetch top="1" top="2"/>', "duplicate attribute"),
        (fetch("\x00"), "not well-formed"),
        (fetch("\x1b"), "not well-formed"),
        (fetch("&#0;"), "invalid character number"),
        (fetch("&#xD800;"), "invalid character number"),
        (fetch("\ud800"), "half of a character"),
        ("\ufeff\ufeff" + fetch(""), "not well-formed"),
    ],
)
def test_what_is_no_xml_is_refused(text: str, words: str) -> None:
    """The parser's word is passed on, with the line and the column."""
    fault = fault_of(text)

    assert fault.place.startswith("line 1, column ")
    assert words in fault.detail


def test_the_place_of_half_a_character() -> None:
    """It is counted as in an editor."""
    assert fault_of("<fetch>\n ab\udc00").place == "line 2, column 4"


def test_comments_and_cdata_say_what_they_say() -> None:
    """A comment hides conditions, and a marked section is text."""
    found = json_of(
        filtered(
            '<!-- <condition attribute="b" operator="null"/> -->'
            '<condition attribute="a" operator="in"><value><![CDATA[<x>]]></value>'
            "<value>R&amp;D <!-- one -->unit</value></condition>"
        )
    )

    assert found["value"] == ["<x>", "R&D unit"]


def test_a_processing_instruction_is_refused() -> None:
    """It instructs whom it names, and nobody here."""
    fault = fault_of('<?xml-stylesheet href="x"?>' + fetch(""))

    assert "processing instruction xml-stylesheet" in fault.detail


def test_names_of_other_namespaces_do_not_pass_as_ours() -> None:
    """A declared prefix is no harm, an element that uses it is none of ours."""
    declared = '<fetch xmlns:g="urn:g"><entity name="a">{}</entity></fetch>'

    assert json_of(declared.format("")) == {"all": []}
    assert (
        "<g:filter> does not belong" in fault_of(declared.format("<g:filter/>")).detail
    )


def test_text_between_elements_is_refused() -> None:
    """A condition that lost its angle brackets does not go unnoticed."""
    assert "text stands in <entity>" in fault_of(fetch("condition")).detail
