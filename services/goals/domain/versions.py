"""Writing only over what one has read."""

from collections.abc import Collection

from services.goals.domain.errors import NOT_FOUND, VERSION_CONFLICT, RefusedError

# The versions that the writer has read; None: whatever there is.
Expected = Collection[int] | None


def not_found(what: str) -> RefusedError:
    """Return the refusal for something that is asked for and not there."""
    return RefusedError(
        NOT_FOUND, f"there is no {what}; check the id, or list what there is"
    )


def check_version(what: str, version: int, expected: Expected) -> None:
    """Refuse to write over a version that the writer has not read."""
    if expected is not None and version not in expected:
        raise RefusedError(
            VERSION_CONFLICT,
            f'{what} is at version "{version}", which If-Match does not name; read it '
            "again, then repeat the change",
        )


def check_version_named(what: str, version: int, named: int) -> None:
    """Refuse a line that was written by another version than there is."""
    if version != named:
        raise RefusedError(
            VERSION_CONFLICT,
            f"{what} is at version {version} and the line names version {named}; read "
            "it again, then repeat the change",
            field="version",
        )
