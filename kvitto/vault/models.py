"""Keys, wrapped; and which key files this register was sealed with."""

from django.db import models

from kvitto.kernel.privacy import FieldClass, Held, Rule, reference
from kvitto.members.models import Person


def _key(why: str, field_class: FieldClass = FieldClass.KEY) -> Held:
    return Held(field_class, why, Rule.KEY, exported=False)


class Key(models.Model):
    """One data key, wrapped by the master key. Deleting the row makes every blob under it unreadable for good."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    compartment = models.SmallIntegerField()
    quarter = models.IntegerField()
    wrapped = models.BinaryField()

    class Meta:
        db_table = "vault_key"
        constraints = [
            models.UniqueConstraint(fields=["person", "compartment", "quarter"], name="vault_key_one"),
            models.CheckConstraint(condition=models.Q(compartment__in=[1, 2, 3]), name="vault_key_compartment"),
        ]
        indexes = [models.Index(fields=["quarter"], name="vault_key_quarter")]

    class Privacy:
        id = _key("tells which key opens what")
        person = _key("whose lines the key opens", FieldClass.IDENTIFIER)
        compartment = _key("what the key opens: lines, archive, warranty")
        quarter = _key("which quarter's receipts the key opens, or those whose guarantees end in it")
        wrapped = _key("the key itself, unreadable without the master key")


class Keyring(models.Model):
    """Fingerprints of the key files in use: a register refuses to work with others, or with none."""

    id = models.SmallIntegerField(primary_key=True)
    master = models.BinaryField()
    digest = models.BinaryField()
    made_at = models.DateTimeField()

    class Meta:
        db_table = "vault_keyring"
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="vault_keyring_single")]

    class Privacy:
        id = reference("there is one row")
        master = reference("fingerprint of the master key file")
        digest = reference("fingerprint of the digest key file")
        made_at = reference("when the key files were made")
