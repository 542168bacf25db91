"""Less of what is recorded already: the one way in which a stored receipt loses something and stays.

A key seals one person's quarter. Whatever changes in a quarter, all of it is sealed under a new key and the old one destroyed,
in one transaction: afterwards an old blob opens nowhere, and a crash in between leaves everything as it was.
"""

from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date, datetime
from typing import Any

import msgspec

from kvitto.kernel.actor import Actor
from kvitto.kernel.db import batch_cursor, require_transaction
from kvitto.kernel.periods import Period, quarter_of
from kvitto.members import queries as members
from kvitto.purchases.actions import seal_context
from kvitto.purchases.rules import pack_content
from kvitto.purchases.types import GroupContent, LevelReason, ProductContent, Recorded
from kvitto.stores.types import Level
from kvitto.vault import actions as vault
from kvitto.vault.types import Compartment, ToOpen, ToSeal

Less = Callable[[list[Recorded]], list[Recorded]]  # the same receipts in the same order, with less on some of them

EVER = Period(date.min)
_decode = msgspec.msgpack.Decoder(ProductContent | GroupContent).decode
_SEALED = """
SELECT person_id, business_day, id, store_id, workstation, sequence, begin_time, level, sealed
FROM purchases_receipt WHERE person_id = ANY(%s) AND business_day >= %s AND business_day < %s AND sealed IS NOT NULL
ORDER BY person_id, business_day, id
"""
_UPDATE = """
UPDATE purchases_receipt r SET level = s.level, sealed = s.sealed,
    level_reason = CASE WHEN s.changed THEN %s ELSE r.level_reason END
FROM unnest(%s::date[], %s::bigint[], %s::smallint[], %s::bytea[], %s::bool[]) AS s (business_day, id, level, sealed, changed)
WHERE r.business_day = s.business_day AND r.id = s.id AND r.person_id = %s
"""


def recorded_of(person_ids: Sequence[int], *, by: Actor, purpose: str, now: datetime) -> dict[int, list[Recorded]]:
    """Everything that is sealed of some people, by person; one entry for all, an own outermost transaction.

    The entry's subject is the person when it is one; a job's look at many is one act about nobody in particular.
    """
    rows = _rows(person_ids)
    if not rows:
        return {}
    plain = vault.open_sealed(
        items=_items(rows),
        by=by,
        purpose=purpose,
        subject=members.audit_id(person_ids[0]) if len(person_ids) == 1 else None,
        period=_period(rows),
        now=now,
    )
    found: dict[int, list[Recorded]] = {}
    for row, each in zip(rows, _recorded(rows, plain), strict=True):
        found.setdefault(row[0], []).append(each)
    return found


def rewrite(*, person_id: int, less: Less, by: Actor, purpose: str, now: datetime, period: Period = EVER) -> int:
    """Put less in the place of what is recorded of one person in whole quarters; how many receipts changed.

    `less` gets every receipt of the person there with something sealed, oldest first, and may only take away. Waits for whoever is
    sealing, and makes others wait until the caller's transaction ends.
    """
    require_transaction()
    vault.stop_sealing()
    rows = _rows([person_id], period)
    if not rows:
        return 0
    subject = members.audit_id(person_id)
    plain = vault.open_to_replace(
        items=_items(rows), by=by, purpose=purpose, subject=subject, period=_period(rows), now=now
    )
    before = _recorded(rows, plain)
    after = less(before)
    changed = {new[:2] for old, new in zip(before, after, strict=True) if new != old}
    if not changed:
        return 0
    quarters = {quarter_of(day) for day, _ in changed}
    vault.replace_keys(
        person_id=person_id, compartment=Compartment.LINES, quarters=quarters, by=by, subject=subject, now=now
    )
    _write(
        person_id,
        [(row, new) for row, new in zip(rows, after, strict=True) if quarter_of(new.business_day) in quarters],
        changed,
    )
    return len(changed)


def _write(
    person_id: int, kept: Sequence[tuple[tuple[Any, ...], Recorded]], changed: Collection[tuple[date, int]]
) -> None:
    """Seal what stays of rows under their quarters' new keys, and store it; those that lost something say so."""
    items = [
        ToSeal(person_id, quarter_of(new.business_day), pack_content(new.content), _context(row, new.level))
        for row, new in kept
        if new.content is not None
    ]
    blobs = iter(vault.seal(items=items, compartment=Compartment.LINES))
    sealed = [None if new.content is None else next(blobs) for _, new in kept]
    with batch_cursor() as cursor:
        cursor.execute(
            _UPDATE,
            [
                int(LevelReason.REMOVED),
                [new.business_day for _, new in kept],
                [new.receipt_id for _, new in kept],
                [int(new.level) for _, new in kept],
                sealed,
                [new[:2] in changed for _, new in kept],
                person_id,
            ],
        )


def _rows(person_ids: Sequence[int], period: Period = EVER) -> list[tuple[Any, ...]]:
    with batch_cursor() as cursor:
        cursor.execute(_SEALED, [list(person_ids), period.start, period.end or date.max], binary=True)
        return cursor.fetchall()


def _items(rows: Iterable[tuple[Any, ...]]) -> list[ToOpen]:
    return [ToOpen(row[8], _context(row, row[7])) for row in rows]


def _context(row: tuple[Any, ...], level: int) -> bytes:
    person_id, business_day, _, store_id, workstation, sequence, begin_time = row[:7]
    return seal_context(person_id, store_id, business_day, workstation, sequence, begin_time, level)


def _recorded(rows: Sequence[tuple[Any, ...]], plain: Sequence[bytes]) -> list[Recorded]:
    return [
        Recorded(row[1], row[2], row[3], Level(row[7]), _decode(text)) for row, text in zip(rows, plain, strict=True)
    ]


def _period(rows: Sequence[tuple[Any, ...]]) -> Period:
    days = [row[1] for row in rows]
    return Period(min(days), date.fromordinal(max(days).toordinal() + 1))
