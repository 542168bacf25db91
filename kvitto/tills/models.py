"""The keys, and how many cards each has asked about in its last minute."""

from django.db import models
from django.db.models import F, Q

from kvitto.kernel.privacy import FieldClass, Held, Rule
from kvitto.stores.models import Chain, Company, Store


def _key(why: str, field_class: FieldClass = FieldClass.NONE) -> Held:
    return Held(field_class, why, Rule.TILL_KEY, exported=False)


class TillKey(models.Model):
    """One key, for the stores of one company or chain, or for one store. Keys that are over stay: deliveries name them."""

    label = models.CharField(max_length=60)
    company = models.ForeignKey(Company, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    chain = models.ForeignKey(Chain, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    store = models.ForeignKey(Store, on_delete=models.PROTECT, null=True, related_name="+", db_index=False)
    digest = models.BinaryField(unique=True)
    sandbox = models.BooleanField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "tills_key"
        constraints = [
            models.CheckConstraint(
                condition=Q(company__isnull=False, chain=None, store=None)
                | Q(company=None, chain__isnull=False, store=None)
                | Q(company=None, chain=None, store__isnull=False),
                name="tills_key_one_scope",
            ),
            models.CheckConstraint(condition=Q(expires_at__gt=F("made_at")), name="tills_key_forward"),
        ]

    class Privacy:
        id = _key("names the key in deliveries and in the record of acts")
        label = _key("by it the administrator tells keys apart")
        company = _key("the company whose stores it is for")
        chain = _key("the chain whose stores it is for")
        store = _key("the store it is for")
        digest = _key("what a presented key is known by; the key itself is nowhere", FieldClass.CREDENTIAL)
        sandbox = _key("whether what comes with it is only checked")
        made_at = _key("when it was made")
        expires_at = _key("until when it holds")
        revoked_at = _key("when it was taken away")


class Checks(models.Model):
    """How many cards a key has asked about in the minute of its last question."""

    key = models.OneToOneField(TillKey, on_delete=models.PROTECT, primary_key=True, related_name="+")
    minute = models.DateTimeField()
    count = models.IntegerField()

    class Meta:
        db_table = "tills_checks"

    class Privacy:
        key = _key("which key")
        minute = _key("in which minute")
        count = _key("how many; more than some have to wait")
