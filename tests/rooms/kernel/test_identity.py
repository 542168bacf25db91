"""Who asks: said for a process, a piece of work or a request, and told to the connection before it is used."""

import threading
from contextlib import closing

import pytest
from django.db import connection, transaction

from kvitto.kernel import identity
from kvitto.kernel.actor import ActorKind
from kvitto.kernel.db import batch_cursor, opened

HELD = "SELECT current_setting('kvitto.face', true), current_setting('kvitto.account', true)"


def told(on=connection):
    with on.cursor() as cursor:
        cursor.execute(HELD)
        return cursor.fetchone()


def as_member(account):
    return identity.acting(ActorKind.MEMBER, account=account)


class TakenBackError(Exception):
    pass


def taken_back(work, expected):
    """A transaction, or a savepoint, in which this is told, and which is then taken back."""

    def inside():
        with work:
            assert told() == expected
            raise TakenBackError

    with pytest.raises(TakenBackError):
        inside()


def test_the_connection_is_told_in_and_out_of_transactions_and_past_django(committed):
    with as_member(7):
        assert told() == ("member", "7")
        with opened():
            assert told() == ("member", "7")
            with batch_cursor() as cursor:
                assert cursor.execute(HELD).fetchone() == ("member", "7")
    with batch_cursor() as cursor:
        assert cursor.execute(HELD).fetchone() == ("system", "0")


def test_it_is_told_once_as_long_as_the_same_asks(db, monkeypatch):
    tellings = []
    tell = identity.tell
    monkeypatch.setattr(identity, "tell", lambda on, asks: (tellings.append(asks.account), tell(on, asks)))
    with as_member(7):
        assert told() == told() == ("member", "7")
    with as_member(8):
        told()

    assert tellings == [7, 8]


def test_what_a_rollback_takes_back_is_told_again(committed):
    assert told() == ("system", "0")
    with as_member(7):
        taken_back(opened(), ("member", "7"))
        assert told() == ("member", "7")


def test_what_a_savepoint_takes_back_is_told_again(committed):
    with opened():
        assert told() == ("system", "0")
        with as_member(7):
            taken_back(transaction.atomic(), ("member", "7"))
            assert told() == ("member", "7")
        with as_member(8):
            taken_back(transaction.atomic(), ("member", "8"))
        assert told() == ("system", "0")


def test_a_member_told_inside_a_savepoint_that_is_taken_back_stays_out(committed):
    with as_member(7), opened():
        with identity.acting(ActorKind.SYSTEM):
            taken_back(transaction.atomic(), ("system", "0"))
        assert told() == ("member", "7")


def test_a_thread_that_said_nothing_is_the_process(committed, monkeypatch):
    monkeypatch.setattr(identity, "_process", identity.NOBODY)
    seen = []

    def work():
        with closing(connection):
            seen.append(told())

    with as_member(7):
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()

    assert seen == [("", "0")]


@pytest.fixture
def pooled(committed):
    """Two threads' connections that share a pool of one."""
    first, second = connection.copy(), connection.copy()
    options = connection.settings_dict["OPTIONS"] | {
        "pool": {"min_size": 1, "max_size": 1, "reset": identity.forget, "timeout": 20}
    }
    for each in (first, second):
        each.settings_dict = connection.settings_dict | {"OPTIONS": options}
    yield first, second
    for each in (first, second):
        each.close()
    first.close_pool()


def test_nothing_is_left_on_a_connection_that_goes_back_to_the_pool(pooled):
    first, second = pooled
    with as_member(7):
        assert told(first) == ("member", "7")
        backend = first.connection.info.backend_pid
    first.close()
    with first.pool.connection() as raw:
        assert raw.info.backend_pid == backend
        assert raw.execute(HELD).fetchone() == ("", "0")
    with as_member(8):
        assert told(second) == ("member", "8")
        assert second.connection.info.backend_pid == backend


def test_a_connection_of_the_pool_is_told_anew_even_if_it_was_not_reset(pooled):
    first, second = pooled
    first.settings_dict["OPTIONS"]["pool"].pop("reset")
    with as_member(7):
        told(first)
        first.close()
        with first.pool.connection() as raw:
            assert raw.execute(HELD).fetchone() == ("member", "7")
    assert told(second) == ("system", "0")


def test_what_is_presented_holds_inside_and_for_the_web_only():
    with identity.acting(ActorKind.VISITOR):
        with identity.presenting(card="1"), identity.presenting(person=2):
            assert (identity.current().card, identity.current().person) == ("1", 2)
        assert identity.current() == identity.Identity("visitor")
    with identity.presenting(card="1"):
        assert identity.current() == identity.Identity("system")


def test_whoever_is_known_asks_as_their_account_to_the_end_of_the_request():
    with identity.acting(ActorKind.VISITOR):
        identity.present_session("key")
        with identity.presenting(name="aino"):
            pass
        identity.proved(ActorKind.MEMBER, 7)
        assert identity.current() == identity.Identity("member", 7, session="key")
    assert identity.current() == identity.Identity("system")


def test_a_machine_stays_a_machine():
    identity.proved(ActorKind.MEMBER, 7)
    identity.present_session("key")

    assert identity.current() == identity.Identity("system")
