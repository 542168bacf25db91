"""Reads: a person's inbox, and what could not be mailed."""

from django.conf import settings

from kvitto.members import queries as members
from kvitto.members.types import ContactKind
from kvitto.notices import models
from kvitto.notices.types import Kind, Notice, Unsent, Way


def inbox(person_id: int) -> list[Notice]:
    """A person's notices, newest first."""
    rows = models.Notice.objects.filter(person_id=person_id).order_by("-made_at", "-pk")
    return [
        Notice(row.pk, Kind(row.kind), row.number, Way(row.way) if row.way else None, row.made_at, row.read_at is None)
        for row in rows
    ]


def unread_of_account(account_id: int) -> int:
    """How many notices wait to be read by the person whose account it is; 0 for an account of nobody. One query."""
    return models.Notice.objects.filter(person__account_id=account_id, read_at=None).count()


def mail_address(person_id: int) -> str | None:
    """The e-mail address that is known to be the person's; None without one.

    Service mail goes there whatever the person has decided about e-mail: that choice is about marketing, by which somebody is
    approached. A notice tells a person what was done in their name, which they must get to know to be able to object.
    """
    verified = (each for each in members.contacts_of(person_id) if each.kind is ContactKind.EMAIL and each.verified_at)
    return next((each.value for each in verified), None)


def goes_by_mail(person_id: int) -> bool:
    """Whether a notice to the person also goes out as an e-mail: there is a mail server, and an address that is theirs."""
    return settings.MAIL_SERVER is not None and mail_address(person_id) is not None


def unsent() -> list[Unsent]:
    """Mails that have failed so far, the oldest first."""
    rows = models.Notice.objects.exclude(mail_error="").filter(mailed_at=None).order_by("made_at", "pk")
    return [Unsent(row.pk, Kind(row.kind), row.made_at, row.mail_tries, row.mail_error, row.mail_at) for row in rows]
