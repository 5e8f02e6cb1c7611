"""Cells of tables: safe to open, and read back as they were."""

from random import Random

import pytest

from services.goals.http.table_cells import cell_of, items_of, without_guard

# Whatever may confuse a spreadsheet or a reader of lists.
PIECES = [*"=+-@'\"[];, ", "＝", "a", "é", "👍", "[]", '["', "true", "1"]  # noqa: RUF001 # meant
FORMULAS = tuple("=+-@＝＋－＠\t\r")  # noqa: RUF001 # meant


def _text(random: Random) -> str:
    return "".join(random.choices(PIECES, k=random.randint(1, 6)))


def test_texts_and_lists_come_back_as_they_were() -> None:
    """Whatever they hold; and no cell begins like a formula."""
    random = Random(7)
    guarded = 0
    for _ in range(20_000):
        text = _text(random)
        items = tuple(_text(random) for _ in range(random.randint(0, 3)))
        cells = cell_of(text), cell_of(items)

        assert without_guard(cells[0]) == text
        assert tuple(items_of(without_guard(cells[1]))) == items
        assert not any(cell.startswith(FORMULAS) for cell in cells)
        guarded += cells[0] != text
    assert guarded > 1_000


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (None, ""),
        (True, "true"),
        (False, "false"),
        ("Ada", "Ada"),
        ("=1+1", "'=1+1"),
        ("'=1+1", "''=1+1"),
        ("'tis", "'tis"),
        (("a", "b"), "a;b"),
        (("a b", "c"), '["a b","c"]'),
        (("-a",), '["-a"]'),
        (("a", "=b"), '["a","=b"]'),
        ((), "[]"),
        ({}, "{}"),
        ({"deal": {"read": "user"}}, '{"deal":{"read":"user"}}'),
    ],
)
def test_cells_look_like_what_people_write(value: object, cell: str) -> None:
    """Plain where that is clear."""
    assert cell_of(value) == cell


@pytest.mark.parametrize(
    ("cell", "items"),
    [
        ("a b;c , d", ["a", "b", "c", ",", "d"]),
        ('["a b"]', ["a b"]),
        ("[]", []),
        ("[a b", ["[a", "b"]),
        ("[1]", ["[1]"]),
        ("", []),
    ],
)
def test_lists_are_read_as_people_write_them(cell: str, items: list[str]) -> None:
    """As JSON only where it is an array of texts."""
    assert items_of(cell) == items
