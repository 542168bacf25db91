"""Writes of the purchase register: store a batch, supersede a receipt, purge old days."""

import struct
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import psycopg
from django.db import connection
from psycopg.types.json import Jsonb

from kvitto.audit import actions as audit
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import batch_cursor, require_transaction
from kvitto.kernel.errors import NotFoundError
from kvitto.kernel.periods import quarter_of
from kvitto.members import queries as members
from kvitto.purchases import arrivals
from kvitto.purchases.models import KeptBack
from kvitto.purchases.rules import DIGEST_VERSION
from kvitto.purchases.types import Existing, Head, LevelReason, Packed, Stored, TakenBack, Voiding
from kvitto.stores.types import Level
from kvitto.vault import actions as vault
from kvitto.vault.types import Compartment, ToSeal

# what is stored of a receipt, in the order of COPY; the id is the database's
COLUMNS = {
    "business_day": "date",
    "store_id": "int8",
    "workstation": "text",
    "sequence": "int8",
    "begin_time": "timestamptz",
    "end_time": "timestamptz",
    "person_id": "int8",
    "delivery_id": "int8",
    "level": "int2",
    "level_reason": "int2",
    "channel": "text",
    "kind": "text",
    "total_cents": "int8",
    "currency": "text",
    "bonus_basis": "jsonb",
    "digest": "bytea",
    "digest_version": "int2",
    "sealed": "bytea",
    "code": "text",
    "version": "int8",
}
_NAMES = ", ".join(COLUMNS)
_STAGE = (
    f"CREATE TEMP TABLE IF NOT EXISTS staged_receipt (n int, {', '.join(f'{n} {t}' for n, t in COLUMNS.items())})"
    " ON COMMIT DELETE ROWS"
)
_STAGED = "staged_receipt s"
# Few rows go as arrays: making and emptying the temporary table takes longer than storing them
FEW = 200
_ARRAYS = f"unnest(%s::int[], {', '.join(f'%s::{type_}[]' for type_ in COLUMNS.values())}) AS s (n, {_NAMES})"
KEY_COLUMNS = "business_day, store_id, workstation, sequence, begin_time"
# A till may have taken a receipt back before it came in: what the stores took back on these days is asked for once a batch
_VOIDED = (
    "(SELECT min(v.at) FROM v WHERE v.business_day = s.business_day AND v.store_id = s.store_id"
    " AND v.workstation = s.workstation AND v.sequence = s.sequence"
    " AND (v.begin_time IS NULL OR v.begin_time = s.begin_time) AND v.at >= s.end_time)"
)
_INSERT = (
    "WITH s AS MATERIALIZED (SELECT * FROM {}), v AS MATERIALIZED (SELECT * FROM purchases_voiding"
    " WHERE (business_day, store_id) IN (SELECT business_day, store_id FROM s))"
    f" INSERT INTO purchases_receipt ({_NAMES}, voided_at) SELECT {_NAMES}, {_VOIDED} FROM s ORDER BY {KEY_COLUMNS}"
    f" ON CONFLICT ({KEY_COLUMNS}) DO NOTHING RETURNING id"
)
_EXISTING = (
    "SELECT s.n, r.id, r.digest, r.total_cents, r.end_time, r.person_id, r.version FROM {}"
    f" JOIN purchases_receipt r USING ({KEY_COLUMNS}) WHERE r.id <> ALL(%s)"
)
_CONTENT: tuple[str, ...] = ("end_time", "level", "level_reason", "channel", "kind", "total_cents", "currency")
_CONTENT += ("bonus_basis", "digest", "digest_version", "sealed", "delivery_id", "person_id", "code", "version")
# What somebody had removed from a receipt does not come back with an accepted correction: that brings its totals and Bonus basis
_REMOVED = f"r.level_reason = {int(LevelReason.REMOVED)}"
_UNLESS_REMOVED = {
    "level": f"CASE WHEN {_REMOVED} THEN {int(Level.TOTAL)} ELSE s.level END",
    "level_reason": f"CASE WHEN {_REMOVED} THEN r.level_reason ELSE s.level_reason END",
    "sealed": f"CASE WHEN {_REMOVED} THEN NULL ELSE s.sealed END",
}
_REPLACED = ", ".join(f"{name} = {_UNLESS_REMOVED.get(name, f's.{name}')}" for name in _CONTENT)
_SUPERSEDE = (
    f"UPDATE purchases_receipt r SET {_REPLACED} FROM {{}}"
    " WHERE (r.business_day, r.store_id, r.workstation, r.sequence, r.begin_time)"
    " = (s.business_day, s.store_id, s.workstation, s.sequence, s.begin_time)"
)
_SUPERSEDED = (
    "INSERT INTO purchases_superseded (business_day, receipt_id, person_id, at, total_cents, digest, version, delivery_id)"
    " SELECT r.business_day, r.id, r.person_id, %s, r.total_cents, r.digest, r.version, r.delivery_id"
    f" FROM {{}} JOIN purchases_receipt r USING ({KEY_COLUMNS})"
)
_LINK = """
INSERT INTO purchases_link (business_day, receipt_id, person_id, store_id, sold_on, workstation, sequence, begin_time, code)
SELECT r.business_day, r.id, r.person_id, st.id, l.sold_on, l.till, l.number, l.time, l.code
FROM unnest(%s::date[], %s::bigint[], %s::text[], %s::bigint[], %s::timestamptz[], %s::text[], %s::date[], %s::text[],
    %s::bigint[], %s::timestamptz[], %s::text[])
    AS l (business_day, store_id, workstation, sequence, begin_time, store, sold_on, till, number, time, code)
JOIN purchases_receipt r USING (business_day, store_id, workstation, sequence, begin_time)
LEFT JOIN stores_store st ON st.code = l.store
WHERE l.code IS NOT NULL OR st.id IS NOT NULL
"""
_VOID = """
INSERT INTO purchases_voiding (store_id, business_day, workstation, sequence, begin_time, at)
SELECT * FROM unnest(%s::bigint[], %s::date[], %s::text[], %s::bigint[], %s::timestamptz[], %s::timestamptz[])
ON CONFLICT DO NOTHING
"""
# A number that its till has used twice on a day means the last receipt with it
_TAKE_BACK = """
UPDATE purchases_receipt r SET voided_at = found.at, delivery_id = found.delivery_id
FROM (
    SELECT DISTINCT ON (v.n) s.business_day, s.id, v.at, v.delivery_id
    FROM unnest(%s::bigint[], %s::date[], %s::text[], %s::bigint[], %s::timestamptz[], %s::timestamptz[], %s::bigint[])
        WITH ORDINALITY AS v (store_id, business_day, workstation, sequence, begin_time, at, delivery_id, n)
    JOIN purchases_receipt s ON s.business_day = v.business_day AND s.store_id = v.store_id
        AND s.workstation = v.workstation AND s.sequence = v.sequence
        AND (v.begin_time IS NULL OR v.begin_time = s.begin_time) AND s.end_time <= v.at
    ORDER BY v.n, s.end_time DESC
) found
WHERE r.business_day = found.business_day AND r.id = found.id AND r.voided_at IS NULL
RETURNING r.person_id, r.business_day, r.delivery_id, r.id, r.voided_at
"""


