"""Somebody asks at a service point, or on the phone, where their Bonus is: what was booked for them and paid to them, by month.

The policy is asked here, so that no page can forget to. Nothing of purchases is handed out: no sum of them, no step, no receipt,
no store, no day. What of a correction or a household is to be explained is on the member's own page.
"""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from django.utils.timezone import localdate

from kvitto.bonus import models, queries, rules
from kvitto.bonus.types import EntryKind
from kvitto.kernel.actor import Actor
from kvitto.members import queries as members
from kvitto.members.types import PersonDetails
from kvitto.staff import records
from kvitto.staff.types import OpenCase

TOLD = 4  # characters of an account's number


@dataclass(frozen=True, slots=True)
class Booked:
    """What was booked of a month, on a day. A month's Bonus is one sum, of which `settled` says that the main member has it."""

    kind: EntryKind
    month: date
    booked_on: date
    cents: int


@dataclass(frozen=True, slots=True)
class Ledger:
    """Somebody's ledger as it is told to staff, the last booked at the front. `account`: how the number ends; empty without one.

    `open_from`: the first month that is not closed; None before the first. `payment_day`: by which day of the next month one is
    paid; None without a plan.
    """

    case: OpenCase
    details: PersonDetails
    bookings: list[Booked]
    balance: int
    account: str
    open_from: date | None
    payment_day: int | None


def ledger(*, case_id: int, by: Actor, now: datetime) -> Ledger:
    """The ledger of the member of one's own case at a service point, with an entry. Raises NoCaseError, DeniedError."""
    case, details = records.bonus_for(case_id=case_id, by=by, now=now)
    account = models.Account.objects.filter(pk=case.person_id).values_list("iban", flat=True).first()
    open_from = queries.closed_until()
    month = rules.month_of(open_from or localdate(now).replace(day=1))
    plan = rules.plan_in(queries.scheme().plans, members.homes_of(case.person_id), month)
    return Ledger(
        case=case,
        details=details,
        bookings=_bookings(case.person_id),
        balance=queries.balance(case.person_id),
        account=account[-TOLD:] if account else "",
        open_from=open_from,
        payment_day=plan.payment_day if plan else None,
    )


def _bookings(person_id: int) -> list[Booked]:
    """The last booked at the front."""
    earned: defaultdict[date, list[Booked]] = defaultdict(list)
    told: list[Booked] = []
    rows = models.Entry.objects.filter(person_id=person_id).values_list("kind", "month", "booked_at", "cents")
    for kind, month, at, cents in rows.order_by("-pk"):
        row = Booked(EntryKind(kind), month, localdate(at), cents)
        (earned[month] if kind in (EntryKind.ACCRUED, EntryKind.SETTLED) else told).append(row)
    told += [_together(rows) for rows in earned.values()]
    return sorted(told, key=lambda each: (each.booked_on, each.month), reverse=True)


def _together(rows: Sequence[Booked]) -> Booked:
    """A month's Bonus: what was earned, with what came from the others or went to the main member."""
    gone = any(row.kind is EntryKind.SETTLED and row.cents < 0 for row in rows)
    kind = EntryKind.SETTLED if gone else EntryKind.ACCRUED
    return Booked(kind, rows[0].month, rows[0].booked_on, sum(row.cents for row in rows))
