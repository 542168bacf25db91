"""The receipts table, partitioned by month of business day (the table itself is made by hand in the first migration)."""

from django.db import models
from django.db.models import Q

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
    code = models.TextField(null=True)  # noqa: DJ001  most tills print none
    version = models.BigIntegerField(null=True)
    voided_at = models.DateTimeField(null=True)

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
        code = _purchase("what other companies name the receipt by, so that a return there finds its sale")
        version = _purchase(
            "the till system's own, so that an older one never takes a newer one's place", exported=False
        )
        voided_at = _purchase("when the till took it back; it counts for nothing since")


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


class Link(models.Model):
    """A sale as a return names it: by its key, by the code on it, or by the web order that both are parts of.

    Whether it is among the buyer's own receipts is asked when somebody looks, so it resolves when it comes in. Without a foreign
    key to either: see decision 17.
    """

    business_day = models.DateField()
    receipt_id = models.BigIntegerField()
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    sold_on = models.DateField(null=True)
    workstation = models.TextField(null=True)  # noqa: DJ001  by its code
    sequence = models.BigIntegerField(null=True)
    begin_time = models.DateTimeField(null=True)
    code = models.TextField(null=True)  # noqa: DJ001  by its key

    class Meta:
        db_table = "purchases_link"
        indexes = [models.Index(fields=["business_day", "receipt_id"], name="purchases_link_receipt")]
        constraints = [
            models.CheckConstraint(
                condition=Q(
                    store__isnull=False, sold_on__isnull=False, workstation__isnull=False, sequence__isnull=False
                )
                & Q(code=None)
                | Q(store=None, sold_on=None, workstation=None, sequence=None, begin_time=None, code__isnull=False)
                | Q(store=None, sold_on=None, workstation__isnull=False, sequence=None, begin_time=None, code=None),
                name="purchases_link_names",
            )
        ]

    class Privacy:
        id = _purchase("names the row", exported=False)
        business_day = _purchase("names the return together with its id")
        receipt_id = _purchase("names the return together with its day")
        person = Held(FieldClass.IDENTIFIER, "whose receipts they are", Rule.PURCHASE_WINDOW, exported=True)
        store = _purchase("where the goods were sold")
        sold_on = _purchase("on which day")
        workstation = _purchase("at which till, or of which web order")
        sequence = _purchase("under which number")
        begin_time = _purchase("at which time, where the till says it")
        code = _purchase("by which code, where the till says that instead")


class Superseded(models.Model):
    """What stood in a receipt's place before a corrected one: no more than it takes to tell that and what it came to."""

    business_day = models.DateField()
    receipt_id = models.BigIntegerField()
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()
    total_cents = models.BigIntegerField()
    digest = models.BinaryField()
    version = models.BigIntegerField(null=True)
    delivery_id = models.BigIntegerField()

    class Meta:
        db_table = "purchases_superseded"

    class Privacy:
        id = _purchase("names the row", exported=False)
        business_day = _purchase("names the receipt together with its id")
        receipt_id = _purchase("names the receipt together with its day")
        person = Held(FieldClass.IDENTIFIER, "whose receipt it was", Rule.PURCHASE_WINDOW, exported=True)
        at = _purchase("when the corrected one came in")
        total_cents = _purchase("what it came to before")
        digest = _purchase("of the content before, to tell it by when it comes again", exported=False)
        version = _purchase("the till system's own, of the content before", exported=False)
        delivery_id = _purchase("which delivery had brought it", exported=False)


class Voiding(models.Model):
    """A till has taken a receipt of its store back. Noted also when the receipt is not here, or not yet."""

    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+", db_index=False)
    business_day = models.DateField()
    workstation = models.TextField()
    sequence = models.BigIntegerField()
    begin_time = models.DateTimeField(null=True)
    at = models.DateTimeField()

    class Meta:
        db_table = "purchases_voiding"
        constraints = [
            models.UniqueConstraint(
                fields=["business_day", "store", "workstation", "sequence", "begin_time", "at"],
                nulls_distinct=False,
                name="purchases_voiding_once",
            )
        ]

    class Privacy:
        id = _purchase("names the row", exported=False)
        store = _purchase("whose till did it", exported=False)
        business_day = _purchase("part of the voided receipt's key", exported=False)
        workstation = _purchase("part of the voided receipt's key", exported=False)
        sequence = _purchase("part of the voided receipt's key", exported=False)
        begin_time = _purchase("part of the voided receipt's key, where the till says it", exported=False)
        at = _purchase("when the till did it", exported=False)
