"""What a main member sees of the others in the household: day, store and one figure a receipt, its Bonus purchases.

The database's walls let nobody read another person's receipts. This one function asks as the system, for the spans that
the room `households` names, and what it gets has no field for anything else: no total, no line, no time of day.
"""

from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime

from kvitto.audit import actions as audit
from kvitto.households import queries as households
from kvitto.households.types import Shared
from kvitto.kernel import identity
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.db import opened
from kvitto.kernel.periods import Period, month_start, months_after
from kvitto.members import queries as members
from kvitto.purchases import queries as purchases
from kvitto.purchases.types import BonusFigure, Span
from kvitto.stores import queries as stores


@dataclass(frozen=True, slots=True)
class OthersReceipt:
    """One receipt of another person of the household."""

    given_name: str
    day: date
    store: str
    cents: int  # Bonus purchases
    currency: str


@dataclass(frozen=True, slots=True)
class OthersMonth:
    """The others' Bonus purchases in a month: by receipt, and those that are kept back as one sum a currency."""

    month: Period
    receipts: list[OthersReceipt]
    other: list[tuple[int, str]]  # cents, currency
    sums: list[tuple[int, str]]  # of both
    before: Period | None  # months in which there can be something
    after: Period | None


def others(*, person_id: int, month: Period, by: Actor, today: date, now: datetime) -> OthersMonth | None:
    """What the main member of a household sees of the others in a month; None for everybody else.

    One entry for each of the others, written in a transaction of its own before anything is read. Day and store are shown of
    those who are in the household today; of those who were, only their part of the month's sum.
    """
    shared = households.shared(person_id, today=today)
    if not shared:
        return None
    spans = [span for each in shared if (span := _span(each, month))]
    names = {each.person_id: each.given_name for each in shared}
    with identity.acting(ActorKind.SYSTEM), opened():
        for other in sorted({span.person_id for span in spans}):
            subject = members.audit_id(other)
            audit.record(by=by, action="spending.household", now=now, subject=subject, period=month, count=1)
    with identity.acting(ActorKind.SYSTEM):
        figures = purchases.bonus_figures(spans, period=month) if spans else []
    sums: Counter[str] = Counter()
    for figure in figures:
        sums[figure.currency] += figure.cents
    return OthersMonth(
        month=month,
        receipts=_receipts(figures, names),
        other=[(figure.cents, figure.currency) for figure in figures if figure.person_id is None],
        sums=[(cents, currency) for currency, cents in sorted(sums.items())],
        before=_beside(month, -1, shared, today),
        after=_beside(month, 1, shared, today),
    )


def _span(shared: Shared, month: Period) -> Span | None:
    start, end = max(shared.days.start, month.start), min(shared.days.end or date.max, month.end or date.max)
    return Span(shared.person_id, start, end, shared.here) if start < end else None


def _receipts(figures: list[BonusFigure], names: dict[int, str]) -> list[OthersReceipt]:
    places = stores.places()
    return [
        OthersReceipt(
            names[figure.person_id], figure.business_day, places[figure.store_id].name, figure.cents, figure.currency
        )
        for figure in figures
        if figure.person_id is not None and figure.business_day is not None and figure.store_id is not None
    ]


def _beside(month: Period, step: int, shared: list[Shared], today: date) -> Period | None:
    """The month before or after, when it is not in the future and somebody else was there in it."""
    start = months_after(month.start, step)
    near = Period(start, months_after(start, 1))
    return near if start <= month_start(today) and any(_span(each, near) for each in shared) else None
