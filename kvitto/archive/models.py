"""Archived receipts, each beside its receipt of the register; without a foreign key to it, as what is kept back (decision 17)."""

from django.db import models

from kvitto.kernel.privacy import FieldClass, Held, Rule
from kvitto.members.models import Person
from kvitto.stores.models import Store


def _archived(why: str, field_class: FieldClass = FieldClass.PURCHASE) -> Held:
    return Held(field_class, why, Rule.ARCHIVE, exported=True)


class Receipt(models.Model):
    """One receipt as its chain records it, for its buyer alone."""

    pk = models.CompositePrimaryKey("business_day", "receipt_id")
    business_day = models.DateField()
    receipt_id = models.BigIntegerField()
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, related_name="+", db_index=False)
    level = models.SmallIntegerField()
    sealed = models.BinaryField()

    class Meta:
        db_table = "archive_receipt"
        constraints = [
            # of a total there is nothing more to keep
            models.CheckConstraint(condition=models.Q(level__in=[2, 3]), name="archive_receipt_level")
        ]

    class Privacy:
        business_day = _archived("names the receipt together with its id")
        receipt_id = _archived("names the receipt together with its day")
        person = _archived("whose receipt it is", FieldClass.IDENTIFIER)
        store = _archived("where it was bought: whose numbers are on it")
        level = _archived("how much of it the chain records")
        sealed = _archived("lines or groups, tax and tenders, for the member's own eyes")
