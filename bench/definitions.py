"""Creating the company through the goals service, as people and programs do."""

from collections.abc import Iterator, Sequence
from typing import Any, Final

import httpx

from bench.company import (
    ENTITY,
    MANAGER_ID,
    TIME_ZONE,
    Company,
    Goal,
    Metric,
    Query,
    Role,
)
from bench.errors import BenchError
from bench.installation import Installation
from bench.standing import until_quiet
from bench.waiting import until

# What goals takes in one request, all of it or nothing.
_ITEMS_MAX: Final = 10_000
_REQUEST_SECONDS_MAX: Final = 120.0
_APPLIED_SECONDS_MAX: Final = 120.0
_TARGET: Final = "1000000"
_KNOWN: Final = "SELECT count(*) FROM rollup_published.goal"

_Body = dict[str, Any]


async def create_company(installation: Installation, company: Company) -> None:
    """Create everything; return when the system counts with it."""
    async with httpx.AsyncClient(
        base_url=installation.goals_url,
        headers={"Authorization": f"Bearer {installation.admin_token}"},
        timeout=_REQUEST_SECONDS_MAX,
        # No proxy of the environment may come between us and our own service.
        trust_env=False,
    ) as client:
        await _create(client, "roles", [_role(one) for one in company.roles])
        await _create(client, "users", _users(company))
        await _create(client, "metrics", [_metric(one) for one in company.metrics])
        queries = [_query(one) for one in company.queries]
        await _create(client, "rollup-queries", queries)
        # Parents stand before children, so a part never names a later one.
        await _create(client, "goals", [_goal(one) for one in company.goals])

    async def known() -> int:
        installation.check()
        count: int = await installation.connection.fetchval(_KNOWN)
        return count

    await until(
        known,
        lambda count: count == len(company.goals),
        what=f"{len(company.goals)} goals to be applied",
        seconds_max=_APPLIED_SECONDS_MAX,
    )
    await until_quiet(installation, seconds_max=_APPLIED_SECONDS_MAX)


async def _create(
    client: httpx.AsyncClient, kind: str, bodies: Sequence[_Body]
) -> None:
    for part in _parts(bodies):
        answer = await client.post(f"/v1/{kind}", json=part)
        if answer.status_code != httpx.codes.CREATED:
            raise BenchError(
                f"goals answered {answer.status_code} to {len(part)} {kind}: "
                f"{answer.text[:300]}"
            )


def _parts(bodies: Sequence[_Body]) -> Iterator[Sequence[_Body]]:
    for start in range(0, len(bodies), _ITEMS_MAX):
        yield bodies[start : start + _ITEMS_MAX]


def _users(company: Company) -> list[_Body]:
    goals = company.goals
    people = {MANAGER_ID}.union(*({one.owner_id, one.manager_id} for one in goals))
    roles: dict[str, list[str]] = {}
    for role in company.roles:
        for user_id in role.users:
            roles.setdefault(user_id, []).append(role.id)
    return [
        {"id": user_id, "name": user_id, "roles": roles.get(user_id, [])}
        for user_id in sorted(people)
    ]


def _role(role: Role) -> _Body:
    reads = {ENTITY: {"read": role.depth}}
    return {"id": role.id, "name": role.id, "privileges": reads}


def _metric(metric: Metric) -> _Body:
    return {
        "id": metric.id,
        "name": metric.id,
        "kind": metric.kind,
        "data_type": metric.data_type,
        "rollup_fields": {
            name: {
                "source_entity": ENTITY,
                "source_attribute": field.source_attribute,
                "source_state": field.source_state,
                "date_attribute": field.date_attribute,
            }
            for name, field in metric.rollup_fields.items()
        },
    }


def _query(query: Query) -> _Body:
    return {"id": query.id, "name": query.id, "entity": ENTITY, "where": query.where}


def _goal(goal: Goal) -> _Body:
    body = {
        "id": goal.id,
        "title": goal.id,
        "owner": {"type": "user", "id": goal.owner_id},
        "manager_id": goal.manager_id,
        "target": _TARGET,
        "owner_records_only": goal.owner_records_only,
        "rollup_only_from_children": goal.rollup_only_from_children,
    }
    if goal.queries:
        body["queries"] = dict(goal.queries)
    if goal.parent_id is not None:
        # Under a parent a goal takes its metric and its period from it.
        return body | {"parent_id": goal.parent_id}
    return body | {
        "metric_id": goal.metric_id,
        "time_zone": TIME_ZONE,
        "period": {"kind": "custom", "start": goal.first_day, "end": goal.last_day},
    }
