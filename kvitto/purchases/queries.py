"""Reads of the purchase register. Heads are readable; what was bought comes through the vault, with an entry."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any

import msgspec
from django.db import connection

from kvitto.kernel.actor import Actor
from kvitto.kernel.db import batch_cursor
from kvitto.kernel.periods import Period
from kvitto.members import queries as members
from kvitto.purchases.actions import seal_context
from kvitto.purchases.models import KeptBack
from kvitto.purchases.rules import deletes_on
from kvitto.purchases.types import (
    BonusBasis,
    BonusFigure,
    BonusReceipt,
    Content,
    GroupContent,
    Key,
    LevelReason,
    MonthTotal,
    ProductContent,
    ReceiptDetail,
    ReceiptFilter,
    ReceiptHead,
    RegisterCounts,
    Span,
    Standing,
)
from kvitto.stores.types import Level
from kvitto.vault import actions as vault
from kvitto.vault.types import ToOpen

_deletes_on = lru_cache(maxsize=1_000)(deletes_on)  # a list of receipts asks for the same days again and again
_decode_bases = msgspec.json.Decoder(list[BonusBasis]).decode
_decode = msgspec.msgpack.Decoder(ProductContent | GroupContent).decode
_HEAD = "id, business_day, store_id, end_time, total_cents, currency, level, level_reason, voided_at"
_SEALED = "workstation, sequence, begin_time, sealed"  # what opening needs besides the head
_DETAIL = "channel, kind, bonus_basis::text"
# Both bounds, so that the tables of other months are left alone
_OF_A_PERIOD = "person_id = %s AND business_day >= %s AND business_day < %s"
_COUNTS = "voided_at IS NULL"  # what a till took back stays and counts for nothing
_NEWEST_FIRST = "ORDER BY business_day DESC, end_time DESC, id DESC"
_FIGURES = """
WITH figure AS (
    SELECT r.person_id, r.business_day, r.end_time, r.store_id, r.currency, s.shown AND k.receipt_id IS NULL AS shown,
        (SELECT coalesce(sum((basis->>1)::bigint), 0) FROM jsonb_array_elements(r.bonus_basis) basis)::bigint AS cents
    FROM unnest(%s::bigint[], %s::date[], %s::date[], %s::bool[]) AS s (person_id, first, past, shown)
    JOIN purchases_receipt r ON r.person_id = s.person_id AND r.business_day >= s.first AND r.business_day < s.past
    LEFT JOIN purchases_kept_back k ON k.business_day = r.business_day AND k.receipt_id = r.id
    WHERE r.business_day >= %s AND r.business_day < %s AND r.voided_at IS NULL
), told AS (
    SELECT cents, currency, person_id, business_day, store_id, end_time FROM figure WHERE shown AND cents <> 0
    UNION ALL
    SELECT sum(cents)::bigint, currency, NULL, NULL, NULL, NULL FROM figure WHERE NOT shown AND cents <> 0 GROUP BY currency
)
SELECT cents, currency, person_id, business_day, store_id FROM told
ORDER BY business_day DESC NULLS LAST, end_time DESC, currency
"""
_BONUS = """
SELECT r.person_id, r.business_day, r.id, r.store_id, r.delivery_id, r.total_cents, r.currency, k.receipt_id IS NOT NULL,
    CASE WHEN r.voided_at IS NULL THEN r.bonus_basis::text ELSE '[]' END
FROM purchases_receipt r LEFT JOIN purchases_kept_back k ON k.business_day = r.business_day AND k.receipt_id = r.id
WHERE r.person_id = ANY(%s) AND r.business_day >= %s AND r.business_day < %s
ORDER BY r.business_day DESC, r.end_time DESC, r.id DESC
"""
_FILTERS = {
    "store_id": "store_id = %s",
    "first": "business_day >= %s",
    "last": "business_day <= %s",
    "least": "total_cents >= %s",
    "most": "total_cents <= %s",
}


def receipts_of(person_id: int, limit: int) -> list[ReceiptHead]:
    """A person's newest receipts, newest first, without what was bought."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {_HEAD} FROM purchases_receipt WHERE person_id = %s ORDER BY business_day DESC, end_time DESC LIMIT %s",
            [person_id, limit],
        )
        return [_head(row) for row in cursor.fetchall()]


