"""Single sign-on of staff: tokens that are worth nothing, and a provider that does not do as it should."""

import socket
import threading
from contextlib import closing, suppress

import pytest

from kvitto.doors.staff_web import openid
from tests.doors import openid_provider
from tests.doors.openid_provider import CLIENT, signed_by_the_secret
from tests.doors.signing_on import START, answer, asked, assert_refused, come

# tokens that are worth nothing


@pytest.mark.parametrize(
    ("claims", "why"),
    [
        ({"exp": 10**9}, "token expired"),
        ({"exp": None}, "token's claims"),
        ({"exp": "tomorrow"}, "token's claims"),
        ({"iat": None}, "token's claims"),
        ({"iat": 10**11}, "token's claims"),
        ({"nbf": 10**11}, "token's claims"),
        ({"aud": "another"}, "token's claims"),
        ({"aud": ["another"]}, "token's claims"),
        ({"aud": None}, "token's claims"),
        ({"aud": [CLIENT, "another"], "azp": "another"}, "token's claims"),
        ({"iss": "https://elsewhere.example"}, "token's claims"),
        ({"iss": None}, "token's claims"),
        ({"nonce": "of another question"}, "token's claims"),
        ({"nonce": None}, "token's claims"),
        ({"sub": None}, "token's claims"),
    ],
    ids=str,
)
def test_a_token_for_another_time_place_or_question_is_worth_nothing(elsa, provider, claims, why):
    provider.claims = claims
    assert_refused(elsa, come(elsa), why)


def test_a_token_that_another_key_has_signed_is_worth_nothing(elsa, provider):
    provider.signed_with = openid_provider.STRANGERS_KEY
    assert_refused(elsa, come(elsa), "token's signature")


def test_a_token_of_a_key_that_the_provider_does_not_show_is_worth_nothing(elsa, provider):
    provider.signed_with = openid_provider.new_key("second")
    provider.header["kid"] = "second"
    assert_refused(elsa, come(elsa), "token's signature")


def test_a_token_that_nobody_has_signed_is_worth_nothing(elsa, provider):
    provider.header = {"alg": "none"}
    assert_refused(elsa, come(elsa), "token's signature")


def test_a_token_that_is_signed_by_our_own_secret_is_worth_nothing(elsa, provider):
    key = signed_by_the_secret()
    provider.header, provider.signed_with = {"alg": "HS256"}, key
    provider.ways["keys"] = lambda *_: (200, {"keys": [key.as_dict(private=True)]})
    assert_refused(elsa, come(elsa), "token's signature")


@pytest.mark.parametrize("token", ["", "a", "a.b", "a.b.c", "e30.e30.", "a.b.c.d.e", "é.ö.å", 7, None], ids=repr)
def test_what_is_no_token_is_worth_nothing(elsa, provider, token):
    provider.ways["token"] = lambda *_: (200, {"id_token": token})
    assert_refused(elsa, come(elsa), "token's signature" if isinstance(token, str) else "provider's answer")


# a provider that does not do as it should


@pytest.mark.parametrize(
    "keys", [{}, {"keys": []}, {"keys": None}, {"keys": [7]}, {"keys": [{"kty": "RSA"}]}, {"keys": {"a": 1}}], ids=str
)
def test_keys_that_are_none_let_nobody_in(elsa, provider, keys):
    provider.ways["keys"] = lambda *_: (200, keys)
    assert_refused(elsa, come(elsa), "token's signature")


def test_a_provider_that_is_down_is_told_apart(elsa, settings):
    with closing(socket.create_server(("127.0.0.1", 0))) as free:
        port = free.getsockname()[1]
    settings.STAFF_OIDC_ISSUER = f"http://127.0.0.1:{port}"
    assert_refused(elsa, elsa.get(START), "provider down", "does not answer")


@pytest.mark.parametrize(
    ("path", "status", "why"),
    [
        ("/token", 503, "provider down"),
        ("/token", 401, "provider's answer"),
        ("/token", 302, "provider's answer"),
        ("/keys", 500, "provider down"),
        ("/keys", 404, "provider's answer"),
        ("/.well-known/openid-configuration", 502, "provider down"),
    ],
)
def test_a_provider_that_fails_half_way_is_told_apart(elsa, provider, path, status, why):
    there = answer(asked(elsa))
    provider.fails[path] = status
    assert_refused(elsa, elsa.get(there), why, "does not answer" if why == "provider down" else "did not let you in")


def test_a_provider_that_says_nothing_is_not_waited_for(elsa, settings, monkeypatch):
    monkeypatch.setattr(openid, "TIMEOUT", 0.2)
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        settings.STAFF_OIDC_ISSUER = f"http://127.0.0.1:{silent.getsockname()[1]}"
        assert_refused(elsa, elsa.get(START), "provider down", "does not answer")


def test_a_provider_that_speaks_another_language_is_down(elsa, settings):
    def greet(server):
        with suppress(OSError), server.accept()[0] as connection:
            connection.recv(1000)
            connection.sendall(b"220 mail.example ready\r\n\r\n")

    with closing(socket.create_server(("127.0.0.1", 0))) as server:
        thread = threading.Thread(target=greet, args=[server])
        thread.start()
        settings.STAFF_OIDC_ISSUER = f"http://127.0.0.1:{server.getsockname()[1]}"
        assert_refused(elsa, elsa.get(START), "provider down", "does not answer")
        thread.join()


@pytest.mark.parametrize(
    "said",
    [
        {"issuer": "https://elsewhere.example"},
        {"token_endpoint": None},
        {"token_endpoint": "http://elsewhere.example/token"},
        {"jwks_uri": "file:///etc/passwd"},
        {"authorization_endpoint": "javascript:alert(1)"},
    ],
    ids=str,
)
def test_a_description_that_cannot_be_trusted_is_not_followed(elsa, provider, said):
    provider.description = said
    assert_refused(elsa, elsa.get(START), "provider's answer")


@pytest.mark.parametrize("body", [b"", b"<html>", b"[]", b"\xff", b'{"a": "' + b"a" * openid.LARGEST + b'"}'], ids=len)
def test_a_description_that_is_none_is_not_followed(elsa, provider, monkeypatch, body):
    monkeypatch.setattr(provider, "says", lambda: body)
    assert_refused(elsa, elsa.get(START), "provider's answer")
