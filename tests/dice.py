"""Whether tests roll the same dice every time: a red run is about the change then.

`CAIRN_TEST_RANDOM=1` rolls other dice, to look for what these do not find.
"""

import os
from typing import Final

from hypothesis import HealthCheck, settings

IS_RANDOM: Final = os.environ.get("CAIRN_TEST_RANDOM", "0") != "0"


def load_dice() -> None:
    """Judge properties by what they find, not by how long a busy machine takes."""
    settings.register_profile(
        "cairn",
        deadline=None,
        derandomize=not IS_RANDOM,
        database=None,
        suppress_health_check=[HealthCheck.too_slow],
    )
    settings.load_profile("cairn")