def contents_of(
    *, person_id: int, receipts: Sequence[tuple[date, int]], by: Actor, purpose: str, now: datetime, case: str = ""
) -> list[Content]:
    """What was bought on a person's receipts, given by (business day, id), in order; one audit entry for them all.

    None for a receipt at total level, and for one that is not there or not that person's: the answer is the same.
    """
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT r.business_day, r.id, r.store_id, r.workstation, r.sequence, r.begin_time, r.level, r.sealed"
            " FROM unnest(%s::date[], %s::bigint[]) AS wanted (business_day, id)"
            " JOIN purchases_receipt r USING (business_day, id) WHERE r.person_id = %s AND r.sealed IS NOT NULL",
            [[day for day, _ in receipts], [receipt_id for _, receipt_id in receipts], person_id],
        )
        rows = cursor.fetchall()
    if not rows:
        return [None] * len(receipts)
    days = [row[0] for row in rows]
    plain = vault.open_sealed(
        items=_to_open(person_id, rows),
        by=by,
        purpose=purpose,
        subject=members.audit_id(person_id),
        period=Period(min(days), date.fromordinal(max(days).toordinal() + 1)),
        now=now,
        case=case,
    )
    contents = {(row[0], row[1]): _decode(text) for row, text in zip(rows, plain, strict=True)}
    return [contents.get(receipt) for receipt in receipts]


def receipts_in(*, person_id: int, period: Period) -> list[ReceiptHead]:
    """A person's receipts of a period that count, newest first, without what was bought."""
    return [_head(row) for row in _rows(_HEAD, person_id, period, _COUNTS)]


def opened_receipts(
    *, person_id: int, period: Period, by: Actor, purpose: str, now: datetime, case: str = ""
) -> list[tuple[ReceiptHead, Content]]:
    """A person's receipts of a period that count, with what was bought, newest first; one audit entry for them all.

    The content is None for a receipt at total level; when all are, nothing is opened and no entry is written.
    """
    rows = _rows(f"{_HEAD}, {_SEALED}", person_id, period, _COUNTS)
    contents = _open(person_id, rows, by=by, purpose=purpose, now=now, case=case)
    return list(zip(map(_head, rows), contents, strict=True))


def opened_receipt(
    *, person_id: int, day: date, receipt_id: int, by: Actor, purpose: str, now: datetime
) -> tuple[ReceiptDetail, Content] | None:
    """One receipt of a person with everything that is recorded of it; an audit entry when there was something to open.

    None when it is not there or not that person's: the answer is the same.
    """
    with batch_cursor() as cursor:
        cursor.execute(
            f"SELECT {_HEAD}, {_SEALED}, {_DETAIL} FROM purchases_receipt"
            " WHERE business_day = %s AND id = %s AND person_id = %s",
            [day, receipt_id, person_id],
            binary=True,
        )
        row = cursor.fetchone()
    if row is None:
        return None
    return _detail(row), _open(person_id, [row], by=by, purpose=purpose, now=now)[0]


def opened_details(
    *, person_id: int, period: Period, by: Actor, purpose: str, now: datetime, case: str = ""
) -> list[tuple[ReceiptDetail, Content]]:
    """As `opened_receipts`, also those that do not count, with everything that is recorded of each."""
    rows = _rows(f"{_HEAD}, {_SEALED}, {_DETAIL}", person_id, period)
    contents = _open(person_id, rows, by=by, purpose=purpose, now=now, case=case)
    return list(zip(map(_detail, rows), contents, strict=True))


def opened_before(
    *, person_id: int, before: tuple[date, int] | None, limit: int, by: Actor, purpose: str, now: datetime
) -> list[tuple[ReceiptDetail, Content]]:
    """As `opened_details`, the newest days first: the first `limit` before (business day, id), or of all."""
    day, receipt_id = before or (date.max, 0)
    with batch_cursor() as cursor:
        cursor.execute(
            f"SELECT {_HEAD}, {_SEALED}, {_DETAIL} FROM purchases_receipt"
            " WHERE person_id = %s AND business_day <= %s AND (business_day, id) < (%s, %s)"
            " ORDER BY business_day DESC, id DESC LIMIT %s",
            [person_id, day, day, receipt_id, limit],
            binary=True,
        )
        rows = cursor.fetchall()
    contents = _open(person_id, rows, by=by, purpose=purpose, now=now)
    return list(zip(map(_detail, rows), contents, strict=True))


