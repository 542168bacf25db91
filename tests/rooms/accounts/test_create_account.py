from datetime import UTC, datetime

import pytest
from django.db import IntegrityError, connection
from django.db.transaction import TransactionManagementError

from kvitto.accounts.actions import PasswordError, UsernameError, create_account
from kvitto.accounts.models import Account
from kvitto.accounts.types import Kind
from kvitto.audit.models import Entry
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.wiring import settings as program

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
PASSWORD = "kvittot i fickan"


def create(username="aino", password=PASSWORD, kind=Kind.MEMBER):
    with opened():
        return create_account(username=username, password=password, kind=kind, by=OPERATOR, now=NOW)


@pytest.mark.django_db
def test_an_account_is_created_with_a_hash_and_leaves_a_trace_without_its_name():
    account = Account.objects.get(pk=create(kind=Kind.STAFF))
    assert (account.username, account.kind, account.is_active, account.created_at) == ("aino", "staff", True, NOW)
    assert account.password.startswith("argon2$")
    entry = Entry.objects.get()
    assert (entry.action, entry.count, entry.at) == ("accounts.create_staff", 1, NOW)
    assert "aino" not in str(vars(entry))


@pytest.mark.django_db
def test_the_program_itself_hashes_with_all_the_work_that_a_guess_shall_cost(settings):
    settings.PASSWORD_HASHERS = program.PASSWORD_HASHERS  # the other tests do with less
    assert Account.objects.get(pk=create()).password.startswith("argon2$argon2id$v=19$m=102400,t=2,p=8$")


@pytest.mark.django_db
def test_a_name_is_taken_for_both_kinds_and_the_transaction_survives_the_refusal():
    with opened():
        create_account(username="aino", password=PASSWORD, kind=Kind.MEMBER, by=OPERATOR, now=NOW)
        with pytest.raises(UsernameError, match="taken"):
            create_account(username="aino", password=PASSWORD, kind=Kind.STAFF, by=OPERATOR, now=NOW)
    assert Account.objects.count() == Entry.objects.count() == 1


@pytest.mark.django_db
def test_two_ways_to_write_one_letter_are_one_name():
    create("bj\u00f6rn")
    with pytest.raises(UsernameError, match="taken"):
        create("bjo\u0308rn")


@pytest.mark.django_db
@pytest.mark.parametrize("username", ["", "aino virtanen", "aino\n", "a" * 151, "<aino>", "ai\x00no"])
def test_a_malformed_name_is_refused_without_being_repeated(username):
    with pytest.raises(UsernameError) as refusal:
        create(username)
    assert not username or username not in str(refusal.value)
    assert not Account.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize("password", ["", "aino", "1234567890"])
def test_a_password_easy_to_guess_is_refused_without_being_repeated(password):
    with pytest.raises(PasswordError) as refusal:
        create(password=password)
    assert not password or password not in str(refusal.value)
    assert not Account.objects.exists()


@pytest.mark.django_db
def test_the_database_knows_two_kinds_only():
    with pytest.raises(IntegrityError, match="accounts_account_kind"):
        create(kind="guest")


def test_the_act_needs_a_transaction_around_it(db):
    was, connection.in_atomic_block = connection.in_atomic_block, False
    try:
        with pytest.raises(TransactionManagementError):
            create_account(username="aino", password=PASSWORD, kind=Kind.MEMBER, by=OPERATOR, now=NOW)
    finally:
        connection.in_atomic_block = was
