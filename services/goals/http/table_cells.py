"""Cells of tables, such that what goes out comes back in as it was.

A spreadsheet takes a cell that begins like a formula for one, and runs it. Such a cell
goes out behind an apostrophe, which spreadsheets know as the mark of a text; it is
taken away from what comes in.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

# Also those of full width, with which some spreadsheets begin formulas.
_SIGNS: Final = "[=+\\-@\uff1d\uff0b\uff0d\uff20]"
# Also behind apostrophes, so that none that is meant is taken away.
_FORMULA = re.compile(f"'*{_SIGNS}")
_GUARDED = re.compile(f"'+{_SIGNS}")
# What is only read may begin with blanks, which spreadsheets pass over.
_READ_FORMULA = re.compile(rf"[\s']*{_SIGNS}|[\t\r\n]")
_NUMBER = re.compile(r"-?[0-9]+(?:\.[0-9]+)?", re.ASCII)
# Other blanks may be part of an item.
_SEPARATORS: Final = "; \t\r\n"
_ITEM = re.compile(f"[^{_SEPARATORS}]+")

_decode_list = msgspec.json.Decoder(list[str]).decode


def cell_of(value: object) -> str:
    """Return what a cell says of a value, safe to open."""
    text = _text_of(value)
    return f"'{text}" if _FORMULA.match(text) else text


def safe_cell(text: str) -> str:
    """Return a cell that no spreadsheet computes, of a table that nothing reads back.

    A number below zero stays one.
    """
    if _READ_FORMULA.match(text) and not _NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def without_guard(cell: str) -> str:
    """Return what a cell says that may have been kept from being a formula."""
    return cell[1:] if _GUARDED.match(cell) else cell


def items_of(cell: str) -> Sequence[str]:
    """Return the items of a list: between semicolons or blanks, or as JSON."""
    if cell.startswith("["):
        try:
            return _decode_list(cell)
        except msgspec.DecodeError:
            pass  # an item may begin so, too
    return _ITEM.findall(cell)


def _text_of(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, tuple):
        return _text_of_list(value)
    if isinstance(value, Mapping):
        return msgspec.json.encode(value).decode()
    return str(value)


def _text_of_list(items: Sequence[str]) -> str:
    """Return items with semicolons between them, or as JSON where that is not clear.

    Without an item it is JSON too: an empty cell says nothing to an import.
    """
    is_clear = items and all(
        _ITEM.fullmatch(one) and not one.startswith("[") and not _FORMULA.match(one)
        for one in items
    )
    return ";".join(items) if is_clear else msgspec.json.encode(items).decode()
