"""XML as elements that know their line and column; nothing in it is expanded.

A document type is refused before anything in it is read: so there are no entities to
expand, and nothing outside is ever fetched.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NoReturn
from xml.parsers import expat

from shared.queries.fetchxml_names import SIZE_MAX, FetchXmlError

DEPTH_MAX: Final = 64


@dataclass(slots=True, kw_only=True)
class Element:
    """One element, with what stands in it."""

    name: str
    attributes: dict[str, str]
    line: int
    column: int
    children: list["Element"] = field(default_factory=list)
    text: str = ""

    @property
    def place(self) -> str:
        """Where it begins."""
        return f"line {self.line}, column {self.column}"

    def refuse(self, detail: str) -> NoReturn:
        """Say what is wrong with it."""
        raise FetchXmlError(self.place, f"<{self.name}>: {detail}")

    def of_name(self, *names: str) -> Iterator["Element"]:
        """Return the children that are called so."""
        return (child for child in self.children if child.name in names)


def element_of(text: str) -> Element:
    """Return the outermost element of a text."""
    data = _encoded(text)
    parser = _Parser()
    try:
        return parser.parse(data)
    except expat.ExpatError as fault:
        raise FetchXmlError(
            _place(fault.lineno, fault.offset),
            f"this is no XML: {expat.errors.messages[fault.code]}; correct it",
        ) from None


def _encoded(text: str) -> bytes:
    try:
        data = text.encode()
    except UnicodeEncodeError as fault:
        before = text[: fault.start]
        raise FetchXmlError(
            _place(before.count("\n") + 1, len(before) - before.rfind("\n") - 1),
            "a half of a character stands here; remove it",
        ) from None
    if len(data) > SIZE_MAX:
        raise FetchXmlError(
            _place(1, 0), f"{len(data)} bytes of FetchXML, {SIZE_MAX} are allowed"
        )
    return data


def _place(line: int, column: int) -> str:
    return f"line {line}, column {column + 1}"


class _Parser:
    """Builds elements while the parser goes through the text."""

    def __init__(self) -> None:
        self._outermost: Element | None = None
        self._open: list[Element] = []
        # The text arrived as characters, whatever encoding it claims to have.
        parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.ProcessingInstructionHandler = self._instruction
        parser.StartDoctypeDeclHandler = self._doctype
        parser.EntityDeclHandler = self._entity
        self._parser = parser

    def parse(self, data: bytes) -> Element:
        self._parser.Parse(data, True)
        if self._outermost is None:
            self._refuse("there is no element; write <fetch>")
        return self._outermost

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        if len(self._open) >= DEPTH_MAX:
            self._refuse(f"elements nest deeper than {DEPTH_MAX}; flatten the query")
        element = Element(
            name=name,
            attributes=attributes,
            line=self._parser.CurrentLineNumber,
            column=self._parser.CurrentColumnNumber + 1,
        )
        if self._open:
            self._open[-1].children.append(element)
        else:
            self._outermost = element
        self._open.append(element)

    def _end(self, name: str) -> None:
        del name
        self._open.pop()

    def _characters(self, text: str) -> None:
        element = self._open[-1]
        if element.name == "value":
            element.text += text
        elif text.strip():
            self._refuse(
                f"text stands in <{element.name}>; only <value> holds text: remove it"
            )

    def _instruction(self, target: str, data: str) -> None:
        del data
        self._refuse(
            f"the processing instruction {target[:60]} is not taken; remove it"
        )

    def _doctype(
        self, name: str, system: str | None, public: str | None, subset: object
    ) -> None:
        del name, system, public, subset
        self._refuse(
            "a document type is not taken, nor are entities; remove <!DOCTYPE>"
        )

    def _entity(self, *declared: object) -> None:
        del declared
        self._refuse("a declaration of an entity is not taken; remove it")

    def _refuse(self, detail: str) -> NoReturn:
        place = _place(self._parser.CurrentLineNumber, self._parser.CurrentColumnNumber)
        raise FetchXmlError(place, detail)
