"""The `cairn` command: what can be typed, and what happens when it fails.

Only words and options live here; what a command does is imported when it runs, so
that the command line answers at once.

Exit codes: 0 all is well, 1 it failed, 2 the command was not understood, 3 totals
differ from the records, 4 something needed is not ready, 5 the token has no rights.
"""

import os
import sys
from pathlib import Path
from typing import Annotated, Final

import typer

from cli import audit_commands
from cli.exits import CommandError, ExitCode
from cli.kinds import DirectoryKind, Mode
from cli.options import AsJson
from cli.serving import Service

_HELP: Final = (
    "Cairn keeps goals true, live: records come in, totals move up the tree.\n\n"
    "Data goes to standard output, progress to standard error. Exit codes: 0 all is "
    "well, 1 failed, 2 not understood, 3 totals differ from the records, 4 something "
    "needed is not ready, 5 no rights."
)

app = typer.Typer(
    name="cairn",
    help=_HELP,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
records = typer.Typer(no_args_is_help=True, help="Send records.")
goals = typer.Typer(no_args_is_help=True, help="Look at goals, and import them.")
metrics = typer.Typer(no_args_is_help=True, help="Import metrics.")
queries = typer.Typer(no_args_is_help=True, help="Import rollup queries.")
directory = typer.Typer(
    no_args_is_help=True, help="Import and export users, teams, units and roles."
)
rejected = typer.Typer(
    no_args_is_help=True, help="Look at messages that were not understood."
)
token = typer.Typer(
    no_args_is_help=True, help="Make, list and revoke tokens of systems."
)
app.add_typer(records, name="records")
app.add_typer(goals, name="goals")
app.add_typer(metrics, name="metrics")
app.add_typer(queries, name="queries")
app.add_typer(directory, name="directory")
app.add_typer(rejected, name="rejected")
app.add_typer(token, name="token")
app.command()(audit_commands.audit)
app.command("audit-forget")(audit_commands.audit_forget)

ModeOption = Annotated[
    Mode, typer.Option(help="all: all lines or none; good: those that can be.")
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Only tell what would become of the lines.")
]
ImportFile = Annotated[
    str,
    typer.Argument(help="A JSON array, NDJSON, or CSV; - is standard input."),
]


@app.command()
def run(
    *,
    demo: Annotated[
        bool,
        typer.Option(help="Bring the example company along (also CAIRN_DEMO=0 or 1)."),
    ] = True,
) -> None:
    """Run everything on this machine until Ctrl-C."""
    from local.run import run_everything  # noqa: PLC0415 - see the module's docstring

    wanted = demo and os.environ.get("CAIRN_DEMO", "1") != "0"
    raise typer.Exit(run_everything(demo=wanted))


@app.command()
def serve(service: Service) -> None:
    """Run one service until it is told to stop."""
    from cli.serving import serve as serve_it  # noqa: PLC0415

    raise typer.Exit(serve_it(service))


@app.command()
def migrate(
    *,
    logins: Annotated[
        bool,
        typer.Option(
            "--logins",
            help="Also make the users, with the passwords, that the services' "
            "addresses of PostgreSQL name.",
        ),
    ] = False,
) -> None:
    """Create or update tables, rights and topics; safe to run at any time."""
    from cli import migrating  # noqa: PLC0415

    raise typer.Exit(migrating.run(logins=logins))


@app.command()
def seed(
    remember: Annotated[
        Path | None,
        typer.Option(help="File that keeps until when the past has been sent."),
    ] = None,
) -> None:
    """Create the example company and its past; what is there already stays."""
    from cli.example import seeding  # noqa: PLC0415

    raise typer.Exit(seeding.run(remember))


@app.command()
def simulate(
    rate: Annotated[
        float, typer.Option(min=0.01, max=10_000, help="Records a second.")
    ] = 3.0,
    seconds: Annotated[
        float | None,
        typer.Option("--for", min=0, help="Stop after this many seconds."),
    ] = None,
    random_seed: Annotated[
        int | None, typer.Option("--seed", help="Repeat the same choices.")
    ] = None,
) -> None:
    """Send a live stream of the example company's records until Ctrl-C."""
    from cli.example import simulating  # noqa: PLC0415

    raise typer.Exit(
        simulating.run(rate=rate, seconds=seconds, random_seed=random_seed)
    )


@records.command("send")
def records_send(
    file: Annotated[
        str,
        typer.Argument(help="JSON, an array, NDJSON, or CSV; - is standard input."),
    ],
    *,
    mode: ModeOption = Mode.GOOD,
    as_json: AsJson = False,
) -> None:
    """Send the records of a file through ingest (exit code 1: some are rejected)."""
    from cli import sending  # noqa: PLC0415

    raise typer.Exit(sending.run(file, mode=mode, as_json=as_json))


@goals.command("tree")
def goals_tree(
    goal_id: Annotated[
        str | None, typer.Argument(help="The goal on top; without it, all trees.")
    ] = None,
    depth: Annotated[
        int | None, typer.Option(min=0, help="Levels below the goal.")
    ] = None,
    *,
    as_json: AsJson = False,
) -> None:
    """Print goals as a tree with their numbers."""
    from cli import goals as looking  # noqa: PLC0415

    raise typer.Exit(looking.show_tree(goal_id, depth=depth, as_json=as_json))


@goals.command("show")
def goals_show(goal_id: str, *, as_json: AsJson = False) -> None:
    """Print all that is known of one goal."""
    from cli import goals as looking  # noqa: PLC0415

    raise typer.Exit(looking.show_goal(goal_id, as_json=as_json))


@goals.command("list")
def goals_list(
    limit: Annotated[int, typer.Option(min=1, help="Goals at most.")] = 1_000,
    *,
    as_json: AsJson = False,
) -> None:
    """Print goals, one a line."""
    from cli import goals as looking  # noqa: PLC0415

    raise typer.Exit(looking.list_goals(limit=limit, as_json=as_json))


@goals.command("import")
def goals_import(
    file: ImportFile,
    *,
    mode: ModeOption = Mode.ALL,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Create and change the goals of a file (exit code 1: lines are rejected)."""
    from cli import importing  # noqa: PLC0415

    raise typer.Exit(
        importing.run("goals", file, mode=mode, dry_run=dry_run, as_json=as_json)
    )


@metrics.command("import")
def metrics_import(
    file: ImportFile,
    *,
    mode: ModeOption = Mode.ALL,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Create and change the metrics of a file (exit code 1: lines are rejected)."""
    from cli import importing  # noqa: PLC0415

    raise typer.Exit(
        importing.run("metrics", file, mode=mode, dry_run=dry_run, as_json=as_json)
    )


@queries.command("import")
def queries_import(
    file: ImportFile,
    *,
    mode: ModeOption = Mode.ALL,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Create and change rollup queries of a file (exit code 1: lines are rejected)."""
    from cli import importing  # noqa: PLC0415

    raise typer.Exit(
        importing.run(
            "rollup-queries", file, mode=mode, dry_run=dry_run, as_json=as_json
        )
    )


@directory.command("import")
def directory_import(
    kind: DirectoryKind,
    file: ImportFile,
    *,
    mode: ModeOption = Mode.ALL,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Create and change people, units and roles (exit code 1: lines are rejected)."""
    from cli import importing  # noqa: PLC0415

    raise typer.Exit(
        importing.run(kind, file, mode=mode, dry_run=dry_run, as_json=as_json)
    )


@directory.command("export")
def directory_export(kind: DirectoryKind, *, as_json: AsJson = False) -> None:
    """Print people, units or roles as a table that the import reads back."""
    from cli import exporting  # noqa: PLC0415

    raise typer.Exit(exporting.run(kind, as_json=as_json))


@goals.command("history")
def goals_history(
    goal_id: str,
    start: Annotated[
        str | None,
        typer.Option("--from", help="A time with its offset: 2026-11-21T09:30:00Z."),
    ] = None,
    end: Annotated[
        str | None, typer.Option("--to", help="A later time, not included.")
    ] = None,
    resolution: Annotated[
        str, typer.Option(help="second, hour or day: the last value of each.")
    ] = "second",
    limit: Annotated[int, typer.Option(min=1, help="Rows at most.")] = 1_000,
    *,
    as_json: AsJson = False,
) -> None:
    """Print what a goal showed over time, oldest first."""
    from cli import goals as looking  # noqa: PLC0415

    raise typer.Exit(
        looking.show_history(
            goal_id,
            start=start,
            end=end,
            resolution=resolution,
            limit=limit,
            as_json=as_json,
        )
    )


@goals.command("explain")
def goals_explain(
    goal_id: str,
    record: Annotated[str, typer.Argument(help="As entity/id: opportunity/O-1.")],
    *,
    as_json: AsJson = False,
) -> None:
    """Tell in one sentence why a record counts for a goal, or why it does not."""
    from cli import explaining  # noqa: PLC0415

    raise typer.Exit(explaining.explain(goal_id, record, as_json=as_json))


@goals.command("records")
def goals_records(
    goal_id: str,
    *,
    nearly: Annotated[
        bool,
        typer.Option("--nearly", help="Those that fail one test, and say which."),
    ] = False,
    field: Annotated[
        str | None, typer.Option(help="actual, in_progress or custom: only this one.")
    ] = None,
    search: Annotated[
        str | None, typer.Option(help="A part of the id or of any attribute.")
    ] = None,
    sort: Annotated[
        str, typer.Option(help="-amount, amount, record, date or -date.")
    ] = "-amount",
    limit: Annotated[int, typer.Option(min=1, help="Records at most.")] = 1_000,
    as_json: AsJson = False,
) -> None:
    """Print which records count for a goal and what each adds, or nearly count."""
    from cli import explaining  # noqa: PLC0415

    raise typer.Exit(
        explaining.show_records(
            goal_id,
            nearly=nearly,
            field=field,
            search=search,
            sort=sort,
            limit=limit,
            as_json=as_json,
        )
    )


@app.command()
def status(*, as_json: AsJson = False) -> None:
    """Tell whether all that was accepted is in the totals (exit code 4: not yet)."""
    from cli import status as asking  # noqa: PLC0415

    raise typer.Exit(asking.show(as_json=as_json))


@app.command()
def verify(*, as_json: AsJson = False) -> None:
    """Recompute all totals from the records (exit code 3: they differ)."""
    from cli.verify import command  # noqa: PLC0415

    raise typer.Exit(command.run(as_json=as_json))


@app.command()
def recalculate(
    goal: Annotated[str, typer.Argument(help="Any goal of the tree.")],
    *,
    wait: Annotated[bool, typer.Option("--wait", help="Follow it to its end.")] = False,
    as_json: AsJson = False,
) -> None:
    """Rebuild a goal's tree from its records (exit code 3: something differed)."""
    from cli import recalculating  # noqa: PLC0415

    raise typer.Exit(recalculating.run(goal, wait=wait, as_json=as_json))


@rejected.command("list")
def rejected_list(
    limit: Annotated[int, typer.Option(min=1, help="The newest so many.")] = 100,
    *,
    as_json: AsJson = False,
) -> None:
    """Print rejected messages with their reasons."""
    from cli import rejected as looking  # noqa: PLC0415

    raise typer.Exit(looking.show(limit=limit, as_json=as_json))


@rejected.command("replay")
def rejected_replay(
    *,
    again: Annotated[
        bool, typer.Option("--again", help="Also those that were replayed before.")
    ] = False,
) -> None:
    """Put rejected messages back on the topic, as they first came."""
    from cli import rejected as looking  # noqa: PLC0415

    raise typer.Exit(looking.replay(again=again))


@app.command("page-link")
def page_link(
    *,
    user: Annotated[
        str | None,
        typer.Option(help="Let this user of the directory in; else an admin."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Print an address that lets one person into the page, once."""
    from cli import status as asking  # noqa: PLC0415

    raise typer.Exit(asking.page_link(user_id=user, as_json=as_json))


@token.command("create")
def token_create(
    name: Annotated[str, typer.Argument(help="What it is for, such as nightly-crm.")],
    *,
    scope: Annotated[
        list[str], typer.Option(help="What it allows: records:write; may be repeated.")
    ],
    expires: Annotated[
        int | None, typer.Option(min=1, help="Days that it holds; else until revoked.")
    ] = None,
    user: Annotated[
        str | None, typer.Option(help="The user of the directory whom it acts as.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Make a token for a system and print it, this once."""
    from cli import tokens  # noqa: PLC0415

    raise typer.Exit(
        tokens.create(name, scopes=scope, days=expires, user_id=user, as_json=as_json)
    )


@token.command("list")
def token_list(
    *,
    everything: Annotated[
        bool, typer.Option("--all", help="Also those that were revoked.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """List tokens, what they allow and when they were last used."""
    from cli import tokens  # noqa: PLC0415

    raise typer.Exit(tokens.show(as_json=as_json, everything=everything))


@token.command("revoke")
def token_revoke(
    name: Annotated[str, typer.Argument(help="The token's name or id.")],
) -> None:
    """Have a token hold no more."""
    from cli import tokens  # noqa: PLC0415

    raise typer.Exit(tokens.revoke(name))


@app.command()
def settings(*, as_json: AsJson = False) -> None:
    """Print every setting with its default and meaning."""
    from cli import settings as listing  # noqa: PLC0415

    raise typer.Exit(listing.show(as_json=as_json))


@app.command()
def doctor(*, as_json: AsJson = False) -> None:
    """Look at everything and name what mends what is broken."""
    from cli import doctor as looking  # noqa: PLC0415

    raise typer.Exit(looking.run(as_json=as_json))


def main() -> None:
    """Run a command; tell its failures in words, not in traces."""
    try:
        app()
    except CommandError as fault:
        sys.stderr.write(f"cairn: {fault}\n")
        sys.exit(fault.code)
    except BrokenPipeError:
        # Who read our output has gone, as `head` does; there is nobody to tell.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(ExitCode.FAILURE)


if __name__ == "__main__":
    main()
