"""What belongs to which of a person's receipts: returns and the sales whose goods came back, and what was corrected.

Links are resolved when they are asked for, so a sale that came in after its return is found by the same query.
"""

from collections import defaultdict
from datetime import date

from kvitto.kernel.db import batch_cursor
from kvitto.purchases.types import Beside, Related, Replaced

# Every sale that a person's returns name, found among their own receipts or not: of a number that was used twice on a day, the last
# before the return; of a web order, every delivery before the refund
_RELATED = """
SELECT r.business_day, r.id, r.store_id, r.end_time, r.total_cents, r.currency,
    s.business_day, s.id, s.store_id, s.end_time, s.total_cents, s.currency
FROM purchases_link l JOIN purchases_receipt r ON r.business_day = l.business_day AND r.id = l.receipt_id
LEFT JOIN LATERAL (
    (SELECT o.business_day, o.id, o.store_id, o.end_time, o.total_cents, o.currency FROM purchases_receipt o
    WHERE o.business_day = l.sold_on AND o.store_id = l.store_id AND o.workstation = l.workstation
        AND o.sequence = l.sequence AND (l.begin_time IS NULL OR o.begin_time = l.begin_time)
        AND o.person_id = l.person_id AND o.end_time <= r.end_time AND o.id <> r.id
    UNION ALL
    SELECT o.business_day, o.id, o.store_id, o.end_time, o.total_cents, o.currency FROM purchases_receipt o
    WHERE l.code IS NOT NULL AND o.person_id = l.person_id AND o.code = l.code AND o.end_time <= r.end_time AND o.id <> r.id
    ORDER BY end_time DESC LIMIT 1)
    UNION ALL
    SELECT o.business_day, o.id, o.store_id, o.end_time, o.total_cents, o.currency FROM purchases_receipt o
    WHERE l.code IS NULL AND l.sold_on IS NULL AND o.person_id = l.person_id AND o.store_id = r.store_id
        AND o.workstation = l.workstation AND o.kind = 'sale' AND o.end_time <= r.end_time
) s ON true
WHERE l.person_id = %(person)s AND r.person_id = %(person)s ORDER BY r.end_time, r.id, s.end_time, s.id
"""


def related_of(person_id: int) -> dict[tuple[date, int], Related]:
    """What belongs to which of a person's receipts, by business day and id; those that nothing belongs to are absent.

    Only ever receipts of the same person: what somebody else bought is as good as not there. Opens nothing.
    """
    found: defaultdict[tuple[date, int], Related] = defaultdict(Related)
    with batch_cursor() as cursor:
        cursor.execute(_RELATED, {"person": person_id}, binary=True)
        for row in cursor:
            of = found[row[0], row[1]]
            if row[7] is None:
                of.missing += 1
                continue
            sale = Beside(*row[6:])
            if sale not in of.sales:
                of.sales.append(sale)
                found[sale.business_day, sale.receipt_id].returns.append(Beside(*row[:6]))
        cursor.execute(
            "SELECT business_day, receipt_id, at, total_cents FROM purchases_superseded WHERE person_id = %s ORDER BY at, id",
            [person_id],
            binary=True,
        )
        for day, receipt_id, at, total_cents in cursor:
            found[day, receipt_id].replaced.append(Replaced(at, total_cents))
    return dict(found)
