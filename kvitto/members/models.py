"""People, how they are reached, their home co-ops and their cards."""

import uuid

from django.contrib.postgres.fields import DateRangeField, DateTimeRangeField
from django.db import models
from django.db.models import Q

from kvitto.accounts.models import Account
from kvitto.kernel.privacy import FieldClass, Held, Rule
from kvitto.members.rules import EMAIL, NUMBER, PHONE
from kvitto.members.types import CardState, CodeChannel, ContactKind
from kvitto.stores.models import Company


def _identity(why: str) -> Held:
    return Held(FieldClass.IDENTITY, why, Rule.MEMBERSHIP, exported=True)


class Person(models.Model):
    """Anyone with a member card: the main member or another person of the household.

    Nobody was born before 1880, or after they were registered: that is a check in the migration.
    """

    number = models.CharField(max_length=20, null=True)  # noqa: DJ001  unique where there is one
    audit_id = models.UUIDField(default=uuid.uuid4, unique=True)
    given_name = models.CharField(max_length=100)
    family_name = models.CharField(max_length=100)
    language = models.CharField(max_length=2)
    birth_date = models.DateField(null=True)
    street = models.CharField(max_length=100, default="", db_default="")
    postal_code = models.CharField(max_length=12, default="", db_default="")
    town = models.CharField(max_length=100, default="", db_default="")
    country = models.CharField(max_length=2, default="", db_default="")
    account = models.OneToOneField(Account, on_delete=models.PROTECT, null=True, related_name="+")
    registered_at = models.DateTimeField()

    class Meta:
        db_table = "members_person"
        constraints = [
            models.CheckConstraint(condition=Q(language__in=["sv", "fi", "en"]), name="members_person_language"),
            models.UniqueConstraint(fields=["number"], name="members_person_number"),
            models.CheckConstraint(condition=Q(number__regex=NUMBER), name="members_person_number_form"),
            models.CheckConstraint(condition=Q(country__regex=r"^([A-Z]{2})?$"), name="members_person_country"),
        ]

    class Privacy:
        id = Held(FieldClass.IDENTIFIER, "names the person to other tables", Rule.MEMBERSHIP, exported=True)
        audit_id = Held(
            FieldClass.IDENTIFIER, "names the person in traces; erasure unlinks it", Rule.MEMBERSHIP, exported=False
        )
        number = Held(FieldClass.IDENTIFIER, "the co-op's own number for the member", Rule.MEMBERSHIP, exported=True)
        given_name = _identity("letters and pages address the person")
        family_name = _identity("letters and pages address the person")
        language = _identity("letters and pages speak it")
        birth_date = _identity("tells people of one name apart, and who is of age")
        street = _identity("post goes there")
        postal_code = _identity("post goes there")
        town = _identity("post goes there")
        country = _identity("post goes there")
        account = Held(FieldClass.IDENTIFIER, "signs in for this person", Rule.MEMBERSHIP, exported=False)
        registered_at = _identity("when the membership data were taken in")


class Contact(models.Model):
    """An e-mail address or a phone number of a person, one of a kind. Verified: it is known to be theirs."""

    person = models.ForeignKey(
        Person, on_delete=models.PROTECT, related_name="+", db_index=False
    )  # the key begins with it
    kind = models.CharField(max_length=5)
    value = models.CharField(max_length=254)
    verified_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "members_contact"
        constraints = [
            models.UniqueConstraint(fields=["person", "kind"], name="members_contact_once"),
            models.CheckConstraint(
                condition=Q(kind=str(ContactKind.EMAIL), value__regex=EMAIL)
                | Q(kind=str(ContactKind.PHONE), value__regex=PHONE),
                name="members_contact_value",
            ),
        ]

    class Privacy:
        id = Held(FieldClass.IDENTIFIER, "names the row", Rule.MEMBERSHIP, exported=False)
        person = Held(FieldClass.IDENTIFIER, "who is reached", Rule.MEMBERSHIP, exported=True)
        kind = _identity("in which way")
        value = _identity("messages that the member wants go there")
        verified_at = _identity("since when it is known to be theirs; nothing personal goes to one that is not")


class Membership(models.Model):
    """A person's home co-op for a period of days, half-open. Nobody has two on one day: an exclusion in the migration."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    company = models.ForeignKey(
        Company, on_delete=models.PROTECT, related_name="+", db_index=False
    )  # never asked by it
    period = DateRangeField()

    class Meta:
        db_table = "members_membership"
        constraints = [
            models.CheckConstraint(
                condition=Q(period__isempty=False, period__lower_inf=False), name="members_membership_period"
            )
        ]

    class Privacy:
        id = Held(FieldClass.IDENTIFIER, "names the row", Rule.MEMBERSHIP, exported=False)
        person = Held(FieldClass.IDENTIFIER, "who is a member", Rule.MEMBERSHIP, exported=True)
        company = _identity("which regional co-op the member owns a share of")
        period = _identity("from which day until which")


class Card(models.Model):
    """A card number in one person's hands for a period. A number may pass on; never two holders at one instant."""

    number = models.CharField(max_length=19)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    period = DateTimeRangeField()
    state = models.CharField(max_length=8, default=CardState.ACTIVE)

    class Meta:
        db_table = "members_card"
        indexes = [models.Index(fields=["number"], name="members_card_by_number")]
        constraints = [
            models.CheckConstraint(condition=Q(number__regex=r"^[0-9]{8,19}$"), name="members_card_number"),
            models.CheckConstraint(
                condition=Q(state__in=[str(state) for state in CardState]), name="members_card_state"
            ),
            models.CheckConstraint(condition=Q(period__isempty=False), name="members_card_period"),
            models.CheckConstraint(
                condition=Q(state=CardState.ACTIVE) | Q(period__upper_inf=False),
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
                condition=Q(channel__in=[str(channel) for channel in CodeChannel]), name="members_code_channel"
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
