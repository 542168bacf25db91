"""Statements."""

from django.db import models

from kvitto.choices.types import Channel, Topic
from kvitto.kernel.privacy import FieldClass, Held, Rule
from kvitto.members.models import Person


def _choice(why: str) -> Held:
    return Held(FieldClass.CHOICE, why, Rule.MEMBERSHIP, exported=True)


class Statement(models.Model):
    """One decision of one person, from an instant on. The web role can add rows, never change or remove them."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    topic = models.CharField(max_length=30)
    value = models.SmallIntegerField()
    stated_at = models.DateTimeField()
    channel = models.CharField(max_length=15)

    class Meta:
        db_table = "choices_statement"
        indexes = [models.Index(fields=["person", "topic", "stated_at"], name="choices_statement_state")]
        constraints = [
            models.CheckConstraint(
                condition=models.Q(topic=str(Topic.RECORDING_LEVEL), value__in=[1, 2, 3]),
                name="choices_statement_value",
            ),
            models.CheckConstraint(
                condition=models.Q(channel__in=[str(channel) for channel in Channel]), name="choices_statement_channel"
            ),
        ]

    class Privacy:
        id = _choice("names the statement; the number the member is given as proof")
        person = Held(FieldClass.IDENTIFIER, "who decided", Rule.MEMBERSHIP, exported=True)
        topic = _choice("what was decided about")
        value = _choice("what was decided")
        stated_at = _choice("from when it holds")
        channel = _choice("in which way it was said")
