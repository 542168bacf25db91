"""Writes: accounts are created here."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.contrib.sessions.models import Session
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation

from kvitto.accounts.models import Account
from kvitto.accounts.types import Kind
from kvitto.audit import actions as audit
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import require_transaction
from kvitto.kernel.errors import InvalidError

LONGEST_USERNAME = 150


class UsernameError(InvalidError):
    """The user name is malformed or belongs to another account, of either kind."""


class PasswordError(InvalidError):
    """The password is too easy to guess."""


def create_account(*, username: str, password: str, kind: Kind, by: Actor, now: datetime) -> int:
    """Open an account at one face; its id.

    The name is compared in Unicode's NFKC form, so that two ways to write one letter are one name. Raises UsernameError
    and PasswordError; the messages hold neither the name nor the password.
    """
    require_transaction()
    name = Account.normalize_username(username)
    _check(name, password)
    account = Account(username=name, kind=kind, created_at=now)
    account.set_password(password)
    try:
        with transaction.atomic():  # a savepoint: a taken name must not spoil the caller's transaction
            account.save(force_insert=True)
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        raise UsernameError("this user name is taken: choose another") from error
    audit.record(by=by, action=f"accounts.create_{kind}", now=now, count=1)
    return account.pk


def _check(name: str, password: str) -> None:
    if len(name) > LONGEST_USERNAME:
        raise UsernameError(f"a user name has at most {LONGEST_USERNAME} characters")
    try:
        UnicodeUsernameValidator()(name)
    except ValidationError as error:
        raise UsernameError("a user name has letters, digits and @ . + - _ only, and at least one of them") from error
    try:
        validate_password(password)
    except ValidationError as error:
        raise PasswordError(" ".join(error.messages)) from error


def forget_sessions(*, now: datetime) -> int:
    """Delete the sessions that have ended; how many."""
    require_transaction()
    return int(Session.objects.filter(expire_date__lt=now).delete()[0])
