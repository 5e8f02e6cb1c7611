"""What programs compare of an error."""

from collections.abc import Mapping
from typing import Any


def told(error: Mapping[str, Any]) -> tuple[str, str | None, str | None]:
    """Return the error's name, the code of Dynamics, and the field."""
    return error["error"], error["dynamics_code"], error["field"]
