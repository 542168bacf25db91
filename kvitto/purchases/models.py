"""The receipts table, partitioned by month of business day (the table itself is made by hand in the first migration)."""

from django.db import models

from kvitto.kernel.privacy import FieldClass, Held, Rule
from kvitto.members.models import Person
from kvitto.stores.models import Store


def _kept_back(why: str) -> Held:
    return Held(FieldClass.CHOICE, why, Rule.PURCHASE_WINDOW, exported=True)


def _purchase(why: str, *, exported: bool = True) -> Held:
    return Held(FieldClass.PURCHASE, why, Rule.PURCHASE_WINDOW, exported=exported)


class Receipt(models.Model):
    """One receipt at its recorded level. Unique on (business day, store, workstation, sequence, begin time)."""

    pk = models.CompositePrimaryKey("business_day", "id")
    business_day = models.DateField()
    id = models.BigIntegerField()
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+")
    workstation = models.TextField()
    sequence = models.BigIntegerField()
    begin_time = models.DateTimeField()
    end_time = models.DateTimeField()
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    delivery_id = models.BigIntegerField()
    level = models.SmallIntegerField()
    level_reason = models.SmallIntegerField()
    channel = models.TextField()
    kind = models.TextField()
    total_cents = models.BigIntegerField()
    currency = models.TextField()
    bonus_basis = models.JSONField()
    digest = models.BinaryField()
    digest_version = models.SmallIntegerField()
    sealed = models.BinaryField(null=True)

    class Meta:
        db_table = "purchases_receipt"
        managed = False

    class Privacy:
        business_day = _purchase("which day it counts on: level, Bonus month, deletion")
        id = _purchase("names the receipt together with the business day")
        store = _purchase("where it was bought; the member's list shows it")
        workstation = _purchase("part of the key that keeps a receipt from being stored twice")
        sequence = _purchase("part of the key; the number printed on the receipt")
        begin_time = _purchase("part of the key")
        end_time = _purchase("when it was bought; the member's list shows it")
        person = Held(FieldClass.IDENTIFIER, "whose receipt it is", Rule.PURCHASE_WINDOW, exported=True)
        delivery_id = _purchase("leads to the delivery that brought it, and so to the traces of jobs", exported=False)
        level = _purchase("how much of it is recorded")
        level_reason = _purchase("why that much")
        channel = _purchase("store or web shop: the level depends on it")
        kind = _purchase("sale or return")
        total_cents = _purchase("what it came to; the member's list shows it")
        currency = _purchase("of the total")
        bonus_basis = _purchase("what Bonus is computed from; read by Bonus and the member only")
        digest = _purchase("tells a repeated delivery from a changed one", exported=False)
        digest_version = _purchase("how the digest was made", exported=False)
        sealed = _purchase("lines or groups, tax and tenders, readable with the member's key only")


class KeptBack(models.Model):
    """A receipt of which its buyer lets the household see neither day nor store. Without a foreign key: see decision 17."""

    pk = models.CompositePrimaryKey("business_day", "receipt_id")
    business_day = models.DateField()
    receipt_id = models.BigIntegerField()
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")

    class Meta:
        db_table = "purchases_kept_back"

    class Privacy:
        business_day = _kept_back("names the receipt together with its id")
        receipt_id = _kept_back("names the receipt together with its day")
        person = Held(FieldClass.IDENTIFIER, "whose receipt it is", Rule.PURCHASE_WINDOW, exported=True)
