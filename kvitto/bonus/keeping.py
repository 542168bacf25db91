"""How long the ledger stays, and in what form: decision 30. As the owner role, since everybody else may only add to it.

What it says of purchases stays as long as receipts do; sums, days and accounts as long as the law on accounts asks.
"""

from datetime import date, datetime

from django.db.models import Q
from django.utils.timezone import get_current_timezone

from kvitto.audit import actions as audit
from kvitto.bonus import models
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import OWNER, batch_cursor, opened

YEARS_KEPT = 7  # after the end of the year in which a row was booked
_REDUCE = """
UPDATE bonus_entry SET purchases = NULL, together = NULL, rate = NULL, rate_before = NULL
WHERE month = ANY(%(months)s) AND purchases IS NOT NULL
"""
# Up to the last of the old rows after which nothing was owed, so that no balance changes
_CLEAR = """
DELETE FROM bonus_entry e USING (
    SELECT person_id, max(id) AS upto FROM (
        SELECT person_id, id, booked_at, sum(cents) OVER (PARTITION BY person_id ORDER BY id) AS balance FROM bonus_entry
    ) booked WHERE booked_at < %(before)s AND balance = 0 GROUP BY 1
) settled WHERE e.person_id = settled.person_id AND e.id <= settled.upto
"""


def reduce(*, keep_from: date, by: Actor, now: datetime) -> int:
    """Take the figures of purchases out of the rows of months that begin before `keep_from`; of how many. Each month once."""
    over = Q(month__lt=keep_from, done_at__isnull=False, reduced_at=None)
    return _run(_REDUCE, over, "reduced_at", action="bonus.reduce", before=now, by=by, now=now)


def clear(*, today: date, by: Actor, now: datetime) -> int:
    """Delete the rows that are over their time, and of which nothing is owed; how many. It is looked for once a year."""
    before = datetime(today.year - YEARS_KEPT, 1, 1, tzinfo=get_current_timezone())
    over = Q(done_at__lt=before, cleared_at=None)
    return _run(_CLEAR, over, "cleared_at", action="bonus.clear", before=before, by=by, now=now)


def _run(statement: str, over: Q, mark: str, *, action: str, before: datetime, by: Actor, now: datetime) -> int:
    """One statement for the closed months that are over a time, which are marked; how many rows."""
    closes = models.Close.objects.using(OWNER)
    with opened(OWNER), batch_cursor(OWNER) as cursor:
        months = list(closes.filter(over).values_list("month", flat=True))
        if not months:
            return 0
        rows = cursor.execute(statement, {"months": months, "before": before}).rowcount
        closes.filter(month__in=months).update(**{mark: now})
        audit.record(by=by, action=action, now=now, purpose="retention", count=rows, using=OWNER)
    return rows