def month_totals(*, person_id: int, period: Period) -> list[MonthTotal]:
    """A person's receipts of a period that count, summed by month and currency, oldest month first; opens nothing."""
    with batch_cursor() as cursor:
        cursor.execute(
            "SELECT date_trunc('month', business_day)::date AS month, currency, sum(total_cents)::bigint, count(*)"
            f" FROM purchases_receipt WHERE {_OF_A_PERIOD} AND {_COUNTS} GROUP BY 1, 2 ORDER BY 1, 2",
            [person_id, period.start, period.end or date.max],
            binary=True,
        )
        return [MonthTotal(*row) for row in cursor]


def listed(
    *, person_id: int, wanted: ReceiptFilter, offset: int, limit: int
) -> tuple[list[ReceiptHead], int, list[int]]:
    """A page of a person's receipts, newest first; how many the filter lets through; the stores of all their receipts."""
    asked = [(condition, getattr(wanted, name)) for name, condition in _FILTERS.items()]
    asked = [(condition, value) for condition, value in asked if value is not None]
    where = " AND ".join(["true", *(condition for condition, _ in asked)])
    values = [value for _, value in asked]
    with batch_cursor() as cursor:
        cursor.execute(
            f"SELECT store_id, count(*) FILTER (WHERE {where}) FROM purchases_receipt WHERE person_id = %s GROUP BY 1",
            [*values, person_id],
            binary=True,
        )
        counts = cursor.fetchall()
        cursor.execute(
            f"SELECT {_HEAD} FROM purchases_receipt WHERE person_id = %s AND {where} {_NEWEST_FIRST} LIMIT %s OFFSET %s",
            [person_id, *values, limit, offset],
            binary=True,
        )
        heads = [_head(row) for row in cursor]
    return heads, sum(count for _, count in counts), [store_id for store_id, _ in counts]


def bonus_bases_of(person_id: int, period: Period) -> list[tuple[date, int, list[BonusBasis]]]:
    """(business day, receipt id, Bonus basis) of a person's receipts in a period, for Bonus and for the member."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT business_day, id, bonus_basis::text FROM purchases_receipt"
            " WHERE person_id = %s AND business_day >= %s AND business_day < %s ORDER BY business_day, id",
            [person_id, period.start, period.end or date.max],
        )
        rows = cursor.fetchall()
    return [(day, receipt_id, _decode_bases(basis)) for day, receipt_id, basis in rows]


def bonus_figures(spans: Sequence[Span], *, period: Period) -> list[BonusFigure]:
    """The Bonus purchases of receipts in people's spans and a period, newest first; opens nothing.

    One figure a receipt: the cents that its Bonus classes count, without those it came to. A receipt without any is left
    out. What its buyer keeps back, and all of a span that is not shown, comes as one sum a currency, at the end.
    """
    with batch_cursor() as cursor:
        cursor.execute(
            _FIGURES,
            [
                [span.person_id for span in spans],
                [span.start for span in spans],
                [span.end for span in spans],
                [span.shown for span in spans],
                period.start,
                period.end or date.max,
            ],
            binary=True,
        )
        return [BonusFigure(*row) for row in cursor]


def head_of(*, person_id: int, day: date, receipt_id: int) -> ReceiptHead | None:
    """One receipt of a person without what was bought; None when it is not there or not that person's."""
    with batch_cursor() as cursor:
        cursor.execute(
            f"SELECT {_HEAD} FROM purchases_receipt WHERE business_day = %s AND id = %s AND person_id = %s",
            [day, receipt_id, person_id],
            binary=True,
        )
        row = cursor.fetchone()
    return _head(row) if row else None


