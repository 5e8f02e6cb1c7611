"""Tokens of people: the issuer's are known, and whatever else comes is refused."""

import time
from collections.abc import AsyncIterator, Callable
from typing import Any

import jwt
import pytest
import pytest_asyncio

from shared.domain.callers import Scope
from shared.doors.people import PERSON_SCOPES, TOKEN_CHARACTERS_MAX, Person
from shared.doors.refusing import RefusedAtDoorError
from tests.doors.issuing import AUDIENCE, RSA_BITS, Issuer, ec_key, issuing, rsa_key

HOUR = 3_600
STRANGER = rsa_key("one")
UNKNOWN = rsa_key("unknown")


@pytest_asyncio.fixture
async def issuer() -> AsyncIterator[Issuer]:
    """Run an issuer with one key of each kind."""
    async with issuing(rsa_key("one"), ec_key("two")) as running:
        yield running


async def refusal(issuer: Issuer, token: str, **more: Any) -> str:
    """Return why a token is refused."""
    with pytest.raises(RefusedAtDoorError) as caught:
        await issuer.people(**more).person_of(token)
    assert caught.value.status == 401
    assert caught.value.headers == {"WWW-Authenticate": "Bearer"}
    return caught.value.detail


@pytest.mark.parametrize("place", [0, 1])
async def test_a_token_of_the_issuer_tells_who_comes(
    issuer: Issuer, place: int
) -> None:
    """Whichever of its keys it is signed with."""
    token = issuer.token(issuer.keys[place])

    person = await issuer.people().person_of(token)

    assert person == Person(user_id="ada", scopes=PERSON_SCOPES)


@pytest.mark.parametrize("claim", ["preferred_username", "email", "oid"])
async def test_the_claim_that_names_the_user_is_a_setting(
    issuer: Issuer, claim: str
) -> None:
    """A directory may know its users by another name than the issuer's `sub`."""
    named: dict[str, Any] = {claim: "grace"}
    token = issuer.token(**named)

    person = await issuer.people(user_claim=claim).person_of(token)

    assert person.user_id == "grace"


@pytest.mark.parametrize(
    ("claims", "scopes"),
    [
        ({"scope": "openid profile"}, PERSON_SCOPES),
        ({"scope": "openid records:write"}, {Scope.RECORDS_WRITE}),
        ({"scope": "goals:read goals:write"}, {Scope.GOALS_READ, Scope.GOALS_WRITE}),
        ({"scp": ["goals:read"]}, {Scope.GOALS_READ}),
        ({"scp": "goals:read"}, {Scope.GOALS_READ}),
        ({"scope": {"goals:read": True}}, PERSON_SCOPES),
    ],
)
async def test_a_token_may_allow_less_than_people_may(
    issuer: Issuer, claims: dict[str, Any], scopes: set[Scope]
) -> None:
    """Scopes of ours in it count; only by one of them may a person send records."""
    person = await issuer.people().person_of(issuer.token(**claims))

    assert person.scopes == scopes


def unsigned(issuer: Issuer) -> str:
    """Return a token that says it needs no signature."""
    return jwt.encode(issuer.claims(), "", algorithm="none", headers={"kid": "one"})


def signed_with_the_public_key(issuer: Issuer) -> str:
    """Return a token whose password is the key that everybody may read.

    PyJWT would not make it, so it is made by hand.
    """
    head = jwt.utils.base64url_encode(b'{"alg":"HS256","kid":"one","typ":"JWT"}')
    good = issuer.token().split(".")[1].encode()
    signed = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(
        head + b"." + good, issuer.keys[0].public_pem
    )
    return b".".join((head, good, jwt.utils.base64url_encode(signed))).decode()


def changed(issuer: Issuer) -> str:
    """Return a token whose claims were changed after it was signed."""
    head, _, signature = issuer.token().split(".")
    body = issuer.token(sub="grace").split(".")[1]
    return f"{head}.{body}.{signature}"


def with_the_key_of_the_other(issuer: Issuer) -> str:
    """Return a token that names one key of the issuer and is signed with another."""
    rsa_one = issuer.keys[0]
    return jwt.encode(
        issuer.claims(), rsa_one.private, algorithm="RS256", headers={"kid": "two"}
    )


