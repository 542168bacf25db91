"""Households, places in them, guardians, invitations. That periods never overlap is held by constraints in the migration."""

from django.contrib.postgres.fields import DateRangeField
from django.db import models
from django.db.models import F, Q

from kvitto.households.types import Offer, Role
from kvitto.kernel.privacy import FieldClass, Held, Rule
from kvitto.members.models import Person


def _member(why: str, *, exported: bool = True) -> Held:
    return Held(FieldClass.IDENTITY, why, Rule.MEMBERSHIP, exported=exported)


def _points(why: str) -> Held:
    return Held(FieldClass.IDENTIFIER, why, Rule.MEMBERSHIP, exported=True)


class Household(models.Model):
    """People who share a Bonus."""

    number = models.CharField(max_length=20, null=True, unique=True)  # noqa: DJ001  most have none
    made_at = models.DateTimeField()

    class Meta:
        db_table = "households_household"

    class Privacy:
        id = _points("names the household to other tables")
        number = _points("the co-op's own number of the household, from its earlier register")
        made_at = _member("when the household was taken in")


class Place(models.Model):
    """Somebody is in a household, as something, for a period of days. A minor's place ends when they come of age."""

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    role = models.CharField(max_length=5)
    period = DateRangeField()

    class Meta:
        db_table = "households_place"
        constraints = [
            models.CheckConstraint(condition=Q(role__in=[str(role) for role in Role]), name="households_place_role"),
            models.CheckConstraint(
                condition=Q(period__isempty=False, period__lower_inf=False), name="households_place_period"
            ),
            models.CheckConstraint(
                condition=~Q(role=str(Role.MINOR)) | Q(period__upper_inf=False), name="households_place_minor_ends"
            ),
        ]

    class Privacy:
        id = _points("names the row")
        household = _points("which household")
        person = _points("who is in it")
        role = _member("main member, adult or minor: who decides, and who sees sums")
        period = _member("from which day until which day")


class Guardian(models.Model):
    """Somebody decides for a minor, for a period of days that ends when the minor comes of age."""

    minor = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    guardian = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    period = DateRangeField()

    class Meta:
        db_table = "households_guardian"
        constraints = [
            models.CheckConstraint(condition=~Q(minor=F("guardian")), name="households_guardian_another"),
            models.CheckConstraint(
                condition=Q(period__isempty=False, period__lower_inf=False, period__upper_inf=False),
                name="households_guardian_period",
            ),
        ]

    class Privacy:
        id = _points("names the row")
        minor = _points("who is under age")
        guardian = _points("who decides for them")
        period = _member("from which day until which day")


class Invitation(models.Model):
    """An offer to an adult. It is accepted once, within 14 days, or never."""

    household = models.ForeignKey(Household, on_delete=models.PROTECT, related_name="+")
    offer = models.CharField(max_length=4)
    made_by = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    made_for = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    digest = models.BinaryField(null=True, unique=True)
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    accepted_at = models.DateTimeField(null=True)
    withdrawn_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "households_invitation"
        constraints = [
            models.CheckConstraint(
                condition=Q(offer=str(Offer.JOIN), made_for=None, digest__isnull=False)
                | Q(offer=str(Offer.MAIN), made_for__isnull=False, digest=None),
                name="households_invitation_offer",
            ),
            models.CheckConstraint(
                condition=Q(accepted_at=None) | Q(withdrawn_at=None), name="households_invitation_one_end"
            ),
        ]

    class Privacy:
        id = Held(FieldClass.IDENTIFIER, "names the row", Rule.INVITATION, exported=False)
        household = Held(
            FieldClass.IDENTIFIER, "which household somebody is invited to", Rule.INVITATION, exported=True
        )
        offer = Held(FieldClass.IDENTITY, "to join, or to be the main member", Rule.INVITATION, exported=True)
        made_by = Held(FieldClass.IDENTIFIER, "who invites", Rule.INVITATION, exported=True)
        made_for = Held(FieldClass.IDENTIFIER, "who is to be the main member", Rule.INVITATION, exported=True)
        digest = Held(
            FieldClass.CREDENTIAL,
            "keyed digest of the invitation's code; lets one adult in",
            Rule.INVITATION,
            exported=False,
        )
        made_at = Held(FieldClass.TRACE, "when it was made", Rule.INVITATION, exported=True)
        expires_at = Held(FieldClass.TRACE, "until when it can be accepted", Rule.INVITATION, exported=True)
        accepted_at = Held(FieldClass.TRACE, "when it was accepted: that works once", Rule.INVITATION, exported=True)
        withdrawn_at = Held(FieldClass.TRACE, "when it was taken back", Rule.INVITATION, exported=True)
