"""Reads: what a member is told of look-ups, what waits for the privacy officer, and what everybody can read."""

from datetime import date, datetime, timedelta

from django.db.models import Max
from django.utils.timezone import localdate, localtime

from kvitto.audit import queries as audit
from kvitto.audit.models import Entry
from kvitto.intake import queries as intake
from kvitto.kernel import identity
from kvitto.kernel.actor import Actor, ActorKind
from kvitto.members import queries as members
from kvitto.oversight import models, rules
from kvitto.oversight.types import Alert, AlertKind, Asked, Depth, Published, Question, Seen
from kvitto.staff import queries as staff
from kvitto.staff.types import Finding, Reason

CLOSED_SHOWN = timedelta(days=90)
PUBLISHED_MONTHS = 24


def seen(*, person_id: int, actor: Actor, since: datetime) -> Seen:
    """Everything that others and programs did with a member's data since then, for that member: no employee's name."""
    traces = audit.traces_by_others(subject=members.audit_id(person_id), actor=actor, since=since)
    asked = {each.entry: each for each in questions_of(person_id)}
    with identity.acting(ActorKind.SYSTEM):
        cases = staff.cases_about(person_id)
        brought = intake.arrivals(person_id)
    local = {each.number: localdate(each.at) for each in traces}
    return Seen(
        look_ups=rules.look_ups(traces, cases, asked),
        others=rules.others(traces, asked, local=local),
        arrivals=rules.arrivals([(localtime(each.at), each.actor_kind, each.receipts) for each in brought]),
    )


def questions_of(person_id: int) -> list[Question]:
    """A member's own questions about look-ups."""
    return [_question(row) for row in models.Question.objects.filter(person_id=person_id)]


def asked(*, now: datetime) -> list[Asked]:
    """Questions that wait for an answer, the one that is due first at the front, and then those answered of late."""
    rows = list(models.Question.objects.filter(answered_at=None).order_by("due_at", "pk"))
    rows += models.Question.objects.filter(answered_at__gt=now - CLOSED_SHOWN).order_by("-answered_at", "-pk")
    acts = {
        row.pk: row
        for row in Entry.objects.filter(pk__in=[row.entry_id for row in rows]).only(
            "at", "action", "purpose", "case", "actor_kind", "actor_id"
        )
    }
    names = {str(each.account_id): each.name for each in staff.people()}
    return [_asked(row, acts.get(row.entry_id), names) for row in rows]


def alerts(*, now: datetime) -> list[Alert]:
    """What stood out and waits, the one that is due first at the front, and then what was closed of late."""
    known = models.Alert.objects.select_related("staff", "closed_by")
    rows = list(known.filter(closed_at=None).order_by("due_at", "pk"))
    rows += known.filter(closed_at__gt=now - CLOSED_SHOWN).order_by("-closed_at", "-pk")
    return [
        Alert(
            alert_id=row.pk,
            kind=AlertKind(row.kind),
            staff_id=row.staff_id,
            name=row.staff.name,
            day=row.day,
            about=row.about,
            figure=row.figure,
            usual=row.usual,
            due_at=row.due_at,
            closed_at=row.closed_at,
            closed_by=row.closed_by.name if row.closed_by else "",
            finding=Finding(row.finding) if row.finding else None,
        )
        for row in rows
    ]


def open_matters() -> int:
    """How many questions and alerts wait for a privacy officer."""
    waiting = models.Question.objects.filter(answered_at=None).count()
    return waiting + models.Alert.objects.filter(closed_at=None).count()


def published(*, today: date) -> list[Published]:
    """The counted look-ups of the last two years, newest month first."""
    since = today - timedelta(days=PUBLISHED_MONTHS * 31)
    rows = models.Month.objects.filter(month__gte=since).order_by("-month", "-depth", "reason")
    return [Published(row.month, Depth(row.depth), Reason(row.reason), row.times, row.receipts) for row in rows]


def counted_at() -> datetime | None:
    """When look-ups were counted last; None when there was none yet."""
    last: datetime | None = models.Month.objects.aggregate(last=Max("counted_at"))["last"]
    return last


def _question(row: models.Question) -> Question:
    return Question(row.pk, row.entry_id, row.text, row.asked_at, row.due_at, row.answer, row.answered_at)


def _asked(row: models.Question, act: Entry | None, names: dict[str, str]) -> Asked:
    if act is None:  # its time is over: only its hash is left
        return Asked(_question(row), None, "", "", "", "")
    name = names.get(act.actor_id, "") if act.actor_kind == ActorKind.STAFF else ""
    return Asked(_question(row), act.at, act.action, act.purpose, act.case, name)
