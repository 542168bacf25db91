"""Reads of the purchase register. Heads are readable; what was bought comes through the vault, with an entry."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from django.db import connection

from kvitto.kernel.actor import Actor
from kvitto.kernel.periods import Period
from kvitto.members import queries as members
from kvitto.purchases.actions import seal_context
from kvitto.purchases.rules import deletes_on
from kvitto.purchases.types import BonusBasis, GroupContent, LevelReason, ProductContent, ReceiptHead, RegisterCounts
from kvitto.stores.types import Level
from kvitto.vault import actions as vault
from kvitto.vault.types import ToOpen

Content = ProductContent | GroupContent | None
_decode = msgspec.msgpack.Decoder(ProductContent | GroupContent).decode
_HEAD = "id, business_day, store_id, end_time, total_cents, currency, level, level_reason"


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


def bonus_bases_of(person_id: int, period: Period) -> list[tuple[date, int, list[BonusBasis]]]:
    """(business day, receipt id, Bonus basis) of a person's receipts in a period, for Bonus and for the member."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT business_day, id, bonus_basis::text FROM purchases_receipt"
            " WHERE person_id = %s AND business_day >= %s AND business_day < %s ORDER BY business_day, id",
            [person_id, period.start, period.end or date.max],
        )
        rows = cursor.fetchall()
    return [(day, receipt_id, msgspec.json.decode(basis, type=list[BonusBasis])) for day, receipt_id, basis in rows]


def due(*, keep_from: date) -> int:
    """How many receipts are of business days before `keep_from`: what a purge would delete."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM purchases_receipt WHERE business_day < %s", [keep_from])
        return int(cursor.fetchone()[0])


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


def _head(row: tuple[Any, ...]) -> ReceiptHead:
    receipt_id, business_day, store_id, end_time, total_cents, currency, level, reason = row
    return ReceiptHead(
        receipt_id=receipt_id,
        business_day=business_day,
        store_id=store_id,
        end_time=end_time,
        total_cents=total_cents,
        currency=currency,
        level=Level(level),
        level_reason=LevelReason(reason),
        deletes_on=deletes_on(business_day),
    )


def _to_open(person_id: int, rows: list[tuple[Any, ...]]) -> list[ToOpen]:
    return [
        ToOpen(sealed, seal_context(person_id, store_id, day, workstation, sequence, begin_time, level))
        for day, _, store_id, workstation, sequence, begin_time, level, sealed in rows
    ]
