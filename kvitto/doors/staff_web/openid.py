"""The provider of the staff's single sign-on, by OpenID Connect: the way there, and what its answer is worth.

The code flow with PKCE, and nothing else. joserfc checks who has signed a token. Of an answer, only the user name goes any
further; codes, tokens and secrets are neither kept nor logged.
"""

import base64
import hashlib
import json
import secrets
from collections.abc import Mapping
from enum import StrEnum
from http.client import HTTPException
from pathlib import Path
from typing import Any, NamedTuple
from unicodedata import normalize
from urllib.error import HTTPError
from urllib.parse import quote, urlencode
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from django.conf import settings
from django.views.decorators.debug import sensitive_variables
from joserfc import jwt
from joserfc.errors import ClaimError, ExpiredTokenError, JoseError
from joserfc.jwk import KeySet

from kvitto.accounts.rules import keeps_secrets
from kvitto.kernel.errors import RefusedError

TIMEOUT = 5  # seconds without a sign of life from the provider
LARGEST = 500_000  # bytes of an answer
CLOCKS = 60  # seconds by which the provider's clock and ours may differ
# signed by a key that only the provider has: never "none", and none by our own secret
ALGORITHMS = [f"{family}{bits}" for family in ("RS", "PS", "ES") for bits in (256, 384, 512)] + ["EdDSA", "Ed25519"]
SCOPES = {"sub": "openid", "email": "openid email"}  # what is asked for a claim; for any other, the profile
LONGEST_NAME = 150
# what a malformed key or token can make the library stumble over
BAD_ANSWER = (ValueError, TypeError, KeyError, AttributeError, NotImplementedError)


class Why(StrEnum):
    """Why a single sign-on led nowhere; the record of acts says it in these words."""

    STATE = "state"  # not an answer to what was asked in this session, or answered before
    LATE = "late"
    DENIED = "denied"  # by the provider, or by the person there
    DOWN = "provider down"
    ANSWER = "provider's answer"  # not what the standard says
    SIGNATURE = "token's signature"
    EXPIRED = "token expired"
    CLAIM = "token's claims"  # from somebody else, for somebody else or for another question
    NAME = "unknown name"


class SignOnError(RefusedError):
    """It leads nowhere. The detail is for operators; like the reason it holds no value of anybody's."""

    def __init__(self, why: Why, detail: str = "") -> None:
        self.why, self.detail = why, detail
        super().__init__(f"single sign-on was refused: {why} {detail}".rstrip())


class Provider(NamedTuple):
    """Where the provider wants what."""

    authorization: str
    token: str
    keys: str
    by_header: bool  # how it takes our secret; in the form otherwise


def is_on() -> bool:
    """Whether this installation has single sign-on."""
    return bool(settings.STAFF_OIDC_ISSUER)


def question(back: str) -> tuple[str, dict[str, str]]:
    """The address that asks the provider who somebody is, and the note by which the answer is known. Raises SignOnError."""
    note = {name: secrets.token_urlsafe(32) for name in ("state", "nonce", "verifier")} | {"back": back}
    challenge = hashlib.sha256(note["verifier"].encode()).digest()
    query = {
        "response_type": "code",
        "client_id": settings.STAFF_OIDC_CLIENT_ID,
        "redirect_uri": back,
        "scope": SCOPES.get(settings.STAFF_OIDC_CLAIM, "openid profile"),
        "state": note["state"],
        "nonce": note["nonce"],
        "code_challenge": base64.urlsafe_b64encode(challenge).rstrip(b"=").decode(),
        "code_challenge_method": "S256",
    }
    address = _provider().authorization
    return f"{address}{'&' if '?' in address else '?'}{urlencode(query)}", note


@sensitive_variables()
def answered(note: Mapping[str, str], code: str) -> str:
    """The user name that the provider gives for a code; the note is the question's. Raises SignOnError."""
    provider = _provider()
    claims = _checked(_exchanged(provider, note, code), _fetch(provider.keys), note["nonce"])
    name = claims.get(settings.STAFF_OIDC_CLAIM)
    if not isinstance(name, str) or not 0 < len(name) <= LONGEST_NAME or not name.isprintable():
        raise SignOnError(Why.NAME, "the claim is missing or no name")
    if settings.STAFF_OIDC_CLAIM == "email" and claims.get("email_verified") is not True:
        raise SignOnError(Why.NAME, "the e-mail address is not verified")
    return normalize("NFC", name)  # two ways to write one letter; no look-alikes, unlike where somebody types


