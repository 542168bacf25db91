"""What is left of an entry after its time: its hash, so that the tree stands, and nothing that could be read.

That it was old enough can be shown without its text: a checkpoint that covers it was signed long enough ago. All entries below the
newest such checkpoint go, and no others may be missing.
"""

from datetime import datetime

from kvitto.audit import actions
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import OWNER, Cursor, batch_cursor, opened
from kvitto.kernel.periods import months_after

MONTHS_KEPT = 60
BATCH = 10_000
# From the oldest on, so that no run reads what earlier ones have left of the log
_PRUNE = """
    DELETE FROM audit_entry e USING audit_leaf l
    WHERE e.id IN (SELECT id FROM audit_entry ORDER BY id LIMIT %s) AND l.entry_id = e.id AND l.number < %s
"""
_OVER = "SELECT coalesce(max(size), 0) FROM audit_checkpoint WHERE at <= %s"


def kept_since(now: datetime) -> datetime:
    """Entries that were signed for before this are over their time."""
    return datetime.combine(months_after(now.date(), -MONTHS_KEPT), now.timetz())


def over(cursor: Cursor, *, now: datetime) -> int:
    """How many entries, from the first on, are over their time."""
    [(size,)] = cursor.execute(_OVER, [kept_since(now)])
    return int(size)


def prune(*, by: Actor, now: datetime) -> int:
    """Delete the texts and salts of the entries that are over their time; how many. As the owner role: pages cannot."""
    pruned = 0
    with opened(OWNER), batch_cursor(OWNER) as cursor:
        bound = over(cursor, now=now)
        while bound and (gone := cursor.execute(_PRUNE, [BATCH, bound]).rowcount):
            pruned += gone
        if pruned:
            actions.record(by=by, action="audit.prune", now=now, purpose="retention", count=pruned, using=OWNER)
    return pruned
