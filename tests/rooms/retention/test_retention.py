"""One run of every rule about time; what goes when is told in tests/promises/test_14_two_years.py."""

from datetime import date, timedelta

import pytest
from django.db import connection

from kvitto.accounts.models import Session
from kvitto.intake.models import UnknownCard
from kvitto.intake.types import State
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import opened
from kvitto.kernel.periods import month_start, months_after
from kvitto.purchases import actions as purchases
from kvitto.purchases import partitions, queries
from kvitto.retention import actions as retention
from tests.cast import NOW, TODAY, receipt, take


def query(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def test_a_run_on_an_empty_register_does_and_records_nothing(committed):
    run = retention.run(now=NOW)

    assert (run.receipts, run.keys, run.leftovers, run.dry_run) == (0, 0, 0, False)
    assert query("SELECT count(*) FROM audit_entry") == [(0,)]


def test_a_run_names_its_actor(committed_cast):
    take(receipt())
    retention.run(now=NOW + timedelta(days=800), by=OPERATOR)

    assert set(query("SELECT actor_kind, actor_id FROM audit_entry WHERE purpose = 'retention'")) == {
        ("operator", "cli")
    }


@pytest.mark.parametrize(("days", "left"), [(14, 1), (15, 0)])
def test_digests_of_unknown_cards_are_forgotten_after_two_weeks(committed_cast, days, left):
    assert take(receipt(card="99999999")).states == [State.NO_MEMBER]
    later = NOW + timedelta(days=days)
    dry = retention.run(now=later, dry_run=True)

    run = retention.run(now=later)

    assert dry.leftovers == run.leftovers == 1 - left
    assert UnknownCard.objects.count() == left


def test_the_months_ahead_are_always_there(committed):
    later = NOW + timedelta(days=70)
    run = retention.run(now=later)

    assert run.partitions_made > 0
    assert max(partitions.months()) == months_after(month_start(later.date()), partitions.MONTHS_AHEAD)


def test_months_follow_each_other_without_a_gap(committed):
    retention.run(now=NOW)
    months = partitions.months()

    assert months == [months_after(months[0], offset) for offset in range(len(months))]


def test_every_day_that_is_kept_has_a_place(committed_cast):
    """From the oldest day that may be taken in to a till's tomorrow."""
    retention.run(now=NOW)
    oldest = retention.run(now=NOW).keep_from

    for number, day in enumerate((oldest, TODAY, TODAY + timedelta(days=1))):
        end = min(day, TODAY)
        states = take(receipt(sequence=number, business_day=f"{day}", end_time=f"{end}T10:00:00+02:00")).states
        assert states == [State.RECORDED], day


def test_partitions_are_made_once(committed):
    partitions.ensure(today=TODAY)

    assert partitions.ensure(today=TODAY) == 0


def test_a_partition_takes_its_month_only(committed_cast):
    """The bounds are the month's first day and the next one's."""
    days = [date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 31), date(2026, 11, 1)]
    take(*(receipt(sequence=n, business_day=f"{d}", end_time=f"{d}T12:00:00+02:00") for n, d in enumerate(days)))

    rows = query("SELECT business_day, tableoid::regclass::text FROM purchases_receipt ORDER BY business_day")
    assert rows == [(day, f"purchases_receipt_{day:%Y_%m}") for day in days]


def test_a_purge_is_told_how_much_is_due(committed_cast):
    take(receipt(sequence=1), receipt(sequence=2, business_day="2026-11-19", end_time="2026-11-19T12:00:00Z"))

    assert [queries.due(keep_from=day) for day in (date(2026, 11, 19), date(2026, 11, 20), date(2026, 11, 21))] == [
        0,
        1,
        2,
    ]
    with opened():
        assert purchases.purge_before(day=date(2026, 11, 20), by=OPERATOR, now=NOW) == 1


def test_there_is_no_place_for_days_without_a_month(committed):
    """A default partition would take receipts where no purge by months looks for them."""
    assert query("SELECT partdefid FROM pg_partitioned_table WHERE partrelid = 'purchases_receipt'::regclass") == [(0,)]


def test_sessions_that_have_ended_are_deleted(committed):
    for key, end in (("over", NOW - timedelta(seconds=1)), ("on", NOW + timedelta(hours=1))):
        Session.objects.create(session_key=key, session_data="", expire_date=end, started_at=NOW, seen_at=NOW)

    assert retention.run(now=NOW).sessions == 1
    assert list(Session.objects.values_list("session_key", flat=True)) == ["on"]
