"""Where the sources of the page stand, which are built into what the service serves."""

from pathlib import Path
from typing import Final

WEB: Final = Path(__file__).resolve().parents[2] / "web"
SOURCES: Final = WEB / "src"
