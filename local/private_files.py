"""Files that only their owner reads: secrets, and what holds secrets."""

import os
import secrets
from pathlib import Path

_OWNER_ONLY = 0o600


def kept_secret(file: Path) -> str:
    """Return the secret in `file`; make one if there is none."""
    file.parent.mkdir(parents=True, exist_ok=True)
    secret = secrets.token_urlsafe(32)
    try:
        descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    except FileExistsError:
        return file.read_text(encoding="utf-8").strip()
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(secret + "\n")
    return secret


def write_privately(file: Path, text: str) -> None:
    """Replace the content of `file` at once: readers see the old or the new."""
    scratch = file.with_name(f"{file.name}.{os.getpid()}")
    descriptor = os.open(scratch, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, _OWNER_ONLY)
    with os.fdopen(descriptor, "w", encoding="utf-8") as opened:
        opened.write(text)
    scratch.replace(file)
