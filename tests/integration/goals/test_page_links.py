"""Links to the page are signed: whatever was not made here opens nothing."""

import base64
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import jwt
import pytest
import pytest_asyncio

from tests.integration.goals.conftest import Api

pytestmark = pytest.mark.asyncio(loop_scope="package")

Claims = dict[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Made:
    """A link that is good, and all that a forger could wish to know."""

    code: str
    claims: Claims
    key: bytes

    def with_claims(self, **more: Any) -> str:
        """Sign it with the key, and other claims; None leaves one out."""
        claims = self.claims | more
        present = {name: one for name, one in claims.items() if one is not None}
        return str(jwt.encode(present, self.key, algorithm="HS256"))


@pytest_asyncio.fixture(loop_scope="package")
async def made(api: Api) -> AsyncIterator[Made]:
    """Make a link for a user; it still works when the forger has gone."""
    ada = await api.user("ada")
    code = await new_code(api, ada)
    yield Made(code=code, claims=claims_of(code), key=await key_of(api))
    entered = await enter(api, code)
    assert entered.status_code == 303


async def new_code(api: Api, user_id: str | None = None) -> str:
    """Make a link; return its code."""
    link = await api.create("/v1/page-links", {"user_id": user_id})
    return str(parse_qs(urlsplit(link["url"]).query)["code"][0])


def claims_of(code: str) -> Claims:
    """Return what a link says."""
    claims: Claims = jwt.decode(code, options={"verify_signature": False})
    return claims


async def key_of(api: Api) -> bytes:
    """Look up what links are signed with, as only the owner of the database can."""
    connection = await api.installation.connect()
    key: bytes = await connection.fetchval("SELECT secret FROM goals.page_link_key")
    await connection.close()
    return key


async def enter(api: Api, code: str) -> httpx.Response:
    """Show a code at the door."""
    async with httpx.AsyncClient(base_url=api.client.base_url) as client:
        return await client.get("/enter", params={"code": code})


def part(what: Mapping[str, Any]) -> str:
    """Return a part of a token."""
    return base64.urlsafe_b64encode(json.dumps(what).encode()).decode().rstrip("=")


def with_claims_changed_afterwards(made: Made) -> str:
    """Make an administrator of ada, under the signature that ada has."""
    head, _, signature = made.code.split(".")
    admins = {name: one for name, one in made.claims.items() if name != "sub"}
    return f"{head}.{part(admins)}.{signature}"


def said_to_be_unsigned(made: Made) -> str:
    """Say in its head that nobody need look at the signature."""
    return f"{part({'alg': 'none', 'typ': 'JWT'})}.{made.code.partition('.')[2]}"


FORGED: Mapping[str, Callable[[Made], str]] = {
    "signed with nothing": lambda made: (
        said_to_be_unsigned(made).rpartition(".")[0] + "."
    ),
    "said to be signed with nothing": said_to_be_unsigned,
    "its signature left out": lambda made: made.code.rpartition(".")[0] + ".",
    "signed with another key": lambda made: jwt.encode(
        made.claims, secrets.token_bytes(32), algorithm="HS256"
    ),
    "signed in another way": lambda made: jwt.encode(
        made.claims, made.key * 2, algorithm="HS512"
    ),
    "changed afterwards": with_claims_changed_afterwards,
    "expired": lambda made: made.with_claims(exp=int(time.time()) - 1),
    "without an end": lambda made: made.with_claims(exp=None),
    "for another purpose": lambda made: made.with_claims(aud="cairn-report"),
    "for any purpose": lambda made: made.with_claims(
        aud=["cairn-report", made.claims["aud"]]
    ),
    "for no purpose": lambda made: made.with_claims(aud=None),
    "of no id": lambda made: made.with_claims(jti=None),
    "of an id that nobody made": lambda made: made.with_claims(jti="x" * 43),
    "for somebody else": lambda made: made.with_claims(sub="bob"),
    "for nobody in particular": lambda made: made.with_claims(sub=None),
    "the id alone": lambda made: str(made.claims["jti"]),
    "too long": lambda made: made.code + "x" * 4096,
    "nothing": lambda _: "",
    "no token": lambda _: "..\N{SNOWMAN}..",
}


@pytest.mark.parametrize("forged", FORGED.values(), ids=FORGED)
async def test_a_forged_link_opens_nothing(
    api: Api, made: Made, forged: Callable[[Made], str]
) -> None:
    """Whoever comes with it sees how to get a good one, and gets no cookie."""
    answer = await enter(api, forged(made))

    assert answer.status_code == 401
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "none of ours" in answer.text
    assert "cairn page-link" in answer.text
    assert "Set-Cookie" not in answer.headers


async def test_a_link_says_whom_it_is_for_and_until_when(api: Api) -> None:
    """Under the signature, however long the name; for nobody, it names none."""
    ada = api.id("\N{GRINNING FACE}")
    ada += "\N{GRINNING FACE}" * (200 - len(ada))
    await api.create("/v1/users", {"id": ada, "name": "Ada"})
    code = await new_code(api, ada)
    entered = await enter(api, code)
    claims = claims_of(code)

    assert claims["sub"] == ada
    assert claims["aud"] == "cairn-page-link"
    assert 3500 < claims["exp"] - time.time() <= 3600
    assert entered.status_code == 303
    assert "sub" not in claims_of(await new_code(api))


async def test_neither_the_key_nor_the_table_is_enough_to_come_in(api: Api) -> None:
    """Of a link's id the database keeps a hash, so that who reads it makes no link."""
    code = await new_code(api)
    connection = await api.installation.connect()
    kept = await connection.fetch("SELECT page_link::text AS line FROM goals.page_link")
    await connection.close()

    assert kept != []
    assert all(claims_of(code)["jti"] not in row["line"] for row in kept)


async def test_a_key_that_is_taken_away_takes_its_links_along(api: Api) -> None:
    """The next link makes a new key, and works."""
    code = await new_code(api)
    before = await key_of(api)
    connection = await api.installation.connect()
    await connection.execute("DELETE FROM goals.page_link_key")
    await connection.close()
    without_any = await enter(api, code)
    later = await new_code(api)
    answers = [without_any, await enter(api, code), await enter(api, later)]

    assert [one.status_code for one in answers] == [401, 401, 303]
    assert await key_of(api) != before
