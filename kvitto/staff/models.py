"""Staff people, their duties, the agreements they signed, their cases, and what waits for a second person."""

from datetime import timedelta

from django.contrib.postgres.fields import DateRangeField
from django.contrib.postgres.indexes import BrinIndex
from django.db import models
from django.db.models import F, Q

from kvitto.accounts.models import Account
from kvitto.kernel.privacy import FieldClass, Held, Rule, reference
from kvitto.members.models import Person
from kvitto.staff.rules import (
    BREAK_GLASS_PEOPLE,
    CASE_LASTS,
    LANGUAGES,
    LONGEST_NAME,
    LONGEST_REFERENCE,
    PROPOSAL_HOLDS,
)
from kvitto.staff.types import Duty, Finding, Reason
from kvitto.stores.models import Store

NO_CONTROLS = r"^[^[:cntrl:]]+$"
NEVER_APPROVED = Q(approved_by=None, approved_at=None)
APPROVED = Q(approved_by__isnull=False, approved_at__isnull=False)


def _trace(why: str, *, exported: bool = False) -> Held:
    return Held(FieldClass.TRACE, why, Rule.AUDIT, exported=exported)


class StaffPerson(models.Model):
    """Somebody who works here. The database knows them by one account, and by one person of the customer register."""

    account = models.OneToOneField(Account, on_delete=models.PROTECT, related_name="+")
    name = models.CharField(max_length=LONGEST_NAME)
    person = models.OneToOneField(Person, on_delete=models.PROTECT, null=True, related_name="+")
    added_at = models.DateTimeField()

    class Meta:
        db_table = "staff_person"
        constraints = [models.CheckConstraint(condition=Q(name__regex=NO_CONTROLS), name="staff_person_name")]

    class Privacy:
        id = Held(FieldClass.IDENTIFIER, "names the staff person to other tables", Rule.ACCOUNT, exported=False)
        account = Held(FieldClass.IDENTIFIER, "signs in for this staff person", Rule.ACCOUNT, exported=False)
        name = Held(FieldClass.IDENTITY, "colleagues know whom they approve", Rule.ACCOUNT, exported=True)
        person = Held(
            FieldClass.IDENTIFIER,
            "the same human as a member: nobody opens their own record as staff",
            Rule.ACCOUNT,
            exported=False,
        )
        added_at = Held(FieldClass.TRACE, "when they began", Rule.ACCOUNT, exported=True)


