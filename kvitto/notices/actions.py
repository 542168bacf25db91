"""Writes: a notice is made, read, and forgotten."""

from collections.abc import Collection
from datetime import datetime

from django.conf import settings
from django.db import connection
from django.db.models import Q

from kvitto.kernel.db import require_transaction
from kvitto.notices.models import Notice
from kvitto.notices.rules import KEPT, READ_KEPT
from kvitto.notices.types import Kind, Way


def tell(*, person_id: int, kind: Kind, now: datetime, number: int | None = None, way: Way | None = None) -> None:
    """Make a notice, in the transaction of what it tells, whose own entry in the record of acts stands for both.

    Where there is a mail server, it is queued for mail as well. `number`: a statement's, or days. Nothing is read back: whoever
    makes a notice, such as staff, may find none of the person's.
    """
    require_transaction()
    mail_at = now if settings.MAIL_SERVER else None
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO notices_notice (person_id, kind, number, way, made_at, mail_at) VALUES (%s, %s, %s, %s, %s, %s)",
            [person_id, kind, number, way, now, mail_at],
        )


def note_read(*, person_id: int, notice_ids: Collection[int], now: datetime) -> None:
    """A person has opened notices of theirs; the first time counts."""
    require_transaction()
    Notice.objects.filter(person_id=person_id, pk__in=notice_ids, read_at=None).update(read_at=now)


def forget(*, now: datetime) -> int:
    """Delete what was read 90 days ago, and what is a year old; how many."""
    require_transaction()
    over = Q(read_at__lt=now - READ_KEPT) | Q(made_at__lt=now - KEPT)
    return int(Notice.objects.filter(over).delete()[0])