def heads_of(*, person_id: int, receipts: Sequence[tuple[date, int]]) -> list[ReceiptHead]:
    """Those of a person's receipts, given by (business day, id), without what was bought; newest first."""
    with batch_cursor() as cursor:
        cursor.execute(
            f"SELECT {_HEAD} FROM purchases_receipt JOIN unnest(%s::date[], %s::bigint[]) AS wanted (business_day, id)"
            f" USING (business_day, id) WHERE person_id = %s {_NEWEST_FIRST}",
            [[day for day, _ in receipts], [receipt_id for _, receipt_id in receipts], person_id],
            binary=True,
        )
        return [_head(row) for row in cursor]


def detail_of(*, person_id: int, day: date, receipt_id: int) -> ReceiptDetail | None:
    """What is recorded of one receipt of a person at every level; None as `head_of`. Opens nothing."""
    with batch_cursor() as cursor:
        cursor.execute(
            f"SELECT {_HEAD}, {_SEALED}, {_DETAIL} FROM purchases_receipt"
            " WHERE business_day = %s AND id = %s AND person_id = %s",
            [day, receipt_id, person_id],
            binary=True,
        )
        row = cursor.fetchone()
    return _detail(row) if row else None


def standing(keys: Sequence[Key]) -> dict[Key, Standing]:
    """What stands under each of the keys that are stored."""
    if not keys:
        return {}
    columns = zip(*[msgspec.structs.astuple(key) for key in keys], strict=True)
    with batch_cursor() as cursor:
        cursor.execute(
            "SELECT r.store_id, r.business_day, r.workstation, r.sequence, r.begin_time,"
            " r.id, r.level_reason, r.end_time, r.voided_at"
            " FROM unnest(%s::bigint[], %s::date[], %s::text[], %s::bigint[], %s::timestamptz[])"
            " AS k (store_id, business_day, workstation, sequence, begin_time)"
            " JOIN purchases_receipt r USING (business_day, store_id, workstation, sequence, begin_time)",
            list(map(list, columns)),
            binary=True,
        )
        return {Key(*row[:5]): Standing(row[5], LevelReason(row[6]), *row[7:]) for row in cursor.fetchall()}


def newest_id(person_id: int) -> int:
    """The id of the receipt of a person's that was stored last; 0 when there is none."""
    with batch_cursor() as cursor:
        cursor.execute("SELECT coalesce(max(id), 0) FROM purchases_receipt WHERE person_id = %s", [person_id])
        return int(cursor.fetchall()[0][0])


def arrived(*, person_id: int, after: int, limit: int) -> list[ReceiptHead]:
    """A person's receipts that were stored after the one with an id, the last stored first."""
    with batch_cursor() as cursor:
        cursor.execute(
            f"SELECT {_HEAD} FROM purchases_receipt WHERE person_id = %s AND id > %s ORDER BY id DESC LIMIT %s",
            [person_id, after, limit],
            binary=True,
        )
        return [_head(row) for row in cursor]


def bonus_receipts(person_ids: Sequence[int], *, period: Period) -> list[BonusReceipt]:
    """What the Bonus is computed from: people's receipts of a period, newest first, without what was bought; opens nothing."""
    with batch_cursor() as cursor:
        cursor.execute(_BONUS, [list(person_ids), period.start, period.end or date.max], binary=True)
        return [
            BonusReceipt(who, day, number, store, delivery, total, currency, kept, _decode_bases(basis))
            for who, day, number, store, delivery, total, currency, kept, basis in cursor
        ]


def is_kept_back(*, person_id: int, day: date, receipt_id: int) -> bool:
    """Whether a person keeps a receipt of theirs back from their household."""
    return KeptBack.objects.filter(business_day=day, receipt_id=receipt_id, person_id=person_id).exists()


def withheld_since(person_id: int, since: datetime) -> int:
    """How many of a person's receipts since an instant are recorded at less than their chain records, by their own choice."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT count(*) FROM purchases_receipt"
            " WHERE person_id = %s AND business_day >= %s AND end_time >= %s AND level_reason <> %s",
            [person_id, since.date() - timedelta(days=1), since, int(LevelReason.CHAIN)],
        )
        return int(cursor.fetchone()[0])


def due(*, keep_from: date) -> int:
    """How many receipts are of business days before `keep_from`: what a purge would delete."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM purchases_receipt WHERE business_day < %s", [keep_from])
        return int(cursor.fetchone()[0])


