"""One table of acts."""

from django.contrib.postgres.fields import DateRangeField
from django.db import models

from kvitto.kernel.privacy import FieldClass, Held, Rule


def _trace(why: str) -> Held:
    return Held(FieldClass.TRACE, why, Rule.AUDIT, exported=True)


class Entry(models.Model):
    """One act: an opening of sealed lines, a delivery of receipts, a change."""

    at = models.DateTimeField()
    actor_kind = models.CharField(max_length=8)
    actor_id = models.CharField(max_length=64)
    action = models.CharField(max_length=64)
    purpose = models.CharField(max_length=64)
    subject = models.UUIDField(null=True)
    period = DateRangeField(null=True)
    count = models.IntegerField()
    case = models.CharField(max_length=64)
    digest = models.BinaryField()

    class Meta:
        db_table = "audit_entry"
        indexes = [  # who looked at one person; most entries are about no single one
            models.Index(
                fields=["subject", "at"], name="audit_entry_subject", condition=models.Q(subject__isnull=False)
            )
        ]

    class Privacy:
        id = _trace("names the entry")
        at = _trace("when it was done")
        actor_kind = _trace("what kind of actor did it")
        actor_id = _trace("which actor: an account, a till key, a job; never a name")
        action = _trace("what was done")
        purpose = _trace("why it was done")
        subject = _trace("whose data: a random audit id, unlinked by erasure")
        period = _trace("which business days the opened data are of")
        count = _trace("how many receipts or rows it touched")
        case = _trace("the case it was done under")
        digest = _trace("a keyed digest of what a batch held, to compare later")