class DutyPeriod(models.Model):
    """A duty of one staff person, proposed by one and approved by another. Never deleted.

    The first two administrators have nobody to propose them: they are made at the machine, in slot 1 and slot 2. Two
    periods of one duty and person that hold do not overlap (a constraint in the migration).
    """

    staff = models.ForeignKey(StaffPerson, on_delete=models.PROTECT, related_name="+")
    duty = models.CharField(max_length=15)
    period = DateRangeField()
    bootstrap = models.BooleanField(default=False)
    slot = models.SmallIntegerField(null=True)
    proposed_by = models.ForeignKey(StaffPerson, on_delete=models.PROTECT, null=True, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(StaffPerson, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    ended_by = models.ForeignKey(StaffPerson, on_delete=models.PROTECT, null=True, related_name="+")
    ended_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "staff_duty"
        constraints = [
            models.CheckConstraint(condition=Q(duty__in=[str(duty) for duty in Duty]), name="staff_duty_known"),
            models.CheckConstraint(
                condition=Q(period__isempty=False, period__lower_inf=False), name="staff_duty_period"
            ),
            models.CheckConstraint(
                condition=Q(
                    Q(
                        bootstrap=True,
                        slot__isnull=False,
                        slot__in=[1, 2],
                        duty=str(Duty.ADMINISTRATOR),
                        proposed_by=None,
                    ),
                    Q(approved_by=None, approved_at__isnull=False),
                )
                | Q(Q(bootstrap=False, slot=None, proposed_by__isnull=False), NEVER_APPROVED | APPROVED),
                name="staff_duty_origin",
            ),
            models.CheckConstraint(condition=~Q(approved_by=F("proposed_by")), name="staff_duty_four_eyes"),
            models.CheckConstraint(condition=~Q(approved_by=F("staff")), name="staff_duty_not_ones_own"),
            models.CheckConstraint(
                condition=Q(approved_at=None)
                | Q(approved_at__gte=F("proposed_at"), approved_at__lt=F("proposed_at") + PROPOSAL_HOLDS),
                name="staff_duty_in_time",
            ),
            models.CheckConstraint(
                condition=Q(ended_by=None, ended_at=None) | Q(ended_by__isnull=False, ended_at__isnull=False),
                name="staff_duty_ended",
            ),
            models.UniqueConstraint(
                fields=["slot"], condition=Q(slot__isnull=False), name="staff_duty_two_bootstrapped"
            ),
        ]

    class Privacy:
        id = _trace("names the duty")
        staff = Held(FieldClass.IDENTIFIER, "whose duty it is", Rule.AUDIT, exported=True)
        duty = _trace("what somebody was there for", exported=True)
        period = _trace("from when until when", exported=True)
        bootstrap = _trace("whether it was given at the machine, before there was anybody to approve it")
        slot = _trace("which of the two that are given at the machine")
        proposed_by = _trace("who proposed it")
        proposed_at = _trace("when it was proposed", exported=True)
        approved_by = _trace("who approved it: always another")
        approved_at = _trace("when it was approved", exported=True)
        ended_by = _trace("who ended it early, or withdrew the proposal")
        ended_at = _trace("when it was ended early", exported=True)


class Agreement(models.Model):
    """A version of the confidentiality agreement. Added, never changed: what somebody signed stays readable."""

    version = models.IntegerField(primary_key=True)
    sv = models.TextField()
    fi = models.TextField()
    en = models.TextField()
    hash = models.CharField(max_length=64, unique=True)
    valid_from = models.DateTimeField()
    published_at = models.DateTimeField()

    class Meta:
        db_table = "staff_agreement"
        constraints = [
            models.CheckConstraint(condition=Q(version__gte=1), name="staff_agreement_version"),
            models.CheckConstraint(condition=Q(hash__regex="^[0-9a-f]{64}$"), name="staff_agreement_hash"),
            models.CheckConstraint(condition=~Q(sv="") & ~Q(fi="") & ~Q(en=""), name="staff_agreement_texts"),
            models.CheckConstraint(
                condition=Q(valid_from__gte=F("published_at")), name="staff_agreement_not_backwards"
            ),
        ]

    class Privacy:
        version = reference("names the text")
        sv = reference("what staff sign")
        fi = reference("what staff sign")
        en = reference("what staff sign")
        hash = reference("shows that the text is still the one that was signed")
        valid_from = reference("from when it has to be signed")
        published_at = reference("when it became known")


class Signature(models.Model):
    """A staff person signed a version, and holds to it for twelve months. Added, never changed."""

    staff = models.ForeignKey(StaffPerson, on_delete=models.PROTECT, related_name="+")
    agreement = models.ForeignKey(Agreement, on_delete=models.PROTECT, related_name="+")
    hash = models.CharField(max_length=64)
    language = models.CharField(max_length=2)
    signed_at = models.DateTimeField()
    expires_at = models.DateTimeField()

    class Meta:
        db_table = "staff_signature"
        constraints = [
            models.CheckConstraint(condition=Q(language__in=LANGUAGES), name="staff_signature_language"),
            models.CheckConstraint(
                condition=Q(expires_at__gt=F("signed_at"), expires_at__lte=F("signed_at") + timedelta(days=366)),
                name="staff_signature_twelve_months",
            ),
        ]
        indexes = [models.Index(fields=["staff", "agreement"], name="staff_signature_state")]

    class Privacy:
        id = _trace("names the signature")
        staff = Held(FieldClass.IDENTIFIER, "who signed", Rule.AUDIT, exported=True)
        agreement = _trace("which version was signed", exported=True)
        hash = _trace("which text was signed, to the letter", exported=True)
        language = _trace("in which language it was read", exported=True)
        signed_at = _trace("when it was signed", exported=True)
        expires_at = _trace("until when it holds", exported=True)


class Glass(models.Model):
    """What a data handler opened without waiting for a colleague; the privacy officer reviews it."""

    reference = models.CharField(max_length=LONGEST_REFERENCE)
    people = models.SmallIntegerField()
    opened_by = models.ForeignKey(StaffPerson, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    reviewed_by = models.ForeignKey(StaffPerson, on_delete=models.PROTECT, null=True, related_name="+")
    reviewed_at = models.DateTimeField(null=True)
    finding = models.CharField(max_length=11, default="")

    class Meta:
        db_table = "staff_glass"
        constraints = [
            models.CheckConstraint(condition=Q(reference__regex=NO_CONTROLS), name="staff_glass_reference"),
            models.CheckConstraint(condition=Q(people__range=(1, BREAK_GLASS_PEOPLE)), name="staff_glass_people"),
            models.CheckConstraint(
                condition=Q(reviewed_by=None, reviewed_at=None, finding="")
                | Q(
                    reviewed_by__isnull=False,
                    reviewed_at__gte=F("opened_at"),
                    finding__in=[str(finding) for finding in Finding],
                ),
                name="staff_glass_review",
            ),
            models.CheckConstraint(condition=~Q(reviewed_by=F("opened_by")), name="staff_glass_four_eyes"),
        ]

    class Privacy:
        id = _trace("names what was opened")
        reference = _trace("leads to the papers; holds no name")
        people = _trace("how many members it was about")
        opened_by = _trace("which staff person opened it")
        opened_at = _trace("when it was opened")
        reviewed_by = _trace("which privacy officer has reviewed it: always another person")
        reviewed_at = _trace("when it was reviewed")
        finding = _trace("whether it was justified")


class Case(models.Model):
    """A staff person's reason to look one member up: for sixty minutes, and for that member only.

    What it shows follows from the duty it was opened under. At a service point the member stands by and asks.
    """

    duty = models.CharField(max_length=15, default=str(Duty.DATA_HANDLER))
    reference = models.CharField(max_length=LONGEST_REFERENCE)
    reason = models.CharField(max_length=14)
    person = models.ForeignKey(Person, on_delete=models.PROTECT, null=True, related_name="+")
    opened_by = models.ForeignKey(StaffPerson, on_delete=models.PROTECT, related_name="+")
    opened_at = models.DateTimeField()
    member_asked = models.BooleanField()
    approved_by = models.ForeignKey(StaffPerson, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    glass = models.ForeignKey(Glass, on_delete=models.PROTECT, null=True, related_name="+")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        db_table = "staff_case"
        constraints = [
            models.CheckConstraint(condition=Q(reference__regex=NO_CONTROLS), name="staff_case_reference"),
            models.CheckConstraint(
                condition=Q(reason__in=[str(reason) for reason in Reason]), name="staff_case_reason"
            ),
            models.CheckConstraint(
                condition=~Q(reason=str(Reason.MEMBER_ASKED)) | Q(member_asked=True), name="staff_case_member_asked"
            ),
            models.CheckConstraint(
                condition=Q(duty=str(Duty.DATA_HANDLER))
                | Q(duty=str(Duty.SERVICE_POINT), reason=str(Reason.MEMBER_ASKED)),
                name="staff_case_duty",
            ),
            models.CheckConstraint(
                condition=Q(glass=None)
                | Q(
                    duty=str(Duty.DATA_HANDLER),
                    reason=str(Reason.PRODUCT_SAFETY),
                    member_asked=False,
                    approved_by=None,
                ),
                name="staff_case_glass",
            ),
            models.CheckConstraint(condition=Q(store=None) | Q(duty=str(Duty.SERVICE_POINT)), name="staff_case_store"),
            models.CheckConstraint(condition=~Q(approved_by=F("opened_by")), name="staff_case_four_eyes"),
            models.CheckConstraint(
                condition=Q(NEVER_APPROVED, ends_at=F("opened_at") + CASE_LASTS)
                | Q(
                    APPROVED,
                    member_asked=False,
                    ends_at=F("approved_at") + CASE_LASTS,
                    approved_at__gte=F("opened_at"),
                    approved_at__lt=F("opened_at") + CASE_LASTS,
                ),
                name="staff_case_sixty_minutes",
            ),
        ]
        indexes = [
            models.Index(fields=["opened_by", "person", "ends_at"], name="staff_case_open"),
            BrinIndex(fields=["opened_at"], name="staff_case_day"),  # those of a day stand beside each other
            models.Index(
                fields=["opened_by", "reference"],
                name="staff_case_reference_of",
                condition=Q(duty=str(Duty.DATA_HANDLER)),
            ),
        ]

    class Privacy:
        id = _trace("names the case, also in the record of acts", exported=True)
        duty = _trace("under which duty it was opened: what it shows", exported=True)
        reference = _trace("leads to the papers of the case; holds no name")
        reason = _trace("why somebody was looked up", exported=True)
        person = Held(FieldClass.IDENTIFIER, "whose purchases it is about", Rule.MEMBERSHIP, exported=True)
        opened_by = _trace("which staff person opened it")
        opened_at = _trace("when it was opened", exported=True)
        member_asked = _trace("whether the member asked for it", exported=True)
        approved_by = _trace("which other staff person approved it")
        approved_at = _trace("when it was approved", exported=True)
        ends_at = _trace("until when anything can be opened", exported=True)
        closed_at = _trace("when it was closed before its time", exported=True)
        glass = _trace("with which others it was opened, without waiting for a colleague")
        store = _trace("at which store's service point the member asked", exported=True)


class PendingChange(models.Model):
    """An act that takes two people: written down by one, approved by another, done once."""

    act = models.CharField(max_length=40)
    payload = models.JSONField()
    proposed_by = models.ForeignKey(StaffPerson, on_delete=models.PROTECT, related_name="+")
    proposed_at = models.DateTimeField()
    approved_by = models.ForeignKey(StaffPerson, on_delete=models.PROTECT, null=True, related_name="+")
    approved_at = models.DateTimeField(null=True)
    done_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "staff_change"
        constraints = [
            models.CheckConstraint(condition=Q(act__regex=r"^[a-z_]+\.[a-z_]+$"), name="staff_change_act"),
            models.CheckConstraint(condition=NEVER_APPROVED | APPROVED, name="staff_change_approval"),
            models.CheckConstraint(condition=~Q(approved_by=F("proposed_by")), name="staff_change_four_eyes"),
            models.CheckConstraint(
                condition=Q(approved_at=None)
                | Q(approved_at__gte=F("proposed_at"), approved_at__lt=F("proposed_at") + PROPOSAL_HOLDS),
                name="staff_change_in_time",
            ),
            models.CheckConstraint(
                condition=Q(done_at=None) | Q(approved_at__isnull=False, done_at__gte=F("approved_at")),
                name="staff_change_approved_first",
            ),
        ]

    class Privacy:
        id = _trace("names the change")
        act = _trace("what is to be done")
        payload = _trace("ids and figures it is to be done with; never a personal value")
        proposed_by = _trace("who proposed it")
        proposed_at = _trace("when it was proposed")
        approved_by = _trace("who approved it: always another")
        approved_at = _trace("when it was approved")
        done_at = _trace("when it was done: once")
