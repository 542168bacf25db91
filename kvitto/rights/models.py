"""Who works on personal data for the co-op, one public list; and how far products that changed category were followed."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from kvitto.kernel.privacy import reference


class Processor(models.Model):
    """A processor from a day up to, not including, another. Two periods of one name never overlap (see the migration)."""

    name = models.CharField(max_length=100)
    purpose = models.JSONField()
    country = models.CharField(max_length=2)
    valid_from = models.DateField()
    valid_to = models.DateField(null=True)
    names = ArrayField(models.TextField())

    class Meta:
        db_table = "rights_processor"
        constraints = [
            models.CheckConstraint(condition=Q(country__regex="^[A-Z]{2}$"), name="rights_processor_country"),
            models.CheckConstraint(condition=Q(valid_to__gt=F("valid_from")), name="rights_processor_forward"),
            models.CheckConstraint(condition=Q(names__len__gte=1), name="rights_processor_gets_something"),
        ]

    class Privacy:
        id = reference("names the row")
        name = reference("who works on the data")
        purpose = reference("what for, by language")
        country = reference("where")
        valid_from = reference("the first day")
        valid_to = reference("the first day on which it gets nothing any more")
        names = reference("which fields it gets, as table.column")


class Sweep(models.Model):
    """The version of the assortment by which stored receipts were last looked through for categories that are kept out."""

    id = models.SmallIntegerField(primary_key=True)
    version = models.BigIntegerField()

    class Meta:
        db_table = "rights_sweep"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="rights_sweep_single")]

    class Privacy:
        id = reference("there is one row")
        version = reference("tells whether the assortment has changed since")
