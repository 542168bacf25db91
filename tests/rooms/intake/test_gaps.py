"""Running numbers of tills: which are missing, which came late, what is declared of them. NOW is Sunday 2026-11-22, noon UTC."""

from datetime import date, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from kvitto.audit.models import Entry
from kvitto.intake import gaps
from kvitto.intake.gaps import GapRangeError, NoGapError
from kvitto.intake.models import TillDay
from kvitto.intake.types import GapState, State, UsedNumber
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.staff.gate import DeniedError
from kvitto.stores.types import ScopeKind
from tests.cast import NOW, TODAY, receipt, take

YESTERDAY = TODAY - timedelta(days=1)


def on(day=YESTERDAY, number=1, **fields):
    return receipt(**({"business_day": f"{day}", "end_time": f"{day}T14:00:00Z", "sequence": number} | fields))


def header(number, kind="no_sale", day=YESTERDAY):
    named = {"store": "101", "business_day": f"{day}", "workstation": "1", "sequence": number}
    return {"type": kind, "end_time": f"{day}T14:00:00Z"} | named


def till_days(start=YESTERDAY, end=TODAY):
    return gaps.till_days(start=start, end=end)


def found(**period):
    return [(gap.first, gap.last, gap.state.value) for day in till_days(**period) for gap in day.gaps]


def settle(first, last, state, by, **fields):
    asked = {"store": "101", "business_day": YESTERDAY, "workstation": "1", "now": NOW} | fields
    with opened():
        gaps.settle(first=first, last=last, state=state, by=by, **asked)


def test_whatever_uses_a_number_leaves_no_gap(cast):
    """A member's sale, one without a card, a training receipt, one that comes twice and one that is a conflict."""
    take(on(number=1), on(number=2, drop=["card"]), header(3, "training"), on(number=4), on(number=4))
    take(on(number=4, begin_time=f"{YESTERDAY}T13:00:00Z"), on(number=5), on(number=5, lines=[]))

    assert till_days() == []


def test_a_refused_receipt_and_one_that_never_came_are_missing(cast):
    take(on(number=1), on(number=2, total="9.99"), on(number=3), on(number=7))

    assert found() == [(2, 2, "open"), (4, 6, "open")]
    assert [(day.store, day.workstation, day.open) for day in till_days()] == [("101", "1", 4)]


def test_what_is_lost_between_two_days_is_missing_on_the_later(cast):
    take(on(TODAY - timedelta(days=4), 10), on(YESTERDAY, 13))

    assert [(day.business_day, found()) for day in till_days()] == [(YESTERDAY, [(11, 12, "open")])]


def test_tills_orders_and_partners_count_apart(cast):
    other = on(number=3, workstation="2")
    take(on(number=1), other)

    assert found() == []


@pytest.mark.parametrize("numbers", [(9_998, 9_999, 1, 2), (1, 1_500)], ids=["begins anew", "jumps"])
def test_a_counter_that_was_set_anew_is_no_gap(cast, numbers):
    take(*(on(number=number) for number in numbers))

    assert found() == []


def test_the_highest_number_there_is_stops_nothing(cast):
    assert take(on(number=2**63 - 1), on(number=1)).states == [State.RECORDED, State.RECORDED]


def test_a_late_number_fills_its_gap_and_both_are_seen(cast):
    take(on(number=1), on(number=4), now=NOW - timedelta(hours=12))
    late = NOW + timedelta(days=3)
    take(on(number=2), now=late)
    take(on(number=2), on(number=1), now=late + timedelta(days=9))  # redeliveries are no news

    (day,) = till_days()
    assert (day.late, day.last_at) == (1, late)
    assert found() == [(2, 2, "filled"), (3, 3, "open")]


def test_lateness_begins_a_day_after_the_end(cast):
    ended = NOW - timedelta(days=1)
    for number, by in ((1, timedelta(0)), (2, timedelta(seconds=1))):
        take(on(number=number, end_time=ended.isoformat()), now=NOW + by)

    assert [day.late for day in till_days()] == [1]


def test_what_is_too_old_is_acknowledged_and_leaves_nothing(cast):
    old = date(2024, 11, 20)
    result = take(on(old), header(2, day=old), on(number=3))

    assert (result.states, result.refused) == ([State.TOO_OLD, State.TOO_OLD, State.RECORDED], [])
    assert TillDay.objects.count() == 1


# what is declared


def test_missing_numbers_are_declared_void_or_lost_and_open_again(crew):
    take(on(number=1), on(number=9))
    settle(2, 4, GapState.VOID, crew.ines.by)
    settle(4, 6, GapState.LOST, crew.ines.by)

    assert found() == [(2, 3, "void"), (4, 6, "lost"), (7, 8, "open")]
    settle(2, 5, GapState.OPEN, crew.ines.by)
    assert found() == [(2, 5, "open"), (6, 6, "lost"), (7, 8, "open")]
    assert Entry.objects.filter(action="intake.gap.void", count=3, actor_id=crew.ines.by.id).count() == 1


def test_what_was_declared_lost_and_comes_is_no_gap_any_more(crew):
    take(on(number=1), on(number=4))
    settle(2, 3, GapState.LOST, crew.ines.by)
    take(on(number=3))

    assert found() == [(2, 2, "lost")]
    with pytest.raises(NoGapError):
        settle(2, 3, GapState.LOST, crew.ines.by)


@pytest.mark.parametrize(("first", "last"), [(3, 2), (-1, 2), (0, 1_000), (2**63 - 1, 2**63 - 1)])
def test_only_a_gap_can_be_declared_one(crew, first, last):
    take(on(number=1))

    with pytest.raises(GapRangeError):
        settle(first, last, GapState.LOST, crew.ines.by)
    with pytest.raises(GapRangeError):
        settle(2, 3, GapState.FILLED, crew.ines.by)
    for nowhere in ({"store": "no-such"}, {"workstation": "9"}, {"business_day": TODAY}):
        with pytest.raises(NoGapError):
            settle(2, 3, GapState.LOST, crew.ines.by, **nowhere)


def test_nobody_else_declares_anything(crew):
    take(on(number=1), on(number=4))

    for by in (crew.dag.by, crew.greta.by, crew.disa.by, Actor(ActorKind.TILL, "1")):
        if by != crew.greta.by:  # she is an administrator, too
            with pytest.raises(DeniedError):
                settle(2, 3, GapState.LOST, by)
    assert found() == [(2, 3, "open")]


# whatever the order


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(batches=st.lists(st.lists(st.integers(0, 40), max_size=8), max_size=6), closed=st.booleans())
def test_in_whatever_order_numbers_come_the_gaps_are_the_numbers_between(cast, batches, closed):
    """Against the plain definition: what lies between the least and the greatest and did not come."""
    from kvitto.stores import queries as stores

    TillDay.objects.all().delete()
    store = stores.place_id(ScopeKind.STORE, "101")
    for batch in batches:
        with opened():
            gaps.note(numbers=[UsedNumber(YESTERDAY, store, "1", number, closed) for number in batch], now=NOW)

    came = {number for batch in batches for number in batch}
    missing = set(range(min(came), max(came))) - came if came else set()
    days = till_days()
    ranges = [gap for day in days for gap in day.gaps if gap.state is GapState.OPEN]
    assert {number for gap in ranges for number in range(gap.first, gap.last + 1)} == missing
    assert sum(day.late for day in days) == (len(came) if closed else 0)