class NotOwnReceiptError(NotFoundError):
    """There is no such receipt among the person's own: the answer is the same, whatever exists."""


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_BOUND = struct.Struct(">QQiqqB")
_encode_json = msgspec.json.Encoder().encode


def bound_to(head: Head, level: Level) -> bytes:
    """The associated data of a receipt's sealed content: its owner, its key and its level."""
    key = head.key
    return seal_context(
        head.person_id, key.store_id, key.business_day, key.workstation, key.sequence, key.begin_time, level
    )


def seal_context(
    person_id: int,
    store_id: int,
    business_day: date,
    workstation: str,
    sequence: int,
    begin_time: datetime,
    level: int,
    /,
) -> bytes:
    """The associated data of a receipt, from its columns."""
    microseconds = (begin_time - _EPOCH) // _MICROSECOND
    packed = _BOUND.pack(person_id, store_id, business_day.toordinal(), sequence, microseconds, level)
    return packed + workstation.encode()


def store(*, receipts: Sequence[tuple[Packed, int]]) -> list[Stored]:
    """Seal and store receipts, each with its delivery, in the caller's transaction; what became of each, in order.

    Keys within the batch must differ. A key that is stored already is left alone: `same` when the digests agree, else
    `conflict` with what stands there. Whoever waits for receipts of the buyers is told.
    """
    require_transaction()
    if not receipts:
        return []
    with batch_cursor() as cursor:
        source, arrays = _sent(cursor, receipts)
        cursor.execute(_INSERT.format(source), arrays, binary=True)
        inserted = [receipt_id for (receipt_id,) in cursor.fetchall()]
        if inserted:
            arrivals.tell(receipt.head.person_id for receipt, _ in receipts)
        outcomes = [Stored("inserted")] * len(receipts)
        if len(inserted) < len(receipts):
            cursor.execute(_EXISTING.format(source), [*arrays, inserted], binary=True)
            for n, *stands in cursor.fetchall():
                existing = Existing(*stands)
                same = existing.digest == receipts[n][0].head.digest
                outcomes[n] = Stored("same") if same else Stored("conflict", existing)
        new = [each for each, outcome in zip(receipts, outcomes, strict=True) if outcome.outcome == "inserted"]
        _link(cursor, [receipt.head for receipt, _ in new])
    return outcomes


