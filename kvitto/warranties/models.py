"""Warranty receipts. Their receipt may be deleted long before them, so there is no foreign key to it."""

from django.db import models

from kvitto.kernel.privacy import FieldClass, Held, Rule
from kvitto.members.models import Person
from kvitto.warranties.rules import REMINDERS


def _warranty(why: str, field_class: FieldClass = FieldClass.PURCHASE, *, exported: bool = True) -> Held:
    return Held(field_class, why, Rule.WARRANTY, exported=exported)


class Warranty(models.Model):
    """The copy of one line with a guarantee."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    business_day = models.DateField()
    receipt_id = models.BigIntegerField()
    line = models.SmallIntegerField()
    goods = models.BinaryField()
    pieces = models.SmallIntegerField()
    ends_on = models.DateField(db_index=True)
    returned_on = models.DateField(null=True)
    voided = models.BooleanField(default=False)
    reminded = models.SmallIntegerField(null=True)
    sealed = models.BinaryField()

    class Meta:
        db_table = "warranties_warranty"
        constraints = [
            models.UniqueConstraint(fields=["business_day", "receipt_id", "line"], name="warranties_warranty_once"),
            models.CheckConstraint(
                condition=models.Q(pieces=0, returned_on__isnull=False) | models.Q(pieces__gt=0, returned_on=None),
                name="warranties_warranty_returned",
            ),
            models.CheckConstraint(
                condition=models.Q(voided=False) | models.Q(returned_on__isnull=False),
                name="warranties_warranty_voided",
            ),
            models.CheckConstraint(
                condition=models.Q(reminded=None) | models.Q(reminded__in=REMINDERS),
                name="warranties_warranty_reminded",
            ),
        ]

    class Privacy:
        id = _warranty("names the warranty receipt")
        person = _warranty("whose it is", FieldClass.IDENTIFIER)
        business_day = _warranty("when it was bought; names the receipt together with its id")
        receipt_id = _warranty("names the receipt together with its day")
        line = _warranty("keeps a line from being copied twice")
        goods = _warranty(
            "keyed digest of the goods: finds the warranty receipt when they are brought back", exported=False
        )
        pieces = _warranty("how many of them have not been brought back")
        ends_on = _warranty("when the guarantee ends: order, reminders, deletion")
        returned_on = _warranty("when the goods were brought back, or the till took the sale back, which ended it")
        voided = _warranty("which of the two it was: the page says it")
        reminded = _warranty("which reminder was the last, so that none comes twice")
        sealed = _warranty("seller, number, goods, serial number, terms, and the member's own note")


def _returned(why: str, field_class: FieldClass = FieldClass.PURCHASE, *, exported: bool = True) -> Held:
    return Held(field_class, why, Rule.RETURNED, exported=exported)


class Returned(models.Model):
    """Pieces of some goods that came back on a receipt: off which warranty receipt, or off none while their sale may come."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    business_day = models.DateField()
    receipt_id = models.BigIntegerField()
    goods = models.BinaryField()
    pieces = models.SmallIntegerField()
    at = models.DateTimeField()
    warranty = models.ForeignKey(Warranty, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        db_table = "warranties_returned"
        constraints = [
            models.UniqueConstraint(
                fields=["business_day", "receipt_id", "goods", "warranty"],
                name="warranties_returned_once",
                nulls_distinct=False,
            ),
            models.CheckConstraint(condition=models.Q(pieces__gt=0), name="warranties_returned_pieces"),
        ]

    class Privacy:
        id = _returned("names the row")
        person = _returned("whose return it was", FieldClass.IDENTIFIER)
        business_day = _returned("the day of the return; names its receipt together with the id")
        receipt_id = _returned("names the receipt of the return together with its day: a till may take it back")
        goods = _returned("keyed digest of the goods: finds the sale when it comes in later", exported=False)
        pieces = _returned("how many came back")
        at = _returned("when: their sale was before")
        warranty = _returned("the warranty receipt that they were counted off")
