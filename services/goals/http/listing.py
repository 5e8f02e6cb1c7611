"""Lists: a page at a time, in the order of ids, filtered by what was asked."""

import base64
import binascii
from collections.abc import Sequence
from typing import Final

import msgspec
from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field

from services.goals.domain.errors import INVALID_PARAMETER, RefusedError
from services.goals.http.answers import ListAnswer
from services.goals.http.documenting import JSON

LIMIT_MAX: Final = 1_000
LIMIT_DEFAULT: Final = 100


class PageQuery(BaseModel):
    """Which page of a list; a parameter that is not here is refused by name."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    limit: int = Field(default=LIMIT_DEFAULT, ge=1, le=LIMIT_MAX)
    after: str = Field(default="", description="`next` of the page before")

    @property
    def after_id(self) -> str:
        """The last id of the page before."""
        try:
            return base64.b64decode(self.after, altchars=b"-_", validate=True).decode()
        except (binascii.Error, ValueError):
            raise no_such_page(self.after) from None


def no_such_page(after: str) -> RefusedError:
    """Return the refusal of a cursor that is none of ours."""
    return RefusedError(
        INVALID_PARAMETER,
        f"after is {after}, which no list has given; send `next` of the page before, "
        "or leave it out",
        field="after",
    )


def list_response(shown: Sequence[object], limit: int, ids: Sequence[str]) -> Response:
    """Return a page; one more than asked was looked for, to know of the next."""
    following = cursor_of(ids[limit - 1]) if len(ids) > limit else None
    answer = ListAnswer(items=shown[:limit], next=following)
    return Response(msgspec.json.encode(answer), media_type=JSON)


def cursor_of(last_id: str) -> str:
    """Return the cursor of a page that ends with an id."""
    return base64.urlsafe_b64encode(last_id.encode()).decode()
