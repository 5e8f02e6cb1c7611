"""Bearer tokens of people, as an OpenID Connect issuer signs them.

PyJWT checks the signature and the times. Which signatures are accepted is a setting
and never the token's choice, and keys are the issuer's, so that a token that is signed
with nothing, or with the public key as a password, fits none.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import jwt

from shared.domain.callers import ALL_SCOPES, Scope
from shared.doors.issuer_keys import IssuerKeys
from shared.doors.refusing import not_authenticated

TOKEN_CHARACTERS_MAX: Final = 16 * 1024
USER_ID_CHARACTERS_MAX: Final = 200

# What a person may ask for; whether he may have it, his rights decide. Records come
# from systems: a person who may send them says so with the scope in his token.
PERSON_SCOPES: Final = ALL_SCOPES - {Scope.RECORDS_WRITE}

_SCOPE_CLAIMS: Final = ("scope", "scp")
_KNOWN: Final = frozenset(Scope)
_MISFITS: Final[Mapping[type[jwt.PyJWTError], str]] = {
    jwt.ExpiredSignatureError: "it has expired; sign in again",
    jwt.ImmatureSignatureError: "it is not yet valid; check the clocks of both sides",
    jwt.InvalidAlgorithmError: "its signature is of a kind that CAIRN_OIDC_ALGORITHMS "
    "does not name",
    jwt.InvalidSignatureError: "its signature is not the issuer's",
    jwt.InvalidKeyError: "the issuer's key for it is too short",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Who signed in at the issuer."""

    user_id: str
    scopes: frozenset[Scope]


@dataclass(frozen=True, slots=True, kw_only=True)
class People:
    """Knows tokens of one issuer for one audience."""

    keys: IssuerKeys
    issuer: str
    audience: str
    algorithms: tuple[str, ...]
    user_claim: str
    skew_seconds: int

    async def person_of(self, token: str) -> Person:
        """Return who shows this token, or raise why it is refused."""
        if len(token) > TOKEN_CHARACTERS_MAX:
            raise _misfit(f"it has more than {TOKEN_CHARACTERS_MAX} characters")
        try:
            key = await self.keys.key_of(self._key_id(token))
            if key is None:
                raise _misfit(f"it names a key that {self.issuer} does not have")
            claims = self._checked(token, key)
        except jwt.PyJWTError as fault:
            raise _misfit(self._in_words(fault)) from None
        return Person(user_id=self._user_id(claims), scopes=_scopes_of(claims))

    def _key_id(self, token: str) -> str | None:
        """Return which key the token names, if all else of its head is acceptable."""
        head = jwt.get_unverified_header(token)
        if head.get("alg") not in self.algorithms:
            raise jwt.InvalidAlgorithmError
        key_id: str | None = head.get("kid")
        return key_id

    def _checked(self, token: str, key: jwt.PyJWK) -> Mapping[str, Any]:
        return jwt.decode(
            token,
            key,
            algorithms=self.algorithms,
            audience=self.audience,
            issuer=self.issuer,
            leeway=self.skew_seconds,
            options={
                "require": ["exp", "iss", "aud", self.user_claim],
                "enforce_minimum_key_length": True,
            },
        )

    def _user_id(self, claims: Mapping[str, Any]) -> str:
        found = claims[self.user_claim]
        if not isinstance(found, str) or not 0 < len(found) <= USER_ID_CHARACTERS_MAX:
            raise _misfit(
                f"its claim {self.user_claim} is no text of 1 to "
                f"{USER_ID_CHARACTERS_MAX} characters"
            )
        if self.user_claim == "email" and claims.get("email_verified") is False:
            raise _misfit("its issuer has not verified the claim email")
        return found

    def _in_words(self, fault: jwt.PyJWTError) -> str:
        if isinstance(fault, jwt.MissingRequiredClaimError):
            return f"its claim {fault.claim} is missing"
        if isinstance(fault, jwt.InvalidIssuerError):
            return f"its claim iss is not {self.issuer}"
        if isinstance(fault, jwt.InvalidAudienceError):
            return f"its claim aud does not contain {self.audience}"
        for kind, words in _MISFITS.items():
            if isinstance(fault, kind):
                return words
        return "it does not read as a signed token"


def _scopes_of(claims: Mapping[str, Any]) -> frozenset[Scope]:
    """Return what a token allows: what it names of ours, or else what people may."""
    named: set[str] = set()
    for claim in _SCOPE_CLAIMS:
        given = claims.get(claim)
        if isinstance(given, str):
            named.update(given.split())
        elif isinstance(given, list):
            named.update(one for one in given if isinstance(one, str))
    ours = frozenset(Scope(one) for one in named if one in _KNOWN)
    return ours or PERSON_SCOPES


def _misfit(what: str) -> Exception:
    return not_authenticated(f"the bearer token is refused: {what}")
