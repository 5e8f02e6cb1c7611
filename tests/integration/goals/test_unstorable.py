"""What no database can hold is refused in a parameter, a cursor and a path."""

import pytest

from tests.integration.goals.conftest import Api

pytestmark = pytest.mark.asyncio(loop_scope="package")


@pytest.mark.parametrize(
    "path",
    [
        "/v1/goals?owner=user/%00",
        "/v1/goals?metric_id=%00",
        "/v1/users?after=AA==",
        "/v1/users/a%00b",
        "/v1/goals/a%00b/tree",
        "/v1/stream?root=a%00b",
    ],
)
async def test_a_nul_is_refused(api: Api, path: str) -> None:
    """As what the sender can mend, not as a fault of ours."""
    answer = await api.client.get(path)

    assert answer.status_code in {400, 404}, answer.text
    assert answer.json()["error"] in {"invalid_parameter", "not_found"}
