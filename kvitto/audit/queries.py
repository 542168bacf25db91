"""Reads of the record of acts, for those the acts are about."""

from datetime import datetime
from uuid import UUID

from django.db import connection
from django.db.models import Count, QuerySet
from django.db.models.functions import TruncWeek
from django.utils.timezone import localdate

from kvitto.audit.models import Checkpoint, Entry
from kvitto.audit.models import Witness as WitnessRow
from kvitto.audit.types import LOOKS, OPENING, Health, OwnWeek, Touched, Trace, Witness
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.kernel.periods import Period


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


def traces_by_others(*, subject: UUID, actor: Actor, since: datetime) -> list[Trace]:
    """Every act about a person that was not their own, newest first."""
    return _traces(_about(subject, since).exclude(actor_kind=actor.kind, actor_id=actor.id))


def own_acts(*, subject: UUID, actor: Actor, since: datetime) -> list[Trace]:
    """What a person did about themselves but for looking at their purchases, newest first."""
    own = _about(subject, since).filter(actor_kind=actor.kind, actor_id=actor.id).exclude(action=OPENING)
    return _traces(own)


def own_act(number: int, *, subject: UUID, actor: Actor) -> Trace | None:
    """Something that a person did about themselves, by its number; None when there is no such act of theirs."""
    rows = Entry.objects.filter(pk=number, subject=subject, actor_kind=actor.kind, actor_id=actor.id)
    return next(iter(_traces(rows)), None)


def act_about(number: int, *, subject: UUID) -> Trace | None:
    """An act about a person, whoever did it, by its number; None when there is none of the number about them."""
    return next(iter(_traces(Entry.objects.filter(pk=number, subject=subject))), None)


def has_looked(*, by: Actor, case: str, since: datetime) -> bool:
    """Whether somebody of the staff has been shown something under a case before."""
    return Entry.objects.filter(actor_kind=by.kind, actor_id=by.id, at__gte=since, case=case, action__in=LOOKS).exists()


def touched(*, account_id: int, first: datetime, last: datetime, limit: int) -> tuple[list[Touched], int, int]:
    """What a staff account did with people's data from `first` up to `last`, newest first; how many acts, about how many people.

    At most `limit` acts are listed; the counts are of all.
    """
    rows = Entry.objects.filter(
        actor_kind=ActorKind.STAFF, actor_id=str(account_id), at__gte=first, at__lt=last, subject__isnull=False
    )
    acts, people = rows.aggregate(acts=Count("id"), people=Count("subject", distinct=True)).values()
    listed = rows.order_by("-at", "-id").values_list("at", "action", "purpose", "case", "count", "subject")[:limit]
    return [Touched(*row) for row in listed], acts, people


def health() -> Health:
    """How the log stands now."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT (SELECT coalesce(max(number) + 1, 0) FROM audit_leaf), count(*), min(e.at)"
            " FROM audit_waiting w LEFT JOIN audit_entry e ON e.id = w.entry_id"
        )
        numbered, waiting, oldest = cursor.fetchone()
    signed, signed_at = Checkpoint.objects.order_by("-size").values_list("size", "at").first() or (0, None)
    witnesses = WitnessRow.objects.order_by("name").values_list("name", "size", "signed_at", "seen_at")
    return Health(numbered, waiting, oldest, signed, signed_at, tuple(Witness(*row) for row in witnesses))


def _traces(rows: QuerySet[Entry]) -> list[Trace]:
    found = rows.order_by("-at", "-id").values_list(
        "id", "at", "actor_kind", "action", "purpose", "count", "case", "period"
    )
    return [
        Trace(number, at, kind, action, purpose, count, case, Period(days.lower, days.upper) if days else None)
        for number, at, kind, action, purpose, count, case, days in found
    ]


def _about(subject: UUID, since: datetime) -> QuerySet[Entry]:
    return Entry.objects.filter(subject=subject, at__gte=since)
