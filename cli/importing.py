"""Importing goals and what they refer to: a file, and what became of its lines."""

import time
from collections.abc import Mapping
from typing import Any, Final

from cli import output
from cli.api import Api
from cli.exits import ExitCode
from cli.files import BLANK, CSV, NDJSON, is_json, is_named_as_table, opened
from cli.kinds import Mode
from cli.surroundings import surroundings
from shared.plumbing.identifiers import new_id

# More reasons than this nobody reads; the count is told in any case.
_SHOWN_MAX: Final = 20

_JSON: Final = "application/json"
_NUMBERS: Final = ("created", "changed", "unchanged")


def run(kind: str, file: str, *, mode: Mode, dry_run: bool, as_json: bool) -> ExitCode:
    """Import a file of one kind; a rejected line makes the command fail."""
    around = surroundings()
    began = time.monotonic()
    with opened(file, of="JSON, NDJSON or CSV") as stream:
        body, content_type = _as_sent(stream.read(), file)
    with Api("goals", around.goals_url, around.token) as goals:
        output.hint(f"{kind} are imported")
        report = goals.post_bytes(
            f"/v1/{kind}/import",
            body,
            content_type,
            # So that it is told the same if it is asked again after a pause.
            key=new_id(),
            mode=mode,
            dry_run=str(dry_run).lower(),
        ).json()
    output.clear_hint()
    _print(report, as_json=as_json)
    rejected = bool(report["rejected"])
    output.say(
        output.marked(
            output.Mark.FAIL if rejected else output.Mark.OK,
            f"{_told(report, dry_run=dry_run)} in {time.monotonic() - began:.1f} s",
        )
    )
    return ExitCode.FAILURE if rejected else ExitCode.OK


def _as_sent(body: bytes, file: str) -> tuple[bytes, str]:
    """Return what a file is sent as, seen from its name or its beginning."""
    start = body.lstrip(BLANK)[:1]
    if is_named_as_table(file) or start not in (b"[", b"{", b""):
        return body, CSV
    if start == b"[":
        return body, _JSON
    # One object over several lines is an array of one.
    return (b"[%b]" % body, _JSON) if start and is_json(body) else (body, NDJSON)


def _print(report: Mapping[str, Any], *, as_json: bool) -> None:
    if as_json:
        names = (*_NUMBERS, "applied", "rejected")
        output.print_json({name: report[name] for name in names})
        return
    rejected = report["rejected"]
    for name in _NUMBERS:
        output.print_data(f"{name} {report[name]}")
    output.print_data(f"rejected {len(rejected)}")
    for one in rejected[:_SHOWN_MAX]:
        name = "" if one["id"] is None else f" ({one['id']})"
        output.say(f"   line {one['line']}{name}: {one['error']}: {one['detail']}")
    if len(rejected) > _SHOWN_MAX:
        output.say(f"   and {len(rejected) - _SHOWN_MAX} more; see --json")


def _told(report: Mapping[str, Any], *, dry_run: bool) -> str:
    if dry_run:
        return "nothing is stored, as --dry-run asks"
    if not report["applied"]:
        return "nothing is stored, for with --mode all one bad line is enough"
    lines = sum(report[name] for name in _NUMBERS)
    return f"{lines} lines imported"
