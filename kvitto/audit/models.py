"""One table of acts."""

from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import Func

from kvitto.kernel.privacy import FieldClass, Held, Rule, reference


def _trace(why: str) -> Held:
    return Held(FieldClass.TRACE, why, Rule.TRACE, exported=True)


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
    salt = models.BinaryField(
        db_default=Func(Func(function="gen_random_uuid"), function="uuid_send", output_field=models.BinaryField())
    )

    class Meta:
        db_table = "audit_entry"
        indexes = [  # who looked at one person; most entries are about no single one
            models.Index(
                fields=["subject", "at"], name="audit_entry_subject", condition=models.Q(subject__isnull=False)
            ),
            # what one of the staff did, and when
            models.Index(fields=["actor_id", "at"], name="audit_entry_staff", condition=models.Q(actor_kind="staff")),
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
        salt = Held(
            FieldClass.TRACE,
            "keeps anybody from guessing the entry from its hash in the log",
            Rule.TRACE,
            exported=False,
        )


class Waiting(models.Model):
    """An entry that has no number yet. A trigger writes it with the entry; the sequencer deletes it with the numbering."""

    entry_id = models.BigIntegerField(primary_key=True)

    class Meta:
        db_table = "audit_waiting"

    class Privacy:
        entry_id = reference("which entry waits for its number")


class Leaf(models.Model):
    """An entry's place in the log, and its hash: RFC 6962's leaf."""

    number = models.BigIntegerField(primary_key=True)
    entry_id = models.BigIntegerField(unique=True)
    hash = models.BinaryField()

    class Meta:
        db_table = "audit_leaf"

    class Privacy:
        number = reference("the place in the log, from 0 without a gap")
        entry_id = reference("which entry it is the hash of")
        hash = reference("a salted hash, of which nothing can be read")


class Node(models.Model):
    """The hash over 256 complete neighbours of eight levels below: so that no proof reads more than some hundred hashes."""

    id = models.BigAutoField(primary_key=True)
    level = models.SmallIntegerField()
    place = models.BigIntegerField()
    hash = models.BinaryField()

    class Meta:
        db_table = "audit_node"
        constraints = [models.UniqueConstraint(fields=["level", "place"], name="audit_node_place")]

    class Privacy:
        id = reference("names the row")
        level = reference("how far above the leaves")
        place = reference("the place on its level")
        hash = reference("a hash over hashes")


class Checkpoint(models.Model):
    """What the log has signed: so many entries, under this root."""

    size = models.BigIntegerField(primary_key=True)
    at = models.DateTimeField()
    note = models.TextField()

    class Meta:
        db_table = "audit_checkpoint"

    class Privacy:
        size = reference("how many entries there were")
        at = reference("when it was signed")
        note = reference("the text that was signed, with its signature")


class Witness(models.Model):
    """What a witness had kept when it was last handed what is new. Its silence is seen by it."""

    name = models.CharField(max_length=300, primary_key=True)
    size = models.BigIntegerField()
    signed_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField()

    class Meta:
        db_table = "audit_witness"

    class Privacy:
        name = reference("the folder by which the witness is handed what is new")
        size = reference("how many entries it has believed")
        signed_at = reference("when those were signed")
        seen_at = reference("when it was last handed something")
