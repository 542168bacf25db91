"""Reminders before a guarantee ends: a notice 90, 30 and 7 days before, which also goes out by e-mail where there is a server.

Nothing is opened for it: a notice says that something ends, and within how many days.
"""

from datetime import date, datetime

from django.db.models import Q
from django.utils.timezone import localdate

from kvitto.audit import actions as audit
from kvitto.kernel.actor import SYSTEM, Actor
from kvitto.kernel.db import opened
from kvitto.notices import actions as notices
from kvitto.notices.types import Kind
from kvitto.warranties.models import Warranty
from kvitto.warranties.rules import REMINDERS, reminded


def remind_due(*, now: datetime, by: Actor = SYSTEM) -> int:
    """Tell everybody of whose guarantees a reminder's day has come; how many notices. This is the whole act of the job.

    Each reminder once, in the transaction that notes it. After days without a run, the last one that has come, and no other.
    """
    today = localdate(now)
    told = 0
    with opened():
        for row in Warranty.objects.select_for_update(skip_locked=True).filter(_near(today)).order_by("pk"):
            last = reminded(row.ends_on, today)
            if last is None or (row.reminded is not None and row.reminded <= last):
                continue
            row.reminded = last
            row.save(update_fields=["reminded"])
            notices.tell(person_id=row.person_id, kind=Kind.WARRANTY_ENDS, number=last, now=now)
            told += 1
        if told:
            audit.record(by=by, action="warranties.remind", now=now, count=told)
    return told


def _near(today: date) -> Q:
    """Those that can be due: nearer to their end than the last reminder that they had."""
    due = Q()
    for days in REMINDERS:
        end = date.fromordinal(today.toordinal() + days)
        due |= Q(ends_on__lte=end) & (Q(reminded=None) | Q(reminded__gt=days))
    return due & Q(ends_on__gte=today, returned_on=None)
