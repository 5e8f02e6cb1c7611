"""`cairn token create`, `list` and `revoke`: what systems come in with."""

from collections.abc import Sequence
from typing import Any, Final

from cli import output
from cli.api import Api
from cli.exits import CommandError, ExitCode
from cli.surroundings import surroundings

_PATH: Final = "/v1/tokens"
_HEADINGS: Final = ("name", "scopes", "acts as", "last used", "expires", "id")


def create(
    name: str,
    *,
    scopes: Sequence[str],
    days: int | None,
    user_id: str | None,
    as_json: bool,
) -> ExitCode:
    """Make a token and print its text, alone: it is shown this once."""
    wanted: dict[str, Any] = {"name": name, "scopes": list(scopes)}
    if days is not None:
        wanted["expires_in_days"] = days
    if user_id is not None:
        wanted["user_id"] = user_id
    with _goals() as goals:
        made = goals.post(_PATH, wanted)
    if not isinstance(made.get("token"), str):
        raise CommandError(
            "goals answered without a token; check that CAIRN_GOALS_URL is Cairn's"
        )
    if as_json:
        output.print_json(made)
    else:
        output.say("keep it where it is safe: it is not shown again")
        output.print_data(made["token"])
    return ExitCode.OK


def show(*, as_json: bool, everything: bool) -> ExitCode:
    """Print the tokens, never their text."""
    with _goals() as goals:
        found = list(goals.items(_PATH))
    if not everything:
        found = [one for one in found if one["revoked_at"] is None]
    if as_json:
        output.print_json(found)
    else:
        output.print_table(_HEADINGS, [_row(one) for one in found])
    return ExitCode.OK


def revoke(name: str) -> ExitCode:
    """Have a token hold no more; it is named by its name or its id."""
    with _goals() as goals:
        holding = [one for one in goals.items(_PATH) if one["revoked_at"] is None]
        found = [one for one in holding if name in {one["name"], one["id"]}]
        if not found:
            raise CommandError(
                f"no token {name} holds; `cairn token list` shows those that do"
            )
        goals.delete(f"{_PATH}/{found[0]['id']}")
    output.say(f"token {found[0]['name']} is revoked; within seconds nobody takes it")
    return ExitCode.OK


def _row(token: dict[str, Any]) -> tuple[str, ...]:
    expires = token["expires_at"] or "never"
    if token["revoked_at"] is not None:
        expires = f"revoked {token['revoked_at']}"
    return (
        token["name"],
        " ".join(token["scopes"]),
        token["user_id"] or "-",
        token["last_used_at"] or "never",
        expires,
        token["id"],
    )


def _goals() -> Api:
    around = surroundings()
    return Api("goals", around.goals_url, around.token)
