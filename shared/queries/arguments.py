"""What travels beside an SQL statement, so that no text of a user's is part of it."""

import json


class Arguments:
    """What goes to the database beside a statement; equal ones go once."""

    def __init__(self, *, start: int = 1) -> None:
        self._start = start
        self._places: dict[tuple[str, object], int] = {}
        self.values: list[object] = []

    def add(self, value: object, sql_type: str) -> str:
        """Take a value; return how the statement names it."""
        same = tuple(value) if isinstance(value, list) else value
        place = self._places.setdefault((sql_type, same), len(self.values))
        if place == len(self.values):
            self.values.append(value)
        return f"${self._start + place}::{sql_type}"

    def add_json(self, value: object) -> str:
        """Take a value as JSON; it is read once in a statement, not for each row."""
        # As text, whatever codec a connection has for JSON.
        text = self.add(json.dumps(value, ensure_ascii=False), "text")
        return f"(SELECT {text}::jsonb)"
