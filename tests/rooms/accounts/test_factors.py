"""Second factors: which one-time code is right, what is taken once only, and the last factor that stays."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pytest
from django.db import connections
from hypothesis import given
from hypothesis import strategies as st

from kvitto.accounts import factors, queries, rules
from kvitto.accounts.actions import create_account
from kvitto.accounts.models import RecoveryCode, Session
from kvitto.accounts.types import FactorKind, Kind
from kvitto.audit.models import Entry
from kvitto.kernel.actor import OPERATOR, Actor, ActorKind
from kvitto.kernel.db import opened

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
RFC_SECRET = b"12345678901234567890"
HERSELF = Actor(ActorKind.STAFF, "1")


def new_account(name="elsa"):
    with opened():
        return create_account(username=name, password="kvittot i fickan", kind=Kind.STAFF, by=OPERATOR, now=NOW)


@pytest.fixture
def elsa(db):
    return new_account()


def add(account_id, kind=FactorKind.APP, counter=0, *, as_first=False):
    with opened():
        return factors.add(
            account_id=account_id, kind=kind, name="phone", sealed=b"-", counter=counter, as_first=as_first,
            by=HERSELF, now=NOW,
        )  # fmt: skip


def use(account_id, factor_id, counter):
    with opened():
        return factors.use(account_id=account_id, factor_id=factor_id, counter=counter, now=NOW)


def remove(account_id, factor_id):
    with opened():
        factors.remove(account_id=account_id, factor_id=factor_id, by=HERSELF, now=NOW)


def new_codes(account_id):
    with opened():
        return factors.new_recovery_codes(account_id=account_id, by=HERSELF, now=NOW)


def use_code(account_id, text):
    with opened():
        return factors.use_recovery_code(account_id=account_id, text=text)


@pytest.mark.parametrize(
    ("seconds", "code"),
    [(59, "287082"), (1111111109, "081804"), (1111111111, "050471"), (1234567890, "005924"), (2000000000, "279037")],
)
def test_codes_are_those_of_the_standards_own_examples(seconds, code):
    """RFC 6238, appendix B, the last six of its eight digits."""
    assert rules.one_time_code(RFC_SECRET, seconds // 30) == code


@given(st.integers(-4, 4))
def test_a_code_is_right_in_its_half_minute_and_the_ones_beside_it(off):
    step = int(NOW.timestamp()) // 30
    found = rules.step_of(RFC_SECRET, rules.one_time_code(RFC_SECRET, step + off), NOW)
    assert found == (step + off if abs(off) <= 1 else None)


@pytest.mark.parametrize("text", ["", "12345", "1234567", "abcdef", "٠٠٠٠٠٠", "\ud800", "000000\0"])
def test_what_is_no_code_is_never_right(text):
    assert rules.step_of(RFC_SECRET, text, NOW) is None


def test_a_code_may_be_typed_with_a_gap():
    code = rules.one_time_code(RFC_SECRET, int(NOW.timestamp()) // 30)
    assert rules.step_of(RFC_SECRET, f" {code[:3]} {code[3:]}", NOW) is not None


def test_a_code_is_taken_once_and_no_earlier_one_after_it(elsa):
    app = add(elsa, counter=10)
    assert [use(elsa, app, step) for step in (10, 9, 11, 11, 10, 12)] == [False, False, True, False, False, True]


def test_a_passkey_that_counts_must_count_on_and_one_that_does_not_may_stay_at_nought(elsa):
    passkey = add(elsa, FactorKind.PASSKEY)
    assert [use(elsa, passkey, count) for count in (0, 0, 5, 5, 0, 6)] == [True, True, True, False, False, True]


def test_a_factor_is_its_own_accounts_only(elsa):
    app = add(elsa)
    other = new_account("greta")
    assert not use(other, app, 5)
    add(other)
    add(other)
    with pytest.raises(factors.NoFactorError):
        remove(other, app)


def test_of_two_tries_with_one_code_at_the_same_time_one_is_taken(committed):
    elsa = new_account()
    app = add(elsa)

    def one(_):
        try:
            return use(elsa, app, 5)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(4) as together:
        assert sorted(together.map(one, range(4))) == [False, False, False, True]


def test_the_last_factor_stays(elsa):
    app, key = add(elsa), add(elsa, FactorKind.PASSKEY)
    remove(elsa, app)
    with pytest.raises(factors.LastFactorError, match="add another one first"):
        remove(elsa, key)
    assert [factor.id for factor in queries.factors_of(elsa)] == [key]


def test_with_the_password_alone_only_a_first_factor_can_be_added(elsa):
    add(elsa, as_first=True)
    with pytest.raises(factors.NotFirstFactorError):
        add(elsa, as_first=True)


def test_there_is_an_end_to_factors(elsa):
    for _ in range(factors.MOST_FACTORS):
        add(elsa)
    with pytest.raises(factors.TooManyFactorsError):
        add(elsa)


def test_a_recovery_code_is_taken_once_however_it_is_typed(elsa):
    first, second, *rest = new_codes(elsa)
    assert len(rest) == 8
    assert use_code(elsa, f" {first.upper().replace('-', ' ')}")
    assert not use_code(elsa, first)
    assert use_code(elsa, second)
    assert queries.recovery_codes_left(elsa) == 8


def test_new_recovery_codes_end_the_old_ones(elsa):
    old = new_codes(elsa)
    new = new_codes(elsa)
    assert not use_code(elsa, old[0])
    assert use_code(elsa, new[0])


@pytest.mark.parametrize("text", ["", "k7qf", "k7qf-2m9d-x4h", "\0" * 12, "11111111111l"])
def test_what_cannot_be_a_recovery_code_is_none(elsa, text):
    new_codes(elsa)
    assert not use_code(elsa, text)


def test_a_recovery_code_is_its_own_accounts_only(elsa):
    codes = new_codes(elsa)
    assert not use_code(new_account("greta"), codes[0])
    assert RecoveryCode.objects.count() == 10


def test_a_reset_takes_everything_and_signs_out(elsa):
    add(elsa)
    new_codes(elsa)
    Session.objects.create(
        session_key="a" * 32, session_data="", expire_date=NOW + timedelta(hours=1), account_id=elsa, started_at=NOW,
        seen_at=NOW, device="",
    )  # fmt: skip
    with opened():
        assert factors.reset(account_id=elsa, by=OPERATOR, now=NOW) == 1
    assert not queries.has_factor(elsa)
    assert queries.recovery_codes_left(elsa) == 0
    assert not Session.objects.exists()


def test_each_act_leaves_its_entry(elsa):
    app = add(elsa)
    add(elsa, FactorKind.PASSKEY)
    remove(elsa, app)
    new_codes(elsa)
    with opened():
        factors.reset(account_id=elsa, by=OPERATOR, now=NOW)
    entries = Entry.objects.exclude(action="accounts.create_staff").order_by("id")
    assert [(entry.action, entry.purpose, entry.count) for entry in entries] == [
        ("accounts.factor_added", "app", 1),
        ("accounts.factor_added", "passkey", 1),
        ("accounts.factor_removed", "app", 1),
        ("accounts.recovery_codes", "", 10),
        ("accounts.factors_reset", "", 1),
    ]
