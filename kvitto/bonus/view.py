"""A member's own page: a month with everything it takes to compute it again with pencil and paper, and the ledger.

A household's step goes by everybody's purchases, so this module asks as the system; what it hands out is the member's own. Only
whom the month is paid to, the main member, gets the household's sum and each person's Bonus purchases and Bonus (promise 09): no
Bonus class, no line, no total of anybody else. What others keep back, those who have left, and days before the member was the main
member are one sum without a name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from kvitto.audit import actions as audit
from kvitto.bonus import models, queries, rules
from kvitto.bonus.queries import Month
from kvitto.bonus.types import Earning, EntryKind, Plan
from kvitto.households import queries as households
from kvitto.households.types import Shared
from kvitto.kernel import identity
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.kernel.periods import Period, month_start, months_after
from kvitto.members import queries as members
from kvitto.purchases.rules import keep_from
from kvitto.purchases.types import BonusReceipt
from kvitto.stores import queries as stores
from kvitto.stores.types import StorePlace

OTHERS = 0  # the "person" of what is told without a name


@dataclass(frozen=True, slots=True)
class Share:
    """What one person has brought; `name` is empty for what is told as one sum. `own` is the member's."""

    name: str
    own: bool
    purchases: int
    cents: int


@dataclass(frozen=True, slots=True)
class Counted:
    """Own purchases of one class at one multiple of the rate. `quantity` is in ten-thousandths of a litre."""

    bonus_class: str
    by_quantity: bool
    times: int
    purchases: int
    quantity: int
    rate: int  # times the multiple
    cents: int


@dataclass(frozen=True, slots=True)
class Group:
    """Purchases that count together: of a household, or of the member alone. `together` and `missing` are its payee's to see."""

    household: bool
    payee: bool
    plan: Plan | None
    rate: int
    cents: int  # the household's for its payee, else the member's own
    together: int | None
    missing: tuple[int, int] | None  # cents to the next step, and its rate
    shares: list[Share]
    counted: list[Counted]
    own: Share


@dataclass(frozen=True, slots=True)
class Receipt:
    """One of the member's own receipts: what of it counts, and what does not."""

    receipt_id: int
    day: date
    store: str
    total: int
    currency: str
    counts: int

    @property
    def rest(self) -> int:
        """What of the total earns nothing."""
        return self.total - self.counts


@dataclass(frozen=True, slots=True)
class Booking:
    """A row of the member's ledger. `causes` are the member's own receipts that made a correction."""

    kind: EntryKind
    month: date
    cents: int
    together: int | None
    rate: int | None
    rate_before: int | None
    booked_at: datetime
    causes: list[tuple[date, int]]


@dataclass(frozen=True, slots=True)
class Page:
    """One month, and what has been booked in all."""

    month: Period
    closed: bool
    pays_by: date | None
    groups: list[Group]
    receipts: list[Receipt]
    bookings: list[Booking]
    balance: int
    before: Period | None
    after: Period | None


def page(*, person_id: int, month: Period, by: Actor, today: date, now: datetime) -> Page:
    """A member's month of Bonus and their ledger. For a main member one entry for each of the others, written before it is read."""
    here = {each.person_id: each for each in households.shared(person_id, today=today) if each.here}
    with identity.acting(ActorKind.SYSTEM):
        found = queries.months_of(person_id, month)
        subjects = _others_seen(person_id, found)
        with opened():
            for other in subjects:
                subject = members.audit_id(other)
                audit.record(by=by, action="bonus.household", now=now, subject=subject, period=month, count=1)
        # beside a household, the days alone on which nothing was bought say nothing
        groups = [
            _group(each, person_id, here)
            for each in found
            if each.receipts or len(found) == 1 or each.unit.household_id
        ]
    closed_until = queries.closed_until()
    places = stores.places()
    plan = next((group.plan for group in groups if group.plan), None)
    end = months_after(month.start, 1)
    return Page(
        month=month,
        closed=closed_until is not None and month.start < closed_until,
        pays_by=end.replace(day=plan.payment_day) if plan else None,
        groups=groups,
        receipts=[
            _receipt(each, month_, places)
            for month_ in found
            for each in month_.receipts
            if each.person_id == person_id
        ],
        bookings=_bookings(person_id),
        balance=queries.balance(person_id),
        before=_month(months_after(month.start, -1), today),
        after=_month(end, today),
    )


