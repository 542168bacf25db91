"""`kvitto bench bonus`: one month of a whole co-op, closed, against one hand-written statement that only sums.

People, households and receipts are made by SQL, from their numbers alone, so every run has the same month: three households of ten
are of two people. The yardstick gives the Bonus of every household and of everybody alone in one pass; it knows one plan, and books
nothing. Both are run in alternation.
"""

import resource
import statistics
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from datetime import UTC, date, datetime
from typing import Any

from django.db import connections

from kvitto.bonus import actions, closing
from kvitto.bonus.plans import parse
from kvitto.bonus.summing import READ_ONCE
from kvitto.bonus.types import Scheme
from kvitto.kernel.actor import OPERATOR
from kvitto.kernel.db import OWNER, batch_cursor, opened
from kvitto.kernel.errors import KvittoError
from kvitto.kernel.periods import months_after
from kvitto.purchases import partitions
from kvitto.stores.models import Company

MONTH = date(2026, 10, 1)
FILLERS = 2
PART = 1_000_000  # receipts in one statement
SIZES = (1, 2)  # of the asked number of households, to see whether time grows with them
PLAN = b"""
[[plan]]
company = "norrskar"
from = 2016-01-01
steps = [
    { from = "50.00", percent = "1.0" }, { from = "200.00", percent = "1.5" }, { from = "300.00", percent = "2.0" },
    { from = "400.00", percent = "2.5" }, { from = "500.00", percent = "3.0" }, { from = "600.00", percent = "3.5" },
    { from = "700.00", percent = "4.0" }, { from = "800.00", percent = "4.5" }, { from = "900.00", percent = "5.0" },
]
classes = ["standard", "fuel"]
rounding = "nearest"
payment_day = 10
"""
_PEOPLE = """
INSERT INTO members_person (audit_id, given_name, family_name, language, registered_at)
SELECT gen_random_uuid(), 'A', 'B', 'fi', now() FROM generate_series(1, %(people)s)
"""
_HOMES = """
INSERT INTO members_membership (person_id, company_id, period)
SELECT p.id, %(company)s, daterange('2020-01-01', NULL) FROM members_person p WHERE p.id > %(after)s
"""
# Of ten households three are of two people; the others count alone
_HOUSEHOLDS = """
INSERT INTO households_household (made_at) SELECT now() FROM generate_series(1, %(couples)s)
"""
_PLACES = """
WITH home AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM households_household WHERE id > %(after_home)s),
    person AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM members_person WHERE id > %(after)s)
INSERT INTO households_place (household_id, person_id, role, period)
SELECT h.id, p.id, CASE p.n %% 2 WHEN 1 THEN 'main' ELSE 'adult' END, daterange('2020-01-01', NULL)
FROM home h JOIN person p ON (p.n + 1) / 2 = h.n
"""
_RECEIPTS = """
INSERT INTO {partition} (id, business_day, store_id, workstation, sequence, begin_time, end_time, person_id, delivery_id,
    level, level_reason, channel, kind, total_cents, currency, bonus_basis, digest, digest_version)
SELECT %(offset)s + n, %(month)s::date + (n * 7919 %% 31)::int, s.id, '1', %(offset)s + n, '2026-10-01', '2026-10-01',
    %(after)s + 1 + (n * 31 %% %(people)s), 0, 1, 1, 'store', 'sale', 100, 'EUR',
    CASE WHEN n %% 10 = 0
    THEN jsonb_build_array(jsonb_build_array('fuel', cents, cents * 55), jsonb_build_array('standard', 990, 0))
    ELSE jsonb_build_array(jsonb_build_array('standard', cents, 0)) END, '', 1
FROM (SELECT n, 100 + (n * 104729 %% 9000) AS cents FROM generate_series(%(first)s::bigint, %(last)s) n) r
CROSS JOIN (SELECT min(id) AS id FROM stores_store) s
"""
# What each new row of a detached partition would be checked and sorted into; attaching makes it anew, in one pass each
_CHECKED = """
SELECT conname FROM pg_constraint WHERE conrelid = %s::regclass AND contype IN ('p', 'u', 'f')
"""
_SORTED = "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass"
_YARDSTICK = """
SELECT count(*), sum(cents) FROM (
    SELECT (rate.rate * sum(weight) + 500000)::bigint / 1000000 AS cents FROM (
        SELECT coalesce(p.household_id * 2, r.person_id * 2 + 1) AS unit, sum((b->>1)::bigint) AS purchases,
            sum(CASE b->>0 WHEN 'fuel' THEN (b->>2)::bigint ELSE (b->>1)::bigint * 100 END) AS weight
        FROM purchases_receipt r
        LEFT JOIN households_place p ON p.person_id = r.person_id AND p.period @> r.business_day
        CROSS JOIN LATERAL jsonb_array_elements(r.bonus_basis) b
        WHERE r.business_day >= %(month)s AND r.business_day < %(end)s AND r.currency = 'EUR' AND b->>0 IN ('standard', 'fuel')
        GROUP BY 1
    ) summed CROSS JOIN LATERAL (
        SELECT coalesce(max((step->>1)::bigint), 0) AS rate
        FROM bonus_plan, jsonb_array_elements(steps) step WHERE (step->>0)::bigint <= summed.purchases
    ) rate GROUP BY unit, rate.rate
) unit
"""


