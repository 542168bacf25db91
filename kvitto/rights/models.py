"""Who works on personal data for the co-op: one public list."""

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