def supersede(*, receipts: Sequence[tuple[Packed, int]], now: datetime) -> int:
    """Put redeliveries, each with its delivery, in the place of what is stored under their keys; how many.

    What stood there leaves its digest, version and total. Of one from which something was removed, the total and the Bonus basis
    only; one that was voided stays so.
    """
    require_transaction()
    if not receipts:
        return 0
    with batch_cursor() as cursor:
        source, arrays = _sent(cursor, receipts)
        cursor.execute(_SUPERSEDED.format(source), [now, *arrays])
        cursor.execute(
            f"DELETE FROM purchases_link l USING {source} JOIN purchases_receipt r USING ({KEY_COLUMNS})"
            " WHERE l.business_day = r.business_day AND l.receipt_id = r.id",
            arrays,
        )
        cursor.execute(_SUPERSEDE.format(source), arrays)
        count = int(cursor.rowcount)
        _link(cursor, [receipt.head for receipt, _ in receipts])
    return count


def void(*, voidings: Sequence[Voiding]) -> list[TakenBack]:
    """Note that tills have taken receipts back, whether they are here yet or not; what counts for nothing since.

    The receipts stay as they are. Those of which nothing is stored, since no member bought them, are never found. No receipt may
    come in before the caller's transaction is over.
    """
    require_transaction()
    if not voidings:
        return []
    columns = [list(column) for column in zip(*voidings, strict=True)]
    with batch_cursor() as cursor:
        cursor.execute(_VOID, columns[:6])
        cursor.execute(_TAKE_BACK, columns)
        return [TakenBack(*row) for row in cursor.fetchall()]


def keep_back(*, person_id: int, day: date, receipt_id: int, kept: bool, by: Actor, now: datetime) -> None:
    """Keep day and store of one's own receipt from the household, or show them again. Raises NotOwnReceiptError."""
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT FROM purchases_receipt WHERE business_day = %s AND id = %s AND person_id = %s",
            [day, receipt_id, person_id],
        )
        if cursor.fetchone() is None:
            raise NotOwnReceiptError("no such receipt among yours: it may have been deleted after two years")
    row = {"business_day": day, "receipt_id": receipt_id, "person_id": person_id}
    if kept:
        KeptBack.objects.bulk_create([KeptBack(**row)], ignore_conflicts=True)
    else:
        KeptBack.objects.filter(**row).delete()
    action = "purchases.keep_back" if kept else "purchases.show_again"
    audit.record(by=by, action=action, now=now, subject=members.audit_id(person_id), count=1)


