"""Writes: a member's question about an act on their data."""

from datetime import datetime, timedelta

from django.utils.timezone import localdate

from kvitto.audit import actions as audit
from kvitto.audit import queries as acts
from kvitto.kernel.actor import Actor
from kvitto.kernel.db import require_transaction
from kvitto.kernel.errors import ConflictError, InvalidError, NotFoundError
from kvitto.members import queries as members
from kvitto.oversight import rules
from kvitto.oversight.models import Day, Question


class NoActError(NotFoundError):
    """There is no act of this number about whoever asks."""


class AskedError(ConflictError):
    """It was asked already."""


class QuestionTextError(InvalidError):
    """A question or an answer is too long, or an answer is empty."""


def ask(*, person_id: int, entry: int, text: str, by: Actor, now: datetime) -> datetime:
    """Ask the privacy officer about an act on one's own data; until when it is to be answered. `text` may be empty.

    Raises NoActError, AskedError, QuestionTextError.
    """
    require_transaction()
    subject = members.audit_id(person_id)
    found = acts.act_about(entry, subject=subject)
    if found is None:
        raise NoActError("there is no act of this number about you")
    if len(text) > rules.LONGEST_QUESTION:
        raise QuestionTextError(f"a question has at most {rules.LONGEST_QUESTION} characters")
    due_at = now + rules.ANSWER_WITHIN
    made = {"text": text, "asked_at": now, "due_at": due_at}
    _, new = Question.objects.get_or_create(person_id=person_id, entry_id=entry, defaults=made)
    if not new:
        raise AskedError("you have asked about this already")
    audit.record(by=by, action="oversight.ask", now=now, subject=subject, count=1, case=f"entry-{entry}")
    return due_at


def forget(*, now: datetime) -> int:
    """Delete questions that were answered two years ago, and counts of days long past; how many questions."""
    require_transaction()
    Day.objects.filter(day__lt=localdate(now) - timedelta(days=rules.COUNTED_DAYS)).delete()
    return int(Question.objects.filter(answered_at__lt=now - rules.ANSWERED_KEPT).delete()[0])
