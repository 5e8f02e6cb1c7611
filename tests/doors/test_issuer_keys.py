"""Keys of an issuer: had when needed, kept when it is away, renewed when it rotates."""

import asyncio
from typing import Any

import pytest

from local.ports import pick_free
from shared.doors.issuer_keys import (
    DOCUMENT_BYTES_MAX,
    IssuerKeys,
    UnusableDocumentError,
    usable_keys,
)
from shared.doors.refusing import RefusedAtDoorError
from tests.doors.issuing import ec_key, issuing, rsa_key


async def test_keys_are_had_once() -> None:
    """However many come at once, the issuer is asked for its keys one time."""
    async with issuing() as issuer:
        people = issuer.people(pause_seconds=10)
        token = issuer.token()

        await asyncio.gather(*(people.person_of(token) for _ in range(20)))

        assert issuer.calls == ["discovery", "jwks"]


async def test_a_new_key_is_found_at_once() -> None:
    """An issuer that rotates its keys keeps nobody waiting; the old one is gone."""
    async with issuing(rsa_key("one")) as issuer:
        people = issuer.people()
        old = issuer.token()
        await people.person_of(old)

        issuer.keys = [ec_key("two")]
        person = await people.person_of(issuer.token())
        with pytest.raises(RefusedAtDoorError, match="names a key"):
            await people.person_of(old)

        assert person.user_id == "ada"


async def test_invented_keys_do_not_flood_the_issuer() -> None:
    """It is asked once in a while, whoever knocks how often."""
    async with issuing() as issuer:
        people = issuer.people(pause_seconds=10)
        await people.person_of(issuer.token())
        for number in range(30):
            key = issuer.keys[0]
            forged = issuer.token(type(key)(f"invented-{number}", key.private))
            with pytest.raises(RefusedAtDoorError, match="names a key"):
                await people.person_of(forged)

        assert issuer.calls.count("jwks") == 1


async def test_known_keys_serve_while_the_issuer_is_away() -> None:
    """Who can be checked is let in; renewing is tried, and put off."""
    async with issuing() as issuer:
        people = issuer.people(fresh_seconds=0)
        token = issuer.token()
        await people.person_of(token)
        issuer.is_away = True

        person = await people.person_of(token)

        assert person.user_id == "ada"
        assert len(issuer.calls) > 2


async def test_without_any_keys_one_is_told_to_come_again() -> None:
    """503, for it is not the token's fault; and it works when the issuer is back."""
    async with issuing() as issuer:
        people = issuer.people()
        issuer.is_away = True
        with pytest.raises(RefusedAtDoorError) as caught:
            await people.person_of(issuer.token())
        issuer.is_away = False
        person = await people.person_of(issuer.token())

    assert caught.value.status == 503
    assert caught.value.error == "issuer_unavailable"
    assert caught.value.headers == {"Retry-After": "1"}
    assert "CAIRN_OIDC_ISSUER" in caught.value.detail
    assert person.user_id == "ada"


async def test_an_issuer_that_nobody_reaches_is_away() -> None:
    """No connection is like an answer that says nothing."""
    (nobody,) = pick_free(1)

    with pytest.raises(RefusedAtDoorError, match="could not be had"):
        await IssuerKeys(f"http://127.0.0.1:{nobody}").key_of("one")


@pytest.mark.parametrize(
    ("discovery", "jwks"),
    [
        ({"issuer": "https://evil.example", "jwks_uri": "http://127.0.0.1/x"}, None),
        ({"jwks_uri": "http://127.0.0.1/x"}, None),
        ("http://evil.example/jwks", None),
        ("file:///etc/passwd", None),
        (None, []),
        (None, {"keys": {}}),
        (None, {"keys": []}),
        (None, {"keys": [{"kty": "oct", "k": "c2VjcmV0", "kid": "one"}]}),
        (None, {"keys": [{"kty": "RSA", "n": "AQAB", "kid": "one"}, 7]}),
        (None, {"keys": [], "fill": "x" * DOCUMENT_BYTES_MAX}),
    ],
)
async def test_documents_that_cannot_be_right_bring_no_keys(
    discovery: Any, jwks: Any
) -> None:
    """Of another issuer, over a road that is not safe, too large, or without keys."""
    async with issuing() as issuer:
        if isinstance(discovery, str):
            discovery = {"issuer": issuer.url, "jwks_uri": discovery}
        issuer.discovery, issuer.jwks = discovery, jwks

        with pytest.raises(RefusedAtDoorError) as caught:
            await issuer.people().person_of(issuer.token())

    assert caught.value.status == 503


async def test_the_keys_may_be_somewhere_else() -> None:
    """A setting says where; then nobody needs to discover it."""
    async with issuing() as issuer:
        keys = IssuerKeys(issuer.url, jwks_url=f"{issuer.url}/jwks")

        found = await keys.key_of("one")

        assert found is not None
        assert issuer.calls == ["jwks"]


async def test_a_token_may_name_no_key_if_there_is_one() -> None:
    """Of several it is not clear which is meant."""
    async with issuing() as issuer:
        assert await IssuerKeys(issuer.url).key_of(None) is not None
        issuer.keys.append(ec_key("two"))
        assert await IssuerKeys(issuer.url).key_of(None) is None


def test_keys_that_cannot_check_signatures_are_left_out() -> None:
    """Those for encryption, passwords, and what no library of ours knows."""
    good = rsa_key("good").published
    document = {
        "keys": [
            {**rsa_key("for-encryption").published, "use": "enc"},
            {"kty": "oct", "k": "c2VjcmV0", "kid": "password"},
            {"kty": "EC", "crv": "P-1", "kid": "unknown"},
            good,
        ]
    }

    assert [one.key_id for one in usable_keys(document)] == ["good"]
    with pytest.raises(UnusableDocumentError):
        usable_keys({"keys": document["keys"][:3]})
