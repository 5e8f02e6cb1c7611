"""The screens of the page: what they are called, and where they stand."""

import re
from dataclasses import dataclass
from typing import Final


@dataclass(frozen=True, slots=True, kw_only=True)
class Screen:
    """One screen; its script and its template have its name."""

    name: str
    title: str
    # `{id}` stands for one part of a path.
    path: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Managed:
    """One kind of thing that is created and edited, and what it is called there."""

    kind: str
    title: str

    @property
    def screen(self) -> Screen:
        """Where it is edited: all kinds have one script and one template."""
        return Screen(name="manage", title="Manage", path=f"/manage/{self.kind}")


OVERVIEW: Final = Screen(name="overview", title="Overview", path="/overview")
TREE: Final = Screen(name="tree", title="Goals", path="/")
GOAL: Final = Screen(name="goal", title="Goal", path="/goals/{id}")
EXPLAIN: Final = Screen(name="explain", title="Explain", path="/explain")
EXPLAIN_GOAL: Final = Screen(
    name="explain", title="Explain", path="/goals/{id}/explain"
)
REPORTS: Final = Screen(name="reports", title="Reports", path="/reports")
DASHBOARDS: Final = Screen(name="dashboards", title="Dashboards", path="/dashboards")
DASHBOARD: Final = Screen(name="dashboard", title="Dashboard", path="/dashboards/{id}")
OPERATIONS: Final = Screen(name="operations", title="Operations", path="/operations")
MANAGED: Final = (
    Managed(kind="goals", title="Goals"),
    Managed(kind="queries", title="Queries"),
    Managed(kind="metrics", title="Metrics"),
    Managed(kind="directory", title="Directory"),
    Managed(kind="calendar", title="Calendar"),
    Managed(kind="settings", title="Settings"),
)

# In the order in which the head of the page lists them.
LISTED: Final = (
    OVERVIEW,
    TREE,
    EXPLAIN,
    REPORTS,
    DASHBOARDS,
    OPERATIONS,
    MANAGED[0].screen,
)
# Drawn by the server without any content: their script asks for it.
EMPTY: Final = (EXPLAIN, EXPLAIN_GOAL)
SCREENS: Final = (
    OVERVIEW,
    TREE,
    GOAL,
    *EMPTY,
    REPORTS,
    DASHBOARDS,
    DASHBOARD,
    OPERATIONS,
    *(one.screen for one in MANAGED),
)

_PATTERNS: Final = tuple(
    re.compile(re.escape(screen.path).replace(r"\{id\}", "[^/]+")) for screen in SCREENS
)


def is_screen(path: str) -> bool:
    """Tell whether a document of the page stands there."""
    return any(pattern.fullmatch(path) for pattern in _PATTERNS)
