"""`cairn status` and `cairn page-link`: two short questions to goals."""

from cli import output
from cli.api import Api
from cli.exits import CommandError, ExitCode
from cli.surroundings import surroundings


def show(*, as_json: bool) -> ExitCode:
    """Tell whether everything accepted so far is in the totals."""
    with _goals() as goals:
        status = goals.get("/v1/status")
    if as_json:
        output.print_json(status)
    else:
        rows = [
            (name.replace("_", " "), _word(value)) for name, value in status.items()
        ]
        output.print_table(("", ""), rows)
    return ExitCode.OK if status.get("settled") is True else ExitCode.NOT_READY


def page_link(*, user_id: str | None, as_json: bool) -> ExitCode:
    """Print an address that lets one person into the page, once."""
    with _goals() as goals:
        link = goals.post("/v1/page-links", {"user_id": user_id})
    url = link.get("url")
    if not isinstance(url, str):
        raise CommandError(
            "goals answered without a link; check that CAIRN_GOALS_URL is Cairn's"
        )
    if as_json:
        output.print_json(link)
    else:
        output.print_data(url)
    return ExitCode.OK


def _goals() -> Api:
    around = surroundings()
    return Api("goals", around.goals_url, around.token)


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value)
