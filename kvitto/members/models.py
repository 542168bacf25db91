"""People and their cards."""

import uuid

from django.contrib.postgres.fields import DateTimeRangeField
from django.db import models

from kvitto.accounts.models import Account
from kvitto.kernel.privacy import FieldClass, Held, Rule
from kvitto.members.types import CardState, CodeChannel


class Person(models.Model):
    """Anyone with a member card: the main member or another person of the household."""

    audit_id = models.UUIDField(default=uuid.uuid4, unique=True)
    given_name = models.CharField(max_length=100)
    family_name = models.CharField(max_length=100)
    language = models.CharField(max_length=2)
    account = models.OneToOneField(Account, on_delete=models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField()

    class Meta:
        db_table = "members_person"
        constraints = [
            models.CheckConstraint(condition=models.Q(language__in=["sv", "fi", "en"]), name="members_person_language")
        ]

    class Privacy:
        id = Held(FieldClass.IDENTIFIER, "names the person to other tables", Rule.MEMBERSHIP, exported=True)
        audit_id = Held(
            FieldClass.IDENTIFIER, "names the person in traces; erasure unlinks it", Rule.MEMBERSHIP, exported=False
        )
        given_name = Held(FieldClass.IDENTITY, "letters and pages address the person", Rule.MEMBERSHIP, exported=True)
        family_name = Held(FieldClass.IDENTITY, "letters and pages address the person", Rule.MEMBERSHIP, exported=True)
        language = Held(FieldClass.IDENTITY, "letters and pages speak it", Rule.MEMBERSHIP, exported=True)
        account = Held(FieldClass.IDENTIFIER, "signs in for this person", Rule.MEMBERSHIP, exported=False)
        registered_at = Held(
            FieldClass.IDENTITY, "when the membership data were taken in", Rule.MEMBERSHIP, exported=True
        )


class Card(models.Model):
    """A card number in one person's hands for a period. A number may pass on; never two holders at one instant."""

    number = models.CharField(max_length=19, db_index=True)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    period = DateTimeRangeField()
    state = models.CharField(max_length=8, default=CardState.ACTIVE)

    class Meta:
        db_table = "members_card"
        constraints = [
            models.CheckConstraint(condition=models.Q(number__regex=r"^[0-9]{8,19}$"), name="members_card_number"),
            models.CheckConstraint(
                condition=models.Q(state__in=[str(state) for state in CardState]), name="members_card_state"
            ),
            models.CheckConstraint(condition=models.Q(period__isempty=False), name="members_card_period"),
            models.CheckConstraint(
                condition=models.Q(state=CardState.ACTIVE) | models.Q(period__upper_inf=False),
                name="members_card_ended",
            ),
        ]

    class Privacy:
        id = Held(FieldClass.IDENTIFIER, "names the row", Rule.MEMBERSHIP, exported=False)
        number = Held(
            FieldClass.IDENTIFIER, "tills read it; it leads a receipt to its buyer", Rule.MEMBERSHIP, exported=True
        )
        person = Held(FieldClass.IDENTIFIER, "whose card it is", Rule.MEMBERSHIP, exported=True)
        period = Held(FieldClass.IDENTIFIER, "from when until when it is theirs", Rule.MEMBERSHIP, exported=True)
        state = Held(
            FieldClass.IDENTIFIER,
            "what became of it; a lost or replaced card's period has ended",
            Rule.MEMBERSHIP,
            exported=True,
        )


class Code(models.Model):
    """A code with which a person sets up their sign-in, or sets a new password. It works once."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    digest = models.BinaryField()
    channel = models.CharField(max_length=13)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    used_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "members_code"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(channel__in=[str(channel) for channel in CodeChannel]), name="members_code_channel"
            )
        ]

    class Privacy:
        id = Held(FieldClass.IDENTIFIER, "names the row", Rule.CODE, exported=False)
        person = Held(FieldClass.IDENTIFIER, "whose code it is", Rule.CODE, exported=False)
        digest = Held(
            FieldClass.CREDENTIAL, "keyed digest of the code; proves the person once", Rule.CODE, exported=False
        )
        channel = Held(FieldClass.TRACE, "how the code reached its person", Rule.CODE, exported=True)
        made_at = Held(FieldClass.TRACE, "when the code was asked for", Rule.CODE, exported=True)
        expires_at = Held(FieldClass.TRACE, "until when it works", Rule.CODE, exported=True)
        used_at = Held(FieldClass.TRACE, "when it was used: it works once", Rule.CODE, exported=True)
