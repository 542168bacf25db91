"""Reads: plans, how far months are closed, what a month has brought, the ledger."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from django.db.models import Sum

from kvitto.assortment.types import BonusClass
from kvitto.bonus import models, rules
from kvitto.bonus.types import Bonus, Campaign, Difference, Earning, EntryKind, Plan, Rounding, Scheme, Step, Unit
from kvitto.households import queries as households
from kvitto.households.types import Stay
from kvitto.kernel.db import batch_cursor
from kvitto.kernel.periods import Period, months_after
from kvitto.members import queries as members
from kvitto.purchases import queries as purchases
from kvitto.purchases.types import BonusReceipt
from kvitto.stores import queries as stores
from kvitto.stores.types import CompanyKind


@dataclass(frozen=True, slots=True)
class Month:
    """A unit's month, computed: who is paid, by which plan, from which receipts. `receipts` are newest first.

    `campaigns` are all that are known, of every co-op.
    """

    unit: Unit
    payee: int
    plan: Plan | None
    campaigns: Sequence[Campaign]
    bonus: Bonus
    receipts: list[BonusReceipt]


def stamp() -> tuple[int, int]:
    """Another pair of numbers whenever a plan has come or gone."""
    with batch_cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0), count(*) FROM bonus_plan")
        found: tuple[int, int] = cursor.fetchone() or (0, 0)
    return found


def scheme() -> Scheme:
    """Every plan and campaign, in the order of co-ops and days."""
    plans = models.Plan.objects.order_by("company__code", "valid_from").values_list(
        "company__code", "valid_from", "steps", "classes", "rounding", "payment_day"
    )
    campaigns = models.Campaign.objects.order_by("company__code", "period", "chain__code").values_list(
        "company__code", "bonus_class", "times", "period", "chain__code"
    )
    return Scheme(
        tuple(
            Plan(code, start, tuple(Step(*step) for step in steps), _classes(classes), Rounding(rounding), day)
            for code, start, steps, classes, rounding, day in plans
        ),
        tuple(
            Campaign(code, BonusClass(earns), times, Period(period.lower, period.upper), chain or "")
            for code, earns, times, period, chain in campaigns
        ),
    )


def _classes(names: Iterable[str]) -> frozenset[BonusClass]:
    return frozenset(map(BonusClass, names))


def differences(wanted: Scheme) -> list[Difference]:
    """What loading `wanted` would change; writes nothing.

    Raises rules.SchemeRefusedError when the plans are not sound, or would change a closed month.
    """
    network = stores.current()
    coops = [code for code, each in network.companies.items() if each.kind is CompanyKind.COOP] if network else []
    if problems := rules.scheme_problems(wanted, coops, network.chains if network else ()):
        raise rules.SchemeRefusedError(problems)
    return rules.differences(scheme(), wanted, closed_until=closed_until())


def closed_until() -> date | None:
    """The first day that is in no closed month, nor in one that is being closed; None before the first."""
    last = models.Close.objects.order_by("-month").values_list("month", flat=True).first()
    return months_after(last, 1) if last else None


def months_of(person_id: int, month: Period) -> list[Month]:
    """The months of the units that a person was in, computed from the receipts that are there: the whole household's.

    Reads other people's receipts where they share a household: asked as the system only.
    """
    stays = households.stays_with([person_id], period=month)
    people = sorted({person_id, *(stay.person_id for stay in stays)})
    receipts = purchases.bonus_receipts(people, period=month)
    units = {Unit(household_id=stay.household_id) for stay in stays}
    return months(receipts, stays, month, {*units, Unit(person_id=person_id)})


def months(
    receipts: Sequence[BonusReceipt], stays: Sequence[Stay], month: Period, units: Collection[Unit]
) -> list[Month]:
    """The months of these units from everybody's receipts, households first."""
    known = scheme()
    of: dict[Unit, list[BonusReceipt]] = {unit: [] for unit in units}
    for receipt in receipts:
        unit = rules.unit_of(receipt.person_id, receipt.business_day, stays)
        if unit in of:
            of[unit].append(receipt)
    found = []
    for unit in sorted(units, reverse=True):
        payee = rules.payee(unit, stays, month)
        plan = rules.plan_in(known.plans, members.homes_of(payee), month)
        bonus = rules.bonus(earnings(of[unit]), plan, known.campaigns)
        found.append(Month(unit, payee, plan, known.campaigns, bonus, of[unit]))
    return found


def earnings(receipts: Iterable[BonusReceipt]) -> list[Earning]:
    """What receipts earn with. Those in another currency earn nothing."""
    places = stores.places()
    return [
        Earning(
            receipt.person_id,
            receipt.business_day,
            places[receipt.store_id].chain_code,
            basis.bonus_class,
            basis.cents,
            basis.quantity,
        )
        for receipt in receipts
        if receipt.currency == rules.CURRENCY
        for basis in receipt.bonus_basis
    ]


@dataclass(frozen=True, slots=True)
class Booked:
    """What is booked of a unit's month so far."""

    cents: int
    together: int
    rate: int


def booked(unit: Unit, month: date) -> Booked:
    """The Bonus, the purchases and the step of a unit's closed month, corrections included."""
    rows = models.Entry.objects.filter(month=month, kind__in=(EntryKind.ACCRUED, EntryKind.CORRECTED))
    if unit.household_id:
        rows = rows.filter(household_id=unit.household_id)
    else:
        rows = rows.filter(person_id=unit.person_id, household=None)
    found = list(rows.order_by("pk").values_list("cents", "purchases", "rate"))
    return Booked(
        sum(cents for cents, _, _ in found),
        sum(purchased or 0 for _, purchased, _ in found),
        (found[-1][2] or 0) if found else 0,
    )


def balance(person_id: int) -> int:
    """What the co-op owes somebody, in cents: the sum of their rows."""
    return models.Entry.objects.filter(person_id=person_id).aggregate(sum=Sum("cents"))["sum"] or 0


def entries(person_id: int) -> list[models.Entry]:
    """Somebody's rows of the ledger, the newest month first."""
    return list(models.Entry.objects.filter(person_id=person_id).select_related("plan").order_by("-booked_in", "-pk"))


def bonus_of(person_id: int, month: Period) -> Mapping[Unit, Bonus]:
    """A person's Bonus of a month by unit, computed: their own part is in it. Asked as the system only."""
    return {each.unit: each.bonus for each in months_of(person_id, month)}


def plan_row(plan: Plan) -> models.Plan:
    """The row of a plan."""
    return models.Plan.objects.get(company__code=plan.company, valid_from=plan.start)