Forge = Callable[[Issuer], str]


@pytest.mark.parametrize(
    ("forge", "why"),
    [
        (unsigned, "CAIRN_OIDC_ALGORITHMS"),
        (signed_with_the_public_key, "CAIRN_OIDC_ALGORITHMS"),
        (changed, "its signature is not the issuer's"),
        (lambda issuer: issuer.token(STRANGER), "its signature is not the issuer's"),
        (lambda issuer: issuer.token(UNKNOWN), "names a key that"),
        (with_the_key_of_the_other, "CAIRN_OIDC_ALGORITHMS"),
        (lambda issuer: issuer.token(exp=int(time.time()) - 5), "it has expired"),
        (lambda issuer: issuer.token(nbf=int(time.time()) + HOUR), "not yet valid"),
        (lambda issuer: issuer.token(iat=int(time.time()) + HOUR), "not yet valid"),
        (lambda issuer: issuer.token(aud="other"), f"does not contain {AUDIENCE}"),
        (lambda issuer: issuer.token(aud=["a", "b"]), f"does not contain {AUDIENCE}"),
        (lambda issuer: issuer.token(iss="https://evil.example"), "iss is not http"),
        (lambda issuer: issuer.token(exp=None), "its claim exp is missing"),
        (lambda issuer: issuer.token(aud=None), "its claim aud is missing"),
        (lambda issuer: issuer.token(iss=None), "its claim iss is missing"),
        (lambda issuer: issuer.token(sub=None), "its claim sub is missing"),
        (lambda issuer: issuer.token(sub=""), "its claim sub is no text"),
        (lambda issuer: issuer.token(sub="x" * 201), "its claim sub is no text"),
        (lambda issuer: issuer.token(fill="x" * TOKEN_CHARACTERS_MAX), "characters"),
        (lambda issuer: issuer.token(exp="tomorrow"), "does not read"),
        (lambda _: "not.a.token", "does not read"),
        (lambda _: "..", "does not read"),
    ],
)
async def test_what_is_forged_or_does_not_hold_is_refused(
    issuer: Issuer, forge: Forge, why: str
) -> None:
    """Each with its reason, and none gets in."""
    assert why in await refusal(issuer, forge(issuer))


async def test_a_claim_that_is_no_text_names_nobody(issuer: Issuer) -> None:
    """A number or a list is no id."""
    token = issuer.token(oid=["ada"])

    assert "claim oid is no text" in await refusal(issuer, token, user_claim="oid")


async def test_a_mail_address_that_nobody_verified_names_nobody(
    issuer: Issuer,
) -> None:
    """Else anybody could claim to have it."""
    token = issuer.token(email="ada@example.org", email_verified=False)

    assert "not verified" in await refusal(issuer, token, user_claim="email")


async def test_a_signature_that_is_not_allowed_is_refused(issuer: Issuer) -> None:
    """Also if it is right: the setting decides, not the token."""
    token = issuer.token(issuer.keys[1])

    why = await refusal(issuer, token, algorithms=("RS256",))

    assert "CAIRN_OIDC_ALGORITHMS" in why


async def test_clocks_may_differ_by_so_much(issuer: Issuer) -> None:
    """A token that ended thirty seconds ago holds for one who allows a minute."""
    late = issuer.token(exp=int(time.time()) - 30)
    early = issuer.token(nbf=int(time.time()) + 30)
    patient = issuer.people(skew_seconds=60)

    assert (await patient.person_of(late)).user_id == "ada"
    assert (await patient.person_of(early)).user_id == "ada"
    assert "it has expired" in await refusal(issuer, late, skew_seconds=10)
    assert "not yet valid" in await refusal(issuer, early, skew_seconds=10)


@pytest.mark.filterwarnings("ignore:The RSA key is 1024 bits long")
async def test_a_key_that_is_too_short_signs_nothing() -> None:
    """Some can find the other half of a key of 1024 bits."""
    async with issuing(rsa_key("short", RSA_BITS // 2)) as issuer:
        assert "too short" in await refusal(issuer, issuer.token())
