"""`kvitto bench purge`: deleting one day among 24 months, before and after doubling the register.

The rows are made by SQL: what is measured is the deletion, which does not look at what a row holds.
"""

import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db import connections

from kvitto.kernel.actor import SYSTEM
from kvitto.kernel.db import OWNER, WEB, opened
from kvitto.kernel.home import home
from kvitto.kernel.server import EmbeddedServer
from kvitto.purchases import actions
from kvitto.purchases.rules import keep_from

# n is a running number: it makes the key, the buyer and the time of day
_FILL = """
INSERT INTO purchases_receipt (business_day, store_id, workstation, sequence, begin_time, end_time, person_id, delivery_id,
    level, level_reason, channel, kind, total_cents, currency, bonus_basis, digest, digest_version, sealed)
SELECT d::date, (SELECT min(id) FROM stores_store), '1', %(offset)s + n, d + n * interval '1 ms', d + n * interval '1 ms',
    (SELECT min(id) FROM members_person) + n %% (SELECT count(*) FROM members_person), 0,
    3, 1, 'store', 'sale', 1990, 'EUR', '[["standard",1990,0]]', sha256(int8send(n)), 1, decode(repeat(md5(n::text), 25), 'hex')
FROM generate_series(%(first)s::timestamptz, %(last)s::timestamptz, '1 day') AS d, generate_series(1, %(rows)s) AS n
"""


def run(
    *, rows_a_day: int, rows_a_purged_day: int, days: int, embedded: bool, progress: Callable[[str], None]
) -> dict[str, Any]:
    """Measure in the database the connections point at, which holds some stores and people.

    The `days` oldest days have `rows_a_purged_day` receipts, the others `rows_a_day`; half of those oldest days are purged
    one by one, then the register is doubled on the other days, then the other half is purged. The embedded server is
    restarted before both, so that both begin with nothing in the database's memory and with a finished checkpoint.
    """
    now = datetime.now(UTC)
    oldest = keep_from(now.date())
    rest = oldest + timedelta(days=days)
    progress(f"filling {oldest} to {now.date()}")
    _fill(oldest, rest - timedelta(days=1), rows_a_purged_day, 0)
    _fill(rest, now.date(), rows_a_day, 0)
    half = days // 2
    if embedded:
        _restart()
    before, rows_before = _purge(oldest, half, now), _rows()
    progress(f"before doubling: {statistics.median(before) * 1000:.1f} ms a day; doubling")
    _fill(rest, now.date(), rows_a_day, 10**9)
    if embedded:
        _restart()
    after, rows_after = _purge(oldest + timedelta(days=half), half, now), _rows()
    ratio = statistics.median(after) / statistics.median(before)
    return {
        "rows_a_day": rows_a_purged_day,
        "register_rows_before": rows_before,
        "register_rows_after": rows_after,
        "purge_ms_before": round(statistics.median(before) * 1000, 1),
        "purge_ms_after": round(statistics.median(after) * 1000, 1),
        "ratio": round(ratio, 3),
        "rows_per_s": round(rows_a_purged_day / statistics.median(after)),
    }


def _fill(first: date, last: date, rows: int, offset: int) -> None:
    with connections[OWNER].cursor() as cursor:
        cursor.execute(_FILL, {"first": first, "last": last, "rows": rows, "offset": offset})
        cursor.execute("ANALYZE purchases_receipt")


def _restart() -> None:
    for alias in (WEB, OWNER):
        connections[alias].close()
    server = EmbeddedServer(home())
    server.stop()
    server.start()


def _purge(first: date, days: int, now: datetime) -> list[float]:
    """Seconds of deleting each day, with its audit entry, committed."""
    seconds = []
    for offset in range(1, days + 1):
        started = time.perf_counter()
        with opened():
            actions.purge_before(day=first + timedelta(days=offset), by=SYSTEM, now=now)
        seconds.append(time.perf_counter() - started)
    return seconds


def _rows() -> int:
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT count(*) FROM purchases_receipt")
        return int(cursor.fetchone()[0])