def is_stored(key: Key) -> bool:
    """Whether a receipt with this key is recorded; nothing of it is read."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM purchases_receipt WHERE business_day = %s AND store_id = %s AND workstation = %s"
            " AND sequence = %s AND begin_time = %s)",
            [key.business_day, key.store_id, key.workstation, key.sequence, key.begin_time],
        )
        return bool(cursor.fetchone()[0])


def is_own(
    *, person_id: int, store_id: int, day: date, workstation: str | None, sequence: int | None, code: str | None
) -> bool:
    """Whether a receipt, named by till and number or by its code, is among a person's own; nothing of it is read."""
    with batch_cursor() as cursor:
        cursor.execute(
            "SELECT EXISTS (SELECT FROM purchases_receipt WHERE person_id = %s AND business_day = %s AND store_id = %s"
            " AND (code = %s OR (workstation, sequence) = (%s, %s)))",
            [person_id, day, store_id, code, workstation, sequence],
        )
        return bool(cursor.fetchall()[0][0])


def register_counts() -> RegisterCounts:
    """Receipts by level, first and last business day. Reads the whole register: for the command line, not for pages."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT level, count(*), min(business_day), max(business_day) FROM purchases_receipt GROUP BY level"
        )
        rows = {level: (count, first, last) for level, count, first, last in cursor.fetchall()}
    product, group, total = (
        rows[level][0] if level in rows else 0 for level in (Level.PRODUCT, Level.GROUP, Level.TOTAL)
    )
    firsts, lasts = [row[1] for row in rows.values()], [row[2] for row in rows.values()]
    return RegisterCounts(product, group, total, min(firsts, default=None), max(lasts, default=None))


def _rows(columns: str, person_id: int, period: Period, which: str = "true") -> list[tuple[Any, ...]]:
    with batch_cursor() as cursor:
        cursor.execute(
            f"SELECT {columns} FROM purchases_receipt WHERE {_OF_A_PERIOD} AND {which} {_NEWEST_FIRST}",
            [person_id, period.start, period.end or date.max],
            binary=True,
        )
        return cursor.fetchall()


def _open(
    person_id: int, rows: Sequence[tuple[Any, ...]], *, by: Actor, purpose: str, now: datetime, case: str = ""
) -> list[Content]:
    """The contents of rows of `_HEAD` and `_SEALED`, in order; an own outermost transaction unless nothing is sealed."""
    sealed = [row for row in rows if row[12] is not None]
    if not sealed:
        return [None] * len(rows)
    days = [row[1] for row in sealed]
    items = [
        ToOpen(row[12], seal_context(person_id, row[2], row[1], row[9], row[10], row[11], row[6])) for row in sealed
    ]
    plain = vault.open_sealed(
        items=items,
        by=by,
        purpose=purpose,
        subject=members.audit_id(person_id),
        period=Period(min(days), date.fromordinal(max(days).toordinal() + 1)),
        now=now,
        case=case,
    )
    decoded = map(_decode, plain)
    return [None if row[12] is None else next(decoded) for row in rows]


def _head(row: tuple[Any, ...]) -> ReceiptHead:
    receipt_id, business_day, store_id, end_time, total_cents, currency, level, reason, voided_at = row[:9]
    return ReceiptHead(
        receipt_id=receipt_id,
        business_day=business_day,
        store_id=store_id,
        end_time=end_time,
        total_cents=total_cents,
        currency=currency,
        level=Level(level),
        level_reason=LevelReason(reason),
        deletes_on=_deletes_on(business_day),
        voided_at=voided_at,
    )


def _detail(row: tuple[Any, ...]) -> ReceiptDetail:
    """A row of `_HEAD`, `_SEALED` and `_DETAIL`."""
    workstation, sequence, begin_time, _, channel, kind, basis = row[9:]
    bases = _decode_bases(basis)
    return ReceiptDetail(_head(row), workstation, sequence, begin_time, channel, kind, bases)


def _to_open(person_id: int, rows: list[tuple[Any, ...]]) -> list[ToOpen]:
    return [
        ToOpen(sealed, seal_context(person_id, store_id, day, workstation, sequence, begin_time, level))
        for day, _, store_id, workstation, sequence, begin_time, level, sealed in rows
    ]
