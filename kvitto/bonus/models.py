"""Plans and campaigns, closed months, the ledger; late receipts that wait, and accounts that are paid to.

The web role only ever adds to the ledger: it has no right to change or delete there, and plans that a row names cannot go.
"""

from django.contrib.postgres.fields import ArrayField, DateRangeField
from django.db import models
from django.db.models import F, Q

from kvitto.assortment.types import BonusClass
from kvitto.bonus.types import EntryKind, Rounding
from kvitto.households.models import Household
from kvitto.kernel.privacy import FieldClass, Held, Rule, reference
from kvitto.members.models import Person
from kvitto.stores.models import Chain, Company

_CLASSES = [str(each) for each in BonusClass if each is not BonusClass.NONE]


def _booked(why: str, field_class: FieldClass = FieldClass.PURCHASE) -> Held:
    return Held(field_class, why, Rule.ACCOUNTS, exported=True)


def _figure(why: str) -> Held:
    return Held(FieldClass.PURCHASE, why, Rule.PURCHASE_WINDOW, exported=True)


def _late(why: str) -> Held:
    return Held(FieldClass.PURCHASE, why, Rule.PURCHASE_WINDOW, exported=False)


def _is_month(field: str) -> Q:
    return Q(**{f"{field}__day": 1})


class Plan(models.Model):
    """How one co-op's members earn, from a month on."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="+", db_index=False)
    valid_from = models.DateField()
    steps = models.JSONField()
    classes = ArrayField(models.TextField())
    rounding = models.CharField(max_length=8)
    payment_day = models.SmallIntegerField()

    class Meta:
        db_table = "bonus_plan"
        constraints = [
            models.UniqueConstraint(fields=["company", "valid_from"], name="bonus_plan_once"),
            models.CheckConstraint(condition=_is_month("valid_from"), name="bonus_plan_month"),
            models.CheckConstraint(
                condition=Q(rounding__in=[str(each) for each in Rounding]), name="bonus_plan_rounding"
            ),
            models.CheckConstraint(
                condition=Q(classes__contained_by=_CLASSES, classes__len__gte=1), name="bonus_plan_classes"
            ),
            models.CheckConstraint(condition=Q(payment_day__range=(1, 28)), name="bonus_plan_payment_day"),
        ]

    class Privacy:
        id = reference("names the plan to the ledger")
        company = reference("whose members earn by it")
        valid_from = reference("from which month on")
        steps = reference("from how many cents on the month earns which rate")
        classes = reference("which Bonus classes count")
        rounding = reference("how a part of a cent ends")
        payment_day = reference("by which day it is paid")


class Campaign(models.Model):
    """Days on which purchases of a class earn several times the rate."""

    company = models.ForeignKey(Company, models.PROTECT, related_name="+", db_index=False)
    bonus_class = models.TextField()
    chain = models.ForeignKey(Chain, models.PROTECT, null=True, related_name="+", db_index=False)
    period = DateRangeField()
    times = models.SmallIntegerField()

    class Meta:
        db_table = "bonus_campaign"
        constraints = [
            models.CheckConstraint(condition=Q(bonus_class__in=_CLASSES), name="bonus_campaign_class"),
            models.CheckConstraint(condition=Q(times__gte=2), name="bonus_campaign_times"),
            models.CheckConstraint(
                condition=Q(period__isempty=False, period__lower_inf=False, period__upper_inf=False),
                name="bonus_campaign_period",
            ),
        ]

    class Privacy:
        id = reference("names the row")
        company = reference("whose members earn more")
        bonus_class = reference("which purchases")
        chain = reference("where; everywhere when there is none")
        period = reference("on which days")
        times = reference("how many times the rate")


class Close(models.Model):
    """A month that is being closed (`done_at` is empty), or is closed. One at a time, and units in the order of their keys."""

    month = models.DateField(primary_key=True)
    started_at = models.DateTimeField()
    last_key = models.BigIntegerField(default=0)
    done_at = models.DateTimeField(null=True)
    paid_at = models.DateTimeField(null=True)
    reduced_at = models.DateTimeField(null=True)
    cleared_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "bonus_close"
        constraints = [
            models.CheckConstraint(condition=_is_month("month"), name="bonus_close_month"),
            models.CheckConstraint(condition=Q(paid_at=None) | Q(done_at__isnull=False), name="bonus_close_then_paid"),
        ]

    class Privacy:
        month = reference("which month; no purchase of it changes what is booked of it")
        started_at = reference("when closing began")
        last_key = reference("how far it has come")
        done_at = reference("when it was closed")
        paid_at = reference("when its payment file was made")
        reduced_at = reference("when the figures of purchases went from its rows")
        cleared_at = reference("when its rows were over their time")


class Entry(models.Model):
    """A row of the ledger. Somebody's balance is the sum of theirs; an index in the migration books nothing twice."""

    kind = models.CharField(max_length=9)
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_index=False)
    household = models.ForeignKey(  # none is ever deleted, so there is nothing to check a million times a month
        Household, models.PROTECT, null=True, related_name="+", db_index=False, db_constraint=False
    )
    month = models.DateField()
    booked_in = models.DateField()
    cents = models.BigIntegerField()
    plan = models.ForeignKey(Plan, models.PROTECT, null=True, related_name="+", db_index=False)
    purchases = models.BigIntegerField(null=True)
    together = models.BigIntegerField(null=True)
    rate = models.SmallIntegerField(null=True)
    rate_before = models.SmallIntegerField(null=True)
    account = models.CharField(max_length=34, null=True)  # noqa: DJ001  of payments only
    booked_at = models.DateTimeField()

    class Meta:
        db_table = "bonus_entry"
        constraints = [
            models.CheckConstraint(
                condition=Q(month__day=1, booked_in__day=1, booked_in__gte=F("month")), name="bonus_entry_month"
            ),
            models.CheckConstraint(
                condition=Q(kind=EntryKind.ACCRUED, plan__isnull=False, rate_before=None, account=None)
                & (Q(purchases__isnull=False, rate__isnull=False) | Q(purchases=None, together=None, rate=None))
                | Q(
                    kind=EntryKind.SETTLED,
                    household__isnull=False,
                    purchases=None,
                    together=None,
                    rate=None,
                    account=None,
                )
                | Q(kind=EntryKind.CORRECTED, plan__isnull=False, account=None)
                & (
                    Q(
                        purchases__isnull=False,
                        together__isnull=False,
                        rate__isnull=False,
                        rate_before__isnull=False,
                    )
                    | Q(purchases=None, together=None, rate=None, rate_before=None)
                )
                | Q(kind=EntryKind.PAID, cents__lt=0, purchases=None, together=None, rate=None, account__isnull=False),
                name="bonus_entry_kind",
            ),
        ]
        indexes = [
            models.Index(
                fields=["household", "month"], condition=Q(household__isnull=False), name="bonus_entry_household"
            )
        ]

    class Privacy:
        id = _booked("names the row; a payment's reference is made of it", FieldClass.IDENTIFIER)
        kind = _booked("whether it was earned, brought together, corrected or paid")
        person = _booked("whose balance it belongs to", FieldClass.IDENTIFIER)
        household = _booked("which household's month; none where somebody counted alone", FieldClass.IDENTIFIER)
        month = _booked("which month's Bonus")
        booked_in = _booked("the month that was open when it was booked")
        cents = _booked("how much; the rows sum to what is owed")
        plan = _booked("by which plan", FieldClass.IDENTIFIER)
        purchases = _figure("the person's Bonus purchases of the month; of a correction, the difference")
        together = _figure("the household's Bonus purchases of the month; with its payee only")
        rate = _figure("which step the month reached")
        rate_before = _figure("which step it had reached before a correction")
        account = _booked("where it was paid to", FieldClass.IDENTITY)
        booked_at = _booked("when it was booked")


