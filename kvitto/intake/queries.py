"""Reads of what the pipeline left behind."""

from typing import Any

from django.db import connection
from django.db.models import Count

from kvitto.intake.models import Conflict, Quarantine
from kvitto.intake.types import Arrival


def open_conflicts() -> list[dict[str, Any]]:
    """Conflicts nobody has decided, oldest first: number, key, and digests, times and totals of both sides."""
    return [
        {
            "conflict": row.pk,
            "store_id": row.store_id,
            "store": row.store.code,
            "business_day": row.business_day,
            "workstation": row.workstation,
            "sequence": row.sequence,
            "seen_at": row.seen_at,
            "stored_total_cents": row.stored_total_cents,
            "new_total_cents": row.new_total_cents,
            "stored_end_time": row.stored_end_time,
            "new_end_time": row.new_end_time,
            "stored_digest": bytes(row.stored_digest).hex()[:16],
            "new_digest": bytes(row.new_digest).hex()[:16],
        }
        for row in Conflict.objects.filter(outcome="open").select_related("store").order_by("pk")
    ]


def awaited_conflicts() -> int:
    """How many receipts are accepted with other content, which has not come again yet."""
    return Conflict.objects.filter(outcome="accepted").count()


def quarantined() -> dict[str, int]:
    """How many receipts wait in the quarantine to be sent again, by reason."""
    return dict(Quarantine.objects.values_list("reason").annotate(Count("id")).order_by("reason"))


def arrivals(person_id: int) -> list[Arrival]:
    """Through which deliveries a person's receipts came in that are in the register now, the newest first."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT d.at, d.actor_kind, d.entry_id, count(*) FROM purchases_receipt r"
            " JOIN intake_delivery d ON d.id = r.delivery_id WHERE r.person_id = %s GROUP BY d.id ORDER BY d.at DESC, d.id DESC",
            [person_id],
        )
        return [Arrival(*row) for row in cursor.fetchall()]
