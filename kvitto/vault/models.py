"""Keys, wrapped; and which key files this register was sealed with."""

from django.db import models

from kvitto.kernel.privacy import FieldClass, Held, Rule, reference
from kvitto.members.models import Person


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
        id = Held(FieldClass.KEY, "tells which key opens what", Rule.PURCHASE_WINDOW, exported=False)
        person = Held(FieldClass.IDENTIFIER, "whose lines the key opens", Rule.PURCHASE_WINDOW, exported=False)
        compartment = Held(
            FieldClass.KEY, "what the key opens: lines, archive, warranty", Rule.PURCHASE_WINDOW, exported=False
        )
        quarter = Held(FieldClass.KEY, "which quarter's receipts the key opens", Rule.PURCHASE_WINDOW, exported=False)
        wrapped = Held(
            FieldClass.KEY, "the key itself, unreadable without the master key", Rule.PURCHASE_WINDOW, exported=False
        )


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
