"""Deliveries: one for each parcel, and one a minute for the single receipts of a till key.

A till that sends every receipt as it is closed would otherwise leave an entry in the record of acts for every purchase, and that
is kept much longer than the purchase. The entry is written when the minute's delivery begins; how many it brought, the delivery
says.
"""

from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from kvitto.audit import actions as audit
from kvitto.intake.models import Delivery
from kvitto.intake.reference import Reference
from kvitto.intake.types import Parcel
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import batch_cursor


def opened(*, parcels: Sequence[Parcel], now: datetime, reference: Reference) -> list[int]:
    """The delivery of each parcel, in order: a new one with its entry, or that of its key's minute."""
    minute = now.replace(second=0, microsecond=0)
    found: list[int] = []
    new: dict[Actor, int] = {}
    for parcel in parcels:
        if not parcel.single:
            found.append(_open(parcel.by, len(parcel.receipts), "intake.deliver", now))
            continue
        known, delivery_id = reference.minutes.get(parcel.by, (minute, 0))
        if known != minute or not delivery_id:
            if parcel.by not in new:
                new[parcel.by] = _open(parcel.by, 0, "intake.deliver_minute", now)
            delivery_id = new[parcel.by]
        found.append(delivery_id)
    if new:  # one that is rolled back is forgotten with it
        transaction.on_commit(lambda: reference.minutes.update({by: (minute, each) for by, each in new.items()}))
    return found


def count(*, counts: Sequence[tuple[int, int, int]]) -> None:
    """Add what came with deliveries: (delivery, received, recorded)."""
    sums: dict[int, tuple[int, int]] = {}
    for delivery_id, received, recorded in counts:
        before = sums.get(delivery_id, (0, 0))
        sums[delivery_id] = before[0] + received, before[1] + recorded
    with batch_cursor() as cursor:
        cursor.execute(
            "UPDATE intake_delivery d SET received = d.received + s.received, recorded = d.recorded + s.recorded"
            " FROM unnest(%s::bigint[], %s::int[], %s::int[]) AS s (id, received, recorded) WHERE d.id = s.id",
            [list(sums), [each[0] for each in sums.values()], [each[1] for each in sums.values()]],
        )


def _open(by: Actor, received: int, action: str, now: datetime) -> int:
    audit.record(by=by, action=action, now=now, purpose="recording", count=received)
    delivery = Delivery.objects.create(
        at=now, actor_kind=by.kind, actor_id=by.id, entry_id=audit.last_number(), received=0, recorded=0
    )
    return int(delivery.pk)
