"""Reads of the record of acts, for those the acts are about."""

from datetime import datetime
from uuid import UUID

from django.db.models import Count, QuerySet
from django.db.models.functions import TruncWeek
from django.utils.timezone import localdate

from kvitto.audit.models import Entry
from kvitto.audit.types import OPENING, OwnWeek, Trace
from kvitto.kernel.actor import Actor


def own_weeks(*, subject: UUID, actor: Actor, since: datetime) -> list[OwnWeek]:
    """A person's own openings of their purchases, folded by calendar week, newest first."""
    rows = (
        _about(subject, since)
        .filter(actor_kind=actor.kind, actor_id=actor.id, action=OPENING)
        .annotate(week=TruncWeek("at"))
        .values("week")
        .annotate(times=Count("id"))
        .order_by("-week")
        .values_list("week", "times")
    )
    return [OwnWeek(localdate(week), times) for week, times in rows]


def traces_by_others(*, subject: UUID, actor: Actor, since: datetime, limit: int) -> list[Trace]:
    """Every act about a person that was not their own, newest first."""
    rows = (
        _about(subject, since)
        .exclude(actor_kind=actor.kind, actor_id=actor.id)
        .order_by("-at", "-id")
        .values_list("at", "actor_kind", "action", "purpose", "count")[:limit]
    )
    return [Trace(*row) for row in rows]


def own_act(number: int, *, subject: UUID, actor: Actor, action: str) -> Trace | None:
    """Something that a person did about themselves, by its number; None when there is no such act of theirs."""
    rows = Entry.objects.filter(pk=number, subject=subject, actor_kind=actor.kind, actor_id=actor.id, action=action)
    row = rows.values_list("at", "actor_kind", "action", "purpose", "count").first()
    return Trace(*row) if row else None


def _about(subject: UUID, since: datetime) -> QuerySet[Entry]:
    return Entry.objects.filter(subject=subject, at__gte=since)
