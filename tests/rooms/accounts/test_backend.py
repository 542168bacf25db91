"""What the answer's time could tell: every sign-in attempt does the same work."""

from datetime import UTC, datetime

import pytest
from django.contrib.auth import authenticate
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.test import RequestFactory

from kvitto.accounts.actions import create_account
from kvitto.accounts.models import Account
from kvitto.accounts.types import Kind
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.wiring import faces

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PASSWORD = "kvittot i fickan"


@pytest.fixture
def accounts(db):
    with opened():
        for username, kind in (("aino", Kind.MEMBER), ("elsa", Kind.STAFF), ("chen", Kind.MEMBER)):
            create_account(username=username, password=PASSWORD, kind=kind, by=OPERATOR, now=NOW)
    Account.objects.filter(username="chen").update(is_active=False)


@pytest.fixture
def hashings(monkeypatch):
    """One entry for every time the password hasher ran, in whichever way."""
    seen = []
    for name in ("encode", "verify"):
        real = getattr(Argon2PasswordHasher, name)
        monkeypatch.setattr(
            Argon2PasswordHasher,
            name,
            lambda self, *args, _real=real, **more: (seen.append(1), _real(self, *args, **more))[1],
        )
    return seen


def attempt(face, username, password):
    request = RequestFactory().post("/sign-in")
    request.face = face
    return authenticate(request, username=username, password=password)


@pytest.mark.parametrize(
    ("username", "password"),
    [
        ("aino", "a wrong password"),
        ("nobody", PASSWORD),
        ("elsa", PASSWORD),
        ("elsa", "a wrong password"),
        ("chen", PASSWORD),
    ],
    ids=["wrong password", "unknown", "other kind", "other kind, wrong password", "closed"],
)
def test_every_refusal_hashes_once_and_asks_the_database_once(
    accounts, hashings, django_assert_num_queries, username, password
):
    with django_assert_num_queries(1):
        assert attempt(faces.MEMBER, username, password) is None
    assert len(hashings) == 1


@pytest.mark.parametrize(("face", "username"), [(faces.MEMBER, "aino"), (faces.STAFF, "elsa")])
def test_an_account_gets_in_at_its_own_face(accounts, hashings, face, username):
    account = attempt(face, username, PASSWORD)
    assert account is not None
    assert account.username == username
    assert len(hashings) == 1


def test_without_a_face_nobody_gets_in(accounts):
    assert authenticate(None, username="aino", password=PASSWORD) is None
