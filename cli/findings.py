"""What `cairn doctor` finds, one thing after the other."""

from dataclasses import dataclass

from cli.output import Mark


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that was looked at."""

    what: str
    mark: Mark
    found: str
    # What to do about it; empty where all is well.
    fix: str = ""
