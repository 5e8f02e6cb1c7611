"""What a kind of record is declared to hold; declaring is optional."""

from enum import StrEnum


class AttributeType(StrEnum):
    """What an attribute holds, where somebody has said so."""

    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    DATETIME = "datetime"
    # The id of another record.
    REFERENCE = "reference"
