"""What can be typed of the audit trail; what it does is imported when it runs."""

from typing import Annotated

import typer

from cli.options import AsJson


def audit(
    kind: Annotated[
        str | None, typer.Option(help="goal, metric, user, team, role, organization, …")
    ] = None,
    thing: Annotated[str | None, typer.Option("--id", help="Which one.")] = None,
    caller: Annotated[
        str | None, typer.Option(help="Who did it: admin, user/ada, token/nightly.")
    ] = None,
    action: Annotated[
        str | None, typer.Option(help="created, changed or deleted.")
    ] = None,
    start: Annotated[
        str | None,
        typer.Option("--from", help="A time with its offset: 2026-11-21T09:30:00Z."),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="A later time, not included.")
    ] = None,
    limit: Annotated[int, typer.Option(min=1, help="Changes at most.")] = 1_000,
    *,
    as_json: AsJson = False,
) -> None:
    """Print who changed what, and from what to what, newest first."""
    from cli import auditing  # noqa: PLC0415 - see above

    given = {"kind": kind, "id": thing, "caller": caller, "action": action}
    given |= {"from": start, "to": end}
    raise typer.Exit(auditing.show(given, limit=limit, as_json=as_json))


def audit_forget(
    before: Annotated[
        str, typer.Option(help="The first day that is kept, in UTC: 2026-11-21.")
    ],
) -> None:
    """Delete old lines of the audit trail; only the owner of its table may."""
    from cli import auditing  # noqa: PLC0415

    raise typer.Exit(auditing.forget(before))
