"""Who asks, as goals and ingest both know it."""

from shared.domain.callers import ADMIN, ALL_SCOPES, Caller, Scope

__all__ = ["ADMIN", "ALL_SCOPES", "Caller", "Scope"]