class Cause(models.Model):
    """A receipt that a correction is about. Without a foreign key to the receipt: see decision 17."""

    pk = models.CompositePrimaryKey("business_day", "receipt_id", "entry_id")
    business_day = models.DateField()
    receipt_id = models.BigIntegerField()
    entry = models.ForeignKey(Entry, models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, models.PROTECT, related_name="+", db_index=False)

    class Meta:
        db_table = "bonus_cause"

    class Privacy:
        business_day = Held(FieldClass.PURCHASE, "names the receipt, with its id", Rule.PURCHASE_WINDOW, exported=True)
        receipt_id = Held(FieldClass.PURCHASE, "names the receipt, with its day", Rule.PURCHASE_WINDOW, exported=True)
        entry = Held(FieldClass.PURCHASE, "which correction it made", Rule.PURCHASE_WINDOW, exported=True)
        person = Held(
            FieldClass.IDENTIFIER, "whose receipt it is: only they are led to it", Rule.PURCHASE_WINDOW, exported=True
        )


class Late(models.Model):
    """Receipts of a closed month that came in with a delivery: the month of their buyer waits to be computed again."""

    person = models.ForeignKey(Person, models.PROTECT, related_name="+")
    month = models.DateField()
    delivery_id = models.BigIntegerField()

    class Meta:
        db_table = "bonus_late"
        constraints = [models.UniqueConstraint(fields=["person", "month", "delivery_id"], name="bonus_late_once")]

    class Privacy:
        id = _late("names the row")
        person = Held(FieldClass.IDENTIFIER, "whose month changed", Rule.PURCHASE_WINDOW, exported=False)
        month = _late("which month; gone once the difference is booked")
        delivery_id = _late("which receipts came late")


class Account(models.Model):
    """Where somebody's Bonus is paid to."""

    person = models.OneToOneField(Person, models.PROTECT, primary_key=True, related_name="+")
    iban = models.CharField(max_length=34)
    noted_at = models.DateTimeField()

    class Meta:
        db_table = "bonus_account"
        constraints = [
            models.CheckConstraint(
                condition=Q(iban__regex=r"^[A-Z]{2}[0-9]{2}[A-Z0-9]{11,30}$"), name="bonus_account_iban"
            )
        ]

    class Privacy:
        person = Held(FieldClass.IDENTIFIER, "whose account it is", Rule.MEMBERSHIP, exported=True)
        iban = Held(FieldClass.IDENTITY, "the Bonus is paid there", Rule.MEMBERSHIP, exported=True)
        noted_at = Held(FieldClass.IDENTITY, "since when it is known", Rule.MEMBERSHIP, exported=True)