def _provider() -> Provider:
    """The provider by its own description."""
    issuer = settings.STAFF_OIDC_ISSUER
    found = _fetch(f"{issuer.rstrip('/')}/.well-known/openid-configuration")
    if found.get("issuer") != issuer:
        raise SignOnError(Why.ANSWER, "the description is of another issuer")
    ways = found.get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
    return Provider(
        authorization=_safe(found.get("authorization_endpoint")),
        token=_safe(found.get("token_endpoint")),
        keys=_safe(found.get("jwks_uri")),
        by_header="client_secret_basic" in ways,
    )


def _safe(address: Any) -> str:
    if not isinstance(address, str) or not keeps_secrets(address):
        raise SignOnError(Why.ANSWER, "an address is missing or not safe")
    return address


@sensitive_variables()
def _exchanged(provider: Provider, note: Mapping[str, str], code: str) -> str:
    """The token for a code."""
    client = settings.STAFF_OIDC_CLIENT_ID
    secret = Path(settings.STAFF_OIDC_CLIENT_SECRET_FILE).read_text().strip()
    form = {
        "grant_type": "authorization_code",
        "code": code,
        "redirect_uri": note["back"],
        "code_verifier": note["verifier"],
    }
    headers = {}
    if provider.by_header:
        pair = f"{quote(client, safe='')}:{quote(secret, safe='')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    else:
        form |= {"client_id": client, "client_secret": secret}
    token = _fetch(provider.token, form, headers).get("id_token")
    if not isinstance(token, str):
        raise SignOnError(Why.ANSWER, "no ID token")
    return token


@sensitive_variables()
def _checked(token: str, keys: dict[str, Any], nonce: str) -> dict[str, Any]:
    """What a token says, when the provider has signed it, for us, for this question and not too long ago."""
    client = settings.STAFF_OIDC_CLIENT_ID
    rules = jwt.JWTClaimsRegistry(
        leeway=CLOCKS,
        iss={"essential": True, "value": settings.STAFF_OIDC_ISSUER},
        aud={"essential": True, "value": client},
        nonce={"essential": True, "value": nonce},
        sub={"essential": True},
        exp={"essential": True},
        iat={"essential": True},
        azp={"essential": False, "value": client},
    )
    try:
        shown = KeySet.import_key_set({"keys": keys["keys"]})
        claims = jwt.decode(token, shown, algorithms=ALGORITHMS).claims
        rules.validate(claims)
    except ExpiredTokenError as error:
        raise SignOnError(Why.EXPIRED) from error
    except ClaimError as error:
        raise SignOnError(Why.CLAIM, str(error)) from error
    except (JoseError, *BAD_ANSWER) as error:
        raise SignOnError(Why.SIGNATURE, type(error).__name__) from error
    return claims


@sensitive_variables()
def _fetch(
    address: str, form: dict[str, str] | None = None, headers: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """A JSON object from the provider."""
    data = urlencode(form).encode() if form else None
    asked = Request(address, data, {"Accept": "application/json", **(headers or {})})  # noqa: S310  keeps_secrets() said so
    try:
        with _opener(address).open(asked, timeout=TIMEOUT) as response:
            text = response.read(LARGEST + 1)
    except HTTPError as error:
        error.close()
        raise SignOnError(Why.DOWN if error.code >= 500 else Why.ANSWER, f"HTTP {error.code}") from None
    except (OSError, HTTPException) as error:
        raise SignOnError(Why.DOWN, type(error).__name__) from None
    try:
        found = json.loads(text) if len(text) <= LARGEST else None
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise SignOnError(Why.ANSWER, "no JSON object")
    return found


def _opener(address: str) -> OpenerDirector:
    """HTTP without redirects: what is meant for the provider goes nowhere else. What stays on this machine, by no proxy."""
    opener = OpenerDirector()
    for handler in (HTTPHandler(), HTTPSHandler(), HTTPDefaultErrorHandler(), HTTPErrorProcessor()):
        opener.add_handler(handler)
    if address.startswith("https:"):
        opener.add_handler(ProxyHandler())
    return opener
