"""Passkeys by the standard (WebAuthn), as a second factor: python-fido2 makes the questions and checks the answers.

A question is answered once and only from the page's own address. What is stored of a passkey is its public half.
"""

import json
from ipaddress import ip_address
from typing import Any, NamedTuple

from django.conf import settings
from fido2.server import Fido2Server
from fido2.webauthn import (
    AttestedCredentialData,
    AuthenticationResponse,
    PublicKeyCredentialRpEntity,
    PublicKeyCredentialUserEntity,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from kvitto.doors.staff_web.access import StaffRequest

STATE = "passkey"  # the session's note of the question that is open, and of what for
ADD, GIVE = "add", "give"
LONGEST_ANSWER = 20_000
# what a malformed answer can make the library stumble over
BAD_ANSWER = (ValueError, TypeError, KeyError, AttributeError, IndexError, AssertionError, NotImplementedError)


class Answer(NamedTuple):
    """A right answer: the passkey's public half, and how often the passkey says it was used, or 0."""

    credential: bytes
    counter: int


def are_possible(request: StaffRequest) -> bool:
    """Whether browsers know passkeys at this address: they are bound to a name, and an IP address is none."""
    try:
        ip_address(_host(request).strip("[]"))
    except ValueError:
        return True
    return False


def ask_to_add(request: StaffRequest, known: list[bytes]) -> str:
    """The question for a new passkey, as JSON; a device that holds one of the known ones declines."""
    user = PublicKeyCredentialUserEntity(
        id=str(request.user.pk).encode(), name=request.user.username, display_name=request.user.username
    )
    options, state = _server(request).register_begin(
        user=user,
        credentials=[AttestedCredentialData(each) for each in known],
        resident_key_requirement=ResidentKeyRequirement.DISCOURAGED,
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    request.session[STATE] = {"for": ADD} | state
    return json.dumps(dict(options.public_key))


def ask_to_give(request: StaffRequest, known: list[bytes]) -> str:
    """The question for one of the known passkeys, as JSON."""
    options, state = _server(request).authenticate_begin(
        credentials=[AttestedCredentialData(each) for each in known],
        user_verification=UserVerificationRequirement.PREFERRED,
    )
    request.session[STATE] = {"for": GIVE} | state
    return json.dumps(dict(options.public_key))


def added(request: StaffRequest, text: str) -> Answer | None:
    """The new passkey, when the answer fits the question that is open in this session; the question is closed."""
    state = _state(request, ADD, text)
    if state is None:
        return None
    try:
        found = _server(request).register_complete(state, json.loads(text))
    except BAD_ANSWER:
        return None
    return Answer(bytes(found.credential_data), found.counter) if found.credential_data else None


def given(request: StaffRequest, text: str, known: list[bytes]) -> Answer | None:
    """Which of the known passkeys has answered the question that is open in this session; the question is closed."""
    state = _state(request, GIVE, text)
    if state is None:
        return None
    try:
        response = AuthenticationResponse.from_dict(json.loads(text))
        credentials = [AttestedCredentialData(each) for each in known]
        found = _server(request).authenticate_complete(state, credentials, response)
    except BAD_ANSWER:
        return None
    return Answer(bytes(found), response.response.authenticator_data.counter)


def _state(request: StaffRequest, purpose: str, text: str) -> dict[str, Any] | None:
    state = request.session.pop(STATE, None)
    return state if state and state["for"] == purpose and len(text) <= LONGEST_ANSWER else None


def _server(request: StaffRequest) -> Fido2Server:
    schemes = ["https"] if settings.SECURE else ["https", "http"]
    origins = {f"{scheme}://{request.get_host()}" for scheme in schemes}
    rp = PublicKeyCredentialRpEntity(id=_host(request), name=settings.SERVICE_NAME)
    return Fido2Server(rp, verify_origin=lambda origin: origin in origins)


def _host(request: StaffRequest) -> str:
    host = request.get_host()
    return host if host.endswith("]") else host.rpartition(":")[0] or host
