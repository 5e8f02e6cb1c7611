"""The route that changes goals by the thousand, with a report line by line."""

from typing import Annotated, Any, Final

from fastapi import APIRouter, Request, Response
from pydantic import Field, TypeAdapter, ValidationError

from services.goals.domain.importing_goals import AskedGoal
from services.goals.domain.versions import check_version_named, not_found
from services.goals.flows.importing import ImportMode
from services.goals.flows.importing_goals import GOALS
from services.goals.http.context import CurrentService
from services.goals.http.goal_bodies import GoalPatch
from services.goals.http.import_lines import (
    LineForm,
    MediaType,
    read_form,
    refusal_of,
)
from services.goals.http.import_table import Fields, columns_of
from services.goals.http.importing import (
    ImportAnswer,
    Mode,
    body_of_many,
    errors_of_many,
    report,
)
from services.goals.http.planning import DryRun
from services.goals.http.reading import ExactRequest
from shared.domain.goals import Goal

_LINES: Final = (MediaType.JSON, MediaType.NDJSON)
EXAMPLES: Final = (
    {"id": "north", "target": "45000.00"},
    {"id": "south", "version": 17, "state": "closed"},
)

_Version = Annotated[int, Field(strict=True, ge=0)]
_read_version = TypeAdapter[int](_Version).validate_python


def _new(fields: Fields) -> AskedGoal:
    raise not_found(f"goal {fields['id']}")


def _change(fields: Fields, goal: Goal) -> AskedGoal:
    rest = {name: value for name, value in fields.items() if name != "version"}
    if "version" in fields:
        try:
            version = _read_version(fields["version"])
        except ValidationError as fault:
            raise refusal_of(fault, "version") from None
        check_version_named(f"goal {goal.id}", goal.version, version)
    return read_form(GoalPatch, rest).as_change()


_FORM: Final[LineForm[Goal, AskedGoal]] = LineForm(
    word="goal", columns=columns_of(GoalPatch, GoalPatch), new=_new, change=_change
)


def _schema() -> dict[str, Any]:
    """Return what the document says of one change among many."""
    schema = GoalPatch.model_json_schema(ref_template="#/components/schemas/{model}")
    return {
        "type": "object",
        "additionalProperties": False,
        "required": ["id"],
        "properties": {
            "id": {"type": "string", "description": "a goal that exists"},
            "version": {
                "type": "integer",
                "description": "given, it is refused if the goal has another by now",
            },
            **schema["properties"],
        },
    }


router = APIRouter(tags=["goals"])


@router.patch(
    "/v1/goals",
    summary="Change goals by the thousand, with a report line by line",
    response_model=ImportAnswer,
    responses=errors_of_many(),
    openapi_extra={"requestBody": body_of_many(_schema(), EXAMPLES)},
)
async def change_goals(
    service: CurrentService,
    request: Request,
    *,
    mode: Mode = ImportMode.ALL,
    dry_run: DryRun = False,
) -> Response:
    """Change each goal by what its line names; 10,000 at most.

    A line has an id, and the fields that change; with `version` it is refused if the
    goal has been changed since. Goals may move under one another: each line is checked
    against what those before it leave, parents before their children. A line is
    rejected for what its change would be refused for by itself, and so is one whose
    goal does not exist.
    """
    return await report(
        service,
        ExactRequest(request.scope, request.receive),
        GOALS,
        _FORM,
        mode=mode,
        dry_run=dry_run,
        allowed=_LINES,
    )
