"""Writes: accounts are created here, passwords changed and sessions ended."""

from datetime import datetime

from django.contrib.auth.password_validation import validate_password
from django.contrib.auth.validators import UnicodeUsernameValidator
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from psycopg.errors import UniqueViolation

from kvitto.accounts.models import Account, Session, Token
from kvitto.accounts.rules import public_id
from kvitto.accounts.types import Kind
from kvitto.audit import actions as audit
from kvitto.kernel import identity
from kvitto.kernel.actor import VISITOR, Actor
from kvitto.kernel.db import require_transaction
from kvitto.kernel.errors import InvalidError, NotFoundError

LONGEST_USERNAME = 150


class UsernameError(InvalidError):
    """The user name is malformed or belongs to another account, of either kind."""


class PasswordError(InvalidError):
    """The password is too easy to guess."""


class NoSessionError(NotFoundError):
    """The account is not signed in there, or no longer."""


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
        # a savepoint: a taken name must not spoil the caller's transaction
        with identity.presenting(name=name), transaction.atomic():
            account.save(force_insert=True)
    except IntegrityError as error:
        if not isinstance(error.__cause__, UniqueViolation):
            raise
        raise UsernameError("this user name is taken: choose another") from error
    audit.record(by=by, action=f"accounts.create_{kind}", now=now, count=1)
    return account.pk


def set_password(*, account_id: int, password: str, by: Actor, now: datetime, keep: str | None = None) -> None:
    """Give an account a new password, and end its token, and its sessions but the one with the session key `keep`.

    Raises PasswordError. The session that is kept has to be told the new password by Django's `update_session_auth_hash`.
    """
    require_transaction()
    _check_password(password)
    account = Account.objects.select_for_update(no_key=True).get(pk=account_id)
    account.set_password(password)
    account.save(update_fields=["password"])
    Session.objects.filter(account_id=account_id).exclude(session_key=keep or "").delete()
    Token.objects.filter(account_id=account_id).delete()
    audit.record(by=by, action="accounts.set_password", now=now, count=1)


def note_sign_in(*, by: Actor, now: datetime, given: str = "") -> None:
    """Leave the trace of a sign-in, and of what was given for it; the actor is the account itself."""
    require_transaction()
    audit.record(by=by, action="accounts.sign_in", now=now, purpose=given, count=1)


def note_password(*, by: Actor, now: datetime) -> None:
    """Leave the trace of a right password where that alone signs nobody in."""
    require_transaction()
    audit.record(by=by, action="accounts.password_given", now=now, count=1)


def note_single_sign_on(*, by: Actor, now: datetime) -> None:
    """Leave the trace of a sign-in at the staff's provider; like a password it alone signs nobody in."""
    require_transaction()
    audit.record(by=by, action="accounts.single_sign_on_given", now=now, count=1)


def note_sso_refused(*, reason: str, now: datetime) -> None:
    """Leave the trace of a single sign-on that led nowhere. Whose it was, nobody knows, or nobody has shown."""
    require_transaction()
    audit.record(by=VISITOR, action="accounts.sso_refused", now=now, purpose=reason, count=1)


def end_session(*, account_id: int, session_id: str, by: Actor, now: datetime) -> None:
    """Sign an account out in one place, named by its public id. Raises NoSessionError."""
    require_transaction()
    keys = Session.objects.filter(account_id=account_id).values_list("session_key", flat=True)
    key = next((key for key in keys if public_id(key) == session_id), None)
    if key is None:
        raise NoSessionError("this sign-in has ended already")
    Session.objects.filter(session_key=key).delete()
    audit.record(by=by, action="accounts.end_session", now=now, count=1)


def end_all_sessions(*, account_id: int, by: Actor, now: datetime, keep: str | None = None) -> int:
    """Sign an account out everywhere, but in the session with the key `keep`; in how many places it was signed in."""
    require_transaction()
    found = Session.objects.filter(account_id=account_id).exclude(session_key=keep or "")
    count = int(found.delete()[0])
    audit.record(by=by, action="accounts.end_all_sessions", now=now, count=count)
    return count


def forget_sessions(*, now: datetime) -> int:
    """Delete the sessions that have ended; how many."""
    require_transaction()
    return int(Session.objects.filter(expire_date__lt=now).delete()[0])


def _check(name: str, password: str) -> None:
    if len(name) > LONGEST_USERNAME:
        raise UsernameError(f"a user name has at most {LONGEST_USERNAME} characters")
    try:
        UnicodeUsernameValidator()(name)
    except ValidationError as error:
        raise UsernameError("a user name has letters, digits and @ . + - _ only, and at least one of them") from error
    _check_password(password)


def _check_password(password: str) -> None:
    try:
        validate_password(password)
    except ValidationError as error:
        raise PasswordError(" ".join(error.messages)) from error
