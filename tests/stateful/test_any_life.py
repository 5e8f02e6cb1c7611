"""Whatever happens to an organisation, every goal shows what the oracle says.

More lives: CAIRN_STATEFUL_EXAMPLES=500; longer ones: CAIRN_STATEFUL_STEPS=60; others
each time: CAIRN_TEST_RANDOM=1.
"""

import ast
import asyncio
import inspect
import os
from typing import Any

from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.stateful import days, deeds, oracle, refusals, said
from tests.stateful.house import Street
from tests.stateful.life import Diary
from tests.stateful.machine import AnyLife

EXAMPLES = int(os.environ.get("CAIRN_STATEFUL_EXAMPLES", "40"))
STEPS = int(os.environ.get("CAIRN_STATEFUL_STEPS", "40"))


def test_the_tree_is_the_oracles_after_every_deed(
    runner: asyncio.Runner, street: Street
) -> None:
    """Done or refused, by the rules; and then equal in every column."""
    diary = Diary()
    # A class is asked for, and anything that makes a machine will do.
    lives: Any = lambda: AnyLife(runner, street, diary)  # noqa: E731

    run_state_machine_as_test(
        lives,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=STEPS,
            phases=(Phase.generate, Phase.shrink),
            suppress_health_check=list(HealthCheck),
        ),
    )

    print(f"\n{diary}")  # noqa: T201 - shown by -s
    for answer, times in sorted(diary.answers.items()):
        print(f"{times:6} {answer}")  # noqa: T201 - shown by -s


def test_the_oracle_shares_no_code_with_what_it_judges() -> None:
    """It imports the standard library, and its own parts."""
    parts = (days, deeds, oracle, refusals, said)
    imported = {
        name
        for source in map(inspect.getsource, parts)
        for node in ast.walk(ast.parse(source))
        for name in _imported_by(node)
    }

    ours = {name for name in imported if name.partition(".")[0] in _PACKAGES}
    assert ours == {part.__name__ for part in parts} - {oracle.__name__}


_PACKAGES = {"bench", "cli", "deploy", "local", "services", "shared", "tests"}


def _imported_by(node: ast.AST) -> list[str]:
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    if isinstance(node, ast.ImportFrom):
        return [node.module or ""]
    return []
