"""Looking after those who look: look-ups by colleague, what stands out, members' questions, whose data were touched."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from django import forms
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.utils.timezone import localdate
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_POST, require_safe

from kvitto.audit import queries as audit
from kvitto.doors.staff_web.access import StaffRequest, me
from kvitto.doors.staff_web.words import FINDINGS
from kvitto.doors.staff_web.work import after, done
from kvitto.kernel.db import opened
from kvitto.oversight import counting, queries, rules, watching
from kvitto.oversight.types import Count
from kvitto.staff import queries as staff
from kvitto.staff.gate import colleague
from kvitto.staff.types import Finding, Reason, StaffMember

DAYS = (7, 28, 90)
LISTED = 500  # acts of one account on a page


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody's look-ups in some days: by day, drawn as bars in hundredths of the tallest of all, and by reason."""

    staff_id: int
    name: str
    times: int
    reasons: list[tuple[Reason, int]]
    by_day: list[tuple[date, int]]
    bars: list[tuple[int, int, float]]  # place, times, height


class AnswerForm(forms.Form):
    """The answer to a member's question."""

    text = forms.CharField(label=_("Answer"), max_length=rules.LONGEST_ANSWER, widget=forms.Textarea(attrs={"rows": 4}))


class DaysForm(forms.Form):
    """From which day to which, both in."""

    first = forms.DateField(label=_("From"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))
    last = forms.DateField(label=_("To"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"))


@require_safe
def watch(request: StaffRequest) -> HttpResponse:
    """Look-ups of single members in the last days, by colleague, reason and day."""
    asked = request.GET.get("days", "")
    days = int(asked) if asked in {str(each) for each in DAYS} else DAYS[1]
    today = localdate()
    first = today - timedelta(days=days - 1)
    counts = counting.counts(first=first, last=today + timedelta(days=1))
    context = {
        "colleagues": colleagues(counts, staff.people(), first),
        "times": sum(each.times for each in counts),
        "reasons": _by_reason(counts),
        "days": days,
        "choices": DAYS,
        "first": first,
        "today": today,
        "counted_at": queries.counted_at(),
    }
    return render(request, "staff/watch.html", context)


def colleagues(counts: Sequence[Count], people: Sequence[StaffMember], first: date) -> list[Colleague]:
    """Those with any look-up, the one with the most first."""
    by_account: dict[int, list[Count]] = defaultdict(list)
    for each in counts:
        by_account[each.account_id].append(each)
    by_day = {account: _by_day(each, first) for account, each in by_account.items()}
    tallest = max((times for days in by_day.values() for times in days.values()), default=1)
    found = [
        Colleague(
            staff_id=person.staff_id,
            name=person.name,
            times=sum(each.times for each in by_account[person.account_id]),
            reasons=_by_reason(by_account[person.account_id]),
            by_day=[
                (first + timedelta(days=place), times) for place, times in sorted(by_day[person.account_id].items())
            ],
            bars=[
                (place, times, max(round(100 * times / tallest, 1), 2.0))
                for place, times in sorted(by_day[person.account_id].items())
            ],
        )
        for person in people
        if person.account_id in by_account
    ]
    return sorted(found, key=lambda each: (-each.times, each.name))


def _by_day(counts: Sequence[Count], first: date) -> dict[int, int]:
    sums: dict[int, int] = defaultdict(int)
    for each in counts:
        sums[(each.day - first).days] += each.times
    return sums


def _by_reason(counts: Sequence[Count]) -> list[tuple[Reason, int]]:
    sums: dict[Reason, int] = defaultdict(int)
    for each in counts:
        sums[Reason(each.reason)] += each.times
    return sorted(sums.items(), key=lambda pair: (-pair[1], pair[0]))


@require_safe
def account(request: StaffRequest, staff_id: int) -> HttpResponse:
    """Whose data one colleague touched between two days: people by their audit id, which names nobody."""
    person = next((each for each in staff.people() if each.staff_id == staff_id), None)
    if person is None:
        raise Http404
    today = localdate()
    known = {"first": today - timedelta(days=6), "last": today}
    form = DaysForm(request.GET if "first" in request.GET else None, initial=known)
    asked = form.cleaned_data if form.is_bound and form.is_valid() else known
    touched, acts, people = audit.touched(
        account_id=person.account_id,
        first=counting.moment(asked["first"]),
        last=counting.moment(asked["last"] + timedelta(days=1)),
        limit=LISTED,
    )
    context = {"person": person, "form": form, "touched": touched, "acts": acts, "people": people, "listed": LISTED}
    return render(request, "staff/watch_account.html", context)


@require_safe
def matters(request: StaffRequest) -> HttpResponse:
    """What waits for the privacy officer, each with the day by which it is dealt with; and how the log stands."""
    return _matters(request, {})


def _matters(request: StaffRequest, failed: dict[int, AnswerForm]) -> HttpResponse:
    now = datetime.now(UTC)
    health = audit.health()
    questions = [(each, failed.get(each.question.question_id) or AnswerForm()) for each in queries.asked(now=now)]
    context = {
        "questions": questions,
        "alerts": queries.alerts(now=now),
        "health": health,
        "symptoms": rules.symptoms(health, now=now),
        "mine": colleague(me(request)).staff_id,
        "findings": FINDINGS.items(),
        "now": now,
        "done": done(request),
    }
    return render(request, "staff/matters.html", context)


@require_POST
def answer(request: StaffRequest, question_id: int) -> HttpResponse:
    """Answer a member's question."""
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _matters(request, {question_id: form})
    with opened():
        watching.answer(question_id=question_id, text=form.cleaned_data["text"], by=me(request), now=datetime.now(UTC))
    return after("answered", "matters")


@require_POST
def close(request: StaffRequest, alert_id: int) -> HttpResponse:
    """Say whether what stood out was justified."""
    asked = request.POST.get("finding", "")
    if asked not in {str(each) for each in Finding}:
        raise Http404
    with opened():
        watching.close_alert(alert_id=alert_id, finding=Finding(asked), by=me(request), now=datetime.now(UTC))
    return after("closed-alert", "matters")
