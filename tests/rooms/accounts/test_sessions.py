"""Sessions: whose, where, until when."""

from datetime import UTC, datetime, timedelta

import pytest

from kvitto.accounts import actions, queries
from kvitto.accounts.actions import NoSessionError, PasswordError, create_account
from kvitto.accounts.models import Account, Session
from kvitto.accounts.rules import MEMBER_LIMITS, STAFF_LIMITS
from kvitto.accounts.sessions import SessionStore
from kvitto.accounts.types import Ended, Kind
from kvitto.audit.models import Entry
from kvitto.kernel.actor import OPERATOR, Actor, ActorKind
from kvitto.kernel.db import opened
from tests.cast import NOW

PASSWORD = "kvittot i fickan"


@pytest.fixture
def aino(db):
    with opened():
        return create_account(username="aino", password=PASSWORD, kind=Kind.MEMBER, by=OPERATOR, now=NOW)


def me(account_id):
    return Actor(ActorKind.MEMBER, str(account_id))


def session(account_id=None, device="Firefox on Android", limits=MEMBER_LIMITS):
    store = SessionStore()
    store.limits, store.device = limits, device
    if account_id:
        store["_auth_user_id"] = str(account_id)
    store["something"] = "kept"
    store.create()
    return store.session_key


def later(key, **more):
    """Let time pass for a session: everything about it happened so much earlier."""
    passed = timedelta(**more)
    row = Session.objects.get(session_key=key)
    row.started_at -= passed
    row.seen_at -= passed
    row.expire_date -= passed
    row.save()


def opened_again(key, limits=MEMBER_LIMITS):
    """The session as the next request finds it."""
    store = SessionStore(key)
    store.limits = limits
    store.get("something")
    return store


def sessions_of(account_id, this_key=None):
    return queries.sessions_of(account_id, this_key=this_key, now=datetime.now(UTC))


def test_a_session_knows_its_account_its_device_and_its_end(aino):
    row = Session.objects.get(session_key=session(aino))
    assert (row.account_id, row.device) == (aino, "Firefox on Android")
    assert row.started_at == row.seen_at == row.expire_date - MEMBER_LIMITS.idle


def test_before_signing_in_it_is_nobodys(db):
    assert Session.objects.get(session_key=session()).account_id is None


@pytest.mark.parametrize("limits", [MEMBER_LIMITS, STAFF_LIMITS])
def test_an_unused_session_ends_and_says_so(aino, limits):
    key = session(aino, limits=limits)
    later(key, seconds=limits.idle.total_seconds() - 5)
    assert opened_again(key, limits)["something"] == "kept"
    later(key, seconds=5)
    over = opened_again(key, limits)
    assert (list(over.keys()), over.ended, over.session_key) == ([], Ended.IDLE, None)


def test_a_used_session_goes_on_but_not_for_ever(aino):
    key = session(aino)
    for _ in range(35):
        later(key, minutes=20)
        store = opened_again(key)
        assert store["something"] == "kept"
        store.touch(datetime.now(UTC))
    later(key, minutes=20)
    over = opened_again(key)
    assert (list(over.keys()), over.ended) == ([], Ended.LONG)


def test_use_is_written_down_once_a_minute(aino):
    key = session(aino)
    later(key, seconds=50)
    before = Session.objects.get().seen_at
    opened_again(key).touch(datetime.now(UTC))
    assert Session.objects.get().seen_at == before
    later(key, seconds=15)
    opened_again(key).touch(datetime.now(UTC))
    assert Session.objects.get().seen_at > before


def test_changing_a_session_does_not_make_it_younger(aino):
    key = session(aino)
    later(key, hours=11, minutes=50)
    Session.objects.update(expire_date=datetime.now(UTC) + timedelta(minutes=10))
    store = opened_again(key)
    store["more"] = 1
    store.save()
    store.cycle_key()
    (row,) = Session.objects.all()
    assert row.session_key != key
    assert row.expire_date - row.started_at == MEMBER_LIMITS.whole


def test_a_session_of_nobody_that_has_ended_is_not_worth_a_word(db):
    key = session()
    later(key, hours=1)
    assert opened_again(key).ended is None


@pytest.mark.parametrize("key", ["", "short", "a" * 33, "A" * 32, "\0" * 32, "å" * 32, "x" * 10_000])
def test_a_cookie_that_is_no_key_is_not_looked_for(db, django_assert_num_queries, key):
    with django_assert_num_queries(0):
        assert SessionStore(key).get("something") is None


def test_a_person_sees_their_own_sessions_under_names_that_open_nothing(aino):
    with opened():
        chen = create_account(username="chen", password=PASSWORD, kind=Kind.MEMBER, by=OPERATOR, now=NOW)
    phone, strange = session(aino), session(aino, device="")
    session(chen)
    later(strange, minutes=5)
    later(session(aino), hours=1)

    first, second = sessions_of(aino, this_key=phone)

    assert (first.browser, first.system, first.is_this) == ("Firefox", "Android", True)
    assert (second.browser, second.system, second.is_this) == ("", "", False)
    assert first.public_id not in phone
    assert len(first.public_id) == 16


def test_ending_a_session_leaves_the_others(aino):
    session(aino), session(aino)
    first, second = sessions_of(aino)
    with opened():
        actions.end_session(account_id=aino, session_id=first.public_id, by=me(aino), now=NOW)
    assert sessions_of(aino) == [second]
    assert Entry.objects.filter(action="accounts.end_session", actor_id=str(aino)).count() == 1


def test_nobody_ends_a_session_of_somebody_else(aino):
    session(aino)
    (mine,) = sessions_of(aino)
    with opened(), pytest.raises(NoSessionError):
        actions.end_session(account_id=aino + 1, session_id=mine.public_id, by=me(aino), now=NOW)
    with opened(), pytest.raises(NoSessionError):
        actions.end_session(account_id=aino, session_id="0" * 16, by=me(aino), now=NOW)
    assert sessions_of(aino) == [mine]


def test_all_sessions_end_at_once_but_the_one_to_keep(aino):
    keys = [session(aino) for _ in range(3)]
    with opened():
        assert actions.end_all_sessions(account_id=aino, by=me(aino), now=NOW, keep=keys[1]) == 2
    assert list(Session.objects.values_list("session_key", flat=True)) == [keys[1]]
    with opened():
        assert actions.end_all_sessions(account_id=aino, by=me(aino), now=NOW) == 1


def test_a_new_password_ends_the_other_sessions_and_leaves_a_trace(aino):
    session(aino)
    with opened():
        actions.set_password(account_id=aino, password="ny lapp i fickan", by=me(aino), now=NOW)
    assert Account.objects.get().check_password("ny lapp i fickan")
    assert not Session.objects.exists()
    assert Entry.objects.filter(action="accounts.set_password").count() == 1


def test_a_weak_new_password_changes_nothing(aino):
    session(aino)
    with opened(), pytest.raises(PasswordError):
        actions.set_password(account_id=aino, password="1234567890", by=me(aino), now=NOW)
    assert Account.objects.get().check_password(PASSWORD)
    assert Session.objects.exists()
