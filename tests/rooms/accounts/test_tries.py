"""Waits after failed tries: counted before anything is checked, never for ever, nothing in the clear."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier

import pytest
from django.db import connections

from kvitto.accounts import tries
from kvitto.accounts.models import Failure
from kvitto.accounts.types import Purpose, Scope
from kvitto.audit.models import Entry
from kvitto.kernel.db import opened
from tests.cast import NOW
from tests.dump import places_of_text

HOME, ELSEWHERE = "192.0.2.7", "198.51.100.9"


def begin(name="aino", address=HOME, now=NOW, purpose=Purpose.SIGN_IN):
    counts = tries.subjects(purpose=purpose, name=name, address=address)
    with opened():
        return tries.begin(purpose=purpose, counts=counts, now=now)


def fail(*args, now=NOW, **more):
    tried = begin(*args, now=now, **more)
    with opened():
        tries.fail(tried=tried, now=now)


def succeed(*args, **more):
    tried = begin(*args, **more)
    with opened():
        tries.succeed(tried=tried)


def wait(*args, **more):
    """How long somebody has to wait who tries now; 0 when the try is taken, which counts."""
    try:
        fail(*args, **more)
    except tries.TooManyTriesError as error:
        return error.seconds
    return 0


def fail_often(times, **more):
    """So many failures, each when its time has come; the instant of the last one."""
    now = more.pop("now", NOW)
    for _ in range(times):
        try:
            fail(now=now, **more)
        except tries.TooManyTriesError as error:
            now += timedelta(seconds=error.seconds)
            fail(now=now, **more)
    return now


def test_the_fifth_failure_brings_a_wait_and_waiting_ends_it(db):
    assert [wait() for _ in range(6)] == [0, 0, 0, 0, 0, 5]
    assert wait(now=NOW + timedelta(seconds=2)) == 3
    assert wait(now=NOW + timedelta(seconds=5)) == 0
    assert wait(now=NOW + timedelta(seconds=6)) == 9


def test_who_has_to_wait_is_not_counted_again(db):
    fail_often(5)
    before = list(Failure.objects.order_by("digest").values())
    assert [wait() for _ in range(3)] == [5, 5, 5]
    assert list(Failure.objects.order_by("digest").values()) == before


def test_a_stranger_elsewhere_does_not_keep_the_owner_out(db):
    fail_often(20, address=ELSEWHERE)
    assert wait(address=HOME) == 0


def test_another_name_from_the_same_place_is_not_held_up(db):
    fail_often(6)
    assert wait("chen") == 0


def test_each_purpose_counts_for_itself(db):
    fail_often(6)
    assert wait(purpose=Purpose.PASSWORD) == 0


def test_a_name_tried_from_many_places_brings_short_waits_everywhere(db):
    for number in range(51):
        fail(address=f"198.51.100.{number}")
    assert wait(address=HOME) == 5


def test_a_network_that_tries_many_names_brings_short_waits_to_all_of_it(db):
    for number in range(101):
        fail(f"name{number}")
    assert wait("somebody new") == 5
    assert wait("somebody new", address=ELSEWHERE) == 0


def test_an_ipv6_subscriber_does_not_get_more_tries_by_changing_addresses(db):
    for number in range(5):
        fail(address=f"2001:db8::{number}")
    assert wait(address="2001:db8::99") == 5


def test_success_forgets_the_names_failures_from_this_network(db):
    fail_often(4)
    succeed()
    assert [wait() for _ in range(5)] == [0, 0, 0, 0, 0]


def test_success_leaves_no_count_behind(db):
    for _ in range(200):
        succeed()
    assert not Failure.objects.exists()


def test_success_takes_back_its_own_count_only(db):
    fail_often(3, address=ELSEWHERE)
    succeed(address=HOME)
    assert sorted(Failure.objects.values_list("failures", flat=True)) == [3, 3, 3]


def test_success_does_not_end_a_wait_that_somebody_else_has_brought(db):
    for number in range(50):
        fail(address=f"198.51.100.{number}")
    Failure.objects.filter(failures=50).update(failures=49)
    tried = begin(address=HOME)
    fail(address=ELSEWHERE)
    with opened():
        tries.succeed(tried=tried)
    assert wait(address="203.0.113.1") == 5


def test_after_a_day_everything_is_forgotten(db):
    last = fail_often(8)
    assert [wait(now=last + timedelta(hours=24, seconds=1)) for _ in range(5)] == [0, 0, 0, 0, 0]


def test_a_network_that_many_people_share_can_mistype_once_a_minute_for_ever(db):
    for number in range(300):
        fail(name=f"member{number}", now=NOW + timedelta(minutes=number))
    assert wait(name="one more", now=NOW + timedelta(minutes=300)) == 0


def test_a_name_is_tried_again_an_hour_after_its_free_tries_were_used_up(db):
    last = fail_often(4)
    assert wait(now=last + timedelta(hours=1, seconds=1)) == 0


def test_retention_deletes_what_is_a_day_old(db):
    fail()
    with opened():
        assert tries.forget(now=NOW + timedelta(hours=23)) == 0
        assert tries.forget(now=NOW + timedelta(hours=24, seconds=1)) == len(Scope)
    assert not Failure.objects.exists()


def test_a_new_wait_is_recorded_and_a_refused_try_is_not(db):
    fail_often(4)
    assert not Entry.objects.exists()
    fail()
    assert [wait() for _ in range(3)] == [5, 5, 5]
    (entry,) = Entry.objects.values("action", "actor_kind", "actor_id", "purpose", "count", "subject")
    assert entry == {
        "action": "accounts.throttled",
        "actor_kind": "visitor",
        "actor_id": "visitor",
        "purpose": "sign-in",
        "count": 5,
        "subject": None,
    }


@pytest.mark.parametrize("name", ["", "\U0001f600", "\u202eoniA", "x" * 10_000, "ai\0no", "\ud800"])
def test_any_name_can_be_counted(db, name):
    assert [wait(name) for _ in range(6)] == [0, 0, 0, 0, 0, 5]


def test_clocks_that_differ_a_little_refuse_nobody(db):
    fail(now=NOW)
    assert wait(now=NOW - timedelta(milliseconds=5)) == 0


def test_tries_at_the_same_time_are_not_more_than_tries_one_after_the_other(committed):
    together = Barrier(12)

    def one(_):
        together.wait()
        try:
            begin()
        except tries.TooManyTriesError:
            return False
        else:
            return True
        finally:
            connections.close_all()

    with ThreadPoolExecutor(12) as pool:
        taken = list(pool.map(one, range(12)))

    assert taken.count(True) == 5
    assert set(Failure.objects.values_list("failures", flat=True)) == {5}


def test_neither_name_nor_address_is_stored(committed):
    fail_often(6, name="aino.ahonen", address=HOME)
    assert places_of_text("aino.ahonen") == places_of_text(HOME) == set()
