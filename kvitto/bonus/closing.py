"""Closing a month, correcting closed ones, paying: the whole acts of the command and of the job. They open their transactions.

A month of a whole co-op is millions of receipts, so it is summed by the database in one pass, and booked in batches of units. The
pass says the same as `rules.bonus`, and a test holds one against the other on invented histories. Pages and corrections are
computed by `rules.bonus` itself.

One process works on the ledger at a time. A batch and how far closing has come commit together, so a run that was broken off is
gone on with by the next, and books nothing twice; the ledger's unique index would refuse it.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime

from kvitto.audit import actions as audit
from kvitto.bonus import actions, models, queries, rules
from kvitto.bonus.queries import Booked, Month
from kvitto.bonus.summing import BATCH, BOOK, STAGES, UPTO
from kvitto.bonus.types import EntryKind, Unit
from kvitto.households import queries as households
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import Cursor, batch_cursor, opened
from kvitto.kernel.errors import ConflictError
from kvitto.kernel.periods import Period, month_start, months_after
from kvitto.purchases import queries as purchases
from kvitto.purchases.rules import keep_from
from kvitto.purchases.types import BonusReceipt

LEDGER = 0x426F6E7574  # the advisory lock of whoever writes the ledger
AT_ONCE = 200  # late months in one transaction
_PAY = """
INSERT INTO bonus_entry (kind, person_id, month, booked_in, cents, account, booked_at)
SELECT 'paid', e.person_id, %(month)s, %(month)s, -sum(e.cents), a.iban, %(now)s
FROM bonus_entry e JOIN bonus_account a USING (person_id) GROUP BY e.person_id, a.iban HAVING sum(e.cents) > 0
ORDER BY e.person_id
"""


class NotOverError(ConflictError):
    """The month is still running, or one before it is not closed yet."""


class BusyError(ConflictError):
    """Another process works on the ledger."""


class NotClosedError(ConflictError):
    """Only the last closed month is paid."""


@dataclass(frozen=True, slots=True)
class Closed:
    """What one run did."""

    units: int
    corrections: int


@dataclass(frozen=True, slots=True)
class Payment:
    """One line of a payment file."""

    account: str
    cents: int
    reference: str


def settle(*, month: date, by: Actor, now: datetime, today: date, batch: int = BATCH) -> Closed:
    """Book what is late for closed months, then close a month, named by its first day; a closed one stays as it is.

    Raises NotOverError while it runs or when one before it is open, BusyError while another process works on the ledger.
    """
    with _alone():
        _resume(by, now, batch)
        corrections = _correct(by, now, today)
        open_from = queries.closed_until()
        if open_from is not None and month < open_from:
            return Closed(0, corrections)
        if months_after(month, 1) > today:
            raise NotOverError(f"{month:%Y-%m} is not over yet: it can be closed from {months_after(month, 1)} on")
        if open_from is not None and month > open_from:
            raise NotOverError(f"{open_from:%Y-%m} is not closed yet: close it first")
        with opened():
            actions.await_deliveries()
            models.Close.objects.create(month=month, started_at=now)
        return Closed(_resume(by, now, batch), corrections)


def settle_due(*, by: Actor, now: datetime, today: date, wait_days: int) -> Closed:
    """As the job does, every night: the month before, once it has been over for some days, or the ones that were left out."""
    last = months_after(month_start(today), -1 if today.day > wait_days else -2)
    open_from = queries.closed_until() or last
    found = Closed(0, 0)
    while open_from <= last:
        done = settle(month=open_from, by=by, now=now, today=today)
        found = Closed(found.units + done.units, found.corrections + done.corrections)
        open_from = months_after(open_from, 1)
    with _alone():
        return Closed(found.units, found.corrections + _correct(by, now, today))


def pay(*, month: date, by: Actor, now: datetime) -> list[Payment]:
    """Book everybody's balance above zero as paid with the month that was closed last; what the payment file says.

    Who has no account waits with their balance. A month that was paid gives the same lines again, and pays nothing.
    Raises NotClosedError, BusyError.
    """
    with _alone(), opened():
        close = models.Close.objects.filter(month=month).first()
        last = models.Close.objects.order_by("-month").values_list("month", flat=True).first()
        if close is None or close.done_at is None:
            raise NotClosedError(f"{month:%Y-%m} is not closed yet: kvitto bonus settle {month:%Y-%m}")
        if close.paid_at is None:
            if last != month:
                raise NotClosedError(f"a month after {month:%Y-%m} is closed already: pay the last one, {last:%Y-%m}")
            with batch_cursor() as cursor:
                cursor.execute(_PAY, {"month": month, "now": now})
                count = cursor.rowcount
            models.Close.objects.filter(pk=month).update(paid_at=now)
            audit.record(by=by, action="bonus.pay", now=now, period=rules.month_of(month), count=count)
        rows = models.Entry.objects.filter(kind=EntryKind.PAID, month=month).order_by("pk")
        return [
            Payment(account or "", -cents, rules.reference(number))
            for number, account, cents in rows.values_list("pk", "account", "cents")
        ]


@contextmanager
def _alone() -> Iterator[None]:
    """Hold the ledger for this connection; a process that dies lets go of it."""
    with batch_cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [LEDGER])
        if cursor.fetchone() != (True,):
            raise BusyError("another process settles or pays just now: run this again when it is done")
    try:
        yield
    finally:
        with batch_cursor() as cursor:
            cursor.execute("SELECT pg_advisory_unlock(%s)", [LEDGER])


# Closing


def _resume(by: Actor, now: datetime, batch: int) -> int:
    """Close the month that is being closed, from where that was left; how many units were booked. 0 when there is none."""
    close = models.Close.objects.filter(done_at=None).first()
    if close is None:
        return 0
    month = rules.month_of(close.month)
    units, key = 0, close.last_key
    with batch_cursor() as cursor:
        what = {"month": month.start, "end": month.end, "after": key, "now": now}
        with opened():
            for statement in STAGES:
                cursor.execute(statement, what)
        while (upto := _upto(cursor, key, batch)) is not None:
            with opened():
                cursor.execute(BOOK, what | {"after": key, "upto": upto[0]})
                models.Close.objects.filter(pk=close.pk).update(last_key=upto[0])
            key, units = upto[0], units + upto[1]
    with opened():
        models.Close.objects.filter(pk=close.pk).update(done_at=now)
        audit.record(by=by, action="bonus.settle", now=now, period=month, count=units)
    return units


def _upto(cursor: Cursor, key: int, batch: int) -> tuple[int, int] | None:
    """The last key of the next batch of units, and how many they are; None when there are no more."""
    cursor.execute(UPTO, {"after": key, "batch": batch})
    row = cursor.fetchone()
    return (row[0], row[1]) if row and row[0] is not None else None


# Correcting


def _correct(by: Actor, now: datetime, today: date) -> int:
    """Book the differences that late receipts make to closed months, in the month that is open now; how many rows."""
    corrections = 0
    while True:
        with opened():
            late = list(models.Late.objects.order_by("month", "person_id", "pk")[:AT_ONCE])
            open_from = queries.closed_until()
            if not late or open_from is None:
                return corrections
            for start in sorted({each.month for each in late}):
                if start >= keep_from(today):  # else some of its receipts are gone, and nobody can tell
                    corrections += _correct_month([each for each in late if each.month == start], open_from, by, now)
            models.Late.objects.filter(pk__in=[each.pk for each in late]).delete()


def _correct_month(late: list[models.Late], open_from: date, by: Actor, now: datetime) -> int:
    month = rules.month_of(late[0].month)
    people = {each.person_id for each in late}
    stays = households.stays_with(sorted(people), period=month)
    receipts = purchases.bonus_receipts(sorted(people | {stay.person_id for stay in stays}), period=month)
    units = {Unit(household_id=stay.household_id) for stay in stays if stay.person_id in people}
    units |= {Unit(person_id=person_id) for person_id in people}
    came = {(each.person_id, each.delivery_id) for each in late}
    found = 0
    for computed in queries.months(receipts, stays, month, units):
        booked = queries.booked(computed.unit, month.start)
        causes = [each for each in computed.receipts if (each.person_id, each.delivery_id) in came]
        found += _book_difference(computed, booked, causes, month, open_from, now)
    if found:
        audit.record(by=by, action="bonus.correct", now=now, period=month, count=found)
    return found


def _book_difference(
    computed: Month, booked: Booked, causes: list[BonusReceipt], month: Period, open_from: date, now: datetime
) -> int:
    bonus = computed.bonus
    if computed.plan is None or (bonus.cents, bonus.purchases) == (booked.cents, booked.together):
        return 0
    entry = models.Entry.objects.create(
        kind=EntryKind.CORRECTED,
        person_id=computed.payee,
        household_id=computed.unit.household_id or None,
        month=month.start,
        booked_in=open_from,
        cents=bonus.cents - booked.cents,
        plan=queries.plan_row(computed.plan),
        purchases=bonus.purchases - booked.together,
        together=bonus.purchases,
        rate=bonus.rate,
        rate_before=booked.rate,
        booked_at=now,
    )
    models.Cause.objects.bulk_create(
        models.Cause(
            business_day=each.business_day, receipt_id=each.receipt_id, entry_id=entry.pk, person_id=each.person_id
        )
        for each in causes
    )
    return 1
