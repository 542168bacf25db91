"""Notices, each with what becomes of its mail."""

from django.db import models
from django.db.models import Q

from kvitto.kernel.privacy import FieldClass, Held, Rule
from kvitto.members.models import Person
from kvitto.notices.rules import NUMBERED, WITH_WAY
from kvitto.notices.types import Kind, Way


def _told(why: str) -> Held:
    return Held(FieldClass.TRACE, why, Rule.NOTICE, exported=True)


def _mail(why: str) -> Held:
    return Held(FieldClass.TRACE, why, Rule.NOTICE, exported=False)


def _only(column: str, kinds: object) -> Q:
    """The column has a value for these kinds, and for no others."""
    named = Q(kind__in=[str(kind) for kind in kinds])  # type: ignore[attr-defined]
    return (named & Q(**{f"{column}__isnull": False})) | (~named & Q(**{column: None}))


class Notice(models.Model):
    """One notice to one person. It is made once; that it was read, and its mail, are noted on it."""

    person = models.ForeignKey(Person, on_delete=models.PROTECT, related_name="+")
    kind = models.CharField(max_length=30)
    number = models.BigIntegerField(null=True)
    way = models.CharField(max_length=15, null=True)  # noqa: DJ001  none is other than an empty one
    made_at = models.DateTimeField(db_index=True)
    read_at = models.DateTimeField(null=True)
    mail_at = models.DateTimeField(null=True)
    mail_tries = models.SmallIntegerField(default=0, db_default=0)
    mail_error = models.CharField(max_length=60, default="", db_default="")
    mailed_at = models.DateTimeField(null=True)

    class Meta:
        db_table = "notices_notice"
        indexes = [
            models.Index(fields=["mail_at"], condition=Q(mail_at__isnull=False), name="notices_notice_to_mail"),
        ]
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=[str(kind) for kind in Kind]), name="notices_notice_kind"),
            models.CheckConstraint(condition=_only("number", NUMBERED), name="notices_notice_number"),
            models.CheckConstraint(condition=_only("way", WITH_WAY), name="notices_notice_way"),
            models.CheckConstraint(
                condition=Q(way=None) | Q(way__in=[str(way) for way in Way]), name="notices_notice_known_way"
            ),
            models.CheckConstraint(condition=Q(mailed_at=None) | Q(mail_at=None), name="notices_notice_mailed_once"),
        ]

    class Privacy:
        id = Held(FieldClass.IDENTIFIER, "names the notice, also as the name of its mail", Rule.NOTICE, exported=False)
        person = Held(FieldClass.IDENTIFIER, "who is told", Rule.NOTICE, exported=True)
        kind = _told("what is told: the sentence is composed from it")
        number = _told("which statement it is about, or within how many days something ends")
        way = _told("in which way the member had said it")
        made_at = _told("when it happened")
        read_at = _told("when the member has opened the notices")
        mail_at = _mail("when it is next tried to send it as an e-mail")
        mail_tries = _mail("how often that has failed")
        mail_error = _mail("what the mail server answered, without any address")
        mailed_at = _mail("when it went out as an e-mail")
