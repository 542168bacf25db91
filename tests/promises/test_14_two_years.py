"""Two years, then it is deleted: a receipt is kept for 24 months from its business day, and then its row, its key and
at last its place in the database are gone. Until then its buyer sees the day on which that will be.
"""

from datetime import UTC, date, datetime, timedelta

import pytest
from django.db import connection

from kvitto.intake.types import State
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.periods import months_after
from kvitto.purchases import partitions
from kvitto.purchases import queries as purchases
from kvitto.purchases.actions import seal_context
from kvitto.purchases.types import ProductContent
from kvitto.retention import actions as retention
from kvitto.stores.types import Level
from kvitto.vault import actions as vault
from kvitto.vault.types import ToOpen
from tests.cast import CHEN_CARD, NOW, TODAY, line, receipt, take
from tests.dump import places_of_number, places_of_text

OLDEST = date(2024, 11, 23)  # on 22 November 2026


def bought_on(day, **fields):
    """A receipt of a day, by default of the channel that has been at product level since 2014."""
    return receipt(business_day=f"{day}", end_time=f"{day}T12:00:00+02:00", **({"channel": "web"} | fields))


def take_then(*receipts):
    """Take receipts in on the day of the last of them, in the months that were open then."""
    day = max(each["business_day"] for each in receipts)
    partitions.make([date.fromisoformat(each["business_day"]).replace(day=1) for each in receipts])
    result = take(*receipts, now=datetime.fromisoformat(f"{day}T20:00:00+00:00"))
    assert set(result.states) == {State.RECORDED}


def days(person_id):
    return [head.business_day for head in purchases.receipts_of(person_id, 100)]


def at(day):
    return datetime(day.year, day.month, day.day, 3, 15, tzinfo=UTC)


