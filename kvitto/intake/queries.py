"""Reads of what the pipeline left behind."""

from typing import Any

from django.db.models import Count

from kvitto.intake.models import Conflict, Quarantine


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
