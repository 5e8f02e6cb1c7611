"""Who asks, and what the token allows."""

from shared.domain.callers import ADMIN, ALL_SCOPES, Caller, Scope


def test_the_bootstrap_token_allows_everything() -> None:
    """It belongs to no person, so no right narrows it."""
    assert ADMIN.is_admin
    assert ADMIN.user_id is None
    assert all(ADMIN.has(scope) for scope in Scope)


def test_a_token_allows_no_more_than_its_scopes() -> None:
    """Whoever asks with it."""
    nightly = Caller(name="token/nightly", scopes=frozenset({Scope.GOALS_READ}))

    assert nightly.has(Scope.GOALS_READ)
    assert not nightly.has(Scope.GOALS_WRITE)
    assert not nightly.is_admin


def test_a_person_is_never_an_admin() -> None:
    """Even with every scope, a person's rights decide."""
    ada = Caller(name="user/ada", user_id="ada", scopes=ALL_SCOPES)

    assert not ada.is_admin


def test_every_scope_says_what_it_is_for_and_how_far_it_goes() -> None:
    """They read as `what:how`, so that people can guess them."""
    assert all(scope.partition(":")[2] in {"read", "write"} for scope in Scope)
