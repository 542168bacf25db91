"""Writes of the privacy officer and of the job: an answer, what stands out and what was found about it, the public figures."""

from datetime import date, datetime, timedelta

from django.db import connection
from django.utils.timezone import localdate

from kvitto.audit import actions as audit
from kvitto.kernel.actor import SYSTEM, Actor
from kvitto.kernel.db import require_transaction
from kvitto.kernel.errors import ConflictError, RefusedError
from kvitto.kernel.periods import month_start, months_after
from kvitto.notices import actions as notices
from kvitto.notices.types import Kind
from kvitto.oversight import counting, rules
from kvitto.oversight.actions import QuestionTextError
from kvitto.oversight.models import Alert, Month, Question
from kvitto.oversight.types import Found
from kvitto.staff.gate import colleague, permit
from kvitto.staff.types import Act, Finding


class NothingOpenError(ConflictError):
    """There is no such question or alert, or it was answered or closed already."""


class OwnAlertError(RefusedError):
    """Nobody closes what stood out about themselves."""


def answer(*, question_id: int, text: str, by: Actor, now: datetime) -> None:
    """Answer a member's question; they get a notice. Raises QuestionTextError, NothingOpenError, DeniedError."""
    require_transaction()
    permit(by=by, act=Act.OVERSIGHT_ANSWER, now=now)
    if not text.strip() or len(text) > rules.LONGEST_ANSWER:
        raise QuestionTextError(f"an answer has 1 to {rules.LONGEST_ANSWER} characters")
    row = Question.objects.select_for_update(no_key=True).filter(pk=question_id, answered_at=None).first()
    if row is None:
        raise NothingOpenError("there is no such question, or it is answered")
    row.answer, row.answered_at, row.answered_by_id = text.strip(), now, colleague(by).staff_id
    row.save(update_fields=["answer", "answered_at", "answered_by"])
    notices.tell(person_id=row.person_id, kind=Kind.QUESTION_ANSWERED, now=now)
    audit.record(by=by, action="oversight.answer", now=now, count=1, case=f"question-{question_id}")


def close_alert(*, alert_id: int, finding: Finding, by: Actor, now: datetime) -> None:
    """Say whether what stood out was justified. Raises OwnAlertError, NothingOpenError, DeniedError."""
    require_transaction()
    permit(by=by, act=Act.OVERSIGHT_ANSWER, now=now)
    mine = colleague(by).staff_id
    row = Alert.objects.select_for_update(no_key=True).filter(pk=alert_id, closed_at=None).first()
    if row is None:
        raise NothingOpenError("there is no such alert, or it is closed")
    if row.staff_id == mine:
        raise OwnAlertError("another person has to look into this: it is about you")
    row.closed_at, row.closed_by_id, row.finding = now, mine, finding
    row.save(update_fields=["closed_at", "closed_by", "finding"])
    audit.record(by=by, action="oversight.close_alert", now=now, purpose=finding, count=1, case=f"alert-{alert_id}")


def watch(*, now: datetime) -> int:
    """Count the look-ups since it was done last, publish how many there were, and find what stands out; how much of it was new.

    One entry for all of it. Asked as the system: it compares names.
    """
    require_transaction()
    today = localdate(now)
    counted = counting.newest() or today - timedelta(days=rules.COUNTED_DAYS)
    first = min(counted, localdate(now - rules.LONGEST_CASE))
    counting.count(first=first)
    for month in (months_after(month_start(today), -1), month_start(today)):
        _publish(month, now)
    days = range(min((today - first).days, rules.WATCHED_DAYS) + 1)
    new = sum(_note(counting.standing_out(today - timedelta(days=back)), now) for back in days)
    audit.record(by=SYSTEM, action="oversight.watch", now=now, purpose="look_ups", count=new)
    return new


def _note(found: list[Found], now: datetime) -> int:
    with connection.cursor() as cursor:
        cursor.executemany(
            "INSERT INTO oversight_alert (kind, staff_id, day, about, figure, usual, made_at, due_at, finding)"
            " VALUES (%s, %s, %s, %s, %s, %s, %s, %s, '') ON CONFLICT (kind, staff_id, day, about) DO NOTHING",
            [
                (each.kind, each.staff_id, each.day, each.about, each.figure, each.usual, now, now + rules.CLOSE_WITHIN)
                for each in found
            ],
        )
        return max(int(cursor.rowcount), 0)


def _publish(month: date, now: datetime) -> None:
    Month.objects.filter(month=month).delete()
    Month.objects.bulk_create(
        Month(
            month=month,
            depth=each.depth,
            reason=each.reason,
            times=each.times,
            receipts=each.receipts,
            counted_at=now,
        )
        for each in counting.published(month)
    )