def purge_before(*, day: date, by: Actor, now: datetime) -> int:
    """Delete the receipts of business days before `day`; how many. Touches the oldest partitions only."""
    require_transaction()
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM purchases_receipt WHERE business_day < %s", [day])
        deleted = int(cursor.rowcount)
        for table in ("purchases_kept_back", "purchases_link", "purchases_superseded", "purchases_voiding"):
            cursor.execute(f"DELETE FROM {table} WHERE business_day < %s", [day])
    if deleted:
        audit.record(by=by, action="purchases.purge", now=now, purpose="retention", count=deleted)
    return deleted


def _link(cursor: psycopg.Cursor[Any], heads: Sequence[Head]) -> None:
    """Note which sales receipts name, each with its key; whether they are here is asked when somebody looks."""
    rows: list[tuple[Any, ...]] = []
    for head in heads:
        key = (head.key.business_day, head.key.store_id, head.key.workstation, head.key.sequence, head.key.begin_time)
        rows += [
            (*key, each.store, each.business_day, each.workstation, each.sequence, each.begin_time, None)
            for each in head.origins
        ]
        rows += [(*key, None, None, None, None, None, code) for code in head.origin_codes]
    if rows:
        cursor.execute(_LINK, [list(column) for column in zip(*rows, strict=True)])


def _sent(cursor: psycopg.Cursor[Any], receipts: Sequence[tuple[Packed, int]]) -> tuple[str, list[list[Any]]]:
    """Send receipts to the database as the rows that a statement reads from: its source, and the source's parameters."""
    rows = _rows(receipts)
    if len(rows) <= FEW:
        return _ARRAYS, [list(column) for column in zip(*rows, strict=True)]
    cursor.execute(_STAGE)
    cursor.execute("TRUNCATE staged_receipt")  # of what this transaction staged before
    with cursor.copy(f"COPY staged_receipt (n, {_NAMES}) FROM STDIN (FORMAT BINARY)") as copy:
        copy.set_types(["int4", *COLUMNS.values()])
        for row in rows:
            copy.write_row(row)
    return _STAGED, []


def _rows(receipts: Sequence[tuple[Packed, int]]) -> list[tuple[Any, ...]]:
    """What is stored of each receipt, in the order of the columns, behind its place in the batch."""
    sealed = _seal([receipt for receipt, _ in receipts])
    rows = []
    for n, (receipt, delivery_id) in enumerate(receipts):
        head, key = receipt.head, receipt.head.key
        rows.append(
            (
                n,
                key.business_day,
                key.store_id,
                key.workstation,
                key.sequence,
                key.begin_time,
                head.end_time,
                head.person_id,
                delivery_id,
                int(receipt.level),
                int(head.level_reason),
                head.channel,
                head.kind,
                head.total_cents,
                head.currency,
                Jsonb(head.bonus_basis, dumps=_encode_json),
                head.digest,
                DIGEST_VERSION,
                sealed[n],
                head.code,
                head.version,
            )
        )
    return rows


def _seal(receipts: Sequence[Packed]) -> list[bytes | None]:
    """The sealed content of each receipt; None for those at total level, which have none."""
    items = [
        ToSeal(
            receipt.head.person_id,
            quarter_of(receipt.head.key.business_day),
            receipt.plaintext,
            bound_to(receipt.head, receipt.level),
        )
        for receipt in receipts
        if receipt.plaintext is not None
    ]
    blobs = iter(vault.seal(items=items, compartment=Compartment.LINES))
    return [None if receipt.plaintext is None else next(blobs) for receipt in receipts]
