"""Which running numbers each till has used on each business day, and so which are missing, and how late they came.

One row a till and day holds the numbers as ranges: a day without gaps is one range, whatever was sold. A gap is what the ranges
leave out; nothing opens or closes one, so there is none that was forgotten. What somebody declares of missing numbers stands
beside them, and says nothing any more of numbers that have come in.
"""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection

from kvitto.audit import actions as audit
from kvitto.intake.rules import LONGEST_GAP
from kvitto.intake.types import Gap, GapState, TillDay, UsedNumber
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import array, batch_cursor, require_transaction
from kvitto.kernel.errors import ConflictError, InvalidError
from kvitto.staff.gate import permit
from kvitto.staff.types import Act
from kvitto.stores import queries as stores
from kvitto.stores.types import ScopeKind

MOST_DAYS = 100  # tills' days in one answer
# A till's last day before the first one that is asked about lies this far back at most; a longer pause hides a gap across it
_LOOK_BACK = timedelta(days=31)
_END = 2**63 - 1  # the last number: it has no successor, so no range can hold it

_NOTE = """
INSERT INTO intake_till_day AS t (business_day, store_id, workstation, seen, late, filled, void, lost, last_at)
SELECT day, store, till, range_agg(int8range(number, number, '[]')),
    coalesce(range_agg(int8range(number, number, '[]')) FILTER (WHERE late), '{}'), '{}', '{}', '{}', %s
FROM unnest(%s::date[], %s::int8[], %s::text[], %s::int8[], %s::bool[]) AS s (day, store, till, number, late)
GROUP BY day, store, till ORDER BY day, store, till
ON CONFLICT (business_day, store_id, workstation) DO UPDATE SET
    seen = t.seen + excluded.seen,
    late = t.late + (excluded.late - t.seen),
    filled = t.filled + (excluded.late - t.seen) * int8multirange(int8range(NULL, upper(t.seen))),
    last_at = excluded.last_at
WHERE NOT excluded.seen <@ t.seen
"""
# The numbers between a till's day and its day before belong to the later one
_FIND = """
WITH near AS (
    SELECT *, lag(upper(seen)) OVER (PARTITION BY store_id, workstation ORDER BY business_day) AS before
    FROM intake_till_day WHERE business_day >= %(back)s AND business_day < %(end)s
        AND (%(store)s::int8 IS NULL OR store_id = %(store)s)
), days AS (
    SELECT *, (
        SELECT coalesce(range_agg(hole), '{}')
        FROM unnest(int8multirange(range_merge(seen)) - seen + CASE
            WHEN before < lower(seen) THEN int8multirange(int8range(before, lower(seen))) ELSE '{}' END) AS hole
        WHERE upper(hole) - lower(hole) <= %(longest)s
    ) AS holes FROM near WHERE business_day >= %(start)s
)
SELECT d.store_id, s.code, d.business_day, d.workstation, holes - void - lost, filled, holes * void, holes * lost,
    (SELECT coalesce(sum(upper(each) - lower(each)), 0)::int8 FROM unnest(late) AS each), last_at
FROM days d JOIN stores_store s ON s.id = d.store_id
WHERE NOT (isempty(holes) AND isempty(late))
ORDER BY isempty(holes - void - lost), d.business_day DESC, s.code, d.workstation LIMIT %(most)s
"""
_SETTLE = """
UPDATE intake_till_day SET
    void = void - %(gap)s::int8multirange + CASE WHEN %(state)s = 'void' THEN %(gap)s ELSE '{}' END::int8multirange,
    lost = lost - %(gap)s::int8multirange + CASE WHEN %(state)s = 'lost' THEN %(gap)s ELSE '{}' END::int8multirange
WHERE business_day = %(day)s AND store_id = %(store)s AND workstation = %(till)s AND NOT seen && %(gap)s::int8multirange
"""


class GapRangeError(InvalidError):
    """Numbers that no gap can have."""


class NoGapError(ConflictError):
    """Nothing is missing there, or not any more."""


def note(*, numbers: Sequence[UsedNumber], now: datetime) -> None:
    """Note the numbers that tills have used, in the caller's transaction. What is known already changes nothing."""
    known = [each for each in numbers if each.sequence < _END]
    if not known:
        return
    days, places, tills, sequences, late = zip(*known, strict=True)
    with batch_cursor() as cursor:
        cursor.execute(_NOTE, [now, array(days), array(places), list(tills), array(sequences), array(late)])


def till_days(*, start: date, end: date, store_id: int | None = None) -> list[TillDay]:
    """The tills' business days of a period on which numbers are missing or came in late; those with open gaps first.

    Of one store, or of all. At most `MOST_DAYS`. A hole of more than `LONGEST_GAP` numbers is a counter that was set anew.
    """
    asked = {"back": start - _LOOK_BACK, "start": start, "end": end, "store": store_id}
    with batch_cursor() as cursor:
        cursor.execute(_FIND, asked | {"longest": LONGEST_GAP, "most": MOST_DAYS})
        rows = cursor.fetchall()
    return [
        TillDay(store, code, day, till, _gaps(dict(zip(GapState, sets, strict=True))), late, last_at)
        for store, code, day, till, *sets, late, last_at in rows
    ]


def settle(
    *,
    store: str,
    business_day: date,
    workstation: str,
    first: int,
    last: int,
    state: GapState,
    by: Actor,
    now: datetime,
) -> None:
    """Declare missing numbers of a till, both ends in, void or lost; or open, as they were before. `store` is its code.

    Raises DeniedError, GapRangeError, NoGapError: some of them may have come in meanwhile.
    """
    require_transaction()
    permit(by=by, act=Act.RECEIPTS_SETTLE_GAP, now=now)
    if state is GapState.FILLED or not (0 <= first <= last < _END) or last - first >= LONGEST_GAP:
        raise GapRangeError(f"1 to {LONGEST_GAP} numbers are declared void or lost, or open again")
    asked: dict[str, str | date | int | None] = {
        "gap": f"{{[{first},{last}]}}",
        "state": state.value,
        "day": business_day,
        "store": stores.place_id(ScopeKind.STORE, store),
        "till": workstation,
    }
    with connection.cursor() as cursor:
        cursor.execute(_SETTLE, asked)
        if not cursor.rowcount:
            raise NoGapError("nothing is missing there any more: it has come in")
    audit.record(by=by, action=f"intake.gap.{state}", now=now, count=last - first + 1)


def _gaps(sets: dict[GapState, Any]) -> tuple[Gap, ...]:
    """The gaps in the order of their numbers, from the ranges by state."""
    found = [Gap(each.lower, each.upper - 1, state) for state, ranges in sets.items() for each in ranges]
    return tuple(sorted(found, key=lambda gap: gap.first))
