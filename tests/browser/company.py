"""A small company on the running system, with a tree of its own for each test."""

import itertools
import secrets
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from tests.running import Running

METRIC: Final = "browser-revenue"

_versions = itertools.count(1)


@dataclass(slots=True)
class Company:
    """A root and two goals below it; only the second counts records of its own.

    ```
    root        target 1,000
    ├── left    target   400, nobody's records
    └── right   target   600, Ada's records
    ```
    """

    cairn: Running
    key: str = field(default_factory=lambda: secrets.token_hex(3))

    def found(self) -> None:
        """Create people, the metric and the tree."""
        year = datetime.now(UTC).year
        for name, title in (("ada", "Ada Lind"), ("bo", "Bo Ek")):
            self.cairn.post("/v1/users", {"id": self.id_of(name), "name": title})
        self._define_metric()
        self.goal(
            "root",
            "1000",
            metric_id=METRIC,
            rollup_only_from_children=True,
            period={"kind": "custom", "start": f"{year}-01-01", "end": f"{year}-12-31"},
        )
        self.goal("left", "400", parent_id=self.id_of("root"), owner="bo")
        self.goal("right", "600", parent_id=self.id_of("root"))

    def id_of(self, name: str) -> str:
        """Return the id of one of the goals or people."""
        return f"{name}-{self.key}"

    def title_of(self, name: str) -> str:
        """Return what one of the goals is called on the page."""
        return f"{self.key} {name}"

    def goal(
        self, name: str, target: str, *, owner: str = "ada", **more: object
    ) -> None:
        """Create a goal."""
        self.cairn.post(
            "/v1/goals",
            {
                "id": self.id_of(name),
                "title": self.title_of(name),
                "owner": {"type": "user", "id": self.id_of(owner)},
                "manager_id": self.id_of("bo"),
                "target": target,
                **more,
            },
        )

    def win(self, amount: str, *, day: str | None = None) -> None:
        """Send a won opportunity of Ada's, which only the right goal counts.

        It was won on a day; if none is said: today.
        """
        self.cairn.send(
            {
                "entity": "opportunity",
                # One record of each company: a later win replaces an earlier one.
                "id": f"won-{self.key}",
                "version": next(_versions),
                "state": "won",
                "owner": {"type": "user", "id": self.id_of("ada")},
                "attributes": {
                    "actualvalue": amount,
                    "actualclosedate": day or datetime.now(UTC).date().isoformat(),
                },
            }
        )

    def shown_since(self, name: str, actual: str) -> str | None:
        """Return since when a goal shows a number, as its history has it."""
        history = self.cairn.get(f"/v1/goals/{self.id_of(name)}/history")["items"]
        if not history or history[-1]["values"]["actual"] != actual:
            return None
        return str(history[-1]["at"])

    def _define_metric(self) -> None:
        """Create the metric that all companies share, if it is not there."""
        if any(one["id"] == METRIC for one in self.cairn.get("/v1/metrics")["items"]):
            return
        self.cairn.post(
            "/v1/metrics",
            {
                "id": METRIC,
                "name": "Signed revenue",
                "kind": "amount",
                "data_type": "money",
                "rollup_fields": {
                    "actual": {
                        "source_entity": "opportunity",
                        "source_attribute": "actualvalue",
                        "source_state": "won",
                        "date_attribute": "actualclosedate",
                    }
                },
            },
        )
