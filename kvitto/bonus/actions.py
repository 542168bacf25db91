"""Writes beside the ledger: plans, receipts that come late, accounts. The ledger itself is written in `closing`."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateRange

from kvitto.audit import actions as audit
from kvitto.bonus import models, queries, rules
from kvitto.bonus.types import Difference, Scheme
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import batch_cursor, require_transaction
from kvitto.kernel.errors import InvalidError
from kvitto.kernel.periods import month_start
from kvitto.stores.models import Chain, Company

# The advisory lock between deliveries, which share it, and what has to know that none is on its way: the moment in which a month
# begins to close, a till that takes a receipt back
CLOSING = 0x426F6E7573


class NoAccountError(InvalidError):
    """The number is no IBAN."""


def load(*, scheme: Scheme, by: Actor, now: datetime) -> list[Difference]:
    """Make the register say what the plan file says. Returns what changed.

    Safe to repeat. Loads wait for each other. The act is recorded (count: plans and campaigns that changed) even when nothing did.
    Raises SchemeRefusedError when the plans are not sound, or would change a closed month.
    """
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("LOCK TABLE bonus_plan, bonus_campaign IN EXCLUSIVE MODE")  # readers go on reading
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [CLOSING])  # no month begins to close meanwhile
    found = queries.differences(scheme)
    known = queries.scheme()
    companies = dict(Company.objects.values_list("code", "id"))
    chains = dict(Chain.objects.values_list("code", "id"))
    for plan in set(known.plans) - set(scheme.plans):
        models.Plan.objects.filter(company_id=companies[plan.company], valid_from=plan.start).delete()
    models.Plan.objects.bulk_create(
        models.Plan(
            company_id=companies[plan.company],
            valid_from=plan.start,
            steps=[list(step) for step in plan.steps],
            classes=sorted(plan.classes),
            rounding=plan.rounding,
            payment_day=plan.payment_day,
        )
        for plan in scheme.plans
        if plan not in known.plans
    )
    models.Campaign.objects.all().delete()
    models.Campaign.objects.bulk_create(
        models.Campaign(
            company_id=companies[each.company],
            bonus_class=each.bonus_class,
            chain_id=chains[each.chain] if each.chain else None,
            period=DateRange(each.days.start, each.days.end),
            times=each.times,
        )
        for each in scheme.campaigns
    )
    audit.record(by=by, action="bonus.load_plans", now=now, count=len(found))
    return found


def await_deliveries() -> None:
    """Wait for deliveries on their way, and keep others waiting until the caller's transaction is over.

    Called before anything else that the transaction writes; who shares the lock already must not ask for it.
    """
    require_transaction()
    with batch_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(%s)", [CLOSING])


def await_closing() -> date | None:
    """The first day that is in no closed month; no month begins to close before the caller's transaction is over.

    So whatever a delivery stores is seen by the closing of its month, or is noted as late.
    """
    require_transaction()
    with batch_cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock_shared(%s)", [CLOSING])
    return queries.closed_until()


def note_late(*, receipts: Sequence[tuple[int, date, int]], closed_until: date | None) -> int:
    """Note whose closed months deliveries have changed, by buyer, business day and delivery of what they stored; how many."""
    require_transaction()
    if closed_until is None:
        return 0
    late = {
        (person_id, month_start(day), delivery_id) for person_id, day, delivery_id in receipts if day < closed_until
    }
    rows = [
        models.Late(person_id=who, month=month, delivery_id=delivery_id) for who, month, delivery_id in sorted(late)
    ]
    models.Late.objects.bulk_create(rows, ignore_conflicts=True)
    return len(rows)


def note_accounts(*, accounts: Mapping[int, str], by: Actor, now: datetime) -> int:
    """Note where people's Bonus is paid to, by person; how many. Raises NoAccountError and notes none when one is no IBAN."""
    require_transaction()
    if any(not rules.is_iban(iban) for iban in accounts.values()):
        raise NoAccountError("an account is an IBAN without spaces, such as FI2112345600000785")
    models.Account.objects.bulk_create(
        [models.Account(person_id=person_id, iban=iban, noted_at=now) for person_id, iban in accounts.items()],
        update_conflicts=True,
        unique_fields=["person"],
        update_fields=["iban", "noted_at"],
    )
    audit.record(by=by, action="bonus.note_accounts", now=now, count=len(accounts))
    return len(accounts)


def forget_late(*, day: date) -> int:
    """Delete what names receipts of business days before `day`: causes of corrections, and months that are gone; how many."""
    require_transaction()
    gone = models.Cause.objects.filter(business_day__lt=day).delete()[0]
    return gone + models.Late.objects.filter(month__lt=month_start(day)).delete()[0]
