"""The monthly partitions of the receipts table. Runs as the owner role."""

from collections.abc import Iterable
from datetime import date

from django.db import connections, transaction

from kvitto.kernel.db import OWNER
from kvitto.kernel.periods import month_start, months_after

MONTHS_BACK, MONTHS_AHEAD = 26, 3


def name(month: date) -> str:
    """The partition of a month."""
    return f"purchases_receipt_{month:%Y_%m}"


def bounds(month: date) -> str:
    """The month's bounds, in SQL."""
    return f"FOR VALUES FROM ('{month}') TO ('{months_after(month, 1)}')"


def ensure(*, today: date) -> int:
    """Make the missing partitions up to 3 months ahead; how many were made.

    The first time they begin 26 months back; later with the oldest there is, so that what a purge dropped stays dropped.
    """
    existing = months()
    start = months_after(month_start(today), -MONTHS_BACK)
    wanted = (months_after(start, offset) for offset in range(MONTHS_BACK + MONTHS_AHEAD + 1))
    return make([month for month in wanted if not existing or month > existing[0]])


def make(wanted: Iterable[date]) -> int:
    """Make the partitions of these months where they are missing; how many were made."""
    missing = sorted(set(wanted) - set(months()))
    with connections[OWNER].cursor() as cursor:
        for month in missing:
            cursor.execute(f"CREATE TABLE {name(month)} PARTITION OF purchases_receipt {bounds(month)}")
    return len(missing)


def months() -> list[date]:
    """The first days of the months that have a partition, oldest first."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute(
            "SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'purchases_receipt'::regclass"
        )
        names = [str(row[0]) for row in cursor.fetchall()]
    return sorted(date.fromisoformat(f"{each[-7:-3]}-{each[-2:]}-01") for each in names)


def drop_emptied(*, keep_from: date) -> list[str]:
    """Drop the partitions that lie wholly before `keep_from` and hold no row; their names.

    Rows are never dropped with a partition: a purge deletes them first, with its audit entry.
    """
    dropped = []
    for month in months():
        if months_after(month, 1) > keep_from:
            break
        with transaction.atomic(using=OWNER), connections[OWNER].cursor() as cursor:
            cursor.execute(
                f"LOCK TABLE {name(month)} IN ACCESS EXCLUSIVE MODE"
            )  # nothing comes in between look and drop
            cursor.execute(f"SELECT EXISTS (SELECT 1 FROM {name(month)})")  # noqa: S608  a name of our own
            if not cursor.fetchone()[0]:
                cursor.execute(f"DROP TABLE {name(month)}")
                dropped.append(name(month))
    return dropped
