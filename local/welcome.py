"""What is printed once all runs: where to look, and what to try."""

import json
import os
from dataclasses import dataclass
from pathlib import Path

from local.asking import Json, ask
from local.commands import Surroundings

_CREATED = 201


@dataclass(frozen=True, slots=True, kw_only=True)
class Demo:
    """What `cairn seed` told of the example company, as far as it did."""

    root_goal_id: str | None = None
    # A record that moves the root's number, without id and version.
    example_record: dict[str, Json] | None = None


def welcome(around: Surroundings, demo: Demo) -> str:
    """Return the lines for a person who has just started Cairn."""
    lines = [
        ("Page", _page(around)),
        # Whoever has opened the page sees the documents, too; ingest knows no browsers.
        ("API", f"{around.goals.url}/v1 · docs {around.goals.url}/docs"),
        ("Ingest", f"{around.ingest.url}/v1/records"),
        ("Stream", f"{_curl(around, '-N')} {around.goals.url}/v1/stream"),
        *_examples(around, demo),
        ("Data", _data(around)),
    ]
    text = "\n".join(f"   {name:<9} {words}" for name, words in lines)
    return f"\n{text}\n"


def demo_from(text: str) -> Demo:
    """Read the last line of what `cairn seed` printed, if it is a JSON object."""
    last = text.strip().rpartition("\n")[2]
    try:
        found = json.loads(last)
    except ValueError:
        return Demo()
    if not isinstance(found, dict):
        return Demo()
    root, record = found.get("root_goal_id"), found.get("example_record")
    return Demo(
        root_goal_id=root if isinstance(root, str) else None,
        example_record=record if isinstance(record, dict) else None,
    )


def _page(around: Surroundings) -> str:
    """Return the page's address, which lets its first visitor in as administrator."""
    answer = ask(
        around.goals, "/v1/page-links", method="POST", token=around.admin_token
    )
    url = answer.fields().get("url") if answer.status == _CREATED else None
    if isinstance(url, str):
        return f"{url}   (works once, all rights)"
    return around.goals.url


def _examples(around: Surroundings, demo: Demo) -> list[tuple[str, str]]:
    if demo.example_record is None or demo.root_goal_id is None:
        return [("Try", f"{_curl(around, '-sS')} {around.goals.url}/v1/goals")]
    tree = f"{around.goals.url}/v1/goals/{demo.root_goal_id}/tree?depth=1"
    record = json.dumps(demo.example_record, ensure_ascii=False)
    # The shell makes up an id, so each try is a new record.
    body = '{"id": "try-\'$(date +%s)\'", "version": 1, ' + record.removeprefix("{")
    return [
        ("Try", f"{_curl(around, '-sS')} {around.ingest.url}/v1/records \\"),
        ("", f"  -H 'Content-Type: application/json' -d '{body}'"),
        ("then", f"{_curl(around, '-sS')} '{tree}'"),
    ]


def _curl(around: Surroundings, option: str) -> str:
    # The shell puts the token in: it does not belong on the screen.
    source = f"$(cat {_shown(around.settings.home / 'admin-token')})"
    if around.settings.admin_token is not None:
        source = "$CAIRN_ADMIN_TOKEN"
    return f'curl {option} -H "Authorization: Bearer {source}"'


def _data(around: Surroundings) -> str:
    home = _shown(around.settings.home)
    return f"{home} (kept; `make clean` forgets it) · logs {home}/logs · ctrl-c stops"


def _shown(path: Path) -> str:
    """Return `path` as one would type it here."""
    relative = os.path.relpath(path)
    return str(path) if relative.startswith("..") else relative
