"""Questions of members, what stands out, and the published figures."""

from django.db import models
from django.db.models import F, Q

from kvitto.accounts.models import Account
from kvitto.kernel.privacy import FieldClass, Held, Rule, reference
from kvitto.members.models import Person
from kvitto.oversight.rules import LONGEST_ANSWER, LONGEST_QUESTION
from kvitto.oversight.types import AlertKind, Depth
from kvitto.staff.models import StaffPerson
from kvitto.staff.types import Finding, Reason


def _asked(why: str, *, exported: bool = True) -> Held:
    return Held(FieldClass.TRACE, why, Rule.QUESTION, exported=exported)


def _noted(why: str) -> Held:
    return Held(FieldClass.TRACE, why, Rule.AUDIT, exported=False)


class Question(models.Model):
    """A member's question about an act on their data, with the day by which it is answered. One for each act."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    entry_id = models.BigIntegerField()
    text = models.CharField(max_length=LONGEST_QUESTION, blank=True)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answer = models.CharField(max_length=LONGEST_ANSWER, default="")
    answered_at = models.DateTimeField(null=True)
    answered_by = models.ForeignKey(StaffPerson, on_delete=models.PROTECT, null=True, related_name="+")

    class Meta:
        db_table = "oversight_question"
        constraints = [
            models.UniqueConstraint(fields=["person", "entry_id"], name="oversight_question_once"),
            models.CheckConstraint(
                condition=Q(answer="", answered_at=None, answered_by=None)
                | Q(~Q(answer=""), answered_at__gte=F("asked_at"), answered_by__isnull=False),
                name="oversight_question_answer",
            ),
            models.CheckConstraint(condition=Q(due_at__gt=F("asked_at")), name="oversight_question_due"),
        ]

    class Privacy:
        id = _asked("names the question")
        person = Held(FieldClass.IDENTIFIER, "who asks", Rule.QUESTION, exported=True)
        entry_id = _asked("about which act")
        text = _asked("what the member wants to know, in their own words")
        asked_at = _asked("when it was asked")
        due_at = _asked("until when it is to be answered")
        answer = _asked("what the privacy officer has answered")
        answered_at = _asked("when it was answered")
        answered_by = _asked("which privacy officer has answered", exported=False)


class Alert(models.Model):
    """Something that stood out on one day, once; closed by a privacy officer with a finding, never by whom it is about."""

    kind = models.CharField(max_length=12)
    staff = models.ForeignKey(StaffPerson, on_delete=models.PROTECT, related_name="+")
    day = models.DateField()
    about = models.CharField(max_length=100)
    figure = models.IntegerField()
    usual = models.IntegerField()
    made_at = models.DateTimeField()
    due_at = models.DateTimeField()
    closed_at = models.DateTimeField(null=True)
    closed_by = models.ForeignKey(StaffPerson, on_delete=models.PROTECT, null=True, related_name="+")
    finding = models.CharField(max_length=11, default="")

    class Meta:
        db_table = "oversight_alert"
        constraints = [
            models.UniqueConstraint(fields=["kind", "staff", "day", "about"], name="oversight_alert_once"),
            models.CheckConstraint(
                condition=Q(kind__in=[str(kind) for kind in AlertKind]), name="oversight_alert_kind"
            ),
            models.CheckConstraint(
                condition=Q(closed_at=None, closed_by=None, finding="")
                | Q(
                    closed_at__gte=F("made_at"),
                    closed_by__isnull=False,
                    finding__in=[str(finding) for finding in Finding],
                ),
                name="oversight_alert_closed",
            ),
            models.CheckConstraint(condition=~Q(closed_by=F("staff")), name="oversight_alert_four_eyes"),
        ]

    class Privacy:
        id = _noted("names what stood out")
        kind = _noted("which rule found it")
        staff = Held(FieldClass.IDENTIFIER, "whose acts stood out", Rule.AUDIT, exported=False)
        day = _noted("on which day")
        about = _noted("which case, reference or refusal it is about")
        figure = _noted("how many there were")
        usual = _noted("how many would have been usual")
        made_at = _noted("when it was found")
        due_at = _noted("until when it is to be looked into")
        closed_at = _noted("when a privacy officer closed it")
        closed_by = _noted("which one")
        finding = _noted("whether it was justified")


def _counted(why: str) -> Held:
    return Held(FieldClass.TRACE, why, Rule.LOOK_UPS, exported=False)


class Day(models.Model):
    """How many look-ups an account began on a day, by reason, duty and depth: counted from the record of acts, again and again."""

    day = models.DateField()
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    reason = models.CharField(max_length=14)
    duty = models.CharField(max_length=15)
    depth = models.CharField(max_length=9)
    times = models.IntegerField()
    receipts = models.IntegerField()
    at_night = models.IntegerField()

    class Meta:
        db_table = "oversight_day"
        constraints = [
            models.UniqueConstraint(fields=["day", "account", "reason", "duty", "depth"], name="oversight_day_once"),
            models.CheckConstraint(
                condition=Q(depth__in=[str(depth) for depth in Depth], reason__in=[str(reason) for reason in Reason]),
                name="oversight_day_known",
            ),
        ]

    class Privacy:
        id = _counted("names the row")
        day = _counted("on which day")
        account = Held(FieldClass.IDENTIFIER, "who looked members up", Rule.LOOK_UPS, exported=False)
        reason = _counted("why members were looked up")
        duty = _counted("under which duty; empty when the case is gone")
        depth = _counted("whether purchases were shown")
        times = _counted("how many look-ups there were")
        receipts = _counted("how many receipts were opened in them")
        at_night = _counted("in how many of them something was shown when nobody is at work")


class Month(models.Model):
    """How many look-ups of single members there were in a month, by how deep they went and why: public."""

    month = models.DateField()
    depth = models.CharField(max_length=9)
    reason = models.CharField(max_length=14)
    times = models.IntegerField()
    receipts = models.IntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        db_table = "oversight_month"
        constraints = [
            models.UniqueConstraint(fields=["month", "depth", "reason"], name="oversight_month_once"),
            models.CheckConstraint(
                condition=Q(depth__in=[str(depth) for depth in Depth], reason__in=[str(reason) for reason in Reason]),
                name="oversight_month_known",
            ),
        ]

    class Privacy:
        id = reference("names the row")
        month = reference("which month, by its first day")
        depth = reference("whether purchases were shown")
        reason = reference("why members were looked up")
        times = reference("how many look-ups there were")
        receipts = reference("how many receipts were opened in them")
        counted_at = reference("when that was counted")