def _month(start: date, today: date) -> Period | None:
    """A month that is not in the future, and whose receipts are all kept."""
    return rules.month_of(start) if keep_from(today) <= start <= month_start(today) else None


def _others_seen(person_id: int, found: Sequence[Month]) -> list[int]:
    seen = {each.person_id for month in found if month.payee == person_id for each in month.receipts}
    return sorted(seen - {person_id})


def _group(month: Month, person_id: int, here: dict[int, Shared]) -> Group:
    """A unit's month as the member sees it."""
    unit, bonus = month.unit, month.bonus
    payee = month.payee == person_id
    part = bonus.parts.get(person_id)
    own = Share("", own=True, purchases=part.purchases if part else 0, cents=part.cents if part else 0)
    shares = _shares(month, person_id, here) if payee and unit.household_id else []
    own = next((each for each in shares if each.own), own)
    return Group(
        household=bool(unit.household_id),
        payee=payee,
        plan=month.plan,
        rate=bonus.rate,
        cents=bonus.cents if payee else own.cents,
        together=bonus.purchases if payee else None,
        missing=rules.next_step(bonus.purchases, month.plan) if payee and month.plan else None,
        shares=shares if len(shares) > 1 else [],
        counted=_counted(month, person_id, own.cents),
        own=own,
    )


def _shares(month: Month, person_id: int, here: dict[int, Shared]) -> list[Share]:
    """Each person's part; those who keep a receipt back, and those who have left, as one sum."""
    told = [
        replace(each, person_id=each.person_id if each.person_id == person_id or _is_told(each, here) else OTHERS)
        for each in month.receipts
    ]
    parts = rules.bonus(queries.earnings(told), month.plan, month.campaigns).parts
    shares = [
        Share(
            here[who].given_name if who in here else "",
            own=who == person_id,
            purchases=part.purchases,
            cents=part.cents,
        )
        for who, part in parts.items()
    ]
    return sorted(shares, key=lambda each: (not each.own, not each.name, each.name))


def _is_told(receipt: BonusReceipt, here: dict[int, Shared]) -> bool:
    shared = here.get(receipt.person_id)
    return shared is not None and receipt.business_day in shared.days and not receipt.kept_back


def _counted(month: Month, person_id: int, cents: int) -> list[Counted]:
    """The member's own purchases by class and multiple; their cents sum to what the member has brought."""
    if month.plan is None:
        return []
    campaigns = [each for each in month.campaigns if each.company == month.plan.company]
    own = [each for each in queries.earnings(month.receipts) if each.person_id == person_id]
    sums: dict[tuple[str, int], list[Earning]] = {}
    for earning in own:
        if earning.bonus_class in month.plan.classes:
            sums.setdefault((earning.bonus_class, rules.times(earning, campaigns)), []).append(earning)
    rate = month.bonus.rate
    exact = {key: rate * key[1] * sum(map(rules.weight, found)) for key, found in sums.items()}
    shared = rules.shared_out(cents, exact)
    return [
        Counted(
            earns,
            rules.by_quantity(earns),
            times,
            sum(each.cents for each in found),
            sum(each.quantity for each in found),
            rate * times,
            shared[earns, times],
        )
        for (earns, times), found in sorted(sums.items(), reverse=True)
    ]


def _receipt(receipt: BonusReceipt, month: Month, places: Mapping[int, StorePlace]) -> Receipt:
    counts = 0
    if month.plan and receipt.currency == rules.CURRENCY:
        counts = sum(basis.cents for basis in receipt.bonus_basis if basis.bonus_class in month.plan.classes)
    return Receipt(
        receipt.receipt_id,
        receipt.business_day,
        places[receipt.store_id].name,
        receipt.total_cents,
        receipt.currency,
        counts,
    )


def _bookings(person_id: int) -> list[Booking]:
    rows = queries.entries(person_id)
    causes: dict[int, list[tuple[date, int]]] = {}
    for cause in models.Cause.objects.filter(person_id=person_id).order_by("business_day", "receipt_id"):
        causes.setdefault(cause.entry_id, []).append((cause.business_day, cause.receipt_id))
    return [
        Booking(
            EntryKind(row.kind),
            row.month,
            row.cents,
            row.together,
            row.rate,
            row.rate_before,
            row.booked_at,
            causes.get(row.pk, []),
        )
        for row in rows
    ]
