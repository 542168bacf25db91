"""That the demo was loaded, and by how much its days are moved."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from kvitto.kernel.privacy import reference


class Load(models.Model):
    """One row: the demo is loaded once."""

    id = models.SmallIntegerField(primary_key=True)
    shift_days = models.IntegerField()
    source = models.TextField()
    loaded_at = models.DateTimeField()
    finished_at = models.DateTimeField(null=True)
    account_ids = ArrayField(models.BigIntegerField(), default=list)

    class Meta:
        db_table = "demo_load"
        constraints = [
            models.CheckConstraint(condition=models.Q(id=1), name="demo_load_single"),
            models.CheckConstraint(
                condition=models.Q(shift_days=models.F("shift_days") / 7 * 7), name="demo_load_whole_weeks"
            ),
        ]

    class Privacy:
        id = reference("always 1")
        shift_days = reference("the source's days are moved by this many, whole weeks")
        source = reference("the data package and its version")
        loaded_at = reference("when network, assortment and people were loaded")
        finished_at = reference("when the receipts had been taken in too")
        account_ids = reference("the accounts of invented people that the demo made; its page signs in as these")
