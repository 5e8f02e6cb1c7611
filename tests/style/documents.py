"""Reading our Markdown: the examples in it, the links, and the table of settings."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cli.settings import all_settings
from tests.style.sources import ROOT

OPERATORS: Final = ROOT / "docs" / "operators.md"

_TABLE = re.compile(r"(?s)(?<=<!-- settings -->\n).*(?=<!-- end of settings -->)")
_FENCE = re.compile(r"(?sm)^```(?P<info>[^\n`]*)\n(?P<text>.*?)^```$")
_LINK = re.compile(r"\]\((?P<target>[^)\s]+)\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One fenced block: its language, what else its first line says, its text."""

    path: Path
    language: str
    marks: frozenset[str]
    text: str


def examples_in(path: Path) -> Iterator[Example]:
    """Return the fenced blocks of a document."""
    for match in _FENCE.finditer(path.read_text(encoding="utf-8")):
        language, *marks = match["info"].split() or [""]
        yield Example(
            path=path, language=language, marks=frozenset(marks), text=match["text"]
        )


def links_in(path: Path) -> Iterator[str]:
    """Return what a document links to, outside its examples."""
    text = _FENCE.sub("", path.read_text(encoding="utf-8"))
    yield from (match["target"] for match in _LINK.finditer(text))


def settings_table() -> str:
    """Return the table of all settings, as Markdown."""
    rows = ["| Setting | Default | Of | Means |", "| --- | --- | --- | --- |"]
    for one in sorted(all_settings(), key=lambda setting: setting.name):
        default = f"`{one.default}`" if one.default else "none"
        cells = (
            f"`{one.name}`",
            "must be set" if one.required else default,
            ", ".join(one.services),
            one.meaning.replace("|", "\\|"),
        )
        rows.append(f"| {' | '.join(cells)} |")
    return "\n".join(rows) + "\n"


def settings_in_operators() -> str:
    """Return the table as it stands in the document."""
    match = _TABLE.search(OPERATORS.read_text(encoding="utf-8"))
    return match[0] if match else ""


if __name__ == "__main__":
    document = OPERATORS.read_text(encoding="utf-8")
    OPERATORS.write_text(
        _TABLE.sub(lambda _: settings_table(), document), encoding="utf-8"
    )
