"""Statements."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from kvitto.choices.rules import SCALES, WITH_CODES
from kvitto.choices.types import Channel, Topic
from kvitto.kernel.privacy import FieldClass, Held, Rule
from kvitto.members.models import Person
from kvitto.stores.models import Store

YES_OR_NO = [topic for topic in SCALES if topic is not Topic.RECORDING_LEVEL]


def _choice(why: str) -> Held:
    return Held(FieldClass.CHOICE, why, Rule.MEMBERSHIP, exported=True)


def _letter(why: str, field_class: FieldClass = FieldClass.TRACE) -> Held:
    return Held(field_class, why, Rule.CODE, exported=True)


class Statement(models.Model):
    """One decision of one person, from an instant on. The web role can add rows, never change or remove them."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    topic = models.CharField(max_length=30)
    value = models.SmallIntegerField(null=True)
    codes = ArrayField(models.TextField(), default=list)
    stated_at = models.DateTimeField()
    channel = models.CharField(max_length=15)
    pending = models.BooleanField(default=False)
    confirms = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="+")
    registered_by = models.CharField(max_length=80, default="")
    case = models.CharField(max_length=64, default="")
    store = models.ForeignKey(Store, on_delete=models.PROTECT, null=True, related_name="+")
    text_version = models.SmallIntegerField(default=0)
    text_language = models.CharField(max_length=2, default="")
    text_digest = models.CharField(max_length=64, default="")

    class Meta:
        db_table = "choices_statement"
        indexes = [models.Index(fields=["person", "topic", "stated_at"], name="choices_statement_state")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(topic=str(Topic.RECORDING_LEVEL), value__isnull=False, value__in=[1, 2, 3], codes=[])
                | models.Q(
                    topic__in=[str(topic) for topic in YES_OR_NO], value__isnull=False, value__in=[0, 1], codes=[]
                )
                | models.Q(topic__in=[str(topic) for topic in WITH_CODES], value=None),
                name="choices_statement_value",
            ),
            # the member's own words hold at once; what staff write down can wait for the member
            models.CheckConstraint(
                condition=models.Q(pending=False)
                | models.Q(channel__in=["service_point", "phone", "letter"], confirms=None),
                name="choices_statement_pending",
            ),
            models.CheckConstraint(
                condition=models.Q(confirms=None) | models.Q(channel__in=["web", "letter"], pending=False),
                name="choices_statement_confirms",
            ),
            models.CheckConstraint(
                condition=models.Q(channel__in=[str(channel) for channel in Channel]), name="choices_statement_channel"
            ),
            models.CheckConstraint(
                condition=models.Q(store=None) | models.Q(channel=str(Channel.SERVICE_POINT)),
                name="choices_statement_store",
            ),
        ]

    class Privacy:
        id = _choice("names the statement; the number the member is given as proof")
        person = Held(FieldClass.IDENTIFIER, "who decided", Rule.MEMBERSHIP, exported=True)
        topic = _choice("what was decided about")
        value = _choice("what was decided")
        codes = _choice("what was wished for, or is never recorded")
        stated_at = _choice("from when it holds")
        channel = _choice("in which way it was said")
        pending = _choice("whether it waits for the member, since it allows more and staff wrote it down")
        confirms = _choice("which waiting statement the member confirmed with this one")
        registered_by = Held(
            FieldClass.TRACE, "whose hand wrote it down, by kind and account", Rule.MEMBERSHIP, exported=False
        )
        case = _choice("under which look-up staff wrote it down")
        store = _choice("at which store's service point it was said")
        text_version = _choice("which version of the text was shown or read out")
        text_language = _choice("in which language it was shown or read out")
        text_digest = _choice("shows that it is still the text that was shown")


class Letter(models.Model):
    """The code of a letter that asks for somebody's yes to a statement. A new letter's code takes the place of an earlier one."""

    statement = models.OneToOneField(Statement, on_delete=models.PROTECT, primary_key=True, related_name="+")
    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    digest = models.BinaryField()
    made_at = models.DateTimeField()
    expires_at = models.DateTimeField(db_index=True)
    misses = models.SmallIntegerField(default=0)
    used_at = models.DateTimeField(null=True)
    text_version = models.SmallIntegerField()
    text_language = models.CharField(max_length=2)
    text_digest = models.CharField(max_length=64)

    class Meta:
        db_table = "choices_letter"

    class Privacy:
        statement = _letter("which waiting statement it asks about", FieldClass.IDENTIFIER)
        person = _letter("whose letter it is", FieldClass.IDENTIFIER)
        digest = Held(
            FieldClass.CREDENTIAL, "keyed digest of the code; stands for the person's yes", Rule.CODE, exported=False
        )
        made_at = _letter("when the letter was printed")
        expires_at = _letter("until when the code works")
        misses = _letter("how many wrong codes were tried: a few end it")
        used_at = _letter("when the code was used: it works once")
        text_version = _letter("which version of the text the letter has")
        text_language = _letter("in which language it is")
        text_digest = _letter("shows that it is still the text of the letter")