def query(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchall()


def sealed_blobs():
    columns = "person_id, store_id, business_day, workstation, sequence, begin_time, level, sealed"
    return [ToOpen(row[-1], seal_context(*row[:-1])) for row in query(f"SELECT {columns} FROM purchases_receipt")]


def open_all(blobs):
    return vault.open_sealed(items=blobs, by=OPERATOR, purpose="backup test", subject=None, period=None, now=NOW)


@pytest.mark.parametrize(
    ("day", "state"),
    [
        (OLDEST - timedelta(days=2), State.TOO_OLD),
        (OLDEST - timedelta(days=1), State.TOO_OLD),
        (OLDEST, State.RECORDED),
    ],
    ids=["24 months and a day", "24 months", "a day less"],
)
def test_what_is_over_is_not_taken_in(cast, day, state):
    result = take(bought_on(day))

    assert (result.states, result.refused) == ([state], [])
    assert days(cast.aino) == ([day] if state is State.RECORDED else [])


def test_the_buyer_sees_the_day_of_deletion(cast):
    take(receipt())

    assert purchases.receipts_of(cast.aino, 1)[0].deletes_on == date(2028, 11, 20)


def test_a_run_deletes_exactly_what_is_over(committed_cast):
    bought = [OLDEST + timedelta(days=offset) for offset in (-150, -2, -1, 0, 1, 300)]
    for day in bought:
        take_then(bought_on(day))
    take_then(bought_on(OLDEST - timedelta(days=1), card=CHEN_CARD, sequence=1))

    run = retention.run(now=NOW)

    assert run.keep_from == OLDEST
    assert run.receipts == 4  # three of Aino's, one of Chen's
    assert days(committed_cast.aino) == [day for day in reversed(bought) if day >= OLDEST]
    assert days(committed_cast.chen) == []


def test_a_dry_run_counts_the_same_and_deletes_nothing(committed_cast):
    for day in (OLDEST - timedelta(days=150), OLDEST - timedelta(days=1), OLDEST):
        take_then(bought_on(day))

    dry = retention.run(now=NOW, dry_run=True)
    kept = days(committed_cast.aino)
    run = retention.run(now=NOW)

    assert len(kept) == 3
    assert (dry.receipts, dry.keys) == (run.receipts, run.keys) == (2, 1)


def test_the_receipt_goes_on_the_day_that_was_shown(committed_cast):
    take(receipt())
    day = purchases.receipts_of(committed_cast.aino, 1)[0].deletes_on

    retention.run(now=at(day - timedelta(days=1)))
    assert days(committed_cast.aino) == [date(2026, 11, 20)]
    retention.run(now=at(day))
    assert days(committed_cast.aino) == []


def test_the_deletion_is_recorded(committed_cast):
    take_then(bought_on(date(2024, 8, 5)))
    retention.run(now=NOW)

    acts = query("SELECT action, actor_kind, purpose, count, subject FROM audit_entry WHERE purpose = 'retention'")

    assert sorted(acts) == [
        ("purchases.purge", "system", "retention", 1, None),
        ("vault.destroy", "system", "retention", 1, None),
    ]


def test_a_copy_in_a_backup_no_longer_opens(committed_cast):
    """Whoever kept the sealed lines, in a backup or by hand, cannot read them once their quarter is over."""
    take_then(bought_on(date(2024, 8, 1)))
    take_then(bought_on(date(2024, 12, 1), sequence=2))
    old, young = sorted(sealed_blobs(), key=lambda item: item.blob[1:9])
    assert len(open_all([old, young])) == 2

    retention.run(now=NOW)

    with pytest.raises(vault.KeyDestroyedError):
        open_all([old])
    assert b"MILK" in open_all([young])[0]


def test_a_key_lives_until_the_last_day_of_its_quarter_is_over(committed_cast):
    """The key of October to December 2024 still opens the receipts of December when those of October are gone."""
    for day in (date(2024, 10, 1), date(2024, 12, 31)):
        take_then(bought_on(day))

    retention.run(now=at(date(2026, 12, 30)))
    head = purchases.receipts_of(committed_cast.aino, 1)[0]
    wanted = [(head.business_day, head.receipt_id)]
    content = purchases.contents_of(
        person_id=committed_cast.aino, receipts=wanted, by=OPERATOR, purpose="own view", now=NOW
    )[0]
    assert (head.business_day, head.level) == (date(2024, 12, 31), Level.PRODUCT)
    assert isinstance(content, ProductContent)
    assert query("SELECT count(*) FROM vault_key") == [(1,)]

    assert retention.run(now=at(date(2026, 12, 31))).keys == 1
    assert query("SELECT count(*) FROM vault_key") == [(0,)]


def test_nothing_of_the_receipt_is_left_in_any_table(committed_cast):
    take_then(bought_on(date(2024, 8, 5), lines=[line("ONLY ONCE", "4197.53")], workstation="2", sequence=887_766_554))
    assert places_of_number(887_766_554) == {"purchases_receipt", "intake_till_day"}

    retention.run(now=NOW)

    assert places_of_number(887_766_554) == places_of_number(419_753) == places_of_text("only once") == set()


def test_an_emptied_month_is_dropped_and_the_months_ahead_are_made(committed_cast):
    take_then(bought_on(date(2024, 10, 5)))
    assert date(2024, 9, 1) in partitions.months()

    run = retention.run(now=NOW)

    assert run.partitions_dropped > 0
    assert min(partitions.months()) == date(2024, 11, 1)  # the month of the oldest day that is kept
    assert max(partitions.months()) >= months_after(TODAY.replace(day=1), 3)


def test_a_month_is_never_dropped_with_a_receipt_in_it(committed_cast):
    take_then(bought_on(date(2024, 10, 5)))

    dropped = partitions.drop_emptied(keep_from=OLDEST)

    assert partitions.name(date(2024, 10, 1)) not in dropped
    assert days(committed_cast.aino) == [date(2024, 10, 5)]


def test_what_the_pipeline_kept_beside_it_goes_too(committed_cast):
    """A conflict, a refusal and an unknown card are about a purchase as well, though they hold no lines."""
    take(
        receipt(),
        receipt([line(amount="9.99")]),
        receipt(total="1.00", sequence=2),
        receipt(card="99999999", sequence=3),
    )
    kept = "SELECT (SELECT count(*) FROM intake_conflict), (SELECT count(*) FROM intake_quarantine)"
    kept += ", (SELECT count(*) FROM intake_unknown_card)"
    assert query(kept) == [(1, 1, 1)]

    retention.run(now=at(months_after(TODAY, 25)))

    assert query(kept) == [(0, 0, 0)]


def test_running_twice_does_nothing_more(committed_cast):
    take_then(bought_on(date(2024, 8, 5)))
    retention.run(now=NOW)

    again = retention.run(now=NOW)

    assert (again.receipts, again.keys, again.partitions_dropped, again.partitions_made) == (0, 0, 0, 0)
    assert query("SELECT count(*) FROM audit_entry WHERE purpose = 'retention'") == [(2,)]