class WrongError(KvittoError):
    """The two did not come to the same sum."""


def run(*, households: int, receipts: int, progress: Callable[[str], None]) -> dict[str, Any]:
    """Measure in the database the connections point at, which holds a network; `receipts` a household."""
    found: dict[str, Any] = {"households": households, "receipts": households * receipts}
    with opened():
        actions.load(scheme=Scheme(), by=OPERATOR, now=datetime.now(UTC))
        actions.load(scheme=parse(PLAN), by=OPERATOR, now=datetime.now(UTC))
    partitions.make({MONTH})
    seconds = []
    for size in SIZES:
        progress(f"filling {households:,} households")
        _fill(households, receipts, 10**10 * size, progress)
        one = _measure(progress)
        seconds.append(one["seconds"])
        found |= one if size == 1 else {f"{name}_double": value for name, value in one.items()}
    found["growth"] = round(seconds[1] / seconds[0], 2)
    found["peak_rss_mb"] = round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024)
    return found


def _fill(households: int, receipts: int, offset: int, progress: Callable[[str], None]) -> None:
    """Add as many households with their month; over several connections, since one is bound to one processor."""
    couples = households * 3 // 10
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM members_person")
        after = cursor.fetchone()[0]
        cursor.execute("SELECT coalesce(max(id), 0) FROM households_household")
        values = {
            "after": after,
            "after_home": cursor.fetchone()[0],
            "couples": couples,
            "people": households + couples,
            "company": Company.objects.get(code="norrskar").pk,
            "month": MONTH,
            "offset": offset,
        }
        cursor.execute(_PEOPLE, values)
        cursor.execute(_HOUSEHOLDS, values)
    total = households * receipts
    fill = _RECEIPTS.format(partition=partitions.name(MONTH))
    parts = [values | {"first": first, "last": min(first + PART - 1, total)} for first in range(1, total + 1, PART)]
    with _detached(partitions.name(MONTH)), ThreadPoolExecutor(FILLERS) as pool:
        running = [pool.submit(_execute, statement, values) for statement in (_HOMES, _PLACES)]
        running += [pool.submit(_execute, fill, part) for part in parts]
        for done, each in enumerate(as_completed(running), start=1):
            each.result()
            progress(f"filled: part {done} of {len(running)}")
    progress("filled and sorted; vacuuming")
    with connections[OWNER].cursor() as cursor:
        cursor.execute("VACUUM ANALYZE")


def _execute(statement: str, values: dict[str, Any]) -> None:
    """One statement over a connection of this thread."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute(statement, values)
    connections[OWNER].close()


@contextmanager
def _detached(partition: str) -> Iterator[None]:
    """A month of receipts beside the others, for rows by the million: what checks and sorts them is made when they are there."""
    with connections[OWNER].cursor() as cursor:
        cursor.execute(f"ALTER TABLE purchases_receipt DETACH PARTITION {partition}")
        cursor.execute(_CHECKED, [partition])
        for (name,) in cursor.fetchall():
            cursor.execute(f"ALTER TABLE {partition} DROP CONSTRAINT {name}")
        cursor.execute(_SORTED, [partition])
        for (name,) in cursor.fetchall():
            cursor.execute(f"DROP INDEX {name}")
        yield
        cursor.execute(f"ALTER TABLE purchases_receipt ATTACH PARTITION {partition} {partitions.bounds(MONTH)}")


def _measure(progress: Callable[[str], None]) -> dict[str, Any]:
    """Sum, close, sum again: the yardstick's median, and one closing, whose ledger is emptied afterwards."""
    sums, wanted = [], None
    for turn in range(3):
        started = time.perf_counter()
        with opened(), batch_cursor() as cursor:
            cursor.execute(READ_ONCE)  # the same help for its planner
            cursor.execute(_YARDSTICK, {"month": MONTH, "end": months_after(MONTH, 1)})
            wanted = cursor.fetchone()
        sums.append(time.perf_counter() - started)
        progress(f"summed in {sums[-1]:.1f} s")
        if turn == 1:
            started = time.perf_counter()
            done = closing.settle(month=MONTH, by=OPERATOR, now=datetime.now(UTC), today=months_after(MONTH, 2))
            seconds = time.perf_counter() - started
            progress(f"closed in {seconds:.1f} s")
    with connections[OWNER].cursor() as cursor:
        cursor.execute("SELECT %s, sum(cents) FROM bonus_entry", [done.units])
        if (booked := cursor.fetchone()) != wanted:
            raise WrongError(f"booked are {booked}, summed {wanted}: units and cents")
        cursor.execute("TRUNCATE bonus_entry, bonus_cause, bonus_close")
    sql = statistics.median(sums)
    return {"seconds": round(seconds, 1), "sql_seconds": round(sql, 1), "ratio": round(seconds / sql, 2)}
